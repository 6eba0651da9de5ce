/**
 * How the wall view fits its picture, and where it stands: nothing on it scrolls, and nothing stays on the same pixel.
 * Pure: sums over the sizes that wall.css gives, so that a thousand screens are laid out once and not by trying.
 */

/** How far the picture wanders, as a share of what is seen: within the padding, so that nothing is cut off. */
export const FARTHEST = 0.008;
/** One place a minute. Both periods are prime, so it takes 19 hours until it begins anew. */
const MINUTE = 60_000;
const [PERIOD_X, PERIOD_Y] = [31, 37];

/** What needs a look: an alarm in em, and the scales it may have, largest first. */
const ALARM = { width: 19, height: 7.75, gap: 0.75 };
const ALARM_SCALES = [1.7, 1.5, 1.3, 1.15, 1, 0.85, 0.75];
/** How much of the height alarms may take, while there is anything else to show. */
const ALARM_SHARE = 0.5;

/** A hall in em: what stands beside and above its cells, and the space between halls; its edges, px, are as thin at every scale. */
const HALL = { beside: 1.75, above: 1.5, head: 2, gap: 0.875 };
const EDGES = 2;
/** The least width inside a hall, em, in which its name and how it stands with it can be read. */
const TITLED = 10;
/** What many rows may be higher than their sum, px: each stands on a part of a pixel. */
const SLACK = 1;
/** The line below the halls that counts what does not fit, with the space above it, in units of the root font size. */
const LINE = 3.25;
/** Cells with names, and cells without, in em; the scales they may have. */
const NAMED = { named: true, width: 9.5, height: 1.9, gap: 0.3, least: 0.62, most: 2.4 };
/** Beside a cell's name stand a shape and its edges, em; the widest that a cell may need to be for its name, and what of the scale it may cost. */
const BESIDE = 2.4;
const WIDEST = 24;
const WORTH = 0.55;
const BARE = { named: false, width: 1.5, height: 1.5, gap: 0.15, least: 0.3, most: 1.6 };
const MOST_ABREAST = 8;

/** Where the picture stands at `now`: shares of width and height. */
export function shiftAt(now) {
  const minute = Math.floor(now / MINUTE);
  const wave = (period) => FARTHEST * Math.sin((2 * Math.PI * (minute % period)) / period);
  return { x: wave(PERIOD_X), y: wave(PERIOD_Y) };
}

/**
 * How `count` alarms are shown in `width` × `height` px with a root font of `rem` px: `{scale, shown, whole}`, as large as all of
 * them may be; where not even the smallest fit, so many as do. `alone`: there is nothing else, so they may have the `whole` place.
 */
export function fitAlarms(count, { width, height, rem }, alone) {
  const room = (scale, most) => {
    const many = (space, size) => Math.max(1, Math.floor((space + ALARM.gap * rem) / (size * rem * scale + ALARM.gap * rem)));
    return many(width, ALARM.width) * many(most, ALARM.height);
  };
  const whole = alone && ALARM_SCALES.find((it) => room(it, height) >= count);
  if (whole) return { scale: whole, shown: count, whole: true };
  const scale = ALARM_SCALES.find((it) => room(it, height * ALARM_SHARE) >= count) ?? ALARM_SCALES.at(-1);
  return { scale, shown: Math.min(count, room(scale, height * ALARM_SHARE)), whole: false };
}

/** How wide an alarm of that `scale` is in such a place, in em. */
export function alarmWidth(scale, { width, rem }) {
  const gap = ALARM.gap * rem;
  const abreast = Math.max(1, Math.floor((width + gap) / (ALARM.width * rem * scale + gap)));
  return ((width + gap) / abreast - gap) / (rem * scale);
}

/**
 * How halls of so many cells are shown: `{named, columns, abreast, scale, room, halls, each}`, as large as all of them can be at once,
 * with names if those can be read, else as shapes. `titled`: each has a name above it; `need`: how wide the widest name of a cell is,
 * in em. So many `columns` of halls with so many cells `abreast`, whose names have `room`, in em. Where not even the smallest
 * fit, the first `halls` of them with the first cells of `each`, above a line that counts the others; all where they are null.
 */
export function fitHalls(counts, space, titled, need = 0) {
  const narrow = fitCells(NAMED, counts, space, titled);
  const width = Math.min(WIDEST, need + BESIDE);
  if (narrow && width > NAMED.width && narrow.room < need) {
    const wide = fitCells({ ...NAMED, width }, counts, space, titled);
    if (wide && wide.scale >= narrow.scale * WORTH) return wide;
  }
  return narrow ?? fitCells(BARE, counts, space, titled) ?? fitSome(counts, { ...space, height: space.height - LINE * space.rem }, titled);
}

/** As many halls as have room for a cell, with as many cells as then have room. */
function fitSome(counts, space, titled) {
  const smallest = { ...BARE, most: BARE.least };
  const fit = (halls, each) => fitCells(smallest, counts.slice(0, halls).map((count) => Math.min(count, each)), space, titled);
  const halls = most(counts.length, (halls) => fit(halls, 1));
  const each = most(Math.max(0, ...counts), (each) => fit(halls, each));
  return { columns: 1, abreast: 1, named: false, scale: BARE.least, room: 0, ...fit(halls, each), halls, each };
}

/** The largest that all cells of a kind can be; null where not even the smallest fit. */
function fitCells(cell, counts, { width, height, rem }, titled) {
  let best = null;
  for (let columns = 1; columns <= Math.min(counts.length, MOST_ABREAST); columns += 1) {
    const fits = (scale) => heightOf(counts, { columns, cell, titled, width, size: rem * scale }) + SLACK <= height;
    const scale = largest(best?.scale ?? cell.least, cell.most, fits);
    if (scale !== null && scale > (best?.scale ?? 0)) best = { named: cell.named, columns, scale };
  }
  if (!best) return null;
  const { inside, abreast } = insideOf(best.columns, cell, width, rem * best.scale);
  return { ...best, abreast, room: cell.named ? (inside + cell.gap) / abreast - cell.gap - BESIDE : 0, halls: null, each: null };
}

/** How high all halls are, px, in a `width` in px, with text of that `size`. */
function heightOf(counts, { columns, cell, titled, width, size }) {
  const { inside, abreast } = insideOf(columns, cell, width, size);
  // Narrower than one cell, or than what stands above them, it would be cut off.
  if (inside < Math.max(cell.width, titled ? TITLED : 0)) return Infinity;
  let height = -HALL.gap * size;
  for (let at = 0; at < counts.length; at += columns) {
    const rows = Math.ceil(Math.max(...counts.slice(at, at + columns)) / abreast);
    height += (HALL.above + (titled ? HALL.head : 0) + rows * (cell.height + cell.gap) - cell.gap + HALL.gap) * size + EDGES;
  }
  return height;
}

/** The width inside each of so many halls abreast, in em, and how many cells stand abreast in it. */
function insideOf(columns, cell, width, size) {
  const inside = (width / size - HALL.gap * (columns - 1)) / columns - HALL.beside - EDGES / size;
  return { inside, abreast: Math.max(1, Math.floor((inside + cell.gap) / (cell.width + cell.gap))) };
}

/** The largest scale from `least` to `most` that `fits(scale)`, to a fiftieth; null where none does. */
export function largest(least, most, fits) {
  if (!fits(least)) return null;
  if (fits(most)) return most;
  let [low, high] = [least, most];
  while (high - low > 0.02) {
    const middle = (low + high) / 2;
    if (fits(middle)) low = middle;
    else high = middle;
  }
  return low;
}

/** The largest whole number up to `limit` that `fits`, or 0. */
function most(limit, fits) {
  let [low, high] = [0, limit];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}
