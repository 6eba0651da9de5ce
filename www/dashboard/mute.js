/**
 * What a person may mute, for how long, and the request that asks for it. Pure. Not here: the form (mute-form.js).
 */

/** How long: the choices of the form, in their order. */
export const SPANS = Object.freeze([
  { name: 'hour', label: '1 hour' },
  { name: 'opening', label: 'Until opening' },
  { name: 'date', label: 'Until…' },
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
  const groups = (view.groups ?? []).map((group) => ({ scope: `group:${group}`, label: `Group ${group}` }));
  return [
    { scope: scopeOf(view), label: 'This app' },
    { scope: `${part(view.host)}/*`, label: `All of ${view.host}` },
    ...groups,
    EVERYTHING,
  ];
}

/** The whole house. */
export const EVERYTHING = Object.freeze({ scope: 'everything', label: 'All screens' });

/**
 * The body of `POST /api/v1/mutes`; a text says what is missing. `date` is what a `datetime-local` field holds, in the
 * zone of whoever fills it in.
 */
export function bodyOf({ scope, span, date, reason }, now = Date.now()) {
  const body = { for: scope };
  if (reason?.trim()) body.reason = reason.trim();
  if (span === 'hour') return { ...body, for_s: HOUR_S };
  if (span === 'opening') return { ...body, until_opening: true };
  const end = new Date(date || NaN);
  if (Number.isNaN(end.getTime())) return 'Say until when.';
  if (end.getTime() <= now) return 'That moment is over.';
  return { ...body, until: end.toISOString() };
}

/** A day from `now`, as a `datetime-local` field holds it: what it begins with. */
export function tomorrow(now = Date.now()) {
  const date = new Date(now + 24 * HOUR_S * 1000);
  const two = (n) => String(n).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}T09:00`;
}
