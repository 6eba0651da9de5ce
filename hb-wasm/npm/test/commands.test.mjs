// Commands to a screen: what the page registered is done, and what a person sees. Not here: the link they come over.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Host } from './host.mjs';
import { browser, listen, page } from './stage.mjs';

let chromium;
before(async () => {
  chromium = await browser();
});
after(() => chromium.close());

/** A page of the classic script with `setup`, and the host that its commands come from. */
async function asked(setup, play) {
  const server = await listen({ '/': page({ appId: 'duet', slot: 'left', interval: 1000 }, setup) });
  const context = await chromium.newContext({ viewport: { width: 400, height: 300 } });
  try {
    const host = new Host();
    await host.serve(context);
    const tab = await context.newPage();
    await tab.goto(server.origin);
    await play({ tab, host, server });
  } finally {
    await context.close();
    server.close();
  }
}

/** Waits until the page takes commands over connection number `link`; the number of its subscription. */
async function ready(host, link = 0) {
  const { nr, topics } = await host.until('subscribe', { link });
  assert.deepEqual(topics, ['app/10.0.0.7/duet#left/cmd']);
  return nr;
}

test('a page that only beats loads nothing of the link', async () => {
  await asked('', async ({ server, host }) => {
    await server.until('a beat', (entry) => entry.verb === 'hb_ping');
    assert.deepEqual([server.fetched, host.links], [[], []]);
  });
});

test('what the page registered is done, and nothing else', async () => {
  const setup = `hb.commands({ vitals: true, reload: false, louder: (by) => 'now ' + by, fail: () => { throw new Error('stuck'); } })`;
  await asked(setup, async ({ host, server }) => {
    const nr = await ready(host);
    assert.deepEqual(server.fetched, ['/client/link/index.js']);
    const outcome = (name, data) => host.command(nr, name, data);
    assert.deepEqual(await outcome('louder', 3), { ok: true, data: 'now 3' });
    assert.deepEqual(await outcome('fail'), { ok: false, error: 'stuck' });
    const vitals = await outcome('vitals');
    assert.ok(vitals.ok && vitals.data.frames >= 0 && typeof vitals.data.state === 'string', JSON.stringify(vitals));
    const unknown = { ok: false, error: 'this page does not take reload: it takes vitals, louder, fail' };
    assert.deepEqual(await outcome('reload'), unknown);
    for (const name of ['constructor', '__proto__', 'toString']) assert.equal((await outcome(name)).ok, false, name);
  });
});

test('reload fetches the page and its parts anew, and the page takes commands again', async () => {
  await asked('hb.commands({ reload: true, vitals: true })', async ({ host, tab }) => {
    const nr = await ready(host);
    const anew = [];
    tab.on('request', (request) => anew.push(new URL(request.url()).pathname));
    await tab.evaluate(() => void (window.before = true));
    assert.deepEqual(await host.command(nr, 'reload'), { ok: true, data: null });
    await ready(host, 1);
    assert.equal(await tab.evaluate(() => window.before), undefined);
    assert.ok(anew.filter((path) => path === '/').length >= 2 && anew.includes('/hb.js'), `${anew}`);
  });
});

test('identify and message cover the screen, and go again', async () => {
  const setup = `hb.commands({ identify: true, message: true })`;
  await asked(setup, async ({ host, tab }) => {
    const nr = await ready(host);
    assert.deepEqual(await host.command(nr, 'identify'), { ok: true, data: null });
    const sign = tab.locator('[data-hb=sign]');
    assert.equal(await sign.textContent(), 'duet\n10.0.0.7#left');
    assert.match(await sign.locator('img').getAttribute('src'), /^http:\/\/[^/]+\/qr\?host=10\.0\.0\.7&app=duet&slot=left$/);
    assert.deepEqual(await sign.boundingBox(), { x: 0, y: 0, width: 400, height: 300 });
    assert.equal(await tab.evaluate(() => document.elementFromPoint(200, 20).dataset.hb), 'sign', 'above all else');
    assert.deepEqual(await host.command(nr, 'message', { text: 'We open at ten <b>', ms: 300 }), { ok: true, data: null });
    await sign.nth(1).waitFor();
    assert.equal(await sign.nth(1).textContent(), 'We open at ten <b>');
    await sign.nth(1).waitFor({ state: 'detached' });
    assert.equal(await sign.count(), 1, 'each goes in its own time');
    await sign.waitFor({ state: 'detached', timeout: 12_000 });
    assert.match((await host.command(nr, 'message', 7)).error, /expected a text/);
  });
});

test('screenshot is a picture of the canvas, however it is drawn and however large it is', async () => {
  const setup = `var c = document.getElementById('c'), gl = c.getContext('webgl');
    (function draw() { requestAnimationFrame(draw); gl.clearColor(0, 1, 0, 1); gl.clear(gl.COLOR_BUFFER_BIT); })();
    hb.commands({ screenshot: c });
    var noise = document.createElement('canvas'); noise.width = noise.height = 800;
    var noisy = noise.getContext('2d'), pixels = noisy.createImageData(800, 800);
    for (var i = 0; i < pixels.data.length; i++) pixels.data[i] = i % 4 === 3 ? 255 : Math.random() * 256;
    noisy.putImageData(pixels, 0, 0);
    var sizeOf = async (url) => { var image = new Image(); image.src = url; await image.decode();
      var flat = new OffscreenCanvas(1, 1).getContext('2d'); flat.drawImage(image, 0, 0);
      return [image.width, image.height, ...flat.getImageData(0, 0, 1, 1).data]; };`;
  await asked(setup, async ({ host, tab }) => {
    const nr = await ready(host);
    const { data } = await host.command(nr, 'screenshot');
    assert.match(data, /^data:image\/png;base64,/);
    assert.deepEqual(await tab.evaluate((url) => sizeOf(url), data), [300, 150, 0, 255, 0, 255]);
    await tab.evaluate(() => hb.commands({ screenshot: noise }));
    const second = await ready(host, 1);
    const large = (await host.command(second, 'screenshot')).data;
    assert.ok(large.length < 1_000_000, `${large.length} characters`);
    const [width, height] = await tab.evaluate((url) => sizeOf(url), large);
    assert.deepEqual([width, height], [400, 400], 'halved once');
  });
});
