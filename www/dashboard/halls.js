/**
 * The halls of a house: its groups, as the configuration names them, each with what is in it and how it stands.
 *
 * Pure. An app is shown in the first of its groups, so that each is shown once. Not here: the order of tiles in a hall (model.js).
 */

import { t } from './lang.js';
import { tallyOf, urgency } from './standing.js';
import { toneOf } from './words.js';

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });

/** What an app without a group is in: it stands last. */
export const ELSEWHERE = '';

/** The hall an app is in. */
export const hallOf = (view) => view.groups?.[0] ?? ELSEWHERE;

/** By name as a person counts, what is in no hall last. */
export function byName(a, b) {
  return Number(a.name === ELSEWHERE) - Number(b.name === ELSEWHERE) || collator.compare(a.name, b.name);
}

/** Halls where somebody should look before the others; both by name, so that a second alarm moves no hall. */
export function byNeed(a, b) {
  return Number(b.tally.troubled > 0) - Number(a.tally.troubled > 0) || byName(a, b);
}

/**
 * `apps` of the model by hall, in their order: `[{name, apps, tally, tone}]` by name; `tone` is that of the worst that needs a
 * look, else `known`, `rest` or `good`.
 */
export function hallsOf(apps) {
  const halls = new Map();
  for (const app of apps) {
    const name = hallOf(app.view);
    if (!halls.has(name)) halls.set(name, { name, apps: [] });
    halls.get(name).apps.push(app);
  }
  return [...halls.values()].map((hall) => ({ ...hall, ...rollUp(hall.apps.map(({ view }) => view)) })).sort(byName);
}

/** How many of a hall are well, of those that should be, in a few words. */
export function sumOf({ total, resting, muted, well, waiting }) {
  const should = total - resting - muted;
  if (should > 0) return t('{n} of {total}', { n: well + waiting, total: should });
  return muted > 0 ? t('muted') : t('at rest');
}

function rollUp(views) {
  const tally = tallyOf(views);
  const tones = new Set(views.filter((view) => urgency(view) === 0).map(toneOf));
  const worst = ['bad', 'warn', 'odd'].find((tone) => tones.has(tone));
  const calm = tally.taken + tally.snoozed > 0 ? 'known' : tally.resting + tally.muted === tally.total ? 'rest' : 'good';
  return { tally, tone: worst ?? calm };
}
