// The parts of the style that plays: each with its colour, whether it sounds, mute and solo.

import { $, attribute, el } from "./control-dom.js";

const GLOW = 0.18; // seconds that a note keeps its part's lamp lit at least

export function parts(desk, model) {
  const rows = new Map();
  const busy = new Map();

  const build = (names) => {
    rows.clear();
    $("parts").replaceChildren(...names.map((name, index) => row(name, index)));
    if (model.state) follow(model.state);
  };

  const row = (name, index) => {
    const lamp = el("i", { className: `lamp-${(index % 9) + 1}` });
    const ask = (command) => (on) => [command, { part: name, on }];
    const mute = el("button", { className: "mute", "aria-label": `mute ${name}`, title: `mute (${index + 1})` }, "M");
    const solo = el("button", { className: "solo", "aria-label": `solo ${name}`, title: `solo (⇧${index + 1})` }, "S");
    const followers = [
      desk.toggle(mute, { value: (state) => state.controls.muted.includes(name), ask: ask("mute") }),
      desk.toggle(solo, { value: (state) => state.controls.soloed.includes(name), ask: ask("solo") }),
    ];
    const node = el("div", { className: "part" }, lamp, el("span", { className: "name" }, name), mute, solo);
    rows.set(name, { node, lamp, followers });
    return node;
  };

  const follow = (state) => {
    for (const [name, { node }] of rows) node.classList.toggle("silent", !audible(state.controls, name));
  };

  model.on("state", (state, changed) => {
    if (changed.has("parts")) {
      for (const { followers } of rows.values()) followers.forEach((follower) => desk.drop(follower));
      build(state.parts);
    }
    if (changed.has("controls")) follow(state);
  });
  model.on("notes", (notes) => {
    for (const { part, onset, duration } of notes) {
      const until = onset + Math.max(GLOW, duration);
      const [from, to] = busy.get(part) ?? [Infinity, 0];
      busy.set(part, [to < model.now() ? onset : Math.min(from, onset), Math.max(to, until)]);
    }
  });
  model.on("released", () => busy.clear());
  setInterval(() => {
    if (document.hidden) return;
    const now = model.now();
    for (const [name, { lamp }] of rows) {
      const [from, to] = busy.get(name) ?? [Infinity, 0];
      attribute(lamp, "data-on", String(from <= now && now < to));
    }
  }, 80);
}

/** Whether mute and solo let a part sound. */
export function audible(controls, part) {
  return !controls.muted.includes(part) && (!controls.soloed.length || controls.soloed.includes(part));
}
