// The one door between the face and the wasm class under it: who brings the module, and when; and what is counted before it.

import { __wbg_finalize_init as begin, Heartbeat, __wbg_get_imports as imports, wasmModule } from '#glue';
import type { Engine as Options } from './post.js';
import { Tell } from './words.js';

/** What was drawn is said to them too, in ms after the time origin. */
interface Shell {
  drawn(frames: number, last: number, longest: number, long: number): void;
}

/**
 * The module's class, and before it the counter that a render loop touches: to go into the module at each frame costs a page
 * more than all else that is done for it. Counts, and decides nothing.
 */
export class Engine extends Heartbeat {
  #frames = 0;
  /** NaN compares false with everything: the first frame has no predecessor and so no length. */
  #last = NaN;
  #longest = 0;
  #long = 0;
  /** Above it a frame is long, ms; negative where the next frame changes something. */
  #limit = -Infinity;

  constructor(readonly shell: Shell, ...options: Options) {
    super(shell, ...options);
  }

  /** One frame was drawn, `at` ms after the time origin. */
  tick(at: number): void {
    const length = at - this.#last;
    if (length > this.#longest) this.#longest = length;
    if (length > Math.abs(this.#limit)) this.#long++;
    this.#last = at;
    this.#frames++;
    if (this.#limit < 0) this.#report();
  }

  override tell(what: Tell, value: number): number {
    this.#report();
    // What follows is a pause that says nothing about the picture.
    if (what === Tell.Visible || what === Tell.Resume || what === Tell.Return) this.#last = NaN;
    return (this.#limit = super.tell(what, value));
  }

  /** What happens is told after what was drawn before. */
  #report(): void {
    const drawn = [this.#frames, this.#last, this.#longest, this.#long] as const;
    this.#frames = this.#longest = this.#long = 0;
    if (!drawn[0]) return;
    this.shell.drawn(...drawn);
    this.#limit = super.drawn(...drawn);
  }
}

let ready = false;
let source: () => BufferSource;

/** Says where the module comes from when the first heartbeat is made. Every build does. */
export function provide(bytes: () => BufferSource): void {
  source = bytes;
}

/** Makes sure of the module, synchronously. */
export function ensure(): void {
  if (!ready) instantiate(source());
}

/** Takes this module, if it is the first: whoever beats by another goes on by that. */
export function instantiate(given: BufferSource | WebAssembly.Module): void {
  if (ready) return;
  const module = given instanceof WebAssembly.Module ? given : new WebAssembly.Module(given);
  begin(new WebAssembly.Instance(module, imports()), module);
  ready = true;
}

/** The module, for a worker. */
export function compiled(): WebAssembly.Module {
  return wasmModule;
}

/** Where the link comes from, for pages that want one: those that only beat do not load it. */
export type LinkModule = Pick<typeof import('./link/face.js'), 'commands'>;

/** Loads the link. */
export let loadLink: () => Promise<LinkModule>;

/** Says where the link comes from when it is first wanted. Every build does. */
export function provideLink(load: () => Promise<LinkModule>): void {
  loadLink = load;
}
