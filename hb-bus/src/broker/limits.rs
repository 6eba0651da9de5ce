//! What a broker allows, and why one cannot be built.

use std::time::Duration;

/// What a broker allows. Set what differs and take the rest from [`Default`].
///
/// ```
/// # use hb_bus::broker::Limits;
/// let limits = Limits { max_message_size: 4096, ..Limits::default() };
/// assert_eq!(limits.max_frame_size(), 4096 + 264); // what a WebSocket below must let through
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections accepted from others at once; 100. Those a broker starts itself are not counted.
    pub max_connections: usize,
    /// Bytes of a message's body, in both directions; 1 000 000. A carrier with frames of its own needs
    /// [`max_frame_size`](Self::max_frame_size).
    pub max_message_size: usize,
    /// Messages that wait for being written, per connection; 1024. Then senders wait.
    pub send_buffer: usize,
    /// How long one write may take, how long a peer may be silent, and how long closing may take; 30 s. A third of it
    /// without a write sends a heartbeat. At least 3 ms.
    pub timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_connections: 100,
            max_message_size: 1_000_000,
            send_buffer: 1024,
            timeout: Duration::from_secs(30),
        }
    }
}

impl Limits {
    /// The largest frame, in bytes: what a WebSocket below must let through, and no more.
    #[must_use]
    pub fn max_frame_size(&self) -> usize {
        self.max_message_size.saturating_add(9 + usize::from(u8::MAX))
    }

    /// The first thing that is wrong.
    pub(super) fn check(&self) -> Result<(), BuildError> {
        let most = tokio::sync::Semaphore::MAX_PERMITS;
        let wrong = [
            (self.max_connections > most, "max_connections is beyond what can be counted"),
            (self.max_message_size == 0, "max_message_size is 0: nothing could be said"),
            (u32::try_from(self.max_message_size).is_err(), "max_message_size does not fit into 32 bits"),
            (self.send_buffer == 0, "send_buffer is 0: nothing could be sent"),
            (self.send_buffer > most, "send_buffer is beyond what can be counted"),
            (self.timeout < Duration::from_millis(3), "timeout is below 3 ms"),
        ];
        wrong.iter().find(|(is, _)| *is).map_or(Ok(()), |(_, what)| Err(BuildError::InvalidConfig(what)))
    }
}

/// Why a broker cannot be built.
///
/// ```
/// # use hb_bus::broker::{Broker, BuildError};
/// # let runtime = hb_bus::runtime::Simulation::new(1).handle();
/// let twice = Broker::builder(runtime).register::<String>(10).register::<u32>(10).build();
/// assert_eq!(twice.unwrap_err(), BuildError::DuplicateMessageCode(10));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    /// A limit makes no sense.
    #[error("invalid configuration: {0}")]
    InvalidConfig(&'static str),
    /// Two types have this code, or one has the heartbeat's.
    #[error("message code {0} is taken: give each type its own, and none the heartbeat's, which is 1")]
    DuplicateMessageCode(u32),
    /// A type has two codes.
    #[error("{0} is registered twice: which code should it travel under?")]
    DuplicateMessageType(&'static str),
    /// A handler waits for a type without a code.
    #[error("{0} has a handler but no message code: register it")]
    InvalidMessageCode(&'static str),
    /// An encoding's name is no media type, or another has it, or the preferred one does not exist.
    #[error("invalid encoding {0:?}: not a media type, or taken, or not there to be preferred")]
    InvalidEncoding(String),
}
