/** Arrow keys: in reading order, and up and down to what is seen there, however wide the rows are. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { neighbour } from '../dashboard/steps.js';

/** A face of `name`, `width` wide, in a row of 10. */
function face(name, left, top, width) {
  return { name, getBoundingClientRect: () => ({ left, right: left + width, top, bottom: top + 8 }) };
}

// a b c
// d e        two rows of the wall,
// x y z w v  and the small ones at rest
const ROWS = [['a', 0, 0, 18], ['b', 20, 0, 18], ['c', 40, 0, 18], ['d', 0, 10, 18], ['e', 20, 10, 18]];
const REST = ['x', 'y', 'z', 'w', 'v'].map((name, i) => [name, i * 12, 20, 10]);
const all = [...ROWS, ...REST].map((box) => face(...box));
const named = (name) => all.find((one) => one.name === name);

test('arrows lead to the neighbour that is seen there', () => {
  const cases = [
    ['a', 'ArrowRight', 'b'], ['c', 'ArrowRight', 'd'], ['d', 'ArrowLeft', 'c'], ['a', 'ArrowLeft', undefined],
    ['v', 'ArrowRight', undefined], ['b', 'ArrowDown', 'e'], ['c', 'ArrowDown', 'e'], ['e', 'ArrowDown', 'z'],
    ['d', 'ArrowDown', 'x'], ['v', 'ArrowUp', 'e'], ['x', 'ArrowUp', 'd'], ['e', 'ArrowUp', 'b'], ['a', 'ArrowUp', undefined],
    ['v', 'ArrowDown', undefined], ['z', 'Home', 'a'], ['a', 'End', 'v'], ['a', 'q', undefined],
  ];
  for (const [from, key, to] of cases) assert.equal(neighbour(all, named(from), key)?.name, to, `${from} ${key}`);
});
