/**
 * The head of the page: the one-sentence summary, the chips with counts, title and icon, the line about the
 * connection, and what is said aloud to screen readers.
 */

import { el, glyph, setText } from './dom.js';
import { placeOf } from './tile.js';
import { isProblem, screens, sentence, span, STATES, stateOf, visible } from './words.js';

const ICONS = { bad: 'icons/bad.svg', warn: 'icons/warn.svg', odd: 'icons/warn.svg', stale: 'icons/stale.svg' };
/** More news than this at once is told as a number. */
const ALOUD = 3;

export class Head {
  #chips = new Map();
  #title = document.title;
  totals = { total: 0, troubled: 0, waiting: 0, resting: 0 };
  stale = false;

  /** `nodes`: the elements of index.html by role. `onToggle(word)` is called when a chip is pressed. */
  constructor(nodes, onToggle) {
    this.nodes = nodes;
    this.onToggle = onToggle;
  }

  /** The counts changed, or the choice of states, or whether any app is `critical`. */
  show(counts, chosen, critical) {
    const total = [...counts.values()].reduce((sum, n) => sum + n, 0);
    const words = [...new Set([...STATES.map((s) => s.word), ...counts.keys()])];
    words.sort((a, b) => stateOf(a).rank - stateOf(b).rank);
    let before = null;
    for (const word of words) {
      const count = counts.get(word) ?? 0;
      const pressed = chosen.includes(word);
      const chip = this.#chips.get(word) ?? this.#makeChip(word);
      chip.button.hidden = count === 0 && !pressed;
      chip.button.setAttribute('aria-pressed', String(pressed));
      setText(chip.count, String(count));
      const next = before ? before.nextSibling : this.nodes.chips.firstChild;
      if (next !== chip.button) this.nodes.chips.insertBefore(chip.button, next);
      before = chip.button;
    }
    this.#summarise(counts, total, critical);
  }

  /** The connection and the age of the view, ms; `stale` greys the page. */
  link(word, age, stale) {
    const root = document.documentElement;
    if (this.stale !== stale) {
      this.stale = stale;
      root.dataset.stale = String(stale);
      setText(this.nodes.summary, summaryText(this.totals, stale));
    }
    const lost = stale || word === 'lost';
    this.nodes.link.dataset.link = lost ? 'lost' : word;
    setText(this.nodes.link, word === 'live' && !stale ? 'live' : word === 'connecting' ? 'connecting' : 'no connection');
    const never = !Number.isFinite(age);
    this.nodes.banner.hidden = !(stale && !never) && !(word === 'lost');
    setText(this.nodes.banner, bannerText(word, age, stale, never));
    const icon = stale ? ICONS.stale : ICONS[this.tone] ?? 'icons/good.svg';
    if (this.nodes.icon.getAttribute('href') !== icon) this.nodes.icon.setAttribute('href', icon);
    const title = stale && !never ? `${span(age)} old – hb` : this.#title;
    if (document.title !== title) document.title = title;
  }

  /** New problems, politely. */
  announce(problems) {
    if (problems.length === 0) return;
    const said = problems.slice(0, ALOUD).map(({ view }) => {
      const state = stateOf(view.state);
      return `${visible(view.app)} on ${placeOf(view)}: ${state.label}. ${sentence(view.sentence) || state.says}`;
    });
    const more = problems.length - said.length;
    if (more > 0) said.push(`And ${more} more.`);
    this.nodes.aloud.textContent = said.join(' ');
  }

  #summarise(counts, total, critical) {
    const bad = [...counts].filter(([word]) => isProblem(word));
    bad.sort(([a], [b]) => stateOf(a).rank - stateOf(b).rank);
    const troubled = bad.reduce((sum, [, n]) => sum + n, 0);
    this.tone = critical ? 'bad' : bad.length === 0 ? 'good' : stateOf(bad[0][0]).tone;
    const list = bad.map(([word, n]) => `${n} ${word}`).join(', ');
    // Nobody has seen a picture of these yet, or any more: they are no trouble, and not well either.
    const ofTone = (tone) => [...counts].reduce((sum, [word, n]) => sum + (stateOf(word).tone === tone ? n : 0), 0);
    const waiting = ofTone('wait');
    const resting = ofTone('rest');
    this.#title = total === 0 ? 'hb' : troubled > 0 ? `${list} – hb` : resting === total ? 'at rest – hb' : `${total - waiting - resting} well – hb`;
    this.nodes.summary.dataset.tone = this.tone;
    this.totals = { total, troubled, waiting, resting };
    setText(this.nodes.summary, summaryText(this.totals, this.stale));
  }

  #makeChip(word) {
    const state = stateOf(word);
    const count = el('span', 'count', '0');
    const button = el('button', 'chip', glyph(word), el('span', '', state.label), count);
    button.type = 'button';
    button.dataset.tone = state.tone;
    button.addEventListener('click', () => this.onToggle(word));
    const chip = { button, count };
    this.#chips.set(word, chip);
    return chip;
  }
}

/** One sentence about all screens. What a stale view tells, it tells in the past. */
export function summaryText({ total, troubled, waiting, resting }, stale) {
  const one = total === 1;
  const are = (n) => (stale ? (n === 1 ? 'was' : 'were') : n === 1 ? 'is' : 'are');
  if (total === 0) return stale ? 'No screen had beaten' : 'No screen has beaten yet';
  if (troubled > 0) {
    const need = stale ? 'needed' : troubled === 1 ? 'needs' : 'need';
    return `${one ? 'The screen' : `${troubled} of ${total}`} ${need} a look`;
  }
  if (resting === total) return `Nothing ${are(1)} expected to show`;
  if (waiting + resting === 0) return `${one ? 'The screen' : `All ${screens(total)}`} ${are(total)} well`;
  if (one) return `The screen ${are(1)} expected in a moment`;
  const well = total - waiting - resting;
  const others = [waiting > 0 && `${waiting} expected in a moment`, resting > 0 && `${resting} at rest`].filter(Boolean);
  return `${well} of ${total} ${are(well)} well, ${others.join(', ')}`;
}

function bannerText(word, age, stale, never) {
  if (never) return 'No connection to the server. Trying again…';
  const old = `This view is ${span(age)} old: it shows what was, not what is.`;
  if (word === 'lost') return stale ? `Connection lost, trying again. ${old}` : 'Connection lost, trying again.';
  return old;
}
