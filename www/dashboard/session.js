/**
 * Who this browser is to the server, and requests that change something: those need somebody who may.
 *
 * It touches no page: who asks a person for a token is set by {@link askWith}. Not here: the dialog (login.js), what may
 * be changed (change.js, ask.js).
 */

import { t } from './lang.js';

/** Where a browser logs in. */
const SESSION = '/api/v1/session';
/** How long the server has to answer, ms. */
const PATIENCE = 5000;
/** Which roles may work with screens. */
const WORKERS = new Set(['operator', 'admin']);

/** What this page keeps and shows beside the cookie: other servers on this name get our cookies, and never this. */
const KEY = 'hb-key';

let who = { role: null };
let asks = async () => false;
let tell = () => {};

/** How a person is asked to log in: `asks(why)` resolves to whether they did; and who is told when somebody else is here. */
export function askWith(how, onChange) {
  asks = how;
  tell = onChange;
}

/** The name that is logged in; null for nobody. */
export const name = () => (who.role ? who.name : null);

/** Under this name stands whoever came by an address that logs in once: no token may have it. */
const ONCE = 'login';

/** What the door says: to log in, or to log out whoever is in, by the name of their token. */
export const doorText = () => {
  const holder = name();
  if (holder === null) return t('Log in');
  return holder === ONCE ? t('Log out') : t('Log out {name}', { name: holder });
};

/** Whether the buttons will ask for a login first. */
export const isLocked = () => !WORKERS.has(who.role);

/** A browser that keeps nothing keeps it as long as the page is open. */
let held = null;

function keep(key) {
  held = key;
  try {
    if (key) localStorage.setItem(KEY, key);
    else localStorage.removeItem(KEY);
  } catch {
    // Held in this page.
  }
}

function kept() {
  try {
    return localStorage.getItem(KEY) ?? held;
  } catch {
    return held;
  }
}

function become(next) {
  who = next?.role ? { name: next.name, role: next.role } : { role: null };
  tell();
}

/** Finds out who is logged in already. */
export async function recall() {
  try {
    const response = await fetch(SESSION, { signal: AbortSignal.timeout(PATIENCE) });
    // The cookie of another hb on this name says nothing here.
    if (response.ok && kept()) become(await response.json());
  } catch {
    // Buttons will ask.
  }
}

/** What the server says to a token, in words; empty when it is good. `status` 0: there was no answer. */
export function refusalOf(status, body, after) {
  if (status === 200) return '';
  if (status === 0) return t('The server did not answer.');
  if (status === 429) return t('Too many wrong tokens came from here. Try again in {n} seconds.', { n: Number(after) || 60 });
  if (status === 401 || status === 400) return t('This token is not in force: mistyped, over, or taken back.');
  let why = t('the server refused with {status}', { status });
  try {
    why = JSON.parse(body).detail || why;
  } catch {
    // Told by its status.
  }
  return t('Not logged in: {why}.', { why });
}

/** Shows the server a token, once; tells what it says as {@link refusalOf}. The browser keeps a cookie, and no token. */
export async function logIn(token) {
  try {
    const response = await fetch(SESSION, {
      method: 'POST',
      headers: { 'X-HB': '1', 'content-type': 'application/json' },
      body: JSON.stringify({ token }),
      signal: AbortSignal.timeout(PATIENCE),
    });
    const body = await response.text();
    if (response.ok) {
      const told = JSON.parse(body);
      keep(told.key);
      become(told);
    }
    return refusalOf(response.status, body, response.headers.get('retry-after'));
  } catch {
    return refusalOf(0, '');
  }
}

/** Logs out. */
export async function logOut() {
  try {
    await fetch(SESSION, { method: 'DELETE', headers: { 'X-HB': '1' }, signal: AbortSignal.timeout(PATIENCE) });
  } finally {
    keep(null);
    become(null);
  }
}

/**
 * Sends what changes something, within `patience` ms. Who is not known, or may not, is asked to log in; then it is sent
 * again. It was not done before: the server asks who it is before it does anything.
 */
export async function send(url, { patience, headers, ...rest }) {
  const once = () =>
    fetch(url, { ...rest, headers: { ...headers, 'X-HB': kept() ?? '1' }, signal: AbortSignal.timeout(patience) });
  const response = await once();
  if (response.status !== 401 && !(response.status === 403 && isLocked())) return response;
  const why = response.status === 403 ? t('The token of “{name}” may only look.', { name: name() }) : '';
  if (response.status === 401) become(null);
  return (await asks(why)) ? once() : response;
}
