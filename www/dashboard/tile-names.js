/**
 * What stands on tiles for names that are too long for them: no two names, and no two places, ever read the same.
 *
 * Not here: how a name is cut (telling.js), how wide a tile is (fit.js).
 */

import { el, setText } from './dom.js';
import { inTwoLines, telling } from './telling.js';

/** Sizes in tile.css, em of the tile. */
const SIZES = { name: 1.25, place: 0.875 };

export class TileNames {
  #rulers;
  #room = 0;
  #known = { name: new Set(), place: new Set() };
  #cut = new Map();

  /** `rulers` of a name and of a place: functions from text to its width in em. */
  constructor(rulers) {
    this.#rulers = rulers;
  }

  /** Tiles have `room` em inside; whether that is news. */
  fit(room) {
    if (room === this.#room) return false;
    this.#room = room;
    this.#cut.clear();
    return true;
  }

  /** The texts of all tiles there are, `[{name, place}]`; whether any is news or gone. */
  know(texts) {
    let news = false;
    for (const kind of ['name', 'place']) {
      const all = new Set(texts.map((text) => text[kind]));
      news ||= all.size !== this.#known[kind].size || [...all].some((text) => !this.#known[kind].has(text));
      this.#known[kind] = all;
    }
    if (news) this.#cut.clear();
    return news;
  }

  /** `text`, a `kind` of `name` or `place`, as it stands on a tile; `calm`: there is room for a second line. */
  cut(kind, text, calm) {
    const room = this.#room / SIZES[kind];
    if (room <= 0 || this.#rulers[kind](text) <= room) return text;
    const key = `${kind} ${calm} ${text}`;
    if (!this.#cut.has(key)) this.#cut.set(key, (calm ? inTwoLines : telling)(text, [...this.#known[kind]], room, this.#rulers[kind]));
    return this.#cut.get(key);
  }
}

/** Shows `text` as it was `cut`; who reads by ear hears all of it. */
export function write(node, text, cut) {
  node.title = text;
  if (cut === text) return setText(node, text);
  if (node.dataset.cut === cut && node.firstElementChild?.textContent === text) return;
  node.dataset.cut = cut;
  const seen = el('span', '', cut);
  seen.ariaHidden = 'true';
  node.replaceChildren(el('span', 'unseen', text), seen);
}
