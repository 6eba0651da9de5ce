/**
 * How large tiles may be: the largest scale at which all of them fit into the space, so that a wall is read from
 * across a room and a phone still shows whole tiles. Pure.
 */

/** A tile at scale 1, in units of the root font size. */
export const TILE = Object.freeze({ width: 17.5, height: 14.25, gap: 1 });

const LARGEST = 3;
const SMALLEST = 1;
const STEP = 0.05;

/** The scale (1 to 3) for `count` tiles in `width` × `height` px with a root font of `rem` px. More than fit scroll at scale 1. */
export function scaleFor(count, width, height, rem) {
  const fits = (scale) => {
    const gap = TILE.gap * rem;
    const columns = Math.floor((width + gap) / (TILE.width * rem * scale + gap));
    if (columns < 1) return false;
    const rows = Math.ceil(count / columns);
    return rows * (TILE.height * rem * scale + gap) - gap <= height;
  };
  for (let scale = LARGEST; scale > SMALLEST; scale -= STEP) {
    if (fits(scale)) return Math.round(scale * 100) / 100;
  }
  return SMALLEST;
}
