/** What a page loads, gzipped: a house with a thin line is a house too. */

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const FOLDER = join(dirname(fileURLToPath(import.meta.url)), '../dashboard');

/** A page and all that it loads, modules with what they import. Only the page of a screen has room for curves, which it loads when they are drawn. */
function loaded(page) {
  const imports = page === 'screen.html' ? /(?:from |import\()'\.\/([^']+)'/g : /from '\.\/([^']+)'/g;
  const files = new Set([page]);
  for (const file of files) {
    const text = readFileSync(join(FOLDER, file), 'utf8');
    const wanted = file.endsWith('.html') ? text.matchAll(/<(?:link|script)\b[^>]*(?:href|src)="\/?([^"]+)"/g)
      : file.endsWith('.js') ? text.matchAll(imports) : [];
    // What is bundled is not there before the bundle is made.
    for (const [, name] of wanted) if (!name.startsWith('dist/') || existsSync(join(FOLDER, name))) files.add(name);
  }
  return [...files, 'lang/de.json'];
}

const weight = (files) => files.reduce((sum, file) => sum + gzipSync(readFileSync(join(FOLDER, file))).length, 0);

test('each page stays within its budget, in another language too', () => {
  for (const [page, budget] of [['index.html', 120_000], ['screen.html', 120_000], ['events.html', 60_000], ['wall.html', 60_000], ['login.html', 30_000]]) {
    const files = loaded(page);
    const bytes = weight(files);
    assert.ok(files.length > 5, `${page} loads something`);
    assert.ok(bytes <= budget, `${page}: ${bytes} bytes of ${budget}`);
    console.log(`${page}: ${files.length} files, ${bytes} bytes gzipped`);
  }
});
