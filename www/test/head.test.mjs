/** The sentence at the head of the dashboard. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { iconOf, toneOfAll } from '../dashboard/head.js';
import { tallyOf } from '../dashboard/standing.js';
import { summaryText } from '../dashboard/summary.js';

test('the sentence calls nobody well whom nobody sees', () => {
  for (const [total, troubled, waiting, now, then, resting = 0] of [
    [0, 0, 0, 'No screen has beaten yet', 'No screen had beaten'],
    [1, 0, 0, 'The screen is well', 'The screen was well'],
    [4, 0, 0, 'All 4 screens are well', 'All 4 screens were well'],
    [1, 0, 1, 'The screen is expected in a moment', 'The screen was expected in a moment'],
    [4, 0, 3, '1 of 4 is well, 3 expected in a moment', '1 of 4 was well, 3 expected in a moment'],
    [4, 1, 2, '1 of 4 needs a look', '1 of 4 needed a look'],
    [1, 0, 0, 'Nothing is expected to show', 'Nothing was expected to show', 1],
    [3, 0, 0, 'Nothing is expected to show', 'Nothing was expected to show', 3],
    [4, 0, 0, '3 of 4 are well, 1 at rest', '3 of 4 were well, 1 at rest', 1],
    [4, 0, 1, '1 of 4 is well, 1 expected in a moment, 2 at rest', '1 of 4 was well, 1 expected in a moment, 2 at rest', 2],
    [4, 1, 0, '1 of 4 needs a look', '1 of 4 needed a look', 3],
    [1, 1, 0, 'The screen needs a look', 'The screen needed a look'],
  ]) {
    assert.equal(summaryText({ total, troubled, waiting, resting }, false), now);
    assert.equal(summaryText({ total, troubled, waiting, resting }, true), then);
  }
});

test('what is muted or taken care of is counted apart', () => {
  for (const [total, troubled, taken, muted, resting, says, snoozed = 0] of [
    [60, 3, 1, 12, 0, '3 of 60 need a look, 1 taken care of, 12 muted'],
    [60, 0, 2, 0, 0, '2 of 60 are taken care of'],
    [60, 0, 0, 12, 0, '48 of 60 are well, 12 muted'],
    [60, 0, 0, 60, 0, 'All 60 screens are muted'],
    [60, 0, 0, 20, 40, '20 of 60 are muted, 40 at rest'],
    [1, 0, 1, 0, 0, 'The screen is taken care of'],
    [1, 0, 0, 1, 0, 'The screen is muted'],
    [60, 1, 2, 0, 0, '1 of 60 needs a look, 2 taken care of, 3 snoozed', 3],
    [60, 0, 0, 0, 0, '3 of 60 are snoozed', 3],
  ]) {
    assert.equal(summaryText({ total, troubled, taken, muted, snoozed, resting, waiting: 0 }, false), says);
  }
});

test('of nothing nobody says that it is well', () => {
  assert.equal(toneOfAll(tallyOf([]), false), 'none');
  assert.equal(iconOf('none'), 'icons/stale.svg');
  assert.equal(toneOfAll(tallyOf([{ state: 'up' }]), false), 'good');
});
