// The one door between the face and the wasm class under it: who brings the module, and when.

import { Heartbeat as Engine, initSync } from '#glue';

export { Engine };

let ready = false;
let source: (() => BufferSource) | undefined;

/** Says where the module comes from when the first heartbeat is made. */
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
  if (!source) throw new Error('hb-heartbeat/slim: await init() before the first new Heartbeat()');
  initSync({ module: source() });
  ready = true;
}

/** Where the link comes from, for pages that want one: those that only beat do not load it. */
export type LinkModule = Pick<typeof import('./link/face.js'), 'commands'>;

let link: (() => Promise<LinkModule>) | undefined;

/** Says where the link comes from when it is first wanted. */
export function provideLink(load: () => Promise<LinkModule>): void {
  link = load;
}

/** Loads the link. */
export async function loadLink(): Promise<LinkModule> {
  if (!link) throw new Error('hb: this build has no link');
  return link();
}
