// What a heartbeat costs the thread of a page that draws 60 times a second: the processor's time of that thread in Chromium, with
// it and without, each second, in turns. Prints rows of Markdown. Not here: one `tick` (tick.mjs), the probes (probes.mjs).
//
//   node bench/cost.mjs [seconds [rounds]]      (after build.mjs)

import { browser, listen } from '../test/stage.mjs';

const [seconds, rounds] = [Number(process.argv[2] ?? 6), Number(process.argv[3] ?? 9)];
const shown = (more) => `<!doctype html><script src="/hb.js"></script><script>
  var frames = 0, tick = () => {};
  (function loop(at) { requestAnimationFrame(loop); frames++; tick(at); })();
  ${more}
</script>`;
const pages = {
  '/without': shown('var spoken = true'),
  '/main': shown("var hb = new Heartbeat({ url: location.origin, transport: 'main' }), spoken = true; tick = hb.tick"),
  '/worker': shown('var hb = new Heartbeat({ url: location.origin }); tick = hb.tick'),
};
const server = await listen(pages);
const chromium = await browser();
const times = {};
let rate = 0;
try {
  const tab = await chromium.newPage();
  const session = await tab.context().newCDPSession(tab);
  // The thread's own time, so that others who use the processor do not count.
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const read = async () => {
    const { metrics } = await session.send('Performance.getMetrics');
    const value = (wanted) => metrics.find(({ name }) => name === wanted).value * 1000;
    return { all: value('TaskDuration'), scripts: value('ScriptDuration'), drawn: await tab.evaluate(() => frames), at: performance.now() };
  };
  for (let round = 0; round < rounds; round++) {
    for (const path of Object.keys(pages)) {
      await tab.goto(server.origin + path);
      await tab.waitForFunction(() => window.spoken || hb.stats().transport === 'worker');
      await tab.waitForTimeout(1500);
      const from = await read();
      await tab.waitForTimeout(seconds * 1000);
      const to = await read();
      const span = (to.at - from.at) / 1000;
      (times[path] ??= []).push({ all: (to.all - from.all) / span, scripts: (to.scripts - from.scripts) / span });
      rate = (to.drawn - from.drawn) / span;
    }
  }
} finally {
  await chromium.close();
  server.close();
}
const median = (all) => [...all].sort((a, b) => a - b)[all.length >> 1];
// Neighbours in time are compared with each other: what else the machine does changes from minute to minute.
const ours = (path, what) => median(times[path].map((time, round) => time[what] - times['/without'][round][what]));
console.log(`| the thread of a page at ${rate.toFixed(0)} frames/s, each second | busy | in scripts | the heartbeat's scripts, median of ${rounds} pairs | share | busier by |`);
console.log('|---|---|---|---|---|---|');
for (const [path, name] of [['/without', 'without a heartbeat'], ['/worker', 'its worker beats'], ['/main', 'it beats itself']]) {
  const [all, scripts] = ['all', 'scripts'].map((what) => `${median(times[path].map((time) => time[what])).toFixed(2)} ms`);
  const own = ours(path, 'scripts');
  const cost = path === '/without' ? '– | – | –' : `${own.toFixed(2)} ms | ${(own / 10).toFixed(3)} % | ${ours(path, 'all').toFixed(2)} ms`;
  console.log(`| ${name} | ${all} | ${scripts} | ${cost} |`);
}
