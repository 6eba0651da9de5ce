/**
 * What a screen shows, as its agent saw it, and what it showed before it stood still. Nothing where no agent shows anything, and
 * nothing to whom is not logged in: the server does not show it then.
 *
 * Not here: how the picture is taken (`hb run --capture --send-pictures`).
 */

import { addressOf } from './address.js';
import { el, setText } from './dom.js';
import { t } from './lang.js';
import { name } from './session.js';
import { span } from './words.js';

/** Between two looks, ms. */
const PACE = 5000;
const PATIENCE = 5000;

export class Picture {
  #app = null;
  #looked = -Infinity;
  #asked = 0;
  #last = el('img');
  #good = el('img');
  #caption = el('figcaption');
  #before = el('figure', 'before', this.#good, el('figcaption', '', t('Before it stood still')));
  node = el('div', 'pictures', el('figure', '', this.#last, this.#caption), this.#before);

  constructor() {
    this.node.hidden = true;
    for (const image of [this.#last, this.#good]) image.alt = t('What the screen shows');
  }

  open(app) {
    this.#app = app;
    this.node.hidden = true;
    this.#looked = -Infinity;
  }

  close() {
    this.#app = null;
  }

  /** Time passed, ms. */
  tick(now) {
    if (!this.#app || now - this.#looked < PACE) return;
    this.#looked = now;
    void this.#look(this.#app);
  }

  async #look(app) {
    const shown = name() === null ? null : await seen(addressOf(app.view, '/picture'));
    if (app !== this.#app) return;
    this.node.hidden = !shown;
    if (!shown) return;
    const { stuck, black, still_ms: still } = shown.caption;
    const words = [t('{age} ago', { age: span(shown.age) })];
    if (black) words.push(t('black'));
    if (still > 0) words.push(t('unchanged for {span}', { span: span(still) }));
    setText(this.#caption, words.join(', '));
    this.#asked += 1;
    this.#last.src = addressOf(app.view, '/picture', { look: this.#asked });
    const before = stuck && (await seen(addressOf(app.view, '/picture/good')));
    if (app !== this.#app) return;
    this.#before.hidden = !before;
    if (before) this.#good.src = addressOf(app.view, '/picture/good', { look: this.#asked });
  }
}

/** What was seen in a picture, and how old it is; null where there is none. */
async function seen(address) {
  try {
    const response = await fetch(address, { method: 'HEAD', signal: AbortSignal.timeout(PATIENCE) });
    if (response.status !== 200) return null;
    return { caption: JSON.parse(response.headers.get('X-Picture')), age: Number(response.headers.get('Age')) * 1000 };
  } catch {
    return null;
  }
}
