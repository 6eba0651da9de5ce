/** Ages, spans and numbers as text, and the table of states. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { age, errorsOf, gapOf, isProblem, livingOf, rate, ratio, roughly, sentence, span, stateOf, STATES, toneOf, visible } from '../dashboard/words.js';

/** Compares as a reader would: a no-break space is a space. */
function check(say, cases) {
  for (const [input, expected] of cases) assert.equal(say(input).replaceAll('\u00a0', ' '), expected, String(input));
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

test('an age has tenths while they matter, and one unit', () => {
  check(age, [[0, '0.0 s'], [-5, '0.0 s'], [440, '0.4 s'], [9999, '9.9 s'], [10_000, '10 s'], [61_000, '1 min'], [HOUR - 1, '59 min'], [3 * HOUR + 1, '3 h'], [4 * DAY, '4 d'], [null, '–'], [undefined, '–'], [Infinity, '–']]);
});

test('a span has its two largest units and never claims more than has passed', () => {
  check(span, [
    [999, '0 s'], [59_999, '59 s'], [MINUTE, '1 min'], [3 * MINUTE + 20_999, '3 min 20 s'], [HOUR - 1, '59 min 59 s'], [HOUR, '1 h'],
    [2 * HOUR + 10 * MINUTE, '2 h 10 min'], [DAY - 1, '23 h 59 min'], [3 * DAY + 4 * HOUR, '3 d 4 h'], [400 * DAY, '400 d'], [NaN, '–'],
  ]);
});

test('rates and ratios', () => {
  check(rate, [[59.94, '60'], [9.94, '9.9'], [9.96, '10'], [0, '0'], [0.25, '0.3'], [null, '–']]);
  check(ratio, [[0.305, '0.30×'], [9.999, '10.0×'], [12.34, '12.3×'], [98.96, '99.0×'], [99, '>99×'], [1724.2, '>99×'], [-1, '0.00×'], [NaN, '–']]);
});

test('a name cannot turn or hide its letters', () => {
  check(visible, [
    ['\u202eevil\u202c', '\ufffdevil\ufffd'], ['lobby\u200b', 'lobby\ufffd'], ['a\u2066b', 'a\ufffdb'],
    ['שלום', 'שלום'], ['می\u200cخواهم', 'می\u200cخواهم'], ['<b>Größe</b>', '<b>Größe</b>'],
  ]);
});

test('what the server says becomes a sentence', () => {
  check(sentence, [['is silent', 'Is silent.'], ['Gone.', 'Gone.'], ['why?', 'Why?'], ['', ''], [null, ''], [undefined, '']]);
});

test('that a picture moves is said of who counts frames alone', () => {
  check((vitals) => livingOf({ vitals }), [
    [{ by: 'worker', frames: 296, state: 'ok' }, 'The picture moves.'],
    [{ by: 'cli' }, 'It beats; whether its picture moves, nobody says.'], [undefined, 'It beats; whether its picture moves, nobody says.'],
    [{ frames: 296, state: 'idle' }, 'It draws when something changes, and lives.'],
  ]);
});

test('the states stand in the order of the specification', () => {
  const words = 'missing down stalled hidden late unknown reconnecting starting up off done';
  assert.equal(STATES.map((s) => s.word).join(' '), words);
  assert.equal(STATES.filter((s) => isProblem(s.word)).map((s) => s.word).join(' '), 'missing down stalled hidden late unknown');
});

test('a foreign state, also one with a dangerous name, has a rank and no tone of good', () => {
  for (const word of ['melted', '', '__proto__', 'constructor', undefined, null]) {
    assert.equal(stateOf(word).tone, 'odd', String(word));
    assert.equal(isProblem(word), true, String(word));
  }
});

test('errors are told with their number and the last, and nothing that turns text', () => {
  const cases = [
    [undefined, ''], [{}, ''], [{ errs: 0 }, ''], [{ errs: 1 }, '1 error'], [{ errs: 12 }, '12 errors'],
    [{ errs: 1, lasterr: 'x is undefined' }, '1 error: x is undefined'], [{ lasterr: 'x' }, 'Error: x'],
    [{ errs: 2, lasterr: '<img onerror=x> \u202ey' }, '2 errors, the last: <img onerror=x> \ufffdy'],
  ];
  for (const [vitals, expected] of cases) assert.equal(errorsOf(vitals), expected);
});

test('a tile is red as soon as monitoring is told CRITICAL', () => {
  const cases = [['hidden', 'WARNING', 'warn'], ['hidden', 'CRITICAL', 'bad'], ['late', 'WARNING', 'warn'], ['up', 'OK', 'good'], ['up', undefined, 'good'], ['of tomorrow', 'CRITICAL', 'bad']];
  for (const [state, nagios, tone] of cases) assert.equal(toneOf({ state, nagios }), tone, `${state} ${nagios}`);
});

test('from far away the largest unit is enough', () => {
  for (const [ms, said] of [[12_900, '12\u00a0s'], [200_000, '3\u00a0min'], [7_800_000, '2\u00a0h'], [null, '–']]) assert.equal(roughly(ms), said);
});

test('a picture that stands has no gap between two frames', () => {
  check(gapOf, [[0, '–'], [undefined, '–'], [17, '17 ms'], [3200, '3200 ms']]);
});
