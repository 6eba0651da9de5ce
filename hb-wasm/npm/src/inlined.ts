// The module as text inside the script: needs no second request, so it works on file:// and without a server.

import base64 from '#wasm';

/** The module's bytes. `atob`, because `fetch('data:')` needs an entry in the page's Content-Security-Policy. */
export function bytes(): BufferSource {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
