/*
 * A network cable for one page: while it is cut, beats of this page fail as they do on a machine without a network.
 *
 * Only beats (paths that end in hb_…) are cut; the lab's own view of the server goes on, or there would be nothing to
 * see. A classic script, loaded before the client, so that the client finds this fetch, and its worker one like it.
 */
(function () {
  'use strict';

  const realFetch = window.fetch;
  const realBeacon = navigator.sendBeacon;
  const name = `cable-${Math.random()}`;
  const line = new BroadcastChannel(name);
  let cut = false;
  const cable = {
    boot: null,
    get cut() {
      return cut;
    },
    set cut(now) {
      line.postMessage((cut = now));
    },
  };
  window.labCable = cable;

  /** What stands before the text of each worker of this page. */
  function inWorker(name) {
    let cut = false;
    new BroadcastChannel(name).onmessage = ({ data }) => (cut = data);
    const realFetch = self.fetch;
    self.fetch = (target, options) =>
      cut && /\/hb_[a-z]+\?/.test(String(target)) ? Promise.reject(new TypeError('Failed to fetch (the cable of this lab is cut)')) : realFetch(target, options);
  }

  window.Worker = class extends Worker {
    constructor(url, options) {
      const request = new XMLHttpRequest();
      request.open('GET', url, false);
      request.send();
      super(URL.createObjectURL(new Blob([`(${inWorker})('${name}');${request.responseText}`])), options);
    }
  };

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
