// The tasks for Windows' scheduler: by the schema that stands beside this. Not here: Windows itself, which nobody has run them on
// here; whether hb takes their arguments (hb-server/tests/cli/samples.rs).

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const path = (name) => fileURLToPath(new URL(name, import.meta.url));

// What xmllint, of Debian's libxml2-utils, complains of.
function complaints(text) {
  const ended = spawnSync('xmllint', ['--noout', '--nonet', '--schema', path('task.xsd'), '-'], { input: text, encoding: 'utf8' });
  if (ended.error) throw ended.error;
  return ended.status === 0 ? '' : ended.stderr;
}

for (const name of ['hb-kiosk.xml', 'hb-serve.xml']) {
  const text = readFileSync(path(`../windows/${name}`), 'utf8');

  test(`${name} is a task`, () => {
    assert.equal(complaints(text), '');
    // Without a word about it XML is UTF-8, and what is ASCII is read by everybody.
    assert.doesNotMatch(text, /encoding=|[^\x00-\x7f]/);
  });

  test(`${name} with a mistake is none`, () => {
    for (const [right, wrong] of [
      ['<Enabled>true<', '<Enabled>maybe<'],
      ['IgnoreNew', 'Ignore'],
      ['PT1M', 'PT1S'],
      ['<Count>255<', '<Count>999<'],
      ['S-1-5-', 'LOCAL SERVICE-'],
      ['Context="Author"', 'Context="Nobody"'],
      ['LeastPrivilege', 'Least'],
      ['<Settings>', '<Settings><Bogus/>'],
      ['2004/02/mit/task', '2004/02/mit/tsak'],
      ['</Task>', ''],
    ]) {
      assert.ok(text.includes(right), right);
      assert.notEqual(complaints(text.replace(right, wrong)), '', wrong);
    }
  });
}
