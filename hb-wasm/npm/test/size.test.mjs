// The sizes that README.md tells are those of what was built. Not here: whether they are within their budgets (the build stops).

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { weights } from '../weights.mjs';

/** Another release of gzip or of a tool may differ by so much. */
const NEAR = 0.01;

test('README.md says what a page loads, and what it may', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const rows = [...readme.matchAll(/^\| [^|]*\| ([\d ]+) \| ([\d ]+) \| ([\d.]+) kB \|$/gm)].map((row) => row.slice(1).map((text) => Number(text.replaceAll(' ', ''))));
  const built = weights();
  assert.equal(rows.length, built.length);
  for (const [at, { name, bytes, zipped, budget }] of built.entries()) {
    const [told, toldZipped, allowed] = rows[at];
    assert.equal(allowed, budget, name);
    assert.ok(Math.abs(told - bytes) <= bytes * NEAR, `${name} has ${bytes} bytes: README.md says ${told}`);
    assert.ok(Math.abs(toldZipped - zipped) <= zipped * NEAR, `${name} has ${zipped} bytes gzipped: README.md says ${toldZipped}`);
  }
});
