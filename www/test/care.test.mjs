/** What a person may do about a screen: when it is offered, what is asked, what is said. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { CARES, expect, outcomeOf, unexpect } from '../dashboard/care.js';
import { REFUSALS } from '../dashboard/refusals.js';

const view = { host: 'h', app: 'a b', slot: 'left', state: 'down', incident: null, repair: { status: 'idle' }, new: false, muted: false, mute: null };
const offered = (over) => CARES.filter(({ fits }) => fits({ ...view, ...over })).map(({ name }) => name).join(' ');
const asked = (wanted, over) => CARES.find(({ name }) => name === wanted).asks({ ...view, ...over });

test('only what fits is offered', () => {
  const incident = { number: 7, acknowledged: null, snoozed_until: null };
  assert.equal(offered({ incident }), 'take quiet repair');
  assert.equal(offered({ incident: { ...incident, acknowledged: { by: 'x' } } }), 'quiet repair');
  assert.equal(offered({ incident: { ...incident, snoozed_until: 'later' }, repair: { status: 'running' } }), 'take');
  assert.equal(offered({ state: 'up', new: true }), 'adopt');
  assert.equal(offered({ state: 'up', muted: true, mute: { id: 0 } }), 'lift');
  assert.equal(offered({ state: 'up', muted: true, mute: { id: null, kind: 'closed' } }), '', 'a calendar is not lifted');
  assert.equal(offered({ repair: null }), '', 'a server that knows no repairs');
});

test('each asks at its own address', () => {
  assert.deepEqual(asked('take', { incident: { number: 7 } }), { method: 'POST', url: '/api/v1/incidents/7/acknowledge' });
  assert.deepEqual(asked('quiet', { incident: { number: 7 } }), { method: 'POST', url: '/api/v1/incidents/7/snooze', body: { for_s: 3600 } });
  assert.deepEqual(asked('repair', {}), { method: 'POST', url: '/api/v1/apps/h/a%20b/repair?slot=left' });
  assert.deepEqual(asked('adopt', { slot: '' }), { method: 'POST', url: '/api/v1/apps/h/a%20b/adopt' });
  assert.deepEqual(asked('lift', { mute: { id: 3 } }), { method: 'DELETE', url: '/api/v1/mutes/3' });
  assert.deepEqual(expect({ host: 'h', slot: 'l&r' }, ['x']), { method: 'PUT', url: '/api/v1/screens/h?slot=l%26r', body: { shows: ['x'] } });
  assert.deepEqual(unexpect({ host: 'h/1', slot: '' }), { method: 'DELETE', url: '/api/v1/screens/h%2F1' });
});

test('what came of it is said as it is', () => {
  assert.deepEqual(outcomeOf('Done.', 202, ''), { ok: true, text: 'Done.' });
  assert.deepEqual(outcomeOf('Done.', 409, '{"detail":"`reload` runs already"}'), { ok: false, text: '“reload” runs already.' });
  assert.equal(outcomeOf('Done.', 404, '{"detail":"no incident 7 is open"}').text, 'No incident 7 is open.');
  assert.equal(outcomeOf('Done.', 502, '<html>').text, 'The server refused with 502.');
  assert.match(outcomeOf('Done.', 0, '').text, /did not answer/);
});

test('a refusal is said by its kind, and by the sentence of the server where it has none', () => {
  const said = (kind) => outcomeOf('Done.', 409, JSON.stringify({ detail: 'in English', kind })).text;
  assert.equal(said('no-evidence'), REFUSALS['no-evidence']);
  for (const kind of [undefined, null, 'of tomorrow', 'constructor']) assert.equal(said(kind), 'In English.');
});

test('a step that is only rehearsed is no repair that begins', () => {
  assert.match(outcomeOf('The repair begins.', 202, '{"action":"reload","dry":true,"why":"x"}').text, /only rehearsed/);
  assert.equal(outcomeOf('The repair begins.', 202, '{"action":"reload","dry":false,"why":null}').text, 'The repair begins.');
});

test('each kind of refusal has its words', () => {
  const read = (path) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
  const list = (text, from) => [...text.slice(text.indexOf(from)).split('];')[0].matchAll(/"([a-z-]+)"/g)].map(([, word]) => word);
  const kinds = [...list(read('hb-server/src/http/watch/refusal.rs'), 'const WORDS'), ...list(read('hb-core/src/hold.rs'), 'const TABLE')];
  assert.ok(kinds.length > 15);
  assert.deepEqual(Object.keys(REFUSALS).sort(), kinds.sort());
});
