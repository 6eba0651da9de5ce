/**
 * The house: what is out of order, what would be if it opened now, what is muted, what is open, what is expected, and how much of
 * the time it worked; in a dialog of its own.
 *
 * Fetched when it opens and again when something happens. A row that did not change stays the node it was, so that no
 * focus is lost. Not here: what a row says (house-rows.js), the requests (care.js), the table (house-worked.js).
 */

import { act, expect, lift, quiet, signal, take, unexpect } from './care.js';
import { el, setText } from './dom.js';
import { hoursRow, incidentRow, isClosed, isHeld, muteRow, screenRow, waitingRow } from './house-rows.js';
import { Worked } from './house-worked.js';
import { t } from './lang.js';
import { EVERYTHING } from './mute.js';
import { field, MuteForm } from './mute-form.js';
import { isProblem, visible } from './words.js';

const PATIENCE = 5000;
/** Many things happen at once: one look for all of them, ms. */
const SOON = 400;

/** The lists: where each is, how a row reads, what its buttons do, and what is said where it is empty. */
const LISTS = [
  { name: 'incidents', title: t('Out of order'), url: '/api/v1/incidents?open=true', row: incidentRow, wants: (it) => !isClosed(it), order: (a, b) => Number(isHeld(a)) - Number(isHeld(b)), counts: (it) => !isHeld(it), none: t('Nothing is out of order.') },
  { name: 'opening', title: t('If it opened now'), row: waitingRow, none: t('Every screen would be well.') },
  { name: 'mutes', title: t('Muted'), url: '/api/v1/mutes', row: muteRow, counts: ({ holds }) => holds !== false, none: t('Nothing is muted.') },
  { name: 'hours', title: t('Opening hours'), url: '/api/v1/hours', row: hoursRow, counts: () => false, none: t('No opening hours are set: everything counts as open.') },
  { name: 'screens', title: t('Expected screens'), url: '/api/v1/screens', row: screenRow, none: t('No screen is expected: one that never starts is not missed.') },
];
/** The whole house, where no hours are set for it. */
const UNSET = Object.freeze({ for: 'everything', phase: 'open', until: null });
/** What the buttons of rows ask: by the name that house-rows.js gives them. */
const ASKS = {
  take: ({ number }) => [take(number), t('You take care of it.')],
  quiet: ({ number }) => [quiet(number), t('Nobody is told of it for an hour.')],
  lift: ({ id }) => [lift(id), t('It is no longer muted.')],
  remove: (screen) => [unexpect(screen), t('It is no longer expected.')],
  open: ({ for: scope }) => [signal(scope, true), t('It is open from now on.')],
  close: ({ for: scope }) => [signal(scope, false), t('It is closed from now on: nobody is told, and nothing is repaired.')],
};

export class House {
  #dialog;
  #timer = 0;
  #busy = false;

  /** `views()` are the apps as the page knows them. */
  constructor(dialog, views) {
    this.#dialog = dialog;
    this.views = views;
    const close = el('button', 'close', t('Close'));
    close.type = 'button';
    close.addEventListener('click', () => dialog.close());
    const title = el('h2', '', t('House'));
    title.id = 'house-title';
    this.said = el('p', 'answer');
    this.said.setAttribute('role', 'status');
    this.lists = LISTS.map((list) => {
      const rows = el('ul', 'entries');
      const none = el('p', 'none', t('Asking…'));
      const count = el('span', 'count');
      const head = el('h3', '', list.title, count);
      return { ...list, rows, none, count, node: el('section', `part ${list.name}`, head, none, rows) };
    });
    const part = (wanted) => this.lists.find(({ name }) => name === wanted).node;
    part('mutes').append(this.#muteAll());
    part('screens').append(this.#addForm());
    this.worked = new Worked(views);
    dialog.setAttribute('aria-labelledby', title.id);
    dialog.replaceChildren(el('header', 'bar-top', title, this.said, close), el('div', 'parts', ...this.lists.map(({ node }) => node), this.worked.node));
    dialog.addEventListener('click', (event) => {
      if (event.target === dialog) dialog.close();
    });
  }

  open() {
    this.#say('', '');
    this.#dialog.showModal();
    this.#dialog.scrollTop = 0;
    this.#look();
    void this.worked.look();
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
    for (const list of this.lists) if (list.url) void this.#fetch(list);
    this.#report();
  }

  /** Screens that are closed now and do not work: whoever opens the house finds them so. Shown while there are closed ones. */
  #report() {
    const closed = this.views().filter(({ muted, mute }) => muted && mute?.kind === 'closed');
    const list = this.lists.find(({ name }) => name === 'opening');
    list.node.hidden = closed.length === 0;
    this.#fill(list, closed.filter(({ state }) => isProblem(state)));
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
      setText(list.none, t('The server does not tell.'));
      list.none.hidden = list.rows.children.length > 0;
      return;
    }
    const listed = all.filter(list.wants ?? (() => true)).sort(list.order ?? (() => 0));
    // Where nobody set hours, a person can still close the house.
    const wanted = list.name === 'hours' && !all.some((hours) => hours.for === 'everything') ? [...listed, UNSET] : listed;
    this.#fill(list, wanted);
  }

  #fill({ rows, none, count, row, counts, ...list }, all) {
    const old = new Map([...rows.children].map((node) => [node.dataset.stamp, node]));
    const nodes = all.map((item) => {
      const made = row(item);
      const stamp = JSON.stringify(made);
      return old.get(stamp) ?? this.#row(item, made, stamp);
    });
    const focus = rows.contains(document.activeElement) ? document.activeElement.closest('li') : null;
    if (nodes.length !== rows.children.length || nodes.some((node, at) => rows.children[at] !== node)) rows.replaceChildren(...nodes);
    if (focus && !focus.isConnected) this.#dialog.querySelector('.close').focus();
    const counted = counts ? all.filter(counts).length : all.length;
    setText(count, counted > 0 ? String(counted) : '');
    setText(none, LISTS.find(({ name }) => name === list.name).none);
    none.hidden = all.some((item) => item !== UNSET);
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
    const button = el('button', 'action', t('Mute all screens…'));
    button.type = 'button';
    const fold = (open) => {
      form.node.hidden = !open;
      button.hidden = open;
      (open ? form : button).focus();
    };
    const form = new MuteForm({
      onDone: () => {
        fold(false);
        this.#say('good', t('All screens are muted.'));
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
    const form = el('form', 'add add-screen', field(t('Host'), host), field(t('Window (may stay empty)'), slot), field(t('Shows one of'), shows), el('button', 'action', t('Expect it')));
    form.addEventListener('submit', async (event) => {
      event.preventDefault();
      const apps = shows.value.split(',').map((name) => name.trim()).filter(Boolean);
      if (apps.length === 0) return;
      const place = { host: host.value.trim(), slot: slot.value.trim() };
      if (await this.#press(expect(place, apps), t('It is expected from now on.'))) form.reset();
    });
    return form;
  }

  #say(tone, text) {
    this.said.dataset.tone = tone;
    setText(this.said, text);
  }
}
