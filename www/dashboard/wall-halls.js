/**
 * The halls of the wall, below what needs a look: each with its name, how it stands with it, and a cell for each screen; and a line
 * that counts those which do not fit.
 *
 * Not here: the sums (wall-fit.js, halls.js), what screens are called (wall-names.js).
 */

import { el, glyph, setGlyph, setText } from './dom.js';
import { ELSEWHERE, sumOf } from './halls.js';
import { t } from './lang.js';
import { ruler } from './ruler.js';
import { isKnown } from './standing.js';
import { fitHalls } from './wall-fit.js';
import { labelsOf, namesOf, shortened } from './wall-names.js';
import { stateOf, toneOf, visible } from './words.js';

/** What the style sheet leaves free beside the halls, px. */
const EDGE = 4;

const [halls, rest] = ['halls', 'rest'].map((id) => document.getElementById(id));
const inner = halls.appendChild(el('div', 'halls-in'));
/** How wide the name of a cell is. */
const thin = ruler(400);
const cells = new Map();
const sections = new Map();
let shape = '';
let fitted = { room: 0, halls: null, each: null };

/** Shows what is in them; not yet how large. */
export function fillHalls(inHalls, oneHost) {
  const nodes = inHalls.map((hall) => sectionOf(hall, inHalls.length > 1, oneHost).node);
  const alive = new Set(inHalls.flatMap(({ apps }) => apps.map(({ key }) => key)));
  for (const key of cells.keys()) if (!alive.has(key)) cells.delete(key);
  if (nodes.length !== inner.children.length || nodes.some((node, at) => inner.children[at] !== node)) inner.replaceChildren(...nodes);
}

/** Makes them as large as all can be at once, in what the alarms leave: their names too. `alarmed` says in a word how much that is. */
export function fitIn(inHalls, place, alarmed) {
  const { room, ...shown } = fit(inHalls, place, alarmed);
  for (const { name } of inHalls) label(sections.get(name), room);
  leaveOut(inHalls, shown);
}

function sectionOf({ name, apps, tally, tone }, titled, oneHost) {
  let section = sections.get(name);
  if (!section) {
    section = { title: el('h2'), sum: el('span', 'sum'), cells: el('ul', 'cells') };
    section.head = el('header', '', section.title, section.sum);
    section.node = el('section', 'hall', section.head, section.cells);
    sections.set(name, section);
  }
  section.head.hidden = !titled;
  if (section.node.dataset.tone !== tone) section.node.dataset.tone = tone;
  setText(section.title, name === ELSEWHERE ? t('Elsewhere') : visible(name));
  setText(section.sum, sumOf(tally));
  const same = section.names?.size === apps.length && section.oneHost === oneHost && apps.every(({ key }) => section.names.has(key));
  if (!same) nameCells(section, apps, oneHost);
  const nodes = apps.map((app) => cellOf(app, section.names.get(app.key)));
  if (!same) section.cells.replaceChildren(...[...section.names.keys()].map((key) => cells.get(key).node));
  else if (nodes.some((node) => node.parentNode !== section.cells)) section.names = null;
  return section;
}

function cellOf(app, name) {
  const { view } = app;
  const stamp = `${view.state} ${toneOf(view)} ${isKnown(view)} ${name}`;
  let cell = cells.get(app.key);
  if (!cell) {
    cell = { glyph: glyph('unknown'), label: el('bdi', 'label') };
    cell.node = el('li', 'cell', cell.glyph, cell.label);
    cells.set(app.key, cell);
  }
  if (cell.stamp !== stamp) {
    cell.stamp = stamp;
    cell.node.dataset.tone = toneOf(view);
    cell.node.dataset.known = String(isKnown(view));
    cell.node.ariaLabel = `${name}: ${stateOf(view.state).label}`;
    setGlyph(cell.glyph, view.state);
  }
  return cell.node;
}

function nameCells(section, apps, oneHost) {
  section.names = namesOf(apps, oneHost);
  section.short = shortened(section.names, apps.map(({ view }) => visible(view.host)));
  section.need = Math.max(...[...section.short.values()].map(thin));
  section.oneHost = oneHost;
  section.room = null;
}

/** Writes the names of a hall's cells, as they stand in `room` em. */
function label(section, room) {
  if (section.room === room) return;
  section.room = room;
  for (const [key, text] of labelsOf(section.names ?? new Map(), section.short, room, thin)) setText(cells.get(key).label, text);
}

/** As large as all halls can be at once, in what the alarms leave: the room of a name then, in em, and how much of them is shown. */
function fit(inHalls, place, alarmed) {
  const counts = inHalls.map(({ apps }) => apps.length);
  const need = Math.max(0, ...inHalls.map(({ name }) => sections.get(name).need));
  const next = JSON.stringify([counts, place, alarmed, need]);
  if (next === shape) return fitted;
  shape = next;
  rest.hidden = true;
  const { named, columns, abreast, scale, ...found } = fitHalls(counts, { ...place, width: place.width - EDGE, height: halls.clientHeight }, inHalls.length > 1, need);
  fitted = found;
  inner.dataset.named = String(named);
  inner.style.setProperty('--columns', String(columns));
  inner.style.setProperty('--abreast', String(abreast));
  // Never up: a row more would need a place that is not there.
  inner.style.setProperty('--s', (Math.floor(scale * 1000) / 1000).toFixed(3));
  return fitted;
}

/** Shows the first cells of `each` of the first `shown` halls, or all where there is no such number, and counts the others. */
function leaveOut(inHalls, { halls: shown, each }) {
  let left = 0;
  inHalls.forEach(({ name, apps }, at) => {
    const section = sections.get(name);
    section.node.hidden = shown !== null && at >= shown;
    const most = section.node.hidden ? 0 : (each ?? apps.length);
    left += Math.max(0, apps.length - most);
    if (most >= apps.length && !section.cutOff) return;
    section.cutOff = most < apps.length;
    [...section.cells.children].forEach((cell, nth) => { cell.hidden = nth >= most; });
  });
  rest.hidden = left === 0 || halls.hidden;
  setText(rest, left === 1 ? t('And 1 more screen') : t('And {n} more screens', { n: left }));
}
