//! What is logged while the server is away: once the reason, and nothing more that anybody sees until it was back.
//!
//! Not here: connecting again, which the client does by itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_nats::Server;

/// Attempts since the server was there. A cheap handle.
#[derive(Clone, Debug, Default)]
pub(super) struct Outage(Arc<AtomicU64>);

impl Outage {
    /// Another attempt begins; of those before, `servers` know why they failed. An error that the client tells does not.
    pub(super) fn attempt(&self, shown: &str, servers: &[Server]) {
        let failed = self.0.fetch_add(1, Ordering::Relaxed);
        match (failed, reason(servers)) {
            (0, _) => {}
            (1, why) => tracing::warn!("NATS: {shown} is away: {why}; messages wait, and it is tried again"),
            (_, why) => tracing::debug!("NATS: {shown} is still away: {why}"),
        }
    }

    /// The server is there.
    pub(super) fn over(&self) {
        self.0.store(0, Ordering::Relaxed);
    }
}

/// A server that could be asked has an error; only one that has no address has none.
fn reason(servers: &[Server]) -> &str {
    servers.iter().find_map(|server| server.last_error.as_deref()).unwrap_or("its name has no address")
}
