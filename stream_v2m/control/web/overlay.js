// The overlay's page: what the server tells, shown over a stream's picture, or nothing at all.

import { readOptions, applyOptions } from "./overlay-options.js";
import { Loop } from "./overlay-loop.js";
import { Notes } from "./overlay-notes.js";
import { Pulse } from "./overlay-pulse.js";
import { View } from "./overlay-view.js";
import { connect, login } from "./session.js";

const GRACE = 2000; // milliseconds without a server before the overlay fades
const MOVING = ["playing", "ending"]; // the phases in which beats are counted

const options = readOptions(location.search, (text) => console.warn(text));
applyOptions(options);

const overlay = document.getElementById("overlay");
const shows = (thing) => options.show.includes(thing);
const style = getComputedStyle(document.documentElement);
const view = new View(options.theme);
const outline = options.plate === "none" ? `rgb(${style.getPropertyValue("--shade")})` : null;
const look = () => ({ ink: style.getPropertyValue("--ink").trim(), accent: style.getPropertyValue("--accent").trim() });
const pulse = shows("pulse") ? new Pulse(document.getElementById("pulse"), look, { outline }) : null;
const notes = shows("notes") ? new Notes(document.getElementById("notes"), { outline }) : null;
let state = null;
let leaving;

const loop = new Loop(options.fps, () => {
  if (state === null) return Infinity;
  view.show(state);
  const now = connection.now();
  return Math.min(pulse?.paint(beatAt(now), state.bpm, state.beats_per_bar) ?? Infinity, notes?.paint(now) ?? Infinity);
});

/** The beat at session second `now`, or null while none is counted. */
function beatAt(now) {
  if (!MOVING.includes(state.phase) || !(state.bpm > 0)) return null;
  return state.beat + ((now - state.time) * state.bpm) / 60;
}

function arrive(next) {
  clearTimeout(leaving);
  leaving = undefined;
  state = next;
  notes?.arrange(state.tracks ?? []);
  overlay.classList.toggle("away", state.phase === "stopped");
  loop.wake();
}

function hear(event) {
  if (event.type === "notes") notes?.add(event.notes);
  else if (event.type === "released") notes?.release(event.at);
  else return;
  loop.wake();
}

/** Gone: fade, unless the server is soon back. */
function leave() {
  leaving ??= setTimeout(() => {
    overlay.classList.add("away");
    notes?.forget();
    state = null;
    loop.wake();
  }, GRACE);
}

await login();
const connection = connect({ notes: shows("notes"), rate: options.fps, onState: arrive, onEvent: hear, onClose: leave });
