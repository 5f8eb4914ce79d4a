// The piano roll: notes scroll by in their part's colour, under bar lines and chords, past the now line.

import { animate } from "./control-canvas.js";
import { $, colours, partColour, reducedMotion } from "./control-dom.js";
import { chordText } from "./control-harmony.js";

const PAST = 7; // seconds to the left of now
const AHEAD = 1; // and to its right: what is written is only a little in the future
const DRUMS = 10; // MIDI channel
const TOP = 22; // pixels for the chords' names
const LANES = [[35, 36], [37, 38, 39, 40], [42, 44, 46, 51, 53, 59, 54, 69, 70, 82], [41, 43, 45, 47, 48, 50]];
const LANE = 9; // pixels
const MOST = 1500; // notes kept

export function roll(model) {
  const paper = new Paper(model);
  model.on("notes", (notes) => paper.add(notes));
  model.on("released", (at) => paper.release(at));
  model.on("state", (state, changed) => {
    if (changed.has("chord")) paper.chord(state.chord, model.now());
    if (changed.has("tracks") || changed.has("parts")) paper.arrange(state);
  });
  const running = animate($("roll"), (context, width, height) => paper.draw(context, width, height), 60);
  const calm = () => running.rate(reducedMotion.matches ? 6 : 60);
  reducedMotion.addEventListener("change", calm);
  calm();
}

class Paper {
  #notes = [];
  #chords = [];
  #parts = new Map();
  #low = 40;
  #high = 80;

  constructor(model) {
    this.model = model;
  }

  arrange(state) {
    this.#parts = new Map(state.parts.map((name, index) => [name, index]));
  }

  add(notes) {
    this.#notes.push(...notes.map((note) => ({ ...note, end: note.onset + note.duration })));
    if (this.#notes.length > MOST) this.#notes.splice(0, this.#notes.length - MOST);
  }

  release(at) {
    this.#notes = this.#notes.filter((note) => note.onset < at);
    for (const note of this.#notes) note.end = Math.min(note.end, at);
  }

  chord(name, at) {
    if (this.#chords.at(-1)?.name === name) return;
    this.#chords.push({ name, at });
    if (this.#chords.length > 40) this.#chords.shift();
  }

  draw(context, width, height) {
    const now = this.model.now();
    const scale = width / (PAST + AHEAD);
    // who prefers less motion gets pages that are turned, with the now line walking over them
    const left = reducedMotion.matches ? Math.floor(now / PAST) * PAST : now - PAST;
    const x = (moment) => (moment - left) * scale;
    this.#notes = this.#notes.filter((note) => note.end > now - PAST * 2);
    const inked = this.#notes.filter((note) => note.end > left && note.onset < left + PAST + AHEAD);
    const drums = inked.some((note) => note.channel === DRUMS);
    const floor = height - (drums ? LANES.length * LANE + 8 : 2);
    this.#range(inked);
    const row = (floor - TOP - 4) / (this.#high - this.#low + 1);
    const y = (pitch) => floor - (pitch - this.#low + 1) * row;
    this.#octaves(context, width, y, row);
    this.#bars(context, x, height, left, left + PAST + AHEAD);
    for (const note of inked) {
      if (note.channel === DRUMS) this.#stroke(context, note, x, floor, now);
      else this.#note(context, note, x, y(note.pitch), row, now);
    }
    context.globalAlpha = 1;
    this.#names(context, x, left);
    context.fillStyle = colours.accent;
    context.fillRect(Math.round(x(now)) - 1, TOP - 4, 2, height - TOP + 4);
  }

  /** Follow what is played, slowly, so that the picture does not jump. */
  #range(notes) {
    const pitches = notes.filter((note) => note.channel !== DRUMS).map((note) => note.pitch);
    if (!pitches.length) return;
    const [low, high] = [Math.min(...pitches) - 2, Math.max(...pitches) + 2];
    const [bottom, top] = [low, Math.max(high, low + 28)];
    const by = reducedMotion.matches ? 1 : 0.06;
    this.#low += (bottom - this.#low) * by;
    this.#high += (top - this.#high) * by;
  }

  #octaves(context, width, y, row) {
    context.font = `10px ${colours.type}`;
    context.textBaseline = "middle";
    for (let pitch = Math.ceil(this.#low / 12) * 12; pitch <= this.#high; pitch += 12) {
      const line = Math.round(y(pitch) + row) + 0.5;
      context.fillStyle = colours.line;
      context.fillRect(0, line, width, 1);
      context.fillStyle = colours.faint;
      context.fillText(`C${pitch / 12 - 1}`, 4, line - 7);
    }
  }

  #bars(context, x, height, from, to) {
    const { model } = this;
    if (!model.state?.bpm) return;
    const beats = model.beatsPerBar;
    for (let beat = Math.max(0, Math.ceil(model.beat(from))); beat <= model.beat(to); beat += 1) {
      const bar = beat % beats === 0;
      context.globalAlpha = bar ? 1 : 0.35;
      context.fillStyle = bar ? colours.edge : colours.line;
      context.fillRect(Math.round(x(model.moment(beat))), bar ? TOP - 6 : TOP, 1, height);
      context.globalAlpha = 1;
    }
  }

  #note(context, note, x, top, row, now) {
    const [start, end] = [x(note.onset), x(note.end)];
    const sounds = note.onset <= now && note.end > now;
    context.fillStyle = partColour(this.#parts.get(note.part) ?? 0);
    context.globalAlpha = sounds ? 1 : 0.3 + (0.6 * note.velocity) / 127;
    const tall = Math.max(3, Math.min(12, row - 0.5));
    context.beginPath();
    context.roundRect(start, top + (row - tall) / 2, Math.max(3, end - start - 1), tall, Math.min(3, tall / 2));
    context.fill();
    if (sounds) {
      context.fillStyle = colours.ink;
      context.globalAlpha = 0.9 * Math.max(0, 1 - (now - note.onset) * 4);
      context.fill();
    }
  }

  #stroke(context, note, x, floor, now) {
    const found = LANES.findIndex((pitches) => pitches.includes(note.pitch));
    const lane = found < 0 ? LANES.length - 1 : found;
    const size = 2 + (3 * note.velocity) / 127;
    const fresh = Math.max(0, 1 - Math.abs(now - note.onset) * 6);
    context.fillStyle = partColour(this.#parts.get(note.part) ?? 0);
    context.globalAlpha = 0.35 + (0.4 * note.velocity) / 127 + 0.25 * fresh;
    const middle = floor + 8 + (LANES.length - lane - 0.5) * LANE;
    context.beginPath();
    context.arc(x(note.onset) + size / 2, middle, size + 1.5 * fresh, 0, 7);
    context.fill();
  }

  #names(context, x, left) {
    context.font = `600 12px ${colours.type}`;
    context.textBaseline = "middle";
    let free = -Infinity;
    for (const [index, { name, at }] of this.#chords.entries()) {
      const until = this.#chords[index + 1]?.at ?? Infinity;
      if (until < left) continue;
      const place = Math.max(4, x(at) + 5, free);
      const words = chordText(name);
      if (x(until) - place < context.measureText(words).width) continue;
      context.fillStyle = until === Infinity ? colours.accent : colours.quiet;
      context.fillText(words, place, 9);
      free = place + context.measureText(words).width + 8;
    }
  }
}
