//! What the tests stand on: the server's process, its view as it changes, and a browser.

pub(crate) mod browser;
pub(crate) mod cdp;
pub(crate) mod family;
pub(crate) mod firefox;
pub(crate) mod server;
pub(crate) mod watch;
pub(crate) mod webkit;

use std::time::Duration;

/// For what has no promise of its own, such as a browser's start on a busy machine. Never the bound under test.
pub(crate) const PATIENCE: Duration = Duration::from_secs(40);
