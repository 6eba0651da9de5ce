// What `link` says of each way a request can fail, in a real browser. Not here: what the server is told (browser.test.mjs).

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { browser, listen, page } from './stage.mjs';

let chromium;
before(async () => {
  chromium = await browser();
});
after(() => chromium.close());

/** Shows a page whose heartbeat goes to `url`; tells what `link` comes to say and what the console was told. */
async function linked(url, { policy, options = {}, says }) {
  const server = await listen({ '/': page({ url, interval: 1000, ...options }) });
  const context = await chromium.newContext();
  try {
    const tab = await context.newPage();
    const told = [];
    tab.on('console', (message) => message.text().startsWith('hb:') && told.push(message.text()));
    if (policy) await tab.route(server.origin + '/', async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, headers: { ...response.headers(), 'content-security-policy': policy } });
    });
    await tab.goto(server.origin);
    await tab.waitForFunction((says) => hb.link === says, says, { timeout: 10_000 }).catch(async () => {
      assert.equal(await tab.evaluate(() => hb.link), says);
    });
    // More failures change nothing; what they have to say is said at the second.
    for (let more = 0; more < 2; more++) await tab.evaluate(() => new Promise((resolve) => hb.on('response', () => setTimeout(resolve, 100))));
    return { link: await tab.evaluate(() => hb.link), told, requests: server.requests };
  } finally {
    await context.close();
    server.close();
  }
}

/** A port that does with its connections what `greet` does; runs `play` with its address. */
async function port(greet, play) {
  const sockets = new Set();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}));
    greet(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    return await play(`http://127.0.0.1:${server.address().port}`);
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
}

const SCRIPTS = "script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'";

for (const [what, policy] of [['nobody', "connect-src 'none'"], ['only the page’s own server', "connect-src 'self'"]]) {
  test(`a policy that lets the page reach ${what}`, async () => {
    await port((socket) => socket.end('HTTP/1.1 200 OK\r\naccess-control-allow-origin: *\r\ncontent-length: 0\r\n\r\n'), async (url) => {
      const seen = await linked(url, { policy: `${SCRIPTS}; ${policy}`, says: 'blocked-csp' });
      assert.equal(seen.link, 'blocked-csp');
      // A busy browser may tell of the policy only after two tries have failed, which is all that was known until then.
      assert.equal(seen.told.at(-1), `hb: ${url} must be added to connect-src of the page's Content-Security-Policy.`);
      assert.ok(seen.told.slice(0, -1).every((line) => line.includes('cannot be reached')), `${seen.told}`);
    });
  });
}

test('a policy that forbids something else is not what keeps a server from answering', async () => {
  const url = await port(() => {}, (url) => url);
  const policy = `${SCRIPTS}; connect-src ${url}; img-src 'none'`;
  const setup = { policy, says: 'offline' };
  assert.equal((await linked(url, setup)).link, 'offline');
});

test('a server that is down', async () => {
  const url = await port(() => {}, (url) => url);
  const { link, told } = await linked(url, { says: 'offline' });
  assert.deepEqual([link, told], ['offline', [`hb: ${url} cannot be reached: start the server there, or correct url or HB_URL.`]]);
});

test('a server that takes the connection and never answers', async () => {
  await port(() => {}, async (url) => {
    const { link, told } = await linked(url, { says: 'timeout' });
    assert.deepEqual([link, told], ['timeout', [`hb: ${url} does not answer: restart the server, or open the way to it.`]]);
  });
});

test('a server that hangs up without an answer', async () => {
  await port((socket) => socket.destroy(), async (url) => {
    assert.equal((await linked(url, { says: 'offline' })).link, 'offline');
  });
});

test('an address that is no address', async () => {
  const { told } = await linked('http://', { says: 'wrong-address' });
  assert.deepEqual(told, ['hb: http:// is no heartbeat server, or a proxy whose server is down: correct url or HB_URL.']);
});

test('a path where nothing answers beats, on a server that says so to pages', async () => {
  const answer = 'HTTP/1.1 404 Not Found\r\naccess-control-allow-origin: *\r\ncontent-length: 0\r\n\r\n';
  await port((socket) => socket.on('data', () => socket.write(answer)), async (url) => {
    const { told } = await linked(url + '/wrong', { says: 'http-error' });
    assert.deepEqual(told, [`hb: ${url}/wrong refuses: correct url, HB_URL or the key.`]);
  });
});

test('what says nothing to foreign pages is none of ours; who is there is asked slowly, and anew when that may have changed', async () => {
  const answer = 'HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n';
  const asked = [];
  let up = true;
  const greet = (socket) => socket.on('data', (head) => {
    const path = String(head).split(' ')[1];
    asked.push(path);
    if (!up) socket.destroy();
    // Slower than the failures that ask.
    else if (path === '/') setTimeout(() => socket.write(answer), 1500);
    else socket.write(answer);
  });
  await port(greet, async (url) => {
    const server = await listen({ '/': page({ url, interval: 1000 }) });
    const tab = await chromium.newPage();
    const told = [];
    tab.on('console', (message) => message.text().startsWith('hb:') && told.push(message.text()));
    await tab.goto(server.origin);
    await tab.waitForFunction(() => hb.link === 'wrong-address');
    assert.equal(asked.filter((path) => path === '/').length, 1, 'one question for all the failures');
    up = false;
    await tab.waitForFunction(() => hb.link === 'offline');
    assert.match(told[0], /is no heartbeat server, or a proxy whose server is down: correct url or HB_URL\.$/);
    await tab.close();
    server.close();
  });
});

/** What a page by https: comes to say of `url`, and what the console was told. */
async function secure(url, flags = []) {
  const chromium = await browser(flags);
  try {
    const tab = await chromium.newPage();
    const told = [];
    tab.on('console', (message) => message.text().startsWith('hb:') && told.push(message.text()));
    const script = readFileSync(new URL('../dist/heartbeat.global.js', import.meta.url), 'utf8');
    await tab.route('https://exhibit.example/**', (route) => {
      const own = new URL(route.request().url()).pathname === '/';
      return route.fulfill({ contentType: own ? 'text/html' : 'text/javascript', body: own ? page({ url, interval: 1000 }) : script });
    });
    await tab.goto('https://exhibit.example/');
    await tab.waitForFunction(() => hb.link !== 'unknown');
    await tab.evaluate(() => new Promise((resolve) => hb.on('response', () => setTimeout(resolve, 100))));
    return { link: await tab.evaluate(() => hb.link), told };
  } finally {
    await chromium.close();
  }
}

test('a page by https: and a server by http:, elsewhere: whatever answers there, the browser asks nobody', async () => {
  const server = await listen();
  try {
    const url = server.origin.replace('127.0.0.1', 'server.example');
    const { link, told } = await secure(url, ['--host-resolver-rules=MAP server.example 127.0.0.1']);
    assert.equal(link, 'blocked-mixed');
    assert.deepEqual(told, [`hb: ${url} must be https: for a page by https:, or be on its machine.`]);
    assert.deepEqual(server.requests, []);
  } finally {
    server.close();
  }
});

test('a page by https: and a server by http: on its own machine is no mixture, but wants the permission', async () => {
  const server = await listen();
  try {
    const { link } = await secure(server.origin);
    assert.ok(link === 'blocked-lna' || link === 'ok', link);
  } finally {
    server.close();
  }
});

/** A browser to which the page's server is `host`, secure as if by https: or not, and `more`. */
async function away(host, secure, more, play) {
  const pages = {};
  const server = await listen(pages);
  const port = new URL(server.origin).port;
  const origin = `http://${host}:${port}`;
  const flags = [`--host-resolver-rules=MAP ${host} 127.0.0.1`, ...more(port)];
  if (secure) flags.push(`--unsafely-treat-insecure-origin-as-secure=${origin}`);
  const chromium = await browser(flags);
  try {
    const tab = await chromium.newPage();
    const told = [];
    tab.on('console', (message) => message.text().startsWith('hb:') && told.push(message.text()));
    const show = async (url) => {
      pages['/'] = page({ url, interval: 1000 });
      await tab.goto(origin);
      await tab.waitForFunction(() => hb.link !== 'unknown');
      await tab.evaluate(() => new Promise((resolve) => hb.on('response', resolve)));
      return { link: await tab.evaluate(() => hb.link), told };
    };
    await play(show);
  } finally {
    await chromium.close();
    server.close();
  }
}

const PUBLIC = (port) => [`--ip-address-space-overrides=127.0.0.1:${port}=public`];

test('a public page that nobody allowed to reach this machine', async () => {
  const server = await listen();
  try {
    await away('exhibit.example', true, PUBLIC, async (show) => {
      const { link, told } = await show(server.origin);
      assert.equal(link, 'blocked-lna');
      assert.match(told.join(), /^hb: http:\S+ is kept from this page by the browser\. Allow it by policy.*: LoopbackNetworkAllowedForUrls/);
    });
    await away('exhibit.example', false, PUBLIC, async (show) => {
      const { link, told } = await show(server.origin);
      assert.equal(link, 'blocked-lna');
      assert.match(told.join(), /helps only pages by https:/, 'no policy helps an insecure page');
    });
    assert.deepEqual(server.requests, []);
  } finally {
    server.close();
  }
});

test('an insecure page of the intranet, which needs no permission, and a server that is down', async () => {
  const url = await port(() => {}, (url) => url);
  await away('exhibit.local', false, () => [], async (show) => {
    assert.equal((await show(url)).link, 'offline');
  });
});
