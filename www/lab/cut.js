/*
 * A network cable for one page: while it is cut, beats of this page fail as they do on a machine without a network.
 *
 * Only beats (paths that end in hb_…) are cut; the lab's own view of the server goes on, or there would be nothing to
 * see. A classic script, loaded before the client, so that the client finds this fetch. Beats that a worker sends are
 * out of its reach.
 */
(function () {
  'use strict';

  const realFetch = window.fetch;
  const realBeacon = navigator.sendBeacon;
  const cable = { cut: false, boot: null };
  window.labCable = cable;

  /** Whether `target` is a beat; notes the boot it carries. */
  function isBeat(target) {
    const url = new URL(target instanceof Request ? target.url : String(target), location.href);
    if (!/\/hb_[a-z]+$/.test(url.pathname)) return false;
    cable.boot = url.searchParams.get('boot') || cable.boot;
    return true;
  }

  window.fetch = function (target, options) {
    if (isBeat(target) && cable.cut) return Promise.reject(new TypeError('Failed to fetch (the cable of this lab is cut)'));
    return realFetch.call(window, target, options);
  };

  // A beacon without a network is accepted and lost.
  navigator.sendBeacon = function (target, data) {
    return isBeat(target) && cable.cut ? true : realBeacon.call(navigator, target, data);
  };
})();
