/**
 * One hall of the dashboard: its name, how it stands with it, and the list of its tiles, which folds away.
 *
 * Not here: which tiles (grid.js), what is rolled up (halls.js).
 */

import { el, setText } from './dom.js';
import { ofGroup, toHash } from './filter.js';
import { ELSEWHERE, sumOf } from './halls.js';
import { t } from './lang.js';
import { stateOf, visible } from './words.js';

const KEY = 'hb-folded';
let halls = 0;

export class Hall {
  /** The node, a section; and in it the list of tiles. */
  node;
  list;

  constructor(name, onFold) {
    this.name = name;
    this.onFold = onFold;
    halls += 1;
    this.list = el('ul', 'tiles');
    this.list.id = `hall-${halls}`;
    this.title = el('span', 'title', name === ELSEWHERE ? t('Elsewhere') : visible(name));
    this.sum = el('span', 'sum');
    this.counts = el('span', 'counts');
    this.button = el('button', 'fold', this.title, this.sum, this.counts);
    this.button.type = 'button';
    this.button.setAttribute('aria-controls', this.list.id);
    this.button.addEventListener('click', () => this.#fold(!this.folded, true));
    this.head = el('h2', 'hall-head', this.button);
    this.wall = el('a', 'to-wall', t('Wall'));
    this.wall.href = `/wall${toHash(ofGroup(name))}`;
    this.wall.title = t('Only {hall}, for a television', { hall: visible(name) });
    this.line = el('div', 'hall-line', this.head, ...(name === ELSEWHERE ? [] : [this.wall]));
    this.node = el('section', 'hall', this.line, this.list);
    this.#fold(kept().includes(name), false);
  }

  get folded() {
    return this.list.hidden;
  }

  /** What is rolled up in it; `titled` where there are others beside it. */
  show({ tally, tone }, titled) {
    this.line.hidden = !titled;
    // What has no title cannot be unfolded.
    if (!titled && this.folded) this.#fold(false, false);
    this.list.ariaLabel = titled ? this.title.textContent : t('Screens, worst first');
    if (this.node.dataset.tone !== tone) this.node.dataset.tone = tone;
    setText(this.sum, sumOf(tally) === t('muted') || sumOf(tally) === t('at rest') ? sumOf(tally) : t('{sum} well', { sum: sumOf(tally) }));
    setText(this.counts, countsOf(tally));
  }

  #fold(folded, keeps) {
    this.list.hidden = folded;
    this.button.setAttribute('aria-expanded', String(!folded));
    if (!keeps) return;
    const others = kept().filter((name) => name !== this.name);
    keep(folded ? [...others, this.name] : others);
    this.onFold();
  }
}

/** What is not well in a hall, in a few words: "2 Down, 1 Late, 3 muted". */
export function countsOf({ loud, taken, snoozed, muted, resting }) {
  const bad = [...loud].map(([word, n]) => [stateOf(word), n]).sort(([a], [b]) => a.rank - b.rank);
  return [
    ...bad.map(([{ label }, n]) => `${n} ${label}`),
    taken > 0 && t('{n} taken care of', { n: taken }),
    snoozed > 0 && t('{n} snoozed', { n: snoozed }),
    muted > 0 && t('{n} muted', { n: muted }),
    resting > 0 && t('{n} at rest', { n: resting }),
  ].filter(Boolean).join(', ');
}

function kept() {
  try {
    const names = JSON.parse(localStorage.getItem(KEY) ?? '[]');
    return Array.isArray(names) ? names : [];
  } catch {
    return [];
  }
}

function keep(names) {
  try {
    localStorage.setItem(KEY, JSON.stringify(names));
  } catch {
    // Folded until the page goes.
  }
}
