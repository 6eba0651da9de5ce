// A page to break, under two watchers: hb, and the original client's way, a ping by `setInterval`. The runner of
// `cargo xtask truth` calls what stands in `truth`. Not here: what the server is to believe of it (the cases).

'use strict';

/** The wall clock when the page began. */
const born = Date.now();
const query = new URLSearchParams(location.search);
const server = query.get('server');
const interval = 1000;

// ── The original's way: one XHR by setInterval, whatever is drawn (client/js of hilbert-heartbeat). ──
function ping() {
  const request = new XMLHttpRequest();
  request.timeout = Math.max(10000, 2 * interval);
  request.open('GET', `${server}/hb_ping?${interval}&appid=${query.get('app')}-interval&cache_buster=${Date.now()}`);
  request.send();
}
ping();
setInterval(ping, interval);

// ── hb, as its documents say. ──
const canvas = document.querySelector('canvas');
const gl = canvas.getContext('webgl2');
const hb = new Heartbeat({
  url: server,
  appId: query.get('app'),
  interval,
  stallAfter: 2000,
  startupGrace: Number(query.get('grace') ?? 5000),
  source: query.get('source') ?? 'frames',
  whenHidden: query.get('hidden') ?? 'report',
  gl: gl ?? undefined,
});
const links = new Map();
hb.on('link', ({ detail }) => links.set(detail.link, Date.now()));

// ── Who looks at the picture, where it is told to (hb-heartbeat/pixels). ──
if (query.has('pixels')) {
  void import(new URL('pixels.js', location.href).href)
    .then(({ watchPixels }) => watchPixels(hb, canvas, { every: 500, stuckAfter: 2000 }));
}

// ── The picture: two colours, one of which changes. Where there is no WebGL, the other canvas. ──
if (query.has('large')) canvas.style = 'position: fixed; inset: 0; width: 100%; height: 100%';
const pen = gl ? undefined : canvas.getContext('2d');
let still = false;
function paint(t) {
  const light = still ? 0.5 : (t / 1000) % 1;
  for (const [left, green] of [[0, 0.3], [32, light]]) {
    if (gl) {
      gl.enable(gl.SCISSOR_TEST);
      gl.scissor(left, 0, 32, 64);
      gl.clearColor(light, green, 1 - light, 1);
      gl.clear(gl.COLOR_BUFFER_BIT);
    } else {
      pen.fillStyle = `rgb(${light * 255} ${green * 255} ${255 - light * 255})`;
      pen.fillRect(left, 0, 32, 64);
    }
  }
}

// ── Its loop: the naive one, which a throw ends, or one that asks for the next frame first, as three.js does. ──
let harm = '';
let wanted = 0;
function work(t) {
  if (harm) throw new Error(harm);
  paint(t);
  hb.tick(t);
}
function frame(t) {
  if (query.has('rearm')) wanted = requestAnimationFrame(frame);
  work(t);
  if (!query.has('rearm')) wanted = requestAnimationFrame(frame);
}
const draw = () => {
  cancelAnimationFrame(wanted);
  harm = '';
  wanted = requestAnimationFrame(frame);
};

canvas.addEventListener('webglcontextlost', (event) => event.preventDefault());
const loss = gl?.getExtension('WEBGL_lose_context');
let kept = false;
addEventListener('pageshow', (event) => (kept ||= event.persisted));

globalThis.truth = {
  draw,
  stop: () => cancelAnimationFrame(wanted),
  fail: () => (harm = 'thrown to see what is noticed'),
  freeze: () => (still = true),
  thaw: () => (still = false),
  lose: () => loss.loseContext(),
  restore: () => loss.restoreContext(),
  /** Nothing else runs for `ms`, and not at once: whoever asked is answered. */
  hang: (ms) => {
    setTimeout(() => {
      const until = performance.now() + ms;
      while (performance.now() < until);
    });
  },
  born: () => String(born),
  /** The wall clock when the link became `word`; it may be so already. */
  link: (word) =>
    new Promise((resolve) => {
      if (hb.link === word) resolve(String(links.get(word) ?? Date.now()));
      else hb.on('link', ({ detail }) => detail.link === word && resolve(String(Date.now())));
    }),
  /** Every word that the link ever was, with the wall clock. */
  links: () => JSON.stringify([...links, ['now', hb.link]]),
  /** What it knows of itself, for people. */
  says: () => JSON.stringify({ visible: document.visibilityState, link: hb.link, state: hb.state, ...hb.stats() }),
  /** Whether this page was kept and shown again. */
  kept: () => String(kept),
};

if (!query.has('never') && query.get('source') !== 'demand') draw();
