/**
 * A form that takes a token once: the dialog of the dashboard, and the page `/login`.
 *
 * Not here: what comes of it (session.js).
 */

import { el, setText } from './dom.js';
import { t } from './lang.js';
import { logIn } from './session.js';

/** The form; `onDone` when somebody is logged in. */
export function loginForm(onDone) {
  const token = el('input', 'text');
  // No manager of passwords keeps it, and nobody reads it over a shoulder.
  token.type = 'password';
  token.autocomplete = 'off';
  token.spellcheck = false;
  token.required = true;
  token.placeholder = 'hb_…';
  const button = el('button', 'action', t('Log in'));
  const said = el('p', 'refusal');
  said.setAttribute('role', 'alert');
  // On this machine nothing is on the way; elsewhere the browser says whether somebody could be.
  const warning = el('p', 'says', t('This page came without TLS: whoever is on the way can read the token.'));
  warning.hidden = isSecureContext;
  const form = el('form', 'login-form', el('label', '', el('span', 'label', t('Token')), token), button, said, warning);
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const given = token.value.trim();
    if (!given || button.disabled) return;
    button.disabled = true;
    const refused = await logIn(given);
    button.disabled = false;
    setText(said, refused);
    if (refused) {
      token.select();
    } else {
      token.value = '';
      onDone();
    }
  });
  const clear = () => {
    token.value = '';
    setText(said, '');
  };
  return { form, token, clear };
}

/** Makes `dialog` ask for a token: returns a function that resolves to whether somebody logged in. */
export function loginDialog(dialog) {
  const why = el('p', 'why');
  const { form, token, clear } = loginForm(() => dialog.close('in'));
  const cancel = el('button', 'action', t('Cancel'));
  cancel.type = 'button';
  cancel.addEventListener('click', () => dialog.close(''));
  form.append(cancel);
  const title = el('h2', '', t('Log in'));
  title.id = 'login-title';
  const help = el('p', 'says', t('On the server’s machine this makes a token:'), ' ', el('code', '', 'hb token new NAME --role operator'));
  dialog.setAttribute('aria-labelledby', title.id);
  dialog.replaceChildren(title, why, form, help);
  return (reason = '') =>
    new Promise((resolve) => {
      clear();
      setText(why, reason || t('To change something, show a token once.'));
      dialog.returnValue = '';
      dialog.addEventListener('close', () => resolve(dialog.returnValue === 'in'), { once: true });
      if (!dialog.open) dialog.showModal();
      token.focus();
    });
}
