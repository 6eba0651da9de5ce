// The face of a page's link to the server's bus. Not here: sockets (shell.ts), when to connect again (hb-guest).

import { ensure } from './engine.js';
import { Message, data, type Content } from './message.js';
import { Shell, type Parcel } from './shell.js';
import { Subscription } from './subscription.js';
import { Happened, Heard, Replied } from './words.js';
import { passed, passedAppId, passedUrl, resolve } from '../place.js';

/** Who a page says it is, and where the server is. What is left open is taken from the page's address, as by `Heartbeat`. */
export interface LinkOptions {
  /** Address of the server. Default: the URL parameter `HB_URL`, else `//localhost:8888`. */
  url?: string;
  /** Name of the exhibit. Default: the URL parameter `HB_APP_ID`, else the page's address without its parameters. */
  appId?: string;
  /** Name of this machine, where its address says too little. Default: the URL parameter `HB_HOST_ID`, else none. */
  hostId?: string;
  /** Name of this window or monitor. Default: the URL parameter `HB_SLOT`, else none. */
  slot?: string;
  /** The key to this app, where the server wants one. Default: the URL parameter `HB_KEY`, else none. */
  key?: string;
  /** The commands it takes, so that people are offered these and no others. Default: it does not say. */
  accepts?: readonly string[];
}

/** `connecting` until the first attempt has an end, then `online` or `offline`; `closed` for good. */
export type LinkState = 'connecting' | 'online' | 'offline' | 'closed';

/** What the listeners of {@link Link.on} are told. */
export interface LinkEvents {
  /** It is connected to this run of the server, and may publish under `prefix`. */
  online: { epoch: string; prefix: string };
  /** It is not; it tries again after `againIn` ms. */
  offline: { reason: string; againIn: number };
  /** It said, or wants to hear, what it may not; in the server's words. */
  denied: { reason: string };
}

/** How to subscribe. */
export interface SubscribeOptions {
  /** First what the server can still replay. Default `false`: from now on. */
  replay?: boolean;
}

/** Why there is no reply. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
  /** @internal */
  constructor(
    /**
     * `failed`: the server says why not, such as "nobody is listening". `timeout`: no reply in the time given. `offline`:
     * not connected, or no more; whether it was done is not known. `closed`: the link was closed.
     */
    readonly code: 'failed' | 'timeout' | 'offline' | 'closed',
    message: string,
  ) {
    super(message);
  }
}

interface Waiter {
  resolve(reply: Message): void;
  reject(error: Error): void;
}

/**
 * A page as a guest of the server's bus. It connects at once, and again whenever it must: after 1 s, 2 s, up to 30 s,
 * and up to a quarter more by chance. Subscriptions outlive connections and go on where they were.
 *
 * Topics: `./x` is this page's own, and the only ones it may publish and ask about; `#left/x` is that of the window
 * with the slot `left` of the same app on the same machine, `#/x` that of the one without a slot.
 *
 * @example
 * import { Link } from 'hb-heartbeat/link';
 * const link = new Link({ appId: 'duet', slot: 'left' });
 * link.publish('./note', { key: 'c4' });
 * for await (const { text } of link.subscribe('#right/note')) console.log(text);
 */
export class Link {
  readonly #shell: Shell;
  readonly #events = new EventTarget();
  readonly #subscriptions = new Map<number, Subscription>();
  readonly #waiters = new Map<number, Waiter>();
  readonly #arrivals: { resolve(): void; reject(error: Error): void }[] = [];
  #count = 0;
  #state: LinkState = 'connecting';
  #prefix: string | undefined;
  /** The name of the exhibit. */
  readonly appId: string;
  /** The name of this window; empty if it is the only one. */
  readonly slot: string;
  /** The address of the server. */
  readonly server: string;

  constructor(options: LinkOptions = {}) {
    ensure();
    const base = resolve(options.url ?? passedUrl());
    if (base.includes('%n')) throw new TypeError(`${base} is a template, which knows beats only: a link needs an address`);
    const host = options.hostId ?? passed('HB_HOST_ID');
    const slot = options.slot ?? passed('HB_SLOT') ?? '';
    const key = options.key ?? passed('HB_KEY');
    const { accepts } = options;
    this.appId = options.appId ?? passedAppId();
    this.slot = slot;
    this.server = base;
    this.#shell = new Shell(base.replace(/^http/i, 'ws') + '/hb_link' + (key ? '?key=' + encodeURIComponent(key) : ''), { app: this.appId, slot, ...(host ? { host } : {}), ...(accepts ? { accepts } : {}) }, {
      heard: (nr, what, number, text, message) => this.#heard(nr, what, number, text, message),
      replied: (nr, what, text, message) => this.#replied(nr, what, text, message),
      event: (what, text, prefix, after) => this.#event(what, text, prefix, after),
    });
  }

  /** What became of the connection. */
  get state(): LinkState {
    return this.#state;
  }

  /** What the topics begin with that `./` stands for, such as `app/10.0.0.7/tetris/`; `undefined` before the first connection. */
  get prefix(): string | undefined {
    return this.#prefix;
  }

  /** The name of this machine as the server knows it; `undefined` before the first connection. */
  get host(): string | undefined {
    return this.#prefix && decodeURIComponent(this.#prefix.split('/')[1] ?? '');
  }

  /**
   * Resolves when it is connected, at once if it is; rejects when it is closed.
   * @example await link.connected();
   */
  connected(): Promise<void> {
    if (this.#state === 'online') return Promise.resolve();
    if (this.#state === 'closed') return Promise.reject(new Error(CLOSED));
    return new Promise((resolve, reject) => this.#arrivals.push({ resolve, reject }));
  }

  /**
   * Publishes. Without a connection it waits for one; of more than 128 that wait the oldest are lost. What the page may
   * not publish is told by the event `denied`.
   * @example link.publish('./door', 'open');
   */
  publish(topic: string, content: Content): void {
    if (this.#state === 'closed') throw new Error(CLOSED);
    this.#shell.engine.publish(topic, data(content));
  }

  /**
   * Hears these topics until it is closed, or the loop over it is left.
   * @example
   * link.subscribe(['#left/note', '#right/note'], (message) => play(message.json()));
   */
  subscribe(topics: string | readonly string[], listener?: (message: Message) => unknown, options?: SubscribeOptions): Subscription;
  /**
   * The same for a loop.
   * @example
   * for await (const message of link.subscribe('#/score', { replay: true })) show(message.text);
   */
  subscribe(topics: string | readonly string[], options: SubscribeOptions): Subscription;
  subscribe(topics: string | readonly string[], first?: SubscribeOptions | ((message: Message) => unknown), second?: SubscribeOptions): Subscription {
    const names = typeof topics === 'string' ? [topics] : topics;
    const wrong = names.find((name) => !name || /[\x00-\x1f\x7f]/.test(name));
    if (wrong !== undefined || !names.length) throw new TypeError(`not a topic: expected 1 to 255 bytes without control characters: ${JSON.stringify(wrong)}`);
    const listener = typeof first === 'function' ? first : undefined;
    const { replay = false } = (typeof first === 'function' ? second : first) ?? {};
    const nr = ++this.#count;
    const subscription = new Subscription(() => {
      this.#subscriptions.delete(nr);
      this.#shell.engine.unsubscribe(nr);
    }, listener);
    this.#subscriptions.set(nr, subscription);
    this.#shell.engine.subscribe(nr, names.join('\n'), replay);
    return subscription;
  }

  /**
   * Asks and waits for the reply, at most `timeout` ms (default 5000). Rejects with a {@link RequestError}, at once if
   * nobody is listening or there is no connection.
   * @example const { text } = await link.request('./time', '', { timeout: 1000 });
   */
  request(topic: string, content: Content, { timeout = 5000 }: { timeout?: number } = {}): Promise<Message> {
    const nr = ++this.#count;
    return new Promise((resolve, reject) => {
      const form = data(content);
      this.#waiters.set(nr, { resolve, reject });
      this.#shell.engine.request(nr, topic, form, Math.min(Math.max(timeout, 0), 0x7fffffff));
    });
  }

  /**
   * Calls `listener` with each event of this type; returns what ends that.
   * @example link.on('offline', ({ detail }) => console.log(detail.reason));
   */
  on<K extends keyof LinkEvents>(type: K, listener: (event: CustomEvent<LinkEvents[K]>) => void): () => void {
    this.#events.addEventListener(type, listener as EventListener);
    return () => this.#events.removeEventListener(type, listener as EventListener);
  }

  /**
   * Closes it for good: subscriptions end, and who waits for a reply is told.
   * @example addEventListener('pagehide', () => link.close());
   */
  close(): void {
    this.#state = 'closed';
    for (const { reject } of this.#arrivals.splice(0)) reject(new Error(CLOSED));
    this.#shell.engine.leave();
  }

  #heard(nr: number, what: Heard, number: number, text: string, message: Parcel): void {
    const subscription = this.#subscriptions.get(nr);
    if (what === Heard.Message) {
      const answer = (content: Content): void => this.#shell.engine.answer(message.id, data(content));
      subscription?.put(new Message(message.topic, number, message.data, answer));
    } else {
      subscription?.tell(what, number, text);
      if (what === Heard.Refused) this.#tell('denied', { reason: text });
    }
  }

  #replied(nr: number, what: Replied, text: string, message: Parcel): void {
    const waiter = this.#waiters.get(nr);
    this.#waiters.delete(nr);
    if (what === Replied.Reply) waiter?.resolve(new Message(message.topic, 0, message.data));
    else waiter?.reject(new RequestError(CODES[what], text || REASONS[what]));
  }

  #event(what: Happened, text: string, prefix: string, after: number): void {
    if (this.#state === 'closed') return;
    if (what === Happened.Online) {
      [this.#state, this.#prefix] = ['online', prefix];
      for (const { resolve } of this.#arrivals.splice(0)) resolve();
      this.#tell('online', { epoch: text, prefix });
    } else if (what === Happened.Offline) {
      this.#state = 'offline';
      this.#tell('offline', { reason: text, againIn: after });
    } else {
      this.#tell('denied', { reason: text });
    }
  }

  #tell<K extends keyof LinkEvents>(type: K, detail: LinkEvents[K]): void {
    this.#events.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

const CLOSED = 'the link is closed';
const CODES = { [Replied.Failed]: 'failed', [Replied.Late]: 'timeout', [Replied.Offline]: 'offline', [Replied.Closed]: 'closed' } as const;
const REASONS = { [Replied.Failed]: '', [Replied.Late]: 'no reply in the time given', [Replied.Offline]: 'not connected', [Replied.Closed]: CLOSED };
