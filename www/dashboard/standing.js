/**
 * How it stands with an app beside its state, in words: muted, taken care of, being repaired, new, waiting for something.
 *
 * Pure. The server decides all of it; the order of the wall and its headline follow.
 */

import { isProblem, stateOf, visible } from './words.js';
import { moment, until } from './when.js';

const MUTES = { closed: 'closed', maintenance: 'maintenance', snooze: 'muted' };
const STEPS = { reload: 'reloading', command: 'running a command', restart: 'restarting', reboot: 'rebooting' };
/** Why alerts and repairs wait, where no mute says it. */
const HOLDS = {
  closed: 'outside the opening hours',
  grace: 'it has just been switched on',
  group: 'many beside it fell silent at once, which may have one cause',
  covered: 'it is part of a larger failure, and told of there',
  dependency: 'what it depends on is down',
  'display-off': 'its display is off',
};

/** Whether somebody said to see to it, or wants quiet about it for a while. */
export function isTaken({ incident }) {
  return Boolean(incident && (incident.acknowledged || incident.snoozed_until));
}

/** What an app wants of who looks at the wall, loudest first: 0 a look, 1 nothing more, 2 nothing for now, 3 nothing. */
export function urgency(view) {
  if (!isProblem(view.state)) return 3;
  return view.muted ? 2 : isTaken(view) ? 1 : 0;
}

/** Where an app belongs in the headline; each is in one place. */
export function placeInSummary(view) {
  const { tone } = stateOf(view.state);
  if (tone === 'rest') return 'resting';
  if (view.muted) return 'muted';
  if (isProblem(view.state)) return isTaken(view) ? 'taken' : 'troubled';
  return tone === 'wait' ? 'waiting' : 'well';
}

/** By whom it is muted, in one word. */
export function muteWord(mute) {
  return MUTES[mute?.kind] ?? 'muted';
}

/** What else there is to know at a glance, as short marks on a tile. */
export function tagsOf(view, now = Date.now()) {
  const { conflict, muted, mute, incident, repair, new: isNew } = view;
  const quiet = !muted && incident?.snoozed_until && `quiet ${until(incident.snoozed_until, now)}`;
  const taken = !muted && incident?.acknowledged && (incident.acknowledged.by ? `${visible(incident.acknowledged.by)} takes care` : 'taken care of');
  return [
    conflict && 'two pages, one name',
    muted && [muteWord(mute), until(mute?.until, now)].filter(Boolean).join(' '),
    taken || quiet,
    repair?.status === 'running' && (STEPS[repair.action] ?? 'repairing'),
    repair?.status === 'gave-up' && isProblem(view.state) && 'repairs gave up',
    isNew && 'new',
  ].filter(Boolean);
}

/** The same as sentences for the panel: `{mark, text}`, `mark` chooses the look. */
export function linesOf(view, now = Date.now()) {
  const { muted, mute, incident, repair, holds, new: isNew } = view;
  const lines = [];
  const say = (mark, ...parts) => lines.push({ mark, text: `${parts.filter(Boolean).join(' ')}.` });
  const by = (name) => name && `by ${visible(name)}`;
  if (incident) {
    say('incident', `Incident ${incident.number}, since`, moment(incident.since, now));
    if (incident.acknowledged) say('taken', visible(incident.acknowledged.by || 'Somebody'), 'takes care of it');
    if (incident.snoozed_until) say('taken', 'Nobody is told of it', until(incident.snoozed_until, now));
  }
  if (muted) {
    const word = muteWord(mute);
    const why = mute?.reason ? `: ${visible(mute.reason)}` : '';
    say('muted', word[0].toUpperCase() + word.slice(1), until(mute?.until, now), mute?.id != null && by(mute.by), scopeNote(mute, view) + why);
  }
  if (repair?.status === 'running') say('repair', 'A repair is under way:', STEPS[repair.action] ?? 'one step');
  if (repair?.status === 'gave-up') say('incident', 'The repairs gave up: somebody has to go there');
  if (isNew) say('new', 'New: nobody is told of it and nothing is repaired until it is adopted');
  for (const word of holds ?? []) if (!muted && HOLDS[word]) say('hold', `Alerts and repairs wait: ${HOLDS[word]}`);
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
  if (scope === 'everything') return 'all screens';
  if (scope.startsWith('group:')) return visible(scope.slice('group:'.length));
  const all = scope.match(/^([^/]*)\/\*$/);
  return visible(all ? `all of ${all[1]}` : scope.replace(/#$/, ''));
}
