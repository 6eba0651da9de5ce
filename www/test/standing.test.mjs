/** How it stands with an app: who is loud on the wall, and in which words. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { linesOf, placeInSummary, scopeText, tagsOf, urgency } from '../dashboard/standing.js';
import { toneOf } from '../dashboard/words.js';

const NOW = new Date(2026, 10, 21, 14, 0).getTime();
const at = (hour, day = 21) => new Date(2026, 10, day, hour).toISOString();
const taken = { number: 7, since: at(13), acknowledged: { by: 'Hanna', from: 'link' }, snoozed_until: null };
const snoozed = { ...taken, acknowledged: null, snoozed_until: at(15) };
const mute = { id: 3, kind: 'maintenance', for: 'everything', by: 'desk', reason: 'lamp', until: at(9, 22) };

test('what is muted or taken care of is not loud', () => {
  for (const [view, place, rank, tone] of [
    [{ state: 'down' }, 'troubled', 0, 'bad'],
    [{ state: 'down', nagios: 'CRITICAL', muted: true }, 'muted', 2, 'muted'],
    [{ state: 'late', muted: true }, 'muted', 2, 'muted'],
    [{ state: 'down', incident: taken }, 'taken', 1, 'bad'],
    [{ state: 'down', incident: snoozed }, 'snoozed', 1, 'bad'],
    [{ state: 'down', incident: { ...taken, snoozed_until: at(15) } }, 'taken', 1, 'bad'],
    [{ state: 'down', incident: taken, muted: true }, 'muted', 2, 'muted'],
    [{ state: 'up', muted: true }, 'muted', 3, 'good'],
    [{ state: 'done', muted: true }, 'resting', 3, 'rest'],
    [{ state: 'starting' }, 'waiting', 3, 'wait'],
    [{ state: 'up' }, 'well', 3, 'good'],
  ]) {
    assert.deepEqual([placeInSummary(view), urgency(view), toneOf(view)], [place, rank, tone], JSON.stringify(view));
  }
});

test('marks tell until when, and who', () => {
  const tags = (view) => tagsOf({ state: 'down', ...view }, NOW).join('; ');
  assert.equal(tags({ muted: true, mute }), 'maintenance until Sun 09:00');
  assert.equal(tags({ muted: true, mute: { kind: 'closed', until: null } }), 'closed');
  assert.equal(tags({ muted: true, mute: { kind: 'snooze', until: at(15) }, incident: taken }), 'muted until 15:00');
  assert.equal(tags({ incident: taken }), 'Hanna takes care');
  assert.equal(tags({ incident: snoozed }), 'quiet until 15:00');
  assert.equal(tags({ repair: { status: 'running', action: 'reload' } }), 'reloading');
  assert.equal(tags({ repair: { status: 'gave-up', action: null } }), 'repairs gave up');
  assert.equal(tags({ conflict: true, new: true }), 'two answer to one name; new');
  assert.equal(tags({ muted: false, mute: null, incident: null, repair: null }), '');
});

test('sentences tell the rest', () => {
  const lines = (view) => linesOf({ state: 'down', app: 'a', ...view }, NOW).map(({ text }) => text);
  assert.deepEqual(lines({ muted: true, mute }), ['Maintenance until Sun 09:00 by desk (all screens): lamp.']);
  assert.deepEqual(lines({ muted: true, mute: { ...mute, for: 'h/a' } }), ['Maintenance until Sun 09:00 by desk: lamp.']);
  assert.deepEqual(lines({ incident: taken }), ['Incident 7, since 13:00.', 'Hanna takes care of it.']);
  assert.deepEqual(lines({ holds: ['dependency', 'muted'] }), ['Alerts and repairs wait: what it depends on is down.']);
  // What stops repairs only is no silence, as long as nothing else stops the rest.
  const told = 'People are told of it all the same.';
  assert.deepEqual(lines({ holds: ['conflict'] }), ['Repairs wait: two answer to its name.', told]);
  assert.deepEqual(lines({ holds: ['display-off'] }), ['Repairs wait: its display is off.', told]);
  assert.ok(!lines({ holds: ['closed', 'conflict'] }).includes(told));
  // Nor where somebody asked for quiet, or nobody is told of it yet.
  assert.deepEqual(lines({ holds: ['conflict'], incident: snoozed }).slice(1), ['Nobody is told of it until 15:00.', 'Repairs wait: two answer to its name.']);
  assert.ok(!lines({ holds: ['conflict'], incident: taken }).includes(told));
  assert.ok(!lines({ holds: ['display-off', 'new'], new: true }).includes(told));
  assert.deepEqual(lines({ holds: ['covered'] }), ['Alerts wait: it is part of a larger failure, and told of there.']);
  assert.deepEqual(lines({ holds: null }), []);
  const repair = { status: 'idle', action: null, waits: 'hourly', not_before: at(15) };
  assert.deepEqual(lines({ repair }), ['No further repair before 15:00: it had those of an hour.']);
  assert.deepEqual(lines({ repair, state: 'up' }), []);
  assert.deepEqual(lines({ repair: { ...repair, waits: 'what-a-newer-server-says' } }), []);
});

test('a scope reads as a person says it', () => {
  assert.deepEqual(['everything', 'group:hall 3', 'kiosk-1/*', 'kiosk-1/Pong#', 'Pong'].map(scopeText), ['all screens', 'hall 3', 'all of kiosk-1', 'kiosk-1/Pong', 'Pong']);
});
