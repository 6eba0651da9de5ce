/** How much of the time the house worked, rolled up, and as a table. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { csvOf, workedRows } from '../dashboard/worked.js';

const app = (host, name, working_s, broken_s) => ({ host, slot: '', app: name, uptime: { working_s, broken_s, muted_s: 0, unknown_s: 0, percent: null } });
const span = { apps: [app('k1', 'a', 90, 10), app('k2', 'a', 100, 0), app('k3', 'b', 0, 0), app('k10', 'b', 50, 50)] };
const hallOf = ({ host }) => (host === 'k1' || host === 'k2' ? 'hall 1' : '');

test('the house, its halls, and the hosts that worked least', () => {
  const rows = workedRows([span], hallOf).map(({ kind, name, uptimes }) => [kind, name, uptimes[0].percent]);
  assert.deepEqual(rows, [
    ['house', 'All screens', 80], ['hall', 'hall 1', 95], ['hall', '', 50], ['host', 'k10', 50], ['host', 'k1', 90],
  ]);
});

test('where there are no halls none are told, and what was never judged has no figure', () => {
  assert.deepEqual(workedRows([{ apps: [app('k', 'a', 0, 0)] }], () => '').map(({ kind, uptimes }) => [kind, uptimes[0].percent]), [['house', null]]);
  assert.deepEqual(workedRows([null], () => '').map(({ kind }) => kind), ['house']);
});

test('a table holds each app, and nothing that a spreadsheet would run', () => {
  const [head, first, second] = csvOf([{ apps: [app('k,1', '=cmd|"x"', 1, 2), app('k2', 'a', 3, 4)] }], ['1 d'], () => 'hall 1').split('\r\n');
  assert.equal(head, '\ufeffhall,host,slot,app,percent (1 d),working_s (1 d),broken_s (1 d),muted_s (1 d),unknown_s (1 d)');
  assert.equal(first, `hall 1,"k,1",,"'=cmd|""x""",,1,2,0,0`);
  assert.equal(second, 'hall 1,k2,,a,,3,4,0,0');
});
