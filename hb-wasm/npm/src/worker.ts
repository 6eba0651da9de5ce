// In the worker: speaks for a page as long as that lives, and sees when its script does not answer.
// Not here: starting and ending it (remote.ts).

import { Courier } from './courier.js';
import { Engine, instantiate } from './engine.js';
import { Place } from './place.js';
import { Post, Say, type Start } from './post.js';
import { Flag, Stat, Tell } from './words.js';

/** Hands of the module in a worker: no page, so no beacon and no frame. */
class Voice extends Courier {
  /** Asks the page what it has drawn. */
  probe(): void {
    queueMicrotask(() => say(Say.Ask, this.engine!.stat(Stat.Seq)));
  }

  drawn(): void {}
  changed(): void {}
}

/** Begins to listen to the page. */
export function attend(): void {
  let voice: Voice;
  addEventListener('securitypolicyviolation', ({ disposition, effectiveDirective, blockedURI }) =>
    say(Say.Violated, { disposition, effectiveDirective, blockedURI }),
  );
  onmessage = ({ data: [what, ...words] }) => {
    const [a, b] = words;
    if (what === Post.Module) {
      instantiate(a);
      say(Say.Ready);
    } else if (what === Post.Start) {
      const [place, boot, now, presence, flags, ...engine] = words as Start;
      voice = new Voice(Object.setPrototypeOf(place, Place.prototype), boot, (status) => say(Say.Settled, status), (asked) => say(Say.Asked, asked));
      // Late by the way of the message, so never ahead of the page.
      voice.late = now - performance.now();
      voice.presence.always = presence;
      voice.engine = new Engine(voice, flags | Flag.Remote, ...engine);
    } else if (what === Post.Tell) {
      voice.engine!.tell(a, b);
    } else if (what === Post.Drawn) {
      voice.lastError = words[5];
      while (words[4]-- > 0) voice.engine!.tell(Tell.Error, 0);
      voice.engine!.drawn(a, b, words[2], words[3]);
    } else if (what === Post.Take) {
      voice.presence.take(a);
      // Whom the page has reached knows it: nobody need wait for the next beat.
      voice.knock(b);
    } else {
      voice.presence.answer(a);
    }
  };
}

function say(...words: unknown[]): void {
  postMessage(words);
}
