/**
 * How names that are too long for their place are cut: so that each still tells its screen from all others beside it.
 *
 * Pure: how wide a text is, it asks `widthOf` (ruler.js). Not here: what a screen is called (wall-names.js, tile.js).
 */

const CUT = '…';
/** How much of the room the end of a name gets, tried in this order: beginning and end say most of what a name says. */
const SHARES = [0.5, 0.6, 0.7, 0.8, 0.9, 1, 0.4, 0.3, 0.2, 0.1, 0];
/** How much of the room whole words have to fill, or a word is cut. */
const LEAST = 0.5;
/** Behind these a name may be broken, and what all names begin with ends. */
const BREAK = /[\s\-._/:·,]/u;

/**
 * `name` as it is where it fits into `room`; else cut where what is left is of no other of `names`; where every cut is of
 * several, its number among them stands before it.
 */
export function telling(name, names, room, widthOf) {
  if (widthOf(name) <= room) return name;
  const signs = Array.from(name);
  const others = names.filter((it) => it !== name);
  const between = ofWords(signs, room - widthOf(CUT), widthOf).find((it) => others.every(telledBy(it)));
  if (between) return between.join(CUT);
  // Within a word, but rather at one end than at both.
  for (const [whole, share] of [true, false].flatMap((whole) => SHARES.map((share) => [whole, share]))) {
    const both = ends(signs, room - widthOf(CUT), share, whole, widthOf);
    if (others.every(telledBy(both))) return both.join(CUT);
  }
  for (const from of [...startsOf(signs), ...signs.keys()].filter(Boolean)) {
    const most = longest(signs.slice(from), room - widthOf(CUT) * 2, widthOf);
    const middle = [bare(upToBreak(most)), most].find((it) => it && !others.some((other) => other.includes(it)));
    if (middle) return `${CUT}${middle}${CUT}`;
  }
  const number = `${names.indexOf(name) + 1} `;
  return `${number}${longest(signs, room - widthOf(number) - widthOf(CUT), widthOf)}${CUT}`;
}

/** The same in two lines of `room` each, where one does not hold all of it. */
export function inTwoLines(name, names, room, widthOf) {
  if (widthOf(name) <= room) return name;
  const most = longest(Array.from(name), room, widthOf);
  const whole = upToBreak(most);
  // Between two words, unless the second of them alone needs more than a line.
  const first = whole && widthOf(firstWord(name.slice(whole.length))) <= room ? whole : most;
  const rest = (it) => it.slice(first.length);
  return `${first}\n${telling(rest(name), names.filter((it) => it.startsWith(first)).map(rest), room, widthOf)}`;
}

/** What all `names` begin with, in whole words: what is left of each begins with a letter, as "2" alone says little. */
export function commonStart(names) {
  if (names.length < 2) return '';
  const [first, ...others] = names;
  let same = 0;
  while (same < first.length && others.every((it) => it[same] === first[same])) same += 1;
  for (let at = same; at > 0; at -= 1) {
    if (BREAK.test(first[at - 1]) && names.every((it) => /^\p{L}/u.test(it.slice(at)))) return first.slice(0, at);
  }
  return '';
}

/** The domain that all `hosts` are of, with its dot; empty where one has none, and of addresses. */
export function commonDomain(hosts) {
  const domains = new Set(hosts.map((host) => (/^[\d.]+$|:/.test(host) ? '' : (/\..*$/.exec(host)?.[0] ?? ''))));
  return domains.size === 1 ? [...domains][0] : '';
}

/** Whether another name is not what is left of this one, its beginning and its end. */
function telledBy([head, tail]) {
  return (it) => it.length < head.length + tail.length || !it.startsWith(head) || !it.endsWith(tail);
}

/**
 * Beginnings and ends of whole words, `[head, tail]`, that leave not too little; the fullest first, and those without an end
 * after all others, then those without a beginning. None where one word alone is wider than `room`: that is what has to be cut.
 */
function ofWords(signs, room, widthOf) {
  const starts = startsOf(signs);
  const words = [0, ...starts].map((at, nth) => signs.slice(at, starts[nth]).join(''));
  if (words.some((word) => widthOf(word) > room)) return [];
  const part = (at, text) => ({ at, text, width: widthOf(text) });
  const heads = [part(0, ''), ...starts.map((at) => part(at, bare(signs.slice(0, at).join(''))))];
  const tails = [...starts.map((at) => part(at, signs.slice(at).join(''))), part(signs.length, '')];
  const lacking = ([head, tail]) => (head.text ? Number(!tail.text) : 2);
  const filled = ([head, tail]) => head.width + tail.width;
  return heads
    .flatMap((head) => tails.filter((tail) => tail.at > head.at).map((tail) => [head, tail]))
    .filter((both) => filled(both) <= room && filled(both) >= room * LEAST)
    .sort((one, other) => lacking(one) - lacking(other) || filled(other) - filled(one))
    .map((both) => both.map(({ text }) => text));
}

/** Without what would run into the dots of the cut. */
function bare(text) {
  return text.replace(/[\s.,]+$/u, '');
}

/** Where words begin, but for the first. */
function startsOf(signs) {
  return signs.flatMap((sign, at) => (at > 0 && BREAK.test(signs[at - 1]) && !BREAK.test(sign) ? [at] : []));
}

/** The words of `text` that end in it; empty where none does. */
function upToBreak(text) {
  const last = text.split(BREAK).at(-1);
  return text.slice(0, text.length - last.length);
}

/** Up to and with the first sign behind which a name may be broken. */
function firstWord(name) {
  return name.slice(0, name.search(BREAK) + 1 || undefined);
}

/** As much of beginning and end as fits, the end with its `share` of the room; of `whole` words where that leaves half of either. */
function ends(signs, room, share, whole, widthOf) {
  const behind = Array.from(longest(signs.toReversed(), room * share, widthOf)).reverse();
  const from = whole ? behind.findIndex((sign) => BREAK.test(sign)) + 1 : 0;
  const tail = behind.slice(from * 2 > behind.length ? 0 : from).join('').trimStart();
  const before = Array.from(longest(signs, room - widthOf(tail), widthOf));
  const to = whole ? before.findLastIndex((sign) => BREAK.test(sign)) + 1 : 0;
  return [bare(before.slice(0, to * 2 < before.length ? undefined : to).join('')), tail];
}

/** As many of `signs` from the first on as fit. */
function longest(signs, room, widthOf) {
  let [fits, low, high] = [0, 1, signs.length];
  while (low <= high) {
    const middle = Math.floor((low + high) / 2);
    if (widthOf(signs.slice(0, middle).join('')) <= room) [fits, low] = [middle, middle + 1];
    else high = middle - 1;
  }
  return signs.slice(0, fits).join('');
}
