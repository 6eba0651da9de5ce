// What the module's machine has done by the browser: the socket, its frames in the browser's JSON, the timer.
// Not here: when to connect again and what to say first (hb-guest).

import { Engine } from './engine.js';
import type { Data } from './message.js';
import { Happened, Heard, Replied, Say, Told } from './words.js';

/** A message as the module hands it on, unread. */
export interface Parcel {
  id: string;
  topic: string;
  data: Data;
}

/** Who is told what comes of it. */
export interface Ear {
  heard(nr: number, what: Heard, number: number, text: string, message: Parcel): void;
  replied(nr: number, what: Replied, text: string, message: Parcel): void;
  event(what: Happened, text: string, prefix: string, after: number): void;
}

/** Bytes that may wait in a socket; one that takes no more is given up, and another tried. */
const BUFFERED = 8 * 1024 * 1024;

/** The words of a host, by their number. */
const TOLD = ['welcome', 'refused', 'subscribed', 'message', 'missed', 'reply', 'failed', 'denied'] as const;

/** Nothing here calls the module before it has returned; and whoever listens is told in a task of its own. */
export class Shell {
  readonly engine: Engine;
  readonly #endpoint: string;
  readonly #who: object;
  readonly #ear: Ear;
  #socket: WebSocket | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(endpoint: string, who: object, ear: Ear) {
    this.#endpoint = endpoint;
    this.#who = who;
    this.#ear = ear;
    this.engine = new Engine(this, Math.random());
    this.engine.tick();
  }

  now(): number {
    return performance.now();
  }

  wake(after: number): void {
    clearTimeout(this.#timer);
    this.#timer = after < 0 ? undefined : setTimeout(() => this.engine.tick(), after);
  }

  dial(): void {
    let socket: WebSocket;
    try {
      socket = new WebSocket(this.#endpoint);
    } catch (error) {
      // Its port or the page's policy forbids it.
      queueMicrotask(() => this.engine.closed(String(error)));
      return;
    }
    this.#socket = socket;
    socket.onopen = () => this.engine.opened();
    socket.onmessage = ({ data }) => this.#hear(data);
    socket.onclose = () => this.#lost('it closed the connection, or there is none');
  }

  hangUp(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  say(what: Say, nr: number, text: string, data: Data | undefined): void {
    if (what === Say.Hello) this.#send({ hello: { version: 1, who: this.#who } });
    else if (what === Say.Publish) this.#send({ publish: { topic: text, ...data } });
    else if (what === Say.Request) this.#send({ request: { nr, topic: text, ...data } });
    else if (what === Say.Answer) this.#send({ answer: { to: text, ...data } });
    else this.#send({ unsubscribe: { nr } });
  }

  subscribe(nr: number, topics: string, replay: boolean, epoch: string, seq: number): void {
    this.#send({ subscribe: { nr, topics: topics.split('\n'), replay, ...(epoch && { after: { epoch, seq } }) } });
  }

  heard(nr: number, what: Heard, number: number, text: string, message: Parcel): void {
    queueMicrotask(() => this.#ear.heard(nr, what, number, text, message));
  }

  replied(nr: number, what: Replied, text: string, message: Parcel): void {
    queueMicrotask(() => this.#ear.replied(nr, what, text, message));
  }

  event(what: Happened, text: string, prefix: string, after: number): void {
    queueMicrotask(() => this.#ear.event(what, text, prefix, after));
  }

  #send(words: object): void {
    const socket = this.#socket;
    if (!socket) return;
    if (socket.bufferedAmount < BUFFERED) socket.send(JSON.stringify(words));
    else queueMicrotask(() => socket === this.#socket && this.#lost('it takes too long'));
  }

  #lost(reason: string): void {
    this.hangUp();
    this.engine.closed(reason);
  }

  #hear(frame: unknown): void {
    try {
      const [[name, said]] = Object.entries(JSON.parse(frame as string) as object) as [[string, Record<string, unknown>]];
      const what = TOLD.indexOf(name as (typeof TOLD)[number]) as Told;
      if (what < 0) throw name;
      const nr = Number(said['nr'] ?? 0);
      const number = Number(said[what === Told.Message ? 'seq' : what === Told.Missed ? 'count' : 'whole'] ?? 0);
      const text = String((what === Told.Welcome ? said['epoch'] : said['reason']) ?? '');
      const { id, topic, nr: _nr, seq: _seq, ...data } = said;
      const parcel = what === Told.Message || what === Told.Reply ? { id, topic, data } : undefined;
      this.engine.told(what, nr, number, text, String(said['prefix'] ?? ''), parcel);
    } catch {
      this.#lost('it said something else');
    }
  }
}
