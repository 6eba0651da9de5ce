/**
 * What the rows of the house say: incidents, mutes, opening hours, expected screens. Pure: an object of the API in,
 * `{mark, title, text, notes, buttons}` out. A button is `{name, label, about}`; what it asks is house.js's.
 */

import { muteWord, scopeText } from './standing.js';
import { moment, until } from './when.js';
import { sentence, stateOf, toneOf, visible } from './words.js';

const where = (host, slot) => visible(slot ? `${host} · ${slot}` : host);
const capital = (text) => (text ? `${text[0].toUpperCase()}${text.slice(1)}` : '');

/** A scope at the head of a row; a name stays as it is written. */
function scopeTitle(scope) {
  const said = scopeText(scope ?? '');
  return said.startsWith('all ') && scope !== said ? capital(said) : said;
}

/** Whom an incident is about, in one line. */
function subject({ about, app, host, slot, group }) {
  const of = typeof about === 'object' && about !== null ? about : { app, host, slot, group };
  // It may come as one line already.
  if (!of.app && !of.host && !of.group) return visible(about ?? '');
  if (of.app) return `${visible(of.app)} on ${where(of.host, of.slot)}`;
  return of.group ? `Group ${visible(of.group)}` : where(of.host ?? '', of.slot);
}

/** An open incident. */
export function incidentRow(incident, now = Date.now()) {
  const { number, state, since, acknowledged, snoozed_until: snoozed, covers = [] } = incident;
  const title = `${subject(incident)}: ${stateOf(state).label.toLowerCase()}`;
  const names = covers.map((name) => visible(typeof name === 'string' ? name : subject(name)));
  const notes = [
    names.length > 0 && `Speaks for ${names.length}: ${names.join(', ')}`,
    acknowledged && `${visible(acknowledged.by || 'Somebody')} takes care of it`,
    snoozed && `Nobody is told of it ${until(snoozed, now)}`,
  ].filter(Boolean);
  const button = (name, label) => ({ name, label, about: title });
  return {
    mark: acknowledged || snoozed ? 'taken' : toneOf({ state }),
    title,
    text: [sentence(incident.sentence), `Since ${moment(since, now)}.`].filter(Boolean).join(' '),
    notes,
    buttons: [!acknowledged && button('take', 'I take care of it'), !snoozed && button('quiet', 'Quiet for 1 hour')].filter(Boolean),
    number,
  };
}

/** A mute. One that a calendar made has no number, and is not lifted here. */
export function muteRow({ id, kind, for: scope, from, until: end, hours, by, reason, holds }, now = Date.now()) {
  const title = scopeTitle(scope);
  const configured = by === 'config';
  const begins = Date.parse(from) > now ? `from ${moment(from, now)}` : '';
  const when = [capital(muteWord({ kind })), begins, hours ? `on ${visible(hours)}` : '', until(end, now), configured ? '(from the configuration)' : by ? `by ${visible(by)}` : ''];
  return {
    mark: holds === false ? 'rest' : 'muted',
    title,
    text: `${when.filter(Boolean).join(' ')}.`,
    notes: [reason && `“${visible(reason)}”`].filter(Boolean),
    buttons: id == null || configured ? [] : [{ name: 'lift', label: 'Lift', about: title }],
  };
}

const PHASES = { open: ['good', 'Open'], opening: ['wait', 'Opening'], closed: ['rest', 'Closed'] };

/** A calendar or a signal: what is open, and when that changes. */
export function hoursRow({ for: scope, phase, next, next_change: change, until: end }, now = Date.now()) {
  const [mark, word] = PHASES[phase] ?? ['rest', visible(phase ?? '')];
  const at = (typeof next === 'object' ? next?.at : next) ?? change ?? end;
  return { mark, title: scopeTitle(scope), text: `${[word, until(at, now)].filter(Boolean).join(' ')}.`, notes: [], buttons: [] };
}

/** A screen that is expected, and since when nothing of it is there. */
export function screenRow({ host, slot, shows = [], missing_since: missing, by, hours }, now = Date.now()) {
  const title = where(host, slot);
  const notes = [missing && `Missing since ${moment(missing, now)}`, hours && `Hours: ${visible(hours)}`].filter(Boolean);
  const configured = by === 'config';
  const source = configured ? 'from the configuration' : by && by !== 'person' ? `by ${visible(by)}` : '';
  return {
    mark: missing ? 'bad' : 'good',
    title,
    text: [shows.length > 0 ? `Shows ${shows.map(visible).join(' or ')}` : 'Shows anything', source && `(${source})`].filter(Boolean).join(' '),
    notes,
    buttons: configured ? [] : [{ name: 'remove', label: 'Remove', about: title }],
  };
}
