// What a page does when it is asked over its presence socket. Not here: the socket, and commands with words of their own,
// which need a link.

import type { Commands } from './link/commands.js';

/** How long `identify` is shown, ms. */
const SHOWN = 10_000;

const BUILT_IN = { reload, identify };

type Name = keyof typeof BUILT_IN;

/** Those of `commands` that need no more than the socket, with commas. */
export function accepted(commands: Commands): string {
  return Object.keys(BUILT_IN).filter((name) => commands[name]) + '';
}

/** Does what was asked by the server at `base`, if `commands` allow it; tells what to answer. */
export async function perform(commands: Commands, asked: string, base: string): Promise<string> {
  let nr: unknown, error: unknown;
  try {
    const words = JSON.parse(asked) as { nr: number; name: Name; text: string; code: string };
    nr = words.nr;
    const own = Object.hasOwn(BUILT_IN, words.name) && commands[words.name];
    if (!own) throw 'not allowed by the page';
    await (own === true ? BUILT_IN[words.name](words.text, new URL(words.code, base + '/')) : own(words.text));
  } catch (reason) {
    error = (reason + '').slice(0, 120);
  }
  return JSON.stringify({ nr, ok: !error, error });
}

/** The answer leaves first. Fetched past the cache, the page is in the cache anew; a server that is silent stops nothing. */
function reload(): void {
  const again = (): unknown => setTimeout(() => location.reload(), 100);
  fetch(location.href, { cache: 'reload', signal: AbortSignal.timeout(3000) }).then(again, again);
}

/** A popover stands above everything, a canvas in full screen too. */
function identify(text: string, code: URL): void {
  const sign = document.createElement('div');
  // What leads a phone to its page; whoever cannot load it shows the name.
  const image = new Image();
  image.alt = '';
  image.src = code + '';
  image.style.cssText = 'width:50vmin;margin:auto;background:#fff';
  sign.append(text, image);
  sign.popover = 'manual';
  sign.style.cssText =
    'width:auto;height:auto;display:grid;place-content:center;text-align:center;' +
    'overflow-wrap:anywhere;background:#000;color:#fff;font:8vmin sans-serif';
  document.documentElement.append(sign);
  setTimeout(() => sign.remove(), SHOWN);
  sign.showPopover();
}
