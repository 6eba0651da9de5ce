/**
 * The words of the dashboard: the states in order of precedence with their tone, and ages and spans as text.
 *
 * The order is the table of the server (worst first); nothing here decides a state. Pure: no DOM, no clock.
 */

import { decimal, t } from './lang.js';

/**
 * Every state, worst first. `tone` chooses the colours, `says` stands in when the server sent no sentence.
 * @type {ReadonlyArray<{word: string, label: string, tone: string, says: string}>}
 */
export const STATES = Object.freeze([
  { word: 'missing', label: t('Missing'), tone: 'bad', says: t('A screen is expected here and nothing is up.') },
  { word: 'down', label: t('Down'), tone: 'bad', says: t('Silent for much longer than promised.') },
  { word: 'stalled', label: t('Stalled'), tone: 'bad', says: t('The page answers, but nothing is being drawn.') },
  { word: 'hidden', label: t('Hidden'), tone: 'warn', says: t('It runs, but nobody can see the page.') },
  { word: 'late', label: t('Late'), tone: 'warn', says: t('The promised beat has not come.') },
  { word: 'unknown', label: t('Unknown'), tone: 'odd', says: t('Not heard since the server restarted.') },
  { word: 'reconnecting', label: t('Reconnecting'), tone: 'wait', says: t('It left a moment ago and is expected back.') },
  { word: 'starting', label: t('Starting'), tone: 'wait', says: t('It is loading; the first frame is not yet due.') },
  { word: 'up', label: t('Up'), tone: 'good', says: t('It beats; whether its picture moves, nobody says.') },
  { word: 'off', label: t('Off'), tone: 'rest', says: t('The display is off, as it should be.') },
  { word: 'done', label: t('Done'), tone: 'rest', says: t('It said goodbye.') },
]);

const BY_WORD = new Map(STATES.map((state, rank) => [state.word, Object.freeze({ ...state, rank })]));

/**
 * What an app that is up shows of its life. That its picture moves is said of who counts frames alone: a program that
 * runs, or a timer, proves nothing of a picture.
 */
export function livingOf({ vitals }) {
  if (vitals?.state === 'idle') return t('It draws when something changes, and lives.');
  return Number.isFinite(vitals?.frames) ? t('The picture moves.') : stateOf('up').says;
}

/** A newer server may know a word we do not: it is shown as it is, before everything that is known to be good. */
const FOREIGN_RANK = BY_WORD.get('unknown').rank;

/** What is known of a state word: `{word, label, tone, says, rank}`; never fails. */
export function stateOf(word) {
  const text = String(word);
  return BY_WORD.get(text) ?? { word: text, label: text, tone: 'odd', says: '', rank: FOREIGN_RANK };
}

/** Tones that call for a look. */
const LOUD = new Set(['bad', 'warn', 'odd']);

/**
 * The colours of an app: its state's, but red as soon as monitoring is told CRITICAL, as of a page hidden for long; and
 * quiet where it is muted and calls for a look.
 */
export function toneOf({ state, nagios, muted }) {
  const tone = nagios === 'CRITICAL' ? 'bad' : stateOf(state).tone;
  return muted && LOUD.has(tone) ? 'muted' : tone;
}

/** Whether somebody should look: everything from `missing` to `unknown`. */
export function isProblem(word) {
  return stateOf(word).rank <= FOREIGN_RANK;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A no-break space keeps number and unit on one line. */
const unit = (value, name) => `${value}\u00a0${name}`;

/** An age that ticks, cut, not rounded: "0.4 s", "12 s", "22 min", "3 h", "4 d". `ms` null → "–". */
export function age(ms) {
  if (!Number.isFinite(ms)) return '–';
  const known = Math.max(0, ms);
  if (known < 10 * SECOND) return unit(decimal(Math.floor(known / 100) / 10, 1), t('s'));
  if (known < MINUTE) return unit(Math.floor(known / SECOND), t('s'));
  if (known < HOUR) return unit(Math.floor(known / MINUTE), t('min'));
  return known < DAY ? unit(Math.floor(known / HOUR), t('h')) : unit(Math.floor(known / DAY), t('d'));
}

/** A span in its two largest units, cut, not rounded: "12 s", "3 min 20 s", "2 h 10 min", "3 d 4 h". `ms` null → "–". */
export function span(ms) {
  if (!Number.isFinite(ms)) return '–';
  const known = Math.max(0, ms);
  const two = (big, bigName, small, smallName) => {
    const high = Math.floor(known / big);
    const low = Math.floor((known % big) / small);
    return low === 0 ? unit(high, bigName) : `${unit(high, bigName)} ${unit(low, smallName)}`;
  };
  if (known < MINUTE) return unit(Math.floor(known / SECOND), t('s'));
  if (known < HOUR) return two(MINUTE, t('min'), SECOND, t('s'));
  if (known < DAY) return two(HOUR, t('h'), MINUTE, t('min'));
  return two(DAY, t('d'), HOUR, t('h'));
}

/** A span in its largest unit alone, for whoever stands far away: "12 s", "3 min", "2 h", "3 d". `ms` null → "–". */
export function roughly(ms) {
  // The two units of a span stand apart by a space that breaks, a number and its unit by one that does not.
  return span(ms).split(' ')[0];
}

/** Frames per second as a person reads them: one decimal below ten, whole above. Unknown → "–". */
export function rate(fps) {
  if (!Number.isFinite(fps)) return '–';
  return fps > 0 && fps < 9.95 ? decimal(fps, 1) : String(Math.round(fps));
}

/** The longest gap between two frames, ms. Zero is none, as of a picture that stands: no second frame has come → "–". */
export function gapOf(ms) {
  return Number.isFinite(ms) && ms > 0 ? `${ms}\u00a0ms` : '–';
}

/** An overdue ratio, times the time granted: "0.33×", "12.3×", ">99×" when nobody cares how much. Unknown → "–". */
export function ratio(od) {
  if (!Number.isFinite(od)) return '–';
  const known = Math.max(0, od);
  if (known >= 99) return '>99×';
  return `${decimal(known, known < 9.995 ? 2 : 1)}×`;
}

/** Characters that turn or hide text: they could make one exhibit read like another. */
const UNSEEN = /[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]/g;

/** Text from outside as it may be shown: what would be invisible becomes a visible mark. */
export function visible(text) {
  return String(text).replace(UNSEEN, '\ufffd');
}

/** What the server says of a state, as a sentence: it also stands in the middle of lines there, without capital and stop. */
export function sentence(text) {
  const said = t(String(text ?? '').trim());
  if (said === '') return '';
  const whole = said[0].toUpperCase() + said.slice(1);
  return /[.!?…]$/.test(whole) ? whole : `${whole}.`;
}

/** Uncaught errors of a page in one line: "3 errors, the last: TypeError: …"; empty where there are none. */
export function errorsOf(vitals) {
  const { errs, lasterr } = vitals ?? {};
  const last = typeof lasterr === 'string' ? visible(lasterr).trim() : '';
  if (errs === 1) return last === '' ? t('1 error') : t('1 error: {last}', { last });
  if (errs > 1) return last === '' ? t('{n} errors', { n: errs }) : t('{n} errors, the last: {last}', { n: errs, last });
  return last === '' ? '' : t('Error: {last}', { last });
}
