/**
 * What happened to an app, as lines that a person reads: transitions, incidents and what people said to them, repairs, mutes and
 * adoptions, the newest first.
 *
 * Pure: rows of `GET …/history` in, `{at, tone, what, why}` out. One row may be two moments: a repair begins and ends.
 */

import { sentence, span, stateOf, toneOf, visible } from './words.js';
import { muteWord, scopeText } from './standing.js';
import { until } from './when.js';

/** What the server's causes mean. A word that is not here is shown as it is. */
const CAUSES = {
  'no-frames': 'no new frames',
  'main-blocked': 'the page’s main thread hangs',
  'context-lost': 'it lost its graphics context',
  'gpu-stuck': 'the graphics card draws nothing',
  'picture-stuck': 'the picture stands still',
  'browser-dead': 'the browser does not answer',
  exited: 'the program ended',
};
const STEPS = { reload: 'reload the page', command: 'run its command', restart: 'restart the program', reboot: 'restart the computer' };
const OUTCOMES = {
  done: 'Repair done',
  'no-help': 'Repair done, and it did not help',
  'nobody-listening': 'Repair failed: nobody there listens',
  refused: 'Repair failed: the screen refused',
  'timed-out': 'Repair failed: it took too long',
};
/** Who is no person: the ladder of repairs and what goes by itself. */
const NOBODY = new Set(['ladder', 'hb', 'server', '', null, undefined]);
const ADOPTED = { list: 'It is on the list of what is expected.', age: 'It has been here for long enough.' };
const ENDINGS = { back: 'It is back.', goodbye: 'It said goodbye.', removed: 'It was forgotten.' };

/** A cause in words; nothing where there is none. */
export function causeText(cause) {
  return !cause || cause === 'none' ? '' : CAUSES[cause] ?? visible(cause).replaceAll('-', ' ');
}

const capital = (text) => (text === '' ? '' : `${text[0].toUpperCase()}${text.slice(1)}.`);
const by = (name) => (name ? `, by ${visible(name)}` : '');

const TELL = {
  transition: ({ at, to, cause }) => [
    to === null ? { at, tone: 'rest', what: 'No longer held', why: '' } : { at, tone: toneOf({ state: to }), what: stateOf(to).label, why: capital(causeText(cause)) },
  ],
  incident: ({ at, number, ended, ending }) => [
    { at, tone: 'note', what: `Incident ${number} opens`, why: '' },
    ended && { at: ended, tone: 'note', what: `Incident ${number} is over`, why: ENDINGS[ending] ?? '' },
  ],
  repair: ({ at, action, dry, evidence, by: who, ended, outcome, said }) => {
    const step = STEPS[action] ?? visible(action);
    const why = capital(causeText(evidence));
    if (dry) return [{ at, tone: 'note', what: `Rehearsal: ${step}`, why: `Not done, since nobody adopted it. ${why}`.trim() }];
    const took = Date.parse(ended) - Date.parse(at);
    const exit = /^exit (-?\d+)$/.exec(outcome ?? '');
    const how = exit ? `Repair failed: its command ended with ${exit[1]}` : OUTCOMES[outcome] ?? visible(outcome ?? 'Repair over');
    const after = Number.isFinite(took) ? `After ${span(took)}.` : '';
    return [
      { at, tone: 'repair', what: `Repair: ${step}${NOBODY.has(who) ? '' : by(who)}`, why },
      ended && { at: ended, tone: outcome === 'done' ? 'good' : 'warn', what: how, why: `${after}${said ? ` “${visible(said)}”` : ''}`.trim() },
    ];
  },
  acknowledged: ({ at, incident, by: who }) => [{ at, tone: 'note', what: `${visible(who || 'Somebody')} takes care`, why: `Of incident ${incident}.` }],
  snoozed: ({ at, incident, until: end, by: who }) => [{ at, tone: 'note', what: `${`Quiet ${until(end)}`.trim()}${by(who)}`, why: `Of incident ${incident}.` }],
  adopted: ({ at, how, by: who }) => [{ at, tone: 'note', what: how === 'person' ? `Adopted${by(who)}` : 'Adopted', why: ADOPTED[how] ?? '' }],
  mute: ({ at, scope, mute, until: end, lifted, by: who, reason }) => {
    const word = muteWord({ kind: mute });
    const named = `${word[0].toUpperCase()}${word.slice(1)}`;
    const why = [scope && `For ${scopeText(scope)}.`, reason && `“${visible(reason)}”`].filter(Boolean).join(' ');
    return [
      { at, tone: 'rest', what: `${named} ${until(end)}`.trim() + by(who), why },
      lifted && { at: lifted, tone: 'note', what: 'The mute is lifted', why: '' },
    ];
  },
};

/** What only the stream tells, and the memory does not keep. */
const EVENTS = {
  reload: () => 'The page was loaded anew',
  moved: ({ from }) => `Moved here from ${visible(from ?? 'another host')}`,
  conflict: ({ on }) => (on === false ? 'One page answers to this name again' : 'Two pages answer to this name'),
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
  const all = [...told, ...seenOf(log, true).map((line) => ({ ...line, order: 0 }))];
  return all.sort((a, b) => b.when - a.when || b.order - a.order).map(({ order, ...line }) => line);
}
