// The overlay's page: what the server tells, shown over a stream's picture, or nothing at all.

import { Loop } from "./overlay-loop.js";
import { Notes } from "./overlay-notes.js";
import { applyOptions, readOptions } from "./overlay-options.js";
import { Pulse } from "./overlay-pulse.js";
import { View } from "./overlay-view.js";
import { connect, login } from "./session.js";

const GRACE_MS = 2000; // without a server before the overlay fades
const RATE = 5; // changes of the state a second: up to 165 bpm a chord is there before its beat's light has faded
const MOVING = ["playing", "ending"]; // the phases in which beats are counted

const options = readOptions(location.search, (text) => console.warn(text));
applyOptions(options);

const overlay = document.getElementById("overlay");
const style = getComputedStyle(document.documentElement);
const ink = style.getPropertyValue("--ink").trim();
const outline = options.plate === "none" ? `rgb(${style.getPropertyValue("--shade").trim()})` : null;
const part = (name, Part) => (options.show.includes(name) ? new Part(document.getElementById(name), { ink, outline }) : null);

const view = new View(overlay, options);
const pulse = part("pulse", Pulse);
const notes = part("notes", Notes);
let state = null;
let leaving; // the timer of the grace
let said = ""; // why there was no connection

const loop = new Loop(options.fps, () => {
  if (state === null) return Infinity;
  view.show(state);
  const now = connection.now();
  const place = {
    beat: beatAt(now),
    bpm: state.bpm,
    beatsPerBar: state.beats_per_bar,
    accent: options.accent ?? view.color ?? ink,
  };
  return Math.min(pulse?.paint(place) ?? Infinity, notes?.paint(now) ?? Infinity);
});

/** The beat at session second `now`, or null while none is counted. */
function beatAt(now) {
  if (!MOVING.includes(state.phase) || !(state.bpm > 0)) return null;
  return state.beat + ((now - state.time) * state.bpm) / 60;
}

function arrive(next) {
  clearTimeout(leaving);
  leaving = undefined;
  said = "";
  state = next;
  notes?.arrange(state.parts);
  overlay.classList.toggle("away", state.phase === "stopped");
  loop.wake();
}

function hear(event) {
  if (event.type === "notes") notes?.add(event.notes);
  else if (event.type === "released") notes?.release(event.at);
  else return;
  loop.wake();
}

/** Say to the console only why there is no connection, once. */
function say(why) {
  if (why !== said) console.warn(`overlay: ${(said = why)}; it goes on trying`);
}

/** Gone: fade unless the server is soon back. */
function leave() {
  say(said || "not connected");
  leaving ??= setTimeout(() => {
    overlay.classList.add("away");
    notes?.forget();
    state = null;
  }, GRACE_MS);
}

await login().catch((error) => console.warn(`overlay: ${error.message}`));
const connection = connect({
  notes: notes !== null,
  rate: Math.min(RATE, options.fps),
  onState: arrive,
  onEvent: hear,
  onClose: leave,
  onRefused: ({ message }) => say(message),
});
