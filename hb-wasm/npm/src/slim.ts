/**
 * hb-heartbeat without the module inside, for a strict Content-Security-Policy and for caches: `await init()` first.
 * @packageDocumentation
 */
import { instantiate, provide, provideLink } from './engine.js';
import { attend } from './worker.js';

provide(() => {
  throw new Error('hb-heartbeat/slim: await init() before the first new Heartbeat()');
});
provideLink(async () => {
  const link = await import('./link/slim.js');
  await link.init();
  return link;
});

if (!$bundle) attend();

export { Heartbeat } from './callable.js';
export type * from './options.js';

/** Loads the module: from `heartbeat_bg.wasm` beside this script, an address, a response, bytes or a compiled module. */
export async function init(
  source?: string | URL | Request | Response | Promise<Response> | BufferSource | WebAssembly.Module,
): Promise<void> {
  let given = await (source ?? new URL('heartbeat_bg.wasm', import.meta.url));
  if (typeof given === 'string' || given instanceof URL || given instanceof Request) given = await fetch(given);
  if (given instanceof Response) {
    if (!given.ok) throw new Error(`hb-heartbeat: ${given.status} for ${given.url}`);
    // Whatever type the server calls it; so small a module is not worth a stream.
    given = await given.arrayBuffer();
  }
  instantiate(given instanceof WebAssembly.Module ? given : await WebAssembly.compile(given));
}

/** The same at once, from bytes or a compiled module. */
export function initSync(module: BufferSource | WebAssembly.Module): void {
  instantiate(module);
}

export default init;
