/**
 * What the rows of the house say: incidents, mutes, opening hours, expected screens. Pure: an object of the API in,
 * `{mark, title, text, notes, buttons}` out. A button is `{name, label, about}`; what it asks is house.js's.
 */

import { t } from './lang.js';
import { HOLDS, TOLD_ANYWAY, isPattern, isTold, muteTitle, scopeText } from './standing.js';
import { moment, until } from './when.js';
import { sentence, stateOf, toneOf, visible } from './words.js';

const where = (host, slot) => visible(slot ? `${host} · ${slot}` : host);
const capital = (text) => (text ? `${text[0].toUpperCase()}${text.slice(1)}` : '');

/** A scope at the head of a row; a name stays as it is written. */
function scopeTitle(scope) {
  const said = scopeText(scope ?? '');
  return scope === 'everything' || scope?.endsWith('/*') ? capital(said) : said;
}

/** Whom an incident is about, in one line. */
function subject({ about, app, host, slot, group }) {
  const of = typeof about === 'object' && about !== null ? about : { app, host, slot, group };
  // It may come as one line already.
  if (!of.app && !of.host && !of.group) return visible(about ?? '');
  if (of.app && isPattern(of)) return where(of.host, of.slot);
  if (of.app) return t('{app} on {place}', { app: visible(of.app), place: where(of.host, of.slot) });
  return of.group ? t('Group {group}', { group: visible(of.group) }) : where(of.host ?? '', of.slot);
}

/** Why an incident waits, where a screen of its own says it by its mute. */
const WAITS = { ...HOLDS, muted: t('Alerts and repairs wait: it is muted.'), new: t('Alerts and repairs wait: it is new.') };

/** Whether nobody is to do anything about an incident now; where repairs wait alone, somebody is. */
export const isHeld = ({ holds = [] }) => holds.some((word) => Object.hasOwn(WAITS, word) && !isTold(word));

/** Whether an incident waits for the opening: then it is listed with what would be wrong if the house opened. */
export const isClosed = ({ holds = [] }) => holds.includes('closed');

/** An open incident. */
export function incidentRow(incident, now = Date.now()) {
  const { number, state, since, acknowledged, snoozed_until: snoozed, covers = [], holds = [] } = incident;
  const title = `${subject(incident)}: ${stateOf(state).label}`;
  const names = covers.map((name) => visible(typeof name === 'string' ? name : subject(name)));
  const notes = [
    names.length > 0 && t('Speaks for {n}: {names}', { n: names.length, names: names.join(', ') }),
    acknowledged && t('{who} takes care of it.', { who: visible(acknowledged.by || t('Somebody')) }),
    snoozed && t('Nobody is told of it {until}.', { until: until(snoozed, now) }),
    ...holds.map((word) => WAITS[word]),
    holds.length > 0 && holds.every(isTold) && !acknowledged && !snoozed && TOLD_ANYWAY,
  ].filter(Boolean);
  const button = (name, label) => ({ name, label, about: title });
  return {
    mark: isHeld(incident) ? 'muted' : acknowledged || snoozed ? 'taken' : toneOf({ state }),
    title,
    text: [sentence(incident.sentence), t('Since {moment}.', { moment: moment(since, now) })].filter(Boolean).join(' '),
    notes,
    buttons: [!acknowledged && button('take', t('I take care of it')), !snoozed && button('quiet', t('Quiet for 1 hour'))].filter(Boolean),
    number,
  };
}

/** A mute. One that a calendar made has no number, and is not lifted here. */
export function muteRow({ id, kind, for: scope, from, until: end, hours, by, reason, holds }, now = Date.now()) {
  const title = scopeTitle(scope);
  const configured = by === 'config';
  const begins = Date.parse(from) > now ? t('from {moment}', { moment: moment(from, now) }) : '';
  const whose = configured ? t('(from the configuration)') : by ? t('by {who}', { who: visible(by) }) : '';
  const when = [muteTitle({ kind }), begins, hours ? t('on {hours}', { hours: visible(hours) }) : '', until(end, now), whose];
  return {
    mark: holds === false ? 'rest' : 'muted',
    title,
    text: `${when.filter(Boolean).join(' ')}.`,
    notes: [reason && `“${visible(reason)}”`, holds === false && t('Not in force now.')].filter(Boolean),
    buttons: id == null || configured ? [] : [{ name: 'lift', label: t('Lift'), about: title }],
  };
}

const PHASES = { open: ['good', t('Open')], opening: ['wait', t('Opening')], closed: ['rest', t('Closed')] };

/** A calendar or a signal: what is open, and when that changes. */
export function hoursRow({ for: scope, phase, next, next_change: change, until: end }, now = Date.now()) {
  const [mark, word] = PHASES[phase] ?? ['rest', visible(phase ?? '')];
  const at = (typeof next === 'object' ? next?.at : next) ?? change ?? end;
  const title = scopeTitle(scope);
  const turn = phase === 'open' ? { name: 'close', label: t('Close now'), about: title } : { name: 'open', label: t('Open now'), about: title };
  return { mark, title, text: `${[word, until(at, now)].filter(Boolean).join(' ')}.`, notes: [], buttons: scope ? [turn] : [] };
}

/** A screen that is expected, and since when nothing of it is there. */
export function screenRow({ host, slot, shows = [], missing_since: missing, by, hours }, now = Date.now()) {
  const title = where(host, slot);
  const notes = [missing && t('Missing since {moment}', { moment: moment(missing, now) }), hours && t('Hours: {hours}', { hours: visible(hours) })].filter(Boolean);
  const configured = by === 'config';
  const source = configured ? t('(from the configuration)') : by && by !== 'person' ? `(${t('by {who}', { who: visible(by) })})` : '';
  return {
    mark: missing ? 'bad' : 'good',
    title,
    text: [shows.length > 0 && !shows.includes('*') ? t('Shows {names}', { names: shows.map(visible).join(` ${t('or')} `) }) : t('Shows anything'), source].filter(Boolean).join(' '),
    notes,
    buttons: configured ? [] : [{ name: 'remove', label: t('Remove'), about: title }],
  };
}

/** A screen that would need a look if the house opened now. */
export function waitingRow({ app, host, slot, state, sentence: said }) {
  return { mark: toneOf({ state }), title: `${where(host, slot)}: ${stateOf(state).label}`, text: [isPattern({ app }) ? '' : visible(app), sentence(said)].filter(Boolean).join(' – '), notes: [], buttons: [] };
}
