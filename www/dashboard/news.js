/**
 * What one event of the stream changed, or many of a moment: the page redraws this and no more. Pure.
 */

/** What one event changed; the page redraws this and no more. */
export class Change {
  /** Apps that are new or different. */
  touched = new Set();
  /** Keys that are gone. */
  removed = new Set();
  /** Apps that turned from good to bad. */
  problems = [];
  /** Apps that turned from bad to good. */
  recoveries = [];

  /** Takes over what came after it. */
  add(later) {
    for (const key of later.removed) this.removed.add(key);
    for (const app of later.touched) this.touched.add(app);
    this.problems.push(...later.problems);
    this.recoveries.push(...later.recoveries);
  }

  /** Leaves out what was touched and is gone since: `apps` are those of the model. */
  settle(apps) {
    for (const app of this.touched) if (apps.get(app.key) !== app) this.touched.delete(app);
    return this;
  }
}
