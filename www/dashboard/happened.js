/**
 * What happened to all screens as lines, and which of them somebody wants to see. Pure: rows of `GET /api/v1/history` in.
 *
 * Not here: how a row of one screen reads (story.js), the page (events.js).
 */

import { pageOf } from './address.js';
import { EVERYTHING, toHash as showing } from './filter.js';
import { t } from './lang.js';
import { isPattern, scopeText } from './standing.js';
import { storyOf } from './story.js';
import { visible } from './words.js';

/** What a person tells apart, and the kinds of rows that are of it. */
export const KINDS = Object.freeze([
  { name: 'states', label: t('States'), of: ['transition', 'conflict'] },
  { name: 'incidents', label: t('Incidents'), of: ['incident'] },
  { name: 'repairs', label: t('Repairs'), of: ['repair', 'gave-up'] },
  { name: 'people', label: t('People'), of: ['acknowledged', 'snoozed', 'adopted', 'mute'] },
]);

const where = ({ host, slot }) => visible(slot ? `${host} · ${slot}` : host);

/** Whom a row is about: `{text, href}`; `subjects` are those of incidents by number, for who speaks of one. */
function aboutOf(row, subjects) {
  // A place where nobody was heard is no screen: as soon as one is, it has no page any more.
  if (row.app && row.host && isPattern(row)) return { text: where(row), href: `/${showing({ ...EVERYTHING, text: `"${row.host}"` })}` };
  if (row.app && row.host) return { text: t('{app} on {place}', { app: visible(row.app), place: where(row) }), href: pageOf(row) };
  if (row.group) return { text: t('Group {group}', { group: visible(row.group) }), href: null };
  if (row.host) return { text: visible(row.host), href: null };
  if (row.scope) return { text: scopeText(row.scope), href: null };
  return subjects.get(row.incident) ?? { text: '', href: null };
}

/** Rows as lines, the newest first: `{at, tone, what, why, about, kind}`. */
export function linesOf(rows, now = Date.now()) {
  const subjects = new Map();
  for (const row of rows) if (row.kind === 'incident') subjects.set(row.number, aboutOf(row, subjects));
  const lines = rows.flatMap((row) => {
    const kind = KINDS.find(({ of }) => of.includes(row.kind))?.name;
    return kind ? storyOf([row], [], now).map((line) => ({ ...line, kind, about: aboutOf(row, subjects) })) : [];
  });
  return lines.sort((a, b) => b.when - a.when);
}

/** A test for lines: of one of `kinds`, or of any where none is chosen, with every word of `text` somewhere in it. */
export function wants({ text, kinds }) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return ({ kind, what, why, about }) => {
    if (kinds.length > 0 && !kinds.includes(kind)) return false;
    const hay = `${about.text}\n${what}\n${why}`.toLowerCase();
    return words.every((word) => hay.includes(word));
  };
}

/** The filter as the fragment of an address, and back. */
export function toHash({ text, kinds }) {
  const params = new URLSearchParams();
  if (text.trim()) params.set('q', text.trim());
  if (kinds.length > 0) params.set('kind', kinds.join(','));
  return params.size > 0 ? `#${params}` : '';
}

export function fromHash(hash) {
  const params = new URLSearchParams(hash.replace(/^#/, ''));
  const known = KINDS.map(({ name }) => name);
  return { text: params.get('q') ?? '', kinds: (params.get('kind') ?? '').split(',').filter((name) => known.includes(name)) };
}
