/**
 * Which tile an arrow key leads to: the neighbours in reading order, and the nearest one in the next row as it is seen.
 *
 * Rows may be of different widths: the small tiles at rest stand below the wall.
 */

/** The element of `all` that `key` leads to from `from`; null where the key leads nowhere. */
export function neighbour(all, from, key) {
  const at = all.indexOf(from);
  switch (key) {
    case 'Home': return all[0] ?? null;
    case 'End': return all.at(-1) ?? null;
    case 'ArrowLeft': return all[at - 1] ?? null;
    case 'ArrowRight': return all[at + 1] ?? null;
    case 'ArrowUp': return inNextRow(all.slice(0, at).reverse(), from);
    case 'ArrowDown': return inNextRow(all.slice(at + 1), from);
    default: return null;
  }
}

/** The nearest of the first row in `others` that is not the row of `from`. */
function inNextRow(others, from) {
  const here = from.getBoundingClientRect();
  let row = null;
  let best = null;
  let least = Infinity;
  for (const node of others) {
    const box = node.getBoundingClientRect();
    if (box.top < here.bottom && box.bottom > here.top) continue;
    row ??= box;
    if (box.top >= row.bottom || box.bottom <= row.top) break;
    const away = Math.abs(middle(box) - middle(here));
    if (away < least) [best, least] = [node, away];
  }
  return best;
}

const middle = (box) => (box.left + box.right) / 2;
