// The worker that speaks for a page, in a real browser: what it sees that no page can say itself, what it leaves to the
// page, and the page without it. Not here: what holds with and without (browser.test.mjs).

import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { browser, page, stand } from './stage.mjs';

let chromium;
before(async () => {
  chromium = await browser();
});
after(() => chromium.close());

const stage = (pages, play, ours) => stand(chromium, pages, play, ours);

const spoken = (entry) => entry.verb === 'hb_ping' && entry.by === 'worker' && entry.state === 'ok' && entry.frames > 0;
const blocked = (entry) => entry.verb === 'hb_state' && entry.state === 'main-blocked' && entry.by === 'worker';
const at = (server, entry) => server.requests.indexOf(entry);
const policy = (content) => `<meta http-equiv="Content-Security-Policy" content="${content}">`;

/** A script that is stuck for so many ms, and then does this. */
const stick = (tab, ms, then = '') =>
  tab.evaluate(([ms, then]) => void setTimeout(() => {
    const until = performance.now() + ms;
    while (performance.now() < until);
    eval(then);
  }), [ms, then]);

test('a worker speaks for the page, from http: and from file:, made of the one script', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'hb-worker-'));
  try {
    await stage({ '/': page({ interval: 900, sendInitCommand: true }) }, async ({ server, tab }) => {
      const scripts = [];
      tab.on('request', (request) => request.url().endsWith('.js') && scripts.push(request.url()));
      await tab.goto(server.origin);
      const beat = await server.until('a beat of the worker', spoken);
      const next = await server.until('another', spoken, { from: at(server, beat) + 1 });
      assert.equal(Number(next.seq), Number(beat.seq) + 1);
      const later = await server.until('more frames', (entry) => Number(entry.frames) > Number(next.frames), { from: at(server, next) });
      assert.ok(Number(later.age) < 1000, `${later.age} ms old`);
      const begun = server.requests.filter((entry) => entry.verb === 'hb_init');
      assert.equal(begun.length, 1, 'who has spoken need not register again');
      assert.deepEqual(scripts, [server.origin + '/hb.js']);
      const stats = await tab.evaluate(() => ({ ...hb.stats(), state: hb.state, link: hb.link }));
      assert.deepEqual([stats.transport, stats.state, stats.link, stats.failures], ['worker', 'ok', 'ok', 0]);
      assert.ok(stats.pings >= 2 && stats.frames >= Number(next.frames));
      copyFileSync(fileURLToPath(new URL('../dist/heartbeat.global.js', import.meta.url)), join(folder, 'hb.js'));
      writeFileSync(join(folder, 'index.html'), page({ url: server.origin, interval: 900 }, '', 'hb.js'));
      const from = server.requests.length;
      await tab.goto(pathToFileURL(join(folder, 'index.html')).href);
      await server.until('a beat from file:', (entry) => spoken(entry) && entry.appid.startsWith('file:'), { from });
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('the modules of the package, with the wasm inside or beside, are made workers of too', async () => {
  const loads = ["import { Heartbeat } from '/client/index.js'", "import { Heartbeat, init } from '/client/slim.js'; await init()"];
  for (const load of loads) {
    const html = `<!doctype html><script type="module">${load};
      const hb = new Heartbeat({ url: location.origin, appId: 'module', interval: 900 });
      (function loop(at) { requestAnimationFrame(loop); if (at) hb.tick(at); })();</script>`;
    await stage({ '/': html }, async ({ server, tab }) => {
      await tab.goto(server.origin);
      await server.until('a beat of the worker', spoken);
    });
  }
});

test('a page whose script is stuck is said to be, and is well again when it answers', async () => {
  await stage({ '/': page({ interval: 3000, stallAfter: 1000 }) }, async ({ server, tab }) => {
    await tab.goto(server.origin);
    await server.until('a beat of the worker', spoken);
    const stuck = Date.now();
    await stick(tab, 6000);
    const word = await server.until('main-blocked', blocked);
    assert.ok(word.at - stuck >= 900, `said after ${word.at - stuck} ms`);
    await server.until('it again', blocked, { from: at(server, word) + 1 });
    const well = await server.until('life again', spoken, { from: at(server, word) });
    const between = server.requests.slice(at(server, word), at(server, well));
    assert.deepEqual([...new Set(between.map((entry) => entry.state))], ['main-blocked'], 'no other cause is named, no ping leaves');
  });
});

test('a long load that was said before the worker came is no stuck script', async () => {
  await stage({ '/': page({ interval: 900, stallAfter: 1000 }, 'draw = false; hb.busy(20_000)') }, async ({ server, tab }) => {
    await tab.goto(server.origin);
    await tab.waitForFunction(() => hb.stats().transport === 'worker');
    await stick(tab, 3000);
    await tab.evaluate(() => new Promise((resolve) => setTimeout(resolve)));
    assert.deepEqual(server.requests.filter(blocked), []);
  });
});

test('a page that said before the worker came that it has nothing to draw is idle to that, too', async () => {
  await stage({ '/': page({ interval: 900 }, 'draw = false; hb.idle(true)') }, async ({ server, tab }) => {
    await tab.goto(server.origin);
    await server.until('the worker', (entry) => entry.by === 'worker' && entry.state === 'idle');
  });
});

test('an open alert() is a script that does not answer', async () => {
  await stage({ '/': page({ interval: 1500, stallAfter: 1000 }) }, async ({ server, tab }) => {
    const dialogs = [];
    tab.on('dialog', (dialog) => dialogs.push(dialog));
    await tab.goto(server.origin);
    await server.until('a beat of the worker', spoken);
    await tab.evaluate(() => void setTimeout(() => alert('nobody is here')));
    const word = await server.until('main-blocked', blocked);
    await dialogs[0].accept();
    await server.until('life again', spoken, { from: at(server, word) });
  });
});

test('the last word is the page\'s, and has the highest number, however long the page was stuck', async () => {
  await stage({ '/': page({ interval: 300, stallAfter: 1000 }) }, async ({ server, tab }) => {
    await tab.goto(server.origin);
    const first = await server.until('a beat of the worker', spoken);
    await stick(tab, 4000, 'location.reload()');
    const last = await server.until('leaving', (entry) => entry.state === 'leaving');
    assert.deepEqual([last.method, last.boot, last.by], ['POST', first.boot, 'frame']);
    const again = await server.until('the next boot', (entry) => spoken(entry) && entry.boot !== first.boot);
    const boot = server.requests.slice(0, at(server, again)).filter((entry) => entry.boot === first.boot);
    assert.equal(boot.at(-1), last, 'nothing follows it');
    assert.equal(Math.max(...boot.map((entry) => Number(entry.seq))), Number(last.seq));
    assert.equal(new Set(boot.map((entry) => entry.seq)).size, boot.length, 'no number is used twice');
  });
});

test('what the page sends itself beside its worker is numbered between what that said before and says after', async () => {
  const words = [
    "hb.sendBeacon('hb_ping', 5000)",
    "void document.dispatchEvent(new Event('freeze'))",
  ];
  await stage({ '/': page({ interval: 300 }) }, async ({ server, tab }) => {
    await tab.goto(server.origin);
    let from = 0;
    for (const word of words) {
      await server.until('a beat of the worker', spoken, { from });
      await tab.evaluate(word);
      const own = await server.until('a word of the page', (entry) => entry.method === 'POST', { from });
      from = at(server, own);
      await tab.evaluate(() => void document.dispatchEvent(new Event('resume')));
      for (let beats = 0; beats < 3; beats++) {
        from = at(server, await server.until('a beat of the worker after it', spoken, { from })) + 1;
      }
      const [before, after] = [server.requests.slice(0, at(server, own)), server.requests.slice(at(server, own) + 1)];
      assert.ok(before.every((entry) => Number(entry.seq) < Number(own.seq)), `${own.url} is newer than all before it`);
      // One of the worker's may have been under way.
      assert.ok(after.filter((entry) => Number(entry.seq) < Number(own.seq)).length < 2, `${own.url} is older than all after it`);
    }
    const all = server.requests.filter((entry) => entry.boot === server.requests[0].boot);
    assert.equal(new Set(all.map((entry) => entry.seq)).size, all.length, 'no number is used twice');
    assert.equal(await tab.evaluate(() => hb.stats().transport), 'worker');
  });
});

test('out of the cache of pages comes a new boot, with a new worker', async () => {
  const pages = { '/': page({ interval: 900 }, "addEventListener('pageshow', (e) => { window.persisted = e.persisted; });"), '/away': '<!doctype html>' };
  await stage(pages, async ({ server, tab }) => {
    await tab.goto(server.origin);
    const first = await server.until('a beat of the worker', spoken);
    await tab.evaluate(() => void (hb.report('no scene'), hb.stuck(true)));
    await tab.goto(server.origin + '/away');
    const left = await server.until('leaving', (entry) => entry.state === 'leaving');
    assert.equal(tab.workers().length, 0);
    await tab.goBack({ waitUntil: 'commit' });
    assert.equal(await tab.evaluate(() => window.persisted), true, 'it came out of the cache');
    const init = await server.until('init', (entry) => entry.verb === 'hb_init', { from: at(server, left) });
    assert.notEqual(init.boot, first.boot);
    const beat = await server.until('a beat of the new worker', spoken, { from: at(server, init) });
    assert.equal(beat.boot, init.boot);
    assert.deepEqual([beat.errs, beat.lasterr], [undefined, undefined], 'what was wrong before is not said of it');
  });
});

test('hidden, it goes on at the page\'s own cadence', async () => {
  await stage({ '/': page({ interval: 1500 }) }, async ({ server, tab, context }) => {
    await tab.goto(server.origin);
    await server.until('a beat of the worker', spoken);
    const session = await context.newCDPSession(tab);
    await session.send('Emulation.setFocusEmulationEnabled', { enabled: false });
    await tab.evaluate(() => {
      draw = false;
      Object.defineProperty(document, 'hidden', { configurable: true, value: true });
      document.dispatchEvent(new Event('visibilitychange'));
    });
    const hidden = (entry) => entry.verb === 'hb_ping' && entry.state === 'hidden' && entry.vis === 'hidden' && entry.by === 'worker';
    const first = await server.until('hidden', hidden);
    assert.equal(first.promise, 1500);
    await server.until('still there', hidden, { from: at(server, first) + 4 });
  });
});

test('where workers are forbidden the page beats itself, and says so', async () => {
  const forbidden = [
    policy("worker-src 'none'"),
    policy("script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'"),
    policy("require-trusted-types-for 'script'"),
  ];
  for (const head of forbidden) {
    const html = page({ interval: 600, transport: 'worker' }, "var log = []; hb.setDebugLog((line) => log.push(line))");
    await stage({ '/': head + html }, async ({ server, tab }) => {
      const warnings = [];
      tab.on('console', (message) => message.type() === 'warning' && warnings.push(message.text()));
      await tab.goto(server.origin);
      const beat = await server.until('a beat of the page', (entry) => entry.verb === 'hb_ping' && entry.by === 'frame');
      await server.until('another', (entry) => entry.by === 'frame', { from: at(server, beat) + 2 });
      assert.equal(await tab.evaluate(() => hb.stats().transport), 'main', head);
      assert.ok(warnings.some((text) => text.startsWith('hb: beats without a worker: ')), String(warnings));
    });
  }
});

test('a policy against the server is named although only the worker met it', async () => {
  const html = policy("connect-src 'none'; worker-src blob:") + page({ interval: 600 });
  await stage({ '/': html }, async ({ server, tab }) => {
    await tab.goto(server.origin);
    await tab.waitForFunction(() => hb.stats().transport === 'worker' && hb.link === 'blocked-csp');
    const failures = await tab.evaluate(() => hb.stats().failures);
    await tab.waitForFunction((failures) => hb.stats().failures > failures, failures);
    assert.equal(await tab.evaluate(() => hb.link), 'blocked-csp');
  });
});

test('its socket is there for its own sake, takes commands, and ends with the page', async () => {
  await stage({ '/': page({ appId: 'tetris', interval: 900 }) }, async ({ server, tab }) => {
    await tab.goto(server.origin);
    const socket = await server.socket(0);
    assert.deepEqual([socket.url.pathname, socket.url.searchParams.get('appid'), socket.url.searchParams.get('accepts')], ['/hb_presence', 'tetris', null]);
    await tab.evaluate(() => hb.commands({ identify: true }));
    let alone = false;
    void socket.ended.then(() => (alone = true));
    const other = await server.socket(1);
    assert.equal(alone, false, 'the page never seems to have gone');
    await socket.ended;
    assert.equal(other.url.searchParams.get('accepts'), 'identify');
    assert.deepEqual(await other.ask({ nr: 1, name: 'identify', text: 'tetris' }), { nr: 1, ok: true });
    assert.equal(await tab.evaluate(() => document.querySelector('[popover]').textContent), 'tetris');
    assert.equal((await other.ask({ nr: 2, name: 'reload' })).error, 'not allowed by the page');
    void tab.close();
    await other.ended;
    assert.equal(server.sockets.length, 2);
  }, true);
});

test('the worker need not beat before it opens the socket, where the page was answered', async () => {
  for (const waits of [false, true]) {
    await stage({ '/': page({ appId: 'tetris', interval: 60_000 }, 'draw = false') }, async ({ server, tab }) => {
      // Answered before the worker is there, or after.
      server.deafen((entry) => waits || entry.by === 'worker');
      const made = tab.waitForEvent('worker');
      await tab.goto(server.origin);
      await (await made).evaluate(() => 'it has begun');
      await tab.evaluate(() => 'and was heard');
      server.deafen((entry) => entry.by === 'worker');
      server.answer();
      const { url } = await server.socket(0);
      assert.equal(url.searchParams.get('boot'), server.requests[0].boot);
    }, true);
  }
});

test('a page that takes commands opens one socket, the worker\'s, and no console hears of it', async () => {
  const html = page({ appId: 'tetris', interval: 600 }, 'hb.commands({ reload: true, identify: true })');
  await stage({ '/': html }, async ({ server, tab }) => {
    const said = [];
    // Not what the browser says of a picture for its tab, which there is none of.
    tab.on('console', (message) => message.text().startsWith('Failed to load resource') || said.push(message.text()));
    for (let load = 0; load < 4; load++) {
      await tab.goto(server.origin);
      const socket = await server.socket(load);
      assert.equal(socket.url.searchParams.get('accepts'), 'reload,identify');
      const from = server.requests.length;
      await server.until('a beat of the worker', spoken, { from });
      await server.until('another', spoken, { from: server.requests.length });
      assert.equal(server.sockets.length, load + 1);
    }
    assert.deepEqual(said, []);
  }, true);
});

test('where no worker can be made the page takes commands itself, as soon as that is known', async () => {
  const html = policy("worker-src 'none'") + page({ appId: 'tetris', interval: 60_000 }, 'hb.commands({ identify: true })');
  await stage({ '/': html }, async ({ server, tab }) => {
    await tab.goto(server.origin);
    const socket = await server.socket(0);
    assert.equal(socket.url.searchParams.get('accepts'), 'identify');
    assert.deepEqual(await socket.ask({ nr: 1, name: 'identify', text: 'tetris' }), { nr: 1, ok: true });
  }, true);
});

test('without presence, and from servers that know none, no socket is opened', async () => {
  for (const [options, header] of [[{ presence: false }, true], [{}, false]]) {
    await stage({ '/': page({ interval: 600, ...options }) }, async ({ server, tab }) => {
      await tab.goto(server.origin);
      let from = 0;
      for (let beats = 0; beats < 3; beats++) from = at(server, await server.until('a beat', spoken, { from })) + 1;
      assert.equal(server.sockets.length, 0);
    }, header);
  }
});

test('a goodbye ends the worker, and nothing of it comes after', async () => {
  const goodbyes = [
    ['hb.sendDone()', (entry) => entry.verb === 'hb_done'],
    ["void dispatchEvent(new Event('pagehide'))", (entry) => entry.state === 'leaving'],
  ];
  for (const [goodbye, said] of goodbyes) {
    await stage({ '/': page({ interval: 300 }) }, async ({ server, tab }) => {
      await tab.goto(server.origin);
      await server.until('a beat of the worker', spoken);
      const ended = tab.workers()[0].waitForEvent('close');
      await tab.evaluate(goodbye);
      const last = await server.until(goodbye, said);
      await ended;
      assert.deepEqual([tab.workers().length, server.requests.at(-1)], [0, last]);
    });
  }
});

test('disposed of, no worker is left; after a goodbye it comes again when it is wanted', async () => {
  await stage({ '/': page({ interval: 600 }) }, async ({ server, tab }) => {
    await tab.goto(server.origin);
    await server.until('a beat of the worker', spoken);
    await tab.evaluate(() => hb.sendDone());
    const done = await server.until('done', (entry) => entry.verb === 'hb_done');
    await tab.waitForFunction(() => hb.stats().transport === 'main');
    assert.equal(server.requests.at(-1), done);
    await tab.evaluate(() => hb.sendPing());
    const init = await server.until('init', (entry) => entry.verb === 'hb_init');
    assert.ok(Number(init.seq) > Number(done.seq));
    await server.until('a beat of the next worker', spoken, { from: at(server, init) });
    const ended = tab.workers()[0].waitForEvent('close');
    await tab.evaluate(() => hb.dispose());
    await ended;
  });
});
