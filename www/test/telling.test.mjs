/** That names which are cut still tell screens apart, and what is left out where all share it. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { commonDomain, commonStart, inTwoLines, telling } from '../dashboard/telling.js';
import { labelsOf, namesOf, ofOneHost, shortened, titleOf } from '../dashboard/wall-names.js';

/** Every sign is one wide. */
const widthOf = (text) => Array.from(text).length;
const cuts = (names, room, cut = telling) => names.map((name) => cut(name, names, room, widthOf));
const views = (...ids) => ids.map(([host, app, slot]) => ({ key: `${host}/${slot ?? ''}/${app}`, view: { host, app, slot, first_seen: 1 } }));
const numbers = (count) => Array.from({ length: count }, (_, at) => at);

test('a name that does not fit is cut where it still tells', () => {
  for (const [names, room, expected] of [
    [['client-a', 'client-b'], 8, ['client-a', 'client-b']],
    [['127.0.0.1 client-a', '127.0.0.1 client-b'], 13, ['127…client-a', '127…client-b']],
    // Between words, wherever no word alone is wider than the room.
    [['Interactive Map of the Upper Floor', 'Interactive Map of the Floor'], 23, ['Interactive…Upper Floor', 'Interactive…the Floor']],
    [['left-of-the-entrance-a', 'right-of-the-entrance-a'], 12, ['left-of-…a', 'right-of-…a']],
    [['visitors-guide-north-01', 'visitors-guide-south-01'], 14, ['…north-01', '…south-01']],
    [['Interactive Worldmap'], 16, ['Interactive…']],
    // What it begins with says more than what it ends with.
    [['Map of the Upper Vestibules'], 13, ['Map of the…']],
    [['kiosk_1/left.upper', 'kiosk_2/left.upper'], 14, ['kiosk_…upper', 'kiosk_…upper'].map((text, at) => text.replace('_', `_${at + 1}/`))],
    [['Donaudampfschifffahrtsgesellschaft heute'], 16, ['Donaudampf…heute']],
    [['museum-kiosk-01.exhibition.example', 'museum-kiosk-02.exhibition.example'], 13, ['…kiosk-01…', '…kiosk-02…']],
    [['client-a', 'client-b'], 6, ['clie…a', 'clie…b']],
  ]) {
    assert.deepEqual(cuts(names, room), expected);
  }
});

test('no two that are cut read the same, and none is longer than its room', () => {
  const crowds = [
    numbers(40).map((at) => `museum-hall-kiosk-${at}.exhibition.museum.example`),
    numbers(40).map((at) => `visitors guide ${'north south'.split(' ')[at % 2]} ${Math.floor(at / 2)} of the upper floor`),
    numbers(60).map((at) => `${'aAbBcC'[at % 6]}${'x'.repeat(30)}${Math.floor(at / 6)}${'y'.repeat(30)}`),
    ['x'.repeat(30), 'x'.repeat(31), 'x'.repeat(32)],
  ];
  for (const names of crowds) {
    for (const room of [7, 9, 13, 20]) {
      const read = cuts(names, room);
      assert.equal(new Set(read).size, names.length, `${room}: ${read}`);
      for (const text of read) assert.ok(widthOf(text) <= room, text);
      const lines = cuts(names, room, inTwoLines);
      assert.equal(new Set(lines).size, names.length, `${room}: ${lines}`);
      for (const line of lines.flatMap((text) => text.split('\n'))) assert.ok(widthOf(line) <= room, line);
    }
  }
});

test('two lines break between words, and within one only where it is wider than a line', () => {
  for (const [name, room, expected] of [
    ['Tides', 20, 'Tides'],
    ['Interactive Map of the Floor', 20, 'Interactive Map of \nthe Floor'],
    ['x'.repeat(60), 20, `${'x'.repeat(20)}\n${'x'.repeat(10)}…${'x'.repeat(9)}`],
    ['127.0.0.1 client-a', 14, '127.0.0.1 \nclient-a'],
    // Also where the second line does not hold the rest.
    ['right-of-the-entrance-a', 12, 'right-of-\n…entrance-a'],
    ['museum/hall_1.kiosk-left', 10, 'museum/\nhall_…left'],
    ['the Donaudampfschifffahrt', 16, 'the Donaudampfsc\nhifffahrt'],
  ]) {
    assert.equal(inTwoLines(name, [name], room, widthOf), expected);
  }
});

test('what all share is left out in whole words', () => {
  for (const [names, start] of [
    [['client-a', 'client-b'], 'client-'],
    [['hall-kiosk-1', 'hall-kiosk-2'], 'hall-'],
    [['Quiz', 'Quartz'], ''],
    [['h1', 'h2'], ''],
    [['client-a'], ''],
    [[], ''],
  ]) assert.equal(commonStart(names), start, names.join());
  for (const [hosts, domain] of [
    [['a.museum.example', 'b.museum.example'], '.museum.example'],
    [['a.museum.example', 'b'], ''],
    [['10.0.0.1', '10.0.0.2'], ''],
    [['fe80::1', 'fe80::2'], ''],
  ]) assert.equal(commonDomain(hosts), domain, hosts.join());
});

test('a screen on the wall is called by what the others are not', () => {
  const one = views(['127.0.0.1', 'client-b'], ['127.0.0.1', 'client-a']);
  assert.ok(ofOneHost(one.map(({ view }) => view)));
  assert.ok(!ofOneHost(one.slice(1).map(({ view }) => view)), 'of one screen its host is its name');
  assert.deepEqual([...namesOf(one, true).values()], ['client-a', 'client-b']);
  assert.deepEqual([...namesOf(one, false).values()], ['127.0.0.1 client-a', '127.0.0.1 client-b']);
  assert.deepEqual([...namesOf(views(['h1', 'Quiz', 'left'], ['h1', 'Quiz', 'right']), true).values()], ['left', 'right']);
  assert.deepEqual([...namesOf(views(['h1', 'Quiz'], ['h2', 'Quiz'], ['h2', 'Pong']), false).values()], ['h1', 'h2 Pong', 'h2 Quiz']);
  const [{ view }] = one;
  assert.deepEqual([titleOf(view, false), titleOf(view, true)], [['127.0.0.1', 'client-b'], ['client-b', '']]);
  assert.deepEqual(titleOf({ host: 'h1', app: '*', first_seen: null }, true), ['h1', '']);
});

test('labels are whole where all fit, and tell where not', () => {
  const apps = views(...numbers(3).map((at) => [`museum-kiosk-${at}.museum.example`, 'Quiz']));
  const hosts = apps.map(({ view }) => view.host);
  const names = namesOf(apps, false);
  const short = shortened(names, hosts);
  assert.deepEqual(labelsOf(names, short, 40, widthOf), names);
  assert.deepEqual([...labelsOf(names, short, 13, widthOf).values()], ['kiosk-0', 'kiosk-1', 'kiosk-2']);
  assert.deepEqual([...labelsOf(names, short, 6, widthOf).values()], ['kios…0', 'kios…1', 'kios…2']);
});
