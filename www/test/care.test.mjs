/** What a person may do about a screen: when it is offered, what is asked, what is said. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { CARES, expect, outcomeOf, unexpect } from '../dashboard/care.js';

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
