/**
 * The form that mutes: what, how long, why. A part of the panel and of the house.
 *
 * Not here: what it asks of the server (mute.js), what comes of it (`onDone`).
 */

import { act, mute } from './care.js';
import { el, setText } from './dom.js';
import { t } from './lang.js';
import { bodyOf, DAYS, SPANS, tomorrow } from './mute.js';
import { weekday } from './when.js';
import { visible } from './words.js';

/** Longest reason. */
const LONGEST = 200;
let forms = 0;

export class MuteForm {
  /** The node, a form. */
  node;
  #busy = false;

  /** `onDone()` when it is muted, `onCancel()` when it shall not be. */
  constructor({ onDone, onCancel = null }) {
    forms += 1;
    this.onDone = onDone;
    this.what = el('select', 'pick');
    this.picked = field(t('What'), this.what);
    this.spans = SPANS.map(({ name, label }, at) => {
      const radio = el('input');
      radio.type = 'radio';
      radio.name = `mute-span-${forms}`;
      radio.value = name;
      radio.defaultChecked = at === 0;
      radio.addEventListener('change', () => this.#fit());
      return { radio, node: el('label', 'choice', radio, el('span', '', label)) };
    });
    this.date = el('input', 'text');
    this.date.type = 'datetime-local';
    this.dated = field(t('Until'), this.date);
    this.days = DAYS.map((name, at) => {
      const box = el('input');
      box.type = 'checkbox';
      box.value = name;
      return { box, node: el('label', 'choice', box, el('span', '', weekday(at))) };
    });
    [this.from, this.to] = ['07:00', '09:00'].map((value) => {
      const input = el('input', 'text');
      input.type = 'time';
      input.defaultValue = value;
      return input;
    });
    const days = el('fieldset', 'spans', el('legend', 'label', t('On which days')), ...this.days.map(({ node }) => node));
    this.weekly = el('div', 'weekly', days, field(t('From'), this.from), field(t('To (the house’s time)'), this.to));
    this.reason = el('input', 'text');
    this.reason.maxLength = LONGEST;
    this.reason.autocomplete = 'off';
    this.reason.placeholder = t('Cleaning the hall');
    const submit = el('button', 'action', t('Mute'));
    submit.classList.add('main');
    this.said = el('p', 'said');
    this.said.setAttribute('role', 'status');
    const buttons = el('div', 'buttons', submit);
    if (onCancel) {
      const cancel = el('button', 'action', t('Cancel'));
      cancel.type = 'button';
      cancel.addEventListener('click', onCancel);
      buttons.append(cancel);
    }
    const spans = el('fieldset', 'spans', el('legend', 'label', t('How long')), ...this.spans.map(({ node }) => node));
    this.node = el('form', 'mute-form', this.picked, spans, this.dated, this.weekly, field(t('Why (may stay empty)'), this.reason), buttons, this.said);
    this.node.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#send();
    });
    this.node.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') onCancel?.();
    });
    this.#fit();
  }

  /** Begins anew with these scopes: `[{scope, label}]`. */
  open(scopes) {
    this.node.reset();
    this.picked.hidden = scopes.length < 2;
    this.what.replaceChildren(...scopes.map(({ scope, label }) => new Option(visible(label), scope)));
    this.date.value = tomorrow();
    setText(this.said, '');
    this.#fit();
  }

  /** Where a person begins. */
  focus() {
    (this.picked.hidden ? this.spans[0].radio : this.what).focus();
  }

  get #span() {
    return this.spans.find(({ radio }) => radio.checked)?.radio.value;
  }

  #fit() {
    this.dated.hidden = this.#span !== 'date';
    this.weekly.hidden = this.#span !== 'weekly';
  }

  async #send() {
    if (this.#busy) return;
    const days = this.days.filter(({ box }) => box.checked).map(({ box }) => box.value);
    const weekly = { days, from: this.from.value, to: this.to.value };
    const body = bodyOf({ scope: this.what.value, span: this.#span, date: this.date.value, reason: this.reason.value, weekly });
    if (typeof body === 'string') return setText(this.said, body);
    this.#busy = true;
    const { ok, text } = await act(mute(body), '');
    this.#busy = false;
    setText(this.said, visible(text));
    if (ok) this.onDone();
  }
}

/** A field with its label above. */
export function field(label, input) {
  return el('label', 'field', el('span', 'label', label), input);
}
