/** How the wall view fits, and that it never stands still for long. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { alarmWidth, FARTHEST, fitAlarms, fitHalls, largest, shiftAt } from '../dashboard/wall-fit.js';

test('the picture wanders, by little, in small steps, over many places', () => {
  const places = new Set();
  let before = shiftAt(0);
  for (let minute = 0; minute < 16 * 60; minute += 1) {
    const at = shiftAt(minute * 60_000);
    assert.ok(Math.abs(at.x) <= FARTHEST && Math.abs(at.y) <= FARTHEST);
    assert.ok(Math.hypot(at.x - before.x, at.y - before.y) < FARTHEST / 3, 'nobody sees it go');
    places.add(`${at.x.toFixed(5)} ${at.y.toFixed(5)}`);
    before = at;
  }
  assert.ok(places.size > 500, `${places.size} places in a day`);
});

test('as large as it fits, and no larger', () => {
  const upTo = (limit) => (scale) => scale <= limit;
  assert.equal(largest(1, 2, upTo(3)), 2);
  assert.equal(largest(1, 2, upTo(0.5)), null);
  const found = largest(1, 2, upTo(1.5));
  assert.ok(found <= 1.5 && found > 1.47, String(found));
});

const TV = { width: 1800, height: 860, rem: 23.76 };

test('alarms are as large as they may be, and what does not fit is not shown', () => {
  for (const [count, alone, expected] of [
    [1, false, { scale: 1.7, shown: 1, whole: false }],
    [1, true, { scale: 1.7, shown: 1, whole: true }],
    [20, true, { scale: 0.85, shown: 20, whole: true }],
    [1000, false, { scale: 0.75, shown: 10, whole: false }],
    [1000, true, { scale: 0.75, shown: 10, whole: false }],
  ]) {
    assert.deepEqual(fitAlarms(count, TV, alone), expected, `${count}`);
  }
});

test('halls have names as long as those can be read', () => {
  assert.equal(fitHalls([4], TV, false).scale, 2.4);
  const [some, many] = [fitHalls([14, 12, 6, 2], TV, true), fitHalls(Array(10).fill(100), TV, true)];
  assert.ok(some.named && some.scale > 1, JSON.stringify(some));
  assert.ok(!many.named && many.scale > 0.5, JSON.stringify(many));
  assert.equal(many.room, 0, 'a shape has no room for a name');
  assert.deepEqual(fitHalls([], TV, false), { named: false, columns: 1, abreast: 1, scale: 0.3, room: 0, halls: 0, each: 0 });
});

test('a cell is as wide as its name needs, unless all would become too small for it', () => {
  const [short, long, longest] = [0, 15, 80].map((need) => fitHalls([24], TV, false, need));
  assert.ok(short.room < 15, JSON.stringify(short));
  assert.ok(long.room >= 15 && long.scale >= short.scale * 0.55, JSON.stringify(long));
  assert.ok(longest.room < 80 && longest.scale >= short.scale * 0.55, JSON.stringify(longest));
  // Where they are wide enough without it, nothing changes.
  assert.deepEqual(fitHalls([1], TV, false, 7.2), fitHalls([1], TV, false));
});

test('what does not fit even as shapes is left out in whole halls, then in each', () => {
  const small = { width: 1200, height: 250, rem: 15.84 };
  const some = fitHalls(Array(150).fill(9), small, true);
  assert.deepEqual([some.named, some.columns, some.abreast > 8, some.each], [false, 8, true, 9]);
  assert.ok(some.halls % 8 === 0 && some.halls > 40 && some.halls < 150, JSON.stringify(some));
  const vast = fitHalls(Array(6).fill(20_000), small, true);
  assert.ok(vast.halls === 6 && vast.each > 100 && vast.each % vast.abreast === 0, JSON.stringify(vast));
  assert.deepEqual([fitHalls([4], small, true)].map(({ halls, each }) => [halls, each]), [[null, null]]);
});

test('a hall is wide enough for what stands above its cells', () => {
  for (const count of [2, 5, 8]) {
    const { columns, scale } = fitHalls(Array(count).fill(1), { width: 336, height: 600, rem: 12 }, true);
    assert.ok(336 / columns / (12 * scale) > 10, `${count}: ${columns} at ${scale}`);
  }
});

test('an alarm is as wide as its share of the picture', () => {
  assert.equal(Math.round(alarmWidth(1, TV) * 10) / 10, 24.8);
  assert.equal(Math.round(alarmWidth(1, { ...TV, width: 300 }) * 10) / 10, 12.6);
});

/** The colours that the rule for `selector` names in the sheet of that `name`. */
function coloursOf(name, selector) {
  const sheet = readFileSync(new URL(`../dashboard/${name}`, import.meta.url), 'utf8');
  const rule = sheet.slice(sheet.indexOf(`\n${selector} {`)).split('}')[0];
  return Object.fromEntries([...rule.matchAll(/(--[a-z-]+): (#[0-9a-f]{6});/g)].map(([, key, colour]) => [key, colour]));
}

/** What the page has anyway, and what the wall has otherwise. */
const lightWall = () => ({ ...coloursOf('style.css', ':root'), ...coloursOf('wall.css', 'html.television[data-light]') });

test('a light wall has the light colours, whatever the browser prefers', () => {
  const light = coloursOf('style.css', ':root');
  const wall = lightWall();
  assert.ok(Object.keys(light).length > 15);
  assert.deepEqual(Object.fromEntries(Object.keys(light).map((key) => [key, wall[key]])), light);
  const dark = readFileSync(new URL('../dashboard/style.css', import.meta.url), 'utf8').split('@media (prefers-color-scheme: dark) {');
  assert.ok(dark.length > 1);
  for (const rules of dark.slice(1)) assert.ok(!/^  :root(?!:not\(\[data-light\]\))/m.test(rules.split('\n}')[0]), 'what is dark is not for it');
});

test('a sign with nothing behind it is seen on a light wall and on a dark one', () => {
  const brightness = (colour) => {
    const [red, green, blue] = [1, 3, 5]
      .map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255)
      .map((it) => (it <= 0.04045 ? it / 12.92 : ((it + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  for (const [of, wall] of [['light', lightWall()], ['dark', coloursOf('wall.css', 'html.television:not([data-light])')]]) {
    for (const key of ['--bad-line', '--warn-line']) {
      const [low, high] = [wall[key], wall['--surface']].map(brightness).sort((a, b) => a - b);
      assert.ok((high + 0.05) / (low + 0.05) >= 3, `${of} ${key}`);
    }
  }
});
