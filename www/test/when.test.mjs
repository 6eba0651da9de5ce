/** Times as somebody reads them who is not where the house is. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

process.env.TZ = 'Asia/Tokyo';
const { clock, clockFace, houseIsIn, moment } = await import('../dashboard/when.js');

const NOW = Date.parse('2026-11-21T05:30:00Z');

test('a time says its zone where the house has another', () => {
  for (const [zone, label] of [
    ['Europe/Berlin', '\u00a0GMT+9'],
    ['Asia/Tokyo', ''],
    ['Asia/Seoul', ''],
    [null, ''],
    [undefined, ''],
    ['Mars/Olympus', ''],
  ]) {
    houseIsIn(zone);
    assert.equal(moment(NOW, NOW), `14:30${label}`, String(zone));
    assert.equal(clock(NOW, NOW), `14:30:00${label}`, String(zone));
    assert.equal(clockFace(NOW).time, `14:30${label}`, String(zone));
    assert.equal(moment(NOW + 86_400_000, NOW), `Sun 14:30${label}`, String(zone));
  }
});

test('summer time of the house alone makes the difference', () => {
  houseIsIn('Asia/Seoul');
  assert.equal(moment(NOW, NOW), '14:30');
  houseIsIn('Australia/Sydney');
  assert.equal(moment(NOW, NOW), '14:30\u00a0GMT+9');
});
