/**
 * What the page teaches while no screen has ever beaten: one script, one command, five demos.
 */

import { t } from './lang.js';

/** Fills the snippets with the address of this server and arms the copy buttons inside `section`. */
export function prepareLesson(section) {
  for (const code of section.querySelectorAll('code[data-origin]')) {
    code.textContent = code.textContent.replaceAll('http://localhost:8888', location.origin);
  }
  for (const button of section.querySelectorAll('button[data-copies]')) {
    button.addEventListener('click', () => copy(document.getElementById(button.dataset.copies), button));
  }
}

async function copy(code, button) {
  const range = document.createRange();
  range.selectNodeContents(code);
  getSelection().removeAllRanges();
  getSelection().addRange(range);
  let done = false;
  try {
    await navigator.clipboard.writeText(code.textContent);
    done = true;
  } catch {
    // No clipboard over plain http from another host: the old way still works, and the text stays selected.
    done = document.execCommand('copy');
  }
  button.textContent = done ? t('Copied') : t('Press Ctrl+C');
  setTimeout(() => {
    button.textContent = t('Copy');
  }, 2000);
}
