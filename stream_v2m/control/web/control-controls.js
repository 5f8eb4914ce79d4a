// Every control of the page and the command that it gives.

import { $, el, number, signed, text } from "./control-dom.js";
import { keyText } from "./control-harmony.js";

const NUDGE = 1 / 24; // beats: a MIDI clock's pulse
const TONICS = ["C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"];
const MINOR_TONICS = ["C", "C#", "D", "Eb", "E", "F", "F#", "G", "G#", "A", "Bb", "B"];
const SCALES = ["major", "minor", "harmonic_minor", "melodic_minor", "dorian", "phrygian", "lydian", "mixolydian",
  "locrian", "major_pentatonic", "minor_pentatonic", "blues"];
const WHENS = [["now", "now"], ["beat", "next beat"], ["bar", "next bar"]];

const percent = (value) => `${Math.round(value * 100)} %`;
const trim = (value) => signed(value, 2);

// label, command, control, min, max, as written, usual
const SLIDERS = [
  ["mood steers", "set_affect_strength", "affect_strength", 0, 1, percent, 0.5],
  ["motion shapes", "set_cue_strength", "cue_strength", 0, 1, percent, 1],
  ["adventure", "set_temperature", "temperature", 0, 2, (value) => number(value, 2), 1],
  ["guidance", "set_guidance", "guidance", 0, 4, (value) => `× ${number(value, 2)}`, 1],
  ["density", "trim_density", "density_trim", -1, 1, trim, 0],
  ["loudness", "trim_loudness", "loudness_trim", -1, 1, trim, 0],
  ["cadence at cuts", "set_cut_cadence", "cut_cadence", 0, 1, percent, 0],
  ["motion drives tempo", "set_pace_strength", "pace_strength", 0, 1, percent, 0],
];

/** What has a place of its own on the page; every other command is found under “More commands”. */
export const PLACED = new Set([
  "play", "stop", "panic", "quit", "hold", "reseed", "lock_key", "lock_scale", "transpose", "set_tempo", "tap", "nudge",
  "set_style", "set_source", "mute", "solo", "freeze_range", ...SLIDERS.map(([, command]) => command),
]);

export function controls(desk, model) {
  transport(desk, model);
  tempo(desk);
  choices(desk, model);
  $("sliders").append(
    ...SLIDERS.map(([label, name, control, min, max, written, usual]) =>
      desk.slider({
        label,
        min,
        max,
        step: 0.01,
        written,
        usual,
        value: (state) => state.controls[control],
        ask: (value) => [name, { value }],
      }),
    ),
  );
}

function transport(desk, model) {
  desk.toggle($("play"), {
    value: (state) => state.controls.playing,
    ask: (on) => [on ? "play" : "stop", {}],
    show: (on) => {
      text($("play"), on ? "Stop" : "Play");
      $("play").removeAttribute("aria-pressed"); // its name says it
      $("play").classList.toggle("primary", !on);
    },
  });
  desk.press($("panic"), "panic");
  desk.toggle($("hold"), { value: (state) => state.controls.hold, ask: (on) => ["hold", { on }] });
  desk.press($("reseed"), "reseed");
  const inputs = WHENS.map(([value, label]) => {
    const input = el("input", { type: "radio", name: "when", value, checked: value === desk.when });
    input.addEventListener("change", () => (desk.when = value));
    return [input, el("label", {}, input, el("span", {}, label))];
  });
  $("when").append(...inputs.map(([, label]) => label));
  desk.chooseWhen = (value) => {
    desk.when = value;
    for (const [input] of inputs) input.checked = input.value === value;
  };
  model.on("state", (state, changed) => {
    if (changed.has("waiting")) text($("waiting"), state.waiting.length ? `waits: ${state.waiting.join(", ")}` : "");
  });
  $("quit").addEventListener("click", () => $("quitting").showModal());
  $("quit-no").addEventListener("click", () => $("quitting").close());
  for (const [id, cadence] of [["quit-kind", true], ["quit-now", false]]) {
    $(id).addEventListener("click", () => {
      $("quitting").close();
      desk.command("quit", { cadence }, $("quit"));
    });
  }
}

function tempo(desk) {
  const asked = (state) => Math.round((state.controls.bpm ?? state.bpm) * 10) / 10;
  const clip = (bpm) => Math.min(300, Math.max(20, bpm));
  desk.field($("tempo"), { value: asked, read: (field) => Number(field.value), ask: (bpm) => ["set_tempo", { bpm }] });
  desk.press($("slower"), "set_tempo", (state) => ({ bpm: clip(Math.round(asked(state)) - 1) }));
  desk.press($("faster"), "set_tempo", (state) => ({ bpm: clip(Math.round(asked(state)) + 1) }));
  desk.press($("tap"), "tap");
  desk.press($("back"), "nudge", () => ({ beats: -NUDGE }));
  desk.press($("ahead"), "nudge", () => ({ beats: NUDGE }));
  desk.model.on("state", (state, changed) => {
    if (changed.has("tempo")) text($("leader"), state.tempo);
  });
}

function choices(desk, model) {
  const keys = ["major", "minor"].map((mode) =>
    el(
      "optgroup",
      { label: mode },
      ...(mode === "major" ? TONICS : MINOR_TONICS).map((tonic) => option(`${tonic} ${mode}`, keyText(`${tonic} ${mode}`))),
    ),
  );
  $("lock-key").append(option("", "its own"), ...keys);
  $("lock-scale").append(option("", "the key’s own"), ...SCALES.map((scale) => option(scale, scale.replaceAll("_", " "))));
  const write = (field, is) => {
    if (is && ![...field.options].some((one) => one.value === is)) field.append(option(is, keyText(is)));
    field.value = is;
  };
  const kinds = [
    ["lock-key", (state) => state.controls.key ?? "", (key) => ["lock_key", { key: key || null }]],
    ["lock-scale", (state) => state.controls.scale ?? "", (scale) => ["lock_scale", { scale: scale || null }]],
    ["style", (state) => state.controls.style, (style) => ["set_style", { style }]],
    ["sources", (state) => state.controls.source ?? state.source.name, (source) => ["set_source", { source }]],
  ];
  for (const [id, value, ask] of kinds) desk.field($(id), { value, ask, write });
  model.on("state", (state, changed) => {
    if (changed.has("styles")) offer($("style"), state.styles ?? [], state.controls.style);
    if (changed.has("sources") || changed.has("source")) {
      offer($("sources"), state.sources ?? [], state.source.name);
      $("sources").disabled = (state.sources ?? []).length < 2;
    }
  });
  const semitones = (state) => state.controls.transpose;
  const sign = (value) => (value > 0 ? `+${value}` : number(value));
  model.on("state", () => text($("semitones"), sign(semitones(desk.state))));
  desk.press($("down"), "transpose", (state) => ({ semitones: Math.max(-24, semitones(state) - 1) }));
  desk.press($("up"), "transpose", (state) => ({ semitones: Math.min(24, semitones(state) + 1) }));
  desk.toggle($("freeze"), { value: (state) => state.controls.range_frozen, ask: (on) => ["freeze_range", { on }] });
}

const option = (value, words) => el("option", { value }, words);

function offer(field, names, here) {
  const all = names.includes(here) || !here ? names : [here, ...names];
  if ([...field.options].map((one) => one.value).join("\n") === all.join("\n")) return;
  field.replaceChildren(...all.map((name) => option(name, name)));
  field.value = here;
}
