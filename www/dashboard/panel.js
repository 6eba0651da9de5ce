/**
 * One app in a panel at the side: opened by Enter on a tile, closed by Esc.
 *
 * A modal dialog: the browser keeps the focus inside and gives it back to the tile. Not here: what it shows (details.js).
 */

import { pageOf } from './address.js';
import { Details } from './details.js';
import { el } from './dom.js';
import { t } from './lang.js';

export class Panel {
  #dialog;
  #details;

  constructor(dialog) {
    this.#dialog = dialog;
    this.#details = new Details(dialog, false);
    const { head, parts, name } = this.#details;
    name.id = 'panel-name';
    this.page = el('a', 'page-of', t('Page of its own'));
    const close = el('button', 'close', t('Close'));
    close.type = 'button';
    close.addEventListener('click', () => dialog.close());
    dialog.replaceChildren(el('header', 'state', ...head, this.page, close), ...parts.who, ...parts.deeds, ...parts.was, ...parts.facts);
    dialog.setAttribute('aria-labelledby', name.id);
    dialog.addEventListener('close', () => {
      // Told late: it may be open again, on another screen.
      if (!dialog.open) this.#details.close();
    });
    // A click on the backdrop lands on the dialog itself, outside its box.
    dialog.addEventListener('click', (event) => {
      const box = dialog.getBoundingClientRect();
      if (event.target === dialog && (event.clientX < box.left || event.clientX > box.right)) dialog.close();
    });
  }

  /** Key of the app that is shown, or null. */
  get key() {
    return this.#details.app?.key ?? null;
  }

  /** Opens on `app`. The browser gives the focus back to what had it, when the panel closes. */
  open(app) {
    this.#details.open(app);
    this.page.href = pageOf(app.view);
    this.#dialog.showModal();
    this.#dialog.scrollTop = 0;
    // Not the link: what stands first there is no way out.
    this.#dialog.querySelector('.close').focus();
  }

  /** The app is gone. */
  close() {
    if (this.#dialog.open) this.#dialog.close();
  }

  /** The app changed: `app` when its object is another one. */
  show(app) {
    this.#details.show(app);
  }

  /** Somebody logged in or out. */
  showLock() {
    this.#details.showLock();
  }

  /** Time passed. */
  tick(now, serverTime) {
    this.#details.tick(now, serverTime);
  }

  /** Something happened to the app, or in the house. */
  happened() {
    this.#details.happened();
  }

  /** Draws the minute up to `column`. */
  draw(column) {
    this.#details.draw(column);
  }
}
