/** Which PC may have taken whose place, and what came of saying so. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { choicesFor, saidOf } from '../dashboard/replace.js';

const view = (host, app, state, isNew = false) => ({ host, slot: '', app, state, new: isNew });
const HOUSE = [
  view('hall-1', 'quiz', 'up'), view('hall-2', 'pong', 'up'), view('hall-9', 'quiz', 'starting', true),
  view('gone', 'quiz', 'down'), view('dark', 'map', 'missing'), view('half', 'a', 'down'), view('half', 'b', 'late'),
];
const names = ({ others }) => others.map(({ host }) => host);

test('who is silent is replaced by who is heard, the new one with the same app first', () => {
  const choice = choicesFor('gone', HOUSE);
  assert.equal(choice.gone, true);
  assert.deepEqual(names(choice), ['hall-9', 'hall-1', 'half', 'hall-2']);
  assert.equal(choicesFor('nobody', HOUSE).gone, true);
});

test('who is heard took the place of one that is silent as a whole', () => {
  const choice = choicesFor('hall-9', HOUSE);
  assert.equal(choice.gone, false);
  assert.deepEqual(names(choice), ['gone', 'dark']);
});

test('what came of it is said, with what a person has to do yet', () => {
  const body = (configured) => JSON.stringify({ apps: 2, mutes: 1, places: 0, configured });
  assert.deepEqual(saidOf('old', 'new', 200, body([])), { ok: true, text: 'new has taken the place of old: 2 apps with their past.' });
  assert.equal(saidOf('old', 'new', 200, JSON.stringify({ apps: 1, mutes: 0, places: 0, configured: [] })).text, 'new has taken the place of old: 1 app with its past.');
  assert.match(saidOf('old', 'new', 200, body(['group hall 3'])).text, /hb\.toml still names old: group hall 3\.$/);
  assert.equal(saidOf('old', 'new', 409, JSON.stringify({ detail: 'it is still heard' })).ok, false);
});
