/** The rows of the house. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { hoursRow, incidentRow, isClosed, isHeld, muteRow, screenRow, waitingRow } from '../dashboard/house-rows.js';

const NOW = new Date(2026, 10, 21, 14, 0).getTime();
const at = (hour) => new Date(2026, 10, 21, hour).toISOString();
const names = ({ buttons }) => buttons.map(({ name }) => name).join(' ');

test('a group speaks for those it covers', () => {
  const row = incidentRow({ number: 4, about: { group: 'hall 3' }, state: 'down', sentence: '4 of 12 fell silent', since: at(13), acknowledged: null, snoozed_until: null, covers: ['a @ h', 'b @ h'] }, NOW);
  assert.equal(row.title, 'Group hall 3: Down');
  assert.equal(row.text, '4 of 12 fell silent. Since 13:00.');
  assert.deepEqual(row.notes, ['Speaks for 2: a @ h, b @ h']);
  assert.deepEqual([row.mark, names(row)], ['bad', 'take quiet']);
});

test('whom an incident is about may come as a line', () => {
  assert.equal(incidentRow({ number: 4, about: { app: '*', host: 'h', slot: '' }, state: 'missing', since: at(13) }, NOW).title, 'h: Missing');
  assert.equal(incidentRow({ number: 4, about: 'a @ h', state: 'down', since: at(13) }, NOW).title, 'a @ h: Down');
});

test('an incident that somebody takes care of says who', () => {
  const row = incidentRow({ number: 4, app: 'a', host: 'h', slot: 'left', state: 'down', since: at(13), acknowledged: { by: 'Hanna' }, snoozed_until: at(15) }, NOW);
  assert.equal(row.title, 'a on h · left: Down');
  assert.deepEqual(row.notes, ['Hanna takes care of it.', 'Nobody is told of it until 15:00.']);
  assert.deepEqual([row.mark, names(row)], ['taken', '']);
});

test('what waits is not out of order, and says why it waits', () => {
  const held = { number: 4, app: 'a', host: 'h', state: 'down', since: at(13), holds: ['muted'] };
  const row = incidentRow(held, NOW);
  assert.deepEqual([row.mark, row.notes], ['muted', ['Alerts and repairs wait: it is muted.']]);
  assert.deepEqual([isHeld(held), isClosed(held)], [true, false]);
  assert.equal(isClosed({ holds: ['closed'] }), true);
  assert.deepEqual([isHeld({}), isHeld({ holds: [] }), isClosed({})], [false, false, false]);
});

test('what only repairs wait for is out of order, and people are told', () => {
  const dark = { number: 7, app: 'a', host: 'h', state: 'stalled', since: at(13), holds: ['display-off'] };
  const [waits, told] = ['Repairs wait: its display is off.', 'People are told of it all the same.'];
  assert.equal(isHeld(dark), false);
  assert.deepEqual([incidentRow(dark, NOW).mark, incidentRow(dark, NOW).notes], ['bad', [waits, told]]);
  assert.equal(isHeld({ holds: ['conflict', 'muted'] }), true);
  const known = incidentRow({ ...dark, acknowledged: { by: 'Hanna' } }, NOW);
  assert.deepEqual([known.mark, known.notes], ['taken', ['Hanna takes care of it.', waits]]);
});

test('a mute is lifted where a person made it', () => {
  const mute = { id: 7, kind: 'snooze', for: 'kiosk-1/Pong#', from: at(13), until: at(15), by: 'desk', reason: 'lamp', holds: true };
  const row = muteRow(mute, NOW);
  assert.deepEqual([row.title, row.text, ...row.notes, names(row)], ['kiosk-1/Pong', 'Muted until 15:00 by desk.', '“lamp”', 'lift']);
  assert.equal(names(muteRow({ ...mute, by: 'config' }, NOW)), '');
  assert.equal(muteRow({ ...mute, from: at(16), until: at(17), for: 'everything', holds: false }, NOW).text, 'Muted from 16:00 until 17:00 by desk.');
});

test('hours tell what comes next, screens since when they are missed', () => {
  assert.equal(hoursRow({ for: 'everything', phase: 'open', next: at(18) }, NOW).text, 'Open until 18:00.');
  assert.equal(hoursRow({ for: 'group:hall 3', phase: 'open', until: at(18) }, NOW).text, 'Open until 18:00.');
  assert.equal(screenRow({ host: 'k', slot: '', shows: ['a'], missing_since: null, by: 'person' }, NOW).text, 'Shows a');
  assert.equal(hoursRow({ for: 'everything', phase: 'closed', next: null }, NOW).text, 'Closed.');
  const row = screenRow({ host: 'k', slot: '', shows: ['a', 'b'], missing_since: at(12), by: 'config' }, NOW);
  assert.deepEqual([row.mark, row.text, ...row.notes, names(row)], ['bad', 'Shows a or b (from the configuration)', 'Missing since 12:00', '']);
  assert.equal(names(screenRow({ host: 'k', slot: '', shows: ['a'], missing_since: null, by: 'desk' }, NOW)), 'remove');
});

test('what has hours is opened and closed by a button', () => {
  assert.equal(names(hoursRow({ for: 'everything', phase: 'open', until: null }, NOW)), 'close');
  assert.equal(names(hoursRow({ for: 'group:hall 3', phase: 'closed', until: null }, NOW)), 'open');
  assert.equal(names(hoursRow({ for: 'group:hall 3', phase: 'opening', until: null }, NOW)), 'open');
});

test('what may show anything says so, and a place where nobody was has no name of an app', () => {
  assert.equal(screenRow({ host: 'k', slot: '', shows: ['*'], missing_since: null, by: 'config' }, NOW).text, 'Shows anything (from the configuration)');
  assert.equal(waitingRow({ app: '*', host: 'k', slot: '', state: 'missing', sentence: 'nothing runs' }).text, 'Nothing runs.');
  assert.equal(waitingRow({ app: 'a', host: 'k', slot: 'left', state: 'down', sentence: '' }).title, 'k · left: Down');
});

test('a mute that is not in force says so', () => {
  assert.deepEqual(muteRow({ id: 1, kind: 'maintenance', for: 'everything', hours: 'we 07:00-09:00', by: 'config', holds: false }, NOW).notes, ['Not in force now.']);
});
