/**
 * The states of an app over a span as pieces of a bar, and its hours as lines of a plot. Pure: the answer of `GET …/timeline` in.
 */

import { t } from './lang.js';
import { span, stateOf, toneOf } from './words.js';

/** Over which spans, ms. */
export const SPANS = Object.freeze([
  { name: '1h', label: t('1 hour'), ms: 3600_000 },
  { name: '24h', label: t('24 hours'), ms: 24 * 3600_000 },
  { name: '30d', label: t('30 days'), ms: 30 * 24 * 3600_000 },
]);

/** Wide enough to be seen: an outage of a minute is a piece of a month too. */
const LEAST = 0.003;

/**
 * What it was when: `[{state, tone, from, to, at, width}]` in order, `at` and `width` as shares of the span; `state` null where it
 * was not held. `until` is now: what is later is nobody's.
 */
export function piecesOf({ from, to, states }, until = Infinity) {
  const [begin, end] = [Date.parse(from), Math.min(Date.parse(to), until)];
  const all = Date.parse(to) - begin;
  if (!(all > 0)) return [];
  const pieces = [];
  states.forEach(({ at, state }, index) => {
    const start = Math.max(begin, Date.parse(at));
    const next = states[index + 1];
    const stop = Math.min(end, next ? Math.max(start, Date.parse(next.at)) : end);
    const last = pieces.at(-1);
    if (stop <= start) return;
    if (last && last.state === state && last.to === start) last.to = stop;
    else pieces.push({ state, tone: state === null ? 'none' : toneOf({ state }), from: start, to: stop });
  });
  return pieces.map((piece) => ({ ...piece, at: (piece.from - begin) / all, width: Math.max(LEAST, (piece.to - piece.from) / all) }));
}

/** The bar in words, longest first: "Up 23 h 50 min, Down 10 min". */
export function spokenOf(pieces) {
  const sums = new Map();
  for (const { state, from, to } of pieces) if (state !== null) sums.set(state, (sums.get(state) ?? 0) + to - from);
  const said = [...sums].sort(([, a], [, b]) => b - a).map(([state, ms]) => `${stateOf(state).label} ${span(ms)}`);
  return said.join(', ') || t('nothing is known');
}

/** Longer than this nobody looked, s: no line bridges it. */
const PAUSE = 150;
const HOUR = 3600;

/** The same of the minutes of a short span. */
export function minutesOf({ minutes }) {
  const lines = { at: [], fps: [], lowest: [], interval: [] };
  let before = null;
  for (const { at, fps, longest_gap_ms: gap, beats } of minutes) {
    const second = Date.parse(at) / 1000;
    if (before !== null && second - before > PAUSE) for (const line of Object.values(lines)) line.push(line === lines.at ? before + PAUSE / 2 : null);
    lines.at.push(second);
    lines.fps.push(fps ?? null);
    lines.lowest.push(gap > 0 && fps != null ? Math.min(fps, 1000 / gap) : null);
    lines.interval.push(beats > 0 && before !== null ? (second - before) / beats : null);
    before = second;
  }
  return lines;
}

/** What is drawn of an answer: minutes where the span is short and there are some, else hours. */
export function curvesOf(told) {
  const short = Date.parse(told.to) - Date.parse(told.from) <= 2 * HOUR * 1000;
  return short && told.minutes?.length > 1 ? minutesOf(told) : linesOf(told);
}

/** What the hours were like, for a plot: seconds since 1970, frame rates, and seconds from beat to beat. A gap where nothing is known. */
export function linesOf({ hours }) {
  const lines = { at: [], fps: [], lowest: [], interval: [] };
  let before = null;
  for (const { at, fps, lowest_fps: lowest, beats, seconds } of hours) {
    const hour = Date.parse(at) / 1000;
    // A line that bridges hours in which nobody was heard would tell of them.
    if (before !== null && hour - before > 3600) for (const line of Object.values(lines)) line.push(line === lines.at ? before + 3600 : null);
    before = hour;
    const heard = ['up', 'starting', 'hidden', 'stalled', 'late'].reduce((sum, state) => sum + (seconds[state] ?? 0), 0);
    lines.at.push(hour);
    lines.fps.push(fps ?? null);
    lines.lowest.push(lowest ?? null);
    lines.interval.push(beats > 0 && heard > 0 ? heard / beats : null);
  }
  return lines;
}
