/**
 * What the server refuses, in the language of the page: by the word that it says beside its English sentence.
 *
 * Pure. Not here: what is asked (care.js).
 */

import { t } from './lang.js';

/** By `kind` of the problem document: why nothing is repaired now, and what is no longer there. */
export const REFUSALS = Object.freeze({
  'no-evidence': t('Nothing is repaired now: nothing proves that the screen is broken, and silence alone does not.'),
  clock: t('Nothing is repaired now: the clock of the server is not to be trusted.'),
  running: t('Nothing is repaired now: a step is under way already.'),
  rehearsing: t('Nothing is done about it: a step is being rehearsed.'),
  'no-step': t('Nothing is repaired now: no step of its ladder is for what is wrong.'),
  hourly: t('Nothing is repaired now: it had its repairs of this hour.'),
  rebooted: t('Nothing is repaired now: all that is left is to start its machine again, and that had its turn today.'),
  busy: t('Nothing is repaired now: another machine of its group is being repaired.'),
  closed: t('Nothing is repaired now: it is outside the opening hours.'),
  muted: t('Nothing is repaired now: it is muted.'),
  grace: t('Nothing is repaired now: it has just been switched on.'),
  new: t('Nothing is repaired now: it is new, and nobody adopted it.'),
  group: t('Nothing is repaired now: many beside it fell silent at once, which may have one cause.'),
  covered: t('Nothing is repaired now: it is part of a larger failure.'),
  dependency: t('Nothing is repaired now: what it depends on is down.'),
  'display-off': t('Nothing is repaired now: its display is off.'),
  conflict: t('Nothing is repaired now: two answer to its name.'),
  'no-incident': t('Not done: the incident is over.'),
  'no-mute': t('Not done: the mute is over.'),
  'no-app': t('Not done: nobody knows this screen any more.'),
});

/** A problem document in words; null where it says no kind that has any. */
export const refusalOf = ({ kind } = {}) => (Object.hasOwn(REFUSALS, kind ?? '') ? REFUSALS[kind] : null);
