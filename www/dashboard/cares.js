/**
 * How it stands with an app and what a person may do about it: a part of the panel.
 *
 * A button that was there stays while the panel is open, so that none goes away under a finger or a focus: it rests
 * where it no longer fits. Not here: the words (standing.js), the requests (care.js).
 */

import { act, CARES } from './care.js';
import { el, setText } from './dom.js';
import { t } from './lang.js';
import { scopesFor } from './mute.js';
import { MuteForm } from './mute-form.js';
import { linesOf } from './standing.js';
import { visible } from './words.js';

export class Cares {
  /** The node, a section of the panel. */
  node;
  #app = null;
  #busy = false;

  constructor() {
    this.lines = el('ul', 'lines');
    this.buttons = CARES.map((care) => {
      const button = el('button', 'action', care.label);
      button.type = 'button';
      button.title = care.title;
      button.dataset.care = care.name;
      button.addEventListener('click', () => void this.#press(care));
      return { care, button };
    });
    this.mute = el('button', 'action', t('Mute…'));
    this.mute.type = 'button';
    this.mute.dataset.care = 'mute';
    this.mute.setAttribute('aria-expanded', 'false');
    this.mute.addEventListener('click', () => this.#fold(this.form.node.hidden));
    this.form = new MuteForm({ onDone: () => this.#muted(), onCancel: () => this.#fold(false) });
    this.row = el('div', 'commands', ...this.buttons.map(({ button }) => button), this.mute);
    this.row.setAttribute('role', 'group');
    this.row.setAttribute('aria-label', t('What to do about it'));
    this.said = el('p', 'answer');
    this.said.setAttribute('role', 'status');
    this.node = el('section', 'cares', this.lines, this.row, this.form.node, this.said);
  }

  /** Another app is shown. */
  open(app) {
    this.#busy = false;
    for (const { button } of this.buttons) button.hidden = true;
    this.#say('', '');
    this.form.open(scopesFor(app.view));
    this.#fold(false, false);
    this.show(app);
  }

  /** The app changed: `app` when its object is another one. */
  show(app) {
    this.#app = app;
    const lines = linesOf(app.view);
    const stamp = JSON.stringify(lines);
    if (this.lines.dataset.stamp !== stamp) {
      this.lines.dataset.stamp = stamp;
      this.lines.replaceChildren(...lines.map(({ mark, text }) => {
        const line = el('li', '', text);
        line.dataset.mark = mark;
        return line;
      }));
    }
    for (const { care, button } of this.buttons) {
      const fits = care.fits(app.view);
      button.hidden &&= !fits;
      // Not `disabled`: that would take the focus away.
      button.ariaDisabled = String(this.#busy || !fits);
    }
  }

  async #press(care) {
    if (this.#busy || !care.fits(this.#app.view)) return;
    const { key, view } = this.#app;
    this.#busy = true;
    this.#say('', '…');
    this.show(this.#app);
    const { ok, text } = await act(care.asks(view), care.done);
    // Meanwhile another may be shown.
    if (this.#app.key !== key || !this.#busy) return;
    this.#busy = false;
    this.#say(ok ? 'good' : 'bad', visible(text));
    this.show(this.#app);
  }

  #muted() {
    this.#fold(false);
    this.#say('good', t('It is muted.'));
  }

  /** The form opens below its button, and closes with the focus where it came from. */
  #fold(open, moves = true) {
    this.form.node.hidden = !open;
    this.mute.setAttribute('aria-expanded', String(open));
    if (moves) (open ? this.form : this.mute).focus();
  }

  #say(tone, text) {
    this.said.dataset.tone = tone;
    setText(this.said, text);
  }
}
