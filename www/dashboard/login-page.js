/**
 * `/login`: takes the one-time address, `/login#hb_…`, or a token that is typed, and goes on to the dashboard.
 *
 * The part behind the # is sent to no server by itself and stands in no log; it leaves the address bar at once.
 */

import { setText } from './dom.js';
import { t } from './lang.js';
import { loginForm } from './login.js';
import { logIn } from './session.js';
import { offerTongues } from './tongue.js';

const said = document.getElementById('said');
const home = () => location.replace('/');
const { form, token } = loginForm(home);
const given = decodeURIComponent(location.hash.slice(1));
history.replaceState(null, '', location.pathname);
offerTongues();

function show(text) {
  setText(said, text);
  document.getElementById('place').replaceChildren(form);
  token.focus();
}

if (given) {
  const refused = await logIn(given);
  if (refused) show(`${refused} ${t('An address like this is good once, for 15 minutes. On the server’s machine, hb login makes another.')}`);
  else home();
} else {
  show(t('Show a token once: this browser stays logged in for 7 days.'));
}
