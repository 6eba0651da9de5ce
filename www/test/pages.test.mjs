/** What holds for every page: it works offline and under a strict policy, and says what it is. */

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { SHAPES } from '../dashboard/glyphs.js';
import { STATES } from '../dashboard/words.js';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const FOREIGN = new Set(['node_modules', 'dist']);

function files(folder, ending) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return FOREIGN.has(entry.name) ? [] : files(path, ending);
    return entry.name.endsWith(ending) ? [path] : [];
  });
}

/** Every page, with its comments and the code it shows as text taken out. */
const pages = files(ROOT, '.html').map((path) => ({
  path,
  name: relative(ROOT, path),
  html: readFileSync(path, 'utf8').replace(/<!--[\s\S]*?-->/g, '').replace(/<code[\s\S]*?<\/code>/g, ''),
}));

test('there are pages to look at', () => {
  assert.deepEqual(pages.map((p) => p.name).sort(), [
    'dashboard/events.html', 'dashboard/index.html', 'dashboard/login.html', 'dashboard/screen.html', 'dashboard/wall.html', 'demo/index.html', 'duet/index.html', 'kiosk/index.html', 'lab/index.html', 'three/index.html', 'webgl/index.html',
  ]);
});

test('no page has a script, a style or a handler of its own in its markup', () => {
  for (const { name, html } of pages) {
    assert.doesNotMatch(html, /<script(?![^>]*\ssrc=)[^>]*>/, name);
    assert.doesNotMatch(html, /<style[\s>]|\sstyle=|\son[a-z]+=|javascript:/, name);
  }
});

test('every page of the dashboard that has room for a foot offers the languages in it', () => {
  for (const { name, path, html } of pages.filter((page) => page.name.startsWith('dashboard/') && !page.name.endsWith('/wall.html'))) {
    assert.match(html, /<footer [^>]*class="foot">\s*<nav /, name);
    const [, script] = html.match(/<script type="module" src="\/?([^"]+)"/);
    assert.match(readFileSync(join(dirname(path), script), 'utf8'), /^offerTongues\(\);$/m, script);
  }
});

test('no page asks another machine for anything', () => {
  for (const { name, html } of pages) assert.doesNotMatch(html, /(src|href)="(https?:)?\/\//, name);
  for (const path of files(ROOT, '.css')) assert.doesNotMatch(readFileSync(path, 'utf8'), /url\(|@import/, path);
});

test('every file that a page names is there', () => {
  // As the server maps addresses: /demo/<name>/… is www/<name>/…, everything else is the dashboard's.
  const served = new Set(['/', '/wall', '/events', '/demo/', '/hb.js', '/status', '/api/v1/apps']);
  for (const { path, name, html } of pages) {
    for (const [, target] of html.matchAll(/(?:src|href)="([^"#]+)"/g)) {
      if (served.has(target) || target.startsWith('dist/')) continue;
      const file = target.startsWith('/demo/') ? join(ROOT, target.slice('/demo'.length))
        : target.startsWith('/') ? join(ROOT, 'dashboard', target)
        : join(dirname(path), target);
      assert.ok(existsSync(file.endsWith('/') ? join(file, 'index.html') : file), `${name}: ${target}`);
    }
  }
});

test('every state has a shape of its own', () => {
  const shapes = STATES.map(({ word }) => JSON.stringify(SHAPES[word]));
  assert.equal(new Set(shapes.filter(Boolean)).size, STATES.length);
});

test('nothing from outside becomes markup', () => {
  for (const path of files(ROOT, '.js')) {
    assert.doesNotMatch(readFileSync(path, 'utf8'), /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function/, path);
  }
});

test('every module says what it is, and fits in one sitting', () => {
  for (const path of [...files(ROOT, '.js'), ...files(ROOT, '.mjs'), ...files(ROOT, '.css')]) {
    const text = readFileSync(path, 'utf8');
    assert.match(text, /^\/\*/, path);
    assert.ok(text.split('\n').length <= 300, `${path} is long`);
  }
});
