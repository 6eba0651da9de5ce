/**
 * Everything that is known of one app, in a panel at the side: opened by Enter on a tile, closed by Esc.
 *
 * A modal dialog: the browser keeps the focus inside and gives it back to the tile. It stays live while open.
 */

import { Cares } from './cares.js';
import { Changes } from './changes.js';
import { Commands } from './commands.js';
import { el, glyph, setGlyph, setText } from './dom.js';
import { ages, inState, rateOf } from './model.js';
import { Past } from './past.js';
import { isLocked } from './session.js';
import { Spark } from './spark.js';
import { tagsOf } from './standing.js';
import { placeOf, sentenceOf } from './tile.js';
import { clock } from './when.js';
import { age, errorsOf, rate, ratio, span, stateOf, toneOf, visible } from './words.js';

const ms = (value) => (Number.isFinite(value) ? span(value) : '–');
const exact = (value) => (Number.isFinite(value) ? `${value}\u00a0ms` : '–');
const plain = (value) => (value === null || value === undefined || value === '' ? '–' : visible(value));

/** What is shown, in groups: label and how to read it from the app. `vitals` of an app that sends none is empty. */
const GROUPS = [
  ['Now', [
    ['state since', (app) => clock(app.view.since)],
    ['remarks', ({ view }) => plain(tagsOf(view).join(', '))],
    ['monitoring is told', ({ view }) => plain(view.nagios)],
    ['cause', ({ view }) => (view.cause === 'none' ? '–' : plain(view.cause))],
    ['last frame', (app, now) => ago(ages(app, now).frame)],
    ['last beat', (app, now) => ago(ages(app, now).beat)],
    ['last word', (app, now) => ago(ages(app, now).word)],
    ['overdue', (app, now) => ratio(ages(app, now).overdue ?? NaN)],
    ['frame rate', ({ view }) => (Number.isNaN(rateOf(view)) ? '–' : `${rate(rateOf(view))}\u00a0fps`)],
  ]],
  ['The page says', [
    ['its own state', ({ view }) => plain(view.vitals?.state)],
    ['driven by', ({ view }) => plain(view.vitals?.by)],
    ['frames drawn', ({ view }) => (Number.isFinite(view.vitals?.frames) ? view.vitals.frames.toLocaleString('en') : '–')],
    ['longest gap', ({ view }) => exact(view.vitals?.gap)],
    ['visibility', ({ view }) => plain(view.vitals?.vis)],
    ['graphics', ({ view }) => plain(view.vitals?.gl)],
    ['display', ({ view }) => plain(view.vitals?.display)],
    ['errors', ({ view }) => plain(view.vitals?.errs)],
    ['memory', ({ view }) => (Number.isFinite(view.vitals?.mem) ? `${(view.vitals.mem / 1024).toFixed(1)}\u00a0MiB` : '–')],
  ]],
  ['The promise', [
    ['promised', ({ view }) => ms(view.promise_ms)],
    ['granted', ({ view }) => ms(view.granted_ms)],
    ['policy', ({ view }) => plain(view.policy)],
    ['stall after', ({ view }) => ms(view.vitals?.stall)],
    ['boot', ({ view }) => plain(view.boot)],
    ['requests', ({ view }) => plain(view.seq)],
    ['reloads', ({ view }) => plain(view.reloads)],
  ]],
];

export class Panel {
  #dialog;
  #app = null;
  #rows = [];

  constructor(dialog) {
    this.#dialog = dialog;
    this.glyph = glyph('unknown');
    this.word = el('span', 'word');
    this.since = el('span', 'since');
    this.name = el('h2', 'name');
    this.name.id = 'panel-name';
    this.place = el('bdi', 'place');
    this.sentence = el('p', 'sentence');
    this.errors = el('p', 'errors');
    this.spark = new Spark();
    this.minute = el('figure', 'minute', this.spark.node, el('figcaption', '', 'Last 60 seconds: frame rate above, beats below'));
    this.past = new Past();
    this.cares = new Cares();
    this.changes = new Changes();
    this.commands = new Commands();
    this.locked = el('p', 'locked', 'You will be asked to log in.');
    const close = el('button', 'close', 'Close');
    close.type = 'button';
    close.addEventListener('click', () => dialog.close());
    const groups = GROUPS.map(([title, rows]) => {
      const list = el('dl', 'rows');
      for (const [label, read] of rows) {
        const value = el('dd');
        list.append(el('div', 'row', el('dt', '', label), value));
        this.#rows.push({ value, read });
      }
      return el('section', 'group', el('h3', '', title), list);
    });
    dialog.replaceChildren(
      el('header', 'state', this.glyph, this.word, this.since, close),
      el('div', 'id', this.name, this.place),
      this.sentence,
      this.errors,
      this.cares.node,
      this.commands.node,
      this.changes.node,
      this.locked,
      this.minute,
      this.past.uptime,
      this.past.story,
      ...groups,
    );
    dialog.setAttribute('aria-labelledby', 'panel-name');
    dialog.addEventListener('close', () => {
      // Told late: it may be open again, on another screen.
      if (dialog.open) return;
      this.#app = null;
      this.past.close();
    });
    // A click on the backdrop lands on the dialog itself, outside its box.
    dialog.addEventListener('click', (event) => {
      const box = dialog.getBoundingClientRect();
      if (event.target === dialog && (event.clientX < box.left || event.clientX > box.right)) dialog.close();
    });
  }

  /** Key of the app that is shown, or null. */
  get key() {
    return this.#app?.key ?? null;
  }

  /** Opens on `app`. The browser gives the focus back to what had it, when the panel closes. */
  open(app) {
    this.#app = app;
    this.changes.open(app);
    this.cares.open(app);
    this.commands.open(app);
    this.past.open(app);
    this.show();
    this.#dialog.showModal();
    this.#dialog.scrollTop = 0;
  }

  /** The app is gone. */
  close() {
    if (this.#dialog.open) this.#dialog.close();
  }

  /** The app changed: `app` when its object is another one. */
  show(app = this.#app) {
    this.#app = app;
    const { view } = app;
    const state = stateOf(view.state);
    this.#dialog.dataset.tone = toneOf(view);
    setGlyph(this.glyph, state.word);
    setText(this.word, state.label);
    setText(this.name, visible(view.app));
    setText(this.place, placeOf(view));
    setText(this.sentence, sentenceOf(view, state) || state.says);
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
    setText(this.since, `for ${span(inState(this.#app, serverTime))}`);
    for (const { value, read } of this.#rows) setText(value, read(this.#app, now));
  }

  /** Something happened to the app, or in the house. */
  happened() {
    this.past.happened(this.#app ?? undefined);
  }

  /** Draws the minute up to `column`. */
  draw(column) {
    if (this.#app) this.spark.draw(this.#app.history, column);
  }
}

function ago(value) {
  return value === null ? '–' : `${value < 60_000 ? age(value) : span(value)} ago`;
}
