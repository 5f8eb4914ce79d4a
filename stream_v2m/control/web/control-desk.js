// Controls that are commands: what was asked is foreseen at once, what the state says wins, a refusal is said beside it.

import { el, text } from "./control-dom.js";

const PATIENCE_MS = 1500; // that the state may take to follow a command that was accepted
const GAP_MS = 70; // between two commands of a slider that is dragged
const AT_ONCE = new Set(["panic", "tap"]); // whatever the moment that was chosen

const turned = (set, { part, on = true }) => (on ? [...new Set([...set, part])].sort() : set.filter((one) => one !== part));
const value = (control) => (_, given) => ({ [control]: given.value });

// What controls are to be expected after a command, from those before it and the arguments.
const FORESEEN = {
  play: () => ({ playing: true }),
  stop: () => ({ playing: false }),
  hold: (_, { on }) => ({ hold: on }),
  lock_key: (_, { key }) => ({ key }),
  lock_scale: (_, { scale }) => ({ scale }),
  transpose: (_, { semitones }) => ({ transpose: semitones }),
  set_tempo: (_, { bpm }) => ({ bpm }),
  set_style: (_, { style }) => ({ style }),
  set_source: (_, { source }) => ({ source }), // no control: it is forgotten when the patience is over
  mute: (before, given) => ({ muted: turned(before.muted, given) }),
  solo: (before, given) => ({ soloed: turned(before.soloed, given) }),
  freeze_range: (_, { on }) => ({ range_frozen: on }),
  set_temperature: value("temperature"),
  set_affect_strength: value("affect_strength"),
  set_guidance: value("guidance"),
  set_cut_cadence: value("cut_cadence"),
  set_cue_strength: value("cue_strength"),
  set_pace_strength: value("pace_strength"),
  trim_density: value("density_trim"),
  trim_loudness: value("loudness_trim"),
};

/** Gives commands in the name of the page, with the moment at which they shall take effect. */
export class Desk {
  when = "now";
  #followers = new Set();
  #hopes = new Map(); // control → its value as it was asked for, the command, and until when that is believed

  constructor(model, send) {
    this.model = model;
    this.send = send;
    model.on("state", () => this.#follow());
  }

  /** The state as it will be when everything that was asked for has happened; null before the first. */
  get state() {
    if (!this.model.state) return null;
    const hoped = [...this.#hopes].map(([control, { is }]) => [control, is]);
    return { ...this.model.state, controls: { ...this.model.state.controls, ...Object.fromEntries(hoped) } };
  }

  /** Command `name`; a refusal is said in the section of `near`, if any. Resolves to whether it was accepted. */
  async command(name, given = {}, near = null) {
    const timely = this.when === "now" || AT_ONCE.has(name) ? given : { when: this.when, ...given };
    const says = near?.closest(".panel, .bar")?.querySelector(".says") ?? document.querySelector("#transport .says");
    const hopes = Object.entries(this.state ? (FORESEEN[name]?.(this.state.controls, given) ?? {}) : {});
    for (const [control, is] of hopes) this.#hopes.set(control, { is, name, until: Infinity });
    this.#follow();
    let refused = "";
    try {
      await this.send(name, timely);
    } catch (error) {
      refused = error.message;
    }
    text(says, refused);
    for (const [control, is] of hopes) {
      const hope = this.#hopes.get(control);
      if (hope?.is === is) hope.until = refused ? 0 : performance.now() + PATIENCE_MS;
    }
    setTimeout(() => this.#follow(), refused ? 0 : PATIENCE_MS + 50);
    return !refused;
  }

  /** A button that only asks. */
  press(button, name, given = () => ({})) {
    button.addEventListener("click", () => this.command(name, given(this.state), button));
  }

  /** A button that is on or off: `value` reads it from the state, `ask` gives the command that sets it. */
  toggle(button, { value, ask, show = () => {} }) {
    button.addEventListener("click", () => this.state && this.command(...ask(!value(this.state)), button));
    return this.#keep((state) => {
      button.setAttribute("aria-pressed", String(Boolean(value(state))));
      show(value(state));
    });
  }

  /** A field whose `change` asks: select or number. */
  field(input, { value, ask, read = (field) => field.value, write = (field, is) => (field.value = is) }) {
    input.addEventListener("change", () => this.command(...ask(read(input)), input));
    return this.#keep((state) => {
      if (document.activeElement !== input || input.tagName === "SELECT") write(input, value(state));
    });
  }

  /** A slider: asks while it is dragged, not more often than can be heard; a double click sets what is usual. */
  slider({ label, value, ask, min, max, step, written, usual }) {
    const words = el("span", { className: "value" }); // no <output>: the label would be its
    const input = el("input", { type: "range", min, max, step, "aria-label": label });
    let [last, later] = [0, 0];
    const give = () => {
      clearTimeout(later);
      [last, later] = [performance.now(), 0];
      this.command(...ask(Number(input.value)), input);
    };
    input.addEventListener("input", () => {
      text(words, written(Number(input.value)));
      clearTimeout(later);
      later = setTimeout(give, Math.max(0, last + GAP_MS - performance.now()));
    });
    input.addEventListener("dblclick", () => {
      input.value = usual;
      give();
    });
    this.#keep((state) => {
      if (later) return; // it is about to ask
      text(words, written(value(state)));
      if (!input.matches(":active")) input.value = value(state);
    });
    return el("label", { className: "slider", title: "double click: as usual" }, el("span", {}, label), words, input);
  }

  /** Forget a control that is no more on the page. */
  drop(follower) {
    this.#followers.delete(follower);
  }

  #keep(follower) {
    this.#followers.add(follower);
    if (this.state) follower(this.state);
    return follower;
  }

  #follow() {
    const actual = this.model.state;
    if (!actual) return;
    for (const [control, hope] of this.#hopes) {
      if (actual.waiting.includes(hope.name)) hope.until = performance.now() + PATIENCE_MS;
      const happened = JSON.stringify(actual.controls[control]) === JSON.stringify(hope.is);
      if (happened || performance.now() > hope.until) this.#hopes.delete(control);
    }
    const state = this.state;
    for (const follower of this.#followers) follower(state);
  }
}
