/**
 * Ripples on two ponds that are one: what is touched in one window is seen in both. The link is optional: a pond that is
 * alone still ripples.
 */
import { Link, commands } from '/client/link/index.js';

const slot = new URLSearchParams(location.search).get('HB_SLOT');
if (slot) play(slot);
else {
  for (const side of ['left', 'right']) show(side);
  caption('Touch one half: the ripple crosses to the other. ', dashboard());
}

/** One of the two windows, in a frame. */
function show(side) {
  const frame = document.createElement('iframe');
  const query = new URLSearchParams(location.search);
  query.set('HB_SLOT', side);
  Object.assign(frame, { id: side, title: side, src: `?${query}` });
  document.body.append(frame);
}

/** The line of text that stays out of the picture's way. */
function caption(...parts) {
  const line = document.createElement('p');
  line.className = 'caption';
  line.append(...parts);
  document.body.append(line);
}

function dashboard() {
  return Object.assign(document.createElement('a'), { href: '/', target: '_blank', rel: 'noopener', textContent: 'Dashboard' });
}

function play(slot) {
  const query = new URLSearchParams(location.search);
  const appId = Heartbeat.getPassedAppId('duet');
  const hb = new Heartbeat({
    url: location.origin,
    appId,
    slot,
    interval: Number(query.get('interval') ?? 5000),
    stallAfter: Number(query.get('stallAfter') ?? 3000),
    source: 'frames',
  });
  const other = slot === 'left' ? 'right' : 'left';
  const canvas = pond(hb);
  document.body.append(canvas);
  const status = document.createElement('output');
  // In a frame the page around it says the rest.
  if (parent === window) caption(status, ` Touch this window: the ripple crosses to the ${other}. `, dashboard());
  else caption(status);

  const link = new Link({ url: location.origin, appId, slot });
  canvas.addEventListener('pointerdown', (event) => {
    const at = { x: event.clientX / innerWidth, y: event.clientY / innerHeight };
    canvas.ripple({ ...at, from: slot });
    link.publish('./ripple', at);
  });
  link.subscribe(`#${other}/ripple`, (message) => canvas.ripple({ ...message.json(), from: other }));
  // Whoever comes asks whether somebody is there already.
  const greet = link.subscribe(`#${other}/hello`, (message) => {
    message.answer(`${slot} is here`);
    status.textContent = `${other} came`;
  });
  link.subscribe(`#${other}/bye`, () => (status.textContent = `${other} went`));
  addEventListener('pagehide', () => link.publish('./bye', slot));
  link.on('online', async () => {
    status.textContent = await greet.ready()
      .then(() => link.request('./hello', slot))
      .then((reply) => reply.text, (error) => error.message);
  });
  link.on('offline', ({ detail }) => (status.textContent = `alone: ${detail.reason}`));
  // What the person at the desk may do to this window, by `hb cmd "duet" --slot left message "Touch me"`.
  commands(link, { reload: true, identify: true, message: true, vitals: hb, screenshot: canvas });
}

/** A canvas on which ripples spread. Its count of them is in `dataset.ripples`, for whoever cannot see. */
function pond(hb) {
  const canvas = Object.assign(document.createElement('canvas'), { id: 'pond', className: 'picture' });
  const paint = canvas.getContext('2d');
  const ripples = [];
  canvas.dataset.ripples = '';
  canvas.ripple = ({ x, y, from }) => {
    ripples.push({ x, y, from, born: performance.now() });
    canvas.dataset.ripples += `${from} `;
  };
  const draw = (now) => {
    if (canvas.width !== innerWidth || canvas.height !== innerHeight) [canvas.width, canvas.height] = [innerWidth, innerHeight];
    paint.fillStyle = '#0b1a24';
    paint.fillRect(0, 0, canvas.width, canvas.height);
    while (ripples[0] && now - ripples[0].born > 4000) ripples.shift();
    for (const { x, y, from, born } of ripples) {
      const age = Math.max(0, now - born) / 4000;
      paint.strokeStyle = `hsl(${from === 'left' ? 190 : 35} 90% 65% / ${1 - age})`;
      paint.lineWidth = 4;
      for (const ring of [1, 0.6, 0.3]) {
        paint.beginPath();
        paint.arc(x * canvas.width, y * canvas.height, age * ring * canvas.height, 0, 2 * Math.PI);
        paint.stroke();
      }
    }
    hb.tick(now);
    requestAnimationFrame(draw);
  };
  requestAnimationFrame(draw);
  return canvas;
}
