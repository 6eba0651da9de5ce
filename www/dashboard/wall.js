/**
 * The wall view, for a television: what needs a look first and large, then every hall with each of its screens, and a clock.
 *
 * It fits whatever it shows into what is seen, takes no clicks, and speaks in the past when the line is lost. The filter of the
 * dashboard holds here too (`/wall#q=group:"hall 3"`), and `?light` makes it light. Not here: the halls (wall-halls.js), the sums
 * (wall-fit.js, halls.js), and what screens are called (wall-names.js).
 */

import { el, glyph, setGlyph, setText } from './dom.js';
import { askedOf, fromHash, isActive, matcher } from './filter.js';
import { hallsOf } from './halls.js';
import { bannerText, iconOf, toneOfAll } from './head.js';
import { t } from './lang.js';
import { inState, Model } from './model.js';
import { ruler } from './ruler.js';
import { tallyOf, urgency } from './standing.js';
import { openStream } from './stream.js';
import { summaryText } from './summary.js';
import { telling } from './telling.js';
import { sentenceOf } from './tile.js';
import { alarmWidth, fitAlarms, shiftAt } from './wall-fit.js';
import { fillHalls, fitIn } from './wall-halls.js';
import { ofOneHost, titleOf } from './wall-names.js';
import { clockFace } from './when.js';
import { roughly, stateOf, toneOf, visible } from './words.js';

const TICK = 500;
const SOON = 300;
/** The least room for how long something has been the matter, em. */
const SINCE = 4;

const byId = (id) => document.getElementById(id);
const [wall, top, part, summary, old, loud, more, halls] = ['wall', 'top', 'part', 'summary', 'old', 'loud', 'more', 'halls'].map(byId);
const model = new Model();
/** How wide names are that alarms have first, and second. */
const [bold, firm] = [700, 600].map(ruler);
const alarms = new Map();
let link = 'connecting';
let known = false;
let filter = fromHash(location.hash);
let matches = matcher(filter);
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
  fitIn(inHalls, place, fillLoud(needy, apps.length, place, oneHost));
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
  const above = top.offsetHeight + parseFloat(box.rowGap) + parseFloat(box.paddingTop) * 2;
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
// A line that was lost says so at the top, and may need a second line for it.
new ResizeObserver(soon).observe(top);
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
