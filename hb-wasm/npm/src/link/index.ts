/**
 * hb-heartbeat/link: a page's link to the server's bus. One import, no second file.
 * @packageDocumentation
 */
import text from '#link-wasm';
import { decode } from '../decode.js';
import { provide } from './engine.js';

provide(() => decode(text));

export * from './face.js';
