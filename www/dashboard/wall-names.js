/**
 * What each screen is called on the wall, which is read from across a room: by its place, and without what all of them share.
 *
 * Pure. Not here: how what is still too long is cut (telling.js).
 */

import { isPattern } from './standing.js';
import { commonDomain, commonStart, telling } from './telling.js';
import { placeOf } from './tile.js';
import { visible } from './words.js';

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });

/** Whether all `views` are of one host, so that its name says nothing here. */
export function ofOneHost(views) {
  return views.length > 1 && views.every(({ host }) => host === views[0].host);
}

/** Where a screen stands and what it shows, for somebody who has to go there: `[where, what]`; where all are of one host, what it shows is where. */
export function titleOf(view, oneHost) {
  const name = isPattern(view) ? '' : visible(view.app);
  const place = oneHost ? visible(view.slot ?? '') : placeOf(view);
  return place || !name ? [place || placeOf(view), name] : [name, ''];
}

/**
 * What each of `apps`, those of a hall, is called, by key, in their order: where a screen stands does not depend on how it is,
 * so whoever knows the wall finds it.
 */
export function namesOf(apps, oneHost) {
  const titles = new Map(apps.map(({ key, view }) => [key, titleOf(view, oneHost)]));
  const many = new Map();
  for (const [where] of titles.values()) many.set(where, (many.get(where) ?? 0) + 1);
  const named = [...titles].map(([key, [where, what]]) => [key, what && many.get(where) > 1 ? `${where} ${what}` : where]);
  return new Map(named.sort(([, a], [, b]) => collator.compare(a, b)));
}

/** The same names without what all of them share: the domain of their `hosts`, and the words that they begin with. */
export function shortened(names, hosts) {
  const domain = commonDomain(hosts);
  const bare = [...names].map(([key, name]) => [key, domain ? name.replace(domain, '') : name]);
  const start = commonStart(bare.map(([, name]) => name));
  return new Map(bare.map(([key, name]) => [key, name.slice(start.length)]));
}

/** The names as they stand in `room`: whole where all fit, else short, and of those what still tells them apart. */
export function labelsOf(names, short, room, widthOf) {
  if ([...names.values()].every((name) => widthOf(name) <= room)) return names;
  const all = [...short.values()];
  return new Map([...short].map(([key, name]) => [key, telling(name, all, room, widthOf)]));
}
