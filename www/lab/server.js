/**
 * What the server believes about one app, live: the dashboard's own stream and model, narrowed to this page.
 */

import { ages, Model } from '/model.js';
import { openStream } from '/stream.js';

/** Follows `appId`. `boot()` tells the boot of this page once a beat has been seen, to tell it from others of its name. */
export function watchServer(appId, boot) {
  const model = new Model();
  let heard = false;
  const watch = {
    onChange: () => {},
    /** The app object or null, its frame age and overdue ratio at `now`, whether the server was
     *  ever heard, and whether all this is too old to be believed. */
    read(now) {
      const app = find();
      const upTo = model.knownUntil(now);
      const { frame, overdue } = app ? ages(app, upTo) : { frame: null, overdue: null };
      return { view: app?.view ?? null, heard, stale: model.isStale(now, Date.now()), frameAge: frame, overdue };
    },
  };

  function find() {
    const named = [...model.apps.values()].filter(({ view }) => view.app === appId);
    // The server tells only the beginning of a boot.
    const mine = named.find(({ view }) => view.boot !== null && boot()?.startsWith(view.boot));
    return mine ?? named.sort((a, b) => (a.view.last_beat_age_ms ?? Infinity) - (b.view.last_beat_age_ms ?? Infinity))[0];
  }

  openStream('/api/v1/events', {
    onEvent(type, data) {
      heard = true;
      model.fold(type, data, performance.now(), Date.now());
      watch.onChange();
    },
    onLink: () => watch.onChange(),
  });
  return watch;
}
