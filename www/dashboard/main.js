/**
 * Wires the dashboard: stream → model → tiles, and the clock that lets ages go on. No rules live here.
 */

import { setText } from './dom.js';
import { EVERYTHING, fromHash, isActive, matcher, toggled, toHash } from './filter.js';
import { Grid } from './grid.js';
import { Head } from './head.js';
import { House } from './house.js';
import { prepareLesson } from './lesson.js';
import { loginDialog } from './login.js';
import { keyOf, Model } from './model.js';
import { Change } from './news.js';
import { Panel } from './panel.js';
import { askWith, doorText, logOut, name, recall } from './session.js';
import { openStream } from './stream.js';
import { offerTongues } from './tongue.js';

/** Ages are told in tenths of a second. */
const TICK = 200;
/** From so many apps on, what changes is drawn ten times a second, ms. */
const MANY = 100;
const SOON = 100;

const byId = (id) => document.getElementById(id);

const model = new Model();
const panel = new Panel(byId('panel'));
const grid = new Grid({ wall: byId('tiles'), rest: byId('rest'), foot: byId('foot') }, (app) => {
  panel.open(app);
  panel.draw(model.column);
  tick();
});
const head = new Head(
  { summary: byId('summary'), chips: byId('chips'), link: byId('link'), banner: byId('banner'), aloud: byId('aloud'), icon: byId('icon') },
  (word) => setFilter(toggled(filter, word)),
);
const search = byId('search');
let filter = fromHash(location.hash);
let link = 'connecting';
let known = false;

function setFilter(next) {
  filter = next;
  if (search.value.trim() !== filter.text.trim()) search.value = filter.text;
  const hash = toHash(filter);
  if (hash !== location.hash) history.replaceState(null, '', hash || location.pathname + location.search);
  grid.filter(matcher(filter));
  render();
}

function render() {
  head.show(model.counts(), filter.states, model.tally(), model.isCritical());
  byId('lesson').hidden = !known || model.apps.size > 0;
  byId('nothing').hidden = model.apps.size === 0 || grid.shown > 0;
  byId('waiting').hidden = known;
  for (const id of ['chips', 'filter']) byId(id).hidden = model.apps.size === 0;
}

function tick() {
  const now = performance.now();
  const wall = Date.now();
  const stale = model.isStale(now, wall);
  // Before the first word there is nothing to grey.
  head.link(link, model.viewAge(now, wall), known && stale);
  const upTo = model.knownUntil(now);
  grid.tick(upTo, model.serverTime(upTo));
  panel.tick(upTo, model.serverTime(upTo));
}

/** What came and is not drawn yet: many changes of a moment are one. */
let pending = new Change();
let asked = 0;
let vitals = false;

function onEvent(type, data) {
  pending.add(model.fold(type, data, performance.now(), Date.now()));
  known ||= type === 'snapshot';
  if (type === 'snapshot') pending.problems = [];
  vitals ||= type === 'vitals' || type === 'snapshot';
  if (type === 'told' || type === 'transition' || type === 'standing') {
    if (data?.app === undefined || keyOf(data) === panel.key) panel.happened();
    house.happened();
  }
  asked ||= setTimeout(flush, model.apps.size > MANY ? SOON : 0);
}

function flush() {
  asked = 0;
  const change = pending.settle(model.apps);
  pending = new Change();
  const place = change.removed.has(panel.key) ? grid.placeOf(panel.key) : -1;
  if (change.touched.size > 0 || change.removed.size > 0) {
    grid.apply(change, model.ordered());
  }
  render();
  head.announce(change.problems);
  if (panel.key !== null) {
    const app = model.apps.get(panel.key);
    if (app) panel.show(app);
    else {
      panel.close();
      grid.focus(place);
    }
  }
  if (vitals) {
    vitals = false;
    grid.draw(model.column);
    panel.draw(model.column);
  }
  tick();
}

grid.onReveal = () => {
  grid.draw(model.column);
  tick();
};

search.addEventListener('input', () => setFilter({ ...filter, text: search.value }));
byId('reset').addEventListener('click', () => {
  setFilter(EVERYTHING);
  search.focus();
});
addEventListener('hashchange', () => setFilter(fromHash(location.hash)));

addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || byId('panel').open || byId('house').open || byId('login').open) return;
  if (event.key === '/' && document.activeElement !== search) {
    event.preventDefault();
    search.focus();
    search.select();
  } else if (event.key === 'Escape' && isActive(filter)) {
    event.preventDefault();
    setFilter(EVERYTHING);
  }
});

const house = new House(byId('house'), () => [...model.apps.values()].map(({ view }) => view));
byId('to-house').addEventListener('click', () => house.open());

const askForLogin = loginDialog(byId('login'));
const door = byId('door');
askWith(askForLogin, () => {
  setText(door, doorText());
  if (panel.key !== null) panel.showLock();
});
door.addEventListener('click', () => void (name() === null ? askForLogin() : logOut()));
void recall();

/** Where reading takes a token too, a line that is refused says so to nobody but who asks. */
async function goWhereItIsOpen() {
  const response = await fetch('/api/v1/apps?limit=1', { method: 'HEAD' }).catch(() => null);
  if (response?.status === 401) location.replace('/login');
}

offerTongues();
prepareLesson(byId('lesson'));
setFilter(filter);
setInterval(tick, TICK);
openStream('/api/v1/events', {
  onEvent,
  onLink: (word) => {
    link = word;
    if (word === 'lost' && !known) void goWhereItIsOpen();
    tick();
  },
});
