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
  totals = { total: 0, troubled: 0, taken: 0, muted: 0, waiting: 0, resting: 0 };
  stale = false;

  /** `nodes`: the elements of index.html by role. `onToggle(word)` is called when a chip is pressed. */
  constructor(nodes, onToggle) {
    this.nodes = nodes;
    this.onToggle = onToggle;
  }

  /** The counts changed, or the choice of states, the model's `tally`, or whether any app is `critical`. */
  show(counts, chosen, tally, critical) {
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
      const { tone } = stateOf(word);
      // Where nobody of it needs a look, its chip is quiet too.
      chip.button.dataset.tone = isProblem(word) && !tally.loud.has(word) ? 'rest' : tone;
      const next = before ? before.nextSibling : this.nodes.chips.firstChild;
      if (next !== chip.button) this.nodes.chips.insertBefore(chip.button, next);
      before = chip.button;
    }
    this.#summarise(tally, critical);
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

  #summarise(tally, critical) {
    const { total, troubled, taken, muted, waiting, resting, well } = tally;
    const bad = [...tally.loud].sort(([a], [b]) => stateOf(a).rank - stateOf(b).rank);
    this.tone = critical ? 'bad' : bad.length > 0 ? stateOf(bad[0][0]).tone : taken > 0 ? 'warn' : 'good';
    const list = bad.map(([word, n]) => `${n} ${word}`).join(', ');
    const calm = resting === total ? 'at rest' : muted + resting === total ? 'muted' : taken > 0 ? `${taken} taken care of` : `${well} well`;
    this.#title = total === 0 ? 'hb' : `${troubled > 0 ? list : calm} – hb`;
    this.nodes.summary.dataset.tone = this.tone;
    this.totals = { total, troubled, taken, muted, waiting, resting };
    setText(this.nodes.summary, summaryText(this.totals, this.stale));
  }

  #makeChip(word) {
    const state = stateOf(word);
    const count = el('span', 'count', '0');
    const button = el('button', 'chip', glyph(word), el('span', '', state.label), count);
    button.type = 'button';
    button.addEventListener('click', () => this.onToggle(word));
    const chip = { button, count };
    this.#chips.set(word, chip);
    return chip;
  }
}

/** One sentence about all screens. What a stale view tells, it tells in the past. */
export function summaryText({ total, troubled, waiting, resting, taken = 0, muted = 0 }, stale) {
  const one = total === 1;
  const are = (n) => (stale ? (n === 1 ? 'was' : 'were') : n === 1 ? 'is' : 'are');
  const list = (...parts) => parts.filter(Boolean).join(', ');
  const more = (n, word) => n > 0 && `${n} ${word}`;
  if (total === 0) return stale ? 'No screen had beaten' : 'No screen has beaten yet';
  if (troubled > 0) {
    const need = stale ? 'needed' : troubled === 1 ? 'needs' : 'need';
    return list(`${one ? 'The screen' : `${troubled} of ${total}`} ${need} a look`, more(taken, 'taken care of'), more(muted, 'muted'));
  }
  if (taken > 0) return list(`${one ? 'The screen' : `${taken} of ${total}`} ${are(taken)} taken care of`, more(muted, 'muted'));
  if (resting === total) return `Nothing ${are(1)} expected to show`;
  if (muted + resting === total) {
    return list(`${one ? 'The screen' : muted === total ? `All ${screens(total)}` : `${muted} of ${total}`} ${are(muted)} muted`, more(resting, 'at rest'));
  }
  if (waiting + resting + muted === 0) return `${one ? 'The screen' : `All ${screens(total)}`} ${are(total)} well`;
  if (one) return `The screen ${are(1)} expected in a moment`;
  const well = total - waiting - resting - muted;
  return list(`${well} of ${total} ${are(well)} well`, more(waiting, 'expected in a moment'), more(resting, 'at rest'), more(muted, 'muted'));
}

function bannerText(word, age, stale, never) {
  if (never) return 'No connection to the server. Trying again…';
  const old = `This view is ${span(age)} old: it shows what was, not what is.`;
  if (word === 'lost') return stale ? `Connection lost, trying again. ${old}` : 'Connection lost, trying again.';
  return old;
}
