// The one door between the face and the wasm class under it: who brings the module, and when.

import { __wbg_finalize_init as begin, Heartbeat as Engine, __wbg_get_imports as imports, wasmModule } from '#glue';

export { Engine };

let ready = false;
let source: () => BufferSource;

/** Says where the module comes from when the first heartbeat is made. Every build does. */
export function provide(bytes: () => BufferSource): void {
  source = bytes;
}

/** Makes sure of the module, synchronously. */
export function ensure(): void {
  if (!ready) instantiate(source());
}

/** Takes this module, if it is the first: whoever beats by another goes on by that. */
export function instantiate(given: BufferSource | WebAssembly.Module): void {
  if (ready) return;
  const module = given instanceof WebAssembly.Module ? given : new WebAssembly.Module(given);
  begin(new WebAssembly.Instance(module, imports()), module);
  ready = true;
}

/** The module, for a worker. */
export function compiled(): WebAssembly.Module {
  return wasmModule;
}

/** Where the link comes from, for pages that want one: those that only beat do not load it. */
export type LinkModule = Pick<typeof import('./link/face.js'), 'commands'>;

/** Loads the link. */
export let loadLink: () => Promise<LinkModule>;

/** Says where the link comes from when it is first wanted. Every build does. */
export function provideLink(load: () => Promise<LinkModule>): void {
  loadLink = load;
}
