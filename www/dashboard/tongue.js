/**
 * The choice of a language, at the end of a page's foot. Not here: which there are, and what is kept of it (lang.js).
 */

import { el } from './dom.js';
import { LANGUAGES, language, speak, t } from './lang.js';

/** Puts the choice into the foot of the page. */
export function offerTongues() {
  const choice = el('select', '', ...Object.entries(LANGUAGES).map(([tag, name]) => new Option(name, tag, false, tag === language)));
  choice.id = 'tongue';
  choice.addEventListener('change', () => {
    speak(choice.value);
    const address = new URL(location.href);
    // What an address asks for goes before what is kept.
    if (!address.searchParams.has('lang')) return location.reload();
    address.searchParams.delete('lang');
    return location.replace(address);
  });
  document.querySelector('.foot nav').append(' ', el('label', 'tongue', el('span', 'unseen', t('Language')), choice));
}
