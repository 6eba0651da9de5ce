// Records when beats of real pages reach a real server: `cargo xtask detect --record` calls it with the path of hb and the
// folder of the traces.
//
// Four pages in one headless Chromium for eight minutes, each through a relay of its own that writes down when the first line
// of a request passed: our client at rest, our client whose script stands still now and then, a script that beats once in
// each promise, and that script on a processor slowed down twentyfold. Figures of one machine on one day: they are committed
// and not made anew by tests.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';

const { chromium } = createRequire(new URL('../../hb-wasm/npm/package.json', import.meta.url))('playwright-core');
const [hb, folder, minutes = '8'] = process.argv.slice(2);

const OURS = `<!doctype html><canvas></canvas><script src="/hb.js"></script><script>
const hb = new Heartbeat({ url: location.origin, appId: 'recorded', interval: 5000 });
const frame = (at) => { hb.tick(at); requestAnimationFrame(frame); };
requestAnimationFrame(frame);
</script>`;
// About every twenty seconds it stands still, mostly for a moment and seldom for seconds.
const PAUSES = OURS.replace('</script>', `</script><script>
const pause = () => {
  const until = performance.now() + Math.min(8000, 100 / Math.random());
  while (performance.now() < until);
  setTimeout(pause, -20000 * Math.log(Math.random()));
};
setTimeout(pause, 5000);
</script>`);
const SCRIPT = `<!doctype html><script>
setInterval(() => fetch('/hb_ping?5000&appid=recorded'), 5000);
</script>`;

const PAGES = [
  { name: 'chromium-frames', cadence: 1667, page: OURS, slow: 1, what: 'our client, a page that only draws' },
  { name: 'chromium-pauses', cadence: 1667, page: PAUSES, slow: 1, what: 'our client, a page that stands still now and then' },
  { name: 'chromium-script', cadence: 5000, page: SCRIPT, slow: 1, what: 'a script that beats once in each promise' },
  { name: 'chromium-slowed', cadence: 5000, page: SCRIPT, slow: 20, what: 'that script, its processor slowed down twentyfold' },
];

/** A port nobody has; the server takes it at once. */
async function free() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}

/** Passes everything on, and notes each beat: when, and what it promises. `/page` it answers itself. */
function relay(port, page, beats) {
  return createServer((near) => {
    const far = connect(port, '127.0.0.1');
    near.on('data', (bytes) => {
      const line = bytes.toString('latin1').split('\r\n', 1)[0];
      if (line.startsWith('GET /page ')) {
        near.write(`HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: ${Buffer.byteLength(page)}\r\n\r\n${page}`);
        return;
      }
      const beat = /^GET \/hb_ping\?(\d+)/.exec(line);
      if (beat) beats.push([performance.now(), Number(beat[1])]);
      far.write(bytes);
    });
    far.on('data', (bytes) => near.write(bytes));
    for (const [one, other] of [[near, far], [far, near]]) {
      one.on('close', () => other.destroy());
      one.on('error', () => other.destroy());
    }
  });
}

const port = await free();
const server = spawn(hb, ['serve', '--memory', '--listen', `127.0.0.1:${port}`], { stdio: 'inherit' });
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
try {
  const relays = [];
  for (const wanted of PAGES) {
    const beats = [];
    const door = relay(port, wanted.page, beats).listen(0, '127.0.0.1');
    await once(door, 'listening');
    const page = await (await browser.newContext()).newPage();
    await page.goto(`http://localhost:${door.address().port}/page`);
    const session = await page.context().newCDPSession(page);
    await session.send('Emulation.setCPUThrottlingRate', { rate: wanted.slow });
    relays.push({ ...wanted, beats, door });
  }
  await new Promise((resolve) => setTimeout(resolve, Number(minutes) * 60_000));
  for (const { name, cadence, what, beats } of relays) {
    if (beats.length < 5) throw new Error(`${name}: ${beats.length} beats in ${minutes} minutes`);
    const lines = beats.map(([at, promise]) => `${Math.round(at - beats[0][0])} ${promise}`);
    const head = [`# ${what}; headless Chromium ${browser.version()}, ${minutes} minutes.`,
      '# When each beat reached the server, and what it promised, both in ms.', `cadence ${cadence}`];
    writeFileSync(join(folder, `${name}.txt`), `${[...head, ...lines].join('\n')}\n`);
    console.log(`${name}: ${beats.length} beats`);
  }
} finally {
  await browser.close();
  server.kill();
  process.exitCode ??= 0;
}
process.exit();
