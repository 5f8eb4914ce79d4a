// What the overlay says in words: chord, what comes next, mood and key. Touched only where something changed.

import { moodColor } from "./overlay-colors.js";

const SIGNS = { "#": "♯", b: "♭" };
const NOTHING = "–";
const SHADES = 10; // of valence and arousal each that are told apart

export class View {
  constructor(root, { theme }) {
    this.root = root;
    this.theme = theme;
    this.shown = new Map(); // selector → words
    this.dot = root.querySelector("#mood .dot");
    this.color = null;
  }

  /** Show the state; `color` is then the mood's, or null. */
  show(state) {
    this.root.classList.toggle("resting", state.phase === "resting");
    this.chord("#chord", state.chord);
    this.chord("#next", state.next_chord);
    const comes = Boolean(state.next_chord) && state.next_chord !== state.chord;
    this.root.querySelector("#next").classList.toggle("none", !comes);
    this.text("#key", signed(state.key ?? ""));
    this.mood(state.affect);
  }

  mood(affect) {
    this.text("#mood .word", affect?.emotion ?? "");
    const color = affect && this.theme !== "mono" ? moodColor(shade(affect.valence), shade(affect.arousal), this.theme) : null;
    if (color === this.color) return;
    this.color = color;
    this.dot.style.backgroundColor = color ?? "";
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
    this.root.querySelector(selector).textContent = words;
  }
}

function shade(value) {
  return Math.round(value * SHADES) / SHADES;
}

/** With the printed sign: `F# minor` is written `F♯ minor`. */
function signed(key) {
  return key.replace(/^([A-G])([#b])/, (_, letter, sign) => letter + SIGNS[sign]);
}
