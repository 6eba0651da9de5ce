/**
 * How much of the time a screen worked: a figure, and the parts of a bar. Pure: the answer of `GET …/uptime` in.
 */

import { decimal, t } from './lang.js';
import { span } from './words.js';

/** Over which spans, ms. */
export const SPANS = Object.freeze([
  { label: t('24 hours'), ms: 24 * 3600_000 },
  { label: t('7 days'), ms: 7 * 24 * 3600_000 },
  { label: t('30 days'), ms: 30 * 24 * 3600_000 },
]);

const PARTS = [
  ['good', t('working'), 'working_s'],
  ['bad', t('not working'), 'broken_s'],
  ['muted', t('muted'), 'muted_s'],
  ['rest', t('not judged'), 'unknown_s'],
];

/** "99.98 %": never rounded up to a hundred, nor down to nothing. Never judged → "–". */
export function percent(value) {
  if (!Number.isFinite(value)) return '–';
  if (value >= 100) return '100\u00a0%';
  const digits = value < 99 ? 1 : 2;
  return `${decimal(Math.floor(value * 10 ** digits) / 10 ** digits, digits)}\u00a0%`;
}

/** The bar: `[{tone, share}]`, shares of the whole span; what is not there is left out. */
export function partsOf(uptime) {
  const all = PARTS.reduce((sum, [, , key]) => sum + (uptime[key] ?? 0), 0);
  if (!(all > 0)) return [{ tone: 'rest', share: 1 }];
  return PARTS.map(([tone, , key]) => ({ tone, share: (uptime[key] ?? 0) / all })).filter(({ share }) => share > 0);
}

/** The bar in words, for who does not see it: "working 23 h 50 min, not working 10 min". */
export function spoken(uptime) {
  const said = PARTS.filter(([, , key]) => uptime[key] > 0).map(([, word, key]) => `${word} ${span(uptime[key] * 1000)}`);
  return said.join(', ') || t('nothing is known');
}
