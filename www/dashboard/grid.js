/**
 * The wall of tiles: keeps one tile per app in the order of the model, moves only what moved, and spends time only on
 * tiles that somebody can see.
 */

import { scaleFor } from './fit.js';
import { Tile } from './tile.js';

/** Visible tiles beyond which tenths of a second are not worth their layout. */
const MANY = 120;

export class Grid {
  #list;
  #foot;
  #tiles = new Map();
  #seen = new Set();
  #watcher;
  #matches = () => true;
  #lastTick = 0;
  #count = 0;

  /** `foot` stands below the wall and is to be seen with it. `onOpen(app)` is called when a tile is chosen by click, Enter or Space. */
  constructor({ list, foot }, onOpen) {
    this.#list = list;
    this.#foot = foot;
    this.#watcher = new IntersectionObserver((entries) => this.#onSeen(entries), { rootMargin: '200px' });
    const tileAt = (event) => event.target.closest?.('.tile')?.hbTile;
    list.addEventListener('click', (event) => {
      const tile = tileAt(event);
      if (tile && !isSelecting(tile.node)) onOpen(tile.app);
    });
    list.addEventListener('keydown', (event) => {
      const tile = tileAt(event);
      if (!tile) return;
      const step = this.#step(event.key);
      if (step === 0 && event.key !== 'Enter' && event.key !== ' ') return;
      event.preventDefault();
      if (step === 0) onOpen(tile.app);
      else this.#focus(tile, step);
    });
    new ResizeObserver(() => this.#fit()).observe(list.parentElement);
    addEventListener('resize', () => this.#fit());
  }

  /** How many tiles the filter leaves. */
  get shown() {
    return this.#count;
  }

  /** The tile of an app's key, if it has one. */
  tile(key) {
    return this.#tiles.get(key);
  }

  /** Shows only apps whose view passes `matches`. */
  filter(matches) {
    this.#matches = matches;
    for (const tile of this.#tiles.values()) this.#hideOrShow(tile);
    this.#recount();
  }

  /** Takes over what an event changed; `ordered` are all apps of the model, worst first. */
  apply(change, ordered) {
    for (const key of change.removed) this.#drop(key);
    for (const app of change.touched) {
      const tile = this.#tiles.get(app.key);
      if (tile) {
        tile.app = app;
        tile.show();
      } else {
        this.#add(app);
      }
    }
    if (change.touched.size > 0) this.#arrange(ordered);
    for (const app of change.touched) {
      const tile = this.#tiles.get(app.key);
      if (tile) this.#hideOrShow(tile);
    }
    this.#recount();
  }

  /** Lets the ages of visible tiles go on. Called often; thins itself out on a crowded wall. */
  tick(now, serverTime) {
    if (this.#seen.size > MANY && now - this.#lastTick < 950) return;
    this.#lastTick = now;
    for (const tile of this.#seen) tile.tick(now, serverTime);
  }

  /** Draws the sparklines of visible tiles up to the second `column`. */
  draw(column) {
    for (const tile of this.#seen) tile.spark.draw(tile.app.history, column);
  }

  /** What a tile needs to be right the moment it is scrolled into view; set by the page. */
  onReveal = () => {};

  /** Tiles to go for a key: arrows walk the wall as it is seen. */
  #step(key) {
    const columns = getComputedStyle(this.#list).gridTemplateColumns.split(' ').length;
    return { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns, Home: -Infinity, End: Infinity }[key] ?? 0;
  }

  #focus(tile, step) {
    const shown = [...this.#list.children].filter((node) => !node.hidden);
    const to = Math.min(shown.length - 1, Math.max(0, shown.indexOf(tile.node) + step));
    shown[to].hbTile.face.focus();
  }

  #add(app) {
    const tile = new Tile(app);
    tile.node.hbTile = tile;
    this.#tiles.set(app.key, tile);
    this.#list.append(tile.node);
    this.#watcher.observe(tile.node);
  }

  #drop(key) {
    const tile = this.#tiles.get(key);
    if (!tile) return;
    this.#watcher.unobserve(tile.node);
    this.#seen.delete(tile);
    this.#tiles.delete(key);
    tile.node.remove();
  }

  /** Walks both orders at once; a tile that stands right is not touched. Focus stays where it was. */
  #arrange(ordered) {
    const focused = this.#list.contains(document.activeElement) ? document.activeElement : null;
    let cursor = this.#list.firstElementChild;
    for (const { key } of ordered) {
      const { node } = this.#tiles.get(key);
      if (node === cursor) cursor = cursor.nextElementSibling;
      // A tile that left its place: stepping over it now saves moving all that follow.
      else if (node === cursor?.nextElementSibling) {
        const left = cursor;
        cursor = node.nextElementSibling;
        this.#list.append(left);
      } else this.#list.insertBefore(node, cursor);
    }
    if (focused && document.activeElement !== focused) focused.focus({ preventScroll: true });
  }

  #hideOrShow(tile) {
    const hidden = !this.#matches(tile.app.view);
    if (tile.node.hidden !== hidden) tile.node.hidden = hidden;
  }

  #recount() {
    let count = 0;
    for (const tile of this.#tiles.values()) if (!tile.node.hidden) count += 1;
    if (count === this.#count) return;
    this.#count = count;
    this.#fit();
  }

  #fit() {
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const top = this.#list.getBoundingClientRect().top + scrollY;
    const height = innerHeight - top - this.#foot.offsetHeight;
    const scale = String(scaleFor(this.#count, this.#list.clientWidth, height, rem));
    if (this.#list.style.getPropertyValue('--k') !== scale) this.#list.style.setProperty('--k', scale);
  }

  #onSeen(entries) {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) this.#seen.add(target.hbTile);
      else this.#seen.delete(target.hbTile);
    }
    this.#lastTick = 0;
    this.onReveal();
  }
}

/** Selecting text to copy a name is not choosing the tile. */
function isSelecting(node) {
  const selection = getSelection();
  return !selection.isCollapsed && node.contains(selection.anchorNode);
}
