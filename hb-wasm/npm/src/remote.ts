// The page's end of its worker: starts it, ends it, and says whether it speaks. Not here: what is said (shell.ts).

import { compiled } from './engine.js';
import { Post, type Say } from './post.js';

/** One worker at a time, or none. */
export class Remote {
  /** Whether the worker speaks for the page. */
  speaks = false;
  #worker: Worker | undefined;

  /** `heard` is told what the worker says, `lost` why there is none any more. */
  constructor(readonly heard: (what: Say, word: never) => void, readonly lost: (reason: string) => void) {}

  /** Starts a worker from the text of this very script: no second file, so it works on file:// too. */
  start(): void {
    this.stop();
    try {
      const url = URL.createObjectURL(new Blob([`(${$bundle})()`], { type: 'text/javascript' }));
      const worker = (this.#worker = new Worker(url));
      worker.onmessage = ({ data: [what, word] }) => {
        // What was said before its end is nobody's any more.
        if (this.#worker !== worker) return;
        URL.revokeObjectURL(url);
        this.heard(what, word as never);
      };
      // A policy is heard of here, and a worker that broke.
      worker.onerror = (event) => {
        event.preventDefault();
        if (this.#worker === worker) this.#lose(event.message || 'worker-src needs blob:');
      };
      worker.postMessage([Post.Module, compiled()]);
    } catch (error) {
      this.#lose(String(error));
    }
  }

  post(what: Post, ...words: unknown[]): void {
    this.#worker?.postMessage([what, ...words]);
  }

  /** Ends the worker and what it had under way. */
  stop(): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    this.speaks = false;
  }

  #lose(reason: string): void {
    this.stop();
    this.lost(reason);
  }
}
