/**
 * The live line to the server: one EventSource on /api/v1/events, kept alive.
 *
 * Three things end a line: the network (EventSource retries by itself), an error answer (it gives up; we open anew),
 * and a peer that died without a word (the second-by-second `vitals` stop; we open anew). A hidden page closes its
 * line, since a browser has only six connections per host, and resumes with a fresh snapshot.
 * What it says of the house's time zone goes to when.js, before anybody tells a time.
 */

import { houseIsIn } from './when.js';

const TYPES = ['snapshot', 'transition', 'event', 'reset', 'vitals', 'standing', 'told'];
/** Ten missed signs of life: the line is dead even if the system has not noticed. */
const DEAD_AFTER = 10_000;
const RETRY = [500, 1000, 2000, 4000];

/**
 * Opens the line. `onEvent(type, data)` gets every event with its parsed JSON, `onLink(word)` one of `connecting`,
 * `live`, `lost`, `paused` on each change.
 * @returns {() => void} closes it for good
 */
export function openStream(url, { onEvent, onLink }) {
  let source = null;
  let retry = 0;
  let failures = 0;
  let watchdog = 0;
  let link = '';

  const say = (word) => {
    if (word === link) return;
    link = word;
    onLink(word);
  };

  const close = () => {
    clearTimeout(retry);
    clearTimeout(watchdog);
    source?.close();
    source = null;
  };

  const reopen = () => {
    close();
    say('lost');
    retry = setTimeout(open, RETRY[Math.min(failures, RETRY.length - 1)]);
    failures += 1;
  };

  const heard = () => {
    failures = 0;
    say('live');
    clearTimeout(watchdog);
    watchdog = setTimeout(reopen, DEAD_AFTER);
  };

  const open = () => {
    close();
    if (link === '' || link === 'paused') say('connecting');
    source = new EventSource(url);
    watchdog = setTimeout(reopen, DEAD_AFTER);
    for (const type of TYPES) {
      source.addEventListener(type, (event) => {
        heard();
        const data = parse(event.data);
        if (type === 'snapshot') houseIsIn(data?.zone);
        onEvent(type, data);
      });
    }
    source.addEventListener('error', () => {
      // CONNECTING: the browser is already trying again, with Last-Event-ID. CLOSED: it has given up.
      if (source?.readyState === EventSource.CLOSED) reopen();
      else say('lost');
    });
  };

  const onVisibility = () => {
    if (document.visibilityState === 'hidden') {
      close();
      say('paused');
    } else if (!source) {
      open();
    }
  };

  document.addEventListener('visibilitychange', onVisibility);
  onVisibility();
  return () => {
    document.removeEventListener('visibilitychange', onVisibility);
    close();
  };
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
