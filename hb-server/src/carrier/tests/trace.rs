//! B1: a word travels to the server and back, through three pipes each way.

use std::sync::Mutex;

use hb_bus::broker::{Failure, Flow, Inbound, Message, Outbound, Pipe, SendError};

use super::*;

/// What happened, in order.
#[derive(Clone, Default)]
struct Trace(Arc<Mutex<Vec<String>>>);

impl Trace {
    fn note(&self, what: impl Into<String>) {
        self.0.lock().unwrap().push(what.into());
    }
}

/// Notes what passes; the second one speaks up.
struct Step(u8, Trace);

impl Pipe for Step {
    fn inbound<'a>(&'a self, message: Message, next: Inbound<'a>) -> Flow<'a, Result<(), Failure>> {
        let Some(Text(text)) = message.get() else { return next.run(message) };
        self.1.note(format!("pipe {} in {text}", self.0));
        let louder = (self.0 == 1).then(|| Message::new(Text(text.to_uppercase())));
        next.run(louder.unwrap_or(message))
    }

    fn outbound<'a>(&'a self, message: Message, next: Outbound<'a>) -> Flow<'a, Result<usize, SendError>> {
        self.1.note(format!("pipe {} out", self.0));
        next.run(message)
    }
}

#[tokio::test]
async fn b01_the_trace_of_ten_steps() {
    for (carrier, media_type) in BOTH.into_iter().flat_map(|carrier| [(carrier, JSON), (carrier, POSTCARD)]) {
        let trace = Trace::default();
        let steps = trace.clone();
        let server = builder()
            .pipe(Step(0, trace.clone()))
            .pipe(Step(1, trace.clone()))
            .pipe(Step(2, trace.clone()))
            .handle(move |from: Connection, hello: Arc<Text>| {
                let steps = steps.clone();
                async move {
                    steps.note(format!("server handles {}", hello.0));
                    steps.note("server sends HELLO World");
                    from.broker().send(Text(format!("{} World", hello.0))).await?;
                    Ok(())
                }
            })
            .build()
            .unwrap();
        let (client, mut texts, _) = telling(builder().prefer(media_type));
        let connection = carrier.dial(&client, serve(&server).await).await.unwrap();
        assert_eq!(connection.media_type(), media_type, "{carrier:?}");
        trace.note("client sends Hello");
        assert_eq!(client.send(text("Hello")).await, Ok(1));
        trace.note(format!("client handles {}", next(&mut texts).await));
        let expected = [
            "client sends Hello",
            "pipe 0 in Hello",
            "pipe 1 in Hello",
            "pipe 2 in HELLO",
            "server handles HELLO",
            "server sends HELLO World",
            "pipe 2 out",
            "pipe 1 out",
            "pipe 0 out",
            "client handles HELLO World",
        ];
        assert_eq!(*trace.0.lock().unwrap(), expected, "{carrier:?} {media_type}");
        assert_eq!(server.connections()[0].media_type(), media_type, "{carrier:?}");
    }
}
