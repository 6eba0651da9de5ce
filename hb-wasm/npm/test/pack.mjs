// What a stranger gets: the packed package in an empty project, used from Node, esbuild and Vite, and linted.
//
//   node test/pack.mjs      (after build.mjs)

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { build as vite } from 'vite';

const home = join(dirname(fileURLToPath(import.meta.url)), '..');
const project = mkdtempSync(join(tmpdir(), 'hb-heartbeat-'));
const windows = process.platform === 'win32';

try {
  const [{ filename, files }] = JSON.parse(npm(['pack', '--json', '--pack-destination', project], home));
  const names = files.map((file) => file.path);
  for (const name of ['README.md', 'package.json', ...exported(), 'dist/heartbeat_bg.wasm', 'dist/link/link_bg.wasm']) {
    assert.ok(names.includes(name), `${name} is in the package`);
  }
  assert.ok(!names.some((name) => /node_modules|\.mjs$|src\//.test(name)), `nothing else is: ${names}`);

  writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'stranger', private: true, type: 'module' }));
  npm(['install', '--no-audit', '--no-fund', '--offline', join(project, filename)], project);
  const installed = join(project, 'node_modules', 'hb-heartbeat');
  console.log('packed and installed');

  node(`
    import { Heartbeat } from 'hb-heartbeat';
    import * as slim from 'hb-heartbeat/slim';
    import 'hb-heartbeat/global';
    import { Link, commands } from 'hb-heartbeat/link';
    import * as slimLink from 'hb-heartbeat/link/slim';
    import { watchVideo } from 'hb-heartbeat/video';
    import { watchPixels } from 'hb-heartbeat/pixels';
    import assert from 'node:assert/strict';
    assert.equal(Heartbeat.getPingCommand(), 'hb_ping');
    assert.equal(Heartbeat.getPassedUrl(), '//localhost:8888');
    assert.deepEqual([globalThis.Heartbeat, watchVideo, watchPixels].map((it) => typeof it), Array(3).fill('function'));
    assert.throws(() => new slim.Heartbeat(), /init\\(\\)/);
    const hb = Heartbeat({ url: 'http://127.0.0.1:9', appId: 'node', interval: 0 });
    assert.ok(hb instanceof Heartbeat);
    hb.tick(); hb.tick(5); hb.tick('no');
    assert.equal(hb.stats().frames, 3);
    hb.dispose();
    hb.tick();
    const { readFileSync } = await import('node:fs');
    slim.initSync(readFileSync(new URL(import.meta.resolve('hb-heartbeat/heartbeat.wasm'))));
    new slim.Heartbeat({ interval: 0 }).dispose();
    assert.throws(() => new slimLink.Link(), /init\\(\\)/);
    assert.throws(() => commands({}, { screenshot: true }), /needs a canvas/);
    const link = new Link({ url: 'http://127.0.0.1:9', appId: 'node' });
    assert.equal(link.state, 'connecting');
    await assert.rejects(link.request('./x', ''), { name: 'RequestError', code: 'offline' });
    link.close();
    await slimLink.init(readFileSync(new URL(import.meta.resolve('hb-heartbeat/link.wasm'))));
    new slimLink.Link({ url: 'http://127.0.0.1:9' }).close();
  `);
  console.log('Node: imports without a DOM, runs without a page');

  writeFileSync(join(project, 'main.js'), `import { Heartbeat } from 'hb-heartbeat'; globalThis.hb = new Heartbeat();`);
  writeFileSync(join(project, 'unused.js'), `import { Heartbeat } from 'hb-heartbeat'; console.log('nothing');`);
  const bundled = await build({ entryPoints: [join(project, 'main.js')], bundle: true, write: false, format: 'iife', logLevel: 'error' });
  assert.ok(bundled.outputFiles[0].text.includes('hb_ping'));
  const shaken = await build({ entryPoints: [join(project, 'unused.js')], bundle: true, write: false, logLevel: 'error' });
  assert.ok(shaken.outputFiles[0].text.length < 500, 'an import that is not used costs nothing');
  console.log('esbuild: bundles, and drops what is not used');

  writeFileSync(join(project, 'index.html'), `<!doctype html><script type="module" src="./slim.js"></script>`);
  writeFileSync(join(project, 'slim.js'), `import init, { Heartbeat } from 'hb-heartbeat/slim'; await init(); new Heartbeat();`);
  await vite({ root: project, logLevel: 'error', build: { outDir: 'built', target: 'es2022' } });
  const assets = readdirSync(join(project, 'built', 'assets'));
  assert.ok(assets.some((name) => name.endsWith('.js')) && assets.some((name) => name.endsWith('.wasm')), `${assets}`);
  console.log('Vite: bundles the slim form with its module');

  writeFileSync(
    join(project, 'typed.ts'),
    `import { Heartbeat, type State } from 'hb-heartbeat';
     import { Link, commands, type Message, type Subscription } from 'hb-heartbeat/link';
     import { watchVideo } from 'hb-heartbeat/video';
     import { watchPixels } from 'hb-heartbeat/pixels';
     const hb = new Heartbeat({ interval: 1000, whenHidden: 'fine', errorText: false });
     const ends: (() => void)[] = [watchVideo(hb, document.createElement('video')), watchPixels(hb, new OffscreenCanvas(1, 1), { every: 9000 })];
     hb.watch(document.createElement('canvas').getContext('webgl2'));
     hb.report(new Error(String(ends.length)));
     hb.stuck(hb.stats().worstBlockMs > 1e6);
     const bare: Heartbeat = Heartbeat();
     const loop: (at: number) => void = hb.wrap((at: number) => void at);
     hb.on('state', (event) => { const state: State = event.detail.state; console.log(state, bare, loop); });
     const end: Promise<() => void> = hb.commands({ reload: true, louder: (by: unknown) => Number(by) });
     const link: Link = new Link({ slot: 'left' });
     commands(link, { vitals: hb, message: false });
     const said: Subscription = link.subscribe('./x', (message: Message) => message.answer(message.json<number>()));
     for await (const { text } of link.subscribe(['#right/x'], { replay: true })) console.log(text, end, said);
     // @ts-expect-error no event of this name
     link.on('gone', () => {});
     // @ts-expect-error not a word of the vocabulary
     new Heartbeat({ source: 'luck' });`,
  );
  tool('typescript', 'tsc', ['--noEmit', '--strict', '--skipLibCheck', 'false', '--module', 'nodenext', '--target', 'es2022', '--lib', 'es2022,dom,esnext.disposable', '--types', '', join(project, 'typed.ts')]);
  console.log('TypeScript: the declarations hold');

  tool('publint', 'publint', ['--strict', installed]);
  tool('@arethetypeswrong/cli', 'attw', [join(project, filename), '--profile', 'esm-only', '--exclude-entrypoints', 'heartbeat.wasm', 'link.wasm']);
  console.log('publint and attw: clean');
} finally {
  rmSync(project, { recursive: true, force: true });
}

/** Every file that package.json names. */
function exported() {
  const { exports } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'));
  const files = Object.values(exports).flatMap((entry) => (typeof entry === 'string' ? entry : Object.values(entry)));
  for (const file of files) assert.ok(existsSync(join(home, file)), `${file} is built`);
  return files.map((file) => file.slice(2));
}

function npm(args, cwd) {
  mkdirSync(cwd, { recursive: true });
  return execFileSync(windows ? 'npm.cmd' : 'npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], shell: windows });
}

function node(source) {
  execFileSync(process.execPath, ['--input-type=module', '--eval', source], { cwd: project, stdio: 'inherit' });
}

function tool(pkg, bin, args) {
  const root = join(home, 'node_modules', pkg);
  const bins = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).bin;
  execFileSync(process.execPath, [join(root, typeof bins === 'string' ? bins : bins[bin]), ...args], { cwd: project, stdio: 'inherit' });
}
