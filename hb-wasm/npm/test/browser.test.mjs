// The packed script on real pages in a real browser; what the server was told is what is asserted.

import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { browser, listen, page } from './stage.mjs';

let chromium;
before(async () => {
  chromium = await browser();
});
after(() => chromium.close());

/** Runs `play` with a server and a page of a fresh context; closes both. */
async function stage(pages, play) {
  const server = await listen(pages);
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

const beats = (entry) => entry.verb === 'hb_ping' && entry.by === 'frame' && entry.state === 'ok';

test('a drawing page beats, a page that stops drawing says so and pings no more', async () => {
  await stage({ '/': page({ url: '', appId: 'Größe & mehr', interval: 3000, stallAfter: 1000 }).replace('"url":""', '"url":location.origin') }, async ({ server, tab }) => {
    await tab.goto(server.origin);
    const beat = await server.until('a beat driven by frames', beats);
    assert.equal(beat.appid, 'Größe & mehr');
    assert.equal(beat.promise, 3000);
    assert.equal(beat.v, '1');
    const next = await server.until('the next beat', beats, { from: server.requests.indexOf(beat) + 1 });
    assert.ok(next.at - beat.at < 2000, 'a beat every third of the promise');
    assert.ok(Number(next.frames) > Number(beat.frames));
    const from = server.requests.length;
    await tab.evaluate(() => void (draw = false));
    const stopped = Date.now();
    const word = await server.until('no-frames', (entry) => entry.verb === 'hb_state' && entry.state === 'no-frames', { from });
    assert.ok(word.at - stopped <= 2000, `said after ${word.at - stopped} ms`);
    const until = server.requests.indexOf(word);
    await server.until('a second word', (entry) => entry.verb === 'hb_state', { from: until + 1 });
    assert.ok(!server.requests.slice(until).some((entry) => entry.verb === 'hb_ping'));
    await tab.evaluate(() => void (draw = true));
    await server.until('life again', beats, { from: until });
  });
});
