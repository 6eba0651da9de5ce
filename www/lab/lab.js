/**
 * A page to break: a picture, buttons that harm it, and what the client and the server believe about it.
 *
 * Address: HB_APP_ID (default "lab"), HB_URL, interval, stallAfter, and busy, the length of the busy loop in ms.
 */

import { createPicture } from '/demo/webgl/aurora.js';
import { rateOf } from '/model.js';
import { age, rate, ratio, sentence } from '/words.js';
import { watchServer } from './server.js';
import { Timeline } from './timeline.js';

/** Without a frame for so long the picture stands still, ms. */
const STILL = 1000;

const byId = (id) => document.getElementById(id);
const query = new URLSearchParams(location.search);
const appId = Heartbeat.getPassedAppId('lab');
const canvas = byId('picture');
const cable = window.labCable;

const hb = new Heartbeat({
  url: Heartbeat.getPassedUrl(location.origin),
  appId,
  interval: Number(query.get('interval') ?? 5000),
  stallAfter: Number(query.get('stallAfter') ?? 3000),
  source: 'frames',
  gl: canvas,
});

// ── The picture and its loop: the usual naive one, which a throw ends for good. ──
let picture = createPicture(canvas);
const context = canvas.getContext('webgl2');
const loss = context.getExtension('WEBGL_lose_context');
let wanted = 0;
let throwNext = false;

// ── What is broken now: the name of the button that did it, or nothing. ──
let ended = '';
let busy = false;
let saidDone = false;

function frame(t) {
  if (throwNext) {
    throwNext = false;
    end('throw');
    throw new Error('thrown by the lab');
  }
  picture.draw(t);
  hb.tick(t);
  wanted = requestAnimationFrame(frame);
}

function draw() {
  if (wanted === 0) wanted = requestAnimationFrame(frame);
}

function end(by) {
  cancelAnimationFrame(wanted);
  wanted = 0;
  ended = by;
  showHarm();
}

canvas.addEventListener('webglcontextlost', (event) => {
  event.preventDefault();
  canvas.parentElement.dataset.lost = '';
  showHarm();
});
canvas.addEventListener('webglcontextrestored', () => {
  picture = createPicture(canvas);
  delete canvas.parentElement.dataset.lost;
  showHarm();
});

// ── The buttons. ──
const BREAK = {
  stop: () => end('stop'),
  throw() {
    throwNext = true;
    draw();
  },
  busy() {
    const length = Number(query.get('busy') ?? 10_000);
    busy = true;
    // After the next paint, so that what it does can be read meanwhile.
    requestAnimationFrame(() => setTimeout(() => {
      const until = performance.now() + length;
      while (performance.now() < until);
      busy = false;
      showHarm();
    }));
  },
  lose: () => loss.loseContext(),
  offline() {
    cable.cut = true;
  },
  done() {
    saidDone = true;
    hb.sendDone();
  },
};

const MEND = {
  resume() {
    if (saidDone) hb.sendInit();
    saidDone = false;
    throwNext = false;
    ended = '';
    draw();
  },
  restore() {
    if (context.isContextLost()) loss.restoreContext();
  },
  online() {
    cable.cut = false;
  },
};

/** Which button mends what another broke; a busy page mends itself. */
const MENDS = { stop: 'resume', throw: 'resume', lose: 'restore', offline: 'online', done: 'resume' };

for (const [id, harm] of Object.entries(BREAK)) {
  byId(id).addEventListener('click', () => {
    if (!broken()[id]) harm();
    else MEND[MENDS[id]]?.();
    showHarm();
  });
}
for (const [id, mend] of Object.entries(MEND)) {
  byId(id).addEventListener('click', () => {
    mend();
    showHarm();
  });
}

function broken() {
  return { stop: ended === 'stop', throw: ended === 'throw', busy, lose: context.isContextLost(), offline: cable.cut, done: saidDone };
}

/** Shows which harm is in force: its button stays pressed, the one that mends it stands out, and the picture says it. */
function showHarm() {
  const now = broken();
  for (const id of Object.keys(BREAK)) byId(id).setAttribute('aria-pressed', String(now[id]));
  for (const id of Object.keys(MEND)) {
    byId(id).classList.toggle('due', Object.keys(MENDS).some((harm) => MENDS[harm] === id && now[harm]));
  }
  const picture = now.busy ? 'busy: this page answers nothing' : now.lose ? 'the context is lost'
    : now.stop ? 'drawing stopped' : now.throw ? 'the loop threw' : 'drawing';
  set('doing', [picture, now.offline && 'the cable is cut', now.done && 'said done'].filter(Boolean).join(', '));
}

// ── The two beliefs. ──
const timeline = new Timeline(byId('lane-client'), byId('lane-server'), byId('log'));

function set(id, text) {
  const node = byId(id);
  if (node.textContent !== text) node.textContent = text;
}

function showClient() {
  const { state, link } = hb;
  const stats = hb.stats();
  set('client-state', state);
  byId('client-state').dataset.tone = timeline.client(state, performance.now());
  set('client-link', link);
  set('client-age', Number.isFinite(stats.lastFrameAgo) ? `${age(stats.lastFrameAgo)} ago` : '–');
  // The mean of the last seconds falls slowly; what a person sees is that nothing moves.
  set('client-fps', stats.lastFrameAgo > STILL ? `0, no frames for ${age(stats.lastFrameAgo)}` : rate(stats.fps));
  set('client-frames', stats.frames.toLocaleString('en'));
  set('client-beats', `${stats.pings}, ${stats.failures}`);
}

const server = watchServer(appId, () => cable.boot);

function showServer() {
  const now = performance.now();
  const { view, heard, stale, frameAge, overdue } = server.read(now);
  if (!heard) return;
  const state = stale ? 'no connection' : view?.state ?? 'never heard of it';
  set('server-state', state);
  byId('server-state').dataset.tone = timeline.server(state, view?.cause ?? 'none', now);
  set('server-cause', view && view.cause !== 'none' ? view.cause : '–');
  set('server-age', frameAge === null ? '–' : `${age(frameAge)} ago`);
  set('server-fps', view ? rate(rateOf(view)) : '–');
  set('server-frames', Number.isFinite(view?.vitals?.frames) ? view.vitals.frames.toLocaleString('en') : '–');
  set('server-overdue', ratio(overdue ?? NaN));
  set('server-sentence', sentence(view?.sentence));
}

server.onChange = showServer;
hb.on('state', showClient);
hb.on('link', showClient);
setInterval(() => {
  showClient();
  showServer();
  timeline.draw(performance.now());
}, 200);
showHarm();
draw();
