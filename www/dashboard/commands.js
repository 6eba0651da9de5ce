/**
 * The buttons by which a person asks a screen, and its answer: a part of the panel.
 *
 * It shows what the screen takes. A button that was there stays while the panel is open, so that none goes away under
 * a finger or a focus: it rests while the screen takes nothing, as during its reload.
 */

import { ask, COMMANDS, maySayMore, taken } from './ask.js';
import { el, setText } from './dom.js';
import { t } from './lang.js';
import { visible } from './words.js';

/** Longest message: more is not read from a wall. */
const LONGEST = 200;

export class Commands {
  /** The node, a section of the panel. */
  node;
  #app = null;
  /** What was asked last and is not answered. */
  #asked = null;

  constructor() {
    this.buttons = COMMANDS.map(({ name, label, does }) => {
      const button = el('button', 'action command', label);
      button.type = 'button';
      button.title = does;
      button.hidden = true;
      button.addEventListener('click', () => this.#press(name));
      return { name, button };
    });
    this.row = el('div', 'commands', ...this.buttons.map(({ button }) => button));
    this.row.setAttribute('role', 'group');
    this.row.setAttribute('aria-label', t('Ask this screen'));
    this.text = el('input', 'text');
    this.text.maxLength = LONGEST;
    this.text.placeholder = t('We open at ten');
    this.text.autocomplete = 'off';
    this.text.required = true;
    this.text.enterKeyHint = 'send';
    const send = el('button', 'action command', t('Show'));
    this.form = el('form', 'message', el('label', '', el('span', 'label', t('Text to show on the screen')), this.text), send);
    this.form.hidden = true;
    this.form.addEventListener('submit', (event) => {
      event.preventDefault();
      const text = this.text.value.trim();
      if (text && this.#takes('message')) void this.#ask('message', text);
    });
    this.answer = el('p', 'answer');
    this.answer.setAttribute('role', 'status');
    this.none = el('p', 'none', t('This page takes no commands. To allow some, say this in it:'), ' ', el('code', '', 'hb.commands({ reload: true, identify: true })'));
    this.node = el('section', 'asking', this.row, this.form, this.answer, this.none);
  }

  /** Another app is shown. */
  open(app) {
    this.#app = app;
    this.#asked = null;
    for (const { button } of this.buttons) button.hidden = true;
    this.form.hidden = true;
    this.text.value = '';
    this.#say('', '');
    this.show(app);
  }

  /** The app changed: `app` when its object is another one. */
  show(app) {
    this.#app = app;
    const takes = taken(app.view);
    for (const { name, button } of this.buttons) {
      button.hidden &&= !takes.includes(name);
      // Not `disabled`: that would take the focus away.
      button.ariaDisabled = String(this.#asked !== null || !takes.includes(name));
    }
    const some = this.buttons.some(({ button }) => !button.hidden);
    this.row.hidden = !some;
    this.none.hidden = some || !maySayMore(app.view);
  }

  #takes(name) {
    return this.#asked === null && taken(this.#app.view).includes(name);
  }

  #press(name) {
    if (name === 'message') {
      this.form.hidden = !this.form.hidden;
      if (!this.form.hidden) this.text.focus();
    } else if (this.#takes(name)) {
      void this.#ask(name);
    }
  }

  async #ask(name, data) {
    const asked = Symbol(name);
    this.#asked = asked;
    this.#say('', t('Asking…'));
    this.show(this.#app);
    const { ok, text } = await ask(this.#app.view, name, data);
    // Meanwhile another screen may be shown.
    if (this.#asked !== asked) return;
    this.#asked = null;
    this.#say(ok ? 'good' : 'bad', visible(text));
    if (ok && name === 'message') this.#close();
    this.show(this.#app);
  }

  /** The form goes, and the focus back to where it came from. */
  #close() {
    const within = this.form.contains(document.activeElement);
    this.form.hidden = true;
    this.text.value = '';
    if (within) this.buttons.find(({ name }) => name === 'message').button.focus();
  }

  #say(tone, text) {
    this.answer.dataset.tone = tone;
    setText(this.answer, text);
  }
}
