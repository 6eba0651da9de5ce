/**
 * What a person may ask of a screen, and its answer in words.
 *
 * Pure but for {@link ask}, which sends one command, once: a screen that did not answer may have done it all the same.
 */

import { addressOf } from './address.js';
import { t } from './lang.js';
import { send } from './session.js';

/** How long a screen has to answer, ms. */
export const PATIENCE = 5000;
/** Beyond that the server itself is taken for silent, ms. */
const GRACE = 3000;

/** The commands that have a button, in the order of the buttons. `done` is said when the page answers with nothing else. */
export const COMMANDS = Object.freeze([
  { name: 'reload', label: t('Reload'), does: t('Loads the page again'), done: t('It reloads.') },
  { name: 'identify', label: t('Identify'), does: t('Shows its name on the screen'), done: t('It shows its name for 10 seconds.') },
  { name: 'message', label: t('Message…'), does: t('Shows a text on the screen'), done: t('It shows the message.') },
]);

/** Which of {@link COMMANDS} an app takes, by what the server says of it: none while its script is stuck. */
export function taken({ accepts, cause }) {
  if (cause === 'main-blocked') return [];
  const names = Array.isArray(accepts) ? accepts : [];
  // A link that does not say what it takes may take anything.
  return COMMANDS.map(({ name }) => name).filter((name) => names.includes(name) || names.includes('*'));
}

/** Senders that are pages: only they can be told what to allow. */
const PAGES = new Set(['frame', 'timer', 'worker']);
/** States in which a page is there. One that is gone takes nothing, whatever it would say. */
const THERE = new Set(['starting', 'up', 'hidden', 'stalled']);

/** Whether it is a page that takes nothing because it did not say so; a server of before says nothing about it. */
export function maySayMore(view) {
  return view.cause !== 'main-blocked' && Array.isArray(view.accepts) && taken(view).length === 0 && THERE.has(view.state) && PAGES.has(view.vitals?.by);
}

/** An answer in words: `{ok, text}`. `status` 0: there was none. */
export function answerOf(name, status, body) {
  if (status === 0) return { ok: false, text: t('The server did not answer. It is not known whether the screen was asked.') };
  if (status === 401) return { ok: false, text: t('Not asked: it needs a login.') };
  let said;
  try {
    said = JSON.parse(body);
  } catch {
    // Told by its status below.
  }
  if (status === 200 && said?.ok === true) {
    const done = COMMANDS.find((command) => command.name === name)?.done ?? t('Done.');
    return { ok: true, text: typeof said.data === 'string' && said.data ? t('The page says: {said}', { said: said.data }) : done };
  }
  if (status === 200) return { ok: false, text: t('The page says: {said}', { said: said?.error || t('something that is no answer') }) };
  const why = (said?.detail || t('the server refused with {status}', { status })).replace(/`([^`]*)`/g, '“$1”');
  return { ok: false, text: `${why[0].toUpperCase()}${why.slice(1)}.` };
}

/** Asks a screen; tells its answer as {@link answerOf}. */
export async function ask(view, name, data) {
  try {
    const response = await send(addressOf(view, '/commands'), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name, data, timeout_ms: PATIENCE }),
      patience: PATIENCE + GRACE,
    });
    return answerOf(name, response.status, await response.text());
  } catch {
    return answerOf(name, 0, '');
  }
}
