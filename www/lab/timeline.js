/**
 * Two lanes over the last minute, the page's belief above the server's, and a list of every change with its time.
 */

const SPAN = 60_000;
const LONGEST_LOG = 60;

/** Words of both sides by tone; a word that is not here is neutral. */
const TONES = {
  good: ['ok', 'slow', 'idle', 'up'],
  wait: ['starting', 'leaving', 'reconnecting'],
  warn: ['hidden', 'frozen', 'late'],
  bad: ['no-frames', 'main-blocked', 'context-lost', 'gpu-stuck', 'picture-stuck', 'stalled', 'down', 'missing'],
};

function toneOf(word) {
  return Object.keys(TONES).find((tone) => TONES[tone].includes(word)) ?? 'rest';
}

export class Timeline {
  #lanes;
  #log;

  constructor(client, server, log) {
    this.#lanes = { page: lane(client), server: lane(server) };
    this.#log = log;
  }

  /** The page believes `word` at `now`; returns the tone of the word. */
  client(word, now) {
    return this.#note('page', word, '', now);
  }

  /** The server believes `word` for `cause` at `now`; returns the tone of the word. */
  server(word, cause, now) {
    return this.#note('server', word, cause === 'none' ? '' : cause, now);
  }

  /** Moves both lanes on to `now`. */
  draw(now) {
    for (const { node, spans } of Object.values(this.#lanes)) {
      while (spans.length > 1 && spans[1].from < now - SPAN) spans.shift().block.remove();
      spans.forEach((span, i) => {
        const left = Math.max(0, share(now - span.from));
        const right = i + 1 < spans.length ? share(now - spans[i + 1].from) : 100;
        span.block.style.left = `${left.toFixed(2)}%`;
        span.block.style.width = `${Math.max(0, right - left).toFixed(2)}%`;
        if (!span.block.parentNode) node.append(span.block);
      });
    }
  }

  #note(side, word, cause, now) {
    const { spans } = this.#lanes[side];
    const tone = toneOf(word);
    const last = spans.at(-1);
    if (last?.word === word && last.cause === cause) return tone;
    const block = document.createElement('span');
    block.className = 'span';
    block.dataset.tone = tone;
    block.textContent = cause ? `${word}: ${cause}` : word;
    // Shorter than its word for as long as it is young.
    block.title = block.textContent;
    spans.push({ word, cause, from: now, block });
    this.#write(side, word, cause, tone);
    return tone;
  }

  #write(side, word, cause, tone) {
    const item = document.createElement('li');
    item.dataset.tone = tone;
    const parts = { at: clock(), side, word, cause };
    for (const [name, text] of Object.entries(parts)) {
      const span = document.createElement('span');
      span.className = name;
      span.textContent = text;
      item.append(span);
    }
    this.#log.prepend(item);
    while (this.#log.children.length > LONGEST_LOG) this.#log.lastElementChild.remove();
  }
}

function lane(node) {
  return { node, spans: [] };
}

/** Where in a lane, in percent of its width, something `age` ms old stands. */
function share(age) {
  return 100 - (age / SPAN) * 100;
}

function clock() {
  const now = new Date();
  return `${now.toLocaleTimeString('en-GB')}.${Math.floor(now.getMilliseconds() / 100)}`;
}
