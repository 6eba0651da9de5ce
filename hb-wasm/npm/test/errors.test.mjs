// What the server is told of errors and of the heap, from a real page. Not here: a loop that throws (browser.test.mjs).

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { browser, listen, page, stand } from './stage.mjs';

let chromium;
before(async () => {
  chromium = await browser();
});
after(() => chromium.close());

/** Runs `play` with a page of these options that draws. */
async function stage(options, setup, play) {
  const server = await listen({ '/': page({ interval: 600, ...options }, setup) });
  const context = await chromium.newContext();
  try {
    const tab = await context.newPage();
    await tab.goto(server.origin);
    await server.until('a beat', (entry) => Number(entry.frames) > 0);
    await play({ server, tab });
  } finally {
    await context.close();
    server.close();
  }
}

const counting = (errors) => (entry) => entry.errs === String(errors);

test('errors and rejections are counted, and the first line of the last is said', async () => {
  await stage({}, '', async ({ server, tab }) => {
    await tab.evaluate(() => setTimeout(() => { throw new TypeError('no scene\nat line 7'); }));
    assert.equal((await server.until('one', counting(1))).lasterr, 'Uncaught TypeError: no scene');
    await tab.evaluate(() => void Promise.reject(new Error('no network\r\nat all')));
    assert.equal((await server.until('two', counting(2))).lasterr, 'no network');
    await tab.evaluate(() => void Promise.reject({ toString() { throw 1; } }));
    assert.equal((await server.until('three', counting(3))).lasterr, 'object');
    await tab.evaluate(() => hb.report('caught, and told all the same'));
    assert.equal((await server.until('four', counting(4))).lasterr, 'caught, and told all the same');
    await tab.evaluate(() => hb.report('\n a\tb\u2028c'));
    assert.equal((await server.until('five', counting(5))).lasterr, 'a b');
    await tab.evaluate(() => hb.report(new Error('')));
    const empty = await server.until('six', counting(6));
    assert.ok(!('lasterr' in empty), empty.url);
  });
});

test('an error that no address can carry whole is said all the same, and the beats go on', async () => {
  await stage({}, '', async ({ server, tab }) => {
    // The cut falls into the middle of the last character, and one half stood alone before.
    await tab.evaluate(() => hb.report('\ud800' + 'ä'.repeat(118) + '😀'));
    const told = await server.until('one', counting(1));
    assert.equal(told.lasterr, 'ä'.repeat(118));
    await server.until('the next beat', counting(1), { from: server.requests.indexOf(told) + 1 });
  });
});

test('what did not load is no error of a script, nor is a layout that settles later', async () => {
  await stage({}, '', async ({ server, tab }) => {
    await tab.evaluate(() => new Promise((resolve) => {
      const image = document.body.appendChild(new Image());
      image.onerror = resolve;
      image.src = '/none.png';
    }));
    await tab.evaluate(() => dispatchEvent(new ErrorEvent('error', { message: 'ResizeObserver loop completed with undelivered notifications.' })));
    await tab.evaluate(() => hb.report('the first'));
    await server.until('one and no more', counting(1));
    assert.ok(!server.requests.some(counting(2)));
  });
});

test('what errors say stays on the page where it asks for that', async () => {
  await stage({ errorText: false }, '', async ({ server, tab }) => {
    await tab.evaluate(() => hb.report('a secret'));
    const told = await server.until('one', counting(1));
    assert.ok(!('lasterr' in told), told.url);
  });
});

test('what an error said goes only with the count it belongs to', async () => {
  const options = { interval: 600, transport: 'main', appId: 'told' };
  const setup = "hb.commands({ identify: true }); hb.report('no scene'); addEventListener('pageshow', (e) => { window.persisted = e.persisted; })";
  const pages = { '/': page(options, setup), '/plain': page({ ...options, vitals: false }, setup), '/away': '<!doctype html>' };
  await stand(chromium, pages, async ({ server, tab }) => {
    await tab.goto(server.origin);
    assert.equal((await server.until('one', counting(1))).lasterr, 'no scene');
    assert.equal((await server.socket(0)).url.searchParams.get('lasterr'), null, 'not with a socket');
    const { boot } = server.requests[0];
    await tab.goto(server.origin + '/away');
    await tab.goBack({ waitUntil: 'commit' });
    assert.equal(await tab.evaluate(() => window.persisted), true, 'it came out of the cache');
    const again = await server.until('the next boot', (entry) => entry.verb === 'hb_ping' && entry.boot !== boot);
    assert.deepEqual([again.errs, again.lasterr], [undefined, undefined], 'not of another life of the page');
    const from = server.requests.length;
    await tab.goto(server.origin + '/plain');
    const plain = await server.until('without vitals', (entry) => entry.verb === 'hb_ping' && entry.v === undefined, { from });
    assert.deepEqual([plain.errs, plain.lasterr], [undefined, undefined], 'nor from who says nothing');
  }, true);
});

test('the heap in use is said, and who held a frame up is counted', async () => {
  await stage({}, '', async ({ server, tab }) => {
    const told = await server.until('the heap', (entry) => entry.mem);
    assert.ok(Number(told.mem) > 100 && Number(told.mem) < 1e6, told.mem);
    await tab.evaluate(() => requestAnimationFrame(() => {
      const until = performance.now() + 300;
      while (performance.now() < until);
    }));
    await tab.waitForFunction(() => hb.stats().worstBlockMs >= 200);
  });
});

test('a worker that draws off the screen beats, and its errors count', async () => {
  const setup = `hb.dispose(); draw = false;
    var worker = new Worker(URL.createObjectURL(new Blob([\`
      importScripts('\${location.origin}/hb.js');
      onmessage = ({ data }) => {
        const gl = data.getContext('webgl2'), hb = new Heartbeat({ url: '\${location.origin}', appId: 'worker', interval: 600, gl });
        const frame = hb.wrap(() => { gl.clear(gl.COLOR_BUFFER_BIT); requestAnimationFrame(frame); });
        requestAnimationFrame(frame);
        setTimeout(() => { throw new Error('in the worker'); });
      };\`])));
    var canvas = document.getElementById('c').transferControlToOffscreen();
    worker.postMessage(canvas, [canvas]);`;
  await stage({}, setup, async ({ server }) => {
    const told = await server.until('a beat of the worker', (entry) => entry.appid === 'worker' && Number(entry.frames) > 0 && entry.errs && entry.frames > 10);
    assert.equal(told.lasterr, 'Uncaught Error: in the worker');
    assert.deepEqual([told.verb, told.gl, told.state], ['hb_ping', 'ok', 'ok']);
  });
});
