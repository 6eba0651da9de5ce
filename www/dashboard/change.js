/**
 * What a person may change in what the server believes of an app, in words, and the request that does it.
 *
 * Pure but for {@link change}. Not here: what is asked of the screen itself.
 */

import { addressOf } from './address.js';
import { t } from './lang.js';
import { send } from './session.js';

/** How long the server has to answer, ms. */
const PATIENCE = 5000;
/** States in which nobody is heard: any other app would be back with its next beat. */
const SILENT = new Set(['missing', 'down', 'late', 'unknown', 'off', 'done']);

/** The changes that have a button, in their order: `says` what comes of it, `part` of the app's address it takes away. */
export const CHANGES = Object.freeze([
  {
    name: 'dismiss',
    part: '/conflict',
    label: t('Keep the page heard last'),
    says: t('Two answer to this name, and the worse one is shown. If another page speaks again, they are two again.'),
    done: t('The page heard last is the one that is shown.'),
    fits: (view) => view.conflict === true,
  },
  {
    name: 'forget',
    part: '',
    label: t('Forget this screen'),
    says: t('It leaves this list at once. If it beats again, it comes back as new.'),
    done: t('It is forgotten.'),
    // A place where nobody was ever heard is no screen: it goes when nobody expects it any more.
    fits: (view) => SILENT.has(view.state) && view.first_seen !== null,
  },
]);

/** What came of a change, in words; `status` 0: there was no answer. What is gone already need not be forgotten. */
export function outcomeOf({ done }, status, body) {
  if (status === 204 || status === 404) return done;
  if (status === 0) return t('The server did not answer.');
  if (status === 401) return t('Not changed: it needs a login.');
  let why = t('the server refused with {status}', { status });
  try {
    why = JSON.parse(body).detail || why;
  } catch {
    // Told by its status.
  }
  return t('Not changed: {why}.', { why });
}

/** Changes the server's mind; tells what came of it as {@link outcomeOf}. */
export async function change(view, wanted) {
  try {
    const response = await send(addressOf(view, wanted.part), { method: 'DELETE', patience: PATIENCE });
    return outcomeOf(wanted, response.status, await response.text());
  } catch {
    return outcomeOf(wanted, 0, '');
  }
}
