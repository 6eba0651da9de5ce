/** The story of an app and its uptime, from what the memory tells. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { causeText } from '../dashboard/causes.js';
import { saidOf } from '../dashboard/said.js';
import { seenOf, storyOf } from '../dashboard/story.js';
import { partsOf, percent, spoken } from '../dashboard/uptime.js';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const at = (second) => new Date(NOW - 3_600_000 + second * 1000).toISOString();

test('a repair is told step by step, the newest first', () => {
  const rows = [
    { kind: 'transition', at: at(0), from: 'up', to: 'stalled', cause: 'no-frames' },
    { kind: 'incident', at: at(0), number: 7, acknowledged: false, ended: at(61), ending: 'back' },
    { kind: 'repair', at: at(20), action: 'reload', dry: false, evidence: 'no-frames', by: 'ladder', ended: at(32), outcome: 'timed-out' },
    { kind: 'repair', at: at(40), action: 'command', dry: false, evidence: 'no-frames', by: 'Hanna', ended: at(41), outcome: 'exit 3', said: 'no such unit' },
    { kind: 'repair', at: at(45), action: 'restart', dry: false, evidence: 'no-frames', by: 'ladder', ended: at(50), outcome: 'done' },
    { kind: 'transition', at: at(60), from: 'starting', to: 'up', cause: 'none' },
  ];
  assert.deepEqual(storyOf(rows, [], NOW).map(({ what }) => what), [
    'Incident 7 is over', 'Up', 'Repair carried out', 'Repair: restart the program', 'Repair failed: its command ended with 3',
    'Repair: run its command, by Hanna', 'Repair failed: it took too long', 'Repair: reload the page', 'Incident 7 opens', 'Stalled',
  ]);
  assert.equal(storyOf(rows, [], NOW).find(({ what }) => what === 'Stalled').why, 'No new frames.');
  // That it was carried out is no proof that it helped: only a state is good.
  assert.deepEqual(storyOf(rows, [], NOW).filter(({ tone }) => tone === 'good').map(({ what }) => what), ['Up']);
  assert.match(storyOf(rows, [], NOW)[4].why, /^After .+\. “no such unit”$/);
});

test('an alert says to whom it went, and whether it arrived', () => {
  const alert = (more) => ({ kind: 'alert', at: at(0), channel: 'guards', message: 'opening', incident: 7, ended: null, failure: null, ...more });
  const one = (more) => storyOf([alert(more)], [], NOW).map(({ what, why, tone }) => [what, why, tone])[0];
  assert.deepEqual(one({ ended: at(4) }), ['Alert to guards: it does not work', 'It arrived after 4\u00a0s.', 'note']);
  assert.deepEqual(one({}), ['Alert to guards: it does not work', 'It has not arrived yet.', 'warn']);
  assert.deepEqual(one({ message: 'closing', ended: at(9), failure: 'the receiver refused it again and again' }), [
    'Alert to guards: it is over', 'It did not arrive: the receiver refused it again and again.', 'bad',
  ]);
  assert.equal(one({ message: null })[0], 'Alert to guards: ');
});

test('mutes and rehearsals are told, and what nobody knows is left out', () => {
  const rows = [
    { kind: 'mute', at: at(0), scope: 'group:hall 3', mute: 'snooze', until: null, lifted: at(30), by: 'desk', reason: 'lamp' },
    { kind: 'repair', at: at(40), action: 'reload', dry: true, evidence: 'context-lost', by: 'ladder', ended: null, outcome: null },
    { kind: 'mute', at: new Date(NOW + 3_600_000).toISOString(), scope: 'everything', mute: 'maintenance', until: null, lifted: null, by: 'desk', reason: '' },
    { kind: 'adopted', at: at(50), how: 'person', by: 'Hanna' },
    { kind: 'acknowledged', at: at(60), incident: 7, until: null, by: 'Hanna' },
    { kind: 'snoozed', at: at(70), incident: 7, until: null, by: '' },
    { kind: 'later' }, null,
  ];
  assert.deepEqual(storyOf(rows, [], NOW).map(({ what, why }) => [what, why]), [
    ['Quiet', 'Of incident 7.'],
    ['Hanna takes care', 'Of incident 7.'],
    ['Adopted, by Hanna', ''],
    ['Rehearsal: reload the page', 'Nothing was done: it was only rehearsed. Its graphics context is lost.'],
    ['The mute is lifted', ''],
    ['Muted, by desk', 'For hall 3. “lamp”'],
  ]);
  assert.deepEqual(storyOf(undefined, [], NOW), []);
});

test('what the memory does not keep is told as long as the page saw it', () => {
  const log = [
    { at: NOW - 1000, text: 'moved', cause: null, sentence: null, event: { from: '10.0.0.7' } },
    { at: NOW - 3000, text: 'conflict', cause: null, sentence: null, event: { on: true } },
    { at: NOW - 5000, text: 'stalled', cause: 'no-frames', sentence: null },
  ];
  const rows = [{ kind: 'transition', at: new Date(NOW - 2000).toISOString(), from: 'up', to: 'down', cause: 'none' }];
  const what = (lines) => lines.map((line) => line.what);
  assert.deepEqual(what(storyOf(rows, log, NOW)), ['Moved here from 10.0.0.7', 'Down', 'Two answer to this name']);
  const conflict = { kind: 'conflict', at: new Date(NOW - 3000).toISOString(), on: true };
  assert.deepEqual(what(storyOf([...rows, conflict], log, NOW)), ['Moved here from 10.0.0.7', 'Down', 'Two answer to this name'], 'once');
  assert.deepEqual(what(storyOf([{ ...conflict, on: false }], [], NOW)), ['One answers to this name again']);
  assert.deepEqual(what(seenOf(log)), ['Moved here from 10.0.0.7', 'Two answer to this name', 'Stalled']);
  assert.equal(seenOf(log)[2].why, 'No new frames.');
});

test('a share is never rounded up to all of it', () => {
  assert.deepEqual([100, 99.999, 99.5, 97.46, 0, null].map(percent), ['100\u00a0%', '99.99\u00a0%', '99.50\u00a0%', '97.4\u00a0%', '0.0\u00a0%', '–']);
});

test('the bar is the whole span', () => {
  const uptime = { working_s: 60, broken_s: 30, muted_s: 0, unknown_s: 30 };
  assert.deepEqual(partsOf(uptime), [{ tone: 'good', share: 0.5 }, { tone: 'bad', share: 0.25 }, { tone: 'rest', share: 0.25 }]);
  assert.equal(spoken(uptime), 'working 1\u00a0min, not working 30\u00a0s, not judged 30\u00a0s');
  assert.deepEqual(partsOf({}), [{ tone: 'rest', share: 1 }]);
  assert.equal(spoken({}), 'nothing is known');
});

test('every cause that the server knows has its words, and no word is of nothing', () => {
  const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
  const beat = readFileSync(join(root, 'hb-core/src/beat.rs'), 'utf8');
  const from = beat.indexOf('    Cause {');
  const causes = [...beat.slice(from, beat.indexOf('\n}', from)).matchAll(/ = "([a-z-]+)",/g)].map(([, word]) => word);
  assert.ok(causes.length > 10 && causes.includes('crash-loop'), causes.join(' '));
  // What a repair may be about besides.
  const evidence = ['exited', 'browser-dead'];
  const story = readFileSync(join(root, 'www/dashboard/causes.js'), 'utf8');
  const table = story.slice(story.indexOf('const CAUSES'), story.indexOf('};'));
  const said = [...table.matchAll(/^ {2}'?([a-z-]+)'?: t\(/gm)].map(([, word]) => word);
  assert.deepEqual(causes.filter((word) => word !== 'none' && !said.includes(word)), [], 'causes without words');
  assert.ok(said.every((word) => causeText(word) !== ''));
  const bad = [...beat.matchAll(/ = "([a-z]+-(?:frames|blocked|lost|stuck))"/g)].map(([, word]) => word).filter((word) => word !== 'connection-lost');
  assert.ok(new Set(bad).size === 5 && bad.every((word) => saidOf('state', word) === causeText(word)), 'what a page finds wrong has one name');
  assert.deepEqual(said.filter((word) => !causes.includes(word) && !evidence.includes(word)), [], 'words of no cause');
});
