// One page's connection to the performance: login, state, events, commands, and the session's clock.

const EVENTS = "/api/v1/events";
const LOGIN = "/api/v1/login";
const FIRST_WAIT_MS = 250, LONGEST_WAIT_MS = 8000; // between two attempts to connect
const SILENCE_MS = 15000; // without a word the connection is taken for dead; a ping makes the server speak
const PING_MS = 4000, FIRST_PINGS = 5, FIRST_PING_MS = 200;
const PINGS_KEPT = 16; // of which the quickest is believed
const ANSWER_MS = 5000;
const BACK_MS = 3000; // the same silence for who comes back to the page
const UNOPENED = 2; // WebSockets in a row that do not open, though the server answers, before that is told

/** A refusal of the server: `what`, `where`, `got`, `expected`, `cure`; `message` says it all in one line. */
export class Refused extends Error {
  constructor(error, status = 0) {
    const parts = [error.where ? `${error.where}: ${error.what}` : error.what];
    if (error.got) parts.push(`got ${error.got}`);
    if (error.expected) parts.push(`expected ${error.expected}`);
    super(parts.join(", ") + (error.cure ? `; ${error.cure}` : ""));
    Object.assign(this, error, { status });
  }
}

/**
 * Trade the token in the address (`#token=…`) for a cookie, and take it out of the address.
 *
 * Resolves to true if the page may go on: there was no token, or it was right. Rejects with `Refused`.
 */
export async function login() {
  const fragment = new URLSearchParams(location.hash.slice(1));
  const token = fragment.get("token");
  if (token === null) return true;
  fragment.delete("token");
  const rest = fragment.toString();
  history.replaceState(history.state, "", location.pathname + location.search + (rest ? `#${rest}` : ""));
  return send(LOGIN, { token });
}

/** Log in with a token that somebody typed. Rejects with `Refused`. */
export async function loginWith(token) {
  return send(LOGIN, { token });
}

/** POST JSON to the API. Rejects with `Refused`, or with a `TypeError` if the server cannot be reached. */
async function send(path, body) {
  const response = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  if (response.ok) return true;
  const answer = await response.json().catch(() => ({}));
  throw new Refused(answer.error ?? { what: `status ${response.status}` }, response.status);
}

/**
 * Stay connected for ever.
 *
 * @param {object} wishes
 * @param {boolean} [wishes.notes] hear of notes
 * @param {boolean} [wishes.midi] hear of MIDI messages
 * @param {boolean} [wishes.preview] get pictures
 * @param {number} [wishes.rate] changes of the state a second, 1–30
 * @param {(state: object, changes: object) => void} [wishes.onState] the whole state, and what of it is new
 * @param {(event: object) => void} [wishes.onEvent] `notes`, `released`, `cue`, `midi` as they come;
 *   a picture as `{type: "preview", picture: Blob}`
 * @param {() => void} [wishes.onOpen] connected
 * @param {(reason: {code: number}) => void} [wishes.onClose] not connected (any more), told at once and at each
 *   failed attempt
 * @param {(error: Refused) => void} [wishes.onRefused] why, if the server is there but will not have us, or the browser
 *   will not have it; `error.status` 401 means that a token is needed (`loginWith`), then it goes on by itself
 * @returns {{command: (name: string, args?: object) => Promise<void>, now: () => number, state: () => object|null,
 *   connected: () => boolean, close: () => void}}
 */
export function connect({ notes, midi, preview, rate, onState, onEvent, onOpen, onClose, onRefused } = {}) {
  const query = new URLSearchParams();
  for (const [name, wanted] of Object.entries({ notes, midi, preview })) if (wanted) query.set(name, "1");
  if (rate) query.set("rate", String(rate));
  const address = new URL(`${EVENTS}?${query}`, location.href);
  address.protocol = location.protocol === "https:" ? "wss:" : "ws:";

  const clock = new SessionClock();
  const asked = new Map(); // id → {resolve, reject, timer}
  let socket = null, state = null, failures = 0, closed = false, id = 0;
  let retry = 0, pinging = 0, silence = 0, unopened = 0;

  function open() {
    retry = 0;
    socket = new WebSocket(address);
    socket.binaryType = "blob";
    socket.onopen = () => {
      unopened = 0;
      clock.forget();
      ping(FIRST_PINGS);
      listen();
      onOpen?.();
    };
    socket.onmessage = ({ data }) => {
      listen();
      if (typeof data === "string") hear(JSON.parse(data));
      else onEvent?.({ type: "preview", picture: data });
    };
    socket.onclose = ({ code }) => lost(code);
  }

  function hear(message) {
    switch (message.type) {
      case "state":
        failures = 0;
        state = message.state;
        clock.hint(message.now);
        onState?.(state, state);
        break;
      case "delta":
        state = { ...state, ...message.changes };
        onState?.(state, message.changes);
        break;
      case "pong":
        clock.pong(message.t, message.now);
        break;
      case "answer":
        settle(message.id, message.ok ? null : new Refused(message.error));
        break;
      case "error":
        console.warn("the server did not understand:", message.error);
        break;
      default:
        onEvent?.(message);
    }
  }

  function settle(which, error) {
    const waiting = asked.get(which);
    if (!waiting) return;
    asked.delete(which);
    clearTimeout(waiting.timer);
    if (error) waiting.reject(error);
    else waiting.resolve();
  }

  function ping(soon) {
    clearTimeout(pinging);
    if (socket?.readyState !== WebSocket.OPEN) return;
    socket.send(JSON.stringify({ type: "ping", t: performance.now() / 1000 }));
    pinging = setTimeout(() => ping(soon - 1), soon > 1 ? FIRST_PING_MS : PING_MS);
  }

  function listen(patience = SILENCE_MS) {
    clearTimeout(silence);
    const listening = socket;
    silence = setTimeout(() => {
      listening.onclose = null; // a dead connection may take minutes to close
      listening.close();
      lost(1006);
    }, patience);
  }

  /** Who comes back to the page or to the network does not wait: phones let connections die unheard. */
  function back() {
    if (document.hidden) return;
    failures = 0;
    if (retry) {
      clearTimeout(retry);
      open();
    } else if (socket.readyState === WebSocket.OPEN) {
      ping(1);
      listen(BACK_MS);
    }
  }

  async function lost(code) {
    clearTimeout(pinging);
    clearTimeout(silence);
    for (const which of [...asked.keys()]) settle(which, new Refused({ what: "the connection was lost" }));
    if (closed) return;
    const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures++);
    retry = setTimeout(open, longest * (0.5 + Math.random() / 2));
    onClose?.({ code });
    if (!onRefused) return;
    const error = await refusal();
    unopened = error === null ? unopened + 1 : 0;
    if (closed || socket.readyState === WebSocket.OPEN) return;
    if (error) onRefused(error);
    else if (unopened >= UNOPENED) onRefused(new Refused(BLOCKED[location.protocol]));
  }

  const gone = new AbortController();
  document.addEventListener("visibilitychange", back, { signal: gone.signal });
  addEventListener("online", back, { signal: gone.signal });
  open();
  return {
    command: (name, args = {}) =>
      new Promise((resolve, reject) => {
        if (socket?.readyState !== WebSocket.OPEN) {
          reject(new Refused({ what: "not connected" }));
          return;
        }
        const which = ++id;
        const timer = setTimeout(() => settle(which, new Refused({ what: "no answer", where: name })), ANSWER_MS);
        asked.set(which, { resolve, reject, timer });
        socket.send(JSON.stringify({ type: "command", id: which, name, arguments: args }));
      }),
    now: () => clock.now(),
    state: () => state,
    connected: () => socket?.readyState === WebSocket.OPEN,
    close() {
      closed = true;
      gone.abort();
      clearTimeout(retry);
      socket?.close();
    },
  };
}

// Why a browser may open no WebSocket to a server that answers its requests.
const BLOCKED = {
  "https:": {
    what: "the server answers, but this browser opens no live connection to it",
    cure: "Safari, and every browser on iOS, wants a certificate that the system trusts; one accepted for the page does not do",
  },
  "http:": {
    what: "the server answers, but no live connection to it is opened",
    cure: "a proxy between may not pass WebSockets on",
  },
};

/**
 * Why a WebSocket was refused; the browser does not tell, an ordinary request does. Null if it would not be, undefined if
 * nobody answers.
 */
async function refusal() {
  try {
    const response = await fetch("/api/v1/commands", { cache: "no-store" });
    if (response.ok) return null;
    const answer = await response.json();
    return new Refused(answer.error, response.status);
  } catch {
    return undefined;
  }
}

/** Session seconds, by the quickest of the last pings: the others waited somewhere on their way. */
class SessionClock {
  #pings = [];
  #offset = 0;

  forget() {
    this.#pings = [];
  }

  hint(now) {
    if (this.#pings.length === 0) this.#offset = now - performance.now() / 1000;
  }

  pong(sent, now) {
    const here = performance.now() / 1000;
    this.#pings.push({ trip: here - sent, offset: now - (sent + here) / 2 });
    if (this.#pings.length > PINGS_KEPT) this.#pings.shift();
    this.#offset = this.#pings.reduce((best, ping) => (ping.trip < best.trip ? ping : best)).offset;
  }

  now() {
    return performance.now() / 1000 + this.#offset;
  }
}
