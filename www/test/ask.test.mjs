/** What a person may ask of a screen, and the words of its answer. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { addressOf } from '../dashboard/address.js';
import { answerOf, maySayMore, taken } from '../dashboard/ask.js';

test('a button is there for what the screen takes, and for no other', () => {
  assert.deepEqual(taken({ accepts: ['identify', 'reload', 'lights'] }), ['reload', 'identify']);
  assert.deepEqual(taken({ accepts: ['*'] }), ['reload', 'identify', 'message']);
  assert.deepEqual(taken({ accepts: [] }), []);
  assert.deepEqual(taken({}), [], 'a server of before');
  assert.deepEqual(taken({ accepts: ['*'], cause: 'main-blocked' }), [], 'a stuck script hears nothing');
});

test('how to allow commands is told of a page that is there and takes none', () => {
  const page = { accepts: [], state: 'up', vitals: { by: 'frame' } };
  for (const [view, told] of [
    [page, true],
    [{ ...page, state: 'stalled' }, true],
    [{ ...page, state: 'stalled', cause: 'main-blocked' }, false],
    [{ ...page, state: 'down' }, false],
    [{ ...page, state: 'missing' }, false],
    [{ ...page, state: 'late' }, false],
    [{ ...page, state: 'done' }, false],
    [{ ...page, vitals: { by: 'native' } }, false],
    [{ ...page, vitals: null }, false],
    [{ ...page, accepts: ['reload'] }, false],
    [{ ...page, accepts: ['lights'] }, true],
    [{ ...page, accepts: undefined }, false],
  ]) {
    assert.equal(maySayMore(view), told, JSON.stringify(view));
  }
});

test('every name reaches its own address', () => {
  assert.equal(addressOf({ host: '::1', app: 'a/b ?#', slot: '' }, '/commands'), '/api/v1/apps/%3A%3A1/a%2Fb%20%3F%23/commands');
  assert.equal(addressOf({ host: 'h', app: 'a', slot: 'left & up' }, '/commands'), '/api/v1/apps/h/a/commands?slot=left%20%26%20up');
});

test('an answer is told in words', () => {
  const answers = [
    ['reload', 200, '{"ok":true}', true, 'It reloads.'],
    ['identify', 200, '{"ok":true,"data":null}', true, 'It shows its name for 10 seconds.'],
    ['message', 200, '{"ok":true,"data":"shown twice"}', true, 'The page says: shown twice'],
    ['lights', 200, '{"ok":true}', true, 'Done.'],
    ['reload', 200, '{"ok":false,"error":"not now"}', false, 'The page says: not now'],
    ['reload', 200, '7', false, 'The page says: something that is no answer'],
    ['reload', 409, '{"detail":"nobody is listening: `x` is up"}', false, 'Nobody is listening: “x” is up.'],
    ['reload', 502, '<html>', false, 'The server refused with 502.'],
    ['reload', 0, '', false, 'The server did not answer. It is not known whether the screen was asked.'],
  ];
  for (const [name, status, body, ok, text] of answers) assert.deepEqual(answerOf(name, status, body), { ok, text });
});
