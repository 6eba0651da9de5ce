/**
 * Another PC stands where one is gone: which took whose place, in words, and the request that says so.
 *
 * Pure but for {@link hostsNow} and {@link replace}, which ask the server once. Not here: the form (replace-form.js).
 */

import { outcomeOf } from './care.js';
import { t } from './lang.js';
import { send } from './session.js';
import { visible } from './words.js';

/** How long the server has to answer, ms: a past may be long. */
const PATIENCE = 20_000;
/** States in which nobody speaks from there. */
const SILENT = new Set(['missing', 'down', 'unknown', 'done']);

/** The hosts of views, by name: `{host, apps, silent, fresh}`; `fresh`: all that is there is new. */
export function hostsOf(views) {
  const hosts = new Map();
  for (const { host, app, state, new: isNew } of views) {
    const known = hosts.get(host) ?? { host, apps: [], silent: true, fresh: true };
    known.apps.push(app);
    known.silent &&= SILENT.has(state);
    known.fresh &&= isNew === true;
    hosts.set(host, known);
  }
  return [...hosts.values()].sort((a, b) => a.host.localeCompare(b.host));
}

/** Whom `host` may have replaced, or may be replaced by, the likely ones first: `{gone, others}`; `gone`: it is silent itself. */
export function choicesFor(host, views) {
  const hosts = hostsOf(views);
  const own = hosts.find((it) => it.host === host);
  const gone = own?.silent ?? true;
  const shared = ({ apps }) => apps.some((app) => own?.apps.includes(app));
  // A new PC has just come, and shows what the old one showed.
  const weight = (it) => Number(gone && it.fresh) * 2 + Number(shared(it));
  const others = hosts.filter((it) => it.host !== host && it.silent !== gone);
  return { gone, others: others.sort((a, b) => weight(b) - weight(a)) };
}

/** All that is shown now. */
export async function hostsNow() {
  const response = await fetch('/api/v1/apps', { signal: AbortSignal.timeout(PATIENCE) });
  if (!response.ok) throw new Error(String(response.status));
  return response.json();
}

/** What came of it: `{ok, text}`. */
export function saidOf(old, by, status, body) {
  if (status !== 200) return outcomeOf('', status, body);
  const { apps, configured } = JSON.parse(body);
  const names = { by: visible(by), old: visible(old), n: apps };
  const done = apps === 1 ? t('{by} has taken the place of {old}: 1 app with its past.', names) : t('{by} has taken the place of {old}: {n} apps with their past.', names);
  const rest = configured.length > 0 ? ` ${t('hb.toml still names {old}: {where}.', { old: visible(old), where: visible(configured.join(', ')) })}` : '';
  return { ok: true, text: done + rest };
}

/** Lets `by` take the place of `old`; tells what came of it as {@link saidOf}. */
export async function replace(old, by) {
  try {
    const response = await send(`/api/v1/hosts/${encodeURIComponent(old)}/replace`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ by }),
      patience: PATIENCE,
    });
    return saidOf(old, by, response.status, await response.text());
  } catch {
    return saidOf(old, by, 0, '');
  }
}
