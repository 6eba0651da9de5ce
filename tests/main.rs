//! End to end: the real server, real browsers.
//!
//! What the server believes is asserted, never what a page says of itself. Needs Chromium, Firefox, wget, curl, Python,
//! Prometheus, Nagios, and the npm package built before the binary (`cargo xtask npm`). Not here: what one crate can prove alone.
//!
//! Nothing sleeps: every wait follows the server's own event stream, or the page, up to a deadline.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod e2e {
    mod code;
    mod commands;
    mod conformance;
    mod dashboard;
    mod dashboard_care;
    mod firefox;
    mod halls;
    #[allow(dead_code, reason = "the matrix of faults uses the rest")]
    mod harness;
    mod lab;
    mod life;
    mod link;
    mod looks;
    #[cfg(unix)]
    mod monitoring;
    mod page;
    mod pages;
    #[cfg(target_os = "linux")]
    mod picture;
    #[cfg(unix)]
    mod repair;
    mod wall;
}

/// What of `cargo xtask truth` needs no browser.
#[allow(dead_code, reason = "its cells are played there")]
mod truth {
    mod case;
    mod cases;
    mod judge;
    mod limit;
    mod table;
    mod tests;
}
