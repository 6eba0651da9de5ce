/**
 * The last minute of one app: beats and frame rate in sixty columns of one second, kept in the browser.
 *
 * Columns are numbered by the model, one per second of the server's clock. A history catches up lazily, so an app
 * that says nothing costs nothing. NaN means "not known", which is not the same as zero. Pure: no DOM, no clock.
 */

export const COLUMNS = 60;

export class History {
  #beats = new Float32Array(COLUMNS).fill(NaN);
  #fps = new Float32Array(COLUMNS).fill(NaN);
  /** Newest column written. */
  #column;
  /** What was before this one, nobody here saw. */
  #since;
  #rate = NaN;
  /** Last column for which `#rate` may be assumed to go on. */
  #holdUntil = -1;

  /** Starts empty at `column`; everything before is unknown. */
  constructor(column) {
    this.#column = column;
    this.#since = column;
  }

  /** Whether all of the minute that ends with `column` was seen. */
  isWhole(column) {
    return column - this.#since >= COLUMNS;
  }

  /** Counts `beats` into `column` and notes the frame rate (`NaN`: unknown), believed for `hold` more columns. */
  note(column, beats, fps, hold) {
    this.#catchUp(column);
    const slot = column % COLUMNS;
    this.#beats[slot] = (Number.isNaN(this.#beats[slot]) ? 0 : this.#beats[slot]) + beats;
    this.#fps[slot] = fps;
    this.#rate = fps;
    this.#holdUntil = column + hold;
  }

  /** Columns up to `column` were not watched: what happened in them is unknown. */
  skip(column) {
    for (let c = Math.max(this.#column + 1, column - COLUMNS + 1); c <= column; c += 1) {
      this.#beats[c % COLUMNS] = NaN;
      this.#fps[c % COLUMNS] = NaN;
    }
    this.#column = Math.max(this.#column, column);
    this.#since = this.#column;
    this.#rate = NaN;
  }

  /** The minute that ends with `column`, oldest first. */
  read(column) {
    this.#catchUp(column);
    const beats = new Array(COLUMNS);
    const fps = new Array(COLUMNS);
    for (let i = 0; i < COLUMNS; i += 1) {
      const slot = (column + 1 + i) % COLUMNS;
      beats[i] = this.#beats[slot];
      fps[i] = this.#fps[slot];
    }
    return { beats, fps };
  }

  #catchUp(column) {
    for (let c = Math.max(this.#column + 1, column - COLUMNS + 1); c <= column; c += 1) {
      this.#beats[c % COLUMNS] = 0;
      this.#fps[c % COLUMNS] = c <= this.#holdUntil ? this.#rate : NaN;
    }
    this.#column = Math.max(this.#column, column);
  }
}

/** Frame rates are drawn against at least this, so that 30 fps looks like half of a usual screen. */
const USUAL_FPS = 60;

/**
 * The frame rate as SVG path data: a line and the area under it, in a box of `COLUMNS` × `height`.
 * Unknown columns leave a hole.
 */
export function ratePaths(fps, height) {
  const top = fps.reduce((max, value) => (value > max ? value : max), USUAL_FPS);
  const y = (value) => round(height - (height * value) / top);
  let line = '';
  let area = '';
  let start = -1;
  for (let i = 0; i <= fps.length; i += 1) {
    const known = i < fps.length && !Number.isNaN(fps[i]);
    if (known && start < 0) start = i;
    if (known || start < 0) continue;
    const points = [];
    for (let j = start; j < i; j += 1) points.push(`${j} ${y(fps[j])}`);
    // A column is one second wide: the last value holds to its end.
    points.push(`${i} ${y(fps[i - 1])}`);
    line += `M${points.join('L')}`;
    area += `M${start} ${height}L${points.join('L')}L${i} ${height}Z`;
    start = -1;
  }
  return { line, area };
}

/** Beats as one bar per second: path data in a box of `COLUMNS` × `height`; three beats a second fill it. */
export function beatPath(beats, height) {
  let path = '';
  beats.forEach((count, i) => {
    if (!(count > 0)) return;
    const tall = round((height * (1 + Math.min(count, 3))) / 4);
    path += `M${i + 0.5} ${height}V${round(height - tall)}`;
  });
  return path;
}

function round(value) {
  return Math.round(value * 100) / 100;
}
