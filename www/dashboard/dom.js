/**
 * The few ways in which the dashboard makes nodes. Text from outside only ever becomes text: there is no door for markup.
 */

import { SHAPES } from './glyphs.js';

const SVG = 'http://www.w3.org/2000/svg';

/** An element with a class and children; strings become text nodes. */
export function el(name, className = '', ...children) {
  const node = document.createElement(name);
  if (className) node.className = className;
  node.append(...children);
  return node;
}

/** An SVG element with attributes. */
export function svg(name, attributes = {}) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
}

/** The glyph of a state. */
export function glyph(state) {
  const node = svg('svg', { class: 'glyph', viewBox: '0 0 24 24', 'aria-hidden': 'true' });
  setGlyph(node, state);
  return node;
}

export function setGlyph(node, state) {
  const known = Object.hasOwn(SHAPES, state) ? state : 'unknown';
  if (node.dataset.shape === known) return;
  node.dataset.shape = known;
  node.replaceChildren(...SHAPES[known].map(([name, attributes]) => svg(name, attributes)));
}

/** Sets text only when it differs: an equal write would still dirty the layout. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
