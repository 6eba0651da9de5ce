/**
 * How wide a text is, in em of its own size: measured without laying anything out. Not here: what is done about it (telling.js).
 */

/** Texts remembered before it begins anew. */
const MOST = 20_000;

/** A function from text to its width, in the page's font at `weight`. */
export function ruler(weight = 400) {
  const paper = document.createElement('canvas').getContext('2d');
  const widths = new Map();
  paper.font = `${weight} 100px ${getComputedStyle(document.documentElement).fontFamily}`;
  return (text) => {
    if (widths.size > MOST) widths.clear();
    if (!widths.has(text)) widths.set(text, paper.measureText(text).width / 100);
    return widths.get(text);
  };
}
