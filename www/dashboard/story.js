/**
 * What happened to an app, as lines that a person reads: transitions, incidents and what people said to them, repairs, mutes and
 * adoptions, the newest first.
 *
 * Pure: rows of `GET …/history` in, `{at, tone, what, why}` out. One row may be two moments: a repair begins and ends.
 */

import { causeText } from './causes.js';
import { t } from './lang.js';
import { muteTitle, scopeText } from './standing.js';
import { sentence, span, stateOf, toneOf, visible } from './words.js';
import { until } from './when.js';

const STEPS = { reload: t('reload the page'), command: t('run its command'), restart: t('restart the program'), reboot: t('restart the computer') };
const OUTCOMES = {
  done: t('Repair carried out'),
  'no-help': t('Repair carried out, and it did not help'),
  'nobody-listening': t('Repair failed: nobody there listens'),
  refused: t('Repair failed: the screen refused'),
  'timed-out': t('Repair failed: it took too long'),
};
/** What was said by a message to people. */
const MESSAGES = { opening: t('it does not work'), reminder: t('it still does not work'), closing: t('it is over'), 'gave-up': t('it could not be repaired'), digest: t('what was missed') };
/** Why a message was given up. */
const LOST = {
  'too many newer messages wait for the channel': t('too many newer messages wait for the channel'),
  'the receiver refused it again and again': t('the receiver refused it again and again'),
  'its channel is no longer configured': t('its channel is no longer configured'),
};
/** Who is no person: the ladder of repairs and what goes by itself. */
const NOBODY = new Set(['ladder', 'hb', 'server', '', null, undefined]);
const ADOPTED = { list: t('It is on the list of what is expected.'), age: t('It has been here for long enough.') };
const ENDINGS = { back: t('It is back.'), goodbye: t('It said goodbye.'), removed: t('It was forgotten.') };

const capital = (text) => (text === '' ? '' : `${text[0].toUpperCase()}${text.slice(1)}.`);
const by = (name) => (name ? `, ${t('by {who}', { who: visible(name) })}` : '');

const TELL = {
  transition: ({ at, to, cause }) => [
    to === null ? { at, tone: 'rest', what: t('No longer held'), why: '' } : { at, tone: toneOf({ state: to }), what: stateOf(to).label, why: capital(causeText(cause)) },
  ],
  conflict: ({ at, on }) => [{ at, tone: 'note', what: EVENTS.conflict({ on }), why: '' }],
  incident: ({ at, number, ended, ending }) => [
    { at, tone: 'note', what: t('Incident {number} opens', { number }), why: '' },
    ended && { at: ended, tone: 'note', what: t('Incident {number} is over', { number }), why: ENDINGS[ending] ?? '' },
  ],
  repair: ({ at, action, dry, evidence, by: who, ended, outcome, said }) => {
    const step = STEPS[action] ?? visible(action);
    const why = capital(causeText(evidence));
    if (dry) return [{ at, tone: 'note', what: t('Rehearsal: {step}', { step }), why: `${t('Nothing was done: it was only rehearsed.')} ${why}`.trim() }];
    const took = Date.parse(ended) - Date.parse(at);
    const exit = /^exit (-?\d+)$/.exec(outcome ?? '');
    const how = exit ? t('Repair failed: its command ended with {code}', { code: exit[1] }) : OUTCOMES[outcome] ?? visible(outcome ?? t('Repair over'));
    const after = Number.isFinite(took) ? t('After {span}.', { span: span(took) }) : '';
    return [
      { at, tone: 'repair', what: `${t('Repair: {step}', { step })}${NOBODY.has(who) ? '' : by(who)}`, why },
      ended && { at: ended, tone: outcome === 'done' ? 'note' : 'warn', what: how, why: `${after}${said ? ` “${visible(said)}”` : ''}`.trim() },
    ];
  },
  'gave-up': ({ at, evidence }) => [{ at, tone: 'bad', what: t('The repairs gave up: somebody has to go there.'), why: capital(causeText(evidence)) }],
  alert: ({ at, channel, message, ended, failure }) => {
    const what = t('Alert to {channel}: {what}', { channel: visible(channel), what: MESSAGES[message] ?? visible(message ?? '') });
    const took = span(Math.max(0, Date.parse(ended) - Date.parse(at)));
    if (failure) return [{ at, tone: 'bad', what, why: t('It did not arrive: {why}.', { why: LOST[failure] ?? visible(failure) }) }];
    return [{ at, tone: ended ? 'note' : 'warn', what, why: ended ? t('It arrived after {span}.', { span: took }) : t('It has not arrived yet.') }];
  },
  acknowledged: ({ at, incident, by: who }) => [{ at, tone: 'note', what: t('{who} takes care', { who: visible(who || t('Somebody')) }), why: t('Of incident {number}.', { number: incident }) }],
  snoozed: ({ at, incident, until: end, by: who }) => [{ at, tone: 'note', what: `${t('Quiet {until}', { until: until(end) }).trim()}${by(who)}`, why: t('Of incident {number}.', { number: incident }) }],
  adopted: ({ at, how, by: who }) => [{ at, tone: 'note', what: how === 'person' ? `${t('Adopted')}${by(who)}` : t('Adopted'), why: ADOPTED[how] ?? '' }],
  mute: ({ at, scope, mute, until: end, lifted, by: who, reason }) => {
    const named = muteTitle({ kind: mute });
    const why = [scope && t('For {scope}.', { scope: scopeText(scope) }), reason && `“${visible(reason)}”`].filter(Boolean).join(' ');
    return [
      { at, tone: 'rest', what: `${named} ${until(end)}`.trim() + by(who), why },
      lifted && { at: lifted, tone: 'note', what: t('The mute is lifted'), why: '' },
    ];
  },
};

/** What the stream tells too, or only the stream. */
const EVENTS = {
  reload: () => t('The page was loaded anew'),
  moved: ({ from }) => t('Moved here from {host}', { host: visible(from ?? t('another host')) }),
  slowing: ({ on }) => (on === false ? t('Its beats come as they used to') : t('Its beats come later than they used to')),
  conflict: ({ on }) => (on === false ? t('One answers to this name again') : t('Two answer to this name')),
};

/** What this page saw itself, as lines: all of it, or only the events that no memory keeps. */
export function seenOf(log, onlyEvents = false) {
  return log.filter(({ event }) => event || !onlyEvents).map(({ at, text, cause, sentence: said, event }) => {
    if (event) return { at, when: at, tone: 'note', what: EVENTS[text]?.(event) ?? visible(text), why: '' };
    return { at, when: at, tone: toneOf({ state: text }), what: stateOf(text).label, why: sentence(said) || capital(causeText(cause)) };
  });
}

/** Rows as lines, the newest first, with what this page saw beside them. What it does not know it leaves out. */
export function storyOf(rows, log = [], now = Date.now()) {
  const lines = (Array.isArray(rows) ? rows : []).flatMap((row) => TELL[row?.kind]?.(row) ?? []).filter(Boolean);
  const told = lines.map((line, order) => ({ ...line, when: Date.parse(line.at), order })).filter(({ when }) => when <= now + 60_000);
  // Of one moment the transition comes first, and what follows from it after: above it, as all that is newer.
  // A conflict is in both.
  const kept = new Set((Array.isArray(rows) ? rows : []).filter((row) => row?.kind === 'conflict').map(({ at }) => Date.parse(at)));
  const seen = log.filter(({ at, text }) => text !== 'conflict' || !kept.has(at));
  const all = [...told, ...seenOf(seen, true).map((line) => ({ ...line, order: 0 }))];
  return all.sort((a, b) => b.when - a.when || b.order - a.order).map(({ order, ...line }) => line);
}
