// The browser's resources under one heartbeat: a timer, a request, a frame, listeners. `close` gives all of it back.
// Not here: when any of it is wanted (the module's), what the page hears of it (the face's).

import type { Engine } from './engine.js';
import type { State } from './options.js';
import type { Place } from './place.js';
import { Presence } from './presence.js';
import { How, Tell, VERBS } from './words.js';

/** How requests leave this page: simple for CORS, no cookie, no cache. `no-cors` fails on cross-origin isolated pages. */
export const SIMPLE: RequestInit = { mode: 'cors', credentials: 'omit', cache: 'no-store' };

/** Answers the module's calls. None of them throws or calls back before it has returned. */
export class Shell {
  engine: Engine | undefined;
  state: State = 'starting';
  /** A command that the module does not know: the next request composed for the face goes under it. */
  foreign: string | undefined;
  /** The address of the request that the module composed for the face; none where a template has no word for it. */
  handed: string | undefined;
  lastError = '';
  readonly presence = new Presence();
  #boot = boot();
  readonly #place: Place;
  readonly #changed: () => void;
  readonly #settled: (status: number) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #frame = 0;
  #request: AbortController | undefined;
  #lost = new Set<EventTarget>();
  #undo: (() => void)[] = [];

  constructor(place: Place, changed: () => void, settled: (status: number) => void) {
    this.#place = place;
    this.#changed = changed;
    this.#settled = settled;
  }

  /** Watches the life of the page; tells `engine` when it has loaded. */
  open(engine: Engine): void {
    this.engine = engine;
    const page: Document | undefined = globalThis.document;
    const visible = (): void => engine.tell(Tell.Visible, page?.hidden ? 0 : 1);
    this.listen(page, 'visibilitychange', visible);
    this.listen(page, 'freeze', () => engine.tell(Tell.Freeze, 0));
    this.listen(page, 'resume', () => engine.tell(Tell.Resume, 0));
    const view: Window | undefined = globalThis.window;
    this.listen(view, 'pagehide', () => {
      engine.tell(Tell.Leave, 0);
      // A page with an open socket is kept by no cache of pages.
      this.presence.close();
    });
    this.listen(view, 'pageshow', (event) => {
      if (!(event as PageTransitionEvent).persisted) return;
      this.#boot = boot();
      engine.tell(Tell.Return, 0);
    });
    this.listen(view, 'error', (event) => this.#erred((event as ErrorEvent).message));
    this.listen(view, 'unhandledrejection', (event) => this.#erred((event as PromiseRejectionEvent).reason));
    visible();
    const loaded = (): void => this.engine?.tell(Tell.Loaded, 0);
    if (page && page.readyState !== 'complete') this.listen(view, 'load', loaded);
    // Not now: whoever constructs us may still want to set something, as with the original.
    else setTimeout(loaded);
  }

  /** Listens until closed. */
  listen(target: EventTarget | undefined, type: string, listener: (event: Event) => void): void {
    target?.addEventListener(type, listener);
    this.undoing(() => target?.removeEventListener(type, listener));
  }

  /** Does `undo` when closed. */
  undoing(undo: () => void): void {
    this.#undo.push(undo);
  }

  /** Follows the GL context of a canvas. Never `preventDefault()`: whether to restore it is the page's choice. */
  watch(canvas: EventTarget, lost: boolean): void {
    const tell = (lost: boolean) => (): void => {
      this.#lost[lost ? 'add' : 'delete'](canvas);
      this.engine?.tell(Tell.Lost, this.#lost.size);
    };
    this.listen(canvas, 'webglcontextlost', tell(true));
    this.listen(canvas, 'webglcontextrestored', tell(false));
    this.engine?.tell(Tell.Watch, 0);
    this.engine?.tell(Tell.Armed, 0);
    if (lost) tell(true)();
  }

  now(): number {
    return performance.now();
  }

  send(how: How, verb: number, promise: number, vitals: string): void {
    const lasterr = this.lastError && vitals.includes('&errs=') ? '&lasterr=' + encodeURIComponent(this.lastError) : '';
    const command = (how === How.Hand && this.foreign) || VERBS[verb]!;
    const url = this.#place.address(command, promise, '&boot=' + this.#boot + vitals + lasterr);
    if (how === How.Hand) {
      this.handed = url;
    } else if (how === How.Fetch) {
      this.#fetch(url);
    } else if (url) {
      leave(url);
    }
  }

  giveUp(late: boolean): void {
    this.#request?.abort();
    this.#request = undefined;
    if (late) queueMicrotask(() => this.#settled(-1));
  }

  wake(after: number): void {
    clearTimeout(this.#timer);
    this.#timer = after < 0 ? undefined : setTimeout(() => this.engine?.tell(Tell.Tick, 0), after);
  }

  probe(): void {
    this.#frame = globalThis.requestAnimationFrame?.(() => this.engine?.tell(Tell.Proved, 0));
  }

  changed(state: string): void {
    this.state = state as State;
    queueMicrotask(this.#changed);
  }

  /** Gives everything back to the browser. */
  close(): void {
    for (const undo of this.#undo.splice(0)) undo();
    this.giveUp(false);
    this.presence.take({});
    this.wake(-1);
    if (this.#frame) cancelAnimationFrame(this.#frame);
    this.engine = undefined;
  }

  #fetch(url: string | undefined): void {
    const controller = new AbortController();
    this.#request = controller;
    const end = (status: number): void => {
      // What was given up is nobody's any more.
      if (this.#request !== controller) return;
      this.#request = undefined;
      this.engine?.tell(Tell.Settled, status);
      this.#settled(status);
    };
    // A template has no word for this verb: nothing can be said, and nothing is retried before the next beat.
    const answer = url ? new Promise<Response>((resolve) => resolve(fetch(url, { ...SIMPLE, signal: controller.signal }))) : Promise.reject();
    answer.then((response) => {
      end(response.status);
      // Other servers know no presence.
      if (response.headers.has('hb-server')) {
        this.presence.open((query) => this.#place.address('hb_presence', 0, '&boot=' + this.#boot + query));
      }
    }, () => end(0));
  }

  #erred(reason: unknown): void {
    this.lastError = String((reason as Error | null)?.message ?? reason).split('\n')[0]!.slice(0, 120);
    this.engine?.tell(Tell.Error, 0);
  }
}

/** A last word goes by beacon, or, where the browser takes none, by a request that outlives the page. */
function leave(url: string): void {
  try {
    if (navigator.sendBeacon(url)) return;
  } catch {
    // No beacons here, or an address the browser cannot read: then the request fails too, and the beats say so.
  }
  fetch(url, { ...SIMPLE, method: 'POST', keepalive: true }).catch(() => {});
}

/** A random name for a page load: two pages of one hall must not collide; nobody need be unable to guess it. */
function boot(): string {
  const half = (): string => Math.random().toString(36).slice(2, 10).padEnd(8, '0');
  return half() + half();
}
