/**
 * What the dashboard costs, over a real server, in headless Chromium: bytes, the first paint, and frames a second with 1 000
 * tiles of which 100 change every second. Prints rows of Markdown: `node bench/dashboard.mjs --hb PATH [--quick]`.
 *
 * Needs Chromium (CHROMIUM, default /usr/bin/chromium) and the packages of hb-wasm/npm. Not here: budgets (test/budget.test.mjs).
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const TILES = 1000;
const CHANGES = 100;
const quick = process.argv.includes('--quick');
const [LOADS, SECONDS] = quick ? [3, 2] : [9, 15];

const at = process.argv.indexOf('--hb');
if (at < 0) {
  console.error('usage: node bench/dashboard.mjs --hb PATH [--quick]');
  process.exit(2);
}
const { chromium } = createRequire(new URL('../../hb-wasm/npm/package.json', import.meta.url))('playwright-core');

const home = mkdtempSync(join(tmpdir(), 'hb-bench-'));
const hb = spawn(process.argv[at + 1], ['serve', '--listen', '127.0.0.1:0', '--state', home], { cwd: home, stdio: ['ignore', 'pipe', 'inherit'] });
const agent = new Agent({ keepAlive: true, maxSockets: 8 });
let browser;
try {
  const origin = await addressOf(hb);
  await Promise.all(Array.from({ length: TILES }, (_, n) => say(origin, 'hb_ping', n)));
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-background-networking'] });
  console.log('| the dashboard in headless Chromium, 1280 × 800 | figure | at most |');
  console.log('|---|---|---|');
  const loads = [];
  for (let load = 0; load < LOADS; load += 1) loads.push(await firstPaint(origin));
  const bytes = loads[0].bytes;
  console.log(`| all that \`/\` loads, as sent | ${(bytes / 1000).toFixed(0)} kB | |`);
  console.log(`| first paint over loopback, nothing cached, ${TILES} screens, median of ${LOADS} | ${middle(loads.map((it) => it.paint)).toFixed(0)} ms | 500 ms |`);
  console.log(`| all ${TILES} tiles are there, median of ${LOADS} | ${middle(loads.map((it) => it.tiles)).toFixed(0)} ms | |`);
  for (const path of ['/', '/wall']) {
    const { fps, longest, busy } = await frames(origin, path);
    console.log(`| \`${path}\`, ${TILES} screens, ${CHANGES} changes a second, for ${SECONDS} s | ${fps.toFixed(0)} frames/s, longest gap ${longest.toFixed(0)} ms; its thread works ${busy.toFixed(0)} ms of a second | at least 30 frames/s |`);
  }
} finally {
  await browser?.close();
  const ended = once(hb, 'exit');
  hb.kill();
  await ended;
  agent.destroy();
  rmSync(home, { recursive: true });
}

/** A page of a browser that has nothing cached. */
async function firstPaint(origin) {
  const page = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage();
  const session = await page.context().newCDPSession(page);
  let bytes = 0;
  session.on('Network.loadingFinished', ({ encodedDataLength }) => { bytes += encodedDataLength; });
  await session.send('Network.enable');
  await page.goto(origin);
  const tiles = await page.evaluate((wanted) => new Promise((there) => {
    const look = () => (document.querySelectorAll('.tile').length >= wanted ? there(performance.now()) : requestAnimationFrame(look));
    look();
  }), TILES);
  const paint = await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0].startTime);
  await page.context().close();
  return { paint, tiles, bytes };
}

/** Frames that a page draws while its screens fail and come back. */
async function frames(origin, path) {
  const page = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage();
  await page.goto(origin + path);
  await page.waitForFunction((wanted) => document.querySelectorAll('.tile, .cell').length >= wanted, TILES);
  // By the thread's own clock, which stands still while others have the processor.
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const worked = async () => (await session.send('Performance.getMetrics')).metrics.find(({ name }) => name === 'TaskDuration').value;
  let next = 0;
  const before = await worked();
  // Ten times a second a tenth of them; which comes next goes round, so that each fails and comes back.
  const beating = setInterval(() => {
    for (let n = 0; n < CHANGES / 10; n += 1, next += 1) {
      const fails = Math.floor(next / TILES) % 2 === 0;
      void say(origin, fails ? 'hb_state' : 'hb_ping', next % TILES, fails ? '&state=no-frames' : '').catch(() => {});
    }
  }, 100);
  const seen = await page.evaluate((seconds) => new Promise((told) => {
    const from = performance.now();
    let [count, last, longest] = [0, from, 0];
    const frame = (now) => {
      count += 1;
      longest = Math.max(longest, now - last);
      last = now;
      if (now - from < seconds * 1000) requestAnimationFrame(frame);
      else told({ fps: (count * 1000) / (now - from), longest });
    };
    requestAnimationFrame(frame);
  }), SECONDS);
  clearInterval(beating);
  seen.busy = ((await worked() - before) * 1000) / SECONDS;
  await page.context().close();
  return seen;
}

/** Screen number `n` says something, in the hall it stands in. */
function say(origin, verb, n, more = '') {
  return new Promise((said, failed) => {
    request(`${origin}/${verb}?600000&v=1&by=frame&appid=exhibit-${n % 40}&host=pc-${n}${more}`, { agent }, (answer) => answer.resume().on('end', said)).on('error', failed).end();
  });
}

async function addressOf(server) {
  for await (const line of createInterface({ input: server.stdout })) {
    const found = /http:\/\/[\d.:]+/.exec(line);
    if (found) {
      server.stdout.resume();
      return found[0];
    }
  }
  throw new Error('hb ended before it said where it listens');
}

function middle(values) {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
}
