/**
 * The buttons by which a person changes what the server believes of an app, and what came of it: a part of the panel.
 *
 * A button that was there stays while the panel is open, so that none goes away under a finger or a focus. What stands below it
 * goes as soon as it is no longer true.
 */

import { change, CHANGES } from './change.js';
import { el, setText } from './dom.js';
import { visible } from './words.js';

export class Changes {
  /** The node, a section of the panel. */
  node;
  #app = null;
  #busy = false;
  /** Of which change the outcome tells. */
  #told = null;

  constructor() {
    this.rows = CHANGES.map((wanted) => {
      const says = el('p', 'says', wanted.says);
      says.id = `change-${wanted.name}`;
      const button = el('button', 'action', wanted.label);
      button.type = 'button';
      button.addEventListener('click', () => void this.#press(wanted));
      return { wanted, button, says, fitted: false, node: el('div', 'offer', button, says) };
    });
    this.outcome = el('p', 'outcome');
    this.outcome.setAttribute('role', 'status');
    this.node = el('section', 'changes', ...this.rows.map(({ node }) => node), this.outcome);
  }

  /** Another app is shown. */
  open(app) {
    this.#busy = false;
    for (const row of this.rows) {
      row.node.hidden = true;
      row.fitted = false;
    }
    setText(this.outcome, '');
    this.show(app);
  }

  /** The app changed: `app` when its object is another one. */
  show(app) {
    this.#app = app;
    for (const row of this.rows) {
      const { wanted, button, says, node } = row;
      const fits = wanted.fits(app.view);
      // What was done is undone, as by the other page's next beat.
      if (fits && !row.fitted && this.#told === wanted) setText(this.outcome, '');
      row.fitted = fits;
      says.hidden = !fits;
      if (fits) button.setAttribute('aria-describedby', says.id);
      else button.removeAttribute('aria-describedby');
      node.hidden &&= !fits;
      // Not `disabled`: that would take the focus away.
      button.ariaDisabled = String(this.#busy || !fits);
    }
  }

  async #press(wanted) {
    if (this.#busy || !wanted.fits(this.#app.view)) return;
    const { key, view } = this.#app;
    this.#busy = true;
    this.show(this.#app);
    const said = await change(view, wanted);
    // Meanwhile another may be shown.
    if (this.#app.key !== key || !this.#busy) return;
    this.#busy = false;
    this.#told = wanted;
    setText(this.outcome, visible(said));
    this.show(this.#app);
  }
}
