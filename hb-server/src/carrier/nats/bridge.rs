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
        // The node's filter may be wider than what was named here.
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

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpListener};

    use futures_util::{SinkExt, stream};
    use hb_bus::message::Head;

    use super::*;

    const DOORS: Topic = Topic::from_static("doors");
    const COMMANDS: Topic = Topic::from_static("commands");

    fn head(topic: Topic, id: u128, reply_to: Option<u128>) -> Head {
        Head { id: Id::from_u128(id), parent: None, reply_to: reply_to.map(Id::from_u128), topic, at: 1 }
    }

    fn answer(to: u128) -> (Topic, Theirs) {
        let theirs = Theirs {
            subject: "doors".into(),
            reply: None,
            payload: "it is open".into(),
            headers: Some(form::headers(&head(DOORS, u128::MAX - to, Some(to)))),
            status: None,
            description: None,
            length: 0,
        };
        (DOORS, theirs)
    }

    #[tokio::test]
    async fn only_what_left_last_can_be_answered() {
        // Nobody speaks there: what leaves waits.
        let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = format!("nats://{}", silent.local_addr().unwrap());
        let link = Link::open(address.parse().unwrap()).await.unwrap();
        let last = ASKED as u128 + 1;
        let private = last + 1;
        let coming = stream::iter([1, 2, last, private].map(answer)).boxed();
        let mut bridge = Bridge::new(link, Some(vec![DOORS]), coming);
        for id in 1..=last {
            bridge.send(Message::from_parts(head(DOORS, id, None), "the door?")).await.unwrap();
        }
        bridge.send(Message::from_parts(head(COMMANDS, private, None), "reload")).await.unwrap();
        assert_eq!(bridge.asked.len(), ASKED);
        let answered: Vec<_> = bridge.map(|message| message.unwrap().reply_to().unwrap()).collect().await;
        assert_eq!(
            answered,
            [2, last].map(Id::from_u128),
            "the first is forgotten, the private one never left"
        );
    }
}
