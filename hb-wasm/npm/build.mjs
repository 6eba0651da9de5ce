// Everything after wasm-bindgen: optimises the module, bundles the scripts, writes the types, weighs the result.
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
import { weights } from './weights.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, 'dist');
const { values } = parseArgs({ options: { 'wasm-bindgen-out': { type: 'string' } } });
if (!values['wasm-bindgen-out']) throw new Error('usage: node build.mjs --wasm-bindgen-out DIR');
const bound = resolve(values['wasm-bindgen-out']);

// Named features only: `--all-features` emits encodings that today's browsers refuse.
const FEATURES = ['bulk-memory', 'nontrapping-float-to-int', 'sign-ext', 'mutable-globals', 'reference-types', 'multivalue'];

// What never runs in ours: see `lean`.
const CUTS = [
  /else \{\s*console\.warn\('using deprecated parameters[^}]*\}/g,
  /\w+Finalization\.(un)?register\(this[^;]*;/g,
  /const \w+Finalization = [^;]*;/g,
  /if \(Symbol\.dispose\) [^;]*;/g,
];
// The heartbeat's module says numbers and one object: no text (but for misuse by the glue itself), no constant.
const MORE_CUTS = [
  /(?<=throw new Error\()getStringFromWasm0\(arg0, arg1\)/g,
  /__wbindgen_init_externref_table: function\(\) \{[^}]*\},/g,
  /wasm\.__wbindgen_start\(\);/g,
  /function getStringFromWasm0[^]*(?=let wasmModule)/g,
  /cachedUint8ArrayMemory0 = null;/g,
];
// What its panics would say, had they anybody to say it to, and the digits they would say it with.
const SAYINGS = [
  /attempted to take ownership of [ -~]*in rust/g,
  /(null pointer passed to rust)?\/rustc\/[\w/]+\/alloc\/src\/[\w/]+\.rs/g,
  /memory allocation of (?=.{2} bytes failed)/gs,
  / bytes failed/g,
  /capacity overflow/g,
  /000102[0-9]*9899/g,
];

// Properties between our own classes, which no author sees, no DOM object has and no other bundle reads.
const OURS = new RegExp(`^(${[
  '__wbg_ptr|__destroy_into_raw|compose|tell|stat|drawn|changed|probe|giveUp|wake|say|said',
  'shell|engine|lastError|late|place|boot|settled|asked|address|foreign|handed|remote|sent|face|erred|listen|undoing|violated',
  'speaks|failed|heard|always|hold|ours|knock|take|answer|base|names|ask|came|age|vain|worst|post|worker',
].join('|')})$`);

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist);
mkdirSync(join(dist, 'link'));
const bindings = {
  heartbeat: binding('heartbeat', join(dist, 'heartbeat_bg.wasm')),
  link: binding('link', join(dist, 'link', 'link_bg.wasm')),
};
for (const [entry, name] of [['index.ts', 'index.js'], ['slim.ts', 'slim.js'], ['global.ts', 'heartbeat.global.js']]) {
  await bundle(entry, name, 'esm');
  hold(join(dist, name));
}
await bundle('link/index.ts', 'link/index.js', 'esm');
await bundle('link/slim.ts', 'link/slim.js', 'esm');
// Small, and without a module of their own: they are handed the heartbeat.
await bundle('video.ts', 'video.js', 'esm');
await bundle('pixels.ts', 'pixels.js', 'esm');
run('typescript', 'tsc', ['--project', join(here, 'tsconfig.json')]);
for (const types of ['options.d.ts', 'heartbeat.d.ts']) {
  for (const [, name] of readFileSync(join(dist, types), 'utf8').matchAll(/^ +(?:readonly |static |get )*(\w+)\??[:(]/gm)) {
    if (OURS.test(name)) throw new Error(`${name} is for authors to see, and may not be renamed`);
  }
}
weigh();

// What wasm-bindgen made: the glue, and the module as small as it gets.
function binding(name, to) {
  const glue = lean(readFileSync(join(bound, `${name}.js`), 'latin1'), name === 'heartbeat' ? [...CUTS, ...MORE_CUTS] : CUTS);
  const names = optimise(name === 'heartbeat' ? silent(glue) : join(bound, `${name}_bg.wasm`), to);
  return { glue: renamed(glue, names), text: encode(readFileSync(to)) };
}

// Without what never runs in ours: the warnings about ways to call that our faces do not use, a way to dispose of objects
// that nobody takes, and a registry for those that nobody keeps (the module keeps its shell, the shell its object).
function lean(glue, cuts) {
  // The compiled module, for workers; and how it is begun, for faces that load it themselves.
  if (!glue.includes('export { initSync,')) throw new Error('the glue has changed: it exports otherwise');
  glue = glue.replace('export { initSync,', 'export { wasmModule, __wbg_get_imports, __wbg_finalize_init, initSync,');
  return cuts.reduce((text, cut) => {
    const shorter = text.replace(cut, '');
    if (shorter === text) throw new Error(`the glue has changed: nothing fits ${cut}`);
    return shorter;
  }, glue);
}

// The heartbeat's module without its panics' words, and without the exports that its glue has no use for: a table of the
// browser's objects is among them, of which the module holds one.
function silent(glue) {
  const module = readFileSync(join(bound, 'heartbeat_bg.wasm'), 'latin1');
  const blank = SAYINGS.reduce((bytes, saying) => {
    if (!bytes.match(saying)) throw new Error(`the module has changed: it says nothing like ${saying}`);
    return bytes.replace(saying, (text) => '\0'.repeat(text.length));
  }, module);
  const to = join(bound, 'heartbeat_silent.wasm');
  writeFileSync(to, blank, 'latin1');
  const used = [...new Set(glue.match(/(?<=\bwasm\.)\w+/g))];
  const graph = [{ name: 'glue', root: true, reaches: used }, ...used.map((name) => ({ name, export: name }))];
  writeFileSync(to + '.json', JSON.stringify(graph));
  run('binaryen', 'wasm-metadce', ['--graph-file', to + '.json', ...FEATURES.map((name) => `--enable-${name}`), to, '-o', to], ['inherit', 'pipe', 'inherit']);
  return to;
}

// Tells which names stand for which now.
function optimise(from, to) {
  const features = FEATURES.map((name) => `--enable-${name}`);
  const opt = (from, ...args) => run('binaryen', 'wasm-opt', [...args, ...features, from, '-o', to], ['inherit', 'pipe', 'inherit']);
  // Flat and laid out anew, control flow is smaller than what the compiler made: 2 % of the module gzipped. Once more finds a little more.
  const smaller = ['--flatten', '--rereloop', '-Oz', '--flatten', '--rereloop', '-Oz', '-Oz', '--converge', '--always-inline-max-function-size=10', '--low-memory-unused'];
  opt(from, ...smaller, '--strip-debug', '--strip-producers', '--strip-target-features');
  const names = JSON.parse(opt(to, '--minify-imports-and-exports-and-modules'));
  if (!WebAssembly.validate(readFileSync(to))) throw new Error(`${to} is not a module that engines accept`);
  return names;
}

// The names between module and glue, some with 16 digits of a hash in them, are noise that no compression takes out.
function renamed(glue, { imports, exports }) {
  const replace = (text, from, to) => {
    if (!text.includes(from)) throw new Error(`the glue has changed: there is no ${from}`);
    return text.replaceAll(from, to);
  };
  const [[folder]] = imports;
  glue = replace(glue, `"${folder}": import0`, 'a: import0');
  for (const [, name, short] of imports) glue = replace(glue, `${name}: function`, `${short}: function`);
  const shorter = new Map(exports);
  return glue.replace(/\bwasm\.(\w+)/g, (_, name) => `wasm.${shorter.get(name)}`);
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
    // Fields that are assigned anyway need no declaration.
    tsconfigRaw: { compilerOptions: { useDefineForClassFields: false } },
    ...(entry.startsWith('link/') ? {} : { mangleProps: OURS }),
    legalComments: 'none',
    banner: { js: '/* hb-heartbeat, Apache-2.0 OR MIT */' },
    plugins: [seams],
    logLevel: 'warning',
  });
}

// A worker is made of the text of the very script that makes it, so the script is one function that is handed itself.
// What it exports it returns; what a classic script has no word for comes in beside.
function hold(file) {
  const [banner, text] = readFileSync(file, 'utf8').split(/(?<=\*\/\n)/);
  const exported = /export\{([^}]*)\};?\s*$/.exec(text);
  const names = exported ? exported[1].split(',').map((pair) => pair.split(' as ')) : [];
  const body = (exported ? text.slice(0, exported.index) : text).replaceAll('import.meta.url', '$beside').trim();
  if (/^import|[;}]import[ {"]|[;}]export[ {*]/.test(body)) throw new Error(`${file} is more than one script`);
  const returned = names.map(([inner, outer]) => `${outer === 'default' ? '$default' : outer}:${inner}`);
  const call = `($bundle=>$bundle($bundle${exported ? ',import.meta.url' : ''}))(($bundle,$beside)=>{${body}${exported ? `return{${returned}}` : ''}})`;
  const given = names.map(([, outer]) => (outer === 'default' ? 'export default $exported.$default;' : `export const ${outer}=$exported.${outer};`));
  writeFileSync(file, banner + '"use strict";' + (exported ? `const $exported=/* @__PURE__ */${call};${given.join('')}` : call) + '\n');
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

function run(pkg, bin, args, stdio = 'inherit') {
  const manifest = createRequire(import.meta.url).resolve(`${pkg}/package.json`);
  const bins = JSON.parse(readFileSync(manifest, 'utf8')).bin;
  return execFileSync(process.execPath, [join(dirname(manifest), bins[bin]), ...args], { stdio, encoding: 'utf8' });
}

function weigh() {
  let over = false;
  for (const { name, budget, bytes, zipped } of weights()) {
    const verdict = zipped <= budget * 1000 ? 'ok' : 'OVER';
    over ||= verdict === 'OVER';
    console.log(`${name.padEnd(22)} ${String(bytes).padStart(6)} B  ${String(zipped).padStart(6)} B gz  of ${budget} kB  ${verdict}`);
  }
  if (over) throw new Error('over budget');
}
