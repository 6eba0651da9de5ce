// The face: the class pages use, compatible with hilbert-heartbeat.js. Not here: when to beat and what to say (hb-core).

import { Engine, ensure } from './engine.js';
import { LinkWatch } from './link.js';
import type { Abortable, GlSource, HeartbeatEvents, HeartbeatOptions, Link, State, Stats } from './options.js';
import { passed, passedAppId, passedUrl, resolve } from './place.js';

type Callback = (error: Error | null, body: string | null) => void;

/** Proof of life for one page. */
export class Heartbeat {
  #engine: Engine | undefined;
  #options: HeartbeatOptions;
  #url: string;
  #appId: string;
  #link: LinkWatch;
  #events = new EventTarget();
  #undo: (() => void)[] = [];
  #pending = new Set<Abortable>();

  /**
   * One frame has been drawn. Bound, so it can be handed to any engine as it is; an argument that is a finite number
   * is taken for the timestamp of `requestAnimationFrame`, anything else is ignored. Never throws, returns nothing.
   */
  readonly tick: (...ignored: unknown[]) => void;

  /** Begins at once; beats once the page has loaded. */
  constructor(options: HeartbeatOptions = {}) {
    ensure();
    this.#options = { ...options };
    this.#url = options.url ?? passedUrl();
    this.#appId = options.appId ?? passedAppId();
    const [url, tail] = template(resolve(this.#url));
    this.#link = new LinkWatch(url, (link) => this.#tell('link', { link }), (message) => this.#log(message));
    const engine = new Engine(
      {
        url,
        tail,
        app: this.#appId,
        host: options.hostId ?? passed('HB_HOST_ID'),
        slot: options.slot ?? passed('HB_SLOT'),
        interval: number(options.interval),
        stall: number(options.stallAfter),
        grace: number(options.startupGrace),
        timeout: number(options.requestTimeout),
        init: !!options.sendInitCommand,
        done: !!options.sendDoneCommand,
        vitals: options.vitals !== false,
        hidden: { report: 0, fine: 1, pause: 2 }[options.whenHidden ?? 'report'],
      },
      {
        changed: () => queueMicrotask(() => this.#tell('state', { state: this.state })),
        settled: (status: number) => queueMicrotask(() => this.#settled(status)),
      },
    );
    this.#engine = engine;
    this.tick = (at?: unknown) => {
      // `this.#engine` and not `engine`: after dispose() there is nothing left to tell.
      this.#engine?.tick(typeof at === 'number' && at - at === 0 ? at : performance.now());
    };
    if (options.source === 'frames') engine.arm();
    if (options.source === 'demand') engine.idle(true);
    for (const source of list(options.gl)) this.#watch(source);
    this.#listen('error', (event) => engine.erred(firstLine((event as ErrorEvent).message)));
    this.#listen('unhandledrejection', (event) => engine.erred(firstLine((event as PromiseRejectionEvent).reason)));
  }

  /** The diagnosis now. */
  get state(): State {
    return (this.#engine?.state ?? 'done') as State;
  }

  /** What became of the last request. */
  get link(): Link {
    return this.#link.link;
  }

  /** Counters. */
  stats(): Stats {
    const engine = this.#engine;
    return {
      lastFrameAgo: engine?.age ?? Infinity,
      frames: engine?.frames ?? 0,
      fps: engine?.fps ?? 0,
      worstFrameMs: engine?.worst ?? 0,
      pings: engine?.pings ?? 0,
      failures: engine?.failures ?? 0,
    };
  }

  /**
   * Wraps a frame function: the frame counts only if `frame` returned normally, so a loop that throws every time is
   * seen even where the engine re-arms it. What it throws goes on to the caller.
   */
  wrap<F extends (...args: any[]) => any>(frame: F): F {
    this.#engine?.arm();
    const tick = this.tick;
    return function (this: unknown, ...args: unknown[]) {
      const result: unknown = frame.apply(this, args);
      tick(args[0]);
      return result;
    } as F;
  }

  /**
   * Counts every frame of a loop whose code cannot be edited, by wrapping what is handed to `requestAnimationFrame`.
   * Call it before the loop starts. Returns what takes the patch away.
   */
  patchRaf(target: { requestAnimationFrame: Function } = globalThis as never): () => void {
    this.#engine?.arm();
    const original = target.requestAnimationFrame;
    const tick = this.tick;
    const patched = function (this: unknown, callback: FrameRequestCallback): unknown {
      return original.call(this ?? target, (at: number) => {
        callback(at);
        tick(at);
      });
    };
    target.requestAnimationFrame = patched;
    const undo = (): void => {
      // Somebody may have patched after us; then ours stays below theirs, harmless after dispose().
      if (target.requestAnimationFrame === patched) target.requestAnimationFrame = original;
    };
    this.#undo.push(undo);
    return undo;
  }

  /** "A long load is ahead": one beat promises `ms`, and nothing counts as a stall before, or until frames come again. */
  busy(ms: number): void {
    this.#engine?.busy(ms);
  }

  /** "Nothing to draw now": frames are not due until `idle(false)`; a frame of the client's own shows that they could be. */
  idle(on: boolean): void {
    this.#engine?.idle(on);
  }

  /** Calls `listener` with each event of this type; returns what ends that. */
  on<K extends keyof HeartbeatEvents>(type: K, listener: (event: CustomEvent<HeartbeatEvents[K]>) => void): () => void {
    const events = this.#events;
    events.addEventListener(type, listener as EventListener);
    return () => events.removeEventListener(type, listener as EventListener);
  }

  /** Sends one command and tells `callback` the answer. In a bad state `hb_ping` goes as `hb_state`. */
  send(command: string, interval: number, callback?: Callback): Abortable {
    const url = this.#address(command, interval);
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(), Math.max(10_000, 2 * interval));
    const request = { abort: () => controller.abort() };
    this.#pending.add(request);
    const end = (error: Error | null, body: string | null): void => {
      clearTimeout(timer);
      this.#pending.delete(request);
      callback?.(error, body);
    };
    void fetch(url, { mode: 'cors', credentials: 'omit', cache: 'no-store', signal: controller.signal })
      .then(async (response) => {
        const body = await response.text();
        if (!response.ok) throw new Error(`${command}: ${response.status} ${body}`);
        return body;
      })
      .then((body) => end(null, body), (error: Error) => end(error, null));
    return request;
  }

  /** Sends one command and waits for the answer, blocking the page. Throws where there is none. */
  sendSync(command: string, interval: number): string {
    const request = new XMLHttpRequest();
    request.open('GET', this.#address(command, interval), false);
    request.send();
    if (request.status !== 200) throw new Error(`${command}: ${request.status} ${request.responseText}`);
    return request.responseText;
  }

  /** Hands one command to the browser, which sends it even if the page dies. `true` proves nothing. */
  sendBeacon(command: string, interval: number): boolean {
    return navigator.sendBeacon(this.#address(command, interval));
  }

  /** Registers, now. */
  sendInit(): void {
    this.#log(Heartbeat.getInitCommand());
    this.#engine?.init();
  }

  /** Beats, now; in a bad state this says what is wrong instead. */
  sendPing(): void {
    this.#log(Heartbeat.getPingCommand());
    this.#engine?.ping();
  }

  /** Says goodbye and falls silent; `sendInit`, `sendPing` and `setInterval` begin again. */
  sendDone(): void {
    this.#log(Heartbeat.getDoneCommand());
    this.abort();
    this.#engine?.done();
  }

  /** Gives up what is under way. */
  abort(): void {
    for (const request of this.#pending) request.abort();
    this.#engine?.abort();
  }

  /** The promise `T`, ms. */
  getInterval(): number {
    return this.#engine?.interval ?? 0;
  }

  /** A new promise; beats at once. 0 or less stops the beats. */
  setInterval(ms: number): void {
    if (this.#engine) this.#engine.interval = ms;
  }

  /** The server's address as it was given. */
  getUrl(): string {
    return this.#url;
  }

  /** The name of the exhibit. */
  getAppId(): string {
    return this.#appId;
  }

  /** Whom we tell what happens. */
  getDebugLog(): (message: string) => void {
    return this.#options.debugLog ?? (() => {});
  }

  /** Tells `log` from now on what happens. */
  setDebugLog(log: (message: string) => void): void {
    this.#options.debugLog = log;
  }

  /** Stops for good, without a goodbye, and takes every listener and patch away. */
  dispose(): void {
    for (const undo of this.#undo.splice(0)) undo();
    for (const request of this.#pending) request.abort();
    this.#link.stop();
    this.#engine?.free();
    this.#engine = undefined;
  }

  /** `using hb = new Heartbeat()` */
  declare [Symbol.dispose]: () => void;

  /** `hb_init` */
  static getInitCommand(): string {
    return 'hb_init';
  }

  /** `hb_ping` */
  static getPingCommand(): string {
    return 'hb_ping';
  }

  /** `hb_done` */
  static getDoneCommand(): string {
    return 'hb_done';
  }

  /** The URL parameter `HB_URL`, else `fallback`, else `//localhost:8888`. */
  static getPassedUrl(fallback?: string): string {
    return passedUrl(fallback);
  }

  /** The URL parameter `HB_APP_ID`, else `fallback`, else the page's address without its parameters. */
  static getPassedAppId(fallback?: string): string {
    return passedAppId(fallback);
  }

  #address(command: string, interval: number): string {
    if (!this.#engine) throw new Error('this heartbeat was disposed of');
    return this.#engine.address(command, interval);
  }

  #settled(status: number): void {
    this.#link.settled(status);
    this.#tell('response', { ok: status >= 200 && status < 300, status: Math.max(status, 0) });
  }

  #tell<K extends keyof HeartbeatEvents>(type: K, detail: HeartbeatEvents[K]): void {
    this.#log(type + ': ' + Object.values(detail).join(' '));
    this.#events.dispatchEvent(new CustomEvent(type, { detail }));
  }

  #log(message: string): void {
    try {
      this.#options.debugLog?.(message);
    } catch (error) {
      console.error(error);
    }
  }

  #watch(source: GlSource): void {
    const canvas = 'canvas' in source ? source.canvas : source;
    const lost = 'isContextLost' in source && source.isContextLost();
    this.#engine?.watch(canvas as EventTarget, lost);
  }

  #listen(type: string, listener: (event: Event) => void): void {
    if (typeof window === 'undefined') return;
    window.addEventListener(type, listener);
    this.#undo.push(() => window.removeEventListener(type, listener));
  }
}

if (Symbol.dispose) Heartbeat.prototype[Symbol.dispose] = Heartbeat.prototype.dispose;

/** NaN stands for "the default". */
function number(value: number | undefined): number {
  return value === undefined ? NaN : +value;
}

function list(gl: HeartbeatOptions['gl']): readonly GlSource[] {
  return gl === undefined ? [] : Array.isArray(gl) ? gl : [gl as GlSource];
}

/** What stands before and behind `%n`; no second part where there is none. */
function template(url: string): [string, string | undefined] {
  const at = url.indexOf('%n');
  return at < 0 ? [url, undefined] : [url.slice(0, at), url.slice(at + 2)];
}

function firstLine(reason: unknown): string {
  return String((reason as Error | null)?.message ?? reason).split('\n')[0]!.slice(0, 120);
}
