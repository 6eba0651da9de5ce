/**
 * One tile: an app's state as glyph, word and colour, its name and place, the sentence of a stall,
 * the last uncaught error, and its last minute.
 *
 * A tile is told what to show ({@link Tile.show} when the app changed, {@link Tile.tick} as time passes) and decides nothing.
 */

import { el, glyph, setGlyph, setText } from './dom.js';
import { t } from './lang.js';
import { ages, inState, lastSign, rateOf } from './model.js';
import { Spark } from './spark.js';
import { isKnown, isPattern, tagsOf } from './standing.js';
import { write } from './tile-names.js';
import { age, errorsOf, rate, ratio, sentence, span, stateOf, toneOf, visible } from './words.js';

export class Tile {
  /** The node, a list item that holds one button. */
  node;

  /** `names` cuts what is too long for a tile. */
  constructor(app, names) {
    this.app = app;
    this.names = names;
    this.glyph = glyph(app.view.state);
    this.word = el('span', 'word');
    this.since = el('span', 'since');
    this.name = el('p', 'name');
    this.host = el('bdi', 'host');
    this.tags = el('span', 'tags');
    this.sentence = el('p', 'sentence');
    this.errors = el('p', 'errors');
    this.spark = new Spark();
    this.age = fact(t('last frame'));
    this.fps = fact(t('fps'));
    this.overdue = fact(t('overdue'));
    const facts = el('dl', 'facts', this.age.node, this.fps.node, this.overdue.node);
    // What ticks is not said again and again; the panel has it.
    for (const node of [this.since, this.spark.node, facts]) node.ariaHidden = 'true';
    this.face = el(
      'div',
      'face',
      el('header', 'state', this.glyph, this.word, this.since),
      el('div', 'id', this.name, el('p', 'place', this.host, this.tags)),
      this.sentence,
      this.errors,
      this.spark.node,
      facts,
    );
    this.face.tabIndex = 0;
    this.face.setAttribute('role', 'button');
    this.face.setAttribute('aria-haspopup', 'dialog');
    this.node = el('li', 'tile', this.face);
    this.show();
  }

  /** The app changed: everything but what ticks. */
  show() {
    const { view } = this.app;
    const state = stateOf(view.state);
    if (this.node.dataset.state !== state.word) {
      this.node.dataset.state = state.word;
      setGlyph(this.glyph, state.word);
      setText(this.word, state.label);
    }
    const tone = toneOf(view);
    if (this.node.dataset.tone !== tone) this.node.dataset.tone = tone;
    const taken = String(isKnown(view));
    if (this.node.dataset.taken !== taken) this.node.dataset.taken = taken;
    setText(this.sentence, sentenceOf(view, state));
    const errors = errorsOf(view.vitals);
    setText(this.errors, errors);
    this.errors.title = errors;
    this.call();
    this.#tag(tagsOf(view));
    setText(this.fps.value, rate(rateOf(view)));
  }

  /** What it is called, `{name, place}`: where anything may be shown and nothing ever was, the place is all there is to tell. */
  get texts() {
    const { view } = this.app;
    const place = placeOf(view);
    return isPattern(view) ? { name: place, place: '' } : { name: visible(view.app), place };
  }

  /** Writes what it is called, as it fits. */
  call() {
    const { name, place } = this.texts;
    // At rest there are no tiles: a line for each, as wide as it needs.
    const rests = stateOf(this.app.view.state).tone === 'rest';
    const calm = !this.sentence.textContent && !this.errors.textContent;
    const cut = (kind, text, broken) => (rests ? text : this.names.cut(kind, text, broken));
    const called = cut('name', name, calm);
    write(this.name, name, called);
    // One second line, or the curve would have no room.
    write(this.host, place, cut('place', place, calm && !called.includes('\n')));
  }

  /** Time passed: ages up to `now`, the server's wall time `serverTime`. */
  tick(now, serverTime) {
    const known = ages(this.app, now);
    const [sign, last] = lastSign(known);
    setText(this.age.label, sign);
    setText(this.age.value, last === null ? '–' : t('{age} ago', { age: age(last) }));
    setText(this.overdue.value, ratio(known.overdue ?? NaN));
    setText(this.since, t('for {span}', { span: span(inState(this.app, serverTime)) }));
  }

  #tag(wanted) {
    const text = wanted.join('\n');
    if (this.tags.dataset.text === text) return;
    this.tags.dataset.text = text;
    this.tags.replaceChildren(...wanted.map((tag) => el('span', 'tag', tag)));
  }
}

/** Where an app runs, in one line: `host` or `host · slot`. */
export function placeOf({ host, slot }) {
  return visible(slot ? `${host} · ${slot}` : host);
}

/** One sentence for a person: the server's, or that of the state; nothing where all is well. */
export function sentenceOf(view, state) {
  if (state.word === 'up') return '';
  return sentence(view.sentence) || state.says;
}

function fact(name) {
  const label = el('dt', '', name);
  const value = el('dd', '', '–');
  return { node: el('div', 'fact', label, value), label, value };
}
