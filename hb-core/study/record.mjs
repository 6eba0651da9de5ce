// Records when beats of real pages reach a real server: `cargo xtask detect --record` calls it with the path of hb and the
// folder of the traces.
//
// Pages in real browsers for eight minutes, side by side, each through a relay of its own that writes down when the first line
// of a request passed: our client at rest, our client whose script stands still now and then, a script that beats once in
// each promise, and that script on a processor slowed down twentyfold. Figures of one machine on one day: they are committed
// and not made anew by tests.

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const { chromium: playwright } = createRequire(new URL('../../hb-wasm/npm/package.json', import.meta.url))('playwright-core');
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

const FRAMES = { cadence: 1667, page: OURS, what: 'our client, a page that only draws' };
const STILLS = { cadence: 1667, page: PAUSES, what: 'our client, a page that stands still now and then' };
const ONCE = { cadence: 5000, page: SCRIPT, what: 'a script that beats once in each promise' };
const SLOWED = { ...ONCE, slow: 20, what: 'that script, its processor slowed down twentyfold' };

const PAGES = [
  { name: 'chromium-frames', shown: chromium, ...FRAMES },
  { name: 'chromium-pauses', shown: chromium, ...STILLS },
  { name: 'chromium-script', shown: chromium, ...ONCE },
  { name: 'chromium-slowed', shown: chromium, ...SLOWED },
  { name: 'firefox-frames', shown: firefox, ...FRAMES },
  { name: 'firefox-pauses', shown: firefox, ...STILLS },
  { name: 'firefox-script', shown: firefox, ...ONCE },
  { name: 'webkit-frames', shown: webkit, ...FRAMES },
  { name: 'webkit-pauses', shown: webkit, ...STILLS },
];

/** What ends with us, last first. */
const ends = [];

/** A page of a headless Chromium; its name and version. */
let browser;
async function chromium(url, { slow = 1 }) {
  if (!browser) {
    browser = await playwright.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
    ends.push(() => browser.close());
  }
  const page = await (await browser.newContext()).newPage();
  await page.goto(url);
  const session = await page.context().newCDPSession(page);
  await session.send('Emulation.setCPUThrottlingRate', { rate: slow });
  return `headless Chromium ${browser.version()}`;
}

/** A headless Firefox of its own: in one window, a page behind another is not seen. */
async function firefox(url) {
  const home = house();
  begin('firefox-esr', ['--headless', '--no-remote', '--profile', home, url], { HOME: home });
  return `headless ${await version('firefox-esr')}`;
}

/** Its folder has the name of the machine's kind in it. */
const MINI_BROWSER = 'exec /usr/lib/*/webkit2gtk-4*/MiniBrowser "$0"';

/** A WebKit of its own, on a screen that nobody sees. */
async function webkit(url) {
  const home = house();
  const server = begin('Xvfb', ['-displayfd', '1', '-screen', '0', '800x600x24', '-nolisten', 'tcp'], {}, 'pipe');
  const [display] = await once(server.stdout, 'data');
  const variables = {
    DISPLAY: `:${display.toString().trim()}`, GDK_BACKEND: 'x11', HOME: home, XDG_RUNTIME_DIR: home,
    LIBGL_ALWAYS_SOFTWARE: '1', WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1',
  };
  begin('sh', ['-c', MINI_BROWSER, url], variables);
  return version('sh', ['-c', MINI_BROWSER], variables);
}

/** A home that nobody had before. */
function house() {
  const home = mkdtempSync(join(tmpdir(), 'hb-record-'));
  ends.push(() => rmSync(home, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }));
  return home;
}

/** A program that ends with us, and all that it started. */
function begin(program, args, variables, stdout = 'ignore') {
  const child = spawn(program, args, { detached: true, env: { ...process.env, ...variables }, stdio: ['ignore', stdout, 'ignore'] });
  const ended = once(child, 'exit');
  let over = false;
  void ended.then(() => over || console.error(`${program} ended before its time`));
  ends.push(async () => {
    over = true;
    // It may have ended, and what it started not.
    try { process.kill(-child.pid, 'SIGKILL'); } catch { /* All of them have. */ }
    await ended;
  });
  return child;
}

/** What a program calls itself. */
async function version(program, args = [], variables = {}) {
  const { stdout } = await promisify(execFile)(program, [...args, '--version'], { env: { ...process.env, ...variables }, timeout: 20_000 });
  return stdout.trim().split('\n')[0];
}

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
ends.push(() => server.kill());
try {
  const relays = [];
  for (const wanted of PAGES) {
    const beats = [];
    const door = relay(port, wanted.page, beats).listen(0, '127.0.0.1');
    await once(door, 'listening');
    const by = await wanted.shown(`http://localhost:${door.address().port}/page`, wanted);
    relays.push({ ...wanted, by, beats });
  }
  await new Promise((resolve) => setTimeout(resolve, Number(minutes) * 60_000));
  for (const { name, cadence, what, by, beats } of relays) {
    if (beats.length * cadence < Number(minutes) * 30_000) throw new Error(`${name}: ${beats.length} beats in ${minutes} minutes`);
    const lines = beats.map(([at, promise]) => `${Math.round(at - beats[0][0])} ${promise}`);
    const head = [`# ${what}; ${by}, ${minutes} minutes.`,
      '# When each beat reached the server, and what it promised, both in ms.', `cadence ${cadence}`];
    writeFileSync(join(folder, `${name}.txt`), `${[...head, ...lines].join('\n')}\n`);
    console.log(`${name}: ${beats.length} beats`);
  }
} finally {
  for (const end of ends.reverse()) await end();
}
process.exit();
