// The door between the face of links and the wasm class under it: who brings the module, and when.

import { Link as Engine, initSync } from '#link-glue';

export { Engine };

let ready = false;
let source: (() => BufferSource) | undefined;

/** Says where the module comes from when the first link is made. */
export function provide(bytes: () => BufferSource): void {
  source = bytes;
}

/** The module has been instantiated by other means. */
export function provided(): void {
  ready = true;
}

/** Makes sure of the module, synchronously. */
export function ensure(): void {
  if (ready) return;
  if (!source) throw new Error('hb-heartbeat/link/slim: await init() before the first new Link()');
  initSync({ module: source() });
  ready = true;
}
