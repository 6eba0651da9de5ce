/** What a person may change, when, where it goes and what came of it. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { addressOf } from '../dashboard/address.js';
import { CHANGES, outcomeOf } from '../dashboard/change.js';
import { STATES } from '../dashboard/words.js';

const [dismiss, forget] = CHANGES;

test('only who is silent is forgotten: anybody else would be back at once', () => {
  const offered = STATES.map(({ word }) => word).filter((state) => forget.fits({ state, conflict: false }));
  assert.equal(offered.join(' '), 'missing down late unknown off done');
  assert.equal(forget.fits({ state: 'missing', first_seen: null }), false, 'nobody was ever there');
  assert.deepEqual([true, false].map((conflict) => dismiss.fits({ state: 'up', conflict })), [true, false]);
});

test('a name goes to its own address, whatever is in it', () => {
  const app = { host: '10.0.0.7', app: 'a/b?c', slot: '' };
  assert.equal(addressOf(app, forget.part), '/api/v1/apps/10.0.0.7/a%2Fb%3Fc');
  assert.equal(addressOf({ ...app, slot: 'left & low' }, dismiss.part), '/api/v1/apps/10.0.0.7/a%2Fb%3Fc/conflict?slot=left%20%26%20low');
});

test('what came of it is said as it is', () => {
  const cases = [
    [204, '', forget.done],
    [404, '{"detail":"no app `x` is known"}', forget.done],
    [403, '{"detail":"changes are for this machine only"}', 'Not changed: changes are for this machine only.'],
    [502, '<html>', 'Not changed: the server refused with 502.'],
    [0, '', 'The server did not answer.'],
  ];
  for (const [status, body, said] of cases) assert.equal(outcomeOf(forget, status, body), said);
});
