// The page under one heartbeat: listeners, frames, beacons, and the worker that speaks for it as soon as it can.
// `close` gives all of it back. Not here: when any of it is wanted (the module's), what authors hear of it (the face's).

import { Courier, SIMPLE } from './courier.js';
import { accepted, perform } from './deeds.js';
import type { Engine as Module } from './engine.js';
import type { Commands } from './link/commands.js';
import type { State } from './options.js';
import type { Place } from './place.js';
import { type Engine, Post, Say, type Start, type Violation } from './post.js';
import { Remote } from './remote.js';
import { Flag, How, Stat, STATE, Tell, VERBS, VITALS } from './words.js';

// What of the page's past a new worker must be told, loading last: it begins the clocks.
const LASTING = [Tell.Armed, Tell.Visible, Tell.Watch, Tell.Lost, Tell.Idle, Tell.Same, Tell.Heap, Tell.Loaded];

/** How long is waited; an enum is bundled as its numbers. */
const enum Wait {
  /** Of beats for `load`, ms: one picture that hangs holds that up for ever. */
  Load = 5000,
  /** And of a first frame for so much longer, ms. */
  Late = 60_000,
  /** A worker that has neither come nor failed after so many answered beats is waited for no longer. */
  Worker = 4,
}

/** What the face is told, and what of its options is the shell's. */
export interface Face {
  changed(): void;
  settled(status: number): void;
  violated(violation: Violation): void;
  /** A worker speaks from now on, or none does, for this reason. */
  transport(reason?: string): void;
  /** Arguments of the module's class after the shell. */
  engine: Engine;
  /** Whether a worker is wanted. */
  worker: boolean;
  presence: boolean;
}

/** Answers the module's calls. None of them throws or calls back before it has returned. */
export class Shell extends Courier {
  state: State = 'starting';
  /** A command that the module does not know: the next request composed for the face goes under it. */
  foreign: string | undefined;
  /** The address of the request that the module composed for the face; none where a template has no word for it. */
  handed: string | undefined;
  readonly remote: Remote;
  /** Requests of workers that came to an end, and how many of them came to nothing. */
  sent = 0;
  failed = 0;
  readonly face: Face;
  #commands: Commands = {};
  #frame = 0;
  #undo: (() => void)[] = [];
  /** By `Tell`, what a worker that begins later must know. */
  #facts: (number | undefined)[] = [];
  #errors = 0;
  /** How many of them the worker knows. */
  #told = 0;
  #busy = 0;
  /** Until when `load` may be still to come. */
  #until = 0;
  #drawn = [0, 0, 0, 0] as [number, number, number, number];
  #ready = false;

  constructor(place: Place, face: Face) {
    super(place, boot(), (status) => {
      face.settled(status);
      this.#hand();
    }, (asked) => void perform(this.#commands, asked, place.base).then((answer) => this.presence.answer(answer)));
    this.face = face;
    this.remote = new Remote((what, word) => this.#heard(what, word), (reason) => {
      this.#alone();
      face.transport(reason);
    });
  }

  /** Watches the life of the page; tells `engine` when it has loaded. */
  open(engine: Module): void {
    this.engine = engine;
    const page: Document | undefined = globalThis.document;
    const visible = (): void => this.tell(Tell.Visible, page?.hidden ? 0 : 1);
    this.listen(page, 'visibilitychange', visible);
    this.listen(page, 'freeze', () => this.tell(Tell.Freeze));
    this.listen(page, 'resume', () => this.tell(Tell.Resume));
    const view: Window | undefined = globalThis.window;
    this.listen(view, 'pagehide', () => {
      // Before the last word: nothing may follow it. And a page with an open socket is kept by no cache of pages.
      this.remote.stop();
      this.tell(Tell.Leave);
      this.#alone();
      this.presence.close();
    });
    this.listen(view, 'pageshow', (event) => {
      if (!(event as PageTransitionEvent).persisted) return;
      this.boot = boot();
      this.#errors = 0;
      this.#facts[Tell.Same] = 0;
      this.tell(Tell.Return);
    });
    visible();
    let late: unknown;
    const loaded = (wait = 0): void => {
      clearTimeout(late as number);
      this.#until = this.now() + wait;
      if (wait) late = setTimeout(loaded, wait);
      this.tell(Tell.Loaded);
    };
    if (page && page.readyState !== 'complete') {
      this.listen(view, 'load', () => loaded());
      late = setTimeout(loaded, Wait.Load, Wait.Late);
    } else {
      // Not now: whoever constructs us may still want to set something, as with the original.
      setTimeout(loaded);
    }
    this.#employ();
  }

  /** Something happened: the module is told, and the worker's. */
  tell(what: Tell, value = 0): void {
    this.#facts[what] = value;
    if (what === Tell.Busy) this.#busy = this.now() + value;
    this.engine?.tell(what, value);
    // What was drawn before came before.
    if (this.#drawn[0]) this.#report();
    this.#post(Post.Tell, what, value);
    // Who owes a first frame owes it from `load` on.
    const rest = this.#until - this.now();
    if (rest > 0 && what <= Tell.Visible && this.state === 'starting') this.tell(Tell.Busy, rest);
  }

  /** The page takes these commands, and no other. */
  take(commands: Commands): void {
    this.#commands = commands;
    this.presence.take(accepted(commands));
    this.#post(Post.Take, accepted(commands));
  }

  /** An error that nobody caught, by its first line. */
  erred(line: string): void {
    this.lastError = line;
    this.#errors++;
    this.engine?.tell(Tell.Error, 0);
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

  override send(how: How, verb: number, promise: number): void {
    if (how === How.Fetch) return super.send(how, verb, promise);
    // Now, not later: the page may be stuck in a moment, and what the worker then says must have a higher number.
    this.#post(Post.Tell, Tell.Reached, +/&seq=(\d+)/.exec(this.said)![1]!);
    const url = this.address((how === How.Hand && this.foreign) || VERBS[verb]!, promise);
    if (how === How.Hand) {
      this.handed = url;
      return;
    }
    if (verb === VERBS.indexOf('hb_done')) {
      this.remote.stop();
      queueMicrotask(() => this.#alone());
    }
    if (url) leave(url);
  }

  override giveUp(late: boolean): void {
    super.giveUp(late);
    if (!late) queueMicrotask(() => this.#hand());
  }

  override wake(after: number): void {
    // Whoever is asked twice a second needs no clock of its own.
    super.wake(this.remote.speaks ? -1 : after);
  }

  drawn(frames: number, last: number, longest: number, long: number): void {
    const drawn = this.#drawn;
    this.#facts[Tell.Armed] = 0;
    this.#drawn = [drawn[0] + frames, last, Math.max(drawn[2], longest), drawn[3] + long];
  }

  probe(): void {
    this.#frame = globalThis.requestAnimationFrame?.(() => this.tell(Tell.Proved));
  }

  changed(state: number): void {
    const gone = isOver(this.state);
    this.state = VITALS[STATE]![state + 1] as State;
    queueMicrotask(() => {
      this.#report();
      if (gone && !isOver(this.state)) this.#employ();
      this.face.changed();
    });
  }

  /** Gives everything back to the browser. */
  close(): void {
    this.remote.stop();
    for (const undo of this.#undo.splice(0)) undo();
    super.giveUp(false);
    this.take({});
    super.wake(-1);
    if (this.#frame) cancelAnimationFrame(this.#frame);
    this.engine = undefined;
  }

  #employ(): void {
    this.#ready = false;
    if (!this.face.worker || !this.engine || !globalThis.document || !globalThis.Worker) return;
    this.presence.hold = Wait.Worker;
    this.remote.start();
  }

  #heard(what: Say, word: never): void {
    if (what === Say.Ready) {
      if (isOver(this.state)) return this.remote.stop();
      this.#ready = true;
      this.#hand();
    } else if (what === Say.Ask) {
      this.engine?.tell(Tell.Reached, word);
      this.#report();
    } else if (what === Say.Settled) {
      this.sent++;
      this.failed += +(word <= 0);
      this.face.settled(word);
    } else if (what === Say.Violated) {
      this.face.violated(word);
    } else {
      void perform(this.#commands, word, this.place.base).then((answer) => this.#post(Post.Answer, answer));
    }
  }

  /** Lets the worker speak, once nothing of ours is under way, nor our first word after a return still to come. */
  #hand(): void {
    const engine = this.engine;
    if (!this.#ready || this.busy || !engine || (this.#facts[Tell.Return] === 0 && !engine.stat(Stat.Seq))) return;
    this.#ready = false;
    engine.tell(Tell.Quiet, 1);
    const { engine: [flags, , ...rest], presence } = this.face;
    const seq = engine.stat(Stat.Seq);
    const frames = engine.stat(Stat.Frames);
    const now = this.now();
    this.remote.speaks = true;
    // Who has spoken need not register again; the promise may be another one by now.
    const start: Start = [this.place, this.boot, now, presence, flags & ~(seq && Flag.Init), engine.stat(Stat.Interval) || -1, ...rest];
    this.#post(Post.Start, ...start);
    this.#post(Post.Take, accepted(this.#commands), this.ours);
    this.#post(Post.Tell, Tell.Reached, seq);
    this.#drawn = [frames, now - engine.stat(Stat.Age), 0, 0];
    this.#told = 0;
    this.#report();
    for (const what of LASTING) if (this.#facts[what] !== undefined) this.#post(Post.Tell, what, this.#facts[what]);
    if (this.#busy > now) this.#post(Post.Tell, Tell.Busy, this.#busy - now);
    this.wake(-1);
    this.presence.close();
    this.face.transport();
  }

  /** No worker speaks any more: we do, or nobody. */
  #alone(): void {
    this.#ready = false;
    this.presence.hold = 0;
    this.engine?.tell(Tell.Quiet, 0);
    // The timer that was not set while a worker spoke.
    this.engine?.tell(Tell.Tick, 0);
  }

  /** Tells the worker what was drawn since the last time, and what went wrong. */
  #report(): void {
    this.#post(Post.Drawn, ...this.#drawn, this.#errors - this.#told, this.lastError);
    this.#drawn = [0, 0, 0, 0];
    this.#told = this.#errors;
  }

  #post(what: Post, ...words: unknown[]): void {
    if (this.remote.speaks) this.remote.post(what, ...words);
  }
}

function isOver(state: State): boolean {
  return state === 'done' || state === 'leaving';
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
