// A loop that draws the same picture for ever, seen from inside the page.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { browser, listen } from './stage.mjs';

let chromium;
before(async () => {
  chromium = await browser();
});
after(() => chromium.close());

/** Runs `play` with a page that paints `scene` by `context` in every frame, and looks at it every 200 ms. */
async function stage(kind, paint, play) {
  const html = `<!doctype html><canvas id="c" width="640" height="360"></canvas><script src="/hb.js"></script><script type="module">
    import { watchPixels } from '/client/pixels.js';
    const context = c.getContext('${kind}');
    window.draw = true, window.scene = 1, window.moving = true;
    window.hb = new Heartbeat({ url: location.origin, appId: 'pixels', interval: 600, stallAfter: 1000 });
    (function loop(at) {
      requestAnimationFrame(loop);
      if (moving) scene++;
      if (!draw) return;
      ${paint}
      hb.tick(at);
    })(0);
    window.end = watchPixels(hb, c, { every: 200, stuckAfter: 800 });
  </script>`;
  const server = await listen({ '/': html });
  const context = await chromium.newContext();
  const said = [];
  try {
    const tab = await context.newPage();
    tab.on('console', (message) => said.push(message.text()));
    await tab.goto(server.origin);
    await server.until('a beat', beats);
    await play({ server, tab, said });
  } finally {
    await context.close();
    server.close();
  }
}

const beats = (entry) => entry.verb === 'hb_ping' && Number(entry.frames) > 0 && entry.state === 'ok';
const says = (state) => (entry) => entry.verb === 'hb_state' && entry.state === state;

// A pixel in 900 moves, in a picture that lives on the GPU and is gone when the browser has taken it.
const WEBGL = `context.disable(context.SCISSOR_TEST); context.clearColor(0.2, 0.4, 0.6, 1); context.clear(context.COLOR_BUFFER_BIT);
  context.enable(context.SCISSOR_TEST); context.scissor(scene * 7 % 600, 100, 16, 16); context.clearColor(1, 1, 0, 1); context.clear(context.COLOR_BUFFER_BIT);`;
const PLAIN = `context.fillStyle = '#246'; context.fillRect(0, 0, 640, 360); context.fillStyle = 'gold'; context.fillRect(scene * 7 % 600, 100, 16, 16);`;

for (const [kind, paint] of [['webgl2', WEBGL], ['2d', PLAIN]]) {
  test(`${kind}: a picture that no longer changes is stuck while frames go on`, async () => {
    await stage(kind, paint, async ({ server, tab }) => {
      await server.until('many frames that move', (entry) => beats(entry) && Number(entry.seq) > 8);
      assert.ok(!server.requests.some(says('picture-stuck')), 'a moving picture is no fault');
      await tab.evaluate(() => void (moving = false));
      const word = await server.until('picture-stuck', says('picture-stuck'));
      const next = await server.until('it again, with frames', (entry) => says('picture-stuck')(entry) && Number(entry.frames) > Number(word.frames));
      assert.ok(Number(next.age) < 500, next.age);
      await tab.evaluate(() => void (draw = false));
      await server.until('no-frames, which says more', says('no-frames'));
      await tab.evaluate(() => void (draw = true));
      await server.until('picture-stuck again', says('picture-stuck'), { from: server.requests.length });
      const from = server.requests.length;
      await tab.evaluate(() => void (moving = true));
      await server.until('life', beats, { from });
    });
  });
}

test('one colour proves nothing, and neither does rest', async () => {
  await stage('2d', `context.fillStyle = '#000'; context.fillRect(0, 0, 640, 360);`, async ({ server, tab }) => {
    await server.until('many beats', (entry) => beats(entry) && Number(entry.seq) > 12);
    await tab.evaluate(() => hb.idle(true));
    await server.until('many more', (entry) => entry.state === 'idle' && Number(entry.seq) > 24);
    assert.ok(!server.requests.some(says('picture-stuck')));
  });
});

/** One pixel. */
const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');

test('a picture from elsewhere cannot be looked at: said once, and no fault', async () => {
  const elsewhere = createServer((_, response) => response.setHeader('content-type', 'image/png').end(PNG));
  elsewhere.listen(0, '127.0.0.1');
  await once(elsewhere, 'listening');
  const src = `http://127.0.0.1:${elsewhere.address().port}/`;
  try {
    await stage('2d', PLAIN + `if (window.foreign) context.drawImage(foreign, 0, 0);`, async ({ server, tab, said }) => {
      await tab.evaluate(async (src) => {
        const image = new Image();
        image.src = src;
        await image.decode();
        moving = false;
        window.foreign = image;
      }, src);
      const from = server.requests.length;
      await server.until('beats', (entry) => beats(entry) && server.requests.length > from + 10, { from });
      assert.ok(!server.requests.slice(from).some(says('picture-stuck')));
      assert.equal(said.filter((line) => /^hb: the picture cannot be looked at: SecurityError/.test(line)).length, 1, `${said}`);
    });
  } finally {
    elsewhere.closeAllConnections();
    elsewhere.close();
  }
});
