//! Handlers: who gets the messages that came through the pipes, by type.

use std::any::{TypeId, type_name};
use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::connection::Connection;
use super::message::{Message, Payload};
use super::pipe::Flow;
use crate::runtime::Task;

/// What a pipe or a handler failed with. It is reported as an [`Event`](super::Event); the connection goes on.
///
/// The example of [`Pipe`](super::Pipe) shows it.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

type Handler = Box<dyn Fn(Connection, Message) -> Task<Result<(), Failure>> + Send + Sync>;

/// One handler for each type.
#[derive(Default)]
pub(super) struct Handlers {
    by_type: HashMap<TypeId, (&'static str, Handler)>,
    unhandled: AtomicU64,
}

impl Handlers {
    /// A second handler for a type takes the place of the first.
    pub(super) fn add<T, F, Fut>(&mut self, handler: F)
    where
        T: Payload,
        F: Fn(Connection, Arc<T>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), Failure>> + Send + 'static,
    {
        let handler: Handler = Box::new(move |from, message: Message| match message.into_value::<T>() {
            Ok(value) => Box::pin(handler(from, value)),
            Err(_) => Box::pin(std::future::ready(Ok(()))),
        });
        self.by_type.insert(TypeId::of::<T>(), (type_name::<T>(), handler));
    }

    /// The types that are waited for.
    pub(super) fn types(&self) -> impl Iterator<Item = (TypeId, &'static str)> {
        self.by_type.iter().map(|(id, (name, _))| (*id, *name))
    }

    pub(super) fn handle(&self, from: &Connection, message: Message) -> Flow<'static, Result<(), Failure>> {
        if let Some((_, handler)) = self.by_type.get(&message.type_id()) {
            return handler(from.clone(), message);
        }
        self.unhandled.fetch_add(1, Ordering::Relaxed);
        Box::pin(std::future::ready(Ok(())))
    }

    pub(super) fn unhandled(&self) -> u64 {
        self.unhandled.load(Ordering::Relaxed)
    }
}
