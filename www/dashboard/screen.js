/**
 * The page of one screen, as its address names it: how it is, what to do about it, what was. What a phone shows that read the
 * code on the screen.
 *
 * Not here: what it shows (details.js).
 */

import { appOf, codeOf } from './address.js';
import { Details } from './details.js';
import { el, setText } from './dom.js';
import { bannerText, iconOf, linkText } from './head.js';
import { t } from './lang.js';
import { loginDialog } from './login.js';
import { keyOf, Model } from './model.js';
import { askWith, doorText, logOut, name, recall } from './session.js';
import { isKnown } from './standing.js';
import { openStream } from './stream.js';
import { placeOf } from './tile.js';
import { offerTongues } from './tongue.js';
import { stateOf, toneOf, visible } from './words.js';

const TICK = 200;

const byId = (id) => document.getElementById(id);
const root = byId('screen');
const waiting = byId('waiting');
const model = new Model();
const details = new Details(root, true);
let wanted = appOf(location.search);
let link = 'connecting';
let known = false;

const { head, parts } = details;
const code = el('img', 'code');
const scan = el('details', 'scan', el('summary', '', t('Open it on a phone')), code);
root.replaceChildren(
  el('header', 'state', ...head),
  ...parts.who,
  ...parts.deeds,
  el('div', 'columns', el('div', '', ...parts.was), el('div', '', ...parts.facts, scan)),
);

function render() {
  const app = wanted && model.apps.get(keyOf(wanted));
  root.hidden = !app;
  waiting.hidden = Boolean(app);
  if (!app) {
    if (details.app) details.close();
    setText(waiting, !wanted ? t('This address names no screen.') : known ? t('This screen is not known, or not any more.') : t('Waiting for the server…'));
    return;
  }
  if (code.getAttribute('src') !== codeOf(app.view)) {
    code.src = codeOf(app.view);
    code.alt = t('A code that leads to this page');
  }
  if (details.app) details.show(app);
  else details.open(app);
  const title = `${stateOf(app.view.state).label}: ${visible(app.view.app)}, ${placeOf(app.view)} – hb`;
  if (document.title !== title) document.title = title;
  const icon = iconOf(isKnown(app.view) ? 'warn' : toneOf(app.view));
  if (byId('icon').getAttribute('href') !== icon) byId('icon').setAttribute('href', icon);
}

function tick() {
  const now = performance.now();
  const stale = known && model.isStale(now, Date.now());
  document.documentElement.dataset.stale = String(stale);
  byId('link').dataset.link = stale ? 'lost' : link;
  setText(byId('link'), linkText(link, stale));
  const lost = stale || link === 'lost';
  byId('banner').hidden = !lost;
  if (lost) setText(byId('banner'), bannerText(link, model.viewAge(now, Date.now()), stale, !known));
  const upTo = model.knownUntil(now);
  details.tick(upTo, model.serverTime(upTo));
}

function onEvent(type, data) {
  // It goes on under another address: whoever looks at it goes along.
  if (type === 'event' && data?.kind === 'moved' && wanted && keyOf({ ...data, host: data.from }) === keyOf(wanted)) {
    wanted = { ...wanted, host: data.host };
  }
  const { touched, removed } = model.fold(type, data, performance.now(), Date.now());
  known ||= type === 'snapshot';
  const key = wanted && keyOf(wanted);
  if (removed.size > 0 || [...touched].some((app) => app.key === key)) render();
  if (type === 'snapshot') render();
  if (type === 'vitals' || type === 'snapshot') details.draw(model.column);
  if (['told', 'transition', 'standing'].includes(type) && (data?.app === undefined || keyOf(data) === key)) details.happened();
  tick();
}

const askForLogin = loginDialog(byId('login'));
askWith(askForLogin, () => {
  setText(byId('door'), doorText());
  details.showLock();
});
byId('door').addEventListener('click', () => void (name() === null ? askForLogin() : logOut()));
offerTongues();
void recall();

/** Where reading takes a token, a line that is refused says so to nobody but who asks; then it comes back here. */
async function goWhereItIsOpen() {
  const response = await fetch('/api/v1/apps?limit=1', { method: 'HEAD' }).catch(() => null);
  if (response?.status === 401) void askForLogin(t('To see it, show a token once.')).then((is) => is && location.reload());
}

render();
setInterval(tick, TICK);
openStream('/api/v1/events', {
  onEvent,
  onLink(word) {
    link = word;
    if (word === 'lost' && !known) void goWhereItIsOpen();
    tick();
  },
});
