/**
 * Draws the last minute of an app: frame rate as line and area above, one bar per second with beats below.
 *
 * Only the path data changes from second to second. What the numbers mean is history.js's.
 */

import { beatPath, COLUMNS, ratePaths } from './history.js';
import { svg } from './dom.js';
import { t } from './lang.js';

const RATE_HEIGHT = 30;
const BEAT_HEIGHT = 10;
const GAP = 2;

/** One sparkline. Append `.node`, call {@link Spark.draw} once a second while somebody can see it. */
export class Spark {
  constructor() {
    this.area = svg('path', { class: 'spark-area' });
    this.line = svg('path', { class: 'spark-line' });
    this.beats = svg('path', { class: 'spark-beats', transform: `translate(0 ${RATE_HEIGHT + GAP})` });
    const base = svg('path', { class: 'spark-base', d: `M0 ${RATE_HEIGHT}H${COLUMNS}` });
    this.node = svg('svg', {
      class: 'spark',
      viewBox: `0 -1 ${COLUMNS} ${RATE_HEIGHT + GAP + BEAT_HEIGHT + 1}`,
      preserveAspectRatio: 'none',
      role: 'img',
      'aria-label': t('Frame rate and beats of the last 60 seconds'),
    });
    this.node.append(base, this.area, this.line, this.beats);
  }

  /** Shows `history` up to the second `column`. */
  draw(history, column) {
    const { beats, fps } = history.read(column);
    const { line, area } = ratePaths(fps, RATE_HEIGHT);
    set(this.line, line);
    set(this.area, area);
    set(this.beats, beatPath(beats, BEAT_HEIGHT));
  }
}

function set(path, d) {
  if (path.getAttribute('d') !== d) path.setAttribute('d', d);
}
