/**
 * hb-heartbeat: proof of life for screens. One import, no second file.
 * @packageDocumentation
 */
import { provide } from './engine.js';
import { bytes } from './inlined.js';

provide(bytes);

export { Heartbeat } from './callable.js';
export { Heartbeat as default } from './callable.js';
export type * from './options.js';
