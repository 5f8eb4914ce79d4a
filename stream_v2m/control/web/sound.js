// Music in the page: notes of the session become sound a fixed delay later, through a room and a limiter.

import { FADE, struck, tuned, voiceOf, wetness } from "./sound-voices.js";

const VOICES = 56; // at once; the oldest make room
const ROOM_S = 2.4;
const LATE_S = 0.15; // a note that is later than this sounds for what is left of it, if that is as long
const DRIFT = 0.002; // seconds a second by which two clocks may part
const JUMP_S = 0.25; // more than this is no drift: a clock was set, or stood still
const PLACES = [0, -0.28, 0.28, -0.5, 0.5, -0.12, 0.12];

/** White noise, the same every time (mulberry32). */
function noise(context, seconds, shape = () => 1, channels = 1) {
  const length = Math.ceil(seconds * context.sampleRate);
  const buffer = new AudioBuffer({ length, sampleRate: context.sampleRate, numberOfChannels: channels });
  let seed = 20240229;
  for (let channel = 0; channel < channels; channel += 1) {
    const data = buffer.getChannelData(channel);
    let low = 0;
    for (let index = 0; index < length; index += 1) {
      seed = (seed + 0x6d2b79f5) | 0;
      let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      const white = ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 31 - 1;
      const place = index / length;
      low += (white - low) * (channels > 1 ? 0.65 * (1 - place) ** 2 + 0.06 : 1); // a room darkens as it dies
      data[index] = low * shape(place);
    }
  }
  return buffer;
}

/** Linear up to 0.7, then ever flatter: whatever comes in, nothing above 0.96 goes out. */
function softClip() {
  return Float32Array.from({ length: 4097 }, (_, index) => {
    const x = index / 2048 - 1;
    const over = Math.max(0, Math.abs(x) - 0.7);
    return Math.sign(x) * (Math.min(Math.abs(x), 0.7) + 0.26 * Math.tanh(over / 0.26));
  });
}

/** Voices by part, a room, and the limiter at the end; for any audio context, so that it can be rendered too. */
export class Instrument {
  #strips = new Map();
  #voices = [];

  constructor(context, destination = context.destination) {
    this.context = context;
    this.noise = noise(context, 1.5);
    this.mix = new GainNode(context, { gain: 1.1 });
    const compressor = new DynamicsCompressorNode(context, {
      threshold: -22, knee: 18, ratio: 2.4, attack: 0.008, release: 0.22,
    });
    const trim = new GainNode(context, { gain: 0.85 }); // what the compressor makes up for by itself
    const clip = new WaveShaperNode(context, { curve: softClip() });
    this.room = new GainNode(context, { gain: 1 });
    const early = new DelayNode(context, { delayTime: 0.018 });
    const wide = new ConvolverNode(context, { buffer: noise(context, ROOM_S, (place) => Math.exp(-6.5 * place), 2) });
    const back = new GainNode(context, { gain: 0.9 });
    this.room.connect(early).connect(wide).connect(back).connect(this.mix);
    this.mix.connect(compressor).connect(trim).connect(clip).connect(destination);
  }

  /** A note of `part` from context second `at` on. */
  strike({ part, kind, pitch, velocity, at, duration }) {
    const { context } = this;
    const gate = new GainNode(context, { gain: 1 });
    gate.connect(this.#strip(part, kind));
    const note = { pitch, velocity, at, duration };
    const sounds = kind === "kit" ? struck(context, gate, this.noise, note) : tuned(context, gate, this.noise, kind, note);
    this.#voices = this.#voices.filter((voice) => voice.until > context.currentTime);
    if (this.#voices.length >= VOICES) this.#cut(this.#voices.shift(), at);
    this.#voices.push({ part, gate, ...sounds });
    sounds.sources.at(-1).onended = () => gate.disconnect();
  }

  /** End what sounds, and what is to sound: of one part, or of all. */
  release(part = null, at = this.context.currentTime) {
    const mine = (voice) => part === null || voice.part === part;
    for (const voice of this.#voices.filter(mine)) this.#cut(voice, at);
    this.#voices = this.#voices.filter((voice) => !mine(voice));
  }

  get sounding() {
    return this.#voices.filter((voice) => voice.until > this.context.currentTime).length;
  }

  #cut({ gate, sources }, at) {
    gate.gain.setTargetAtTime(0, at, FADE);
    for (const source of sources) source.stop(at + FADE * 8);
  }

  #strip(part, kind) {
    const found = this.#strips.get(part);
    if (found) return found;
    const centred = ["kit", "bass", "timpani"].includes(kind);
    const strip = new GainNode(this.context, { gain: 1 });
    const place = new StereoPannerNode(this.context, { pan: centred ? 0 : PLACES[this.#strips.size % PLACES.length] });
    strip.connect(place).connect(this.mix);
    place.connect(new GainNode(this.context, { gain: wetness(kind) })).connect(this.room);
    this.#strips.set(part, strip);
    return strip;
  }
}

/** Maps session seconds to context seconds. The context's clock comes in steps, so the latest sample is the truest. */
export class ClockBridge {
  #offset = null;
  #sampled = 0;

  /** Look at both clocks at once. */
  observe(session, context) {
    const sample = context - session;
    const sunk = this.#offset === null ? sample : this.#offset - DRIFT * (session - this.#sampled);
    this.#offset = Math.abs(sample - sunk) > JUMP_S ? sample : Math.max(sample, sunk);
    this.#sampled = session;
  }

  toContext(session) {
    return session + this.#offset;
  }
}

/** The page's sound: off until it is started by a click, as browsers demand. */
export class Sound {
  #bridge = new ClockBridge();
  #volume = null;

  /** `now` gives session seconds. */
  constructor({ now, volume = 0.8, delay = 0.12 }) {
    this.now = now;
    this.volume = volume;
    this.delay = delay;
    this.context = null;
    this.wanted = false;
    this.scheduled = 0;
    this.late = 0;
  }

  get on() {
    return this.context?.state === "running";
  }

  /** Begin; to be called by a click. */
  async start() {
    this.wanted = true;
    if (navigator.audioSession) navigator.audioSession.type = "playback"; // else an iPhone's mute switch silences it
    if (!this.context) {
      this.context = new AudioContext({ latencyHint: "interactive" });
      this.#volume = new GainNode(this.context, { gain: this.volume });
      this.analyser = new AnalyserNode(this.context, { fftSize: 2048 });
      this.#volume.connect(this.analyser).connect(this.context.destination);
      this.instrument = new Instrument(this.context, this.#volume);
    }
    await this.context.resume();
  }

  /** Go on after the system interrupted it: iOS does for a call, for a locked screen, for another program's sound. */
  async resume() {
    if (this.wanted && !this.on) await this.context.resume();
  }

  /** Silence; the music goes on elsewhere. */
  async stop() {
    this.wanted = false;
    this.instrument?.release();
    await this.context?.suspend();
  }

  setVolume(volume) {
    this.volume = volume;
    this.#volume?.gain.setTargetAtTime(volume ** 2, this.context.currentTime, 0.02);
  }

  /** Schedule notes of the session; `program` gives a part's General MIDI program, if it is known. */
  play(notes, program = () => undefined) {
    if (!this.on) return;
    const { context } = this;
    this.#bridge.observe(this.now(), context.currentTime);
    for (const { part, channel, pitch, velocity, onset, duration } of notes) {
      const due = this.#bridge.toContext(onset) + this.delay;
      const at = Math.max(due, context.currentTime + 0.002);
      if (due < context.currentTime) this.late += 1;
      const lasts = at - due > LATE_S ? due + duration - at : duration;
      if (at - due > LATE_S && lasts < LATE_S) continue;
      this.instrument.strike({ part, kind: voiceOf(part, channel, program(part)), pitch, velocity, at, duration: lasts });
      this.scheduled += 1;
    }
  }

  /** Everything ends: of one part, or of all. */
  release(part = null) {
    this.instrument?.release(part);
  }

  /** Root mean square of what sounds now, 0–1. */
  level() {
    if (!this.on) return 0;
    const samples = new Float32Array(this.analyser.fftSize);
    this.analyser.getFloatTimeDomainData(samples);
    return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
  }
}
