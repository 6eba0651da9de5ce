/**
 * What was: the uptime of an app over three spans and its story, a part of the panel. Fetched when the panel opens, and
 * again when something happens to the app.
 *
 * Not here: the words (story.js, uptime.js). Where the server keeps no memory, what this page saw itself stands in.
 */

import { addressOf } from './address.js';
import { el, setText } from './dom.js';
import { t } from './lang.js';
import { seenOf, storyOf } from './story.js';
import { clock, moment } from './when.js';
import { partsOf, percent, SPANS, spoken } from './uptime.js';

const PATIENCE = 8000;
const DAY = 24 * 3600_000;
/** Before anything that is kept. */
const EVER = new Date(0).toISOString();
/** Rows of a page, and the most that are told at once. */
const [USUAL, MOST] = [100, 1000];
/** The memory writes a little later than the stream tells: looked at twice, ms. */
const LATER = [300, 2500];

export class Past {
  #app = null;
  #asked = 0;
  /** Of the answers about this app: how many were asked for, and which came last. */
  #turns = 0;
  #heard = 0;
  #timers = [];
  #again = false;
  /** Rows so far, and where older ones begin; null before the first answer. */
  #rows = null;
  #next = null;
  #from = null;

  constructor() {
    this.spans = SPANS.map(({ label, ms }) => {
      const figure = el('dd', 'figure', '–');
      const bar = el('div', 'bar');
      bar.setAttribute('role', 'img');
      return { ms, figure, bar, node: el('div', 'span', el('dt', '', label), figure, el('dd', 'drawn', bar)) };
    });
    this.uptime = el('section', 'group', el('h3', '', t('Worked')), el('dl', 'spans-of', ...this.spans.map(({ node }) => node)));
    this.list = el('ol', 'log story');
    this.more = el('button', 'action more', t('Show older'));
    this.more.type = 'button';
    this.more.addEventListener('click', () => void this.#older());
    this.none = el('p', 'none');
    this.end = el('p', 'none', t('There is nothing older.'));
    this.end.tabIndex = -1;
    this.story = el('section', 'group', el('h3', '', t('What happened')), this.list, this.none, this.more, this.end);
  }

  /** Another app is shown. */
  open(app) {
    this.#forget();
    this.#app = app;
    this.#draw();
    void this.#uptime();
    void this.#latest();
  }

  /** Nothing is shown. */
  close() {
    this.#forget();
    this.#app = null;
  }

  /** Something happened, maybe to this app; `app` when its object is another one. */
  happened(app = this.#app) {
    if (!app) return;
    this.#app = app;
    if (this.#rows === null) this.#draw();
    // Not put off by what follows, or a busy screen would never be looked at; but looked at once more after it.
    this.#again = this.#timers.length > 0;
    if (this.#again) return;
    this.#timers = LATER.map((ms) => setTimeout(() => void this.#latest(), ms));
    this.#timers.push(setTimeout(() => {
      this.#timers = [];
      if (this.#again) this.happened();
    }, LATER.at(-1)));
  }

  #forget() {
    this.#asked += 1;
    this.#timers.forEach(clearTimeout);
    this.#timers = [];
    this.#again = false;
    this.#rows = null;
    this.#next = null;
    this.#from = null;
    for (const { figure, bar } of this.spans) {
      setText(figure, '–');
      bar.replaceChildren();
      bar.ariaLabel = t('nothing is known');
    }
  }

  async #uptime() {
    const asked = this.#asked;
    await Promise.all(this.spans.map(async ({ ms, figure, bar }) => {
      const told = await this.#get('/uptime', { from: new Date(Date.now() - ms).toISOString() });
      if (asked !== this.#asked || !told?.uptime) return;
      setText(figure, percent(told.uptime.percent));
      bar.ariaLabel = spoken(told.uptime);
      bar.title = bar.ariaLabel;
      bar.replaceChildren(...partsOf(told.uptime).map(({ tone, share }) => {
        const piece = el('i');
        piece.dataset.tone = tone;
        piece.style.flexGrow = String(share);
        return piece;
      }));
    }));
  }

  async #latest() {
    const [asked, turn] = [this.#asked, (this.#turns += 1)];
    this.#from ??= new Date(Date.now() - DAY).toISOString();
    // All that is shown already, as it is now.
    const limit = Math.min(MOST, Math.max(USUAL, this.#rows?.length ?? 0));
    const told = await this.#get('/history', { from: this.#from, limit });
    // What was asked for before is older than what is shown.
    if (asked !== this.#asked || !told || turn < this.#heard) return;
    this.#heard = turn;
    this.#rows = Array.isArray(told.history) ? told.history : [];
    this.#next = told.next_to ?? null;
    this.#draw();
  }

  /** The next page of what was before: it is the end where the server says of no other. */
  async #older() {
    const asked = this.#asked;
    const told = await this.#get('/history', { from: EVER, to: this.#next ?? this.#from, limit: USUAL });
    if (asked !== this.#asked || !told) return;
    const seen = new Set(this.#rows?.map((row) => JSON.stringify(row)));
    this.#rows = [...(this.#rows ?? []), ...told.history.filter((row) => !seen.has(JSON.stringify(row)))];
    this.#next = told.next_to ?? null;
    this.#from = EVER;
    this.#draw();
  }

  async #get(part, query) {
    try {
      const response = await fetch(addressOf(this.#app.view, part, query), { signal: AbortSignal.timeout(PATIENCE) });
      return response.ok ? await response.json() : null;
    } catch {
      return null;
    }
  }

  #draw() {
    const lines = this.#rows === null ? seenOf(this.#app.log) : storyOf(this.#rows, this.#app.log);
    this.list.replaceChildren(...lines.map(({ at, tone, what, why }) => {
      const line = el('li', '', when(at), el('span', 'what', what), el('span', 'why', why));
      line.dataset.tone = tone;
      return line;
    }));
    const ended = this.#from === EVER && this.#next === null;
    setText(this.none, lines.length === 0 ? t('Nothing has changed in the last 24 hours.') : '');
    this.none.hidden = lines.length > 0;
    // Who pressed it with a key goes on from where it was.
    const focused = document.activeElement === this.more;
    this.more.hidden = this.#rows === null || ended;
    this.end.hidden = !ended;
    if (focused && ended) this.end.focus();
  }
}

/** A moment: to the second today, to the minute on other days; whole as its title. */
function when(at) {
  const whole = clock(at);
  const node = el('time', '', whole.includes(' ') ? moment(at) : whole);
  node.title = whole;
  return node;
}
