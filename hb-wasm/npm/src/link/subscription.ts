// What a page hears of one subscription. Not here: how it comes.

import type { Message } from './message.js';
import { Heard } from './words.js';

/** Messages that wait for a slow loop; of more the oldest are lost, and counted. */
const QUEUE = 1024;

/**
 * One subscription: an async iterable, of which there is one reader.
 * @example
 * for await (const message of link.subscribe('#right/note')) {
 *   show(message.text);
 * }
 */
export class Subscription implements AsyncIterableIterator<Message, undefined> {
  /** Messages lost because the page, or the way to it, was too slow. */
  missed = 0;
  /** Whether nothing is missing since the last connection; `undefined` before it stands, and `false` the first time. */
  whole: boolean | undefined;
  /** Why the server refuses it, if it does. It is tried again with the next connection. */
  refused: string | undefined;
  readonly #end: () => void;
  readonly #listener: ((message: Message) => unknown) | undefined;
  readonly #messages: Message[] = [];
  readonly #wanted: ((result: IteratorResult<Message, undefined>) => void)[] = [];
  readonly #waiting: { resolve(): void; reject(error: Error): void }[] = [];
  #ended = false;

  /** @internal */
  constructor(end: () => void, listener?: (message: Message) => unknown) {
    this.#end = end;
    this.#listener = listener;
  }

  /**
   * Resolves as soon as the server has taken it; rejects when it refuses it, or when it ends before.
   * @example await link.subscribe('./cmd', take).ready();
   */
  ready(): Promise<void> {
    if (this.whole !== undefined) return Promise.resolve();
    if (this.refused !== undefined) return Promise.reject(new Error(this.refused));
    if (this.#ended) return Promise.reject(new Error('the subscription has ended'));
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  /** The next message. */
  next(): Promise<IteratorResult<Message, undefined>> {
    const value = this.#messages.shift();
    if (value) return Promise.resolve({ value, done: false });
    if (this.#ended) return Promise.resolve({ value: undefined, done: true });
    return new Promise((resolve) => this.#wanted.push(resolve));
  }

  /** Ends it, as leaving a `for await` does. */
  return(): Promise<IteratorResult<Message, undefined>> {
    this.close();
    return Promise.resolve({ value: undefined, done: true });
  }

  /** Ends it. */
  close(): void {
    if (this.#ended) return;
    this.#end();
    this.#finish();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** @internal */
  tell(what: Heard, number: number, text: string): void {
    if (what === Heard.Connected) {
      [this.whole, this.refused] = [number === 1, undefined];
      for (const { resolve } of this.#waiting.splice(0)) resolve();
    } else if (what === Heard.Missed) {
      this.missed += number;
    } else if (what === Heard.Refused) {
      [this.whole, this.refused] = [undefined, text];
      for (const { reject } of this.#waiting.splice(0)) reject(new Error(text));
    } else {
      this.#finish();
    }
  }

  /** @internal */
  put(message: Message): void {
    if (this.#ended) return;
    if (this.#listener) {
      try {
        this.#listener(message);
      } catch (error) {
        // The page's own fault, and none of the next message's.
        console.error(error);
      }
      return;
    }
    const wanted = this.#wanted.shift();
    if (wanted) return wanted({ value: message, done: false });
    if (this.#messages.push(message) > QUEUE) {
      this.#messages.shift();
      this.missed++;
    }
  }

  #finish(): void {
    this.#ended = true;
    for (const wanted of this.#wanted.splice(0)) wanted({ value: undefined, done: true });
    for (const { reject } of this.#waiting.splice(0)) reject(new Error('the subscription has ended'));
  }
}
