// The beats of a bar as a row of dots; the one that is now lights up and fades.

import { Canvas } from "./overlay-canvas.js";

const PITCH = 0.95; // rem from dot to dot
const HEIGHT = 1;
const FADE = 0.55; // beats
const MOST = 8;
const STEPS = 12; // of light that are told apart

export class Pulse {
  /** `ink` is the dots' colour, `outline` one around them, or null. */
  constructor(element, { ink, outline }) {
    this.canvas = new Canvas(element);
    this.ink = ink;
    this.outline = outline;
    this.drawn = "";
    this.beats = 0;
  }

  /** Paint the place in the bar, `beat`, or none if null, lit in `accent`; milliseconds until it looks different. */
  paint({ beat, bpm, beatsPerBar, accent }) {
    const beats = Math.min(MOST, Math.max(1, Math.round(beatsPerBar)));
    const phase = beat === null ? 1 : beat - Math.floor(beat);
    const here = beat === null ? -1 : ((Math.floor(beat) % beatsPerBar) + beatsPerBar) % beatsPerBar;
    const light = Math.round(STEPS * Math.max(0, 1 - phase / FADE) ** 2) / STEPS;
    const drawn = `${beats} ${here} ${light} ${accent}`;
    if (drawn !== this.drawn) {
      this.drawn = drawn;
      this.draw(beats, here % beats, light, accent);
    }
    if (beat === null) return Infinity;
    return light > 0 ? 0 : ((1 - phase) * 60_000) / bpm;
  }

  draw(beats, here, light, accent) {
    if (beats !== this.beats) this.canvas.resize((this.beats = beats) * PITCH, HEIGHT);
    const context = this.canvas.clear();
    for (let index = 0; index < beats; index += 1) {
      const now = index === here;
      const radius = (index === 0 ? 0.24 : 0.2) + (now ? 0.04 + 0.18 * light : 0);
      context.globalAlpha = now ? 0.8 + 0.2 * light : this.outline ? 0.6 : 0.3;
      context.fillStyle = now ? accent : this.ink;
      context.beginPath();
      context.arc((index + 0.5) * PITCH, HEIGHT / 2, radius, 0, 2 * Math.PI);
      context.fill();
      if (this.outline) {
        context.lineWidth = 0.07;
        context.strokeStyle = this.outline;
        context.stroke();
      }
    }
  }
}
