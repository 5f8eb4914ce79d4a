// The page's connection: what comes in goes to the model; a token that is missing is asked for.

import { connect, login, loginWith } from "./session.js";
import { $, text } from "./control-dom.js";

const RATE_HZ = 15;

export class Link {
  #connection = null;
  #midi = null;

  constructor(model) {
    this.model = model;
    $("login").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#enter($("token").value);
    });
  }

  /** Connect, and stay connected for ever. */
  async open() {
    const { model } = this;
    try {
      await login();
    } catch (error) {
      this.#askForToken(error.message);
    }
    this.#connection = connect({
      notes: true,
      preview: true,
      rate: RATE_HZ,
      onState: (state, changes) => {
        this.#arrived();
        model.take(state, new Set(Object.keys(changes)));
      },
      onEvent: (event) => this.#hear(event),
      onClose: () => model.linked("lost"),
      onRefused: ({ status, message }) => {
        if (status === 401) this.#askForToken();
        else this.#tell(message);
      },
    });
    model.useClock(() => this.#connection.now());
  }

  /** Give a command. Rejects with what the server says. */
  command(name, given) {
    if (!this.#connection) return Promise.reject(new Error("not connected"));
    return this.#connection.command(name, given);
  }

  /**
   * Hear of MIDI messages or not; on a connection of their own, since few pages want them.
   *
   * Each call connects anew, because each connection begins with the sounds of the parts, which a new output must know.
   */
  midi(wanted) {
    this.#midi?.close();
    const onEvent = (event) => {
      if (event.type === "midi") this.model.emit("midi", event.messages);
      else if (event.type === "released") this.model.emit("midi-released");
    };
    const onClose = () => this.model.emit("midi-released");
    this.#midi = wanted ? connect({ midi: true, rate: 1, onEvent, onClose }) : null;
  }

  #hear(event) {
    const { model } = this;
    if (event.type === "preview") model.emit("preview", event.picture);
    else if (event.type === "notes") model.emit("notes", event.notes);
    else if (event.type === "released") model.emit("released", event.at);
    else if (event.type === "cue") model.emit("cue", event);
  }

  #arrived() {
    if (this.model.link === "live") return;
    $("login").hidden = true;
    this.#tell("");
    this.model.linked("live");
    this.#schemas();
  }

  /** The commands may be others than before: it may be another performance. */
  async #schemas() {
    const response = await fetch("/api/v1/commands");
    if (response.ok) this.model.emit("commands", await response.json());
  }

  /** Why there is no connection. */
  #tell(words) {
    text($("lost"), words);
    $("lost").hidden = words === "";
  }

  /** With what was wrong with the one before, if any. */
  #askForToken(words) {
    if (words) text($("login").querySelector(".says"), words);
    if (!$("login").hidden) return;
    $("login").hidden = false;
    $("token").focus();
  }

  async #enter(token) {
    try {
      await loginWith(token);
      text($("login").querySelector(".says"), "Right; connecting.");
      $("token").value = "";
    } catch (error) {
      this.#askForToken(error.message);
    }
  }
}
