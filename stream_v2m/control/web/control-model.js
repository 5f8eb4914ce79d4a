// What the page knows: the newest state, how the link is, and who wants to hear of what.

/** Fans out what comes in; `now()` and `beat()` go on between messages by the session's clock and tempo. */
export class Model {
  #listeners = new Map();
  #clock = () => 0;
  #beat = { beat: 0, at: 0, bpm: 0 };

  state = null;
  link = "connecting";
  since = performance.now();

  /** `kind`: state (with the names of the fields that changed), link, commands (their schemas), notes, released,
   *  cue, preview, and midi, midi-released from the connection that is for them. */
  on(kind, listener) {
    if (!this.#listeners.has(kind)) this.#listeners.set(kind, []);
    this.#listeners.get(kind).push(listener);
  }

  emit(kind, ...values) {
    for (const listener of this.#listeners.get(kind) ?? []) listener(...values);
  }

  /** Go by this clock of session seconds. */
  useClock(clock) {
    this.#clock = clock;
  }

  /** Session seconds. */
  now() {
    return this.#clock();
  }

  /** Beats from the first chord on, at session second `at`. */
  beat(at = this.now()) {
    const { beat, at: then, bpm } = this.#beat;
    return beat + ((at - then) * bpm) / 60;
  }

  /** The session second of a beat, by the tempo of now. */
  moment(beat) {
    const { beat: here, at, bpm } = this.#beat;
    return bpm ? at + ((beat - here) * 60) / bpm : at;
  }

  get beatsPerBar() {
    return this.state?.beats_per_bar || 4;
  }

  /** Take the newest state and the names of its fields that changed. */
  take(state, changed) {
    const now = this.now();
    if (!this.state || changed.has("beat")) this.#beat = { beat: state.beat, at: state.time, bpm: state.bpm };
    else if (changed.has("bpm")) this.#beat = { beat: this.beat(now), at: now, bpm: state.bpm };
    this.state = state;
    this.emit("state", state, changed);
  }

  /** The link is `live`, `connecting` or `lost` from now on. */
  linked(how) {
    if (how === this.link) return;
    this.link = how;
    this.since = performance.now();
    this.emit("link", how);
  }
}
