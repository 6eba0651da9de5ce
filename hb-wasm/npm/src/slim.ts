/**
 * hb-heartbeat without the module inside, for a strict Content-Security-Policy and for caches: `await init()` first.
 * @packageDocumentation
 */
import load, { initSync as loadSync } from '#glue';
import { provide, provided, provideLink } from './engine.js';

provide(() => {
  throw new Error('hb-heartbeat/slim: await init() before the first new Heartbeat()');
});
provideLink(async () => {
  const link = await import('./link/slim.js');
  await link.init();
  return link;
});

export { Heartbeat } from './callable.js';
export type * from './options.js';

/** Loads the module: from `heartbeat_bg.wasm` beside this script, an address, a response, bytes or a compiled module. */
export async function init(
  source?: string | URL | Request | Response | Promise<Response> | BufferSource | WebAssembly.Module,
): Promise<void> {
  await load({ module_or_path: source ?? new URL('heartbeat_bg.wasm', import.meta.url) });
  provided();
}

/** The same at once, from bytes or a compiled module. */
export function initSync(module: BufferSource | WebAssembly.Module): void {
  loadSync({ module });
  provided();
}

export default init;
