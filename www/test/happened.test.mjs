/** What happened to all screens, and the filter over it. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { fromHash, linesOf, toHash, wants } from '../dashboard/happened.js';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const at = (second) => new Date(NOW - 3_600_000 + second * 1000).toISOString();
const screen = { app: 'Pong', host: 'k1', slot: 'left' };
const rows = [
  { kind: 'transition', at: at(0), to: 'down', cause: 'silence', ...screen },
  { kind: 'incident', at: at(1), number: 7, ended: null, ...screen },
  { kind: 'incident', at: at(2), number: 8, ended: null, group: 'hall 3' },
  { kind: 'acknowledged', at: at(3), incident: 7, by: 'Hanna' },
  { kind: 'mute', at: at(4), scope: 'everything', mute: 'snooze', until: null, lifted: null, by: 'desk', reason: '' },
  { kind: 'acknowledged', at: at(5), incident: 99, by: 'Hanna' },
  { kind: 'later', at: at(6) },
];
const said = (lines) => lines.map(({ about, what }) => `${about.text}: ${what}`);

test('each line says whom it is about, the newest first', () => {
  assert.deepEqual(said(linesOf(rows, NOW)), [
    ': Hanna takes care', 'all screens: Muted, by desk', 'Pong on k1 · left: Hanna takes care', 'Group hall 3: Incident 8 opens',
    'Pong on k1 · left: Incident 7 opens', 'Pong on k1 · left: Down',
  ]);
  assert.equal(linesOf(rows, NOW)[2].about.href, '/screen?host=k1&app=Pong&slot=left');
});

test('a place where nobody was heard is named as one, and leads to who stands there now', () => {
  const [{ about }] = linesOf([{ kind: 'incident', at: at(0), number: 9, ended: null, app: '*', host: 'k 2', slot: 'left' }], NOW);
  assert.deepEqual(about, { text: 'k 2 · left', href: '/#q=%22k+2%22' });
});

test('a filter takes kinds and words, and stands in the address', () => {
  const shown = (text, ...kinds) => said(linesOf(rows, NOW).filter(wants({ text, kinds }))).length;
  assert.deepEqual([shown(''), shown('', 'states'), shown('', 'states', 'people'), shown('hall 3'), shown('pong hanna'), shown('nothing')], [6, 1, 4, 1, 1, 0]);
  const filter = { text: 'hall 3', kinds: ['states', 'people'] };
  assert.deepEqual(fromHash(toHash(filter)), filter);
  assert.deepEqual(fromHash('#kind=odd'), { text: '', kinds: [] });
  assert.equal(toHash({ text: ' ', kinds: [] }), '');
});
