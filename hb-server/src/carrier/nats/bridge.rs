//! What [`Node::bridge`](hb_bus::node::Node::bridge) takes: messages out, messages in.
//!
//! Not here: their form, and the connection.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use async_nats::{Message as Theirs, PublishError};
use futures_util::stream::BoxStream;
use futures_util::{Sink, Stream, StreamExt};
use hb_bus::message::{Id, Message, Topic};

use super::{Link, form};

/// Messages that left last: only these can be answered.
const ASKED: usize = 1024;

/// One bus's side of a [`Link`].
pub struct Bridge {
    link: Link,
    /// What passes; everything, if nothing is said.
    topics: Option<Vec<Topic>>,
    coming: BoxStream<'static, (Topic, Theirs)>,
    /// Whoever has seen one id can guess others, and answer what was never asked of it.
    asked: VecDeque<Id>,
}

impl Bridge {
    pub(super) fn new(
        link: Link,
        topics: Option<Vec<Topic>>,
        coming: BoxStream<'static, (Topic, Theirs)>,
    ) -> Self {
        Self { link, topics, coming, asked: VecDeque::new() }
    }
}

impl Stream for Bridge {
    type Item = Result<Message, PublishError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            let Some((topic, theirs)) = std::task::ready!(self.coming.poll_next_unpin(cx)) else {
                return Poll::Ready(None);
            };
            let message = form::read(topic, theirs);
            if message.reply_to().is_none_or(|request| self.asked.contains(&request)) {
                return Poll::Ready(Some(Ok(message)));
            }
        }
    }
}

/// Always ready: a server that is away must not end the bridge.
impl Sink<Message> for Bridge {
    type Error = PublishError;

    fn poll_ready(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn start_send(mut self: Pin<&mut Self>, message: Message) -> Result<(), Self::Error> {
        // Replies reach a bridge past its filter.
        if self.topics.as_ref().is_some_and(|topics| !topics.contains(message.topic())) {
            return Ok(());
        }
        if self.asked.len() == ASKED {
            self.asked.pop_front();
        }
        self.asked.push_back(message.id());
        self.link.publish(&message)
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }
}

impl fmt::Debug for Bridge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bridge").field("topics", &self.topics).finish_non_exhaustive()
    }
}
