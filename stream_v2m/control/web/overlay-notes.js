// The notes of the last seconds as a ribbon that flows to the left: height by pitch, colour by part.

import { Canvas } from "./overlay-canvas.js";
import { partColors } from "./overlay-colors.js";

const WIDTH = 26; // rem
const HEIGHT = 3;
const SPAN = 6; // seconds
const LEAST_RANGE = 30; // semitones that the ribbon's height spans at least
const FOLLOW = 0.12; // of the way to another range in one picture
const EDGE = 0.18; // rem free above and below
const DRUMS = 10; // General MIDI's channel
const DRUM_LANE = 0.36; // rem at the foot
const MOST = 400; // notes; a dense style has about 30 a second

export class Notes {
  constructor(element, { outline }) {
    this.canvas = new Canvas(element);
    this.canvas.resize(WIDTH, HEIGHT);
    this.colors = partColors();
    this.outline = outline;
    this.range = null; // lowest and highest pitch of the ribbon
    this.notes = [];
    this.parts = [];
    this.fade = this.canvas.context.createLinearGradient(0, 0, WIDTH * 0.35, 0);
    this.fade.addColorStop(0, "rgb(0 0 0 / 100%)");
    this.fade.addColorStop(1, "rgb(0 0 0 / 0%)");
    this.empty = true;
  }

  /** The names of the parts. */
  arrange(parts) {
    this.parts = parts;
  }

  /** Notes as written, some of them still to come. */
  add(notes) {
    for (const { onset, duration, pitch, velocity, part, channel } of notes) {
      const index = this.parts.indexOf(part);
      const drum = channel === DRUMS;
      this.notes.push({ onset, end: onset + (drum ? 0 : duration), pitch, velocity, index, drum });
    }
    if (this.notes.length > MOST) this.notes.splice(0, this.notes.length - MOST);
  }

  /** Everything ended at session second `at`. */
  release(at) {
    this.notes = this.notes.filter((note) => note.onset <= at);
    for (const note of this.notes) note.end = Math.min(note.end, at);
  }

  forget() {
    this.notes = [];
  }

  /** Paint what is seen at session second `now`; milliseconds until it looks different. */
  paint(now) {
    const begin = now - SPAN;
    this.notes = this.notes.filter((note) => note.end > begin);
    const seen = this.notes.filter((note) => note.onset <= now);
    if (seen.length > 0 || !this.empty) this.draw(seen, begin, now);
    this.empty = seen.length === 0;
    if (!this.empty) return 0;
    const coming = Math.min(...this.notes.map((note) => note.onset)); // Infinity if there are none
    return (coming - now) * 1000;
  }

  draw(notes, begin, now) {
    const context = this.canvas.clear();
    this.follow(notes);
    const across = (time) => ((time - begin) / SPAN) * (WIDTH - 2 * EDGE) + EDGE;
    context.lineCap = "round";
    const strokes = notes.map((note) => {
      const loud = note.velocity / 127;
      const from = across(note.onset);
      return {
        from,
        to: Math.max(from + 0.001, across(Math.min(note.end, now))),
        y: note.drum ? HEIGHT - DRUM_LANE / 2 : this.height(note.pitch),
        thick: 0.15 + 0.12 * loud,
        color: this.colors[Math.max(0, note.index) % this.colors.length],
        light: note.end >= now ? 1 : note.drum ? 0.4 + 0.4 * loud : 0.55 + 0.25 * loud,
      };
    });
    if (this.outline) {
      for (const each of strokes) stroke(context, { ...each, thick: each.thick + 0.1, color: this.outline, light: 0.5 });
    }
    for (const each of strokes) stroke(context, each);
    context.globalAlpha = 1;
    context.globalCompositeOperation = "destination-out";
    context.fillStyle = this.fade;
    context.fillRect(0, 0, WIDTH * 0.35, HEIGHT);
    context.globalCompositeOperation = "source-over";
  }

  /** Let the ribbon's range glide to what is seen, so that it is neither squeezed nor jumps. */
  follow(notes) {
    const pitches = notes.filter((note) => !note.drum).map((note) => note.pitch);
    if (pitches.length === 0) return;
    const lowest = Math.min(...pitches);
    const highest = Math.max(...pitches);
    const more = Math.max(0, LEAST_RANGE - (highest - lowest)) / 2;
    const wanted = [lowest - more, highest + more];
    this.range ??= wanted;
    this.range = this.range.map((edge, index) => edge + FOLLOW * (wanted[index] - edge));
  }

  height(pitch) {
    const [lowest, highest] = this.range;
    const place = Math.min(1, Math.max(0, (pitch - lowest) / (highest - lowest)));
    return EDGE + (1 - place) * (HEIGHT - DRUM_LANE - 2 * EDGE);
  }
}

function stroke(context, { from, to, y, thick, color, light }) {
  context.globalAlpha = light;
  context.strokeStyle = color;
  context.lineWidth = thick;
  context.beginPath();
  context.moveTo(from, y);
  context.lineTo(to, y);
  context.stroke();
}
