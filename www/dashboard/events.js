/**
 * The page of what happened to all screens, with a filter that stands in its address. New lines come by themselves.
 *
 * Not here: what the lines say (happened.js).
 */

import { el, setText } from './dom.js';
import { fromHash, KINDS, linesOf, toHash, wants } from './happened.js';
import { linkText } from './head.js';
import { t } from './lang.js';
import { openStream } from './stream.js';
import { offerTongues } from './tongue.js';
import { clock, moment } from './when.js';

const PATIENCE = 8000;
/** The memory writes a little later than the stream tells: looked at soon, and once more when nothing follows, ms. */
const LATER = 700;
const QUIET = 3000;
const PAGE = 200;
/** Lines beyond which a browser only gets slow. */
const MOST = 2000;
/** Before anything that is kept. */
const EVER = new Date(0).toISOString();

const byId = (id) => document.getElementById(id);
const [list, none, older, end, search] = ['events', 'none', 'older', 'end', 'search'].map(byId);
let rows = null;
/** Where what is older ends; null where there is nothing older. */
let next = null;
let filter = fromHash(location.hash);
let timer = 0;
let quiet = 0;
let [asked, heard] = [0, 0];

const chips = KINDS.map(({ name, label }) => {
  const chip = el('button', 'chip', label);
  chip.type = 'button';
  chip.addEventListener('click', () => {
    const kinds = filter.kinds.includes(name) ? filter.kinds.filter((kind) => kind !== name) : [...filter.kinds, name];
    setFilter({ ...filter, kinds });
  });
  return { name, chip };
});
byId('kinds').replaceChildren(...chips.map(({ chip }) => chip));

function setFilter(wanted) {
  filter = wanted;
  if (search.value.trim() !== filter.text.trim()) search.value = filter.text;
  const hash = toHash(filter);
  if (hash !== location.hash) history.replaceState(null, '', hash || location.pathname + location.search);
  for (const { name, chip } of chips) chip.setAttribute('aria-pressed', String(filter.kinds.includes(name)));
  draw();
}

function draw() {
  const lines = rows === null ? [] : linesOf(rows).filter(wants(filter)).slice(0, MOST);
  list.replaceChildren(...lines.map(lineOf));
  none.hidden = lines.length > 0;
  if (rows !== null) setText(none, rows.length === 0 ? t('Nothing has changed in the last 24 hours.') : t('Nothing of that in what is shown.'));
  const ended = rows !== null && next === null;
  // Who pressed it with a key goes on from where it was.
  const focused = document.activeElement === older;
  older.hidden = rows === null || ended;
  end.hidden = !ended;
  if (focused && ended) end.focus();
}

function lineOf({ at, tone, what, why, about }) {
  const whole = clock(at);
  const time = el('time', '', whole.includes(' ') ? moment(at) : whole);
  time.title = whole;
  const name = el('span', 'about');
  if (about.href) {
    const link = el('a', '', about.text);
    link.href = about.href;
    name.append(link);
  } else {
    name.append(about.text);
  }
  const line = el('li', '', time, name, el('span', 'what', what), el('span', 'why', why));
  line.dataset.tone = tone;
  return line;
}

async function ask(query) {
  try {
    const params = new URLSearchParams({ limit: PAGE, ...query });
    const response = await fetch(`/api/v1/history?${params}`, { signal: AbortSignal.timeout(PATIENCE) });
    if (response.status === 401) location.replace('/login');
    return response.ok ? await response.json() : null;
  } catch {
    return null;
  }
}

/** What is new goes above what is there; a row that changed, as a repair that ended, takes the place of what it was. */
async function latest() {
  const turn = (asked += 1);
  const told = await ask({});
  // What was asked for before is older than what is shown.
  if (turn < heard) return;
  heard = turn;
  if (!told) {
    onceMore();
    if (rows === null) setText(none, t('The server does not tell.'));
    return;
  }
  const first = rows === null;
  const bound = told.next_to ?? told.from;
  const kept = (rows ?? []).filter(({ at }) => Date.parse(at) < Date.parse(bound));
  if (first || (told.next_to && kept.length === 0)) next = bound;
  rows = [...told.history, ...kept];
  draw();
}

function onceMore() {
  clearTimeout(quiet);
  quiet = setTimeout(() => void latest(), QUIET);
}

older.addEventListener('click', async () => {
  const told = await ask({ from: EVER, to: next });
  if (!told) return;
  const seen = new Set(rows.map((row) => JSON.stringify(row)));
  rows = [...rows, ...told.history.filter((row) => !seen.has(JSON.stringify(row)))];
  next = told.next_to ?? null;
  draw();
});
search.addEventListener('input', () => setFilter({ ...filter, text: search.value }));
addEventListener('hashchange', () => setFilter(fromHash(location.hash)));

offerTongues();
setFilter(filter);
void latest();
openStream('/api/v1/events', {
  onEvent(type) {
    // Only now the house's zone is known.
    if (type === 'snapshot' && rows !== null) draw();
    if (!['told', 'transition', 'standing', 'event'].includes(type)) return;
    timer ||= setTimeout(() => {
      timer = 0;
      void latest();
    }, LATER);
    onceMore();
  },
  onLink(word) {
    byId('link').dataset.link = word;
    setText(byId('link'), linkText(word, false));
    if (word !== 'live') return;
    void latest();
    // What happened just before may not be written yet, and nothing may follow.
    onceMore();
  },
});
