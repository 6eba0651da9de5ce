/** The past of a screen as a bar and as lines. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { appOf, pageOf } from '../dashboard/address.js';
import { curvesOf, linesOf, minutesOf, piecesOf, spokenOf } from '../dashboard/spans.js';

const at = (minute) => new Date(Date.UTC(2026, 10, 21, 10, minute)).toISOString();
const told = { from: at(0), to: at(100), states: [{ at: at(0), state: 'up' }, { at: at(50), state: 'down' }, { at: at(60), state: 'down' }, { at: at(75), state: 'up' }, { at: at(90), state: null }] };

test('a bar has each state as long as it lasted', () => {
  assert.deepEqual(piecesOf(told).map(({ state, tone, at: from, width }) => [state, tone, from, width]), [
    ['up', 'good', 0, 0.5], ['down', 'bad', 0.5, 0.25], ['up', 'good', 0.75, 0.15], [null, 'none', 0.9, 0.1],
  ]);
  assert.equal(spokenOf(piecesOf(told)), 'Up 1\u00a0h 5\u00a0min, Down 25\u00a0min');
  assert.equal(spokenOf([]), 'nothing is known');
});

test('what is short is seen, and what was before the span begins with it', () => {
  const states = [{ at: at(-30), state: 'up' }, { at: new Date(Date.parse(at(50)) + 1000).toISOString(), state: 'down' }, { at: new Date(Date.parse(at(50)) + 2000).toISOString(), state: 'up' }];
  const [before, outage] = piecesOf({ ...told, states });
  assert.equal(before.at, 0);
  assert.equal(outage.width, 0.003);
  assert.deepEqual(piecesOf({ from: at(1), to: at(1), states: [] }), []);
});

test('lines do not bridge what nobody knows', () => {
  const hour = (n, more) => ({ at: new Date(Date.UTC(2026, 10, 21, n)).toISOString(), fps: 60, lowest_fps: 30, beats: 1800, seconds: { up: 3600 }, ...more });
  const lines = linesOf({ hours: [hour(1), hour(2, { seconds: { up: 1800 }, beats: 900 }), hour(5, { fps: null, lowest_fps: null, beats: 0, seconds: { down: 3600 } })] });
  assert.deepEqual(lines.fps, [60, 60, null, null]);
  assert.deepEqual(lines.interval, [2, 2, null, null]);
  assert.equal(new Set(Object.values(lines).map(({ length }) => length)).size, 1);
});

test('the last hour is drawn by its minutes, and nothing bridges a pause', () => {
  const minute = (n, more) => ({ at: at(n), fps: 60, longest_gap_ms: 40, beats: 30, ...more });
  const minutes = [minute(0, { beats: null }), minute(1), minute(2, { fps: null }), minute(9), minute(10, { beats: 0 })];
  const lines = minutesOf({ minutes });
  assert.deepEqual(lines.fps, [60, 60, null, null, 60, 60]);
  assert.deepEqual(lines.lowest, [25, 25, null, null, 25, 25]);
  assert.deepEqual(lines.interval, [null, 2, 2, null, 14, null]);
  assert.equal(new Set(Object.values(lines).map(({ length }) => length)).size, 1);
  const hours = [{ at: at(0), fps: 10, lowest_fps: 5, beats: 1, seconds: { up: 1 } }];
  assert.equal(curvesOf({ from: at(0), to: at(60), minutes, hours }).fps.length, 6);
  assert.deepEqual(curvesOf({ from: at(0), to: at(60), minutes: [], hours }).fps, [10]);
  assert.deepEqual(curvesOf({ from: at(0), to: at(24 * 60), minutes, hours }).fps, [10]);
});

test('the address of a page names its screen, whatever is in the name', () => {
  for (const app of [{ host: 'k', app: 'a/b?c&d', slot: 'left & low' }, { host: '10.0.0.7', app: 'x', slot: '' }]) {
    assert.deepEqual(appOf(pageOf(app).slice('/screen'.length)), app);
  }
  assert.equal(appOf('?host=k'), null);
});
