// Listening here: the page's own sound, and MIDI out of this browser.

import { $, attribute, el, text } from "./control-dom.js";
import { audible } from "./control-parts.js";
import { Sound } from "./sound.js";
import { midiMissing, MidiOut } from "./webmidi.js";

const KEPT = "listening";
const DEVICE_MS = 2000; // Firefox waits for ever for a sound device that is not there

/** Returns the sound and the MIDI output, both wired to the model. */
export function listen(model, link) {
  const kept = { volume: 0.8, delay: 120, port: "", ...stored() };
  const sound = new Sound({ now: () => model.now(), volume: kept.volume, delay: kept.delay / 1000 });
  const midi = new MidiOut({ moment: (second) => performance.now() + (second - model.now()) * 1000, delay: kept.delay / 1000 });

  hear(model, sound, midi, kept);
  send(model, midi, link, kept);
  return { sound, midi };
}

function hear(model, sound, midi, kept) {
  const button = $("sound");
  const show = () => {
    attribute(button, "aria-pressed", String(sound.on));
    const interrupted = sound.wanted && sound.context?.state === "interrupted";
    text(button, sound.on ? "Sound on" : interrupted ? "Sound interrupted" : "Sound off");
  };
  button.addEventListener("click", async () => {
    const starting = !sound.on;
    const done = starting ? sound.start() : sound.stop();
    sound.context.onstatechange = show; // the device may come later
    await Promise.race([done.catch(() => {}), new Promise((resolve) => setTimeout(resolve, DEVICE_MS))]);
    show();
    if (starting && sound.context.state === "suspended") text(button, "No sound device");
  });
  document.addEventListener("visibilitychange", () => document.hidden || sound.resume().catch(() => {}));

  const [volume, delay] = [$("volume"), $("delay")];
  volume.value = kept.volume;
  delay.value = kept.delay;
  const written = () => {
    text($("volume-is"), `${Math.round(volume.value * 100)} %`);
    text($("delay-is"), `${delay.value} ms${sound.late ? `, ${sound.late} late` : ""}`);
  };
  volume.addEventListener("input", () => {
    sound.setVolume(Number(volume.value));
    keep(kept, { volume: Number(volume.value) });
    written();
  });
  delay.addEventListener("input", () => {
    sound.delay = midi.delay = delay.value / 1000;
    sound.late = 0;
    keep(kept, { delay: Number(delay.value) });
    written();
  });
  written();
  setInterval(written, 1000);

  let [silent, program] = [new Set(), () => undefined];
  model.on("notes", (notes) => sound.play(notes, program));
  model.on("released", () => sound.release());
  model.on("link", (how) => how === "lost" && sound.release());
  model.on("state", (state, changed) => {
    if (changed.has("tracks")) {
      const programs = new Map(state.tracks.map((track) => [track.name, track.program]));
      program = (part) => programs.get(part);
    }
    if (!changed.has("controls") && !changed.has("parts")) return;
    const now = new Set(state.parts.filter((part) => !audible(state.controls, part)));
    for (const part of now) if (!silent.has(part)) sound.release(part);
    silent = now;
  });
}

function send(model, midi, link, kept) {
  const [button, ports, says] = [$("midi"), $("port"), $("midi-says")];
  const missing = midiMissing();
  if (missing) {
    button.hidden = true; // it could do nothing
    says.className = "quiet small";
    return text(says, missing);
  }
  let access = null;

  const choose = (id) => {
    const output = access.outputs.get(id) ?? null;
    midi.use(output);
    link.midi(output !== null);
    text(says, output ? `To ${output.name}, ${Math.round(midi.delay * 1000)} ms after the moment.` : "");
  };
  const offer = () => {
    const outputs = [...access.outputs.values()];
    ports.replaceChildren(el("option", { value: "" }, "no port"), ...outputs.map(({ id, name }) => el("option", { value: id }, name)));
    const here = outputs.find(({ id, name }) => id === midi.output?.id || name === kept.port);
    ports.hidden = false;
    ports.value = here?.id ?? "";
    if ((here ?? null) !== midi.output) choose(ports.value);
    if (!outputs.length) text(says, "No MIDI port is there: connect an instrument, or open a virtual port (IAC, loopMIDI, JACK).");
  };

  button.addEventListener("click", async () => {
    try {
      access = await navigator.requestMIDIAccess();
    } catch (error) {
      return text(says, `The browser gave no MIDI: ${error.message}`);
    }
    access.onstatechange = offer;
    button.hidden = true;
    offer();
    ports.focus();
  });
  ports.addEventListener("change", () => {
    choose(ports.value);
    keep(kept, { port: midi.output?.name ?? "" });
  });
  model.on("midi", (messages) => midi.accept(messages));
  model.on("state", () => midi.pump());
  model.on("midi-released", () => midi.release());
  addEventListener("pagehide", () => midi.release());
}

function keep(kept, changes) {
  Object.assign(kept, changes);
  try {
    localStorage.setItem(KEPT, JSON.stringify(kept));
  } catch {
    // storage is forbidden: it holds for this visit
  }
}

function stored() {
  try {
    return JSON.parse(localStorage.getItem(KEPT)) ?? {};
  } catch {
    return {};
  }
}
