// The presence socket of a page that takes commands: says what it takes, does what was asked, answers.
// Not here: commands with words of their own, which need a link.

import type { Commands } from './link/commands.js';

/** How long `identify` is shown, ms. */
const SHOWN = 10_000;
/** Answered beats that go by after a socket has ended. */
const PAUSE = 4;

const BUILT_IN = { reload, identify };

type Name = keyof typeof BUILT_IN;

/** One socket, or none. */
export class Presence {
  #commands: Commands = {};
  #socket: WebSocket | undefined;
  #pause = 0;

  /** The page takes these, and no other. */
  take(commands: Commands): void {
    this.close();
    this.#commands = commands;
  }

  /** A server that knows of this answered a beat: the moment to open the socket, if there is none. */
  open(address: (query: string) => string | undefined): void {
    const commands = this.#commands;
    const names = (Object.keys(BUILT_IN) as Name[]).filter((name) => commands[name]);
    if (!names[0] || this.#socket || this.#pause-- > 0) return;
    this.#pause = PAUSE;
    // A template has no word for it.
    const url = address('&accepts=' + names);
    if (!url) return;
    const socket = (this.#socket = new WebSocket(url.replace('http', 'ws')));
    socket.onclose = () => {
      if (this.#socket === socket) this.#socket = undefined;
    };
    socket.onmessage = async ({ data }) => {
      let nr: unknown, error: unknown;
      try {
        const asked = JSON.parse(data) as { nr: number; name: Name; text: string };
        const { name, text } = asked;
        nr = asked.nr;
        const own = names.includes(name) && commands[name];
        if (!own) throw 'not allowed by the page';
        await (own === true ? BUILT_IN[name] : own)(text);
      } catch (reason) {
        error = (reason + '').slice(0, 120);
      }
      socket.send(JSON.stringify({ nr, ok: !error, error }));
    };
  }

  /** The page is left, or takes something else now. */
  close(): void {
    this.#socket?.close();
    this.#socket = undefined;
    this.#pause = 0;
  }
}

/** The answer leaves first. Fetched past the cache, the page is in the cache anew; a server that is silent stops nothing. */
function reload(): void {
  const again = (): unknown => setTimeout(() => location.reload(), 100);
  fetch(location.href, { cache: 'reload', signal: AbortSignal.timeout(3000) }).then(again, again);
}

/** A popover stands above everything, a canvas in full screen too. */
function identify(text: string): void {
  const sign = document.createElement('div');
  sign.textContent = text;
  sign.popover = 'manual';
  sign.style.cssText =
    'width:auto;height:auto;display:grid;place-content:center;text-align:center;' +
    'overflow-wrap:anywhere;background:#000;color:#fff;font:8vmin sans-serif';
  document.documentElement.append(sign);
  setTimeout(() => sign.remove(), SHOWN);
  sign.showPopover();
}
