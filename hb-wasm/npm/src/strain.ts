// How hard the page's scripts lean on the browser, where it tells: heap in use, frames that a script held up.
// Not here: errors, and frames that the page counts itself.

import { Tell } from './words.js';

/** An enum is bundled as its numbers. */
const enum Look {
  /** Between two looks at the heap, ms. Browsers round it and renew it seldom. */
  Every = 10_000,
}
const HELD = 'long-animation-frame';

/** Chromium's own. */
type Told = Performance & { readonly memory?: { readonly usedJSHeapSize: number } };
type Held = PerformanceEntry & { readonly blockingDuration: number };

/** What is watched until `close()`. */
export interface Strain {
  /** For how long a script has at worst held a frame up, ms. */
  worst: number;
  close(): void;
}

/** `tell` hears of the heap. */
export function watchStrain(tell: (what: Tell, value: number) => void): Strain {
  const heap = (): void => tell(Tell.Heap, (performance as Told).memory!.usedJSHeapSize / 1024);
  let timer: ReturnType<typeof setInterval> | undefined;
  let observer: PerformanceObserver | undefined;
  const strain = {
    worst: 0,
    close() {
      clearInterval(timer);
      observer?.disconnect();
    },
  };
  if ((performance as Told).memory) {
    heap();
    timer = setInterval(heap, Look.Every);
  }
  if (PerformanceObserver.supportedEntryTypes.includes(HELD)) {
    observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) strain.worst = Math.max(strain.worst, (entry as Held).blockingDuration);
    });
    observer.observe({ type: HELD, buffered: true });
  }
  return strain;
}
