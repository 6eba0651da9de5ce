/**
 * One sentence about all screens: the headline of the dashboard and of the wall. Pure.
 */

import { t } from './lang.js';

/** By how many it is told (the only screen, one of many, more of many, all of them): as it is, and as a stale view tells it. */
const SAID = {
  look: {
    only: [t('The screen needs a look'), t('The screen needed a look')],
    one: [t('{n} of {total} needs a look'), t('{n} of {total} needed a look')],
    some: [t('{n} of {total} need a look'), t('{n} of {total} needed a look')],
  },
  taken: {
    only: [t('The screen is taken care of'), t('The screen was taken care of')],
    one: [t('{n} of {total} is taken care of'), t('{n} of {total} was taken care of')],
    some: [t('{n} of {total} are taken care of'), t('{n} of {total} were taken care of')],
  },
  snoozed: {
    only: [t('The screen is snoozed'), t('The screen was snoozed')],
    one: [t('{n} of {total} is snoozed'), t('{n} of {total} was snoozed')],
    some: [t('{n} of {total} are snoozed'), t('{n} of {total} were snoozed')],
  },
  muted: {
    only: [t('The screen is muted'), t('The screen was muted')],
    one: [t('{n} of {total} is muted'), t('{n} of {total} was muted')],
    some: [t('{n} of {total} are muted'), t('{n} of {total} were muted')],
    all: [t('All {n} screens are muted'), t('All {n} screens were muted')],
  },
  well: {
    only: [t('The screen is well'), t('The screen was well')],
    one: [t('{n} of {total} is well'), t('{n} of {total} was well')],
    some: [t('{n} of {total} are well'), t('{n} of {total} were well')],
    all: [t('All {n} screens are well'), t('All {n} screens were well')],
  },
};

/** One sentence about all screens. What a stale view tells, it tells in the past. */
export function summaryText({ total, troubled, waiting, resting, taken = 0, snoozed = 0, muted = 0 }, stale) {
  const then = stale ? 1 : 0;
  const say = (what, n) => {
    const { only, one, some, all } = SAID[what];
    const form = total === 1 ? only : n === total && all ? all : n === 1 ? one : some;
    return t(form[then], { n, total });
  };
  const list = (...parts) => parts.filter(Boolean).join(', ');
  const more = {
    taken: taken > 0 && t('{n} taken care of', { n: taken }),
    snoozed: snoozed > 0 && t('{n} snoozed', { n: snoozed }),
    muted: muted > 0 && t('{n} muted', { n: muted }),
    resting: resting > 0 && t('{n} at rest', { n: resting }),
    waiting: waiting > 0 && t('{n} expected in a moment', { n: waiting }),
  };
  if (total === 0) return stale ? t('No screen had beaten') : t('No screen has beaten yet');
  if (troubled > 0) return list(say('look', troubled), more.taken, more.snoozed, more.muted);
  if (taken > 0) return list(say('taken', taken), more.snoozed, more.muted);
  if (snoozed > 0) return list(say('snoozed', snoozed), more.muted);
  if (resting === total) return stale ? t('Nothing was expected to show') : t('Nothing is expected to show');
  if (muted + resting === total) return list(say('muted', muted), more.resting);
  if (waiting + resting + muted === 0) return say('well', total);
  if (total === 1) return stale ? t('The screen was expected in a moment') : t('The screen is expected in a moment');
  return list(say('well', total - waiting - resting - muted), more.waiting, more.resting, more.muted);
}
