/** Buttons of the dashboard look like buttons: a stylesheet knows the first class of each. */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

const FOLDER = new URL('../dashboard/', import.meta.url);
const texts = (end) => readdirSync(FOLDER).filter((name) => name.endsWith(end)).map((name) => readFileSync(new URL(name, FOLDER), 'utf8'));

test('a stylesheet knows the class of every button', () => {
  const styles = texts('.css').join('\n');
  const named = texts('.js').flatMap((text) => [...text.matchAll(/el\('button', '([\w-]+)/g)].map(([, name]) => name));
  assert.ok(named.length > 10, named);
  assert.deepEqual([...new Set(named)].filter((name) => !new RegExp(`\\.${name}\\b`).test(styles)), []);
});
