// The packed script on real pages in a real browser; what the server was told is what is asserted.

import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { browser, listen, page, stand } from './stage.mjs';

let chromium;
before(async () => {
  chromium = await browser();
});
after(() => chromium.close());

const stage = (pages, play, ours) => stand(chromium, pages, play, ours);

// The page beats until its worker does.
const drawn = (entry) => entry.by === 'frame' || (entry.by === 'worker' && Number(entry.frames) > 0);
const beats = (entry) => entry.verb === 'hb_ping' && drawn(entry) && entry.state === 'ok';
const at = (server, entry) => server.requests.indexOf(entry);

test('a drawing page beats, a page that stops drawing says so and pings no more', async () => {
  const html = page({ appId: 'Größe & mehr', interval: 3000, stallAfter: 1000 });
  await stage({ '/': html }, async ({ server, tab }) => {
    await tab.goto(server.origin);
    const beat = await server.until('a beat driven by frames', beats);
    assert.equal(beat.appid, 'Größe & mehr');
    assert.equal(beat.promise, 3000);
    assert.equal(beat.v, '1');
    assert.match(beat.boot, /^[a-z0-9]{16}$/);
    const next = await server.until('the next beat', beats, { from: at(server, beat) + 1 });
    assert.equal(Number(next.seq), Number(beat.seq) + 1);
    // The next one may be the first of the worker, and of the same frames.
    await server.until('more frames', (entry) => beats(entry) && Number(entry.frames) > Number(beat.frames));
    const from = server.requests.length;
    await tab.evaluate(() => void (draw = false));
    const bad = (entry) => entry.verb === 'hb_state' && entry.state === 'no-frames';
    const word = await server.until('no-frames', bad, { from });
    assert.equal(await tab.evaluate(() => hb.state), 'no-frames');
    await server.until('a second word', bad, { from: at(server, word) + 1 });
    assert.ok(!server.requests.slice(at(server, word)).some((entry) => entry.verb === 'hb_ping'));
    await tab.evaluate(() => void (draw = true));
    await server.until('life again', beats, { from: at(server, word) });
  });
});

test('frames are counted with their gaps, and what comes after a pause has none', async () => {
  const html = page({ interval: 60_000, transport: 'main' }, 'draw = false');
  await stage({ '/': html }, async ({ server, tab }) => {
    await tab.goto(server.origin);
    await server.until('a beat', (entry) => entry.verb === 'hb_ping');
    const seen = await tab.evaluate(() => {
      const seen = (times) => {
        for (const at of times) hb.tick(at);
        const { frames, worstFrameMs } = hb.stats();
        return [frames, worstFrameMs];
      };
      const from = performance.now();
      const all = [seen([from, from + 16, from + 116, from + 120]), seen([from + 170])];
      document.dispatchEvent(new Event('visibilitychange'));
      all.push(seen([from + 60_000, NaN, undefined]));
      document.dispatchEvent(new Event('resume'));
      all.push(seen([from + 120_000]));
      dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }));
      return [...all, seen([from + 180_000])];
    });
    assert.deepEqual(seen, [[4, 100], [5, 100], [8, 100], [9, 100], [1, 0]]);
  });
});

test('a page that never ticks keeps the cadence of the original', async () => {
  await stage({ '/': page({ interval: 500, sendInitCommand: true }, 'draw = false') }, async ({ server, tab }) => {
    await tab.goto(server.origin);
    const init = await server.until('init', (entry) => entry.verb === 'hb_init');
    const ping = (entry) => entry.verb === 'hb_ping' && entry.by !== 'frame' && !entry.frames && entry.promise === 500;
    const first = await server.until('a ping', ping, { from: at(server, init) + 1 });
    const second = await server.until('another', ping, { from: at(server, first) + 1 });
    assert.ok(second.at - first.at > 250, `${second.at - first.at} ms apart`);
  });
});

test('a page from file:// beats, from its one classic script', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'hb-file-'));
  try {
    await stage({}, async ({ server, tab }) => {
      copyFileSync(fileURLToPath(new URL('../dist/heartbeat.global.js', import.meta.url)), join(folder, 'hb.js'));
      const html = page({ url: server.origin.replace('http:', ''), interval: 1000 }, '', 'hb.js');
      // No charset anywhere: the script must be the same bytes in every encoding.
      writeFileSync(join(folder, 'index.html'), html);
      await tab.goto(pathToFileURL(join(folder, 'index.html')).href + '?HB_APP_ID=Pong%20%26%20Co&HB_SLOT=left&HB_KEY=a%26b');
      const beat = await server.until('a beat', beats);
      assert.equal(beat.appid, 'Pong & Co');
      assert.equal(beat.slot, 'left');
      assert.equal(beat.key, 'a&b');
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a picture that never comes holds the heartbeat up for some seconds only', async () => {
  const html = page({ appId: 'hangs', interval: 1000 }, "addEventListener('load', () => (window.loaded = true))") + '<img src="/never">';
  await stage({ '/': html }, async ({ server, tab }) => {
    await tab.route('**/never', () => {});
    await tab.goto(server.origin, { waitUntil: 'domcontentloaded' });
    const there = Date.now();
    const beat = await server.until('a beat', beats);
    assert.ok(beat.at - there > 3000, `not at once, but after ${beat.at - there} ms`);
    assert.equal(await tab.evaluate(() => window.loaded), undefined, 'and nobody says that it has loaded');
  });
});

test('a first frame is owed from load on, however late that comes', async () => {
  const setup = "draw = false; hb.wrap(() => {}); addEventListener('load', () => setTimeout(() => (draw = true), 1500))";
  const html = page({ appId: 'late', interval: 1000, startupGrace: 2000, stallAfter: 1000 }, setup) + '<img src="/slow">';
  await stage({ '/': html }, async ({ server, tab }) => {
    let come;
    await tab.route('**/slow', (route) => void (come = () => route.abort()));
    await tab.goto(server.origin, { waitUntil: 'domcontentloaded' });
    const first = await server.until('a word', () => true);
    // Far beyond the grace after that, and it beats on.
    await server.until('a beat', (entry) => entry.state === 'starting' && entry.at - first.at > 4000);
    await come();
    await server.until('frames', (entry) => beats(entry) && entry.state === 'ok');
    assert.deepEqual(server.requests.filter((entry) => entry.verb === 'hb_state'), []);
  });
});

test('who draws nothing after load has the grace that counts from there, though load came late', async () => {
  const html = page({ appId: 'late', interval: 1000, startupGrace: 1000, stallAfter: 1000 }, 'draw = false; hb.wrap(() => {})') + '<img src="/slow">';
  await stage({ '/': html }, async ({ server, tab }) => {
    let come;
    await tab.route('**/slow', (route) => void (come = () => route.abort()));
    await tab.goto(server.origin, { waitUntil: 'domcontentloaded' });
    await server.until('a word', () => true);
    const there = Date.now();
    await come();
    const word = await server.until('no frames', (entry) => entry.state === 'no-frames');
    assert.ok(word.at - there > 800, `after ${word.at - there} ms`);
  });
});

test('a reload says leaving and comes back as a new boot', async () => {
  await stage({ '/': page({ interval: 1500 }) }, async ({ server, tab }) => {
    await tab.goto(server.origin);
    const beat = await server.until('a beat', beats);
    await tab.reload();
    const leaving = await server.until('leaving', (entry) => entry.verb === 'hb_state' && entry.state === 'leaving');
    assert.equal(leaving.method, 'POST');
    assert.equal(leaving.boot, beat.boot);
    assert.equal(leaving.promise, 30_000);
    const again = await server.until('a beat of the new boot', (entry) => beats(entry) && entry.boot !== beat.boot);
    assert.ok(Number(again.seq) < 5);
  });
});

test('a lost context is a fault although frames go on, and a frame after its return ends it', async () => {
  const setup = `var gl = document.getElementById('c').getContext('webgl2'); hb.dispose();
    hb = new Heartbeat({ url: location.origin, appId: 'gl', interval: 1500, gl });
    var lose = gl.getExtension('WEBGL_lose_context');`;
  await stage({ '/': page({ interval: 1500 }, setup) }, async ({ server, tab }) => {
    await tab.goto(server.origin);
    const ok = await server.until('a beat', (entry) => beats(entry) && entry.gl === 'ok');
    await tab.evaluate(() => {
      document.getElementById('c').addEventListener('webglcontextlost', (event) => event.preventDefault());
      lose.loseContext();
    });
    const lost = await server.until('context-lost', (entry) => entry.verb === 'hb_state' && entry.state === 'context-lost');
    assert.equal(lost.gl, 'lost');
    await server.until('it again', (entry) => entry.verb === 'hb_state' && entry.state === 'context-lost', { from: at(server, lost) + 1 });
    assert.ok(!server.requests.slice(at(server, lost)).some((entry) => entry.verb === 'hb_ping'));
    await tab.evaluate(() => lose.restoreContext());
    await server.until('life again', beats, { from: at(server, lost) });
    assert.ok(Number(ok.seq) > 0);
  });
});

test('a loop that throws every time is seen by wrap, although it is re-armed', async () => {
  const html = `<!doctype html><script src="/hb.js"></script><script>
    var broken = false, hb = new Heartbeat({ url: location.origin, appId: 'wrap', interval: 1500, stallAfter: 800 });
    var frame = hb.wrap(function (t) { if (broken) throw new Error('no scene\\nat line 7'); return this === window && t > 0; });
    (function loop(t) { requestAnimationFrame(loop); window.result = frame.call(window, t); })(performance.now());
  </script>`;
  const server = await listen({ '/': html });
  const context = await chromium.newContext();
  try {
    const tab = await context.newPage();
    await tab.goto(server.origin);
    await server.until('a beat', beats);
    assert.equal(await tab.evaluate(() => result), true, 'arguments, this and result pass through');
    await tab.evaluate(() => void (broken = true));
    const word = await server.until('no-frames', (entry) => entry.state === 'no-frames' && entry.verb === 'hb_state');
    assert.match(word.lasterr, /no scene$/);
    assert.ok(Number(word.errs) > 0);
  } finally {
    await context.close();
    server.close();
  }
});

test('patchRaf counts the frames of code nobody can edit, and undoes itself', async () => {
  const html = `<!doctype html><script src="/hb.js"></script><script>
    var original = requestAnimationFrame, hb = new Heartbeat({ url: location.origin, appId: 'patch', interval: 900 });
    var undo = hb.patchRaf();
    (function loop() { requestAnimationFrame(loop); })();
  </script>`;
  await stage({ '/': html }, async ({ server, tab }) => {
    await tab.goto(server.origin);
    await server.until('a beat', beats);
    assert.ok(await tab.evaluate(() => (undo(), requestAnimationFrame === original)));
  });
});

test('a server that does not answer gets one request at a time, and the link says why', async () => {
  await stage({ '/': page({ interval: 1500 }) }, async ({ server, tab }) => {
    await tab.goto(server.origin);
    const beat = await server.until('a beat', beats);
    server.deafen(true);
    const from = server.requests.length;
    const first = await server.until('a beat nobody answers', beats, { from });
    await server.until('the next', beats, { from: at(server, first) + 2 });
    const times = server.requests.slice(from).map((entry) => entry.at);
    for (let n = 1; n < times.length; n++) assert.ok(times[n] - times[n - 1] > 400, `one time-out apart: ${times}`);
    await tab.waitForFunction(() => hb.link === 'timeout');
    server.deafen(false);
    await tab.waitForFunction(() => hb.link === 'ok');
    assert.ok(await tab.evaluate(() => hb.stats().failures > 0));
    assert.ok(Number(beat.seq) > 0);
  });
});

test('done is the last word, until somebody asks for more', async () => {
  await stage({ '/': page({ interval: 600 }) }, async ({ server, tab }) => {
    await tab.goto(server.origin);
    const beat = await server.until('a beat', beats);
    await tab.evaluate(() => hb.sendDone());
    const done = await server.until('done', (entry) => entry.verb === 'hb_done');
    assert.equal(await tab.evaluate(() => hb.state), 'done');
    // A full promise of frames later nothing has followed; then init reopens what was closed.
    await tab.evaluate(() => new Promise((resolve) => {
      const until = performance.now() + 800;
      requestAnimationFrame(function wait(now) {
        if (now < until) requestAnimationFrame(wait);
        else resolve();
      });
    }));
    assert.equal(server.requests.at(-1), done);
    await tab.evaluate(() => hb.setInterval(900));
    const init = await server.until('init', (entry) => entry.verb === 'hb_init');
    assert.equal(init.boot, beat.boot);
    await server.until('a beat with the new promise', (entry) => beats(entry) && entry.promise === 900);
  });
});

test('busy promises a long silence before the page blocks', async () => {
  await stage({ '/': page({ interval: 1500, stallAfter: 500 }) }, async ({ server, tab }) => {
    await tab.goto(server.origin);
    await server.until('a beat', beats);
    const from = server.requests.length;
    await tab.evaluate(() => {
      hb.busy(20_000);
      const until = performance.now() + 1500;
      while (performance.now() < until);
    });
    const promise = await server.until('the long promise', (entry) => entry.promise > 19_000 && entry.verb === 'hb_ping', { from });
    const after = await server.until('the usual one', (entry) => beats(entry) && entry.promise === 1500, { from: at(server, promise) });
    const between = server.requests.slice(from, at(server, after));
    assert.ok(!between.some((entry) => entry.verb === 'hb_state'), 'nothing was called a stall');
  });
});

test('hidden, frozen and thawed: each is said, with a promise that throttled timers can keep', async () => {
  await stage({ '/': page({ interval: 1500, transport: 'main' }) }, async ({ server, tab }) => {
    await tab.goto(server.origin);
    await server.until('a beat', beats);
    // The events of the browser, by hand: playwright keeps each page visible in a window of its own.
    const show = (hidden) => tab.evaluate((hidden) => {
      draw = !hidden;
      Object.defineProperty(document, 'hidden', { configurable: true, value: hidden });
      document.dispatchEvent(new Event('visibilitychange'));
    }, hidden);
    await show(true);
    const hidden = await server.until('hidden', (entry) => entry.state === 'hidden' && entry.vis === 'hidden');
    assert.deepEqual([hidden.verb, hidden.promise], ['hb_ping', 65_000]);
    await tab.evaluate(() => document.dispatchEvent(new Event('freeze')));
    const frozen = await server.until('frozen', (entry) => entry.state === 'frozen');
    assert.deepEqual([frozen.method, frozen.promise], ['POST', 65_000]);
    await tab.evaluate(() => document.dispatchEvent(new Event('resume')));
    await show(false);
    await server.until('awake', (entry) => beats(entry) && entry.promise === 1500, { from: at(server, frozen) });
  });
});

test('the original\'s interface', async () => {
  const html = `<!doctype html><script src="/hb.js"></script>`;
  await stage({ '/': html }, async ({ server, tab }) => {
    await tab.goto(server.origin + '/?HB_URL=' + encodeURIComponent(server.origin) + '&HB_APP_ID=a+b');
    const seen = await tab.evaluate(async () => {
      const lines = [];
      const hb = Heartbeat({ interval: 0 });
      hb.setDebugLog((line) => lines.push(line));
      const sent = await new Promise((resolve) => hb.send('hb_ping', 4000, (error, body) => resolve([error, body])));
      return {
        instance: hb instanceof Heartbeat && hb.constructor === Heartbeat,
        sent,
        sync: hb.sendSync('hb_init', 100),
        beacon: hb.sendBeacon('hb_done', 0),
        missing: await new Promise((resolve) => hb.send('nonsense', 1, (error) => resolve(String(error)))),
        given: [hb.getUrl() === location.origin, hb.getAppId(), hb.getInterval()],
        statics: [Heartbeat.getInitCommand(), Heartbeat.getPingCommand(), Heartbeat.getDoneCommand()],
        passed: [Heartbeat.getPassedUrl('x') === location.origin, Heartbeat.getPassedAppId()],
        log: (hb.sendPing(), await new Promise((resolve) => hb.on('response', resolve)), lines.length > 0),
        tick: hb.tick.call(undefined, 'ignored', {}),
        subclass: new (class extends Heartbeat { own() { return this.getInterval(); } })({ interval: 7 }).own(),
        symbol: typeof hb[Symbol.dispose],
      };
    });
    assert.deepEqual(seen.sent, [null, '5000']);
    assert.equal(seen.sync, '1100');
    assert.equal(seen.beacon, true);
    assert.match(seen.missing, /404/);
    assert.deepEqual(seen.given, [true, 'a b', 0]);
    assert.deepEqual(seen.statics, ['hb_init', 'hb_ping', 'hb_done']);
    assert.deepEqual(seen.passed, [true, 'a b']);
    assert.ok(seen.instance && seen.log);
    assert.equal(seen.tick, undefined);
    assert.equal(seen.subclass, 7);
    assert.equal(seen.symbol, 'function');
  });
});

test('the template of the original design', async () => {
  const html = page({ interval: 900 }).replace('url: location.origin', "url: location.origin + '/hb_ping?next=%n&container=pong'");
  await stage({ '/': html }, async ({ server, tab }) => {
    await tab.goto(server.origin);
    const beat = await server.until('a beat', (entry) => entry.container === 'pong' && drawn(entry));
    assert.equal(beat.next, '900');
  });
});

test('what a template has no word for is refused, never sent to the page itself or as a beat', async () => {
  const setup = `hb.dispose(); hb = new Heartbeat({ url: location.origin + '/hb_ping?next=%n&container=own', interval: 0 });
    var ask = (command) => new Promise((resolve) => hb.send(command, 700, (error, body) => resolve([error && error.message, body])));
    var sync = (command) => { try { return hb.sendSync(command, 700); } catch (error) { return error.message; } };`;
  await stage({ '/': page({ interval: 900 }, setup) }, async ({ server, tab }) => {
    await tab.goto(server.origin);
    const words = ['hb_done', 'hb_state', 'nonsense'];
    for (const word of words) {
      const refused = word + ": a template knows beats only";
      assert.deepEqual(await tab.evaluate((word) => ask(word), word), [refused, null]);
      assert.equal(await tab.evaluate((word) => sync(word), word), refused);
      assert.equal(await tab.evaluate((word) => hb.sendBeacon(word, 700), word), false);
    }
    assert.equal((await tab.evaluate(() => ask('hb_ping')))[0], null);
    const own = server.requests.filter((entry) => entry.container === 'own');
    assert.deepEqual(own.map((entry) => entry.next), ['700'], 'the beat, and nothing else');
    assert.ok(!server.requests.some((entry) => /nonsense/.test(entry.url)));
  });
});

test('a goodbye that the browser takes no beacon for goes as a request that outlives the page', async () => {
  const setup = 'navigator.sendBeacon = () => false;';
  await stage({ '/': page({ interval: 600 }, setup) }, async ({ server, tab }) => {
    await tab.goto(server.origin);
    await server.until('a beat', beats);
    await tab.reload();
    await server.until('leaving', (entry) => entry.verb === 'hb_state' && entry.state === 'leaving');
    await tab.evaluate(() => hb.sendDone());
    const done = await server.until('done', (entry) => entry.verb === 'hb_done');
    assert.equal(done.method, 'POST');
  });
});

test('disposed of, nothing is left', async () => {
  await stage({ '/': page({ interval: 600 }) }, async ({ server, tab }) => {
    await tab.goto(server.origin);
    await server.until('a beat', beats);
    await tab.evaluate(() => hb.dispose());
    const from = server.requests.length;
    await tab.reload();
    await server.until('the new page', beats, { from });
    assert.ok(!server.requests.slice(from).some((entry) => entry.state === 'leaving'), 'no listener of the old one spoke');
  });
});
