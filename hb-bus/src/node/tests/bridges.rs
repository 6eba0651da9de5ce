//! G27: something that is no node; and peers that fail.

use futures_util::{SinkExt, StreamExt, stream};
use tokio::sync::mpsc;

use super::*;
use crate::bus::Taken;

type Messages = mpsc::UnboundedSender<Message>;

/// Two ends of a bridge: what goes over it, and how to send something back. As NATS without echo.
fn bridge(node: &Node, filter: Filter) -> (mpsc::UnboundedReceiver<Message>, Messages) {
    let (out, went) = mpsc::unbounded_channel();
    let (back, came) = mpsc::unbounded_channel::<Message>();
    let came = stream::unfold(came, async |mut came| Some((Ok(came.recv().await?), came)));
    let out = futures_util::sink::unfold(out, async |out: Messages, message| {
        out.send(message).map_err(|_| "the bridge is down")?;
        Ok::<_, &str>(out)
    });
    node.bridge(filter, Both(came.boxed(), Box::pin(out.sink_map_err(|error| error))));
    (went, back)
}

/// A stream and a sink as one.
struct Both<A, B>(A, B);

impl<A: Stream + Unpin, B: Unpin> Stream for Both<A, B> {
    type Item = A::Item;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<A::Item>> {
        self.0.poll_next_unpin(cx)
    }
}

impl<A: Unpin, B: Sink<Message> + Unpin> Sink<Message> for Both<A, B> {
    type Error = B::Error;

    fn poll_ready(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Result<(), B::Error>> {
        self.1.poll_ready_unpin(cx)
    }

    fn start_send(mut self: std::pin::Pin<&mut Self>, message: Message) -> Result<(), B::Error> {
        self.1.start_send_unpin(message)
    }

    fn poll_flush(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Result<(), B::Error>> {
        self.1.poll_flush_unpin(cx)
    }

    fn poll_close(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Result<(), B::Error>> {
        self.1.poll_close_unpin(cx)
    }
}

#[wasm_bindgen_test(unsupported = test)]
fn g27_a_bridge_carries_its_topics_and_nobody_hears_anything_twice() {
    let net = Net::new(1, 5);
    let (a, b) = (net.node(1), net.node(2));
    net.connect(&a, &b).unwrap();
    let (mut went, back) = bridge(&a, Filter::only([NEWS]));
    let mut ears = [a.bus(), a.bus(), b.bus()].map(|bus| bus.subscribe(Filter::all()));
    a.bus().publish(news("ours")).unwrap();
    a.bus().publish(Message::new(Topic::from_static("private"), "not theirs")).unwrap();
    back.send(news("theirs")).unwrap();
    b.bus().publish(news("b's")).unwrap();
    net.settle();
    let sent: Vec<_> =
        std::iter::from_fn(|| went.try_recv().ok()).map(|message| message.data().clone()).collect();
    assert_eq!(sent, ["ours"], "neither what came over it nor what came from a peer");
    let mut near = ears.each_mut().map(heard);
    near.iter_mut().for_each(|heard| heard.sort());
    assert_eq!(near[0], ["b's", "not theirs", "ours", "theirs"]);
    assert_eq!(near[1], near[0]);
    assert_eq!(near[2], ["b's", "not theirs", "ours"], "what came over a bridge stays");
}

#[wasm_bindgen_test(unsupported = test)]
fn a_request_that_came_over_a_bridge_is_answered_over_it() {
    let net = Net::new(3, 5);
    let (a, b) = (net.node(1), net.node(2));
    net.connect(&a, &b).unwrap();
    let (mut went, back) = bridge(&a, Filter::only([NEWS]));
    let answering = a.bus().pod();
    let answers = answering.clone();
    let _handling = answering.handle(Filter::only([NEWS]), move |request| {
        let answers = answers.clone();
        async move {
            answers.publish(news("here").in_reply_to(&request)).map(drop).map_err(|_| crate::bus::Failed)
        }
    });
    let asked = net.bus().stamp(news("anybody?")).unwrap();
    back.send(asked.clone()).unwrap();
    net.settle();
    let reply = went.try_recv().unwrap();
    assert_eq!((reply.reply_to(), reply.data().as_ref()), (Some(asked.id()), &b"here"[..]));
}

#[wasm_bindgen_test(unsupported = test)]
fn g27_a_peer_that_fails_takes_nobody_with_it() {
    let net = Net::new(2, 5);
    let [a, b, c] = [1, 2, 3].map(|name| net.node(name));
    net.connect(&a, &b).unwrap();
    net.cut();
    net.connect(&a, &c).unwrap();
    let (went, _back) = bridge(&a, Filter::all());
    let (mut ear, mut events) = (c.bus().subscribe(Filter::all()), a.events(8));
    assert_eq!(a.peers(), [c.name()], "b's connection was cut");
    drop(went);
    a.bus().publish(news("still there")).unwrap();
    net.settle();
    assert_eq!(heard(&mut ear), ["still there"]);
    let down = Event::BridgeEnded(Ending::Broken("the bridge is down".into()));
    assert_eq!(events.try_recv(), Some(Taken::Item(down)));
    assert_eq!(events.try_recv(), None, "told once");
}
