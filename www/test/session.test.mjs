/** Who this browser is: what is asked of a person, and that nothing is sent twice that was done. */

import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';

import { askWith, isLocked, logIn, logOut, name, refusalOf, send } from '../dashboard/session.js';

const real = globalThis.fetch;
const stored = new Map();
Object.defineProperty(globalThis, 'localStorage', {
  value: {
    getItem: (name) => stored.get(name) ?? null,
    setItem: (name, value) => stored.set(name, value),
    removeItem: (name) => stored.delete(name),
  },
});
afterEach(() => {
  globalThis.fetch = real;
});

/** A server that answers with these, in turn; keeps what it was asked. */
function server(...answers) {
  const asked = [];
  globalThis.fetch = async (url, options = {}) => {
    asked.push({ url, ...options });
    const [status, body = ''] = answers.shift() ?? [500];
    return new Response(status === 204 ? null : body, { status });
  };
  return asked;
}

const change = () => send('/x', { method: 'DELETE', patience: 1000 });

test('what needs a login asks for it once, and then goes on', async () => {
  const whys = [];
  askWith(async (why) => whys.push(why) > 0, () => {});
  const asked = server([401], [204]);
  assert.equal((await change()).status, 204);
  assert.deepEqual(whys, ['']);
  assert.deepEqual(asked.map(({ method, headers }) => [method, headers['X-HB']]), [['DELETE', '1'], ['DELETE', '1']]);
});

test('who does not log in has changed nothing', async () => {
  askWith(async () => false, () => {});
  const asked = server([401]);
  assert.equal((await change()).status, 401);
  assert.equal(asked.length, 1);
});

test('a token is shown once and only its holder is remembered', async () => {
  let told = 0;
  askWith(async () => false, () => (told += 1));
  const asked = server([200, '{"name":"ada","role":"operator","key":"hb_2"}'], [403, '{}'], [204]);
  assert.equal(await logIn('hb_1'), '');
  assert.deepEqual([name(), isLocked(), told], ['ada', false, 1]);
  assert.deepEqual(JSON.parse(asked[0].body), { token: 'hb_1' });
  assert.equal((await change()).status, 403, 'an operator is not asked who it is');
  assert.equal(asked[1].headers['X-HB'], 'hb_2', 'its key, which no cookie holds');
  await logOut();
  assert.equal(stored.size, 0);
  assert.deepEqual([name(), isLocked(), told], [null, true, 2]);
});

test('who may only look is told so', async () => {
  let why = null;
  askWith(async (said) => ((why = said), false), () => {});
  server([200, '{"name":"wall","role":"viewer"}'], [403, '{}']);
  await logIn('hb_1');
  assert.equal(isLocked(), true);
  assert.equal((await change()).status, 403);
  assert.match(why, /“wall” may only look/);
});

test('a refusal says what to do', () => {
  assert.equal(refusalOf(200, '{}'), '');
  assert.match(refusalOf(401, ''), /not in force/);
  assert.match(refusalOf(429, '', '6'), /in 6 seconds/);
  assert.match(refusalOf(0, ''), /did not answer/);
  assert.match(refusalOf(503, '{"detail":"the disk is full"}'), /the disk is full/);
  assert.match(refusalOf(502, '<html>'), /502/);
});
