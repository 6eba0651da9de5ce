// Everything after wasm-bindgen: optimises the module, bundles the five scripts, writes the types, weighs the result.
//
//   node build.mjs --wasm-bindgen-out DIR      (DIR holds heartbeat.js and link.js with their _bg.wasm, target web)

import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, resolve } from 'node:path';
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
mkdirSync(join(dist, 'link'));
const bindings = {
  heartbeat: binding('heartbeat', join(dist, 'heartbeat_bg.wasm')),
  link: binding('link', join(dist, 'link', 'link_bg.wasm')),
};
await bundle('index.ts', 'index.js', 'esm');
await bundle('slim.ts', 'slim.js', 'esm');
await bundle('global.ts', 'heartbeat.global.js', 'iife');
await bundle('link/index.ts', 'link/index.js', 'esm');
await bundle('link/slim.ts', 'link/slim.js', 'esm');
run('typescript', 'tsc', ['--project', join(here, 'tsconfig.json')]);
weigh([
  ['heartbeat.global.js', 14],
  ['index.js', 14],
  ['slim.js', 6],
  ['heartbeat_bg.wasm', 8],
  ['link/index.js', 38],
  ['link/slim.js', 30, 'link/link_bg.wasm'],
]);

// What wasm-bindgen made: the glue, and the module as small as it gets.
function binding(name, to) {
  const glue = readFileSync(join(bound, `${name}.js`), 'latin1');
  return { glue: withoutHashes(lean(glue)), text: encode(optimise(join(bound, `${name}_bg.wasm`), to, glue)) };
}

// Without what never runs in ours: the warnings about ways to call that our faces do not use, and a registry for objects
// that nobody keeps (the module keeps its shell, the shell its object, so there are none).
function lean(glue) {
  const cuts = [
    /else \{\s*console\.warn\('using deprecated parameters[^}]*\}/g,
    /\w+Finalization\.(un)?register\(this[^;]*;/g,
    /const \w+Finalization = [^;]*;/g,
  ];
  return cuts.reduce((text, cut) => {
    const shorter = text.replace(cut, '');
    if (shorter === text) throw new Error(`the glue has changed: nothing fits ${cut}`);
    return shorter;
  }, glue);
}

function optimise(from, to, glue) {
  const features = FEATURES.map((name) => `--enable-${name}`);
  run('binaryen', 'wasm-opt', ['-Oz', '--converge', '--low-memory-unused', '--strip-debug', '--strip-producers', '--strip-target-features', ...features, from, '-o', to]);
  const bytes = Buffer.from(withoutHashes(readFileSync(to, 'latin1'), glue), 'latin1');
  writeFileSync(to, bytes);
  if (!WebAssembly.validate(bytes)) throw new Error(`${to} is not a module that engines accept`);
  return bytes;
}

// wasm-bindgen ends the name of an import with 16 digits of a hash: noise that no compression takes out. As a count of
// the same length, in both files, the names still differ.
function withoutHashes(text, glue = text) {
  const names = [...new Set(glue.match(/__wbg_\w+_[0-9a-f]{16}/g))].sort();
  const short = (name) => name.slice(0, -16);
  const count = (name) => names.filter((other, at) => at < names.indexOf(name) && short(other) === short(name)).length;
  return text.replace(/__wbg_\w+_[0-9a-f]{16}/g, (name) => short(name) + String(count(name)).padStart(16, '0'));
}

async function bundle(entry, name, format) {
  const seams = {
    name: 'seams',
    setup(build) {
      const named = (path) => (path.startsWith('#link-') ? 'link' : 'heartbeat');
      // Loaded when it is wanted, from beside the script.
      build.onResolve({ filter: /^\.\/link\/(index|slim)\.js$/ }, ({ path, kind }) => (kind === 'dynamic-import' ? { path, external: true } : undefined));
      build.onResolve({ filter: /^#(link-)?glue$/ }, ({ path }) => ({ path: join(bound, `${named(path)}.js`) }));
      build.onResolve({ filter: /^#(link-)?wasm$/ }, ({ path }) => ({ path: named(path), namespace: 'module' }));
      build.onLoad({ filter: /.*/, namespace: 'module' }, ({ path }) => ({ contents: bindings[path].text, loader: 'text' }));
      // The glue's own default address of the module: the inlined builds must not name a file that is not there.
      build.onLoad({ filter: /[\/\\](heartbeat|link)\.js$/ }, ({ path }) => ({
        contents: bindings[basename(path, '.js')].glue.replace(/module_or_path = new URL\([^)]*\);/, 'throw 0;'),
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

// The module as ASCII text that gzip still sees the bytes of: base64 hides repetitions and costs 28 % on the wire, this
// costs 2 %. A byte, moved by the first character's offset, is one of 88 characters, or one of two marks and one of
// them. Decoded by src/inlined.ts.
function encode(bytes) {
  const character = (index) => String.fromCharCode(35 + index + (index > 56) + (index > 59));
  const with_ = (offset) => {
    let text = character(2 + offset);
    for (const byte of bytes) {
      const moved = (byte + offset) & 255;
      const mark = Math.floor(moved / 88);
      text += (mark ? character(mark - 1) : '') + character(2 + (moved % 88));
    }
    return text;
  };
  const weight = (text) => gzipSync(text, { level: 9 }).length;
  const texts = Array.from({ length: 88 }, (_, offset) => with_(offset));
  return texts.reduce((best, text) => (weight(text) < weight(best) ? text : best));
}

function run(pkg, bin, args) {
  const manifest = createRequire(import.meta.url).resolve(`${pkg}/package.json`);
  const bins = JSON.parse(readFileSync(manifest, 'utf8')).bin;
  execFileSync(process.execPath, [join(dirname(manifest), bins[bin]), ...args], { stdio: 'inherit' });
}

function weigh(budgets) {
  let over = false;
  for (const [name, kilobytes, ...more] of budgets) {
    const bytes = readFileSync(join(dist, name));
    const weight = (name) => gzipSync(readFileSync(join(dist, name)), { level: 9 }).length;
    const zipped = [name, ...more].reduce((sum, name) => sum + weight(name), 0);
    const verdict = zipped <= kilobytes * 1000 ? 'ok' : 'OVER';
    over ||= verdict === 'OVER';
    console.log(`${name.padEnd(22)} ${String(bytes.length).padStart(6)} B  ${String(zipped).padStart(6)} B gz  of ${kilobytes} kB  ${verdict}`);
  }
  if (over) throw new Error('over budget');
}
