// What a heartbeat costs the thread of a page that draws 60 times a second and has done so for a while: the processor's time of
// that thread in Chromium, of pages with it and without that are open side by side. Prints rows of Markdown. Not here: one
// `tick` (tick.mjs), the probes (probes.mjs).
//
//   node bench/cost.mjs [warm [seconds [rounds]]]      (after build.mjs)

import { setTimeout as wait } from 'node:timers/promises';
import { browser, listen } from '../test/stage.mjs';

const [warm, seconds, rounds] = [60, 5, 11].map((usual, at) => Number(process.argv[2 + at] ?? usual));
const shown = (more) => `<!doctype html><script src="/hb.js"></script><script>
  var frames = 0, tick = () => {};
  (function loop(at) { requestAnimationFrame(loop); frames++; tick(at); })();
  ${more}
</script>`;
const pages = {
  '/without': shown(''),
  '/worker': shown('var hb = new Heartbeat({ url: location.origin }); tick = hb.tick'),
  '/main': shown("var hb = new Heartbeat({ url: location.origin, transport: 'main' }); tick = hb.tick"),
  // Its loop runs on, as one does whose engine was never shown the heartbeat.
  '/untold': shown('var hb = new Heartbeat({ url: location.origin })'),
};
const server = await listen(pages);
const chromium = await browser();
const times = {};
let rate;
try {
  const open = [];
  for (const path of Object.keys(pages)) {
    // Each with a process of its own.
    const tab = await (await chromium.newContext()).newPage();
    const session = await tab.context().newCDPSession(tab);
    // The thread's own time, so that others who use the processor do not count.
    await session.send('Performance.enable', { timeDomain: 'threadTicks' });
    await tab.goto(server.origin + path);
    open.push({ path, tab, session });
  }
  const read = () => Promise.all(open.map(async ({ path, tab, session }) => {
    const { metrics } = await session.send('Performance.getMetrics');
    const value = (wanted) => metrics.find(({ name }) => name === wanted).value * 1000;
    return { path, all: value('TaskDuration'), scripts: value('ScriptDuration'), at: performance.now(), drawn: await tab.evaluate(() => frames) };
  }));
  // What runs sixty times a second is compiled for good after a minute.
  await wait(warm * 1000);
  const begun = await read();
  for (let round = 0, from = begun; round < rounds; round++) {
    await wait(seconds * 1000);
    const to = await read();
    for (const [at, { path, all, scripts, at: now }] of to.entries()) {
      const span = (now - from[at].at) / 1000;
      (times[path] ??= []).push({ all: (all - from[at].all) / span, scripts: (scripts - from[at].scripts) / span });
    }
    from = to;
  }
  const ended = await read();
  rate = Math.min(...ended.map(({ drawn, at }, nr) => ((drawn - begun[nr].drawn) * 1000) / (at - begun[nr].at)));
} finally {
  await chromium.close();
  server.close();
}
const median = (all) => [...all].sort((a, b) => a - b)[all.length >> 1];
// Of the same seconds: what else the machine does changes from one to the next.
const ours = (path, what) => median(times[path].map((time, round) => time[what] - times['/without'][round][what]));
console.log(`| the thread of a page at ${rate.toFixed(0)} frames/s, each second | busy | in scripts | the heartbeat's scripts, median of ${rounds} pairs | share | busier by |`);
console.log('|---|---|---|---|---|---|');
for (const [path, name] of [['/without', 'without a heartbeat'], ['/worker', 'its worker beats'], ['/main', 'it beats itself'], ['/untold', 'its worker beats, its loop does not tick']]) {
  const [all, scripts] = ['all', 'scripts'].map((what) => `${median(times[path].map((time) => time[what])).toFixed(2)} ms`);
  const own = ours(path, 'scripts');
  const cost = path === '/without' ? '– | – | –' : `${own.toFixed(2)} ms | ${(own / 10).toFixed(3)} % | ${ours(path, 'all').toFixed(2)} ms`;
  console.log(`| ${name} | ${all} | ${scripts} | ${cost} |`);
}
