/**
 * How large tiles may be: the largest scale at which all of them fit into the space, so that a wall is read from
 * across a room and a phone still shows whole tiles. Pure.
 */

/** A tile at scale 1, in units of the root font size; the gap shrinks with the tiles but does not grow with them. */
export const TILE = Object.freeze({ width: 17.5, height: 14.25, gap: 1 });

const LARGEST = 3;
const STEP = 0.05;
/** Text smaller than this helps nobody, px. */
const SMALLEST_TEXT = 16;

/** What stands beside a tile's text, in units of the root font size at scale 1. */
const BESIDE = 2.1;

/** How wide the inside of a tile is at `scale`, in em of the tile. */
export function insideOf(width, rem, scale) {
  const gap = TILE.gap * rem * Math.min(1, scale);
  const columns = Math.max(1, Math.floor((width + gap) / (Math.min(width, TILE.width * rem * scale) + gap)));
  return ((width + gap) / columns - gap) / (rem * scale) - BESIDE;
}

/**
 * The scale for halls of so many tiles each, in `width` × `height` px with a root font of `rem` px: at
 * most 3, below 1 only where the root is large and it lets all of them be seen at once. More than can fit scroll at scale 1.
 */
export function scaleFor(counts, width, height, rem) {
  const fits = (scale) => {
    const gap = TILE.gap * rem * Math.min(1, scale);
    const columns = Math.floor((width + gap) / (TILE.width * rem * scale + gap));
    if (columns < 1) return false;
    const rows = counts.reduce((sum, count) => sum + Math.ceil(count / columns), 0);
    return rows * (TILE.height * rem * scale + gap) - gap * counts.length <= height;
  };
  for (let scale = LARGEST; scale * rem >= SMALLEST_TEXT; scale -= STEP) {
    if (fits(scale)) return Math.round(scale * 100) / 100;
  }
  return 1;
}
