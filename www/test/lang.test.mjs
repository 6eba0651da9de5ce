/** Every text of the pages is said in every language, and none stands outside of it. */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { decimal, LANGUAGES, t } from '../dashboard/lang.js';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');
const FOLDER = join(ROOT, 'www/dashboard');
const read = (...path) => readFileSync(join(...path), 'utf8');
const named = (ending) => readdirSync(FOLDER).filter((name) => name.endsWith(ending));

/** Comments are nobody's text. */
const code = (name) => read(FOLDER, name).replace(/^\s*\/\*[\s\S]*?\*\//gm, '').replace(/(^|\s)\/\/.*$/gm, '');
const unquote = (text) => text.replace(/\\u([0-9a-f]{4})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16))).replace(/\\(.)/g, '$1');

/** What the code says: the first argument of each `t(…)` that is written out. */
const said = named('.js').flatMap((name) => [...code(name).matchAll(/\bt\('((?:[^'\\]|\\.)*)'/g)].map(([, text]) => unquote(text)));

/** What the pages say, in their `data-t`. */
const written = named('.html').flatMap((name) => [...read(FOLDER, name).matchAll(/<[a-z0-9]+\b([^>]*)\bdata-t="([^"]*)"([^>]*)>([^<]*)/g)].flatMap(([, before, names, after, text]) =>
  names.split(' ').map((attribute) => (attribute === 'text' ? text.trim() : `${before} ${after}`.match(new RegExp(`\\b${attribute}="([^"]*)"`))[1]))));

/** What the server says of a state, and what to do about it: the table of the verdict. */
const verdict = read(ROOT, 'hb-core/src/verdict/words.rs');
const table = verdict.slice(verdict.indexOf('const WORDS'), verdict.indexOf('pub fn sentence'));
const voices = read(ROOT, 'hb-server/src/notify/voice.rs').split('#[must_use]')[0];
const sentences = [...`${table} ${voices}`.matchAll(/"([a-z][^"]+)"/g)].map(([, text]) => text);

/** What the server says on pages that it writes itself, behind the links of messages, and where nothing is. */
const links = [...['deed/page.rs', 'lost.rs'].map((file) => read(ROOT, 'hb-server/src/http', file)).join('\n').matchAll(/\b(?:say|of|trouble)\(\s*(?:[a-z]+,\s*)?"([^"]+)"/g)].map(([, text]) => text);

/** The months of such a page, which it has in a table. */
const page = read(ROOT, 'hb-server/src/http/deed/page.rs');
const months = [...page.slice(page.indexOf('const MONTHS')).split(';')[1].matchAll(/"([A-Z][a-z]{2})"/g)].map(([, text]) => text);

const all = new Set([...said, ...written, ...sentences, ...links, ...months]);

test('there are texts to look at', () => {
  assert.ok(said.length > 200 && written.length > 20 && sentences.length > 30 && links.length > 30 && months.length === 12, `${said.length} ${written.length} ${sentences.length} ${links.length} ${months.length}`);
});

test('each language says every text, with its holes, and nothing else', () => {
  const files = readdirSync(join(FOLDER, 'lang')).map((name) => name.replace(/\.json$/, ''));
  assert.deepEqual(Object.keys(LANGUAGES).filter((tag) => tag !== 'en').sort(), files.sort());
  for (const tag of files) {
    const texts = JSON.parse(read(FOLDER, 'lang', `${tag}.json`));
    assert.deepEqual([...all].filter((text) => !Object.hasOwn(texts, text)), [], `${tag} does not say`);
    assert.deepEqual(Object.keys(texts).filter((text) => !all.has(text)), [], `${tag} says what nobody asks for`);
    const holes = (text) => (text.match(/\{\w+\}/g) ?? []).sort().join(' ');
    for (const [text, other] of Object.entries(texts)) assert.equal(holes(other), holes(text), `${tag}: ${text}`);
  }
});

test('German says Sie to whoever reads, and nothing of the page that could be theirs', () => {
  const texts = Object.entries(JSON.parse(read(FOLDER, 'lang', 'de.json')));
  const familiar = /(^|[^\p{L}])(du|dich|dir|dein(e[mnrs]?)?)([^\p{L}]|$)/iu;
  assert.deepEqual(texts.filter(([, text]) => familiar.test(text)), []);
  // A cause is set as a sentence of its own: "Ihr Skript hängt." is the reader's, and who "sie" or "er" is, nobody knows.
  const causes = [...code('causes.js').matchAll(/\bt\('([^']*)'/g)].map(([, text]) => text);
  assert.ok(causes.length > 10);
  assert.deepEqual(texts.filter(([text, other]) => causes.includes(text) && /^(ihr|sie|er) |dass sie /i.test(other)), []);
});

test('no text stands in the code but what is looked up', () => {
  // Two words with a space between, or one that begins a sentence: no name of a class, an event or an attribute.
  const isText = (text) => /[A-Za-z]{2,}[,.…:]? [a-z]{2,}/.test(text) || /^[A-Z][a-z]{3,}/.test(text);
  // Classes, selectors, styles, keys of the keyboard, names of codes and of types, what an author copies into a page.
  const FREE = /^([a-z0-9-]+( [a-z0-9-]+)*|[.#[(].*|hb\.commands.*|hb token .*|Content-Type|X-HB|Tab|Enter|Escape|Space|Home|End|Arrow\w+|Tetris, Pong|English|Deutsch)$/;
  for (const name of named('.js')) {
    const rest = code(name).replace(/\bt\('(?:[^'\\]|\\.)*'/g, 't(');
    const found = [...rest.matchAll(/'((?:[^'\\\n]|\\.)*)'/g)].map(([, text]) => text ?? '').filter((text) => isText(text) && !FREE.test(text));
    assert.deepEqual(found, [], name);
    const templates = [...rest.matchAll(/`([^`]*)`/g)].map(([, text]) => text.replace(/\$\{[^}]*\}/g, ' ')).filter((text) => /[A-Za-z]{3,} [a-z]{2,} [a-z]{2,}/.test(text));
    assert.deepEqual(templates, [], name);
  }
});

test('a text that nobody translated stays as it is, and what is put in stays text', () => {
  assert.equal(t('{a} on {b}', { a: '{b}', b: 'x' }), '{b} on x');
  assert.equal(t('__proto__'), '__proto__');
  assert.equal(decimal(1.25, 1), '1.3');
});
