// Pages that show a video, in a real Chromium. film.webm was recorded by it: two seconds of a moving square and a tone.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { browser, listen } from './stage.mjs';

const clip = readFileSync(new URL('film.webm', import.meta.url));

let chromium;
before(async () => {
  chromium = await browser();
});
after(() => chromium.close());

/** The clip, and the beginning of something without meaning: browsers hand on what they read in large pieces only. */
const endless = () => Buffer.concat([clip, Buffer.from([0xec, 0x01, 0, 0, 0, 0, 0x0f, 0x42, 0x40]), Buffer.alloc(300_000)]);

/** Serves the clip, or, as `/slow`, what goes on after it and never comes. */
async function cinema() {
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'video/webm');
    if (request.url === '/slow') response.write(endless());
    else response.end(clip);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { at: `http://127.0.0.1:${server.address().port}`, close: () => (server.closeAllConnections(), server.close()) };
}

/** Runs `play` with a page that has one video of these attributes. */
async function stage(attributes, play, { file = '/clip', stallAfter = 2000 } = {}) {
  const films = await cinema();
  const html = `<!doctype html><video id="v" ${attributes}></video><script src="/hb.js"></script><script type="module">
    import { watchVideo } from '/client/video.js';
    // Not before: a page counts as loading while it waits for its video.
    addEventListener('load', () => (v.src = '${films.at}${file}'));
    window.hb = new Heartbeat({ url: location.origin, appId: 'video', interval: 900, stallAfter: ${stallAfter}, startupGrace: 3000 });
    window.end = watchVideo(hb, v, { after: ${stallAfter * 0.6} });
  </script>`;
  const server = await listen({ '/': html });
  const context = await chromium.newContext();
  const said = [];
  try {
    const tab = await context.newPage();
    tab.on('console', (message) => said.push(message.text()));
    await tab.goto(server.origin);
    await play({ server, tab, said });
  } finally {
    await context.close();
    server.close();
    films.close();
  }
}

const beats = (entry) => entry.verb === 'hb_ping' && entry.state === 'ok' && Number(entry.frames) > 5;
const stalled = (entry) => entry.verb === 'hb_state' && entry.state === 'no-frames' && entry.lasterr;

test('a video that loops beats by its own frames, and pausing, playing and seeking it are seen', async () => {
  await stage('autoplay muted loop', async ({ server, tab, said }) => {
    await server.until('a beat', beats);
    // Over the seam of the loop, twice; and it goes on.
    await tab.evaluate(() => {
      window.seams = 0;
      v.onseeked = () => seams++;
    });
    await tab.waitForFunction(() => seams >= 2);
    await server.until('frames after it', beats, { from: server.requests.length });
    // A machine without a core to spare shows none for a while, and may say so; but nothing has paused or ended.
    assert.ok(!server.requests.some((entry) => /paused|ended|failed/.test(entry.lasterr)), 'a seam is no end');
    await tab.evaluate(() => v.pause());
    await server.until('no-frames', (entry) => stalled(entry) && entry.lasterr === 'video is paused');
    assert.ok(said.includes('hb: video is paused'), `${said}`);
    const from = server.requests.length;
    await tab.evaluate(() => v.play());
    await server.until('life again', beats, { from });
    await tab.evaluate(() => void (v.currentTime = 0.5));
    await server.until('life goes on', beats, { from: server.requests.length });
    await tab.evaluate(() => end());
    await server.until('nobody counts any more', (entry) => entry.state === 'no-frames', { from: server.requests.length });
  }, { stallAfter: 4000 });
});

test('a video whose autoplay the browser refused is named as such', async () => {
  await stage('autoplay loop', async ({ server, said }) => {
    const word = await server.until('no-frames', stalled);
    assert.match(word.lasterr, /^video is paused: autoplay was refused\. Mute it, or start with --autoplay-policy=no-user-gesture-required$/);
    assert.equal(said.filter((line) => /autoplay was refused/.test(line)).length, 1, 'said once');
  });
});

test('a video that ended, one that waits for data, and one that is none', async () => {
  await stage('autoplay muted', async ({ server, tab }) => {
    assert.equal((await server.until('the end', stalled)).lasterr, 'video has ended and does not loop');
    await tab.evaluate(() => void (v.src = '/none.webm'));
    const from = server.requests.length;
    await server.until('its failure', (entry) => /^video (failed|has no source)/.test(entry.lasterr), { from });
  });
  await stage('autoplay muted loop', async ({ server }) => {
    assert.match((await server.until('the wait', stalled)).lasterr, /^video (waits for data|does not load)$/);
  }, { file: '/slow' });
});

test('a page that rests says nothing of its video', async () => {
  await stage('muted loop', async ({ server, tab }) => {
    await tab.evaluate(() => hb.idle(true));
    await server.until('ten beats at rest', (entry) => entry.state === 'idle' && Number(entry.seq) > 10);
    assert.ok(!server.requests.some((entry) => entry.errs));
    await tab.evaluate(() => hb.idle(false));
    const word = await server.until('no-frames', stalled);
    assert.equal(word.lasterr, 'video is paused: play() was not called, or was refused');
  });
});
