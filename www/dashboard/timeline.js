/**
 * The past of an app as a bar of its states over an hour, a day or a month, and its frame rate and beats as plots where there is room.
 *
 * Fetched when it opens, when another span is chosen, and when something happens. Not here: the sums (spans.js), the curves (plots.js).
 */

import { addressOf } from './address.js';
import { el, setText, svg } from './dom.js';
import { t } from './lang.js';
import { piecesOf, SPANS, spokenOf } from './spans.js';
import { clock, moment } from './when.js';
import { span, stateOf } from './words.js';

const PATIENCE = 8000;
/** The memory writes a little later than the stream tells, ms. */
const LATER = 2500;
/** The bar goes on by itself, ms. */
const AGAIN = 30_000;
const WIDTH = 1000;

export class Timeline {
  /** The node, a section. */
  node;
  #app = null;
  #span = SPANS[1];
  #asked = 0;
  #timer = 0;
  #plots = null;

  constructor(plots) {
    this.buttons = SPANS.map((it) => {
      const button = el('button', 'choice', it.label);
      button.type = 'button';
      button.addEventListener('click', () => this.#choose(it));
      return { it, button };
    });
    const row = el('div', 'spans', ...this.buttons.map(({ button }) => button));
    row.setAttribute('role', 'group');
    row.setAttribute('aria-label', t('Over which time'));
    this.bar = svg('svg', { class: 'states', viewBox: `0 0 ${WIDTH} 10`, preserveAspectRatio: 'none', role: 'img' });
    this.from = el('span');
    this.to = el('span', '', t('now'));
    this.said = el('p', 'says');
    this.node = el('section', 'group timeline', el('h3', '', t('How it was')), row, this.bar, el('p', 'ends', this.from, this.to), this.said);
    this.wanted = plots;
    this.curves = el('div', 'curves');
    if (plots) this.node.append(this.curves);
    this.#mark();
  }

  open(app) {
    this.#app = app;
    this.bar.replaceChildren();
    this.#say(t('Asking…'));
    void this.#look();
  }

  close() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#asked += 1;
    this.#app = null;
  }

  /** Something happened, maybe to this app. */
  happened() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#look(), LATER);
  }

  #choose(it) {
    this.#span = it;
    this.#mark();
    void this.#look();
  }

  #mark() {
    for (const { it, button } of this.buttons) button.setAttribute('aria-pressed', String(it === this.#span));
  }

  async #look() {
    if (!this.#app) return;
    this.#asked += 1;
    const asked = this.#asked;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#look(), AGAIN);
    const from = new Date(Date.now() - this.#span.ms).toISOString();
    let told = null;
    try {
      const response = await fetch(addressOf(this.#app.view, '/timeline', { from }), { signal: AbortSignal.timeout(PATIENCE) });
      if (response.ok) told = await response.json();
    } catch {
      // Said below.
    }
    if (asked !== this.#asked) return;
    if (told) this.#draw(told);
    else this.#say(t('nothing is known'));
  }

  /** The bar in words: below it, and in its place for whoever cannot see it. */
  #say(text) {
    setText(this.said, text);
    this.bar.setAttribute('aria-label', text);
  }

  #draw(told) {
    const pieces = piecesOf(told);
    // What is bad is drawn last, so that no long good piece covers a short one.
    const rank = ({ state }) => (state === null ? Infinity : stateOf(state).rank);
    this.bar.replaceChildren(...[...pieces].sort((a, b) => rank(b) - rank(a)).map(({ state, tone, from, to, at, width }) => {
      const piece = svg('rect', { x: Math.min(at, 1 - width) * WIDTH, y: 0, width: width * WIDTH, height: 10, class: 'piece', 'data-tone': tone });
      const title = svg('title');
      title.textContent = `${state === null ? t('nothing is known') : stateOf(state).label}: ${clock(from)}, ${span(to - from)}`;
      piece.append(title);
      return piece;
    }));
    this.#say(spokenOf(pieces));
    setText(this.from, moment(told.from));
    if (this.wanted) void this.#plot(told);
  }

  async #plot(told) {
    try {
      this.#plots ??= (await import('./plots.js')).plots(this.curves);
      this.#plots.draw(told);
    } catch {
      // A binary without its bundle has no curves.
      this.curves.hidden = true;
    }
  }
}
