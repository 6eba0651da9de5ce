/**
 * One shape per state, so that a state is read without colour: elements of SVG and their attributes, in a box of 24 × 24.
 *
 * Not here: the nodes (dom.js), the colours (the style sheets; what is of class `cut` has that of the ground).
 */

/** A foreign state gets the question mark of `unknown`. */
export const SHAPES = Object.freeze({
  missing: [
    ['rect', { x: '3.5', y: '4.5', width: '17', height: '15', rx: '1.5', fill: 'none', stroke: 'currentColor', 'stroke-width': '2.4', 'stroke-dasharray': '4.2 3' }],
  ],
  down: [
    ['path', { d: 'M7.9 2.5h8.2l5.4 5.4v8.2l-5.4 5.4H7.9l-5.4-5.4V7.900z', fill: 'currentColor' }],
    ['path', { class: 'cut', d: 'm8.5 8.5 7 7m0-7-7 7', fill: 'none', 'stroke-width': '2.4', 'stroke-linecap': 'round' }],
  ],
  stalled: [
    ['rect', { x: '2.5', y: '2.5', width: '19', height: '19', rx: '3', fill: 'currentColor' }],
    ['path', { class: 'cut', d: 'M9 7.500v9m6-9v9', fill: 'none', 'stroke-width': '3', 'stroke-linecap': 'round' }],
  ],
  hidden: [
    ['path', { d: 'M2.5 12S6 5.8 12 5.8 21.5 12 21.5 12 18 18.2 12 18.2 2.5 12 2.5 12z', fill: 'none', stroke: 'currentColor', 'stroke-width': '2.2', 'stroke-linejoin': 'round' }],
    ['circle', { cx: '12', cy: '12', r: '2.8', fill: 'currentColor' }],
    ['path', { d: 'M4 20 20 4', fill: 'none', stroke: 'currentColor', 'stroke-width': '2.4', 'stroke-linecap': 'round' }],
  ],
  late: [
    ['circle', { cx: '12', cy: '12', r: '9.2', fill: 'none', stroke: 'currentColor', 'stroke-width': '2.4' }],
    ['path', { d: 'M12 6.500V12l3.8 2.6', fill: 'none', stroke: 'currentColor', 'stroke-width': '2.4', 'stroke-linecap': 'round', 'stroke-linejoin': 'round' }],
  ],
  unknown: [
    ['path', { d: 'm12 1.8 10.2 10.200L12 22.2 1.8 12z', fill: 'none', stroke: 'currentColor', 'stroke-width': '2.2', 'stroke-linejoin': 'round' }],
    ['path', { d: 'M9.6 10a2.4 2.4 0 1 1 3.6 2.100c-.8.5-1.2.9-1.2 1.7', fill: 'none', stroke: 'currentColor', 'stroke-width': '2', 'stroke-linecap': 'round' }],
    ['circle', { cx: '12', cy: '16.6', r: '1.3', fill: 'currentColor' }],
  ],
  reconnecting: [
    ['path', { d: 'M20 12a8 8 0 1 1-2.6-5.9', fill: 'none', stroke: 'currentColor', 'stroke-width': '2.4', 'stroke-linecap': 'round' }],
    ['path', { d: 'M20.5 2.200v5.600h-5.600z', fill: 'currentColor' }],
  ],
  starting: [
    ['path', { d: 'M7 4.200v15.600L19.5 12z', fill: 'none', stroke: 'currentColor', 'stroke-width': '2.4', 'stroke-linejoin': 'round' }],
  ],
  up: [
    ['circle', { cx: '12', cy: '12', r: '10', fill: 'currentColor' }],
    ['path', { class: 'cut', d: 'm7.5 12.3 3.2 3.2 6-6.7', fill: 'none', 'stroke-width': '2.4', 'stroke-linecap': 'round', 'stroke-linejoin': 'round' }],
  ],
  off: [
    ['path', { d: 'M12 3v8.500M7 6a8 8 0 1 0 10 0', fill: 'none', stroke: 'currentColor', 'stroke-width': '2.4', 'stroke-linecap': 'round' }],
  ],
  done: [
    ['path', { d: 'M6 21.500V3.500h12.500l-3 4.5 3 4.500H6', fill: 'none', stroke: 'currentColor', 'stroke-width': '2.4', 'stroke-linejoin': 'round', 'stroke-linecap': 'round' }],
  ],
});
