// A host of links that says what a test wants said, and writes down what it is told. Not here: a real one (tests/e2e).

import { EventEmitter, once } from 'node:events';

export class Host {
  /** Every connection there was: `{ route, said }`. */
  links = [];
  /** Whether whoever says hello is welcome. */
  welcoming = true;
  #news = new EventEmitter().setMaxListeners(0);

  /** Takes the links of the pages of `context`. */
  async serve(context) {
    await context.routeWebSocket(/\/hb_link(\?|$)/, (route) => {
      const link = { route, said: [], at: Date.now() };
      this.links.push(link);
      route.onMessage((text) => {
        const words = JSON.parse(text);
        if (words.hello && this.welcoming) this.tell({ welcome: { epoch: 'a', prefix: 'app/10.0.0.7/duet#left/' } }, link);
        link.said.push(words);
        this.#news.emit('said');
      });
    });
  }

  /** Says something over the last connection. */
  tell(words, link = this.links.at(-1)) {
    link.route.send(JSON.stringify(words));
  }

  /** Ends the last connection. */
  cut() {
    return this.links.at(-1).route.close();
  }

  /** What is first said of this kind over connection number `at`. */
  async until(kind, { link = 0, nth = 0, within = 15_000 } = {}) {
    const signal = AbortSignal.timeout(within);
    for (;;) {
      const found = this.links[link]?.said.filter((words) => kind in words)[nth];
      if (found) return found[kind];
      await once(this.#news, 'said', { signal }).catch(() => {
        throw new Error(`no ${kind} within ${within} ms; said: ${JSON.stringify(this.links.map(({ said }) => said))}`);
      });
    }
  }

  /** Asks the page to do something, and waits for what it answers. */
  async command(nr, name, data) {
    const { link, before } = { link: this.links.length - 1, before: this.links.at(-1).said.filter((words) => words.answer).length };
    const text = JSON.stringify({ name, data });
    this.tell({ message: { nr, seq: 1, id: `id ${before}`, topic: 'app/10.0.0.7/duet#left/cmd', text } });
    const answer = await this.until('answer', { link, nth: before });
    if (answer.to !== `id ${before}`) throw new Error(`another was answered: ${answer.to}`);
    return JSON.parse(answer.text);
  }
}
