// What `link` says of each way a request can fail, in a real browser. Not here: what the server is told (browser.test.mjs).

import assert from 'node:assert/strict';
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
    // One more failure changes nothing.
    await tab.evaluate(() => new Promise((resolve) => hb.on('response', resolve)));
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
      assert.equal(seen.told.length, 1, 'said once');
      assert.match(seen.told[0], /Content-Security-Policy forbids http:\/\/127\.0\.0\.1:\d+: add it to connect-src\./);
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
  assert.deepEqual([link, told], ['offline', []]);
});

test('a server that takes the connection and never answers', async () => {
  await port(() => {}, async (url) => {
    const { link, told } = await linked(url, { says: 'timeout' });
    assert.deepEqual([link, told], ['timeout', []]);
  });
});

test('a server that hangs up without an answer', async () => {
  await port((socket) => socket.destroy(), async (url) => {
    assert.equal((await linked(url, { says: 'offline' })).link, 'offline');
  });
});

test('an address that is no address', async () => {
  assert.equal((await linked('http://', { says: 'offline' })).link, 'offline');
});

test('a path where nothing answers beats, on a server that says so to pages', async () => {
  const answer = 'HTTP/1.1 404 Not Found\r\naccess-control-allow-origin: *\r\ncontent-length: 0\r\n\r\n';
  await port((socket) => socket.on('data', () => socket.write(answer)), async (url) => {
    assert.equal((await linked(url + '/wrong', { says: 'http-error' })).link, 'http-error');
  });
});

test('a path on a server that says nothing to foreign pages looks like no server', async () => {
  const answer = 'HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n';
  await port((socket) => socket.on('data', () => socket.write(answer)), async (url) => {
    assert.equal((await linked(url, { says: 'offline' })).link, 'offline');
  });
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
      assert.match(told.join(), /keeps this page from http:\S+ Allow it by policy: LoopbackNetworkAllowedForUrls/);
    });
    await away('exhibit.example', false, PUBLIC, async (show) => {
      const { link, told } = await show(server.origin);
      assert.equal(link, 'blocked-lna');
      assert.match(told.join(), /Serve the page by https:/, 'no policy helps an insecure page');
    });
    assert.deepEqual(server.requests, []);
  } finally {
    server.close();
  }
});

test('an insecure page of the intranet, which needs no permission, and a server that is down', async () => {
  const url = await port(() => {}, (url) => url);
  await away('exhibit.local', false, () => [], async (show) => {
    assert.deepEqual(await show(url), { link: 'offline', told: [] });
  });
});
