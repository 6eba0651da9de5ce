/** Halls and what is rolled up in them. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { byNeed, hallsOf } from '../dashboard/halls.js';

const app = (name, state, groups, more = {}) => ({ key: name, view: { app: name, host: 'h', state, groups, ...more } });
const names = (halls) => halls.map(({ name }) => name).join(' ');

test('each app is in one hall, and halls stand as a person counts them', () => {
  const halls = hallsOf([app('a', 'up', ['10']), app('b', 'up', ['2', '10']), app('c', 'up', []), app('d', 'up', undefined), app('e', 'down', ['10'])]);
  assert.equal(names(halls), '2 10 ');
  assert.deepEqual(halls.map(({ apps }) => apps.map(({ key }) => key).join('')), ['b', 'ae', 'cd']);
});

test('a hall is as bad as the worst in it that needs a look', () => {
  const taken = { incident: { acknowledged: { by: 'Hanna' } } };
  for (const [apps, tone] of [
    [[app('a', 'up'), app('b', 'late'), app('c', 'down')], 'bad'],
    [[app('a', 'late'), app('b', 'down', [], { muted: true })], 'warn'],
    [[app('a', 'up'), app('b', 'down', [], taken)], 'known'],
    [[app('a', 'up'), app('b', 'down', [], { muted: true })], 'good'],
    [[app('a', 'done'), app('b', 'down', [], { muted: true })], 'rest'],
    [[app('a', 'up'), app('b', 'starting')], 'good'],
  ]) {
    assert.equal(hallsOf(apps)[0].tone, tone, JSON.stringify(apps.map(({ view }) => view.state)));
  }
});

test('where somebody should look comes first, and the rest as it stood', () => {
  const halls = hallsOf([app('a', 'up', ['1']), app('b', 'down', ['2']), app('c', 'up', ['3']), app('d', 'down', ['4']), app('e', 'down', ['4'])]);
  assert.equal(names(halls.sort(byNeed)), '2 4 1 3');
});
