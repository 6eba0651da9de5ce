// The one door between the face and the wasm class under it: who brings the module, and when.

import { Heartbeat as Engine, initSync } from '#glue';

export { Engine };

let ready = false;
let source: () => BufferSource;

/** Says where the module comes from when the first heartbeat is made. Every build does. */
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
  initSync({ module: source() });
  ready = true;
}

/** Where the link comes from, for pages that want one: those that only beat do not load it. */
export type LinkModule = Pick<typeof import('./link/face.js'), 'commands'>;

/** Loads the link. */
export let loadLink: () => Promise<LinkModule>;

/** Says where the link comes from when it is first wanted. Every build does. */
export function provideLink(load: () => Promise<LinkModule>): void {
  loadLink = load;
}
