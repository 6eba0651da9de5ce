/**
 * The wall view, for a television: what needs a look first and large, then every hall with each of its screens, and a clock.
 *
 * It fits whatever it shows into what is seen, takes no clicks, and speaks in the past when the line is lost. The filter of the
 * dashboard holds here too (`/wall#q=group:"hall 3"`), and `?light` makes it light. Not here: the sums (wall-fit.js, halls.js), and what
 * screens are called (wall-names.js).
 */

import { el, glyph, setGlyph, setText } from './dom.js';
import { askedOf, fromHash, isActive, matcher } from './filter.js';
import { ELSEWHERE, hallsOf, sumOf } from './halls.js';
import { bannerText, iconOf, toneOfAll } from './head.js';
import { t } from './lang.js';
import { inState, Model } from './model.js';
import { ruler } from './ruler.js';
import { isKnown, tallyOf, urgency } from './standing.js';
import { openStream } from './stream.js';
import { summaryText } from './summary.js';
import { telling } from './telling.js';
import { sentenceOf } from './tile.js';
import { alarmWidth, fitAlarms, fitHalls, shiftAt } from './wall-fit.js';
import { labelsOf, namesOf, ofOneHost, shortened, titleOf } from './wall-names.js';
import { clockFace } from './when.js';
import { roughly, stateOf, toneOf, visible } from './words.js';

const TICK = 500;
const SOON = 300;
/** What the style sheet leaves free beside the halls, px. */
const EDGE = 4;
/** The least room for how long something has been the matter, em. */
const SINCE = 4;

const byId = (id) => document.getElementById(id);
const [wall, part, summary, old, loud, more, halls] = ['wall', 'part', 'summary', 'old', 'loud', 'more', 'halls'].map(byId);
const inner = halls.appendChild(el('div', 'halls-in'));
const model = new Model();
/** How wide names are: of cells, of what alarms name first, and second. */
const [thin, bold, firm] = [400, 700, 600].map(ruler);
const alarms = new Map();
const cells = new Map();
const sections = new Map();
let link = 'connecting';
let known = false;
let filter = fromHash(location.hash);
let matches = matcher(filter);
let shape = '';
let fitted = 0;
let drawing = 0;

document.documentElement.toggleAttribute('data-light', new URLSearchParams(location.search).has('light'));

function draw() {
  drawing = 0;
  const apps = model.ordered().filter(({ view }) => matches(view));
  const tally = tallyOf(apps.map(({ view }) => view));
  const stale = known && model.isStale(performance.now(), Date.now());
  const asked = askedFor();
  // A hall that is misspelt, or gone: whoever hung this wall has to know. Of states alone there may be none.
  const lost = known && tally.total === 0 && isActive(filter);
  const tone = toneOfAll(tally, apps.some(({ view }) => toneOf(view) === 'bad' && urgency(view) === 0));
  summary.dataset.tone = lost && asked ? 'odd' : tone;
  setText(summary, !known ? t('Waiting for the server…') : lost ? t('No screen matches.') : summaryText(tally, stale));
  part.hidden = !asked;
  setText(part, asked);
  const icon = iconOf(stale ? 'stale' : summary.dataset.tone);
  if (byId('icon').getAttribute('href') !== icon) byId('icon').setAttribute('href', icon);
  const title = `${asked && `${asked}: `}${summary.textContent} – hb`;
  if (document.title !== title) document.title = title;

  const needy = apps.filter(({ view }) => urgency(view) === 0);
  const inHalls = hallsOf(apps);
  // Measured before anything is written: what was laid out is not laid out again for it.
  const place = space();
  const oneHost = ofOneHost(apps.map(({ view }) => view));
  fillHalls(inHalls, oneHost);
  const room = fit(inHalls, place, fillLoud(needy, apps.length, place, oneHost));
  for (const { name } of inHalls) label(sections.get(name), room);
}

/** Which part of the house this wall shows, in the words of its filter; empty where it shows all of it. */
function askedFor() {
  const named = [...model.apps.values()].flatMap(({ view }) => view.groups ?? []);
  return visible(askedOf(filter, named).join(' · '));
}

/** The space for what stands below the headline, px. */
function space() {
  const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
  const box = getComputedStyle(wall);
  const side = parseFloat(box.paddingLeft) * 2;
  const above = byId('top').offsetHeight + parseFloat(box.rowGap) + parseFloat(box.paddingTop) * 2;
  return { width: innerWidth - side, height: innerHeight - above, rem };
}

/** Tells the room that alarms take, in a word. */
function fillLoud(needy, total, place, oneHost) {
  const { scale, shown: room, whole } = fitAlarms(needy.length, place, needy.length === total);
  halls.hidden = whole && needy.length > 0;
  if (loud.style.getPropertyValue('--k') !== String(scale)) loud.style.setProperty('--k', String(scale));
  const shown = needy.slice(0, room);
  const keys = new Set(shown.map(({ key }) => key));
  const nodes = shown.map((app) => alarmOf(app).node);
  nameAlarms(shown.map(({ key }) => alarms.get(key)), oneHost, alarmWidth(scale, place));
  for (const key of alarms.keys()) if (!keys.has(key)) alarms.delete(key);
  if (nodes.length !== loud.children.length || nodes.some((node, at) => loud.children[at] !== node)) loud.replaceChildren(...nodes);
  const left = needy.length - shown.length;
  more.hidden = left === 0;
  setText(more, left === 1 ? t('And 1 more that needs a look') : t('And {n} more that need a look', { n: left }));
  return `${shown.length} ${scale} ${left > 0} ${whole}`;
}

function alarmOf(app) {
  let alarm = alarms.get(app.key);
  if (!alarm) {
    alarm = { glyph: glyph('unknown'), where: el('bdi', 'where'), since: el('span', 'since'), name: el('bdi', 'app'), state: el('span', 'state'), why: el('p', 'why') };
    alarm.node = el('li', 'alarm', alarm.glyph, alarm.where, el('p', 'what', alarm.name, alarm.state), alarm.since, alarm.why);
    alarms.set(app.key, alarm);
  }
  const { view } = app;
  const state = stateOf(view.state);
  alarm.app = app;
  if (alarm.node.dataset.tone !== toneOf(view)) alarm.node.dataset.tone = toneOf(view);
  setGlyph(alarm.glyph, state.word);
  setText(alarm.why, sentenceOf(view, state));
  return alarm;
}

/** Which screens alarms of `width` em are of: of a name that is too long something is cut, but not what tells it from others, and of what is the matter nothing. */
function nameAlarms(all, oneHost, width) {
  const titles = all.map(({ app }) => titleOf(app.view, oneHost));
  const [places, names] = [0, 1].map((at) => [...new Set(titles.map((title) => title[at]))]);
  all.forEach((alarm, at) => {
    const [where, name] = titles[at];
    const { label } = stateOf(alarm.app.view.state);
    setText(alarm.state, name ? t(': {state}', { state: label }) : label);
    const since = Math.max(SINCE, firm(alarm.since.textContent)) * 1.125;
    setText(alarm.where, telling(where, places, (width - 5) / 1.625, bold));
    setText(alarm.name, name && telling(name, names, (width - 3 - since) / 1.0625 - firm(alarm.state.textContent), firm));
    alarm.where.title = where;
    alarm.name.title = name;
  });
}

function fillHalls(inHalls, oneHost) {
  const nodes = inHalls.map((hall) => sectionOf(hall, inHalls.length > 1, oneHost).node);
  const alive = new Set(inHalls.flatMap(({ apps }) => apps.map(({ key }) => key)));
  for (const key of cells.keys()) if (!alive.has(key)) cells.delete(key);
  if (nodes.length !== inner.children.length || nodes.some((node, at) => inner.children[at] !== node)) inner.replaceChildren(...nodes);
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

/** As large as all halls can be at once, in what the alarms leave: the room of a name then, in em. */
function fit(inHalls, place, alarmed) {
  const counts = inHalls.map(({ apps }) => apps.length);
  const need = Math.max(0, ...inHalls.map(({ name }) => sections.get(name).need));
  const next = JSON.stringify([counts, place, alarmed, need]);
  if (next === shape) return fitted;
  shape = next;
  const { named, columns, scale, cell, room } = fitHalls(counts, { ...place, width: place.width - EDGE, height: halls.clientHeight }, inHalls.length > 1, need);
  fitted = room;
  inner.dataset.named = String(named);
  inner.style.setProperty('--columns', String(columns));
  inner.style.setProperty('--s', scale.toFixed(3));
  inner.style.setProperty('--cell', `${cell.toFixed(3)}em`);
  return room;
}

function tick() {
  const now = performance.now();
  const date = Date.now();
  const stale = known && model.isStale(now, date);
  const root = document.documentElement;
  if (root.dataset.stale !== String(stale)) {
    root.dataset.stale = String(stale);
    draw();
  }
  const lost = link === 'lost' || stale;
  setText(old, lost ? bannerText('lost', model.viewAge(now, date), stale, !known) : '');
  const server = known ? model.serverTime(now) : date;
  const { time, day } = clockFace(stale ? date : server);
  setText(byId('time'), time);
  setText(byId('day'), day);
  const { x, y } = shiftAt(date);
  wall.style.setProperty('--shift-x', `${(x * innerWidth).toFixed(1)}px`);
  wall.style.setProperty('--shift-y', `${(y * innerHeight).toFixed(1)}px`);
  const upTo = model.serverTime(model.knownUntil(now));
  for (const { app, since } of alarms.values()) setText(since, roughly(inState(app, upTo)));
}

/** Drawn a few times a second, whatever comes. */
function soon() {
  drawing ||= setTimeout(draw, SOON);
}

addEventListener('resize', draw);
addEventListener('hashchange', () => {
  filter = fromHash(location.hash);
  matches = matcher(filter);
  soon();
});
/** A television that goes dark shows nothing. Only where the browser allows it. */
const stayAwake = () => document.visibilityState === 'visible' && navigator.wakeLock?.request('screen').catch(() => {});
document.addEventListener('visibilitychange', stayAwake);
stayAwake();

/** Where reading takes a token, a line that is refused says so to nobody but who asks. */
async function goWhereItIsOpen() {
  const response = await fetch('/api/v1/apps?limit=1', { method: 'HEAD' }).catch(() => null);
  if (response?.status === 401) location.replace('/login');
}

setInterval(tick, TICK);
tick();
draw();
openStream('/api/v1/events', {
  onEvent(type, data) {
    model.fold(type, data, performance.now(), Date.now());
    known ||= type === 'snapshot';
    soon();
  },
  onLink(word) {
    link = word;
    if (word === 'lost' && !known) void goWhereItIsOpen();
    tick();
  },
});
