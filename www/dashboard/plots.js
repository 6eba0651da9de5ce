/**
 * Frame rate and time from beat to beat as curves, drawn by uPlot, which is loaded only where they are shown.
 *
 * Not here: the figures (spans.js). What uPlot is bundled from is `../plot/main.js`.
 */

import uPlot from './dist/plot.js';
import { el } from './dom.js';
import { locale, t } from './lang.js';
import { curvesOf } from './spans.js';

/** How high a plot is, and how large its text, in units of the root font: a page at a wall is read from afar. */
const [HEIGHT, TEXT] = [11, 0.75];

/** Two plots in `place`: `draw(told)` shows an answer of `GET …/timeline`. */
export function plots(place) {
  const style = el('link');
  style.rel = 'stylesheet';
  style.href = '/dist/plot.css';
  document.head.append(style);
  const made = [
    { title: t('Frame rate, frames a second'), lines: [[t('mean'), 'fps', '--good'], [t('lowest'), 'lowest', '--wait']] },
    { title: t('From beat to beat, seconds'), lines: [[t('mean'), 'interval', '--wait']] },
  ].map(({ title, lines }) => {
    const box = el('div', 'curve');
    const figure = el('figure', '', el('figcaption', '', title), box);
    place.append(figure);
    return { box, figure, lines, plot: null };
  });
  let last = null;
  const draw = (told) => {
    last = told;
    const figures = curvesOf(told);
    for (const one of made) {
      const data = [figures.at, ...one.lines.map(([, key]) => figures[key])];
      const empty = data.slice(1).every((line) => line.every((value) => value === null));
      one.figure.hidden = empty;
      one.plot?.destroy();
      one.plot = empty ? null : new uPlot(options(one, [told.from, told.to].map((at) => Date.parse(at) / 1000)), data, one.box);
    }
  };
  // A plot has the colours of the page, and its width.
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => last && draw(last));
  new ResizeObserver(() => made.forEach(({ plot, box }) => plot?.setSize({ width: box.clientWidth, height: HEIGHT * rem() }))).observe(place);
  return { draw };
}

const rem = () => parseFloat(getComputedStyle(document.documentElement).fontSize);

function options({ box, lines }, span) {
  const ink = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const font = `${TEXT * rem()}px system-ui, sans-serif`;
  const axis = { font, stroke: ink('--soft'), grid: { stroke: ink('--line'), width: 1 }, ticks: { stroke: ink('--line'), width: 1 } };
  const day = { day: '2-digit', month: '2-digit' };
  const time = { hour: '2-digit', minute: '2-digit' };
  return {
    width: box.clientWidth || 300,
    height: HEIGHT * rem(),
    cursor: { drag: { x: false, y: false } },
    scales: { x: { range: () => span }, y: { range: (_, __, most) => [0, Math.max(1, (most ?? 1) * 1.1)] } },
    axes: [
      { ...axis, size: 2.25 * rem(), space: 4 * rem(), values: (_, at) => at.map((s) => new Date(s * 1000).toLocaleString(locale, span[1] - span[0] > 2 * 86_400 ? day : time)) },
      { ...axis, size: 2.75 * rem() },
    ],
    series: [
      { label: t('Hour'), value: (_, s) => (s === null ? '–' : new Date(s * 1000).toLocaleString(locale, { ...day, ...time })) },
      ...lines.map(([label, , colour]) => ({ label, stroke: ink(colour), width: 2, points: { size: 5 }, value: (_, v) => (v === null ? '–' : v.toLocaleString(locale, { maximumFractionDigits: 1 })) })),
    ],
  };
}
