/**
 * The language of the pages. A text is written in English where it is used, as `t('Nothing is muted.')`; what it is in another
 * language stands in `lang/<language>.json`, under the English text.
 *
 * Whoever imports this waits until the texts are there, so a table of a module may hold them. Not here: what the server says of
 * a state, which comes in English and is looked up like any other text.
 */

/** The languages that have a file, and English, which needs none; each as it calls itself. */
export const LANGUAGES = Object.freeze({ en: 'English', de: 'Deutsch' });

const KEY = 'hb-lang';
/** How long the texts may take, ms: a wall in English is better than none. */
const PATIENCE = 5000;
const inBrowser = typeof document !== 'undefined';

/** The language that is spoken here: what was chosen, else the first that the browser asks for and we have. */
export const language = inBrowser ? chosen() : 'en';
/** For dates and numbers. */
export const locale = language === 'en' ? 'en-GB' : language;

const SEPARATOR = new Intl.NumberFormat(locale).format(1.5).charAt(1);

const texts = language === 'en' ? new Map() : await read(language);

if (inBrowser) {
  document.documentElement.lang = texts.size > 0 ? language : 'en';
  translate(document);
  // What the style sheet says of a state that is over.
  if (texts.size > 0) document.documentElement.style.setProperty('--was', JSON.stringify(`${t('was')} `));
}

/** A text in the language of the page; `{name}` in it becomes what `values` has of that name. */
export function t(text, values) {
  const said = texts.get(text) ?? text;
  return values ? said.replace(/\{(\w+)\}/g, (hole, name) => (name in values ? String(values[name]) : hole)) : said;
}

/** A number with so many decimals. */
export function decimal(value, digits) {
  const written = value.toFixed(digits);
  return language === 'en' ? written : written.replace('.', SEPARATOR);
}

/** Speaks another language from the next page on, in this browser. */
export function speak(next) {
  try {
    localStorage.setItem(KEY, next);
  } catch {
    // A browser that keeps nothing speaks what it asks for.
  }
}

/** Says what stands in markup: an element's `data-t` names its attributes that are text, and `text` is its own. */
function translate(root) {
  for (const node of root.querySelectorAll('[data-t]')) {
    for (const name of node.dataset.t.split(' ')) {
      if (name === 'text') node.textContent = t(node.textContent.trim().replace(/\s+/g, ' '));
      else node.setAttribute(name, t(node.getAttribute(name)));
    }
  }
}

function chosen() {
  let kept = null;
  try {
    kept = localStorage.getItem(KEY);
  } catch {
    // Nothing is kept.
  }
  const wanted = [new URLSearchParams(location.search).get('lang'), kept, ...(navigator.languages ?? [])];
  return wanted.map((tag) => tag?.toLowerCase().split('-')[0]).find((tag) => Object.hasOwn(LANGUAGES, tag ?? '')) ?? 'en';
}

async function read(name) {
  try {
    const response = await fetch(`/lang/${name}.json`, { signal: AbortSignal.timeout(PATIENCE) });
    return new Map(response.ok ? Object.entries(await response.json()) : []);
  } catch {
    return new Map();
  }
}
