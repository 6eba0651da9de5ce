// Commands over the presence socket of a page without a worker, in a real browser; the host at its other end is the
// test's. Not here: the socket in a worker (worker.test.mjs).

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { browser, listen, page, stand } from './stage.mjs';

let chromium;
before(async () => {
  chromium = await browser();
});
after(() => chromium.close());

/** Runs `play` with a page whose sockets the test answers. */
async function stage(setup, play, ours = true) {
  const server = await listen({ '/': page({ appId: 'tetris', interval: 1000, transport: 'main' }, setup) });
  server.say('hb-server', ours && 'hb/1');
  const context = await chromium.newContext();
  try {
    const tab = await context.newPage();
    const sockets = [];
    let opened = () => {};
    await tab.routeWebSocket(/.*/, (socket) => {
      sockets.push(socket);
      opened();
    });
    const socket = async (nr) => {
      while (sockets.length <= nr) await new Promise((go) => (opened = go));
      return sockets[nr];
    };
    await tab.goto(server.origin);
    await play({ server, tab, sockets, socket });
  } finally {
    await context.close();
    server.close();
  }
}

/** Asks, and tells the answer. */
function ask(socket, command) {
  return new Promise((told) => {
    socket.onMessage((text) => told(JSON.parse(text)));
    socket.send(JSON.stringify(command));
  });
}

const both = 'hb.commands({ reload: true, identify: true })';
const beat = (entry) => entry.verb === 'hb_ping';

test('identify shows who and where above everything, for ten seconds', async () => {
  await stage(both, async ({ tab, socket }) => {
    await tab.evaluate(() => {
      const real = setTimeout;
      window.setTimeout = (call, ms) => (ms === 10_000 ? void (window.tenSecondsLater = call) : real(call, ms));
    });
    const host = await socket(0);
    const asked = new URL(host.url());
    assert.equal(asked.pathname + asked.searchParams.get('appid'), '/hb_presencetetris');
    assert.match(asked.searchParams.get('boot'), /^[a-z0-9]{16}$/);
    assert.equal(asked.searchParams.get('accepts'), 'reload,identify');
    const told = await ask(host, { nr: 1, name: 'identify', text: 'tetris @ <b>10.0.0.7', code: 'qr?host=10%2E0%2E0%2E7&app=tetris' });
    assert.deepEqual(told, { nr: 1, ok: true });
    const shown = await tab.evaluate(() => {
      const top = document.elementFromPoint(innerWidth / 2, innerHeight / 2).closest('[popover]');
      const { left, top: up, right, bottom } = top.getBoundingClientRect();
      return [top.textContent, left <= 0 && up <= 0 && right >= innerWidth && bottom >= innerHeight];
    });
    assert.deepEqual(shown, ['tetris @ <b>10.0.0.7', true]);
    const code = await tab.evaluate(() => document.querySelector('[popover] img').src);
    assert.equal(code, `${asked.origin.replace('ws', 'http')}/qr?host=10%2E0%2E0%2E7&app=tetris`);
    await tab.evaluate(() => tenSecondsLater());
    assert.equal(await tab.evaluate(() => document.querySelectorAll('[popover]').length), 0);
  });
});

test('reload answers, fetches the page past the cache and loads it again', async () => {
  await stage(both, async ({ server, tab, socket }) => {
    const fetches = [];
    tab.on('request', (request) => {
      if (new URL(request.url()).pathname === '/') fetches.push(request);
    });
    const host = await socket(0);
    assert.deepEqual(await ask(host, { nr: 4, name: 'reload', text: '' }), { nr: 4, ok: true });
    const boot = new URL(host.url()).searchParams.get('boot');
    await server.until('a beat of a new boot', (entry) => beat(entry) && entry.boot !== boot);
    assert.notEqual(new URL((await socket(1)).url()).searchParams.get('boot'), boot);
    assert.deepEqual(fetches.map((request) => request.resourceType()), ['fetch', 'document']);
    assert.equal((await fetches[0].allHeaders())['cache-control'], 'no-cache');
  });
});

test('a page does what it said, in its own way if it has one, and nothing else', async () => {
  const setup = "var done = 0; hb.commands({ reload: function () { done++; }, identify: function () { throw new Error('no\\tspace'); } })";
  await stage(setup, async ({ tab, socket }) => {
    const host = await socket(0);
    assert.deepEqual(await ask(host, { nr: 1, name: 'reload' }), { nr: 1, ok: true });
    assert.equal(await tab.evaluate(() => done), 1);
    assert.deepEqual(await ask(host, { nr: 2, name: 'identify' }), { nr: 2, ok: false, error: 'Error: no\tspace' });
    for (const name of ['message', 'toString', 'constructor', undefined]) {
      const told = await ask(host, { nr: 3, name, text: 'x' });
      assert.deepEqual(told, { nr: 3, ok: false, error: 'not allowed by the page' }, name);
    }
    await tab.evaluate(() => hb.commands({ identify: true }));
    const other = await socket(1);
    assert.equal(new URL(other.url()).searchParams.get('accepts'), 'identify');
    assert.equal((await ask(other, { nr: 1, name: 'reload' })).error, 'not allowed by the page');
    assert.equal(await tab.evaluate(() => done), 1);
  });
});

test('a socket that ended is opened again, a few beats later', async () => {
  await stage(both, async ({ server, socket }) => {
    await (await socket(0)).close();
    const from = server.requests.length;
    await socket(1);
    const beats = server.requests.slice(from).filter(beat).length;
    assert.ok(beats >= 3 && beats <= 8, `after ${beats} beats`);
  });
});

test('who takes nothing, and whose server is another, opens no socket', async () => {
  const third = { from: 0 };
  for (const [setup, ours] of [['', true], [both, false], ['hb.commands({ reload: false })', true]]) {
    await stage(setup, async ({ server, sockets }) => {
      for (let beats = 0; beats < 3; beats++) third.from = server.requests.indexOf(await server.until('a beat', beat, third)) + 1;
      assert.equal(sockets.length, 0, setup);
    }, ours);
    third.from = 0;
  }
});

test('a page that is left gives its socket up, also in the cache of pages, and opens one for its new boot', async () => {
  const setup = `${both}; addEventListener('pageshow', (e) => { window.persisted = e.persisted; })`;
  const pages = { '/': page({ appId: 'tetris', interval: 600, transport: 'main' }, setup), '/away': '<!doctype html>' };
  await stand(chromium, pages, async ({ server, tab }) => {
    await tab.goto(server.origin);
    const first = await server.socket(0);
    await server.until('a beat after it', beat, { from: server.requests.length });
    await tab.goto(server.origin + '/away');
    await first.gone();
    await tab.goBack({ waitUntil: 'commit' });
    assert.equal(await tab.evaluate(() => window.persisted), true, 'it came out of the cache');
    const next = await server.socket(1);
    assert.notEqual(next.url.searchParams.get('boot'), first.url.searchParams.get('boot'));
  }, true);
});
