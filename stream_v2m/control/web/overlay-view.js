// What the overlay says in words: chord, what comes next, mood and key. Touched only where something changed.

import { moodColor } from "./overlay-colors.js";

const SIGNS = { "#": "♯", b: "♭" };
const NOTHING = "–";

export class View {
  constructor(theme, root = document.documentElement) {
    this.theme = theme;
    this.root = root;
    this.shown = new Map();
    this.find = (selector) => root.querySelector(selector);
  }

  /** Show the state. */
  show(state) {
    this.chord("#chord", state.chord);
    this.chord("#next", state.next_chord);
    this.find("#next").classList.toggle("none", !state.next_chord || state.next_chord === state.chord);
    this.text("#key", (state.key ?? "").replace(/^([A-G])([#b])/, (_, letter, sign) => letter + SIGNS[sign]));
    const affect = state.affect;
    this.text("#mood .word", affect?.emotion ?? "");
    this.mood = affect ? moodColor(affect.valence, affect.arousal, this.theme) : "";
  }

  chord(selector, name) {
    const [, root, sign, quality] = /^([A-G])([#b♯♭]?)(.*)$/.exec(name ?? "") ?? ["", NOTHING, "", ""];
    this.text(`${selector} .root`, root);
    this.text(`${selector} .sign`, SIGNS[sign] ?? sign);
    this.text(`${selector} .quality`, quality);
  }

  text(selector, words) {
    if (this.shown.get(selector) === words) return;
    this.shown.set(selector, words);
    this.find(selector).textContent = words;
  }

  set mood(color) {
    if (this.shown.get("--mood") === color) return;
    this.shown.set("--mood", color);
    if (color) this.root.style.setProperty("--mood", color);
    else this.root.style.removeProperty("--mood");
  }
}
