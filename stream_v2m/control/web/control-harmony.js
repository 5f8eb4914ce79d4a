// The chord that sounds, large; the next one, the key, tempo and bar; the last sixteen as a strip.

import { $, attribute, el, minutes, number, text } from "./control-dom.js";

// Harte's qualities as on a lead sheet; a server that already writes lead-sheet names passes through.
const QUALITIES = {
  maj: "", dim: "°", sus4: "sus4", min7: "m7", min: "m", sus2: "sus2", aug: "+", dim7: "°7", maj6: "6",
  hdim7: "ø7", 7: "7", min6: "m6", maj7: "maj7",
};

/** Root and suffix of `"D:min7"`, `"Dm7"`, `"Ebmaj7"`, with the printed signs; null for no chord. */
export function chordName(name) {
  const found = /^([A-G])([#b♯♭]?)(:?)(.*)$/.exec(name ?? "");
  if (!found) return null;
  const [, letter, sign, colon, rest] = found;
  return { root: letter + sign.replace("#", "♯").replace("b", "♭"), suffix: colon ? (QUALITIES[rest] ?? rest) : rest };
}

/** The same in one piece, as for a canvas. */
export function chordText(name) {
  const chord = chordName(name);
  return chord ? chord.root + chord.suffix : "";
}

export const keyText = (name) =>
  (name ?? "").replace(/^([A-G])([#b])/, (_, letter, sign) => letter + (sign === "#" ? "♯" : "♭"));

function show(node, name) {
  if (node.dataset.name === (name ?? "")) return;
  node.dataset.name = name ?? "";
  const chord = chordName(name);
  if (!chord) node.replaceChildren(el("span", { className: "none" }, "–"));
  else node.replaceChildren(el("span", {}, chord.root), el("sup", {}, chord.suffix));
}

export function harmony(model) {
  model.on("state", (state, changed) => {
    if (changed.has("chord")) show($("chord"), state.chord);
    if (changed.has("next_chord")) show($("next"), state.next_chord);
    if (changed.has("key") || changed.has("controls")) {
      text($("key"), keyText(state.key) || "–");
      $("key").classList.toggle("locked", Boolean(state.controls.key));
    }
    if (changed.has("bpm")) text($("bpm"), number(state.bpm, 1));
    if (changed.has("history")) strip(state.history);
    if (changed.has("phase")) {
      text($("phase"), state.phase);
      document.body.dataset.phase = state.phase;
    }
    if (changed.has("beats_per_bar")) lights(model.beatsPerBar);
  });
  setInterval(() => tick(model), 60);
}

function strip(history) {
  $("history").replaceChildren(
    ...history.map((name, index) => {
      const item = el("li", { className: index === history.length - 1 ? "newest" : "" });
      show(item, name);
      return item;
    }),
  );
}

function lights(beats) {
  $("beats").replaceChildren(...Array.from({ length: beats }, () => el("i")));
}

function tick(model) {
  if (document.hidden || model.link !== "live" || !model.state) return;
  text($("clock"), minutes(model.now()));
  const beat = model.beat();
  const [bar, place] = [Math.floor(beat / model.beatsPerBar), Math.floor(beat) % model.beatsPerBar];
  text($("bar"), beat < 0 ? "–" : `${bar + 1}.${place + 1}`);
  [...$("beats").children].forEach((light, index) => attribute(light, "class", beat >= 0 && index === place ? "on" : ""));
}
