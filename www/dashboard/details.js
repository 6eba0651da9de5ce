/**
 * Everything that is known of one app, as the parts of a page: what it is, how it is, what a person may do about it, what was.
 *
 * Shown in the panel beside the wall (panel.js) and on a page of its own (screen.js). It stays live while somebody looks.
 */

import { causeText } from './causes.js';
import { Cares } from './cares.js';
import { Changes } from './changes.js';
import { Commands } from './commands.js';
import { el, glyph, setGlyph, setText } from './dom.js';
import { decimal, locale, t } from './lang.js';
import { ages, inState, rateOf } from './model.js';
import { Past } from './past.js';
import { Picture } from './picture.js';
import { ReplaceForm } from './replace-form.js';
import { isLocked } from './session.js';
import { saidOf } from './said.js';
import { Spark } from './spark.js';
import { isPattern, tagsOf } from './standing.js';
import { placeOf, sentenceOf } from './tile.js';
import { Timeline } from './timeline.js';
import { clock } from './when.js';
import { age, errorsOf, gapOf, livingOf, rate, ratio, span, stateOf, toneOf, visible } from './words.js';

const ms = (value) => (Number.isFinite(value) ? span(value) : '–');
const plain = (value) => (value === null || value === undefined || value === '' ? '–' : visible(value));

/** What is shown, in groups: label and how to read it from the app. `vitals` of an app that sends none is empty. */
const GROUPS = [
  [t('Now'), [
    [t('state since'), (app) => clock(app.view.since)],
    [t('remarks'), ({ view }) => plain(tagsOf(view).join(', '))],
    [t('monitoring is told'), ({ view }) => plain(view.nagios)],
    [t('cause'), ({ view }) => plain(causeText(view.cause))],
    [t('last frame'), (app, now) => ago(ages(app, now).frame)],
    [t('last beat'), (app, now) => ago(ages(app, now).beat)],
    [t('last word'), (app, now) => ago(ages(app, now).word)],
    [t('overdue'), (app, now) => ratio(ages(app, now).overdue ?? NaN)],
    [t('frame rate'), ({ view }) => (Number.isNaN(rateOf(view)) ? '–' : `${rate(rateOf(view))}\u00a0${t('fps')}`)],
  ]],
  [t('The page says'), [
    [t('its own state'), ({ view }) => plain(saidOf('state', view.vitals?.state))],
    [t('driven by'), ({ view }) => plain(saidOf('by', view.vitals?.by))],
    [t('frames drawn'), ({ view }) => (Number.isFinite(view.vitals?.frames) ? view.vitals.frames.toLocaleString(locale) : '–')],
    [t('longest gap'), ({ view }) => gapOf(view.vitals?.gap)],
    [t('visibility'), ({ view }) => plain(saidOf('vis', view.vitals?.vis))],
    [t('graphics'), ({ view }) => plain(saidOf('gl', view.vitals?.gl))],
    [t('display'), ({ view }) => plain(saidOf('display', view.vitals?.display))],
    [t('errors'), ({ view }) => plain(view.vitals?.errs)],
    [t('memory'), ({ view }) => (Number.isFinite(view.vitals?.mem) ? `${decimal(view.vitals.mem / 1024, 1)}\u00a0MiB` : '–')],
  ]],
  [t('The promise'), [
    [t('promised'), ({ view }) => ms(view.promise_ms)],
    [t('granted'), ({ view }) => ms(view.granted_ms)],
    [t('policy'), ({ view }) => plain(saidOf('policy', view.policy))],
    [t('stall after'), ({ view }) => ms(view.vitals?.stall)],
    [t('boot'), ({ view }) => plain(view.boot)],
    [t('requests'), ({ view }) => plain(view.seq)],
    [t('reloads'), ({ view }) => plain(view.reloads)],
  ]],
];

export class Details {
  /** The nodes: what stands at the head, and the parts below it by name. */
  head;
  parts;
  #root;
  #app = null;
  #rows = [];

  /** `root` gets the tone; `plots`: whether there is room for them. */
  constructor(root, plots) {
    this.#root = root;
    this.glyph = glyph('unknown');
    this.word = el('span', 'word');
    this.since = el('span', 'since');
    this.name = el('h2', 'name');
    this.place = el('bdi', 'place');
    this.sentence = el('p', 'sentence');
    this.errors = el('p', 'errors');
    this.spark = new Spark();
    this.legend = el('figcaption');
    this.minute = el('figure', 'minute', this.spark.node, this.legend);
    this.timeline = new Timeline(plots);
    this.past = new Past();
    this.picture = new Picture();
    this.cares = new Cares();
    this.changes = new Changes();
    this.replaced = new ReplaceForm();
    this.commands = new Commands();
    this.locked = el('p', 'locked', t('You will be asked to log in.'));
    const groups = GROUPS.map(([title, rows]) => {
      const list = el('dl', 'rows');
      for (const [label, read] of rows) {
        const value = el('dd');
        list.append(el('div', 'row', el('dt', '', label), value));
        this.#rows.push({ value, read });
      }
      return el('section', 'group', el('h3', '', title), list);
    });
    this.head = [this.glyph, this.word, this.since];
    this.parts = {
      who: [el('div', 'id', this.name, this.place), this.sentence, this.errors],
      deeds: [this.cares.node, this.commands.node, this.changes.node, this.replaced.node, this.locked],
      was: [this.picture.node, this.timeline.node, this.minute, this.past.uptime, this.past.story],
      facts: groups,
    };
  }

  /** The app that is shown, or null. */
  get app() {
    return this.#app;
  }

  open(app) {
    this.#app = app;
    this.changes.open(app);
    this.replaced.open(app);
    this.cares.open(app);
    this.commands.open(app);
    this.past.open(app);
    this.picture.open(app);
    this.timeline.open(app);
    this.show();
  }

  close() {
    this.#app = null;
    this.past.close();
    this.picture.close();
    this.timeline.close();
  }

  /** The app changed: `app` when its object is another one. */
  show(app = this.#app) {
    this.#app = app;
    const { view } = app;
    const state = stateOf(view.state);
    this.#root.dataset.tone = toneOf(view);
    setGlyph(this.glyph, state.word);
    setText(this.word, state.label);
    setText(this.name, isPattern(view) ? placeOf(view) : visible(view.app));
    setText(this.place, isPattern(view) ? '' : placeOf(view));
    setText(this.sentence, state.word === 'up' ? livingOf(view) : sentenceOf(view, state) || state.says);
    setText(this.errors, errorsOf(view.vitals));
    // Nobody was ever heard there.
    this.minute.hidden = (view.last_word_age_ms ?? view.last_beat_age_ms ?? null) === null;
    this.cares.show(app);
    this.changes.show(app);
    this.commands.show(app);
    this.showLock();
  }

  /** Somebody logged in or out. */
  showLock() {
    this.locked.hidden = !isLocked();
  }

  /** Time passed. */
  tick(now, serverTime) {
    if (!this.#app) return;
    this.picture.tick(now);
    setText(this.since, t('for {span}', { span: span(inState(this.#app, serverTime)) }));
    for (const { value, read } of this.#rows) setText(value, read(this.#app, now));
  }

  /** Something happened to the app, or in the house. */
  happened() {
    this.past.happened(this.#app ?? undefined);
    if (this.#app) this.timeline.happened();
  }

  /** Draws the minute up to `column`. */
  draw(column) {
    if (!this.#app) return;
    const { history } = this.#app;
    this.spark.draw(history, column);
    setText(this.legend, history.isWhole(column) ? t('Last 60 seconds: frame rate above, beats below') : t('Fills while this page is open: frame rate above, beats below'));
  }
}

function ago(value) {
  return value === null ? '–' : t('{age} ago', { age: value < 60_000 ? age(value) : span(value) });
}
