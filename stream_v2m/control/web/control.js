// The control page: joins the session's messages to what shows them, and the controls to its commands.

import { controls, PLACED } from "./control-controls.js";
import { Desk } from "./control-desk.js";
import { $, text } from "./control-dom.js";
import { forms } from "./control-forms.js";
import { harmony } from "./control-harmony.js";
import { health } from "./control-health.js";
import { keys } from "./control-keys.js";
import { Link } from "./control-link.js";
import { listen } from "./control-listen.js";
import { Model } from "./control-model.js";
import { mood } from "./control-mood.js";
import { parts } from "./control-parts.js";
import { picture } from "./control-picture.js";
import { roll } from "./control-roll.js";

const model = new Model();
const link = new Link(model);
const desk = new Desk(model, (name, given) => link.command(name, given));

for (const show of [harmony, picture, mood, roll, health]) show(model);
controls(desk, model);
parts(desk, model);
keys(desk);
const { sound, midi } = listen(model, link);

$("turn").addEventListener("click", () => window.theme.turn());
showLink(model);
model.on("commands", (schemas) => {
  forms(desk, schemas, PLACED);
  $("quit").hidden = !("quit" in schemas); // who plays may keep the end to themselves
});
link.open();

globalThis.stage = { model, desk, sound, midi }; // for the console, and for tests

function showLink(model) {
  const show = () => {
    const seconds = Math.floor((performance.now() - model.since) / 1000);
    const gone = model.link !== "live";
    const ended = model.state?.phase === "stopped";
    const words = { live: "live", connecting: "connecting", lost: ended ? "ended" : `reconnecting · ${seconds} s` };
    text($("link"), words[model.link]);
    document.body.classList.toggle("stale", gone);
  };
  model.on("link", show);
  setInterval(show, 1000);
}
