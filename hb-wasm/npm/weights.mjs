// What pages load, and how much of it may be: budgets in kB, gzipped. Not here: making any of it (build.mjs).

import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

/** Each with what is loaded along with it. */
const BUDGETS = [
  [16, 'heartbeat.global.js'],
  [16, 'index.js'],
  [8.6, 'slim.js'],
  [7.2, 'heartbeat_bg.wasm'],
  [1.5, 'video.js'],
  [1.5, 'pixels.js'],
  [38, 'link/index.js'],
  [30, 'link/slim.js', 'link/link_bg.wasm'],
];

/** What was built, weighed. */
export function weights() {
  return BUDGETS.map(([budget, ...files]) => {
    const all = files.map((file) => readFileSync(new URL('dist/' + file, import.meta.url)));
    const sum = (weigh) => all.reduce((sum, bytes) => sum + weigh(bytes), 0);
    return { name: files[0], budget, bytes: sum((it) => it.length), zipped: sum((it) => gzipSync(it, { level: 9 }).length) };
  });
}
