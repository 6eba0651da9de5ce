/**
 * The wall of tiles, hall by hall, and below it the small ones at rest: keeps one tile per app in the order of the model, moves
 * only what moved, and spends time only on tiles that somebody can see.
 */

import { insideOf, scaleFor } from './fit.js';
import { Hall } from './hall.js';
import { byNeed, hallsOf } from './halls.js';
import { ruler } from './ruler.js';
import { neighbour } from './steps.js';
import { Tile } from './tile.js';
import { TileNames } from './tile-names.js';
import { stateOf } from './words.js';

/** Visible tiles beyond which tenths of a second are not worth their layout. */
const MANY = 120;

export class Grid {
  #wall;
  #rest;
  #foot;
  #tiles = new Map();
  #names = new TileNames({ name: ruler(600), place: ruler() });
  #seen = new Set();
  #watcher;
  #matches = () => true;
  #lastTick = 0;
  #count = 0;
  /** By name. */
  #halls = new Map();
  /** How many stand in each hall that is shown and not folded; what the scale was found for. */
  #loud = [];
  #shape = '';

  /** `foot` stands below the lists and is to be seen with them. `onOpen(app)` is called when a tile is chosen by click, Enter or Space. */
  constructor({ wall, rest, foot }, onOpen) {
    this.#wall = wall;
    this.#rest = rest;
    this.#foot = foot;
    this.#watcher = new IntersectionObserver((entries) => this.#onSeen(entries), { rootMargin: '200px' });
    for (const node of [wall, rest]) this.#listen(node, onOpen);
    const sizes = new ResizeObserver(() => this.#fit());
    // What stands beside the tiles takes room from them when it comes, and gives it back.
    for (const node of [wall.parentElement, ...wall.parentElement.children]) if (node !== wall) sizes.observe(node);
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

  /** Where the tile of an app's key stands among those shown; -1 if nowhere. */
  placeOf(key) {
    const face = this.#tiles.get(key)?.face;
    return face ? this.#faces().indexOf(face) : -1;
  }

  /** Moves the focus to what stands at `place` now, or to the last before it. */
  focus(place) {
    if (place >= 0) this.#faces().slice(0, place + 1).at(-1)?.focus();
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
    if (change.touched.size + change.removed.size > 0) this.#arrange(ordered);
    const tiles = [...this.#tiles.values()];
    if (this.#names.know(tiles.map(({ texts }) => texts))) for (const tile of tiles) tile.call();
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

  #listen(list, onOpen) {
    const tileAt = (event) => event.target.closest?.('.tile')?.hbTile;
    list.addEventListener('click', (event) => {
      const tile = tileAt(event);
      if (tile && !isSelecting(tile.node)) onOpen(tile.app);
    });
    list.addEventListener('keydown', (event) => {
      const tile = tileAt(event);
      if (!tile) return;
      const opens = event.key === 'Enter' || event.key === ' ';
      const next = opens ? null : neighbour(this.#faces(), tile.face, event.key);
      if (!opens && !next) return;
      event.preventDefault();
      if (opens) onOpen(tile.app);
      else next.focus();
    });
  }

  /** What can be focused, in the order of the page. */
  #faces() {
    const lists = [...this.#shown(), this.#rest];
    return lists.flatMap((list) => [...list.children].filter((node) => !node.hidden).map((node) => node.hbTile.face));
  }

  /** The lists of the halls that are not folded, as they stand. */
  #shown() {
    return [...this.#wall.children].map((node) => node.hbHall).filter((hall) => !hall.folded && !hall.node.hidden).map(({ list }) => list);
  }

  #add(app) {
    const tile = new Tile(app, this.#names);
    tile.node.hbTile = tile;
    this.#tiles.set(app.key, tile);
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

  /** Focus stays where it was, whoever moves. */
  #arrange(ordered) {
    const focused = document.activeElement?.closest('.tile') ? document.activeElement : null;
    const atRest = ({ view }) => stateOf(view.state).tone === 'rest';
    const halls = hallsOf(ordered).sort(byNeed);
    for (const { name, apps, ...sum } of halls) {
      const hall = this.#halls.get(name) ?? this.#build(name);
      hall.show(sum, halls.length > 1);
      this.#walk(hall.list, apps.filter((app) => !atRest(app)), (app) => this.#tiles.get(app.key).node);
    }
    for (const name of this.#halls.keys()) if (!halls.some((hall) => hall.name === name)) this.#halls.delete(name);
    this.#walk(this.#wall, halls, ({ name }) => this.#halls.get(name).node);
    for (const node of [...this.#wall.children].slice(halls.length)) node.remove();
    this.#walk(this.#rest, ordered.filter(atRest), (app) => this.#tiles.get(app.key).node);
    if (focused && document.activeElement !== focused) focused.focus({ preventScroll: true });
  }

  #build(name) {
    const hall = new Hall(name, () => this.#recount());
    hall.node.hbHall = hall;
    this.#halls.set(name, hall);
    return hall;
  }

  /** Walks both orders of one list at once; what stands right is not touched. */
  #walk(list, ordered, nodeOf) {
    let cursor = list.firstElementChild;
    for (const item of ordered) {
      const node = nodeOf(item);
      if (node === cursor) cursor = cursor.nextElementSibling;
      // One left its place: stepping over it now saves moving all that follow.
      else if (cursor && node === cursor.nextElementSibling) {
        const left = cursor;
        cursor = node.nextElementSibling;
        list.append(left);
      } else list.insertBefore(node, cursor);
    }
  }

  #hideOrShow(tile) {
    const hidden = !this.#matches(tile.app.view);
    if (tile.node.hidden !== hidden) tile.node.hidden = hidden;
  }

  #recount() {
    const halls = [...this.#halls.values()];
    const counts = halls.map((hall) => shownIn(hall.list));
    halls.forEach(({ node }, at) => {
      if (node.hidden !== (counts[at] === 0)) node.hidden = counts[at] === 0;
    });
    const loud = counts.map((count, at) => (halls[at].folded ? 0 : count)).filter((count) => count > 0);
    const folded = halls.filter((hall, at) => hall.folded && counts[at] > 0).length;
    this.#count = counts.reduce((sum, count) => sum + count, 0) + shownIn(this.#rest);
    const shape = [...loud, 'folded', folded, this.#count].join();
    if (shape === this.#shape) return;
    this.#shape = shape;
    this.#loud = loud;
    this.#fit();
  }

  #fit() {
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const top = this.#wall.getBoundingClientRect().top + scrollY;
    const heads = [...this.#halls.values()].filter(({ head, node }) => !head.hidden && !node.hidden);
    const above = heads.reduce((sum, { node, list }) => sum + (node.offsetHeight - list.offsetHeight), 0);
    const height = innerHeight - top - this.#rest.offsetHeight - this.#foot.offsetHeight - above;
    const width = this.#wall.clientWidth;
    const scale = scaleFor(this.#loud, width, height, rem);
    if (this.#wall.style.getPropertyValue('--k') !== String(scale)) this.#wall.style.setProperty('--k', String(scale));
    if (this.#names.fit(insideOf(width, rem, scale))) for (const tile of this.#tiles.values()) tile.call();
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

function shownIn(list) {
  let count = 0;
  for (const node of list.children) if (!node.hidden) count += 1;
  return count;
}

/** Selecting text to copy a name is not choosing the tile. */
function isSelecting(node) {
  const selection = getSelection();
  return !selection.isCollapsed && node.contains(selection.anchorNode);
}
