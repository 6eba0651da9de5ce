// The messages between a page and its worker, each an array that begins with one of these. Not here: who sends which when.

import type { Place } from './place.js';

/** From the page. */
export const enum Post {
  /** The module: `[module]`. */
  Module = 0,
  /** Speak from now on: {@link Start}. What lasts of what the module was told follows. */
  Start = 1,
  /** `[what, value]`, as the module is told it. */
  Tell = 2,
  /** What was drawn, in answer to `Say.Ask`, and what went wrong: `[frames, last, longest, long, errors, lastError]`. */
  Drawn = 3,
  /** The page takes these commands, and has been answered by a server that knows of presence: `[accepts, ours]`. */
  Take = 4,
  /** What to answer to a command: `[answer]`. */
  Answer = 5,
}

/** From the worker. */
export const enum Say {
  /** The module runs. */
  Ready = 0,
  /** What was drawn? `[seq]` says how far the worker is. */
  Ask = 1,
  /** A request ended: `[status]`. */
  Settled = 2,
  /** A policy forbade something: `[violation]`. */
  Violated = 3,
  /** A command came over the socket: `[asked]`. */
  Asked = 4,
}

/** Where the page is and what it wants: its place, its boot, its clock, whether a socket is opened for its own sake. */
export type Start = [place: Pick<Place, 'base' | 'names'>, boot: string, now: number, presence: boolean, ...engine: Engine];

/** Arguments of the module's class after the shell. */
export type Engine = [flags: number, interval: number, stall: number, grace: number, timeout: number];

/** What of a violation crosses between threads. */
export type Violation = Pick<SecurityPolicyViolationEvent, 'disposition' | 'effectiveDirective' | 'blockedURI'>;
