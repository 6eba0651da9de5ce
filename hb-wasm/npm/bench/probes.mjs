// What the probes of a page cost its own thread, beside what they avoid: in Chromium with GL by the processor. Prints rows
// of Markdown. Not here: `tick` (tick.mjs).
//
//   node bench/probes.mjs

import { browser, listen } from '../test/stage.mjs';

const server = await listen({ '/': '<!doctype html><canvas id="c" width="1920" height="1080"></canvas>' });
const chromium = await browser();
try {
  const tab = await chromium.newPage();
  await tab.goto(server.origin);
  const rows = await tab.evaluate(async () => {
    const gl = c.getContext('webgl2');
    const small = new OffscreenCanvas(16, 16).getContext('2d', { willReadFrequently: false });
    const own = new OffscreenCanvas(1, 1).getContext('webgl2');
    own.bindTexture(own.TEXTURE_2D, own.createTexture());
    own.bindFramebuffer(own.FRAMEBUFFER, own.createFramebuffer());
    own.framebufferTexture2D(own.FRAMEBUFFER, own.COLOR_ATTACHMENT0, own.TEXTURE_2D, own.getParameter(own.TEXTURE_BINDING_2D), 0);
    own.bindBuffer(own.PIXEL_PACK_BUFFER, own.createBuffer());
    own.bufferData(own.PIXEL_PACK_BUFFER, 1024, own.STREAM_READ);
    const pixel = new Uint8Array(4);
    const pixels = new Uint8Array(1024);
    const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    const times = new Map();
    const timed = (name, call) => {
      const from = performance.now();
      const result = call();
      times.set(name, [...(times.get(name) ?? []), performance.now() - from]);
      return result;
    };
    const reduced = { resizeWidth: 16, resizeHeight: 16, resizeQuality: 'medium' };
    const read = (picture) => {
      small.drawImage(picture, 0, 0, 16, 16);
      small.getImageData(0, 0, 16, 16);
    };
    const draw = async () => {
      await new Promise(requestAnimationFrame);
      gl.clearColor(Math.random(), 0.5, 0.5, 1);
      gl.clear(gl.COLOR_BUFFER_BIT);
    };
    for (let round = 0; round < 60; round++) {
      await draw();
      await wait(0);
      const sync = timed('fence, made and flushed', () => {
        const made = gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
        gl.flush();
        return made;
      });
      await wait(50);
      timed('fence, looked for', () => gl.clientWaitSync(sync, 0, 0));
      await draw();
      const bitmap = timed('16 × 16, asked for', () => createImageBitmap(c, reduced));
      const made = await bitmap;
      const full = timed('16 × 16, into a buffer', () => {
        own.texImage2D(own.TEXTURE_2D, 0, own.RGBA, own.RGBA, own.UNSIGNED_BYTE, made);
        own.readPixels(0, 0, 16, 16, own.RGBA, own.UNSIGNED_BYTE, 0);
        const filled = own.fenceSync(own.SYNC_GPU_COMMANDS_COMPLETE, 0);
        own.flush();
        return filled;
      });
      do await wait(50);
      while (own.clientWaitSync(full, 0, 0) === own.TIMEOUT_EXPIRED);
      timed('16 × 16, fetched from there', () => own.getBufferSubData(own.PIXEL_PACK_BUFFER, 0, pixels));
      await draw();
      timed('not done: 16 × 16, read at once', () => read(c));
      await draw();
      timed('not done: `getError`', () => gl.getError());
      await draw();
      timed('not done: `readPixels` of one', () => gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel));
    }
    return [...times].map(([name, all]) => [name, all.sort((a, b) => a - b)[30], all[54]]);
  });
  console.log('| probe of a canvas of 1920 × 1080 | median | nine in ten within |');
  console.log('|---|---|---|');
  for (const [name, median, most] of rows) console.log(`| ${name} | ${median.toFixed(1)} ms | ${most.toFixed(1)} ms |`);
} finally {
  await chromium.close();
  server.close();
}
