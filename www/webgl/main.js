/**
 * A moving shader in plain WebGL2, watched by hb. What hb needs is marked; all the rest is the picture.
 */

import { createPicture } from './aurora.js';

const canvas = document.getElementById('picture');
const query = new URLSearchParams(location.search);

// ── hb, part 1: who this screen is and where the server is. The address of the page may say otherwise. ──
const hb = new Heartbeat({
  url: Heartbeat.getPassedUrl(location.origin),
  appId: Heartbeat.getPassedAppId('webgl'),
  interval: Number(query.get('interval') ?? 5000),
  stallAfter: Number(query.get('stallAfter') ?? 3000),
  source: 'frames',
  gl: canvas,
});
// What people may do to this page from the dashboard.
hb.commands({ reload: true, identify: true });

let picture = createPicture(canvas);

function frame(t) {
  requestAnimationFrame(frame);
  picture.draw(t);
  hb.tick(t); // ── hb, part 2: the one line. Last, so that a frame which throws does not count. ──
}
requestAnimationFrame(frame);

// A lost context comes back only if the page asks for it; hb sees the loss by itself.
canvas.addEventListener('webglcontextlost', (event) => event.preventDefault());
canvas.addEventListener('webglcontextrestored', () => {
  picture = createPicture(canvas);
});
