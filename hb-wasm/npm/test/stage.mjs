// A stage for tests: a heartbeat server that writes down what it is told, pages, and a real Chromium.

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
      if (!server.deaf) response.end(String(entry.promise + 1000));
      news.emit('request', entry);
    } else {
      response.writeHead(404).end();
    }
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
    /** Neither answers nor refuses from now on. */
    deafen(deaf) {
      server.deaf = deaf;
    },
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

/** A real Chromium without a GPU, that throttles as it would at a visitor's. */
export function browser(more = []) {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--disable-background-networking', ...more],
    ignoreDefaultArgs: ['--disable-background-timer-throttling', '--disable-backgrounding-occluded-windows', '--disable-renderer-backgrounding'],
  });
}

/** A page that draws with requestAnimationFrame until `draw` is false. `setup` runs after the heartbeat `hb` is made. */
export function page(options, setup = '', src = '/hb.js') {
  return `<!doctype html><title>stage</title><canvas id="c"></canvas><script src="${src}"></script><script>
    var draw = true, hb = new Heartbeat(Object.assign({ url: location.origin }, ${JSON.stringify(options)}));
    (function loop(at) { requestAnimationFrame(loop); if (draw && at) hb.tick(at); })();
    ${setup}
  </script>`;
}
