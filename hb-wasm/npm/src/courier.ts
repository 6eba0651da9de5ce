// What page and worker have in common: a timer, at most one request, and the presence socket of whoever speaks.
// Not here: when any of it is wanted (the module's), listeners and beacons (the page's shell).

import type { Engine } from './engine.js';
import type { Place } from './place.js';
import { Presence } from './presence.js';
import { Tell, VERBS, VITALS } from './words.js';

/** How requests leave this page: simple for CORS, no cookie, no cache. `no-cors` fails on cross-origin isolated pages. */
export const SIMPLE: RequestInit = { mode: 'cors', credentials: 'omit', cache: 'no-store' };

/** Answers some of the module's calls. None of them throws or calls back before it has returned. */
export class Courier {
  engine: Engine | undefined;
  /** The first line of the last error that nobody caught. */
  lastError = '';
  /** Whether a server answered that knows of presence; others do not. */
  ours = false;
  /** What `performance.now()` lacks to the page's clock. */
  late = 0;
  readonly presence: Presence;
  /** What the next request says of the page. */
  said = '';
  #timer: ReturnType<typeof setTimeout> | undefined;
  #request: AbortController | undefined;

  /** `settled` is told of the end of each request, `asked` of each command over the socket. */
  constructor(
    readonly place: Place,
    public boot: string,
    readonly settled: (status: number) => void,
    asked: (text: string) => void,
  ) {
    this.presence = new Presence(asked);
  }

  now(): number {
    return performance.now() + this.late;
  }

  /** Whether a request is under way. */
  get busy(): boolean {
    return !!this.#request;
  }

  /** Where a request goes; nowhere, where a template has no word for it. */
  address(command: string, promise: number, vitals = this.said): string | undefined {
    this.said = '';
    const last = this.lastError && vitals.includes('&errs=') ? '&lasterr=' + encodeURIComponent(this.lastError) : '';
    return this.place.address(command, promise, '&boot=' + this.boot + vitals + last);
  }

  say(which: number, value: number): void {
    const words = VITALS[which]!;
    this.said += `&${words[0]}=${words[value + 1] ?? value}`;
  }

  send(_how: number, verb: number, promise: number): void {
    const url = this.address(VERBS[verb]!, promise);
    const controller = new AbortController();
    this.#request = controller;
    const end = (status: number): void => {
      // What was given up is nobody's any more.
      if (this.#request !== controller) return;
      this.#request = undefined;
      this.engine?.tell(Tell.Settled, status);
      this.settled(status);
    };
    // A template has no word for this verb: nothing can be said, and nothing is retried before the next beat.
    const answer = url ? new Promise<Response>((resolve) => resolve(fetch(url, { ...SIMPLE, signal: controller.signal }))) : Promise.reject();
    answer.then((response) => {
      // Before anybody is told: a worker that takes over then must know it.
      this.ours = response.headers.has('hb-server');
      this.knock(this.ours);
      end(response.status);
    }, () => end(0));
  }

  /** The moment for the socket, if there is none. */
  knock(ours: boolean): void {
    if (ours) this.presence.open((query) => this.address('hb_presence', 0, query));
  }

  giveUp(late: boolean): void {
    this.#request?.abort();
    this.#request = undefined;
    if (late) queueMicrotask(() => this.settled(-1));
  }

  wake(after: number): void {
    clearTimeout(this.#timer);
    this.#timer = after < 0 ? undefined : setTimeout(() => this.engine?.tell(Tell.Tick, 0), after);
  }
}
