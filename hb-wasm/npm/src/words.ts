// The numbers that face and module say to each other: one place here, one in hb-wasm/src/words.rs, whose
// tests read this file and hold the two equal.

/** The place of the diagnosis among the vitals; first, so that it is bundled as its number. */
export const STATE = 8;

/** What the module is told happened. */
export const enum Tell {
  Tick = 0,
  Loaded = 1,
  Armed = 2,
  Visible = 3,
  Freeze = 4,
  Resume = 5,
  Lost = 6,
  Busy = 7,
  Idle = 8,
  Proved = 9,
  Leave = 10,
  Watch = 11,
  Init = 12,
  Ping = 13,
  Done = 14,
  Interval = 15,
  Abort = 16,
  Settled = 17,
  Error = 18,
  Return = 19,
  Quiet = 20,
  Reached = 21,
  Overdue = 22,
  Same = 23,
  Heap = 24,
}

/** What the module is asked. */
export const enum Stat {
  Frames = 0,
  Fps = 1,
  Worst = 2,
  Age = 3,
  Sent = 4,
  Failed = 5,
  Interval = 6,
  Seq = 7,
}

/** What a new heartbeat is told of its options. */
export const enum Flag {
  Init = 1,
  Done = 2,
  Plain = 4,
  HiddenIsFine = 8,
  HiddenIsPause = 16,
  Remote = 32,
}

/** How a request leaves. */
export const enum How {
  Fetch = 0,
  Beacon = 1,
  Hand = 2,
}

/** The commands, in the module's order. */
export const VERBS = ['hb_init', 'hb_ping', 'hb_done', 'hb_state'];

/** The vitals, in the module's order: what a query calls each, and then the words for its values, where it has words. */
export const VITALS = [
  'v', 'seq', 'by frame timer worker', 'frames', 'age', 'gap', 'vis visible hidden', 'gl ok lost none',
  'state starting ok slow idle hidden frozen leaving no-frames main-blocked context-lost gpu-stuck picture-stuck done',
  'stall', 'errs', 'mem',
].map((words) => words.split(' '));
