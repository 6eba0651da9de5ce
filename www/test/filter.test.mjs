/** What the filter lets through, and its form in the address; and how large tiles may be. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { askedOf, EVERYTHING, fromHash, isActive, matcher, ofGroup, toggled, toHash } from '../dashboard/filter.js';
import { scaleFor, TILE } from '../dashboard/fit.js';

const view = { app: 'Tidal Clock', host: 'kiosk-03', slot: 'left', state: 'stalled', cause: 'no-frames' };

test('every word must occur somewhere; an empty choice of states means all', () => {
  const cases = [
    ['', [], true], ['tidal', [], true], ['CLOCK kiosk', [], true], ['left', [], true], ['no-fr', [], true], ['tidal hall', [], false],
    ['', ['stalled', 'down'], true], ['', ['up'], false], ['tidal', ['up'], false], ['.*', [], false],
  ];
  for (const [text, states, expected] of cases) assert.equal(matcher({ text, states })(view), expected, `${text} ${states}`);
  assert.equal(matcher({ text: 'none', states: [] })({ ...view, cause: 'none' }), false, 'no cause is no text');
});

test('a group is named as a whole, and what stands in quotes is one word', () => {
  const of = (...groups) => ({ ...view, groups });
  const cases = [
    ['group:"hall 3"', ['Hall 3'], true], ['group:"hall 3"', ['Hall 33'], false], ['group:"hall 3"', ['Foyer', 'hall 3'], true],
    ['group:foyer', ['Foyer'], true], ['group:foyer', ['Foyer 2'], false], ['group:foyer tidal', ['Foyer'], true], ['group:foyer pong', ['Foyer'], false],
    ['group:', ['Foyer'], true], ['group:"hall 3', ['Hall 3'], true], ['hall 3', ['Hall 1'], true], ['"hall 3"', ['Hall 1'], false], ['"hall 3"', ['Hall 3'], true], ['group:foyer', [], false],
  ];
  for (const [text, groups, expected] of cases) assert.equal(matcher({ text, states: [] })(of(...groups)), expected, `${text} ${groups}`);
  for (const name of ['Hall 3', 'foyer', 'a "b" c']) {
    assert.equal(matcher(fromHash(toHash(ofGroup(name))))(of(name)), true, name);
    assert.equal(matcher(ofGroup(name))(of(`${name} 2`)), false, name);
  }
});

test('words do not match across two names', () => {
  assert.equal(matcher({ text: 'clockkiosk', states: [] })(view), false);
});

test('a filter survives the address', () => {
  const filters = [EVERYTHING, { text: 'a & b #c', states: [] }, { text: '', states: ['down', 'late'] }, { text: 'Größe', states: ['up'] }];
  for (const filter of filters) assert.deepEqual(fromHash(toHash(filter)), { text: filter.text, states: [...filter.states] });
  assert.equal(toHash(EVERYTHING), '');
  assert.deepEqual(fromHash('#rubbish&&=%%&state=,,up,up'), { text: '', states: ['up'] });
});

test('a chip toggles', () => {
  const once = toggled(EVERYTHING, 'down');
  assert.deepEqual(once.states, ['down']);
  assert.equal(isActive(once), true);
  assert.equal(isActive(toggled(once, 'down')), false);
  assert.equal(isActive({ text: '  ', states: [] }), false);
});

test('tiles are as large as the space allows, and never smaller than readable', () => {
  const cases = [
    [1, 1440, 740, 16, 3], [200, 1440, 740, 16, 1], [12, 328, 500, 16, 1], [0, 1440, 740, 16, 3],
    [12, 3760, 1900, 24.6, 1.75], [60, 3760, 1900, 24.6, 0.8], [1000, 3760, 1900, 24.6, 1],
  ];
  for (const [count, width, height, rem, expected] of cases) {
    assert.equal(scaleFor([count], width, height, rem), expected, `${count} in ${width}×${height}`);
  }
});

test('what is said to fit does fit', () => {
  for (let count = 1; count <= 120; count += 1) {
    const [width, height, rem] = [2560, 1300, 20];
    const scale = scaleFor([count], width, height, rem);
    if (scale === 1) continue;
    const gap = TILE.gap * rem * Math.min(1, scale);
    const columns = Math.floor((width + gap) / (TILE.width * rem * scale + gap));
    const rows = Math.ceil(count / columns);
    assert.ok(rows * (TILE.height * rem * scale + gap) - gap <= height + 0.01, `${count}: ${scale}`);
  }
});

test('a filter is told as its reader would say it: halls by their own names', () => {
  for (const [text, said] of [
    ['', []],
    ['group:"HALL 1"', ['Hall 1']],
    ['group:"no such hall"', ['no such hall']],
    ['group:foyer quiz "two words"', ['foyer', '“quiz”', '“two words”']],
  ]) {
    assert.deepEqual(askedOf({ text, states: ['down'] }, ['Hall 1', 'Hall 2']), said, text);
  }
});
