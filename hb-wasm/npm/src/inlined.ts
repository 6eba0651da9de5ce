// The module as text inside the script: needs no second request, so it works on file:// and without a server.

import text from '#wasm';
import { decode } from './decode.js';

/** The module's bytes, from the ASCII that build.mjs made of them. */
export function bytes(): BufferSource {
  return decode(text);
}
