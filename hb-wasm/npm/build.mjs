// Everything after wasm-bindgen: optimises the module, bundles the three scripts, writes the types, weighs the result.
//
//   node build.mjs --wasm-bindgen-out DIR      (DIR holds heartbeat.js and heartbeat_bg.wasm, target web)

import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, 'dist');
const { values } = parseArgs({ options: { 'wasm-bindgen-out': { type: 'string' } } });
if (!values['wasm-bindgen-out']) throw new Error('usage: node build.mjs --wasm-bindgen-out DIR');
const bound = resolve(values['wasm-bindgen-out']);

// Named features only: `--all-features` emits encodings that today's browsers refuse.
const FEATURES = ['bulk-memory', 'nontrapping-float-to-int', 'sign-ext', 'mutable-globals', 'reference-types', 'multivalue'];

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist);
const module = optimise(join(bound, 'heartbeat_bg.wasm'), join(dist, 'heartbeat_bg.wasm'));
await bundle('index.ts', 'index.js', 'esm');
await bundle('slim.ts', 'slim.js', 'esm');
await bundle('global.ts', 'heartbeat.global.js', 'iife');
run('typescript', 'tsc', ['--project', join(here, 'tsconfig.json')]);
weigh([
  ['heartbeat.global.js', 14],
  ['index.js', 14],
  ['slim.js', 4],
  ['heartbeat_bg.wasm', 8],
]);

function optimise(from, to) {
  const features = FEATURES.map((name) => `--enable-${name}`);
  run('binaryen', 'wasm-opt', ['-Oz', '--strip-debug', '--strip-producers', '--strip-target-features', ...features, from, '-o', to]);
  const bytes = readFileSync(to);
  if (!WebAssembly.validate(bytes)) throw new Error(`${to} is not a module that engines accept`);
  return bytes;
}

async function bundle(entry, name, format) {
  const seams = {
    name: 'seams',
    setup(build) {
      build.onResolve({ filter: /^#glue$/ }, () => ({ path: join(bound, 'heartbeat.js') }));
      build.onResolve({ filter: /^#wasm$/ }, () => ({ path: 'wasm', namespace: 'base64' }));
      build.onLoad({ filter: /.*/, namespace: 'base64' }, () => ({ contents: module.toString('base64'), loader: 'text' }));
      // The glue's own default address of the module: the inlined builds must not name a file that is not there.
      build.onLoad({ filter: /heartbeat\.js$/ }, ({ path }) => ({
        contents: readFileSync(path, 'utf8').replace(/module_or_path = new URL\([^)]*\);/, 'throw 0;'),
      }));
    },
  };
  await build({
    entryPoints: [join(here, 'src', entry)],
    outfile: join(dist, name),
    bundle: true,
    minify: true,
    format,
    target: 'es2022',
    legalComments: 'none',
    banner: { js: '/* hb-heartbeat, Apache-2.0 OR MIT */' },
    plugins: [seams],
    logLevel: 'warning',
  });
}

function run(pkg, bin, args) {
  const manifest = createRequire(import.meta.url).resolve(`${pkg}/package.json`);
  const bins = JSON.parse(readFileSync(manifest, 'utf8')).bin;
  execFileSync(process.execPath, [join(dirname(manifest), bins[bin]), ...args], { stdio: 'inherit' });
}

function weigh(budgets) {
  let over = false;
  for (const [name, kilobytes] of budgets) {
    const bytes = readFileSync(join(dist, name));
    const zipped = gzipSync(bytes, { level: 9 }).length;
    const verdict = zipped <= kilobytes * 1000 ? 'ok' : 'OVER';
    over ||= verdict === 'OVER';
    console.log(`${name.padEnd(22)} ${String(bytes.length).padStart(6)} B  ${String(zipped).padStart(6)} B gz  of ${kilobytes} kB  ${verdict}`);
  }
  if (over) throw new Error('over budget');
}
