/**
 * What a page says of itself in the words of the protocol (docs/protocol.md), as a person says it.
 *
 * Pure. A word that is not here is shown as it is: a newer client may know more. Not here: states (words.js), what is wrong with a page (causes.js).
 */

import { causeText } from './causes.js';
import { t } from './lang.js';

const WORDS = {
  by: { frame: t('its render loop'), timer: t('a timer'), worker: t('its worker'), cli: t('a command line'), native: t('a program') },
  vis: { visible: t('can be seen'), hidden: t('cannot be seen') },
  gl: { ok: t('alive'), lost: t('lost'), none: t('none') },
  display: { on: t('on'), off: t('off') },
  policy: { auto: t('by the client’s kind'), strict: t('strict'), hilbert: t('as Hilbert’s') },
  state: {
    starting: t('loads'),
    ok: t('draws'),
    slow: t('draws slowly'),
    idle: t('draws on demand'),
    hidden: t('cannot be seen'),
    frozen: t('held by the browser'),
    leaving: t('goes away'),
    ...Object.fromEntries(['no-frames', 'main-blocked', 'context-lost', 'gpu-stuck', 'picture-stuck'].map((word) => [word, causeText(word)])),
  },
};

/** `word` of the field `name`; nothing where nothing was said. */
export function saidOf(name, word) {
  const words = WORDS[name];
  return Object.hasOwn(words, word ?? '') ? words[word] : word ?? '';
}
