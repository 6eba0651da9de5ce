// What messages carry, and its form on the wire. Not here: frames.

/** What a message may carry: a text, bytes, or anything that JSON can say. */
export type Content = string | Uint8Array | number | boolean | null | readonly unknown[] | { readonly [name: string]: unknown };

/** @internal The same in a frame. */
export type Data = { text: string } | { base64: string };

/** Longest message, bytes: the server closes a link over which a longer frame comes. */
const LONGEST = 1_000_000;

/** A message from the bus, or the reply to a request. */
export class Message {
  readonly #data: Data;
  readonly #answer: ((content: Content) => void) | undefined;

  /** @internal */
  constructor(
    /** What it is about. */
    readonly topic: string,
    /** Its place in the order of the server's bus; 0 for a reply. */
    readonly seq: number,
    data: Data,
    answer?: (content: Content) => void,
  ) {
    this.#data = data;
    this.#answer = answer;
  }

  /** What it carries, as text. */
  get text(): string {
    return 'text' in this.#data ? this.#data.text : new TextDecoder().decode(this.bytes);
  }

  /** What it carries, as bytes. */
  get bytes(): Uint8Array {
    if ('text' in this.#data) return new TextEncoder().encode(this.#data.text);
    return Uint8Array.from(atob(this.#data.base64), (character) => character.charCodeAt(0));
  }

  /**
   * What it carries, read as JSON. Throws where it is none.
   * @example const { x, y } = message.json<{ x: number; y: number }>();
   */
  json<T = unknown>(): T {
    return JSON.parse(this.text) as T;
  }

  /**
   * Answers it, once, if it is a request; whoever asked gets this as the reply.
   * @example link.subscribe('./time', (message) => message.answer(Date.now()));
   */
  answer(content: Content): void {
    this.#answer?.(content);
  }
}

/** @internal The form of `content` in a frame. */
export function data(content: Content): Data {
  const form = content instanceof Uint8Array ? { base64: base64(content) } : { text: typeof content === 'string' ? content : JSON.stringify(content) ?? '' };
  // In UTF-8 a character has at most three bytes here, and escaped as JSON at most six.
  const json = JSON.stringify(form);
  if (json.length * 3 > LONGEST && new TextEncoder().encode(json).length > LONGEST) {
    throw new RangeError(`this message has ${json.length} characters: expected at most ${LONGEST} bytes`);
  }
  return form;
}

/** @internal */
export function base64(bytes: Uint8Array): string {
  let text = '';
  // In pieces: a call takes only so many arguments.
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}
