// Commands to a screen: what the page registered, and nothing else. Not here: how they come.

import { Link, type LinkOptions } from './link.js';
import { identify, message, reload, screenshot } from './built-in.js';

/** Does what a command asks; what it returns is told whoever asked, and so is what it throws. */
export type Handler = (data: unknown) => unknown;

/** What `vitals` tells of: a `Heartbeat`, or whatever else counts. */
export interface Vital {
  stats(): object;
  readonly state?: unknown;
}

/** What a page lets be done to it. `true` is the built-in; a function is the page's own; other names are its own too. */
export interface Commands {
  /** Loads the page again, and what it is made of, past the cache. */
  reload?: boolean | Handler;
  /** Shows the name of the exhibit and the machine, full screen, for 10 s. */
  identify?: boolean | Handler;
  /** Shows a text full screen: `"…"` or `{ text, ms }`, 10 s if nothing is said. */
  message?: boolean | Handler;
  /** A picture of this canvas as a PNG of at most 700 kB; a larger one is halved until it fits. */
  screenshot?: HTMLCanvasElement | Handler;
  /** Its state and what its `stats()` says: of the heartbeat that was asked (`true`), or of another. */
  vitals?: boolean | Vital | Handler;
  [name: string]: unknown;
}

/**
 * Lets this page take commands, over `link` or over one of its own. Returns what ends that; a link that was given stays
 * open. Nothing is done that is not named here.
 * @example
 * commands(link, { reload: true, vitals: hb, louder: (by) => player.volume += Number(by) });
 */
export function commands(link: Link | LinkOptions, wanted: Commands, heartbeat?: Vital): () => void {
  // What is wrong is told before a link is opened.
  const makers = Object.entries(wanted).filter(([, what]) => what).map(([name, what]) => [name, handler(name, what, heartbeat)] as const);
  const own = link instanceof Link ? undefined : new Link({ ...link, accepts: makers.map(([name]) => name) });
  const over = own ?? (link as Link);
  own?.on('offline', ({ detail }) => warn(detail.reason));
  const handlers = new Map(makers.map(([name, make]) => [name, make(over)]));
  const subscription = over.subscribe('./cmd', (asked) => {
    void run(handlers, asked.text).then((outcome) => {
      try {
        asked.answer(outcome);
      } catch (error) {
        asked.answer(failed(error));
      }
    });
  });
  return () => (own ? own.close() : subscription.close());
}

let warned = '';

/** A page that is not let in is told so once, and takes no commands. */
function warn(reason: string): void {
  if (!reason.startsWith('not let in: ') || reason === warned) return;
  warned = reason;
  console.warn(`hb: this page takes no commands: ${reason}`);
}

type Outcome = { ok: true; data: unknown } | { ok: false; error: string };

async function run(handlers: Map<string, Handler>, text: string): Promise<Outcome> {
  try {
    const { name, data } = JSON.parse(text) as { name: string; data: unknown };
    const handler = handlers.get(name);
    if (!handler) throw new Error(`this page does not take ${String(name)}: it takes ${[...handlers.keys()].join(', ')}`);
    return { ok: true, data: (await handler(data)) ?? null };
  } catch (error) {
    return failed(error);
  }
}

function failed(error: unknown): Outcome {
  return { ok: false, error: error instanceof Error ? error.message : String(error) };
}

function handler(name: string, what: unknown, heartbeat: Vital | undefined): (link: Link) => Handler {
  if (typeof what === 'function') return () => what as Handler;
  if (name === 'reload') return () => reload;
  if (name === 'identify') return (link) => () => identify(link.appId, link.host ?? '', link.slot, link.server);
  if (name === 'message') return () => message;
  if (name === 'screenshot' && typeof what === 'object') return () => () => screenshot(what as HTMLCanvasElement);
  const vital = typeof what === 'object' ? (what as Vital) : heartbeat;
  if (name === 'vitals' && vital) return () => () => ({ state: vital.state, ...vital.stats() });
  throw new TypeError(`commands: ${name} needs ${name === 'screenshot' ? 'a canvas or ' : name === 'vitals' ? 'a heartbeat or ' : ''}a function`);
}
