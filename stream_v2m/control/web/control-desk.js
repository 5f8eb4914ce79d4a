// Controls that are commands: what was asked is shown at once, what the state says wins, a refusal is said beside it.

import { el, text } from "./control-dom.js";

const PATIENCE_MS = 1500; // that the state may take to follow a command that was accepted
const GAP_MS = 70; // between two commands of a slider that is dragged

/** Gives commands in the name of the page, with the moment at which they shall take effect. */
export class Desk {
  when = "now";
  #widgets = [];

  constructor(model, send) {
    this.model = model;
    this.send = send;
    model.on("state", (state) => this.#widgets.forEach((widget) => widget.follow(state)));
  }

  /** Command `name`; a refusal is said in the section of `near`, if any. Resolves to whether it was accepted. */
  async command(name, given = {}, near = null) {
    const timely = this.when === "now" || ["panic", "tap"].includes(name) ? given : { when: this.when, ...given };
    const line = near?.closest(".panel, .bar, dialog")?.querySelector(".says") ?? document.querySelector("#transport .says");
    try {
      await this.send(name, timely);
      text(line, "");
      return true;
    } catch (error) {
      text(line, error.message);
      return false;
    }
  }

  /** A button that only asks. */
  press(button, name, given = () => ({})) {
    button.addEventListener("click", () => this.command(name, given(this.model.state), button));
  }

  /** A button that is on or off: `value` reads it from the state, `ask` gives the command that sets it. */
  toggle(button, { value, ask, show = () => {} }) {
    const widget = new Widget({
      value,
      show: (on, state) => {
        button.setAttribute("aria-pressed", String(Boolean(on)));
        show(on, state);
      },
    });
    button.addEventListener("click", () => {
      const state = this.model.state;
      if (state) this.#ask(widget, !widget.shown(state), ask, button);
    });
    return this.#keep(widget);
  }

  /** A field whose `change` asks: select or number. */
  field(input, { value, ask, read = (field) => field.value, write = (field, is) => (field.value = is) }) {
    const widget = new Widget({
      value,
      show: (is) => {
        if (document.activeElement !== input || input.tagName === "SELECT") write(input, is);
      },
    });
    input.addEventListener("change", () => this.#ask(widget, read(input), ask, input));
    return this.#keep(widget);
  }

  /** A slider: asks while it is dragged, not more often than can be heard. */
  slider({ label, name, value, ask, min, max, step, written, detent }) {
    const output = el("output");
    const input = el("input", { type: "range", min, max, step, "aria-label": label });
    const node = el("label", { className: "slider" }, el("span", {}, label), output, input);
    const show = (is) => {
      text(output, written(is));
      if (!input.matches(":active")) input.value = is;
    };
    const widget = new Widget({ value, show });
    let last = 0;
    let later = 0;
    const give = () => {
      last = performance.now();
      this.#ask(widget, Number(input.value), ask, input);
    };
    input.addEventListener("input", () => {
      clearTimeout(later);
      widget.wanted = Number(input.value);
      text(output, written(widget.wanted));
      later = setTimeout(give, Math.max(0, last + GAP_MS - performance.now()));
    });
    if (detent !== undefined) {
      node.title = "double click: as usual";
      input.addEventListener("dblclick", () => {
        input.value = detent;
        give();
      });
    }
    node.dataset.command = name;
    this.#keep(widget);
    return node;
  }

  /** Forget a control that is no more on the page. */
  drop(widget) {
    this.#widgets = this.#widgets.filter((one) => one !== widget);
  }

  async #ask(widget, wanted, ask, near) {
    widget.want(wanted);
    const [name, given] = ask(wanted);
    const accepted = await this.command(name, given, near);
    widget.answered(accepted, name, this.model.state);
  }

  #keep(widget) {
    this.#widgets.push(widget);
    if (this.model.state) widget.follow(this.model.state);
    return widget;
  }
}

/** What one control shows: what was wanted until it is so or the patience is over, else what is. */
class Widget {
  #until = 0;
  #waits = "";

  constructor({ value, show }) {
    this.value = value;
    this.show = show;
    this.wanted = undefined;
  }

  want(wanted) {
    this.wanted = wanted;
    this.#until = Infinity;
    this.show(wanted);
  }

  answered(accepted, name, state) {
    this.#waits = name;
    if (!accepted) this.wanted = undefined;
    this.#until = performance.now() + PATIENCE_MS;
    if (state) this.follow(state);
  }

  shown(state) {
    return this.wanted ?? this.value(state);
  }

  follow(state) {
    const is = this.value(state);
    if (state.waiting.includes(this.#waits)) this.#until = performance.now() + PATIENCE_MS;
    if (this.wanted !== undefined && (this.wanted === is || performance.now() > this.#until)) this.wanted = undefined;
    this.show(this.wanted ?? is, state);
    if (this.wanted !== undefined && this.#until < Infinity) setTimeout(() => this.follow(state), PATIENCE_MS + 50);
  }
}
