/*
 * The loop of a kiosk and its heartbeat. A classic script, since file:// pages may not load modules.
 * The exhibit comes first: it draws whether or not hb can be reached.
 */
(function () {
  'use strict';

  const query = new URLSearchParams(location.search);
  const url = query.get('HB_URL') || (location.protocol === 'file:' ? 'http://localhost:8888' : location.origin);
  let hb = null;

  function begin() {
    hb = new Heartbeat({
      url,
      appId: query.get('HB_APP_ID') || 'kiosk',
      interval: Number(query.get('interval') || 5000),
      stallAfter: Number(query.get('stallAfter') || 3000),
      source: 'frames',
    });
    // What people may do to this page from the dashboard.
    hb.commands({ reload: true, identify: true });
  }

  if (typeof Heartbeat === 'function') {
    begin();
  } else {
    // The script beside the page was not there: ask the server, and again until it answers.
    const ask = function () {
      const script = document.createElement('script');
      script.src = url.replace(/\/+$/, '') + '/hb.js';
      script.onload = begin;
      script.onerror = function () {
        script.remove();
        setTimeout(ask, 5000);
      };
      document.head.append(script);
    };
    ask();
  }

  const draw = rings(document.getElementById('picture'));

  function frame(t) {
    requestAnimationFrame(frame);
    draw(t);
    if (hb) hb.tick(t);
  }
  requestAnimationFrame(frame);
})();
