//! Building a broker: everything that both sides must know before the first byte.

use std::future::Future;
use std::sync::Arc as StdArc;
use std::sync::atomic::AtomicU64;

use tokio::sync::Semaphore;

use super::connection::Connection;
use super::encoding::{Encoding, Encodings};
use super::event::Event;
use super::handler::{Failure, Handlers};
use super::hub::{Broker, Shared};
use super::limits::{BuildError, Limits};
use super::message::{Payload, Types};
use super::pattern::{All, Pattern};
use super::pipe::Pipe;
use crate::runtime::Handle;
use crate::sync::{Arc, Mutex};

/// Everything a broker is made of. Mistakes are told by [`build`](Self::build), the first one first.
///
/// ```
/// use std::{sync::Arc, time::Duration};
/// use hb_bus::broker::{Broker, Connection, Limits, RoundRobin};
///
/// # let runtime = hb_bus::runtime::Simulation::new(1).handle();
/// let broker = Broker::builder(runtime)
///     .register::<String>(10)
///     .handle(|_from: Connection, text: Arc<String>| async move {
///         if text.is_empty() { Err("nothing was said".into()) } else { Ok(()) }
///     })
///     .prefer("application/postcard")
///     .pattern(RoundRobin::default())
///     .limits(Limits { max_connections: 8, timeout: Duration::from_secs(5), ..Limits::default() })
///     .build()?;
/// assert_eq!(broker.accepts(), "application/postcard, application/json");
/// # Ok::<(), hb_bus::broker::BuildError>(())
/// ```
#[must_use]
pub struct Builder {
    runtime: Handle,
    limits: Limits,
    types: Types,
    encodings: Encodings,
    handlers: Handlers,
    pipes: Vec<StdArc<dyn Pipe>>,
    pattern: Box<dyn Pattern>,
    observer: Box<dyn Fn(&Event<'_>) + Send + Sync>,
    wrong: Option<BuildError>,
}

impl Builder {
    pub(super) fn new(runtime: Handle) -> Self {
        Self {
            runtime,
            limits: Limits::default(),
            types: Types::default(),
            encodings: Encodings::built_in(),
            handlers: Handlers::default(),
            pipes: Vec::new(),
            pattern: Box::new(All),
            observer: Box::new(|_| {}),
            wrong: None,
        }
    }

    fn note(mut self, result: Result<(), BuildError>) -> Self {
        self.wrong = self.wrong.or(result.err());
        self
    }

    /// Lets `T` travel under `code`. Both sides register the same; 1 is the heartbeat's.
    pub fn register<T: Payload>(mut self, code: u32) -> Self {
        let result = self.types.register::<T>(code);
        self.note(result)
    }

    /// Who gets the messages of type `T`, after the pipes. Messages of one connection come one at a time, in order;
    /// those of several at once. A second handler takes the place of the first; without one, messages are counted and
    /// dropped. Nothing more is read from the connection until the handler is done: do not wait in it for another
    /// message of the same connection.
    pub fn handle<T, F, Fut>(mut self, handler: F) -> Self
    where
        T: Payload,
        F: Fn(Connection, StdArc<T>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), Failure>> + Send + 'static,
    {
        self.handlers.add(handler);
        self
    }

    /// Adds an encoding. JSON and postcard are there already.
    pub fn encoding(mut self, encoding: impl Encoding) -> Self {
        let name = encoding.media_type().to_owned();
        let added = self.encodings.add(StdArc::new(encoding));
        self.note(if added { Ok(()) } else { Err(BuildError::InvalidEncoding(name)) })
    }

    /// What is chosen where the other side leaves the choice. Without this, JSON.
    pub fn prefer(mut self, media_type: &str) -> Self {
        let known = self.encodings.prefer(media_type);
        self.note(if known { Ok(()) } else { Err(BuildError::InvalidEncoding(media_type.to_owned())) })
    }

    /// Adds a pipe: the last on the way in, the first on the way out.
    pub fn pipe(mut self, pipe: impl Pipe) -> Self {
        self.pipes.push(StdArc::new(pipe));
        self
    }

    /// Which connections get what the broker sends. Without this, [`All`].
    pub fn pattern(mut self, pattern: impl Pattern) -> Self {
        self.pattern = Box::new(pattern);
        self
    }

    /// What is allowed.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Is told what no return value tells. Called by the tasks of the connections: it should be quick.
    pub fn observe(mut self, observer: impl Fn(&Event<'_>) + Send + Sync + 'static) -> Self {
        self.observer = Box::new(observer);
        self
    }

    /// The broker. Starts nothing.
    ///
    /// # Errors
    /// [`BuildError`] for the first mistake that was made.
    pub fn build(self) -> Result<Broker, BuildError> {
        if let Some(wrong) = self.wrong {
            return Err(wrong);
        }
        self.limits.check()?;
        if let Some((_, name)) = self.handlers.types().find(|(id, _)| self.types.code(*id).is_none()) {
            return Err(BuildError::InvalidMessageCode(name));
        }
        let Self { runtime, limits, types, encodings, handlers, pipes, pattern, observer, wrong: _ } = self;
        Ok(Broker(Arc::new(Shared {
            runtime,
            limits,
            types,
            encodings,
            handlers,
            pipes,
            pattern,
            observer,
            roster: Mutex::default(),
            places: StdArc::new(Semaphore::new(limits.max_connections)),
            sent: AtomicU64::new(0),
            received: AtomicU64::new(0),
        })))
    }
}
