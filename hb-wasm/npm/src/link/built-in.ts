// The commands that every page can take. Not here: whether it does.

/** Longest picture, bytes: as text it must fit into a message. */
const PICTURE = 700_000;
/** How long things are shown, ms. */
const SHOWN = 10_000;
/** How long fetching anew may take, ms, and what is fetched at once. */
const FETCHING = 10_000;
/** What a page is made of; what it only talks to is not fetched anew. */
const TALK = ['beacon', 'fetch', 'xmlhttprequest'];

/** Begins to load the page again; what it is made of first, so that the cache has it anew. */
export function reload(): void {
  const parts = performance.getEntriesByType('resource') as PerformanceResourceTiming[];
  const own = parts.filter((part) => !TALK.includes(part.initiatorType)).map((part) => part.name);
  const signal = AbortSignal.timeout(FETCHING);
  const anew = [location.href, ...new Set(own)].filter((url) => /^https?:/.test(url)).map((url) => {
    const mode = new URL(url).origin === location.origin ? 'same-origin' : 'no-cors';
    return fetch(url, { cache: 'reload', mode, signal });
  });
  // Not in this task: the answer leaves first.
  void Promise.allSettled([new Promise((resolve) => setTimeout(resolve, 100)), ...anew]).then(() => location.reload());
}

/** Who this screen is, so that a person in the hall finds it, and the code of its page: two windows of one machine differ by their slot. */
export function identify(app: string, host: string, slot: string, server: string): void {
  const code = new Image();
  // Whoever cannot load it still shows the name.
  code.src = `${server}/qr?${new URLSearchParams({ host, app, slot })}`;
  code.style.cssText = 'display:block;width:50vmin;margin:4vmin auto 0;background:#fff';
  show(`${app}\n${host}${slot && '#' + slot}`, SHOWN, code);
}

/** Shows a text to whoever stands before the screen. */
export function message(data: unknown): void {
  const { text, ms } = (typeof data === 'string' ? { text: data } : (data ?? {})) as { text?: unknown; ms?: unknown };
  if (typeof text !== 'string') throw new TypeError('expected a text, or {"text":"…","ms":10000}');
  show(text, typeof ms === 'number' && ms > 0 ? Math.min(ms, 0x7fffffff) : SHOWN);
}

function show(text: string, ms: number, picture?: HTMLImageElement): void {
  const sign = document.createElement('div');
  const said = document.createElement('div');
  said.append(text, picture ?? '');
  sign.append(said);
  sign.dataset['hb'] = 'sign';
  sign.style.cssText =
    'position:fixed;inset:0;z-index:2147483647;display:grid;place-items:center;box-sizing:border-box;width:100%;height:100%;' +
    'max-width:none;max-height:none;margin:0;border:0;padding:5vmin;overflow:hidden;text-align:center;white-space:pre-wrap;' +
    'overflow-wrap:anywhere;background:#000;color:#fff;font:7vmin sans-serif';
  document.body.append(sign);
  // Above what is shown full screen, too.
  sign.popover = 'manual';
  sign.showPopover?.();
  setTimeout(() => sign.remove(), ms);
}

/** A PNG as a `data:` address. */
export async function screenshot(canvas: HTMLCanvasElement): Promise<string> {
  for (let part = 1; part >= 1 / 16; part /= 2) {
    const blob = await picture(canvas, part);
    if (blob.size <= PICTURE) return address(blob);
  }
  throw new Error(`the picture has more than ${PICTURE} bytes, however small it is made`);
}

/** Right after the page has drawn: later the browser may have thrown away what is in a WebGL canvas. */
function picture(canvas: HTMLCanvasElement, part: number): Promise<Blob> {
  return new Promise((resolve, reject) => {
    let taken = false;
    const take = (): void => {
      if (taken) return;
      taken = true;
      try {
        sized(canvas, part).toBlob((blob) => (blob ? resolve(blob) : reject(new Error('the canvas gives no picture'))), 'image/png');
      } catch (error) {
        // It holds pictures of other origins.
        reject(error as Error);
      }
    };
    requestAnimationFrame(take);
    // A page that is not shown draws nothing.
    setTimeout(take, 1000);
  });
}

function sized(canvas: HTMLCanvasElement, part: number): HTMLCanvasElement {
  if (part === 1) return canvas;
  const small = document.createElement('canvas');
  small.width = Math.max(1, Math.round(canvas.width * part));
  small.height = Math.max(1, Math.round(canvas.height * part));
  small.getContext('2d')?.drawImage(canvas, 0, 0, small.width, small.height);
  return small;
}

function address(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result as string);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}
