/** The minute of a sparkline: columns, gaps and paths. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { beatPath, COLUMNS, History, ratePaths } from '../dashboard/history.js';

const UNKNOWN = NaN;

test('a frame rate holds for as long as it was granted, then is unknown', () => {
  const history = new History(0);
  history.note(1, 1, 60, 2);
  const { beats, fps } = history.read(5);
  assert.deepEqual(beats.slice(-6), [UNKNOWN, 1, 0, 0, 0, 0]);
  assert.deepEqual(fps.slice(-6), [UNKNOWN, 60, 60, 60, UNKNOWN, UNKNOWN]);
});

test('several beats in one second add up', () => {
  const history = new History(0);
  history.note(1, 1, 60, 1);
  history.note(1, 2, 59, 1);
  assert.equal(history.read(1).beats.at(-1), 3);
  assert.equal(history.read(1).fps.at(-1), 59);
});

test('the minute rolls over, however long nothing was asked', () => {
  const history = new History(0);
  for (let second = 1; second <= 130; second += 1) history.note(second, second % 2, 60, 1);
  assert.equal(history.read(130).beats.filter((b) => b === 1).length, COLUMNS / 2);
  const late = history.read(130 + 100_000);
  assert.equal(late.beats.every((b) => b === 0), true);
  assert.equal(late.fps.every(Number.isNaN), true);
});

test('skipped seconds are unknown and end what was assumed', () => {
  const history = new History(0);
  history.note(1, 1, 60, 60);
  history.skip(4);
  assert.deepEqual(history.read(5).beats.slice(-5), [1, UNKNOWN, UNKNOWN, UNKNOWN, 0]);
  assert.deepEqual(history.read(5).fps.slice(-5), [60, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN]);
});

test('paths leave holes where nothing is known and stay inside their box', () => {
  const { line, area } = ratePaths([UNKNOWN, 60, 30, UNKNOWN, 0], 30);
  assert.equal(line, 'M1 0L2 15L3 15M4 30L5 30');
  assert.equal(area, 'M1 30L1 0L2 15L3 15L3 30ZM4 30L4 30L5 30L5 30Z');
  assert.equal(ratePaths([120, 60], 30).line, 'M0 0L1 15L2 15', 'a fast screen sets its own scale');
  assert.equal(ratePaths([UNKNOWN], 30).line, '');
  assert.equal(beatPath([0, 1, 9, UNKNOWN], 10), 'M1.5 10V5M2.5 10V0');
});

test('a minute is whole once all of it was seen, and again after nobody looked', () => {
  const history = new History(7);
  assert.deepEqual([history.isWhole(7), history.isWhole(6 + COLUMNS), history.isWhole(7 + COLUMNS)], [false, false, true]);
  history.skip(100);
  assert.deepEqual([history.isWhole(100), history.isWhole(100 + COLUMNS)], [false, true]);
});
