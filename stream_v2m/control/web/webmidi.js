// MIDI out of the browser: the session's messages go to a port with their timestamps, and nothing is left sounding.

const HORIZON_MS = 100; // how long before its moment a message is handed to the port
const PUMP_MS = 25;
const [NOTE_OFF, NOTE_ON, CONTROL] = [0x80, 0x90, 0xb0];
const [SUSTAIN, ALL_NOTES_OFF] = [64, 123];

/** Why this browser has no MIDI; "" if it has. */
export function midiMissing(scope = globalThis) {
  if (!scope.isSecureContext) {
    return "Browsers give MIDI to HTTPS pages and to localhost only: serve with --tls or --tls-self-signed.";
  }
  if (!scope.navigator?.requestMIDIAccess) {
    return "This browser has no Web MIDI (Safari and iOS have none): Chrome, Edge, Opera and Firefox do.";
  }
  return "";
}

/**
 * Sends to one output and keeps the ledger of what sounds on it.
 *
 * `moment` maps session seconds to the milliseconds of `performance.now()`, `clock` is that clock.
 */
export class MidiOut {
  #queue = []; // by due moment: what ends before what begins
  #ledger = new Map(); // channel and pitch of what sounds → its note and when it began, ms
  #output = null;
  #timer = 0;

  constructor({ moment, clock = () => performance.now(), delay = 0.02 }) {
    this.moment = moment;
    this.clock = clock;
    this.delay = delay; // seconds
    this.sent = 0;
  }

  get output() {
    return this.#output;
  }

  get sounding() {
    return this.#ledger.size;
  }

  /** Send to this output from now on, or to none; what sounds on the one before is ended. */
  use(output) {
    this.release();
    this.#output = output;
    clearInterval(this.#timer);
    if (output) this.#timer = setInterval(() => this.pump(), PUMP_MS);
  }

  /** Take messages of the session: `{due, data, release}`, where a note-on brings the second of its end. */
  accept(messages) {
    if (!this.#output) return;
    for (const { due, data, release } of messages) {
      const note = {}; // itself: so that a note's end does not end a later one of its pitch
      this.#put({ at: this.#at(due), data, note });
      if (release === null || release === undefined) continue;
      this.#put({ at: this.#at(release), data: [NOTE_OFF | (data[0] & 0x0f), data[1], 0], ends: note });
    }
    this.pump();
  }

  /** Hand on what is due soon. Called by a timer, and by whoever hears from the server: timers sleep in hidden pages. */
  pump() {
    const until = this.clock() + HORIZON_MS;
    while (this.#queue.length && this.#queue[0].at <= until) {
      this.#send(this.#queue.shift());
    }
  }

  /** Everything that sounds ends now, and what was to come is forgotten. */
  release() {
    this.#queue = [];
    if (!this.#output) return;
    this.#output.clear?.();
    const now = this.clock();
    const channels = new Set();
    let last = now;
    for (const [key, { at }] of this.#ledger) {
      const [channel, pitch] = [key >> 7, key & 0x7f];
      last = Math.max(last, at); // a note-on may already be at the port for a moment to come
      this.#write([NOTE_OFF | channel, pitch, 0], Math.max(now, at));
      channels.add(channel);
    }
    for (const channel of channels) {
      this.#write([CONTROL | channel, SUSTAIN, 0], last);
      this.#write([CONTROL | channel, ALL_NOTES_OFF, 0], last);
    }
    this.#ledger.clear();
  }

  #at(second) {
    return this.moment(second) + this.delay * 1000;
  }

  #put(entry) {
    const ends = (data) => (data[0] & 0xf0) === NOTE_OFF;
    let place = this.#queue.length;
    while (place > 0 && this.#queue[place - 1].at > entry.at) place -= 1;
    while (place > 0 && ends(entry.data) && this.#queue[place - 1].at === entry.at && !ends(this.#queue[place - 1].data)) {
      if (this.#queue[place - 1].note === entry.ends) break; // a note without length still begins first
      place -= 1;
    }
    this.#queue.splice(place, 0, entry);
  }

  #send({ at, data, note, ends }) {
    const [kind, key] = [data[0] & 0xf0, ((data[0] & 0x0f) << 7) | data[1]];
    const sounding = this.#ledger.get(key);
    if (kind === NOTE_ON && data[2] > 0) {
      if (sounding) this.#write([NOTE_OFF | (data[0] & 0x0f), data[1], 0], at);
      this.#ledger.set(key, { note, at });
    } else if (kind === NOTE_OFF || kind === NOTE_ON) {
      if (!sounding || (ends && sounding.note !== ends)) return; // it has ended already
      this.#ledger.delete(key);
    }
    this.#write(data, at);
  }

  #write(data, at) {
    this.#output.send(data, Math.max(at, 0)); // sounds may have been told before the page was opened
    this.sent += 1;
  }
}
