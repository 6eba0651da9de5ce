//! End to end: the real server, real browsers.
