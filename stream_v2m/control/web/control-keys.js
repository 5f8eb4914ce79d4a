// Single keys that are commands: the terminal's letters, where a browser leaves them free.

import { $, el } from "./control-dom.js";

const NUDGE = 1 / 24;
const STEP = 0.1;
const KEPT = "keys";

const tempo = ({ controls, bpm }) => Math.round(controls.bpm ?? bpm);
const share = (value, by) => Math.min(1, Math.max(0, Math.round((value + by * STEP) * 1000) / 1000));
const trim = (value, by) => Math.min(1, Math.max(-1, Math.round((value + by * STEP) * 1000) / 1000));
const shares = (name, control, by) => ({ controls }) => [name, { value: share(controls[control], by) }];
const trims = (name, control, by) => ({ controls }) => [name, { value: trim(controls[control], by) }];

function turned({ styles, controls }, by) {
  const here = styles.indexOf(controls.style);
  return ["set_style", { style: styles[((here < 0 ? -by : here) + by + styles.length) % styles.length] }];
}

// key, as written, what it does, the command it gives in a state
const KEYS = [
  [" ", "space", "play or stop", ({ controls }) => [controls.playing ? "stop" : "play", {}]],
  ["p", "p", "panic: silence now", () => ["panic", {}]],
  ["h", "h", "hold the chord", ({ controls }) => ["hold", { on: !controls.hold }]],
  ["r", "r", "re-roll what comes", () => ["reseed", {}]],
  ["t", "t", "tap the tempo", () => ["tap", {}]],
  ["+", "+", "faster", (state) => ["set_tempo", { bpm: Math.min(300, tempo(state) + 1) }]],
  ["-", "−", "slower", (state) => ["set_tempo", { bpm: Math.max(20, tempo(state) - 1) }]],
  ["ArrowRight", "→", "nudge the beat ahead", () => ["nudge", { beats: NUDGE }]],
  ["ArrowLeft", "←", "nudge the beat back", () => ["nudge", { beats: -NUDGE }]],
  ["shift+ArrowUp", "⇧ ↑", "a semitone up", ({ controls }) => ["transpose", { semitones: Math.min(24, controls.transpose + 1) }]],
  ["shift+ArrowDown", "⇧ ↓", "a semitone down", ({ controls }) => ["transpose", { semitones: Math.max(-24, controls.transpose - 1) }]],
  ["A", "A", "mood steers more", shares("set_affect_strength", "affect_strength", 1)],
  ["a", "a", "mood steers less", shares("set_affect_strength", "affect_strength", -1)],
  ["M", "M", "motion shapes more", shares("set_cue_strength", "cue_strength", 1)],
  ["m", "m", "motion shapes less", shares("set_cue_strength", "cue_strength", -1)],
  ["D", "D", "denser", trims("trim_density", "density_trim", 1)],
  ["d", "d", "thinner", trims("trim_density", "density_trim", -1)],
  ["L", "L", "louder", trims("trim_loudness", "loudness_trim", 1)],
  ["l", "l", "softer", trims("trim_loudness", "loudness_trim", -1)],
  ["]", "]", "next style", (state) => turned(state, 1)],
  ["[", "[", "style before", (state) => turned(state, -1)],
  ["f", "f", "freeze the range of motion and mood", ({ controls }) => ["freeze_range", { on: !controls.range_frozen }]],
];

const OTHERS = [
  ["1 … 9", "mute a part, or let it sound again; with ⇧ or Alt: solo"],
  ["b", "commands take effect now, on the next beat, on the next bar"],
  ["s", "sound in this browser on or off"],
  ["q", "end the performance (asks first)"],
  ["?", "these keys"],
];

/** Listen to the keyboard; what has a field, a button or a slider under it keeps its own keys. */
export function keys(desk) {
  const commands = new Map(KEYS.map(([key, , , command]) => [key, command]));
  $("key-list").append(
    ...[...KEYS.map(([, written, does]) => [written, does]), ...OTHERS].map(([written, does]) =>
      el("div", {}, el("dt", {}, el("kbd", {}, written)), el("dd", {}, does)),
    ),
  );
  const on = $("keys-on");
  on.checked = stored() !== "off";
  on.addEventListener("change", () => store(on.checked ? "on" : "off"));
  $("help").addEventListener("click", () => $("keys").showModal());
  $("keys-close").addEventListener("click", () => $("keys").close());

  const give = (event) => {
    const named = (event.shiftKey && event.key.startsWith("Arrow") ? "shift+" : "") + event.key;
    if (event.altKey || !commands.has(named)) return part(event);
    return commands.get(named)(desk.state);
  };
  const part = ({ code, shiftKey, altKey }) => {
    const digit = /^(?:Digit|Numpad)([1-9])$/.exec(code)?.[1];
    const name = digit && desk.state.parts[digit - 1];
    if (!name) return null;
    const [command, chosen] = shiftKey || altKey ? ["solo", "soloed"] : ["mute", "muted"];
    return [command, { part: name, on: !desk.state.controls[chosen].includes(name) }];
  };
  const pages = {
    "?": () => $("keys").showModal(),
    q: () => $("quitting").showModal(),
    s: () => $("sound").click(),
    b: () => desk.chooseWhen({ now: "beat", beat: "bar", bar: "now" }[desk.when]),
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.isComposing || document.querySelector("dialog[open]")) return;
    if (event.key === "?" && !typing(event.target)) return act(event, pages["?"]);
    if (!on.checked || !desk.state || own(event)) return;
    if (event.key in pages) {
      if (!event.repeat) act(event, pages[event.key]);
      return;
    }
    const command = give(event);
    if (command) act(event, () => desk.command(...command));
  });
}

function act(event, action) {
  event.preventDefault();
  action();
}

const typing = (target) => target.matches("input:not([type=range], [type=radio], [type=checkbox]), textarea, select");

/** Whether the key belongs to what has the focus. */
function own({ target, key }) {
  if (typing(target)) return true;
  if (target.matches("button, summary, a, input") && [" ", "Enter"].includes(key)) return true;
  return target.matches("input[type=range], input[type=radio]") && key.startsWith("Arrow");
}

function stored() {
  try {
    return localStorage.getItem(KEPT);
  } catch {
    return null;
  }
}

function store(value) {
  try {
    localStorage.setItem(KEPT, value);
  } catch {
    // storage is forbidden: it holds for this visit
  }
}
