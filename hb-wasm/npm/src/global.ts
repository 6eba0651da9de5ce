// The classic script: defines `window.Heartbeat`, as hilbert-heartbeat.js does.

import { Heartbeat } from './callable.js';
import { provide } from './engine.js';
import { bytes } from './inlined.js';

provide(bytes);

declare global {
  interface Window {
    Heartbeat: typeof Heartbeat;
  }
}

(globalThis as unknown as Window).Heartbeat = Heartbeat;
