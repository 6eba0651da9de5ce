/**
 * The house: what is out of order, what is muted, what is open, and what is expected, in a dialog of its own.
 *
 * Fetched when it opens and again when something happens. A row that did not change stays the node it was, so that no
 * focus is lost. Not here: what a row says (house-rows.js), the requests (care.js).
 */

import { act, expect, lift, quiet, take, unexpect } from './care.js';
import { el, setText } from './dom.js';
import { hoursRow, incidentRow, muteRow, screenRow } from './house-rows.js';
import { EVERYTHING } from './mute.js';
import { field, MuteForm } from './mute-form.js';
import { visible } from './words.js';

const PATIENCE = 5000;
/** Many things happen at once: one look for all of them, ms. */
const SOON = 400;

/** The lists: where each is, how a row reads, what its buttons do, and what is said where it is empty. */
const LISTS = [
  { name: 'incidents', title: 'Out of order', url: '/api/v1/incidents?open=true', row: incidentRow, none: 'Nothing is out of order.' },
  { name: 'mutes', title: 'Muted', url: '/api/v1/mutes', row: muteRow, none: 'Nothing is muted.' },
  { name: 'hours', title: 'Opening hours', url: '/api/v1/hours', row: hoursRow, none: 'No opening hours are set: everything counts as open.' },
  { name: 'screens', title: 'Expected screens', url: '/api/v1/screens', row: screenRow, none: 'No screen is expected: one that never starts is not missed.' },
];
/** What the buttons of rows ask: by the name that house-rows.js gives them. */
const ASKS = {
  take: ({ number }) => [take(number), 'You take care of it.'],
  quiet: ({ number }) => [quiet(number), 'Nobody is told of it for an hour.'],
  lift: ({ id }) => [lift(id), 'It is no longer muted.'],
  remove: (screen) => [unexpect(screen), 'It is no longer expected.'],
};

export class House {
  #dialog;
  #timer = 0;
  #busy = false;

  constructor(dialog) {
    this.#dialog = dialog;
    const close = el('button', 'close', 'Close');
    close.type = 'button';
    close.addEventListener('click', () => dialog.close());
    const title = el('h2', '', 'House');
    title.id = 'house-title';
    this.said = el('p', 'answer');
    this.said.setAttribute('role', 'status');
    this.lists = LISTS.map((list) => {
      const rows = el('ul', 'entries');
      const none = el('p', 'none', 'Asking…');
      const count = el('span', 'count');
      const head = el('h3', '', list.title, count);
      return { ...list, rows, none, count, node: el('section', `part ${list.name}`, head, none, rows) };
    });
    const [, mutes, , screens] = this.lists;
    mutes.node.append(this.#muteAll());
    screens.node.append(this.#addForm());
    dialog.setAttribute('aria-labelledby', title.id);
    dialog.replaceChildren(el('header', 'bar-top', title, this.said, close), el('div', 'parts', ...this.lists.map(({ node }) => node)));
    dialog.addEventListener('click', (event) => {
      if (event.target === dialog) dialog.close();
    });
  }

  open() {
    this.#say('', '');
    this.#dialog.showModal();
    this.#dialog.scrollTop = 0;
    this.#look();
  }

  /** Something happened somewhere. */
  happened() {
    if (!this.#dialog.open) return;
    // Not put off by what follows: a busy house would never look.
    this.#timer ||= setTimeout(() => {
      this.#timer = 0;
      if (this.#dialog.open) this.#look();
    }, SOON);
  }

  #look() {
    for (const list of this.lists) void this.#fetch(list);
  }

  async #fetch(list) {
    let told = null;
    try {
      const response = await fetch(list.url, { signal: AbortSignal.timeout(PATIENCE) });
      if (response.ok) told = await response.json();
    } catch {
      // Said below.
    }
    const all = Array.isArray(told) ? told : told?.[list.name] ?? null;
    if (all === null) {
      setText(list.none, 'The server does not tell.');
      list.none.hidden = list.rows.children.length > 0;
      return;
    }
    this.#fill(list, all);
  }

  #fill({ name, rows, none, count, row }, all) {
    const old = new Map([...rows.children].map((node) => [node.dataset.stamp, node]));
    const nodes = all.map((item) => {
      const made = row(item);
      const stamp = JSON.stringify(made);
      return old.get(stamp) ?? this.#row(item, made, stamp);
    });
    const focus = rows.contains(document.activeElement) ? document.activeElement.closest('li') : null;
    if (nodes.length !== rows.children.length || nodes.some((node, at) => rows.children[at] !== node)) rows.replaceChildren(...nodes);
    if (focus && !focus.isConnected) this.#dialog.querySelector('.close').focus();
    setText(count, all.length > 0 ? String(all.length) : '');
    setText(none, LISTS.find((list) => list.name === name).none);
    none.hidden = all.length > 0;
  }

  #row(item, { mark, title, text, notes, buttons }, stamp) {
    const actions = buttons.map(({ name, label, about }) => {
      const button = el('button', 'action', label);
      button.type = 'button';
      button.setAttribute('aria-label', `${label}: ${about}`);
      button.addEventListener('click', () => void this.#press(...ASKS[name](item)));
      return button;
    });
    const said = [el('p', 'title', title), text && el('p', 'text', text), ...notes.map((note) => el('p', 'note-line', note))].filter(Boolean);
    const node = el('li', 'entry', el('div', 'what', ...said));
    if (actions.length > 0) node.append(el('div', 'buttons', ...actions));
    node.dataset.mark = mark;
    node.dataset.stamp = stamp;
    return node;
  }

  async #press(request, done) {
    if (this.#busy) return false;
    this.#busy = true;
    this.#say('', '…');
    const { ok, text } = await act(request, done);
    this.#busy = false;
    this.#say(ok ? 'good' : 'bad', visible(text));
    this.#look();
    return ok;
  }

  /** The form that mutes the whole house, behind its button. */
  #muteAll() {
    const button = el('button', 'action', 'Mute all screens…');
    button.type = 'button';
    const fold = (open) => {
      form.node.hidden = !open;
      button.hidden = open;
      (open ? form : button).focus();
    };
    const form = new MuteForm({
      onDone: () => {
        fold(false);
        this.#say('good', 'All screens are muted.');
        this.#look();
      },
      onCancel: () => fold(false),
    });
    form.open([EVERYTHING]);
    form.node.hidden = true;
    button.addEventListener('click', () => {
      form.open([EVERYTHING]);
      fold(true);
    });
    return el('div', 'add', button, form.node);
  }

  #addForm() {
    const text = (placeholder, required) => {
      const input = el('input', 'text');
      input.placeholder = placeholder;
      input.required = required;
      input.autocomplete = 'off';
      input.spellcheck = false;
      return input;
    };
    const host = text('kiosk-17', true);
    const slot = text('left', false);
    const shows = text('Tetris, Pong', true);
    const form = el('form', 'add add-screen', field('Host', host), field('Window (may stay empty)', slot), field('Shows one of', shows), el('button', 'action', 'Expect it'));
    form.addEventListener('submit', async (event) => {
      event.preventDefault();
      const apps = shows.value.split(',').map((name) => name.trim()).filter(Boolean);
      if (apps.length === 0) return;
      const place = { host: host.value.trim(), slot: slot.value.trim() };
      if (await this.#press(expect(place, apps), 'It is expected from now on.')) form.reset();
    });
    return form;
  }

  #say(tone, text) {
    this.said.dataset.tone = tone;
    setText(this.said, text);
  }
}
