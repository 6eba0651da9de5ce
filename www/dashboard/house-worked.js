/**
 * The table of how much of the time the house worked, a part of the house, and its export. Fetched when the house opens.
 *
 * Not here: the sums (worked.js).
 */

import { el, setText } from './dom.js';
import { ELSEWHERE, hallOf } from './halls.js';
import { t } from './lang.js';
import { keyOf } from './model.js';
import { percent, SPANS, spoken } from './uptime.js';
import { csvOf, workedRows } from './worked.js';
import { visible } from './words.js';

const PATIENCE = 15_000;

export class Worked {
  /** The node, a section of the house. */
  node;
  #told = [];

  /** `views()` are the apps as the page knows them: they know their halls. */
  constructor(views) {
    this.views = views;
    this.body = el('tbody');
    this.none = el('p', 'none', t('Asking…'));
    const head = el('tr', '', el('td'), ...SPANS.map(({ label }) => el('th', '', label)));
    for (const cell of head.querySelectorAll('th')) cell.scope = 'col';
    this.table = el('table', 'worked', el('thead', '', head), this.body);
    this.table.hidden = true;
    this.save = el('button', 'action', t('Save as a table (CSV)'));
    this.save.type = 'button';
    this.save.hidden = true;
    this.save.addEventListener('click', () => this.#save());
    this.node = el('section', 'part wide', el('h3', '', t('Worked')), this.none, this.table, el('div', 'add', this.save));
  }

  /** Asks anew. */
  async look() {
    this.#told = await Promise.all(SPANS.map(({ ms }) => this.#ask(ms)));
    const good = this.#told.every(Boolean);
    setText(this.none, good ? '' : t('The server does not tell.'));
    this.none.hidden = good;
    this.table.hidden = !good;
    this.save.hidden = !good;
    if (!good) return;
    const rows = workedRows(this.#told, this.#hallOf());
    const hosts = rows.findIndex(({ kind }) => kind === 'host');
    const nodes = rows.map(rowOf);
    if (hosts >= 0) nodes.splice(hosts, 0, subtitle(t('Hosts that worked least')));
    this.body.replaceChildren(...nodes);
  }

  #hallOf() {
    const halls = new Map(this.views().map((view) => [keyOf(view), hallOf(view)]));
    return (app) => halls.get(keyOf(app)) ?? ELSEWHERE;
  }

  async #ask(ms) {
    try {
      const from = new Date(Date.now() - ms).toISOString();
      const response = await fetch(`/api/v1/uptime?from=${encodeURIComponent(from)}`, { signal: AbortSignal.timeout(PATIENCE) });
      return response.ok ? await response.json() : null;
    } catch {
      return null;
    }
  }

  #save() {
    const text = csvOf(this.#told, SPANS.map(({ ms }) => `${ms / 86_400_000} d`), this.#hallOf());
    const link = el('a');
    link.href = URL.createObjectURL(new Blob([text], { type: 'text/csv' }));
    link.download = `hb-${new Date().toISOString().slice(0, 10)}.csv`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), PATIENCE);
  }
}

/** A row that names those below it. */
function subtitle(text) {
  const cell = el('th', '', text);
  cell.colSpan = SPANS.length + 1;
  cell.scope = 'rowgroup';
  const row = el('tr', '', cell);
  row.dataset.kind = 'subtitle';
  return row;
}

function rowOf({ kind, name, uptimes }) {
  const head = el('th', '', kind === 'hall' && name === ELSEWHERE ? t('Elsewhere') : visible(name));
  head.scope = 'row';
  const row = el('tr', '', head, ...uptimes.map((uptime) => {
    const cell = el('td', '', percent(uptime.percent ?? NaN));
    cell.title = spoken(uptime);
    return cell;
  }));
  row.dataset.kind = kind;
  return row;
}
