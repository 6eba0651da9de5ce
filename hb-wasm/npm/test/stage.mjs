// A stage for tests: a heartbeat server that writes down what it is told, pages, and a real Chromium.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { once, EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { chromium } from 'playwright-core';

const script = new URL('../dist/heartbeat.global.js', import.meta.url);

/** Starts a server on a free port that answers like the reference server, serves `pages`, and records the rest. */
export async function listen(pages = {}) {
  const news = new EventEmitter().setMaxListeners(0);
  const requests = [];
  const said = new Map();
  const fetched = [];
  const unanswered = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url, 'http://x');
    if (pages[url.pathname]) {
      response.setHeader('content-type', 'text/html; charset=utf-8').end(pages[url.pathname]);
    } else if (url.pathname === '/hb.js') {
      response.setHeader('content-type', 'text/javascript').end(readFileSync(script));
    } else if (url.pathname.startsWith('/client/')) {
      const file = new URL('../dist/' + url.pathname.slice('/client/'.length), import.meta.url);
      response.setHeader('content-type', file.pathname.endsWith('.wasm') ? 'application/wasm' : 'text/javascript');
      fetched.push(url.pathname);
      response.end(readFileSync(file));
    } else if (/^\/hb_/.test(url.pathname)) {
      const [promise] = url.search.slice(1).split('&');
      const entry = { verb: url.pathname.slice(1), promise: Number(promise), at: Date.now(), method: request.method, url: request.url };
      for (const [name, value] of url.searchParams) entry[name] = value;
      requests.push(entry);
      response.setHeader('access-control-allow-origin', '*');
      for (const [name, value] of said) response.setHeader(name, value);
      const answer = () => response.end(String(entry.promise + 1000));
      if (server.deaf?.(entry)) unanswered.push(answer);
      else answer();
      news.emit('request', entry);
    } else {
      response.writeHead(404).end();
    }
  });
  const sockets = [];
  server.on('upgrade', (request, socket) => {
    sockets.push(attend(request, socket));
    news.emit('socket');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${server.address().port}`;
  return {
    origin,
    requests,
    /** Answers carry this header from now on. */
    say(name, value) {
      if (value) said.set(name, value);
    },
    /** Files of the package that pages asked for. */
    fetched,
    /** Neither answers nor refuses from now on, or only those of whom it is so. */
    deafen(deaf) {
      server.deaf = typeof deaf === 'function' ? deaf : () => deaf;
    },
    /** Answers now whoever was not. */
    answer() {
      for (const answer of unanswered.splice(0)) answer();
    },
    /** Presence socket number `nr`. */
    async socket(nr, within = 15_000) {
      const signal = AbortSignal.timeout(within);
      while (sockets.length <= nr) await once(news, 'socket', { signal });
      return sockets[nr];
    },
    sockets,
    /** The first request from index `from` on that `wanted` says yes to; fails after `within` ms. */
    async until(what, wanted, { from = 0, within = 15_000 } = {}) {
      const deadline = AbortSignal.timeout(within);
      for (let at = from; ; at++) {
        while (at >= requests.length) {
          try {
            await once(news, 'request', { signal: deadline });
          } catch {
            const seen = requests.slice(from).map((r) => r.url).join('\n');
            throw new Error(`no request within ${within} ms: ${what}\nseen:\n${seen}`);
          }
        }
        if (wanted(requests[at])) return requests[at];
      }
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Takes a WebSocket: short texts both ways, and its end. */
function attend(request, socket) {
  const news = new EventEmitter();
  const accept = createHash('sha1').update(request.headers['sec-websocket-key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11').digest('base64');
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
  socket.on('error', () => {});
  // A frame of a client: two bytes, four of a mask, the text under it. Longer ones nobody sends here.
  socket.on('data', (frame) => {
    const mask = frame.subarray(2, 6);
    const text = Buffer.from(frame.subarray(6, 6 + (frame[1] & 127)).map((byte, at) => byte ^ mask[at & 3]));
    if ((frame[0] & 15) === 1) news.emit('text', text.toString());
    else socket.end();
  });
  const ended = once(socket, 'close');
  return {
    url: new URL(request.url, 'ws://x'),
    ended,
    /** Waits for its end, and not for ever. */
    async gone(within = 15_000) {
      const late = once(AbortSignal.timeout(within), 'abort').then(() => assert.fail(`it is still open after ${within} ms`));
      await Promise.race([ended, late]);
    },
    close: () => socket.destroy(),
    /** Asks, and tells the answer. */
    async ask(command) {
      const text = Buffer.from(JSON.stringify(command));
      const answer = once(news, 'text');
      socket.write(Buffer.concat([Buffer.from([0x81, text.length]), text]));
      return JSON.parse((await answer)[0]);
    },
  };
}

/** A real Chromium without a GPU, that throttles as it would at a visitor's. */
export function browser(more = []) {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--disable-background-networking', ...more],
    ignoreDefaultArgs: ['--disable-background-timer-throttling', '--disable-backgrounding-occluded-windows', '--disable-renderer-backgrounding', '--disable-back-forward-cache'],
  });
}

/** Runs `play` with a server, of ours where it says so by `ours`, and a page of a fresh context; closes both. */
export async function stand(chromium, pages, play, ours) {
  const server = await listen(pages);
  if (ours) server.say('hb-server', 'hb/1');
  const context = await chromium.newContext();
  const errors = [];
  try {
    const tab = await context.newPage();
    tab.on('pageerror', (error) => errors.push(error));
    await play({ server, tab, context });
    assert.deepEqual(errors, []);
  } finally {
    await context.close();
    server.close();
  }
}

/** A page that draws with requestAnimationFrame until `draw` is false. `setup` runs after the heartbeat `hb` is made. */
export function page(options, setup = '', src = '/hb.js') {
  return `<!doctype html><title>stage</title><canvas id="c"></canvas><script src="${src}"></script><script>
    var draw = true, hb = new Heartbeat(Object.assign({ url: location.origin }, ${JSON.stringify(options)}));
    (function loop(at) { requestAnimationFrame(loop); if (draw && at) hb.tick(at); })();
    ${setup}
  </script>`;
}
