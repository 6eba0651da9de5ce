/**
 * "Replace this PC": a button, and below it the form that names the other one. A part of the panel.
 *
 * Not here: which hosts there are and what is asked (replace.js).
 */

import { pageOf } from './address.js';
import { el, setText } from './dom.js';
import { t } from './lang.js';
import { field } from './mute-form.js';
import { choicesFor, hostsNow, replace } from './replace.js';
import { visible } from './words.js';

export class ReplaceForm {
  /** The node, a section of the panel. */
  node;
  #app = null;
  #gone = true;
  #busy = false;

  constructor() {
    this.button = el('button', 'action', t('Replace this PC…'));
    this.button.type = 'button';
    this.button.setAttribute('aria-expanded', 'false');
    this.button.addEventListener('click', () => void this.#fold(this.form.hidden));
    this.says = el('p', 'says', t('Another PC stands there now: past, mutes and who takes care go along.'));
    this.says.id = 'replace-says';
    this.button.setAttribute('aria-describedby', this.says.id);
    this.asks = el('span', 'label');
    this.other = el('select', 'pick');
    this.picked = field('', this.other);
    this.picked.firstChild.replaceWith(this.asks);
    this.submit = el('button', 'action main', t('Replace'));
    const cancel = el('button', 'action', t('Cancel'));
    cancel.type = 'button';
    cancel.addEventListener('click', () => void this.#fold(false));
    this.none = el('p', 'says');
    this.form = el('form', 'mute-form', this.picked, this.none, el('div', 'buttons', this.submit, cancel));
    this.form.hidden = true;
    this.form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#send();
    });
    this.said = el('p', 'outcome');
    this.said.setAttribute('role', 'status');
    this.node = el('section', 'changes replace', el('div', 'offer', this.button, this.says), this.form, this.said);
  }

  /** Another app is shown. */
  open(app) {
    // It goes on under its new name: what was said of that stays.
    if (app.view.host !== this.#app?.view.host) setText(this.said, '');
    this.#app = app;
    this.#busy = false;
    this.form.hidden = true;
    this.button.setAttribute('aria-expanded', 'false');
  }

  async #fold(open) {
    this.form.hidden = !open;
    this.button.setAttribute('aria-expanded', String(open));
    if (!open) return this.button.focus();
    const { host } = this.#app.view;
    setText(this.said, '');
    try {
      const { gone, others } = choicesFor(host, await hostsNow());
      if (this.#app.view.host !== host) return undefined;
      this.#gone = gone;
      setText(this.asks, gone ? t('Which PC stands there now?') : t('Whose place did it take?'));
      this.other.replaceChildren(...others.map((it) => new Option(`${visible(it.host)}: ${it.apps.map(visible).join(', ')}`, it.host)));
      const some = others.length > 0;
      this.picked.hidden = !some;
      this.submit.hidden = !some;
      this.none.hidden = some;
      setText(this.none, gone ? t('No other PC is heard: switch the new one on first.') : t('Every other PC is heard: switch the old one off first.'));
      if (some) this.other.focus();
    } catch {
      this.form.hidden = true;
      setText(this.said, t('The server did not answer.'));
    }
    return undefined;
  }

  async #send() {
    const { view } = this.#app;
    if (this.#busy || !this.other.value) return;
    this.#busy = true;
    const [old, by] = this.#gone ? [view.host, this.other.value] : [this.other.value, view.host];
    setText(this.said, '…');
    const { ok, text } = await replace(old, by);
    this.#busy = false;
    this.form.hidden = ok;
    this.button.setAttribute('aria-expanded', String(!ok));
    setText(this.said, visible(text));
    // Whoever looks at the page of the old one looks at the new one's from now on.
    if (ok && this.#gone && location.pathname === '/screen') history.replaceState(null, '', pageOf({ ...view, host: by }));
  }
}
