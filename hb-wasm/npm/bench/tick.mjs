// What a frame costs: `tick` in Chromium, mean and allocation, beside an empty function; and how long it takes until a
// worker speaks for a page. Prints rows of Markdown.
//
//   node bench/tick.mjs      (after build.mjs)

import { browser, listen } from '../test/stage.mjs';

const server = await listen({ '/': '<!doctype html><script src="/hb.js"></script>' });
const chromium = await browser(['--enable-precise-memory-info', '--js-flags=--expose-gc']);
try {
  const tab = await chromium.newPage();
  await tab.goto(server.origin);
  const result = await tab.evaluate(async (url) => {
    const hb = new Heartbeat({ url, appId: 'bench', interval: 60_000 });
    await new Promise((resolve) => hb.on('response', resolve));
    const CALLS = 1_000_000;
    const nothing = (at) => at;
    const mean = (call, clock) => {
      const from = performance.now();
      // The timestamps of frames: as requestAnimationFrame would pass them, increasing by a bit.
      for (let n = 0; n < CALLS; n++) call(clock ? undefined : from + n * 1e-6);
      return ((performance.now() - from) * 1e6) / CALLS;
    };
    hb.tick(performance.now());
    for (let warm = 0; warm < 3; warm++) [mean(nothing), mean(hb.tick), mean(hb.tick, true)];
    const rounds = Array.from({ length: 9 }, () => [mean(nothing), mean(hb.tick), mean(hb.tick, true)]);
    const median = (index) => rounds.map((round) => round[index]).sort((a, b) => a - b)[4];
    const numbers = new Float64Array(2);
    gc();
    numbers[0] = performance.memory.usedJSHeapSize;
    for (let n = 0; n < CALLS; n++) hb.tick(12_345.5);
    numbers[1] = performance.memory.usedJSHeapSize;
    return { empty: median(0), tick: median(1), clock: median(2), bytes: (numbers[1] - numbers[0]) / CALLS };
  }, server.origin);
  const ns = (value) => `${value.toFixed(0)} ns`;
  console.log('| `tick` in Chromium, mean | with timestamp | without (reads the clock) | empty call | heap per call |');
  console.log('|---|---|---|---|---|');
  console.log(`| ${chromium.version()} | ${ns(result.tick)} | ${ns(result.clock)} | ${ns(result.empty)} | ${result.bytes.toFixed(3)} B |`);
  const times = [];
  for (let page = 0; page < 9; page++) {
    await tab.goto(server.origin);
    times.push(await tab.evaluate(async (url) => {
      const from = performance.now();
      let made = 0;
      const ready = await new Promise((resolve) => {
        const debugLog = (line) => line === 'transport: worker' && resolve(performance.now());
        new Heartbeat({ url, appId: 'bench', interval: 60_000, sendInitCommand: false, debugLog });
        made = performance.now();
      });
      return { made: made - from, ready: ready - from };
    }, server.origin));
  }
  const middle = (name) => `${times.map((time) => time[name]).sort((a, b) => a - b)[4].toFixed(1)} ms`;
  console.log('');
  console.log('| a new client in Chromium, median of nine pages | made, with its module | its worker speaks |');
  console.log('|---|---|---|');
  console.log(`| ${chromium.version()} | ${middle('made')} | ${middle('ready')} |`);
} finally {
  await chromium.close();
  server.close();
}
