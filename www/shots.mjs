/**
 * Takes pictures of one page at three sizes, light and dark: `node shots.mjs URL OUT_DIR [name]`.
 *
 * Needs playwright-core somewhere (PLAYWRIGHT_CORE names its folder when it is not installed here) and a Chromium
 * (CHROMIUM, default /usr/bin/chromium). Not part of any build: it is how we look at what we made.
 */

import { mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const SIZES = [[360, 740], [1440, 900], [3840, 2160]];
const FLAGS = ['--no-sandbox', '--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--disable-background-networking'];

const [url, out, name = 'page'] = process.argv.slice(2);
if (!url || !out) {
  console.error('usage: node shots.mjs URL OUT_DIR [name]');
  process.exit(2);
}
const wait = Number(process.env.SHOT_WAIT ?? 3000);
const require = createRequire(import.meta.url);
const { chromium } = require(process.env.PLAYWRIGHT_CORE ?? 'playwright-core');

await mkdir(out, { recursive: true });
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: FLAGS });
for (const scheme of ['light', 'dark']) {
  for (const [width, height] of SIZES) {
    const page = await browser.newPage({ viewport: { width, height }, colorScheme: scheme });
    page.on('console', (message) => message.type() === 'error' && console.error(`${name} ${width} ${scheme}: ${message.text()}`));
    page.on('pageerror', (error) => console.error(`${name} ${width} ${scheme}: ${error.message}`));
    await page.goto(url);
    await page.waitForTimeout(wait);
    await page.screenshot({ path: join(out, `${name}-${width}-${scheme}.png`) });
    await page.close();
  }
}
await browser.close();
