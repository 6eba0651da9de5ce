//! B1–B3: what messages pass through.

use std::sync::Arc;

use wasm_bindgen_test::wasm_bindgen_test;

use super::*;
use crate::broker::{Failure, Flow, Inbound, Message, Outbound, Pipe, SendError};

/// Notes what passes, and may change it.
struct Noting {
    name: &'static str,
    trace: Trace,
    change: fn(&str) -> String,
}

fn noting_pipe(name: &'static str, trace: &Trace, change: fn(&str) -> String) -> Noting {
    Noting { name, trace: trace.clone(), change }
}

impl Pipe for Noting {
    fn inbound<'a>(&'a self, message: Message, next: Inbound<'a>) -> Flow<'a, Result<(), Failure>> {
        let Some(Text(text)) = message.get() else { return next.run(message) };
        self.trace.note(format!("{} in {text}", self.name));
        next.run(Message::new(Text((self.change)(text))))
    }

    fn outbound<'a>(&'a self, message: Message, next: Outbound<'a>) -> Flow<'a, Result<usize, SendError>> {
        self.trace.note(format!("{} out", self.name));
        next.run(message)
    }
}

#[wasm_bindgen_test(unsupported = test)]
fn b01_the_trace_of_ten_steps() {
    for media_type in [JSON, POSTCARD] {
        let (simulation, trace) = (Simulation::new(1), Trace::default());
        let steps = trace.clone();
        let same = |text: &str| text.to_owned();
        let server = builder(&simulation)
            .pipe(noting_pipe("pipe 0", &trace, same))
            .pipe(noting_pipe("pipe 1", &trace, str::to_uppercase))
            .pipe(noting_pipe("pipe 2", &trace, same))
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
        let steps = trace.clone();
        let client = builder(&simulation)
            .handle(move |_: Connection, hello: Arc<Text>| {
                steps.note(format!("client handles {}", hello.0));
                std::future::ready(Ok(()))
            })
            .build()
            .unwrap();
        let (_, connection) = connect(&server, &client, media_type);
        assert_eq!(connection.media_type(), media_type);
        simulation.run(async {
            trace.note("client sends Hello");
            assert_eq!(client.send(text("Hello")).await, Ok(1));
            settle(&simulation).await;
        });
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
        assert_eq!(trace.take(), expected, "{media_type}");
    }
}

#[wasm_bindgen_test(unsupported = test)]
fn b02_in_the_order_added_and_out_the_other_way() {
    let (simulation, trace) = (Simulation::new(1), Trace::default());
    let same = |text: &str| text.to_owned();
    let server = noting(&simulation, &trace)
        .pipe(noting_pipe("A", &trace, same))
        .pipe(noting_pipe("B", &trace, same))
        .pipe(noting_pipe("C", &trace, same))
        .build()
        .unwrap();
    let client = plain(&simulation);
    let (at_server, _) = connect(&server, &client, JSON);
    simulation.run(async {
        client.send(text("x")).await.unwrap();
        settle(&simulation).await;
        assert_eq!(trace.take(), ["A in x", "B in x", "C in x", "x"]);
        server.send(text("y")).await.unwrap();
        assert_eq!(trace.take(), ["C out", "B out", "A out"]);
        assert_eq!(at_server.send(text("z")).await, Ok(1));
        assert_eq!(trace.take(), [""; 0], "past the pipes");
    });
}

/// Ends the way of `stop`; answers `ask` by itself.
struct Gate;

impl Pipe for Gate {
    fn inbound<'a>(&'a self, message: Message, next: Inbound<'a>) -> Flow<'a, Result<(), Failure>> {
        Box::pin(async move {
            match message.get::<Text>().map(|text| text.0.as_str()) {
                Some("stop") => Ok(()),
                Some("ask") => {
                    next.connection().send(text("answer")).await?;
                    Ok(())
                }
                Some("fail") => Err("as told".into()),
                _ => next.run(message).await,
            }
        })
    }

    fn outbound<'a>(&'a self, message: Message, next: Outbound<'a>) -> Flow<'a, Result<usize, SendError>> {
        match message.get::<Number>() {
            Some(Number(0)) => Box::pin(async { Ok(0) }),
            _ => next.run(message),
        }
    }
}

#[wasm_bindgen_test(unsupported = test)]
fn b03_a_pipe_may_end_the_way_or_answer() {
    let simulation = Simulation::new(1);
    let (at_server, at_client, failures) = (Trace::default(), Trace::default(), Trace::default());
    let told = failures.clone();
    let server = noting(&simulation, &at_server)
        .pipe(Gate)
        .observe(move |event| {
            if let crate::broker::Event::Failed(_, failure) = event {
                told.note(failure.to_string());
            }
        })
        .build()
        .unwrap();
    let client = noting(&simulation, &at_client).build().unwrap();
    let (connection, _) = connect(&server, &client, JSON);
    simulation.run(async {
        for word in ["stop", "ask", "fail", "go"] {
            assert_eq!(client.send(text(word)).await, Ok(1));
        }
        assert_eq!(server.send(Number(0)).await, Ok(0), "it ended in a pipe");
        settle(&simulation).await;
    });
    assert_eq!(at_server.take(), ["go"]);
    assert_eq!(at_client.take(), ["answer"]);
    assert_eq!(failures.take(), ["as told"]);
    assert!(connection.is_open());
    assert_eq!(server.unhandled(), 0);
}
