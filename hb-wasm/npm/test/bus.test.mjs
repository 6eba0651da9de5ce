// A page's link to the bus, in a real browser, over a host that says what the test wants. Not here: the server's end
// (tests/e2e), and when to connect again (hb-guest's own tests).

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Host } from './host.mjs';
import { browser, listen } from './stage.mjs';

let chromium;
before(async () => {
  chromium = await browser();
});
after(() => chromium.close());

const HTML = `<!doctype html><title>link</title><script type="module">
  import { Link, RequestError } from '/client/link/index.js';
  window.heard = [];
  window.link = new Link({ url: location.origin, appId: 'duet', slot: 'left' });
  for (const type of ['online', 'offline', 'denied']) link.on(type, ({ detail }) => heard.push([type, detail]));
  window.asked = (...args) => link.request(...args).then(({ text }) => text, ({ code, message, name }) => [name, code, message]);
</script>`;

/** A page with a link, and its host. */
async function linked(play, html = HTML) {
  const server = await listen({ '/': html });
  const context = await chromium.newContext();
  const errors = [];
  try {
    const host = new Host();
    await host.serve(context);
    const tab = await context.newPage();
    tab.on('pageerror', (error) => errors.push(error));
    await tab.goto(server.origin);
    await play({ tab, host, server });
    assert.deepEqual(errors, []);
  } finally {
    await context.close();
    server.close();
  }
}

test('a key to the app stands in the address of the link, and nowhere else', async () => {
  await linked(async ({ host }) => {
    assert.ok(!JSON.stringify(await host.until('hello')).includes('a&b'));
    assert.ok(host.links[0].route.url().endsWith('/hb_link?key=a%26b'), host.links[0].route.url());
  }, HTML.replace("slot: 'left'", "slot: 'left', key: 'a&b'"));
});

test('it says who it is, publishes, and says what waited', async () => {
  await linked(async ({ tab, host }) => {
    assert.deepEqual(await host.until('hello'), { version: 1, who: { app: 'duet', slot: 'left' } });
    await tab.evaluate(() => {
      link.publish('./note', 'c♯4');
      link.publish('#right/note', { key: 7 });
      link.publish('./bytes', new Uint8Array([0, 159, 146, 150]));
    });
    const said = (nth) => host.until('publish', { nth });
    assert.deepEqual(await said(0), { topic: 'app/10.0.0.7/duet#left/note', text: 'c♯4' });
    assert.deepEqual(await said(1), { topic: 'app/10.0.0.7/duet#right/note', text: '{"key":7}' });
    assert.deepEqual(await said(2), { topic: 'app/10.0.0.7/duet#left/bytes', base64: 'AJ+Slg==' });
    host.tell({ denied: { reason: 'not yours' } });
    await tab.waitForFunction(() => heard.length === 2);
    assert.deepEqual(await tab.evaluate(() => [heard, link.state, link.host]), [
      [['online', { epoch: 'a', prefix: 'app/10.0.0.7/duet#left/' }], ['denied', { reason: 'not yours' }]],
      'online',
      '10.0.0.7',
    ]);
    assert.match(await tab.evaluate(() => {
      try {
        link.publish('./x', 'x'.repeat(1_000_001));
      } catch (error) {
        return `${error.name}: ${error.message}`;
      }
    }), /RangeError: .* at most 1000000 bytes/);
  });
});

test('it hears by loop and by listener, and misses nothing over a lost connection', async () => {
  await linked(async ({ tab, host }) => {
    await tab.evaluate(() => {
      window.texts = [];
      window.loop = (async () => {
        for await (const message of link.subscribe('#right/note', { replay: true })) {
          texts.push(message.text);
          if (message.text === 'stop') break;
        }
      })();
      window.called = link.subscribe(['./a', './b'], (message) => {
        texts.push(message.topic, [...message.bytes].join());
        throw new Error('the page fails, the next message comes all the same');
      });
    });
    assert.deepEqual(await host.until('subscribe'), { nr: 1, topics: ['app/10.0.0.7/duet#right/note'], replay: true });
    const second = await host.until('subscribe', { nth: 1 });
    assert.deepEqual(second, { nr: 2, topics: ['app/10.0.0.7/duet#left/a', 'app/10.0.0.7/duet#left/b'], replay: false });
    host.tell({ subscribed: { nr: 1, whole: false } });
    host.tell({ message: { nr: 1, seq: 41, id: 'i', topic: 'x', text: 'one' } });
    host.tell({ message: { nr: 2, seq: 42, id: 'j', topic: './b', base64: 'AJ+Slg==' } });
    host.tell({ message: { nr: 2, seq: 43, id: 'k', topic: './a', text: 'Ä' } });
    await tab.waitForFunction(() => texts.length === 5);
    assert.deepEqual(await tab.evaluate(() => texts), ['one', './b', '0,159,146,150', './a', '195,132']);
    const cut = Date.now();
    await host.cut();
    assert.deepEqual((await host.until('subscribe', { link: 1 })).after, { epoch: 'a', seq: 41 });
    const waited = host.links[1].at - cut;
    assert.ok(waited >= 900, `it came back after ${waited} ms`);
    assert.deepEqual((await host.until('subscribe', { link: 1, nth: 1 })).after, { epoch: 'a', seq: 43 });
    host.tell({ subscribed: { nr: 1, whole: true } });
    host.tell({ message: { nr: 1, seq: 44, id: 'l', topic: 'x', text: 'two' } });
    host.tell({ missed: { nr: 2, count: 3 } });
    host.tell({ message: { nr: 1, seq: 45, id: 'm', topic: 'x', text: 'stop' } });
    await tab.evaluate(() => loop);
    assert.deepEqual(await host.until('unsubscribe', { link: 1 }), { nr: 1 });
    assert.deepEqual(await tab.evaluate(() => [texts.slice(5), called.missed]), [['two', 'stop'], 3]);
    await tab.evaluate(() => called.close());
    assert.deepEqual(await host.until('unsubscribe', { link: 1, nth: 1 }), { nr: 2 });
  });
});

test('requests go both ways, and end in words', async () => {
  await linked(async ({ tab, host }) => {
    await host.until('hello');
    await tab.evaluate(() => link.connected());
    const reply = tab.evaluate(() => asked('./time', ''));
    const { nr, ...rest } = await host.until('request');
    assert.deepEqual(rest, { topic: 'app/10.0.0.7/duet#left/time', text: '' });
    host.tell({ reply: { nr, topic: 'x', text: 'noon' } });
    assert.equal(await reply, 'noon');
    const nobody = tab.evaluate(() => asked('./nobody', '?'));
    host.tell({ failed: { nr: (await host.until('request', { nth: 1 })).nr, reason: 'nobody is listening' } });
    assert.deepEqual(await nobody, ['RequestError', 'failed', 'nobody is listening']);
    assert.deepEqual(await tab.evaluate(() => asked('./slow', '?', { timeout: 50 })), ['RequestError', 'timeout', 'no reply in the time given']);
    const lost = tab.evaluate(() => asked('./lost', '?'));
    await host.until('request', { nth: 3 });
    await host.cut();
    assert.deepEqual(await lost, ['RequestError', 'offline', 'not connected']);
    assert.equal(await tab.evaluate(() => link.state), 'offline');
    await tab.evaluate(() => {
      link.subscribe('./time', (message) => message.answer({ hour: 12 }));
    });
    const { nr: subscription } = await host.until('subscribe', { link: 1 });
    host.tell({ message: { nr: subscription, seq: 1, id: 'asked', topic: 'x', text: '' } });
    assert.deepEqual(await host.until('answer', { link: 1 }), { to: 'asked', text: '{"hour":12}' });
    const refused = tab.evaluate(() => link.subscribe('hb.transition').ready().catch((error) => error.message));
    host.tell({ failed: { nr: (await host.until('subscribe', { link: 1, nth: 1 })).nr, reason: 'not for you to hear' } });
    assert.equal(await refused, 'not for you to hear');
  });
});

test('a host that says nonsense is left, and closing ends everything', async () => {
  await linked(async ({ tab, host }) => {
    await host.until('hello');
    host.links[0].route.send('{"shout":{}}');
    await tab.waitForFunction(() => heard.some(([type]) => type === 'offline'));
    assert.deepEqual(await tab.evaluate(() => heard.at(-1)[1].reason), 'it said something else');
    await host.until('hello', { link: 1 });
    const ended = await tab.evaluate(async () => {
      await link.connected();
      const loop = (async () => {
        for await (const _ of link.subscribe('./x'));
        return 'the loop ends';
      })();
      const request = asked('./x', '');
      link.close();
      const late = link.subscribe('./y').ready().catch((error) => error.message);
      let thrown;
      try {
        link.publish('./x', '');
      } catch (error) {
        thrown = error.message;
      }
      return [await loop, await request, await late, thrown, link.state, await link.connected().catch((error) => error.message)];
    });
    const closed = 'the link is closed';
    assert.deepEqual(ended, ['the loop ends', ['RequestError', 'closed', closed], 'the subscription has ended', closed, 'closed', closed]);
  });
});

test('the form without the module inside', async () => {
  const html = `<!doctype html><script type="module">
    import init, { Link } from '/client/link/slim.js';
    await init();
    window.link = new Link({ url: location.origin, appId: 'duet' });
  </script>`;
  await linked(async ({ host, server }) => {
    assert.deepEqual((await host.until('hello')).who, { app: 'duet', slot: '' });
    assert.deepEqual(server.fetched.sort(), ['/client/link/link_bg.wasm', '/client/link/slim.js']);
  }, html);
});
