// The line that docs/browser.md names for each engine, in a page with the real engine: it beats while the engine draws,
// and says so when the engine's own loop has ended. Not here: <video> (video.test.mjs), a worker (errors.test.mjs),
// patchRaf (browser.test.mjs).

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { browser, listen } from './stage.mjs';

const resolveDir = fileURLToPath(new URL('..', import.meta.url));
const docs = ['../../../docs/browser.md', '../README.md'].map((name) => readFileSync(new URL(name, import.meta.url), 'utf8').replaceAll("'", '"'));

/** Each has `canvas`, `draw(t)`, `hb` and what it imports; `stop` ends its loop. */
const ENGINES = [
  {
    name: 'plain',
    line: 'const frame = hb.wrap((t) => { draw(t); requestAnimationFrame(frame); });',
    after: 'requestAnimationFrame(frame); stop = () => (draw = () => { throw null; });',
  },
  {
    name: 'three.js',
    before: `import { BoxGeometry, Mesh, MeshNormalMaterial, PerspectiveCamera, Scene, WebGLRenderer } from 'three';
      const renderer = new WebGLRenderer({ canvas }), scene = new Scene(), camera = new PerspectiveCamera();
      const box = new Mesh(new BoxGeometry(), new MeshNormalMaterial());
      scene.add(box);
      camera.position.z = 3;
      hb.watch(renderer.getContext());
      draw = (t) => { box.rotation.y = t / 1000; renderer.render(scene, camera); };`,
    line: 'renderer.setAnimationLoop(hb.wrap((t) => draw(t)))',
    after: 'stop = () => renderer.setAnimationLoop(null);',
  },
  {
    name: 'Babylon.js',
    before: `import { Engine } from '@babylonjs/core/Engines/engine.js';
      import { FreeCamera } from '@babylonjs/core/Cameras/freeCamera.js';
      import { Scene } from '@babylonjs/core/scene.js';
      import { Vector3 } from '@babylonjs/core/Maths/math.vector.js';
      const engine = new Engine(canvas), scene = new Scene(engine);
      new FreeCamera('camera', Vector3.Zero(), scene);
      engine.runRenderLoop(() => scene.render());`,
    line: 'engine.onEndFrameObservable.add(hb.tick)',
    after: 'stop = () => engine.stopRenderLoop();',
  },
  {
    name: 'PixiJS 8',
    before: `import * as PIXI from 'pixi.js';
      const app = new PIXI.Application();
      await app.init({ canvas, preference: 'webgl' });
      app.stage.addChild(new PIXI.Graphics().rect(1, 1, 9, 9).fill('gold'));`,
    line: 'app.ticker.add(hb.tick, null, PIXI.UPDATE_PRIORITY.UTILITY - 1)',
    after: 'stop = () => app.stop();',
  },
  {
    name: 'PlayCanvas',
    before: `import { Application, Entity } from 'playcanvas';
      const app = new Application(canvas), camera = new Entity();
      camera.addComponent('camera', {});
      app.root.addChild(camera);
      app.start();`,
    line: 'app.on("frameend", hb.tick)',
    after: 'stop = () => app.destroy();',
  },
  {
    name: 'p5.js 2',
    before: "import p5 from 'p5';",
    line: 'p5.registerAddon((p5, fn, life) => { life.postdraw = hb.tick })',
    after: `const sketch = new p5((sketch) => {
        sketch.setup = () => sketch.createCanvas(64, 64);
        sketch.draw = () => sketch.circle(sketch.frameCount % 64, 32, 9);
      });
      stop = () => sketch.noLoop();`,
  },
  {
    name: 'WebXR',
    before: `import { XRDevice, metaQuest3 } from 'iwer';
      new XRDevice(metaQuest3).installRuntime({ forceInstall: true });
      const session = await navigator.xr.requestSession('immersive-vr');
      session.updateRenderState({ baseLayer: new XRWebGLLayer(session, canvas.getContext('webgl2', { xrCompatible: true })) });`,
    line: 'const frame = hb.wrap((t, xr) => { draw(t, xr); session.requestAnimationFrame(frame); });',
    after: 'session.requestAnimationFrame(frame); stop = () => session.end();',
  },
  {
    name: 'draws when needed',
    line: 'hb.idle(true)',
    state: 'idle',
  },
];

let chromium;
before(async () => {
  chromium = await browser();
});
after(() => chromium.close());

for (const { name, before = '', line, after = '', state = 'ok' } of ENGINES) {
  test(name, async () => {
    for (const doc of docs) assert.ok(doc.includes(line), `it is what the documents say: ${line}`);
    const imports = before.match(/^\s*import .*;$/gm) ?? [];
    const rest = before.replace(/^\s*import .*;$/gm, '');
    const contents = `${imports.join('\n')}
      const canvas = document.getElementById('c'), hb = globalThis.hb;
      let draw = () => {}, stop;
      void (async () => {
        ${rest}
        ${line}
        ${after}
        globalThis.stop = () => stop();
      })();`;
    const { outputFiles } = await build({ stdin: { contents, resolveDir }, bundle: true, write: false, format: 'iife', target: 'es2022', logLevel: 'error' });
    // No text of a library may end the element it stands in.
    const script = outputFiles[0].text.replaceAll('</script', '<\\/script');
    const html = `<!doctype html><canvas id="c" width="64" height="64"></canvas><script src="/hb.js"></script><script>
      hb = new Heartbeat({ url: location.origin, appId: 'engine', interval: 900, stallAfter: 1500 });</script><script>${script}</script>`;
    const server = await listen({ '/': html });
    const context = await chromium.newContext();
    const errors = [];
    try {
      const tab = await context.newPage();
      tab.on('pageerror', (error) => errors.push(error));
      await tab.goto(server.origin);
      const beat = (entry) => entry.verb === 'hb_ping' && entry.state === state && (state === 'idle' || Number(entry.frames) > 20);
      const first = await server.until('a beat', beat);
      assert.ok(!server.requests.some((entry) => entry.verb === 'hb_state'));
      assert.deepEqual(errors, []);
      if (state === 'idle') {
        await server.until('many beats at rest', (entry) => beat(entry) && Number(entry.seq) > Number(first.seq) + 8);
        return;
      }
      const second = await server.until('the next', beat, { from: server.requests.indexOf(first) + 1 });
      const rate = ((second.frames - first.frames) * 1000) / (second.at - first.at);
      assert.ok(rate < 90, `each frame counts once: ${rate} a second`);
      await tab.evaluate(() => stop());
      await server.until('no-frames', (entry) => entry.verb === 'hb_state' && entry.state === 'no-frames');
    } finally {
      await context.close();
      server.close();
    }
  });
}
