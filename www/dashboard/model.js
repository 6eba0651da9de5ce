/**
 * What the dashboard believes: folds the events of the stream into apps, worst first, and knows how old its view is.
 *
 * Pure in the sense of the core: no DOM, no network, and `now` (monotonic ms of the caller) is an argument. Shapes of
 * the events: GET /api/v1/events. It believes the server and judges nothing itself.
 */

import { History } from './history.js';
import { t } from './lang.js';
import { Change } from './news.js';
import { isKnown, tallyOf, urgency } from './standing.js';
import { isProblem, stateOf, toneOf } from './words.js';

/** A view older than this is never shown as good (law 10), ms. */
export const STALE_AFTER = 3000;
/** Changes kept per app for the details panel. */
const LOG_LENGTH = 24;
/** Last beats that seem this close to each other are one, ms. */
const SAME_BEAT = 50;

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });

/** The identity of an app object as one string; no two identities share one. */
export function keyOf({ host, slot, app }) {
  return JSON.stringify([host, slot ?? '', app]);
}

/**
 * Worst first: what needs a look, what somebody takes care of, what is muted, the others. Only a change of that moves an
 * app, so nothing jumps about by itself.
 */
const byRank = (a, b) => urgency(a.view) - urgency(b.view) || stateOf(a.view.state).rank - stateOf(b.view.state).rank;

/** By name, as a person counts. */
export function byName(a, b) {
  return (
    collator.compare(a.view.app, b.view.app) ||
    collator.compare(a.view.host, b.view.host) ||
    collator.compare(a.view.slot ?? '', b.view.slot ?? '') ||
    (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)
  );
}

export class Model {
  /** Apps by key: `{key, view, heardAt, heardServer, history, log}`; `view` is the server's object, true at `heardAt`. */
  apps = new Map();
  /** Newest second of the sparklines. */
  column = 0;
  #heardAt = -Infinity;
  #heardWall = -Infinity;
  #serverAhead = null;
  #columnAt = null;
  /** Where each key stands by its name. */
  #named = new Map();

  /** Takes one event of the stream. Unknown types and unusable data change nothing. `wall` guards against a sleep that `now` did not see. */
  fold(type, data, now, wall = now) {
    const change = new Change();
    if (typeof data !== 'object' || data === null) return change;
    const at = Date.parse(data.at);
    // A reset or an unreadable time is a sign of life, but says nothing about the apps.
    if (type === 'reset' || Number.isNaN(at)) return change;
    if (type === 'snapshot' || type === 'vitals') {
      this.#serverAhead = at - now;
      if (type === 'snapshot') this.#snapshot(data, now, at, change);
      else this.#vitals(data, now, at, change);
    }
    else if (type === 'transition') this.#transition(data, now, at, change);
    else if (type === 'event') this.#event(data, change);
    else if (type === 'standing') this.#standing(data, now, at, change);
    else if (type !== 'told') return change;
    this.#heardAt = now;
    this.#heardWall = wall;
    return change;
  }

  /** How old the view is, ms; `Infinity` before the first event. The larger of two clocks: one may have slept. */
  viewAge(now, wall = now) {
    return Math.max(0, now - this.#heardAt, wall - this.#heardWall);
  }

  isStale(now, wall = now) {
    return this.viewAge(now, wall) > STALE_AFTER;
  }

  /** Wall time at the server in ms since 1970, as far as the last event tells. */
  serverTime(now) {
    return now + (this.#serverAhead ?? 0);
  }

  /** The moment for which ages may be told: not beyond what a stale view can know. */
  knownUntil(now) {
    return Math.min(now, this.#heardAt + STALE_AFTER);
  }

  /** All apps, worst first, then by name. A thousand names are compared only when there is a new one. */
  ordered() {
    if (this.#named.size !== this.apps.size || [...this.apps.values()].some((app) => !this.#named.has(app.key))) {
      const sorted = [...this.apps.values()].sort(byName);
      this.#named = new Map(sorted.map(({ key }, at) => [key, at]));
    }
    return [...this.apps.values()].sort((a, b) => byRank(a, b) || this.#named.get(a.key) - this.#named.get(b.key));
  }

  /** How many apps are in each state: a `Map` of word → number. */
  counts() {
    const counts = new Map();
    for (const { view } of this.apps.values()) counts.set(view.state, (counts.get(view.state) ?? 0) + 1);
    return counts;
  }

  /** What the headline tells: how many are in each place of standing.js, and of which states those are that need a look. */
  tally() {
    return tallyOf([...this.apps.values()].map(({ view }) => view));
  }

  /** Whether any app is shown in full red. */
  isCritical() {
    return [...this.apps.values()].some(({ view }) => toneOf(view) === 'bad' && !isKnown(view));
  }

  #snapshot(data, now, at, change) {
    this.#advance(at);
    const gone = new Set(this.apps.keys());
    for (const view of usable(data.apps)) {
      gone.delete(keyOf(view));
      this.#put(view, now, at, change);
    }
    for (const key of gone) this.#remove(key, change);
  }

  #vitals(data, now, at, change) {
    this.#advance(at);
    for (const view of usable(data.apps)) this.#put(view, now, at, change);
    this.#wake(at, change);
  }

  /** A snooze ends by itself, and of a silent screen nothing else may come. */
  #wake(at, change) {
    for (const app of this.apps.values()) {
      const { incident } = app.view;
      if (!incident?.snoozed_until || Date.parse(incident.snoozed_until) > at) continue;
      app.view = { ...app.view, incident: { ...incident, snoozed_until: null } };
      change.touched.add(app);
    }
  }

  #transition(data, now, at, change) {
    const view = usable([data.view])[0] ?? this.#turned(data);
    if (!view) return;
    // It was true when it happened, which may be long ago: a stream that resumes tells what was missed.
    const then = this.#serverAhead === null ? now : Math.min(now, at - this.#serverAhead);
    const app = this.#put(view, then, at, change);
    note(app, { at, text: view.state, cause: data.cause, sentence: data.sentence });
  }

  /** The view of an app that is known, turned to the state of a transition that brought no view. */
  #turned({ app, host, slot, to, cause, sentence, at: since }) {
    const old = this.apps.get(keyOf({ app, host, slot }));
    return old && typeof to === 'string' ? { ...old.view, state: to, cause, sentence, since, nagios: undefined } : null;
  }

  #event(data, change) {
    if (data.kind === 'moved' && typeof data.from === 'string') {
      const old = this.apps.get(keyOf({ ...data, host: data.from }));
      if (old) {
        this.#remove(old.key, change);
        const view = { ...old.view, host: data.host };
        const app = { ...old, key: keyOf(view), view };
        // Who speaks there already is believed: it took the place of the other.
        if (!this.apps.has(app.key)) this.apps.set(app.key, app);
        change.touched.add(this.apps.get(app.key));
      }
    }
    const app = this.apps.get(keyOf(data));
    if (!app) return;
    if (data.kind === 'removed') {
      this.#remove(app.key, change);
      return;
    }
    if (data.kind === 'slowing') app.view = { ...app.view, slowing: data.on !== false };
    if (data.kind === 'conflict') app.view = { ...app.view, conflict: data.on !== false };
    note(app, { at: Date.parse(data.at), text: data.kind, cause: null, sentence: null, event: { from: data.from, on: data.on } });
    change.touched.add(app);
  }

  /** It stands otherwise with an app: muted, taken care of, being repaired. */
  #standing(data, now, at, change) {
    for (const view of usable([data.view])) this.#put(view, now, at, change);
    // A place that nobody expects any more, and where nobody ever was.
    if (data.view === null && this.apps.has(keyOf(data))) this.#remove(keyOf(data), change);
  }

  #put(view, now, at, change) {
    const key = keyOf(view);
    const old = this.apps.get(key);
    const app = old ?? { key, view, heardAt: now, heardServer: at, history: new History(this.column), log: [] };
    const beats = old ? beatsBetween(old.view, old.heardServer, view, at) : 0;
    const hold = Math.ceil((view.granted_ms ?? 0) / 1000);
    app.history.note(this.column, beats, rateOf(view), hold);
    const calls = (of) => isProblem(of.state) && !of.muted;
    const wasProblem = old ? calls(old.view) : false;
    const isNow = calls(view);
    // A transition tells what was; what the page takes is of now.
    app.view = view.accepts || !old ? view : { ...view, accepts: old.view.accepts };
    app.heardAt = now;
    app.heardServer = at;
    if (isNow && !wasProblem) change.problems.push(app);
    if (!isNow && wasProblem) change.recoveries.push(app);
    this.apps.set(key, app);
    change.touched.add(app);
    return app;
  }

  #remove(key, change) {
    this.apps.delete(key);
    change.removed.add(key);
  }

  /** One column per second of the server; the jitter of its ticker neither doubles nor skips one. */
  #advance(at) {
    const step = this.#columnAt === null ? 1 : Math.round((at - this.#columnAt) / 1000);
    // The wall clock of the server may step: a vitals event is one second whatever its label says.
    const columns = step < 1 || step > 3600 ? 1 : step;
    this.#columnAt = at;
    this.column += columns;
    if (columns * 1000 <= STALE_AFTER) return;
    for (const app of this.apps.values()) app.history.skip(this.column);
  }
}

/** Live ages of an app at `now`, ms or null: `{frame, beat, word, overdue}`. Nothing ticks for an app that said goodbye. */
export function ages(app, now) {
  const { view } = app;
  const passed = Math.max(0, now - app.heardAt);
  const grown = (ms) => (Number.isFinite(ms) ? ms + passed : null);
  const ends = view.state === 'done' || view.state === 'off';
  const overdue = !ends && Number.isFinite(view.overdue) && view.granted_ms > 0 ? view.overdue + passed / view.granted_ms : null;
  return { frame: grown(view.frame_age_ms), beat: grown(view.last_beat_age_ms), word: grown(view.last_word_age_ms), overdue };
}

/**
 * What shows best that somebody lives, and its age: a frame; without one the later of beat and word, for a page whose
 * picture stands still from the start reports and never beats.
 */
export function lastSign({ frame, beat, word }) {
  if (frame !== null) return [t('last frame'), frame];
  return word !== null && (beat === null || word < beat) ? [t('last word'), word] : [t('last beat'), beat];
}

/** How long the app has been in its state, ms, at the server's wall time `serverTime`; null if unknown. */
export function inState(app, serverTime) {
  const since = Date.parse(app.view.since);
  return Number.isNaN(since) ? null : Math.max(0, serverTime - since);
}

/** Beats of an app between two views of it. Words that renew no promise count in `seq` but are no beats. */
function beatsBetween(before, beforeAt, after, afterAt) {
  if (!Number.isFinite(after.last_beat_age_ms)) return 0;
  if (Number.isFinite(before.last_beat_age_ms)) {
    const moved = afterAt - after.last_beat_age_ms - (beforeAt - before.last_beat_age_ms);
    // The times of two events are not taken in one breath: a little is no beat, and a minute's drawing loses nothing.
    if (moved < SAME_BEAT) return 0;
  }
  const sameBoot = before.boot === after.boot && Number.isInteger(before.seq) && Number.isInteger(after.seq);
  return sameBoot ? Math.max(1, after.seq - before.seq) : 1;
}

/** States in which a reported frame rate can still be true. */
const DRAWING = new Set(['hidden', 'late', 'starting', 'up']);

/** Causes of red beside which frames may be drawn, or are not counted at all. */
const BESIDE = new Set(['picture-stuck', 'unproven', 'display-off', 'crash-loop']);

/** The frame rate to show: zero where the client itself says that no frame came, NaN where nothing is known. */
export function rateOf(view) {
  if (view.state === 'stalled' && !BESIDE.has(view.cause)) return 0;
  if (view.state !== 'stalled' && !DRAWING.has(view.state)) return NaN;
  return Number.isFinite(view.fps) ? view.fps : NaN;
}

function note(app, entry) {
  app.log.unshift(entry);
  app.log.length = Math.min(app.log.length, LOG_LENGTH);
}

function usable(apps) {
  if (!Array.isArray(apps)) return [];
  return apps.filter((v) => v && typeof v.app === 'string' && typeof v.host === 'string' && typeof v.state === 'string');
}
