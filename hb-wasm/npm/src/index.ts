/**
 * hb-heartbeat: proof of life for screens. One import, no second file.
 * @packageDocumentation
 */
import { provide, provideLink } from './engine.js';
import { bytes } from './inlined.js';
import { attend } from './worker.js';

provide(bytes);
provideLink(() => import('./link/index.js'));
if (!$bundle) attend();

export { Heartbeat } from './callable.js';
export { Heartbeat as default } from './callable.js';
export type * from './options.js';
