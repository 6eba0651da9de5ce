// The policies of browsers: what Chromium itself says of them and what they do in it, what Firefox's own schema says, and that
// the files for Windows say the same. Not here: Edge, which has no package in Debian; what it shares with Chromium is tested there.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const { chromium } = createRequire(new URL('../../hb-wasm/npm/package.json', import.meta.url))('playwright-core');
const path = (name) => fileURLToPath(new URL(`../policies/${name}`, import.meta.url));
const read = (name) => readFileSync(path(name), 'utf8');

// Edge's own, which Chromium does not know: https://learn.microsoft.com/deployedge/microsoft-edge-policies
const EDGE_ONLY = ['HideRestoreDialogEnabled', 'HideFirstRunExperience', 'SleepingTabsEnabled', 'StartupBoostEnabled'];

const folder = mkdtempSync(join(tmpdir(), 'hb-policies-'));
after(() => rmSync(folder, { recursive: true }));

// A browser with these policies, until the test ends.
async function browser(t, policies, ...args) {
  const env = { ...process.env, POLICIES: join(folder, `${Math.random()}.json`) };
  writeFileSync(env.POLICIES, policies);
  const executablePath = fileURLToPath(new URL('chromium.sh', import.meta.url));
  const running = await chromium.launch({ executablePath, env, args: ['--no-sandbox', ...args] });
  t.after(() => running.close());
  return running.newPage();
}

// A server on a port of the system's choice, until the test ends; its origin.
async function serve(t, answer) {
  const server = createServer(answer).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  return `http://127.0.0.1:${server.address().port}`;
}

for (const file of ['chromium.json', 'edge.json']) {
  test(`Chromium takes ${file} without a complaint`, async (t) => {
    const page = await browser(t, read(file));
    await page.goto('chrome://policy');
    await page.locator('policy-row').first().waitFor();
    const rows = await page.locator('policy-row').evaluateAll((rows) => rows.map(({ shadowRoot }) => {
      const [name, value, messages] = ['#name', '.value', '.messages']
        .map((part) => shadowRoot.querySelector(`.policy ${part}`).textContent.trim());
      return [name, [value, messages]];
    }));
    const shown = new Map(rows);
    for (const [name, value] of Object.entries(JSON.parse(read(file)))) {
      if (EDGE_ONLY.includes(name)) continue;
      const says = Array.isArray(value) ? JSON.stringify(value) : String(value);
      assert.deepEqual(shown.get(name)?.map((text) => text.replaceAll(/\s/g, '')), [says, 'OK'], name);
    }
  });
}

test('a site of the internet reaches hb on this machine where the policy names it, and else does not', async (t) => {
  const hb = await serve(t, (_, answer) => answer.writeHead(200, { 'access-control-allow-origin': '*' }).end('6000'));
  const site = await serve(t, (_, answer) => answer.writeHead(200, { 'content-type': 'text/html' }).end('<p>site</p>'));
  // What is on this machine counts as far away: nothing else makes a site of the internet here.
  const far = `--ip-address-space-overrides=${new URL(site).host}=public`;
  const beat = async (policies) => {
    const page = await browser(t, policies, far);
    await page.goto(site);
    const ask = (url) => fetch(url, { signal: AbortSignal.timeout(10_000) }).then((answer) => answer.text(), String);
    return page.evaluate(ask, `${hb}/hb_ping?5000&appid=x`);
  };
  assert.equal(await beat(read('chromium.json').replace('https://museum.example', site)), '6000');
  assert.match(await beat(read('chromium.json')), /Error/);
});

// What about:policies complains of, by the schema that Firefox brings.
function complaints(value, schema, at, root = schema) {
  if (schema?.$ref) schema = root.definitions[schema.$ref.split('/').at(-1)];
  if (!schema) return [`${at} is unknown`];
  const each = (schemas) => schemas.map((it) => complaints(value, it, at, root));
  if (schema.anyOf ?? schema.oneOf) return each(schema.anyOf ?? schema.oneOf).sort((a, b) => a.length - b.length)[0];
  const type = Array.isArray(value) ? 'array' : typeof value;
  if (schema.type && ![schema.type].flat().includes(type)) return [`${at} is ${type}`];
  if (schema.enum && !schema.enum.includes(value)) return [`${at} is ${value}`];
  if (type === 'array') return value.flatMap((item, n) => complaints(item, schema.items, `${at}[${n}]`, root));
  if (type !== 'object') return [];
  const [any] = Object.values(schema.patternProperties ?? {});
  return Object.entries(value)
    .flatMap(([key, item]) => complaints(item, schema.properties?.[key] ?? any, `${at}.${key}`, root));
}

test('Firefox knows all that firefox.json says', () => {
  const unpack = `import sys, zipfile; sys.stdout.buffer.write(
    zipfile.ZipFile('/usr/lib/firefox-esr/browser/omni.ja').read('modules/policies/policies-schema.json'))`;
  const schema = JSON.parse(execFileSync('python3', ['-c', unpack], { maxBuffer: 1 << 24 }));
  assert.deepEqual(complaints(JSON.parse(read('firefox.json')).policies, schema, 'policies'), []);
  const wrong = { Zzz: 1, TranslateEnabled: 'no', PopupBlocking: { Default: 1 } };
  assert.equal(complaints(wrong, schema, 'policies').length, 3);
});

for (const [reg, json] of [['chrome.reg', 'chromium.json'], ['edge.reg', 'edge.json']]) {
  test(`${reg} says what ${json} says`, () => {
    const said = {};
    let list;
    for (const line of read(reg).split('\r\n')) {
      const [, key] = line.match(/^\[HKEY_LOCAL_MACHINE\\SOFTWARE\\Policies\\(?:Google\\Chrome|Microsoft\\Edge)\\?(.*)\]$/) ?? [];
      if (key !== undefined) list = key && (said[key] = []);
      const [, name, number, text] = line.match(/^"(.+)"=(?:dword:([0-9a-f]{8})|"(.*)")$/) ?? [];
      if (text !== undefined) list.push(text);
      else if (name) said[name] = parseInt(number, 16);
    }
    const meant = Object.entries(JSON.parse(read(json)));
    const number = ([name, value]) => [name, typeof value === 'boolean' ? Number(value) : value];
    assert.deepEqual(said, Object.fromEntries(meant.map(number)));
  });
}
