// A small instrument: a few subtractive and FM voices and a drum kit, on any audio context, live or offline.

const KIT = 10; // MIDI channel
const SILENT = 7; // time constants until a voice is at −60 dB
const SHORTEST = 0.03; // seconds that a note sounds at least
const FADE = 0.012; // time constant of a note that is cut off: short, and no click

// General MIDI's programs in order, as runs: up to this program, this voice.
const PROGRAMS = [
  [3, "piano"], [5, "keys"], [7, "pluck"], [15, "bell"], [23, "organ"], [31, "pluck"], [39, "bass"], [44, "strings"],
  [46, "pluck"], [47, "timpani"], [51, "strings"], [54, "choir"], [63, "brass"], [79, "wind"], [87, "lead"],
  [97, "pad"], [99, "bell"], [103, "pad"], [111, "pluck"], [115, "bell"], [118, "timpani"], [127, "pad"],
];
// What parts are called, for who does not tell programs.
const NAMES = [
  [/bass|sub|drone/, "bass"], [/choir|vox|voice/, "choir"], [/string|violin|viola|cello/, "strings"],
  [/pad|warm|halo|drift|cloud/, "pad"], [/bell|toll|glass|vibe|chime|stab/, "bell"], [/keys|comp|chord/, "keys"],
  [/piano|left|right/, "piano"], [/organ/, "organ"], [/flute|horn|theme|wind|reed/, "wind"],
  [/lead|saw|melody|solo/, "lead"], [/brass|hit|trumpet|trombone/, "brass"], [/timpani/, "timpani"],
];

/** The voice of a part: by its channel, its program if that is known, else its name. */
export function voiceOf(part, channel, program) {
  if (channel === KIT) return "kit";
  if (program !== undefined && program !== null) return PROGRAMS.find(([last]) => program <= last)[1];
  return NAMES.find(([pattern]) => pattern.test(part.toLowerCase()))?.[1] ?? "pluck";
}

// Level, attack, decay and release in seconds (time constants but the attack), sustain, reverb.
const SHAPES = {
  bass: { level: 0.34, attack: 0.006, decay: 0.5, sustain: 0.55, release: 0.05, wet: 0.03 },
  pad: { level: 0.085, attack: 0.12, decay: 1, sustain: 0.85, release: 0.28, wet: 0.4 },
  strings: { level: 0.09, attack: 0.07, decay: 1, sustain: 0.9, release: 0.16, wet: 0.38 },
  choir: { level: 0.1, attack: 0.1, decay: 1, sustain: 0.9, release: 0.2, wet: 0.45 },
  organ: { level: 0.1, attack: 0.012, decay: 1, sustain: 0.95, release: 0.04, wet: 0.25 },
  piano: { level: 0.2, attack: 0.003, decay: 0.8, sustain: 0.02, release: 0.08, wet: 0.18 },
  keys: { level: 0.19, attack: 0.004, decay: 0.9, sustain: 0.05, release: 0.09, wet: 0.2 },
  pluck: { level: 0.2, attack: 0.003, decay: 0.34, sustain: 0.02, release: 0.12, wet: 0.28 },
  bell: { level: 0.13, attack: 0.003, decay: 0.9, sustain: 0.0, release: 0.35, wet: 0.42 },
  lead: { level: 0.11, attack: 0.008, decay: 0.5, sustain: 0.7, release: 0.06, wet: 0.22 },
  wind: { level: 0.15, attack: 0.045, decay: 0.6, sustain: 0.85, release: 0.07, wet: 0.32 },
  brass: { level: 0.12, attack: 0.025, decay: 0.35, sustain: 0.7, release: 0.07, wet: 0.26 },
  timpani: { level: 0.4, attack: 0.003, decay: 0.4, sustain: 0, release: 0.3, wet: 0.35 },
};
const WET_KIT = 0.07;

const hertz = (pitch) => 440 * 2 ** ((pitch - 69) / 12);

/** The sound of one note before its envelope: connects sources to `out` and gives them back. */
const SOURCES = {
  bass: (to, { f, touch, at }) => {
    const filter = to.filter("lowpass", 1.1);
    filter.frequency.setValueAtTime(Math.min(9000, f * (4 + 10 * touch)), at);
    filter.frequency.setTargetAtTime(Math.max(140, f * 2.2), at, 0.11);
    return [...to.through(filter, [to.wave("sawtooth", f, 0.5)]), to.wave("sine", f, 0.8)];
  },
  pad: (to, note) => soft(to, note, { cents: 7, low: 500, bright: 1700, opening: 0.5 }),
  strings: (to, note) => soft(to, note, { cents: 5, low: 900, bright: 3200, opening: 0.12 }),
  choir: (to, { f, touch }) => {
    const [ah, oh] = [to.filter("bandpass", 3.2, 760), to.filter("bandpass", 4, 1150 + 300 * touch)];
    const waves = [to.wave("sawtooth", f, 1.5, -6), to.wave("sawtooth", f, 1.5, 6)];
    for (const wave of waves) wave.gain.connect(ah), wave.gain.connect(oh);
    ah.connect(to.out), oh.connect(to.out);
    return [...waves.map(({ source }) => source), to.wave("triangle", f, 0.35)];
  },
  organ: (to, { f }) => [1, 2, 3, 4].map((n) => to.wave("sine", f * n, [0.7, 0.4, 0.22, 0.12][n - 1])),
  piano: (to, { f, touch, at }) => {
    const filter = to.filter("lowpass", 0.3);
    filter.frequency.setValueAtTime(Math.min(12000, f * 3 + 900 + 6000 * touch), at);
    filter.frequency.setTargetAtTime(f * 2 + 300, at, 0.25);
    return to.through(filter, [to.wave("triangle", f, 0.7), to.wave("sawtooth", f, 0.28, 2)]);
  },
  keys: (to, { f, touch, at }) => [
    ...to.modulated(f, { ratio: 1, index: 0.5 + 1.3 * touch, tau: 0.35, gain: 0.9, at }),
    ...to.modulated(f, { ratio: 14, index: 0.25 * touch, tau: 0.05, gain: 0.14, at }),
  ],
  pluck: (to, { f, touch, at }) => {
    const filter = to.filter("lowpass", 1.4);
    filter.frequency.setValueAtTime(Math.min(12000, f * 3 + 700 + 5200 * touch), at);
    filter.frequency.setTargetAtTime(f * 1.4 + 200, at, 0.09);
    return to.through(filter, [to.wave("sawtooth", f, 0.42, -3), to.wave("triangle", f, 0.6, 3)]);
  },
  bell: (to, { f, touch, at }) => [
    ...to.modulated(f, { ratio: 3.5, index: 0.35 + 0.8 * touch, tau: 0.25, gain: 0.75, at }),
    to.wave("sine", f * 2.002, 0.16),
  ],
  lead: (to, note) => {
    const filter = to.filter("lowpass", 2, Math.min(9000, note.f * 2.5 + 1800 * note.touch));
    const waves = [to.wave("square", note.f, 0.45, -4), to.wave("sawtooth", note.f, 0.45, 4)];
    return [...to.through(filter, waves), ...to.vibrato(waves, note)];
  },
  wind: (to, note) => {
    const filter = to.filter("lowpass", 0.5, Math.min(8000, note.f * 2.2 + 1500 * note.touch));
    const waves = [to.wave("triangle", note.f, 0.9), to.wave("sawtooth", note.f, 0.12)];
    return [...to.through(filter, waves), ...to.vibrato(waves, note)];
  },
  brass: (to, { f, touch, at }) => {
    const filter = to.filter("lowpass", 1.2);
    filter.frequency.setValueAtTime(f + 200, at);
    filter.frequency.linearRampToValueAtTime(Math.min(10000, f * 3 + 3800 * touch), at + 0.05);
    filter.frequency.setTargetAtTime(f * 2 + 1200 * touch, at + 0.05, 0.2);
    return to.through(filter, [to.wave("sawtooth", f, 0.5, -6), to.wave("sawtooth", f, 0.5, 6)]);
  },
  timpani: (to, { f, at }) => {
    const wave = to.wave("sine", f, 0.9);
    wave.frequency.setValueAtTime(f * 1.25, at);
    wave.frequency.setTargetAtTime(f, at, 0.03);
    return [wave, to.wave("sine", f * 1.504, 0.3)];
  },
};

function soft(to, { f, touch, at }, { cents, low, bright, opening }) {
  const filter = to.filter("lowpass", 0.6);
  filter.frequency.setValueAtTime(low, at);
  filter.frequency.setTargetAtTime(Math.min(9000, low + f + bright * touch), at, opening);
  return to.through(filter, [to.wave("sawtooth", f, 0.5, -cents), to.wave("sawtooth", f, 0.5, cents), to.wave("triangle", f, 0.5)]);
}

// Of the kit: a tone that falls (Hz from, to, time constant), noise (filter, Hz, Q), decay, level; by what is struck.
const KICK = { tone: [150, 47, 0.035], decay: 0.13, level: 0.75, click: 0.25 };
const SNARE = { tone: [230, 175, 0.02], toned: 0.4, noise: ["bandpass", 2100, 0.6], decay: 0.085, level: 0.4 };
const CLAP = { noise: ["bandpass", 1350, 1.4], decay: 0.09, level: 0.45 };
const RIM = { tone: [900, 780, 0.01], noise: ["highpass", 2500, 0.5], decay: 0.025, level: 0.25 };
const HAT = { noise: ["highpass", 7800, 0.7], decay: 0.03, level: 0.17 };
const OPEN = { noise: ["highpass", 7200, 0.7], decay: 0.14, level: 0.15 };
const RIDE = { noise: ["bandpass", 8600, 1.2], tone: [3150, 3150, 1], toned: 0.08, decay: 0.22, level: 0.14 };
const CRASH = { noise: ["highpass", 4600, 0.4], decay: 0.55, level: 0.2 };
const SHAKER = { noise: ["highpass", 6200, 0.6], decay: 0.04, level: 0.12 };
const tom = (f) => ({ tone: [f * 1.5, f, 0.05], decay: 0.17, level: 0.5 });
const STRUCK = {
  35: KICK, 36: KICK, 37: RIM, 38: SNARE, 39: CLAP, 40: SNARE, 41: tom(75), 42: HAT, 43: tom(88), 44: HAT, 45: tom(105),
  46: OPEN, 47: tom(125), 48: tom(150), 49: CRASH, 50: tom(175), 51: RIDE, 52: CRASH, 53: RIDE, 55: CRASH, 57: CRASH,
  59: RIDE,
};

/** What a voice is put together from; all ends in `out`. */
class Bench {
  constructor(context, out, noise) {
    this.context = context;
    this.out = out;
    this.noise = noise;
  }

  filter(type, q, frequency = 1000) {
    return new BiquadFilterNode(this.context, { type, Q: q, frequency });
  }

  /** An oscillator through a gain; connected to the output when it is among what a voice gives back. */
  wave(type, frequency, gain, detune = 0) {
    const source = new OscillatorNode(this.context, { type, frequency: Math.min(frequency, 18000), detune });
    const amount = new GainNode(this.context, { gain });
    source.connect(amount);
    return { source, gain: amount, frequency: source.frequency, detune: source.detune };
  }

  through(filter, waves) {
    for (const { gain } of waves) gain.connect(filter);
    filter.connect(this.out);
    return waves.map(({ source }) => source);
  }

  modulated(f, { ratio, index, tau, gain, at }) {
    const [carrier, modulator] = [this.wave("sine", f, gain), this.wave("sine", f * ratio, 0)];
    modulator.gain.gain.setValueAtTime(index * f * ratio, at);
    modulator.gain.gain.setTargetAtTime(index * f * ratio * 0.12, at, tau);
    modulator.gain.connect(carrier.frequency);
    return [carrier, modulator.source];
  }

  vibrato(waves, { at, f }) {
    const slow = this.wave("sine", 5.2, 0);
    slow.gain.gain.setValueAtTime(0, at);
    slow.gain.gain.setTargetAtTime(9, at + 0.35, 0.25); // cents
    for (const { detune } of waves) slow.gain.connect(detune);
    return f ? [slow.source] : [];
  }

  /** Noise through a filter. */
  hiss([type, frequency, q], gain) {
    const source = new AudioBufferSourceNode(this.context, { buffer: this.noise, loop: true });
    const [filter, amount] = [this.filter(type, q, frequency), new GainNode(this.context, { gain })];
    source.connect(filter).connect(amount).connect(this.out);
    return source;
  }

  /** Start what a voice gave back, and connect what is not yet. */
  run(parts, at, until) {
    const sources = parts.map((part) => {
      if (!part.gain?.connect) return part;
      part.gain.connect(this.out);
      return part.source;
    });
    for (const source of sources) {
      source.start(at);
      source.stop(until);
    }
    return sources;
  }
}

/** Begin a tuned note: `out` gets its sources through an envelope. Returns sources and when they end. */
export function tuned(context, out, noise, kind, { pitch, velocity, at, duration }) {
  const shape = SHAPES[kind];
  const touch = velocity / 127;
  const envelope = new GainNode(context, { gain: 0 });
  const end = at + Math.max(SHORTEST, shape.attack, duration);
  const peak = shape.level * (0.25 + 0.75 * touch ** 1.5);
  envelope.gain.setValueAtTime(0, at);
  envelope.gain.linearRampToValueAtTime(peak, at + shape.attack);
  envelope.gain.setTargetAtTime(peak * shape.sustain, at + shape.attack, shape.decay);
  envelope.gain.setTargetAtTime(0, end, shape.release);
  envelope.connect(out);
  const until = end + shape.release * SILENT;
  const bench = new Bench(context, envelope, noise);
  return { sources: bench.run(SOURCES[kind](bench, { f: hertz(pitch), touch, at }), at, until), until };
}

/** Strike a drum. */
export function struck(context, out, noise, { pitch, velocity, at }) {
  const drum = STRUCK[pitch] ?? SHAKER;
  const envelope = new GainNode(context, { gain: 0 });
  envelope.gain.setValueAtTime(0, at);
  envelope.gain.linearRampToValueAtTime(drum.level * (velocity / 127) ** 1.4, at + 0.0015);
  envelope.gain.setTargetAtTime(0, at + 0.0015, drum.decay);
  envelope.connect(out);
  const bench = new Bench(context, envelope, noise);
  const parts = [];
  if (drum.tone) {
    const [from, to, tau] = drum.tone;
    const wave = bench.wave("sine", to, drum.toned ?? 1);
    wave.frequency.setValueAtTime(from, at);
    wave.frequency.setTargetAtTime(to, at, tau);
    parts.push(wave);
  }
  if (drum.noise) parts.push(bench.hiss(drum.noise, 1));
  if (drum.click) parts.push(bench.hiss(["lowpass", 2600, 0.5], drum.click * 0.35));
  const until = at + drum.decay * SILENT;
  return { sources: bench.run(parts, at, until), until };
}

/** How much of a voice goes to the room. */
export const wetness = (kind) => (kind === "kit" ? WET_KIT : SHAPES[kind].wet);

export { FADE };
