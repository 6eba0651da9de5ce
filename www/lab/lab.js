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
let saidDone = false;

function frame(t) {
  if (throwNext) {
    throwNext = false;
    wanted = 0;
    say('the loop threw');
    throw new Error('thrown by the lab');
  }
  picture.draw(t);
  hb.tick(t);
  wanted = requestAnimationFrame(frame);
}

function draw() {
  if (wanted === 0) wanted = requestAnimationFrame(frame);
}

function say(text) {
  byId('doing').textContent = text;
}

canvas.addEventListener('webglcontextlost', (event) => {
  event.preventDefault();
  canvas.parentElement.dataset.lost = '';
  say('the context is lost');
});
canvas.addEventListener('webglcontextrestored', () => {
  picture = createPicture(canvas);
  delete canvas.parentElement.dataset.lost;
  say('drawing');
});

// ── The buttons. ──
const BUTTONS = {
  stop() {
    cancelAnimationFrame(wanted);
    wanted = 0;
    say('drawing stopped');
  },
  resume() {
    if (saidDone) hb.sendInit();
    saidDone = false;
    draw();
    say('drawing');
  },
  throw() {
    throwNext = true;
    draw();
  },
  busy() {
    const length = Number(query.get('busy') ?? 10_000);
    say('busy: this page answers nothing');
    // After the next paint, so that the words above can be read meanwhile.
    requestAnimationFrame(() => setTimeout(() => {
      const end = performance.now() + length;
      while (performance.now() < end);
      say(wanted === 0 ? 'drawing stopped' : 'drawing');
    }));
  },
  lose() {
    if (!context.isContextLost()) loss.loseContext();
  },
  restore() {
    if (context.isContextLost()) loss.restoreContext();
  },
  offline() {
    cable.cut = true;
    say('the cable is cut');
  },
  online() {
    cable.cut = false;
    say(wanted === 0 ? 'drawing stopped' : 'drawing');
  },
  done() {
    saidDone = true;
    hb.sendDone();
    say('said done');
  },
};
for (const [id, press] of Object.entries(BUTTONS)) byId(id).addEventListener('click', press);

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
  set('client-fps', rate(stats.fps));
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
draw();
