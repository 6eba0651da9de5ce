/** What the filter lets through, and its form in the address; and how large tiles may be. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { EVERYTHING, fromHash, isActive, matcher, toggled, toHash } from '../dashboard/filter.js';
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
