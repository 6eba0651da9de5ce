/**
 * How it stands with an app beside its state, in words: muted, taken care of, being repaired, new, waiting for something.
 *
 * Pure. The server decides all of it; the order of the wall and its headline follow.
 */

import { t } from './lang.js';
import { isProblem, sentence, stateOf, visible } from './words.js';
import { moment, until } from './when.js';

const MUTES = { closed: t('closed'), maintenance: t('maintenance'), snooze: t('muted') };
/** The same at the head of a line. */
const MUTED = { closed: t('Closed'), maintenance: t('Maintenance'), snooze: t('Muted') };
const STEPS = { reload: t('reloading'), command: t('running a command'), restart: t('restarting'), reboot: t('rebooting') };
/** Why alerts and repairs wait, where no mute says it. */
export const HOLDS = {
  closed: t('Alerts and repairs wait: outside the opening hours.'),
  grace: t('Alerts and repairs wait: it has just been switched on.'),
  group: t('Alerts and repairs wait: many beside it fell silent at once, which may have one cause.'),
  covered: t('Alerts wait: it is part of a larger failure, and told of there.'),
  dependency: t('Alerts and repairs wait: what it depends on is down.'),
  'display-off': t('Repairs wait: its display is off.'),
  conflict: t('Repairs wait: two answer to its name.'),
};

/** What of them stops repairs only. */
const TOLD = new Set(['display-off', 'conflict']);

/** Whether a word of the server stops repairs only: people are told of a screen for which there is no other. */
export const isTold = (word) => TOLD.has(word);
/** What people read then, so that nobody thinks that they are not. */
export const TOLD_ANYWAY = t('People are told of it all the same.');

/** Why no further repair begins, though something is wrong. */
const LIMITS = {
  pause: (moment) => t('No further repair before {moment}: the last one did not help.', { moment }),
  hourly: (moment) => t('No further repair before {moment}: it had those of an hour.', { moment }),
  reboot: (moment) => t('Its machine starts again once a day: not before {moment}.', { moment }),
  visitor: (moment) => t('No reload before {moment}: somebody stands before it.', { moment }),
  others: () => t('Its next repair waits: another machine of its group is being repaired, or its own starts again.'),
};

/** Whether it stands for a place where nobody was heard, and which of many might be shown: its name is no app's. */
export const isPattern = (view) => view.first_seen == null && /[*{]/.test(view.app);

/** Whether somebody said to see to it. */
export const isTaken = ({ incident }) => Boolean(incident?.acknowledged);

/** Whether somebody wants quiet about it for a while, and nobody said to see to it. */
export const isSnoozed = (view) => Boolean(view.incident?.snoozed_until) && !isTaken(view);

/** Whether somebody knows of it. */
export const isKnown = (view) => isTaken(view) || isSnoozed(view);

/** What an app wants of who looks at the wall, loudest first: 0 a look, 1 nothing more, 2 nothing for now, 3 nothing. */
export function urgency(view) {
  if (!isProblem(view.state)) return 3;
  return view.muted ? 2 : isKnown(view) ? 1 : 0;
}

/** Where an app belongs in the headline; each is in one place. */
export function placeInSummary(view) {
  const { tone } = stateOf(view.state);
  if (tone === 'rest') return 'resting';
  if (view.muted) return 'muted';
  if (isProblem(view.state)) return isTaken(view) ? 'taken' : isSnoozed(view) ? 'snoozed' : 'troubled';
  return tone === 'wait' ? 'waiting' : 'well';
}

/** How many views are in each place of the headline, and how many of each state need a look: `loud`. */
export function tallyOf(views) {
  const tally = { total: 0, troubled: 0, taken: 0, snoozed: 0, muted: 0, waiting: 0, resting: 0, well: 0, loud: new Map() };
  for (const view of views) {
    const place = placeInSummary(view);
    tally.total += 1;
    tally[place] += 1;
    if (place === 'troubled') tally.loud.set(view.state, (tally.loud.get(view.state) ?? 0) + 1);
  }
  return tally;
}

/** By whom it is muted, in one word. */
export function muteWord(mute) {
  return MUTES[mute?.kind] ?? MUTES.snooze;
}

/** The same at the head of a line. */
export function muteTitle(mute) {
  return MUTED[mute?.kind] ?? MUTED.snooze;
}

/** What else there is to know at a glance, as short marks on a tile. */
export function tagsOf(view, now = Date.now()) {
  const { conflict, slowing, muted, mute, incident, repair, new: isNew } = view;
  const quiet = !muted && incident?.snoozed_until && t('quiet {until}', { until: until(incident.snoozed_until, now) });
  const who = incident?.acknowledged?.by;
  const taken = !muted && incident?.acknowledged && (who ? t('{who} takes care', { who: visible(who) }) : t('taken care of'));
  return [
    conflict && t('two answer to one name'),
    slowing && t('slowing down'),
    muted && [muteWord(mute), until(mute?.until, now)].filter(Boolean).join(' '),
    taken || quiet,
    repair?.status === 'running' && (STEPS[repair.action] ?? t('repairing')),
    repair?.status === 'gave-up' && isProblem(view.state) && t('repairs gave up'),
    isNew && t('new'),
  ].filter(Boolean);
}

/** The same as sentences for the panel: `{mark, text}`, `mark` chooses the look. */
export function linesOf(view, now = Date.now()) {
  const { muted, mute, incident, repair, holds, new: isNew } = view;
  const lines = [];
  const say = (mark, text) => lines.push({ mark, text });
  if (view.advice) say('advice', sentence(view.advice));
  if (incident) {
    say('incident', t('Incident {number}, since {moment}.', { number: incident.number, moment: moment(incident.since, now) }));
    if (incident.acknowledged) say('taken', t('{who} takes care of it.', { who: visible(incident.acknowledged.by || t('Somebody')) }));
    if (incident.snoozed_until) say('taken', t('Nobody is told of it {until}.', { until: until(incident.snoozed_until, now) }));
  }
  if (muted) {
    const by = mute?.id != null && mute.by ? t('by {who}', { who: visible(mute.by) }) : '';
    const why = mute?.reason ? `: ${visible(mute.reason)}` : '';
    const said = [muteTitle(mute), until(mute?.until, now), by, scopeNote(mute, view)].filter(Boolean).join(' ');
    say('muted', `${said}${why}.`);
  }
  if (repair?.status === 'running') say('repair', t('A repair is under way: {step}.', { step: STEPS[repair.action] ?? t('one step') }));
  if (repair?.status === 'gave-up') say('incident', t('The repairs gave up: somebody has to go there.'));
  const limit = isProblem(view.state) && LIMITS[repair?.waits];
  if (limit) say('hold', limit(moment(repair.not_before, now)));
  if (isNew) say('new', t('New: nobody is told of it and nothing is repaired until it is adopted.'));
  const waits = muted ? [] : (holds ?? []).filter((word) => HOLDS[word]);
  for (const word of waits) say('hold', HOLDS[word]);
  if (waits.length > 0 && waits.every(isTold) && !isNew && !isKnown(view)) say('hold', TOLD_ANYWAY);
  return lines;
}

/** For whom else a mute is, where it is for more than this app. */
function scopeNote(mute, { app }) {
  const scope = mute?.for;
  if (!scope || (scope !== 'everything' && !scope.startsWith('group:') && scope.includes(app))) return '';
  return `(${scopeText(scope)})`;
}

/** Whom a scope is for, as a person says it. */
export function scopeText(scope) {
  if (scope === 'everything') return t('all screens');
  if (scope.startsWith('group:')) return visible(scope.slice('group:'.length));
  const all = scope.match(/^([^/]*)\/\*$/);
  return all ? t('all of {host}', { host: visible(all[1]) }) : visible(scope.replace(/#$/, ''));
}
