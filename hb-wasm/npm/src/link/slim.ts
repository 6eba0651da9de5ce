/**
 * hb-heartbeat/link without the module inside, for a strict Content-Security-Policy and for caches: `await init()` first.
 * @packageDocumentation
 */
import load from '#link-glue';
import { provided } from './engine.js';

export * from './face.js';

/** Loads the module: from `link_bg.wasm` beside this script, an address, a response, bytes or a compiled module. */
export async function init(
  source?: string | URL | Request | Response | Promise<Response> | BufferSource | WebAssembly.Module,
): Promise<void> {
  await load({ module_or_path: source ?? new URL('link_bg.wasm', import.meta.url) });
  provided();
}

export default init;
