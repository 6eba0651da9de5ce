// The face: the class pages use, compatible with hilbert-heartbeat.js. Not here: when to beat and what to say (hb-core).

import { Engine, ensure, loadLink } from './engine.js';
import { firstLine, watchErrors } from './errors.js';
import { type Gpu, watchGpu } from './gpu.js';
import { LinkWatch } from './link.js';
import type { Commands } from './link/commands.js';
import type { LinkOptions } from './link/link.js';
import type { Abortable, GlSource, HeartbeatEvents, HeartbeatOptions, Link, State, Stats } from './options.js';
import { Place, passed, passedAppId, passedUrl } from './place.js';
import { SIMPLE } from './courier.js';
import { Shell } from './shell.js';
import { type Strain, watchStrain } from './strain.js';
import { Flag, Stat, Tell, VERBS } from './words.js';

type Callback = (error: Error | null, body: string | null) => void;

// Held, since `performance` is a getter of the window's that takes longer than its `now()`.
const clock = performance;

/** Proof of life for one page. */
export class Heartbeat {
  #engine: Engine | undefined;
  #shell: Shell;
  #link: LinkWatch;
  #url: string;
  #appId: string;
  #debugLog: ((message: string) => void) | undefined;
  #events = new EventTarget();
  #pending = new Set<Abortable>();
  #names: LinkOptions;
  #gpu: Gpu;
  #strain: Strain;
  #erred: (line: string) => void;

  /**
   * One frame has been drawn. Bound, so it can be handed to any engine as it is; an argument that is a finite number
   * is taken for the timestamp of `requestAnimationFrame`, anything else is ignored. Never throws, returns nothing.
   */
  readonly tick: (...ignored: unknown[]) => void;

  /** Begins at once; beats once the page has loaded. */
  constructor(options: HeartbeatOptions = {}) {
    ensure();
    this.#debugLog = options.debugLog;
    this.#url = options.url ?? passedUrl();
    this.#appId = options.appId ?? passedAppId();
    const host = options.hostId ?? passed('HB_HOST_ID');
    const slot = options.slot ?? passed('HB_SLOT');
    const key = options.key ?? passed('HB_KEY');
    this.#names = { url: this.#url, appId: this.#appId, hostId: host, slot, key } as LinkOptions;
    const place = new Place(this.#url, { appid: this.#appId, host, slot, key });
    this.#link = new LinkWatch(place.base, (link) => this.#tell('link', { link }));
    const flags =
      (options.sendInitCommand ? Flag.Init : 0) |
      (options.sendDoneCommand ? Flag.Done : 0) |
      (options.vitals === false ? Flag.Plain : 0) |
      (options.whenHidden === 'fine' ? Flag.HiddenIsFine : options.whenHidden === 'pause' ? Flag.HiddenIsPause : 0);
    const shell = new Shell(place, {
      changed: () => this.#tell('state', { state: shell.state }),
      settled: (status) => {
        this.#link.settled(status);
        this.#tell('response', { ok: status >= 200 && status < 300, status: Math.max(status, 0) });
      },
      violated: (violation) => this.#link.violated(violation),
      transport: (reason) => {
        this.#log('transport: ' + (reason ?? 'worker'));
        if (reason && options.transport === 'worker') console.warn('hb: beats without a worker: ' + reason);
      },
      engine: [
        flags,
        options.interval! <= 0 ? -1 : millis(options.interval),
        millis(options.stallAfter),
        millis(options.startupGrace),
        millis(options.requestTimeout),
      ],
      worker: options.transport !== 'main',
      presence: options.presence !== false,
    });
    this.#shell = shell;
    // The module holds the shell and the shell holds this, so a heartbeat that nobody keeps goes on beating.
    const engine = new Engine(shell, ...shell.face.engine);
    this.#engine = engine;
    this.tick = (at?: unknown) => {
      try {
        // `this.#engine` and not `engine`: after dispose() there is nothing left to tell.
        this.#engine?.tick(typeof at === 'number' && at - at === 0 ? at : clock.now());
      } catch (error) {
        this.#log(String(error));
      }
    };
    shell.open(engine);
    if (options.source === 'frames') shell.tell(Tell.Armed);
    if (options.source === 'demand') shell.tell(Tell.Idle, 1);
    const tell = (what: Tell, value: number): void => shell.tell(what, value);
    this.#gpu = watchGpu(tell);
    this.#strain = watchStrain(tell);
    this.#erred = (line) => shell.erred(options.errorText === false ? '' : line);
    shell.undoing(watchErrors(this.#erred));
    shell.undoing(() => (this.#gpu.close(), this.#strain.close()));
    for (const source of list(options.gl)) this.#gpu.watch(source);
  }

  /** The diagnosis now. */
  get state(): State {
    return this.#shell.state;
  }

  /** What became of the last request. */
  get link(): Link {
    return this.#link.link;
  }

  /** Counters. */
  stats(): Stats {
    // What was drawn until now is said before it.
    this.#engine?.tell(Tell.Tick, 0);
    const stat = (which: Stat): number => this.#engine?.stat(which) ?? 0;
    return {
      frames: stat(Stat.Frames),
      fps: stat(Stat.Fps),
      worstFrameMs: stat(Stat.Worst),
      lastFrameAgo: stat(Stat.Age),
      worstBlockMs: this.#strain.worst,
      pings: stat(Stat.Sent) + this.#shell.sent,
      failures: stat(Stat.Failed) + this.#shell.failed,
      transport: this.#shell.remote.speaks ? 'worker' : 'main',
    };
  }

  /**
   * Wraps a frame function: the frame counts only if `frame` returned normally, so a loop that throws every time is
   * seen even where the engine re-arms it. What it throws goes on to the caller.
   */
  wrap<F extends (...args: any[]) => any>(frame: F): F {
    this.#shell.tell(Tell.Armed);
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
    this.#shell.tell(Tell.Armed);
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
    this.#shell.undoing(undo);
    return undo;
  }

  /** "A long load is ahead": one beat promises `ms`, and nothing counts as a stall before, or until frames come again. */
  busy(ms: number): void {
    this.#shell.tell(Tell.Busy, ms);
  }

  /** "Nothing to draw now": frames are not due until `idle(false)`; a frame of the client's own shows that they could be. */
  idle(on: boolean): void {
    this.#shell.tell(Tell.Idle, on ? 1 : 0);
  }

  /** Watches one more context, canvas or device, as the option `gl` does: one made later, or instead of a device that was lost. */
  watch(source: GlSource | null): void {
    this.#gpu.watch(source);
  }

  /** Counts an error that the page caught itself as though nobody had: its first line is what the server is told. */
  report(error: unknown): void {
    this.#erred(firstLine(error));
  }

  /** "I looked, and the picture no longer changes": a fault until `stuck(false)`, while frames are drawn. `hb-heartbeat/pixels` looks. */
  stuck(on: boolean): void {
    this.#shell.tell(Tell.Same, on ? 1 : 0);
  }

  /**
   * Lets the server ask of this page what is named here, and nothing else. `reload` and `identify` need no more than the
   * socket that is opened with the next answered beat; for anything beyond them the link is loaded, from which on all go
   * over it. Resolves to what ends that.
   * @example await hb.commands({ reload: true, identify: true, vitals: true, louder: (by) => player.louder(by) });
   */
  async commands(wanted: Commands): Promise<() => void> {
    const shell = this.#shell;
    shell.take(wanted);
    let link: (() => void) | undefined;
    if (Object.keys(wanted).some((name) => wanted[name] && name !== 'reload' && name !== 'identify')) {
      const { commands } = await loadLink();
      if (!this.#engine) throw new Error('this heartbeat was disposed of');
      link = commands(this.#names, wanted, this);
      shell.undoing(link);
    }
    return () => {
      shell.take({});
      link?.();
    };
  }

  /** Calls `listener` with each event of this type; returns what ends that. */
  on<K extends keyof HeartbeatEvents>(type: K, listener: (event: CustomEvent<HeartbeatEvents[K]>) => void): () => void {
    const events = this.#events;
    events.addEventListener(type, listener as EventListener);
    return () => events.removeEventListener(type, listener as EventListener);
  }

  /** Sends one command and tells `callback` the answer. In a bad state `hb_ping` goes as `hb_state`, which no template knows. */
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
    void new Promise<Response>((resolve) => resolve(fetch(url ?? refuse(command), { ...SIMPLE, signal: controller.signal })))
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
    request.open('GET', this.#address(command, interval) ?? refuse(command), false);
    request.send();
    if (request.status !== 200) throw new Error(`${command}: ${request.status} ${request.responseText}`);
    return request.responseText;
  }

  /** Hands one command to the browser, which sends it even if the page dies. `true` proves nothing, `false` that it will not go. */
  sendBeacon(command: string, interval: number): boolean {
    const url = this.#address(command, interval);
    return url !== undefined && navigator.sendBeacon(url);
  }

  /** Registers, now. */
  sendInit(): void {
    this.#shell.tell(Tell.Init);
  }

  /** Beats, now; in a bad state this says what is wrong instead. */
  sendPing(): void {
    this.#shell.tell(Tell.Ping);
  }

  /** Says goodbye and falls silent; `sendInit`, `sendPing` and `setInterval` begin again. */
  sendDone(): void {
    this.abort();
    this.#shell.tell(Tell.Done);
  }

  /** Gives up what is under way. */
  abort(): void {
    for (const request of this.#pending) request.abort();
    this.#shell.tell(Tell.Abort);
  }

  /** The promise `T`, ms. */
  getInterval(): number {
    return this.#engine?.stat(Stat.Interval) ?? 0;
  }

  /** A new promise; beats at once. 0 or less stops the beats. */
  setInterval(ms: number): void {
    this.#shell.tell(Tell.Interval, ms);
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
    return this.#debugLog ?? (() => {});
  }

  /** Tells `log` from now on what happens. */
  setDebugLog(log: (message: string) => void): void {
    this.#debugLog = log;
  }

  /** Stops for good, without a goodbye, and takes every listener and patch away. */
  dispose(): void {
    for (const request of this.#pending) request.abort();
    this.#link.stop();
    this.#shell.close();
    this.#engine?.free();
    this.#engine = undefined;
  }

  /** `using hb = new Heartbeat()` */
  declare [Symbol.dispose]: () => void;

  /** `hb_init` */
  static getInitCommand(): string {
    return VERBS[0]!;
  }

  /** `hb_ping` */
  static getPingCommand(): string {
    return VERBS[1]!;
  }

  /** `hb_done` */
  static getDoneCommand(): string {
    return VERBS[2]!;
  }

  /** The URL parameter `HB_URL`, else `fallback`, else `//localhost:8888`. */
  static getPassedUrl(fallback?: string): string {
    return passedUrl(fallback);
  }

  /** The URL parameter `HB_APP_ID`, else `fallback`, else the page's address without its parameters. */
  static getPassedAppId(fallback?: string): string {
    return passedAppId(fallback);
  }

  /** Where a command of the page's own goes; `undefined` where the server's address is a template without a word for it. */
  #address(command: string, interval: number): string | undefined {
    if (!this.#engine) throw new Error('this heartbeat was disposed of');
    const verb = VERBS.indexOf(command);
    this.#shell.foreign = verb < 0 ? command : undefined;
    this.#engine.compose(verb < 0 ? VERBS.length : verb, interval);
    return this.#shell.handed;
  }

  #tell<K extends keyof HeartbeatEvents>(type: K, detail: HeartbeatEvents[K]): void {
    this.#log(type + ': ' + Object.values(detail).join(' '));
    this.#events.dispatchEvent(new CustomEvent(type, { detail }));
  }

  #log(message: string): void {
    try {
      this.#debugLog?.(message);
    } catch (error) {
      console.error(error);
    }
  }
}

if (Symbol.dispose) Heartbeat.prototype[Symbol.dispose] = Heartbeat.prototype.dispose;

function refuse(command: string): never {
  throw new Error(`${command}: a template knows beats only`);
}

/** Whole ms, 0 for "the default". */
function millis(value: number | undefined): number {
  return Math.min(Math.ceil(value! > 0 ? value! : 0), 0x7fffffff);
}

function list(gl: HeartbeatOptions['gl']): readonly GlSource[] {
  return gl === undefined ? [] : Array.isArray(gl) ? gl : [gl as GlSource];
}
