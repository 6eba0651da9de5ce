/** What is muted: its scope, its end, and what is refused before it is sent. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { bodyOf, scopeOf, scopesFor, tomorrow, weeklyOf } from '../dashboard/mute.js';

const NOW = new Date(2026, 10, 21, 14, 0).getTime();

test('a scope is that of one app, whatever its names hold', () => {
  assert.equal(scopeOf({ host: '10.0.0.7', app: 'Pong', slot: '' }), '10.0.0.7/Pong#');
  assert.equal(scopeOf({ host: 'a/b', app: 'c/d #1 50%', slot: 'left#' }), 'a%2Fb/c/d %231 50%25#left%23');
  const scopes = scopesFor({ host: 'kiosk-1', app: 'Pong', slot: 'left', groups: ['hall 3'] });
  assert.deepEqual(scopes.map(({ scope }) => scope), ['kiosk-1/Pong#left', 'kiosk-1/*', 'group:hall 3', 'everything']);
});

test('each choice of the form is a body, and what is missing is said', () => {
  const scope = 'everything';
  assert.deepEqual(bodyOf({ scope, span: 'hour', reason: '  ' }, NOW), { for: scope, for_s: 3600 });
  assert.deepEqual(bodyOf({ scope, span: 'opening', reason: ' lamp ' }, NOW), { for: scope, until_opening: true, reason: 'lamp' });
  const date = tomorrow(NOW);
  assert.equal(date, '2026-11-22T09:00');
  assert.deepEqual(bodyOf({ scope, span: 'date', date }, NOW), { for: scope, until: new Date(2026, 10, 22, 9).toISOString() });
  assert.equal(bodyOf({ scope, span: 'date', date: '' }, NOW), 'Say until when.');
  assert.equal(bodyOf({ scope, span: 'date', date: '2026-11-21T13:00' }, NOW), 'That moment is over.');
});

test('a window comes again on its days', () => {
  assert.equal(weeklyOf({ days: ['we', 'mo'], from: '07:00', to: '09:00' }), 'mo we 07:00-09:00');
  for (const gap of [{ days: [] }, { from: '' }, { to: 'x' }, { to: '07:00' }]) {
    assert.equal(weeklyOf({ days: ['mo'], from: '07:00', to: '09:00', ...gap }), '', JSON.stringify(gap));
  }
  const weekly = { days: ['su'], from: '22:00', to: '02:00' };
  assert.deepEqual(bodyOf({ scope: 'everything', span: 'weekly', reason: '', weekly }), { for: 'everything', kind: 'maintenance', during: 'su 22:00-02:00' });
});
