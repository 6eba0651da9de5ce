/**
 * What a person may do about a screen in the house's books: take care of it, want quiet, adopt it, have it repaired.
 *
 * Pure but for {@link act}, which asks the server once. Not here: what a screen is asked (ask.js), what the server is
 * told to forget (change.js), refusals in words (refusals.js).
 */

import { addressOf } from './address.js';
import { t } from './lang.js';
import { refusalOf } from './refusals.js';
import { send } from './session.js';
import { isPattern } from './standing.js';
import { isProblem, sentence } from './words.js';

/** How long the server has to answer, ms. */
const PATIENCE = 5000;
const HOUR_S = 3600;

const ofIncident = (number, verb) => `/api/v1/incidents/${number}/${verb}`;

/** That a place opens or closes now, as by its key switch. */
export const signal = (scope, open) => ({ method: 'POST', url: '/api/v1/signals', body: { for: scope, open } });
/** That somebody takes care of an incident. */
export const take = (number) => ({ method: 'POST', url: ofIncident(number, 'acknowledge') });
/** That nobody wants to hear of it for an hour. */
export const quiet = (number) => ({ method: 'POST', url: ofIncident(number, 'snooze'), body: { for_s: HOUR_S } });
/** That a mute is over. */
export const lift = (id) => ({ method: 'DELETE', url: `/api/v1/mutes/${encodeURIComponent(id)}` });
/** That something be muted, with a body of mute.js. */
export const mute = (body) => ({ method: 'POST', url: '/api/v1/mutes', body });
/** That a screen show one of these apps. */
export const expect = ({ host, slot }, shows) => ({ method: 'PUT', url: placeUrl(host, slot), body: { shows } });
/** That nothing is expected there. */
export const unexpect = ({ host, slot }) => ({ method: 'DELETE', url: placeUrl(host, slot) });

function placeUrl(host, slot) {
  const url = `/api/v1/screens/${encodeURIComponent(host)}`;
  return slot ? `${url}?slot=${encodeURIComponent(slot)}` : url;
}

/** What has a button in the panel, in this order: when it fits, what it asks, and what is said when it is done. */
export const CARES = Object.freeze([
  {
    name: 'take',
    label: t('I take care of it'),
    title: t('Ends the reminders of this incident'),
    done: t('You take care of it: nobody is reminded.'),
    fits: ({ incident }) => Boolean(incident && !incident.acknowledged),
    asks: ({ incident }) => take(incident.number),
  },
  {
    name: 'quiet',
    label: t('Quiet for 1 hour'),
    title: t('Nobody is told of this incident for an hour'),
    done: t('Nobody is told of it for an hour.'),
    fits: ({ incident }) => Boolean(incident && !incident.snoozed_until),
    asks: ({ incident }) => quiet(incident.number),
  },
  {
    name: 'repair',
    label: t('Repair now'),
    title: t('Takes the next step of its repairs at once'),
    done: t('The repair begins.'),
    fits: ({ state, repair }) => Boolean(repair && repair.status !== 'running' && isProblem(state)),
    asks: (view) => ({ method: 'POST', url: addressOf(view, '/repair') }),
  },
  {
    name: 'adopt',
    label: t('Adopt'),
    title: t('It belongs to the house: people are told of it, and it is repaired'),
    done: t('It belongs to the house now.'),
    fits: (view) => view.new === true && !isPattern(view),
    asks: (view) => ({ method: 'POST', url: addressOf(view, '/adopt') }),
  },
  {
    name: 'lift',
    label: t('Lift the mute'),
    title: t('It is judged again at once'),
    done: t('It is no longer muted.'),
    fits: (view) => Boolean(view.muted && view.mute?.id != null),
    asks: (view) => lift(view.mute.id),
  },
]);

/** What came of it: `{ok, text}`; `status` 0: there was no answer. */
export function outcomeOf(done, status, body) {
  if (status === 0) return { ok: false, text: t('The server did not answer. It is not known whether it was done.') };
  if (status === 401) return { ok: false, text: t('Not done: it needs a login.') };
  let said = {};
  try {
    said = JSON.parse(body) ?? {};
  } catch {
    // Told by its status.
  }
  if (status >= 200 && status < 300) return { ok: true, text: said.dry === true ? t('Nothing is done to it: its next step is only rehearsed.') : done };
  const why = said.detail || t('the server refused with {status}', { status });
  return { ok: false, text: refusalOf(said) ?? sentence(why.replace(/`([^`]*)`/g, '“$1”')) };
}

/** Asks the server; tells what came of it as {@link outcomeOf}, with `done` for the good end. */
export async function act({ method, url, body }, done) {
  const json = body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  try {
    const response = await send(url, { method, ...json, patience: PATIENCE });
    return outcomeOf(done, response.status, await response.text());
  } catch {
    return outcomeOf(done, 0, '');
  }
}
