// The classic script: defines `window.Heartbeat`, as hilbert-heartbeat.js does.

import { Heartbeat } from './callable.js';
import { provide, provideLink } from './engine.js';
import { bytes } from './inlined.js';
import { attend } from './worker.js';

provide(bytes);

// Beside this script in the package; a server that hands the script out as /hb.js has the package at /client/.
const own = typeof document === 'undefined' ? '' : ((document.currentScript as HTMLScriptElement | null)?.src ?? '');
provideLink(() => import(new URL(/\/hb\.js([?#]|$)/.test(own) ? 'client/link/index.js' : 'link/index.js', own).href));

declare global {
  interface Window {
    Heartbeat: typeof Heartbeat;
  }
}

if ($bundle) (globalThis as unknown as Window).Heartbeat = Heartbeat;
else attend();
