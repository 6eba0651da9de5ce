// A GPU that hangs or dies under a real page. SIGSTOP of Chromium's GPU process is a hung driver as a page sees it.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { browser, listen } from './stage.mjs';

/** A page that draws by WebGL until `draw` is false; `make` makes what is given as `gl`. */
const drawing = (make, setup = '', attributes = '{}') => `<!doctype html><canvas id="c" width="64" height="64"></canvas><script src="/hb.js"></script><script>
  var draw = true, canvas = document.getElementById('c'), gl;
  var lost = 0; canvas.addEventListener('webglcontextlost', (event) => (lost++, event.preventDefault()));
  var hb = new Heartbeat(Object.assign({ url: location.origin, appId: 'gpu', interval: 900, stallAfter: 1500 }, ${make}));
  ${setup}
  gl ??= canvas.getContext('webgl2', ${attributes});
  (function loop(at) { requestAnimationFrame(loop); if (!draw) return; gl.clearColor(at % 1, 0, 0, 1); gl.clear(gl.COLOR_BUFFER_BIT); if (at) hb.tick(at); })();
</script>`;

const beats = (entry) => entry.verb === 'hb_ping' && Number(entry.frames) > 0 && entry.state === 'ok';
const says = (state) => (entry) => entry.verb === 'hb_state' && entry.state === state;

/** Runs `play` in a browser of its own, whose GPU process is nobody else's. */
async function stage(html, play, more) {
  const server = await listen({ '/': html });
  const chromium = await browser(more);
  const stopped = new Set();
  const gpu = (signal) => {
    const pid = gpuOf(chromium);
    process.kill(pid, signal);
    stopped[signal === 'SIGSTOP' ? 'add' : 'delete'](pid);
    return Date.now();
  };
  try {
    const tab = await chromium.newPage();
    await tab.goto(server.origin);
    // Where the GPU hangs while a page is only beginning to draw, Chromium holds the page itself up, with or without a heartbeat.
    await server.until('frames', (entry) => beats(entry) && Number(entry.frames) > 120);
    await play({ server, tab, gpu });
  } finally {
    for (const pid of stopped) process.kill(pid, 'SIGCONT');
    await chromium.close();
    server.close();
  }
}

/** The id of the GPU process of this browser, and of no other. */
function gpuOf(chromium) {
  const parents = new Map();
  const found = [];
  for (const name of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
      if (readFileSync(`/proc/${name}/cmdline`, 'latin1').includes('--type=gpu-process')) found.push(Number(name));
    } catch {
      // It has ended meanwhile.
    }
  }
  const under = (pid) => pid > 1 && (pid === process.pid || under(parents.get(pid) ?? 0));
  const ours = found.filter(under);
  assert.equal(ours.length, 1, `one GPU process of ours: ${ours}`);
  return ours[0];
}

for (const [what, make] of [
  ['a context', '{ gl: (gl = canvas.getContext("webgl2")) }'],
  ['a canvas that has none yet', '{ gl: canvas }'],
]) {
  test(`a hung GPU is told from a dead loop, by ${what}`, async () => {
    await stage(drawing(make), async ({ server, tab, gpu }) => {
      const hung = gpu('SIGSTOP');
      await server.until('gpu-stuck', says('gpu-stuck'));
      assert.equal(await tab.evaluate(() => lost), 0, 'the browser itself notices nothing');
      const from = server.requests.length;
      gpu('SIGCONT');
      await server.until('life again', beats, { from });
      const names = server.requests.filter((entry) => entry.at > hung && entry.verb === 'hb_state').map((entry) => entry.state);
      assert.ok(!names.slice(names.indexOf('gpu-stuck')).includes('no-frames'), `${names}`);
      const dead = server.requests.length;
      await tab.evaluate(() => void (draw = false));
      await server.until('no-frames', says('no-frames'), { from: dead });
      // Twice over: what is asked every half second has been asked, and nothing was owed.
      await server.until('it again', says('no-frames'), { from: server.requests.length });
      assert.ok(!server.requests.slice(dead).some(says('gpu-stuck')));
    });
  });
}

test('a GPU process that dies is a lost context, and its return is life', async () => {
  await stage(drawing('{ gl: canvas }'), async ({ server, tab, gpu }) => {
    gpu('SIGKILL');
    const word = await server.until('context-lost', says('context-lost'));
    assert.equal(word.gl, 'lost');
    await server.until('life again', beats, { from: server.requests.indexOf(word) });
    assert.equal(await tab.evaluate(() => lost), 1);
    const from = server.requests.length;
    await tab.evaluate(() => void (draw = false));
    await server.until('no-frames', says('no-frames'), { from });
    assert.ok(!server.requests.slice(from).some(says('gpu-stuck')), 'a fence from before the loss is owed by nobody');
  });
});

test('of several contexts the last one to come back counts, in WebGL 1 and off the screen too', async () => {
  const make = `{ gl: [gl = canvas.getContext('webgl2'), old = document.createElement('canvas').getContext('webgl'),
    off = new OffscreenCanvas(8, 8).getContext('webgl2'), null] }`;
  await stage(drawing(make).replace('var draw', 'var old, off, draw'), async ({ server, tab }) => {
    await tab.evaluate(() => {
      lose = [old, off].map((gl) => gl.getExtension('WEBGL_lose_context'));
      for (const gl of [old, off]) gl.canvas.addEventListener('webglcontextlost', (event) => event.preventDefault());
      lose.forEach((extension) => extension.loseContext());
    });
    const word = await server.until('context-lost', says('context-lost'));
    await tab.evaluate(() => lose[0].restoreContext());
    const from = server.requests.length;
    await server.until('it again', says('context-lost'), { from });
    await tab.evaluate(() => lose[1].restoreContext());
    await server.until('life again', beats, { from: server.requests.indexOf(word) });
  });
});

test('a canvas given without a context keeps its own way to make one', async () => {
  const html = drawing('{ gl: canvas }', 'var own = Object.hasOwn(canvas, "getContext");', '{ alpha: false }');
  await stage(html, async ({ tab }) => {
    const seen = await tab.evaluate(() => ({
      own,
      alpha: gl.getContextAttributes().alpha,
      after: canvas.getContext === HTMLCanvasElement.prototype.getContext,
      same: canvas.getContext('webgl2') === gl,
    }));
    assert.deepEqual(seen, { own: true, alpha: false, after: true, same: true });
  });
});

test('a WebGPU device that hangs, is lost, and is replaced', async () => {
  const html = `<!doctype html><script src="/hb.js"></script><script>
    var hb = new Heartbeat({ url: location.origin, appId: 'webgpu', interval: 900, stallAfter: 1500 }), device;
    var make = async () => hb.watch(device = await (await navigator.gpu.requestAdapter()).requestDevice());
    make();
    (function loop(at) { requestAnimationFrame(loop); if (device && at) hb.tick(at); })();
  </script>`;
  await stage(html, async ({ server, tab, gpu }) => {
    gpu('SIGSTOP');
    await server.until('gpu-stuck', says('gpu-stuck'));
    const from = server.requests.length;
    gpu('SIGCONT');
    await server.until('life again', beats, { from });
    gpu('SIGKILL');
    const word = await server.until('context-lost', says('context-lost'), { from });
    await tab.evaluate(() => make());
    await server.until('a beat with the new device', beats, { from: server.requests.indexOf(word) });
    const before = server.requests.length;
    await tab.evaluate(async () => (device.destroy(), await device.lost));
    // To destroy it is the page's choice, not a loss.
    await server.until('two beats more', (entry) => beats(entry) && server.requests.slice(before).filter(beats).length > 2, { from: before });
    assert.ok(!server.requests.slice(before).some(says('context-lost')));
  }, ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader', '--enable-features=Vulkan']);
});
