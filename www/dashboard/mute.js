/**
 * What a person may mute, for how long, and the request that asks for it. Pure. Not here: the form (mute-form.js).
 */

import { t } from './lang.js';

/** How long: the choices of the form, in their order. */
export const SPANS = Object.freeze([
  { name: 'hour', label: t('1 hour') },
  { name: 'opening', label: t('Until opening') },
  { name: 'date', label: t('Until…') },
  { name: 'weekly', label: t('Every week…') },
]);

const HOUR_S = 3600;

/** A name in a scope: what would end it there is written as a number. */
const part = (text) => text.replace(/[%#/]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
const name = (text) => text.replace(/[%#]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);

/** The scope of exactly this app. */
export function scopeOf({ host, slot, app }) {
  return `${part(host)}/${name(app)}#${part(slot ?? '')}`;
}

/** What may be muted where `view` is shown: `[{scope, label}]`, the smallest first. */
export function scopesFor(view) {
  const groups = (view.groups ?? []).map((group) => ({ scope: `group:${group}`, label: t('Group {group}', { group }) }));
  return [
    { scope: scopeOf(view), label: t('This app') },
    { scope: `${part(view.host)}/*`, label: t('All of {host}', { host: view.host }) },
    ...groups,
    EVERYTHING,
  ];
}

/** The whole house. */
export const EVERYTHING = Object.freeze({ scope: 'everything', label: t('All screens') });

/**
 * The body of `POST /api/v1/mutes`; a text says what is missing. `date` is what a `datetime-local` field holds, in the
 * zone of whoever fills it in.
 */
export function bodyOf({ scope, span, date, reason, weekly }, now = Date.now()) {
  const body = { for: scope };
  if (reason?.trim()) body.reason = reason.trim();
  if (span === 'hour') return { ...body, for_s: HOUR_S };
  if (span === 'opening') return { ...body, until_opening: true };
  if (span === 'weekly') {
    const during = weeklyOf(weekly ?? {});
    return during === '' ? t('Say on which days, from when to when.') : { ...body, kind: 'maintenance', during };
  }
  const end = new Date(date || NaN);
  if (Number.isNaN(end.getTime())) return t('Say until when.');
  if (end.getTime() <= now) return t('That moment is over.');
  return { ...body, until: end.toISOString() };
}

/** The days of a week as the server writes them, from Monday on. */
export const DAYS = Object.freeze(['mo', 'tu', 'we', 'th', 'fr', 'sa', 'su']);

/** A window that comes again every week, as the server writes it: "mo we 07:00-09:00". Empty where something is missing. */
export function weeklyOf({ days = [], from, to }) {
  const chosen = DAYS.filter((day) => days.includes(day));
  const isTime = (text) => /^\d\d:\d\d$/.test(text ?? '');
  return chosen.length > 0 && isTime(from) && isTime(to) && from !== to ? `${chosen.join(' ')} ${from}-${to}` : '';
}

/** A day from `now`, as a `datetime-local` field holds it: what it begins with. */
export function tomorrow(now = Date.now()) {
  const date = new Date(now + 24 * HOUR_S * 1000);
  const two = (n) => String(n).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}T09:00`;
}
