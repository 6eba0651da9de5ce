/**
 * The head of the page: the one-sentence summary, the chips with counts, title and icon, the line about the
 * connection, and what is said aloud to screen readers.
 */

import { el, glyph, setText } from './dom.js';
import { t } from './lang.js';
import { summaryText } from './summary.js';
import { placeOf } from './tile.js';
import { isProblem, sentence, span, STATES, stateOf, visible } from './words.js';

const ICONS = { bad: 'icons/bad.svg', warn: 'icons/warn.svg', odd: 'icons/warn.svg', none: 'icons/stale.svg', stale: 'icons/stale.svg' };
/** More news than this at once is told as a number. */
const ALOUD = 3;

export class Head {
  #chips = new Map();
  #title = document.title;
  totals = { total: 0, troubled: 0, taken: 0, snoozed: 0, muted: 0, waiting: 0, resting: 0 };
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
    setText(this.nodes.link, linkText(word, stale));
    const never = !Number.isFinite(age);
    this.nodes.banner.hidden = !(stale && !never) && !(word === 'lost');
    setText(this.nodes.banner, bannerText(word, age, stale, never));
    const icon = iconOf(stale ? 'stale' : this.tone);
    if (this.nodes.icon.getAttribute('href') !== icon) this.nodes.icon.setAttribute('href', icon);
    const title = stale && !never ? `${t('{span} old', { span: span(age) })} – hb` : this.#title;
    if (document.title !== title) document.title = title;
  }

  /** New problems, politely. */
  announce(problems) {
    if (problems.length === 0) return;
    const said = problems.slice(0, ALOUD).map(({ view }) => {
      const state = stateOf(view.state);
      const name = t('{app} on {place}', { app: visible(view.app), place: placeOf(view) });
      return `${name}: ${state.label}. ${sentence(view.sentence) || state.says}`;
    });
    const more = problems.length - said.length;
    if (more > 0) said.push(t('And {n} more.', { n: more }));
    this.nodes.aloud.textContent = said.join(' ');
  }

  #summarise(tally, critical) {
    const { total, troubled, taken, snoozed, muted, waiting, resting, well } = tally;
    const bad = byRank(tally.loud);
    this.tone = toneOfAll(tally, critical);
    const list = bad.map(([word, n]) => `${n} ${stateOf(word).label}`).join(', ');
    const calm = resting === total ? t('at rest') : muted + resting === total ? t('muted')
      : taken > 0 ? t('{n} taken care of', { n: taken }) : snoozed > 0 ? t('{n} snoozed', { n: snoozed }) : t('{n} well', { n: well });
    this.#title = total === 0 ? 'hb' : `${troubled > 0 ? list : calm} – hb`;
    this.nodes.summary.dataset.tone = this.tone;
    this.totals = { total, troubled, taken, snoozed, muted, waiting, resting };
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

/** What is said of a line that is lost, or a view that is old. */
export function bannerText(word, age, stale, never) {
  if (never) return t('No connection to the server. Trying again…');
  const old = t('This view is {span} old: it shows what was, not what is.', { span: span(age) });
  if (word === 'lost') return stale ? `${t('Connection lost, trying again.')} ${old}` : t('Connection lost, trying again.');
  return old;
}

/** How the line to the server is, in a word. */
export function linkText(word, stale) {
  if (word === 'live' && !stale) return t('live');
  return word === 'connecting' ? t('connecting') : t('no connection');
}

const byRank = (loud) => [...loud].sort(([a], [b]) => stateOf(a).rank - stateOf(b).rank);

/** The tone of the headline; `critical` where any app is shown in full red, `none` where nobody is. */
export function toneOfAll({ total, loud, taken, snoozed }, critical) {
  if (critical) return 'bad';
  // Of nothing nobody can say that it is well.
  if (total === 0) return 'none';
  return loud.size > 0 ? stateOf(byRank(loud)[0][0]).tone : taken + snoozed > 0 ? 'warn' : 'good';
}

/** The icon of a tab in this tone. */
export const iconOf = (tone) => ICONS[tone] ?? 'icons/good.svg';
