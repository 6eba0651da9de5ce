//! D10 and the ends nobody asked for.

use futures_util::future::{join, join_all, join3};
use wasm_bindgen_test::wasm_bindgen_test;

#[cfg(not(target_family = "wasm"))]
use super::super::{Adapter, Dispatcher};
use super::super::{Class, Config, Delivery, RequestError, SendError};
use super::kit::{MS_200, Message, Wire, message};
use crate::pending::Closed;
use crate::runtime::{Elapsed, Runtime, Simulation};

#[wasm_bindgen_test(unsupported = test)]
fn d10_closing_wakes_everybody() {
    for delivery in [Delivery::Acknowledged, Delivery::ByTransport] {
        let simulation = Simulation::new(10);
        let wire = Wire::default();
        let a = wire.dispatcher(&simulation, Config::default().delivery(delivery));
        let asked: Vec<Message> = (0..10).map(|key| message(Class::Request, key, "")).collect();
        let told = message(Class::Notification, 1, "");
        simulation.run(async {
            let closer = async {
                simulation.sleep(MS_200).await;
                a.close(MS_200).await
            };
            let requests = join_all(asked.iter().map(|asked| a.request(asked, "b", None)));
            let (replies, received, closed) = join3(requests, a.recv_from(), closer).await;
            assert!(replies.iter().all(|reply| matches!(reply, Err(RequestError::Closed(_)))), "{replies:?}");
            assert_eq!((received, closed), (Err(Closed), Ok(())));
            assert_eq!(simulation.now().as_millis(), 200);

            assert_eq!(a.close(MS_200).await, Ok(()), "a second time");
            assert!(matches!(a.request(&asked[0], "b", None).await, Err(RequestError::Closed(_))));
            assert!(matches!(a.notify(&told, "b", None).await, Err(RequestError::Closed(_))));
            assert!(matches!(a.notify_unreliable(&told, "b"), Err(SendError::Closed(_))));
            assert_eq!(a.recv_from().await, Err(Closed));
        });
        assert!(wire.state().closed);
    }
}

#[wasm_bindgen_test(unsupported = test)]
fn d10_closing_keeps_its_deadline() {
    let simulation = Simulation::new(10);
    let wire = Wire::default();
    wire.state().stalled = true;
    let a = wire.dispatcher(&simulation, Config::default().delivery(Delivery::ByTransport));
    let told = message(Class::Notification, 1, "");
    let waiters = async {
        let (sent, received) = join(a.notify(&told, "b", None), a.recv_from()).await;
        assert!(matches!(sent, Err(RequestError::Closed(_))), "{sent:?}");
        assert_eq!(received, Err(Closed));
        assert_eq!(simulation.now().as_millis(), 0, "they do not wait for the transport");
    };
    let ((), closed) = simulation.run(join(waiters, a.close(MS_200)));
    assert_eq!((closed, simulation.now().as_millis()), (Err(Elapsed), 200));
    assert_eq!(simulation.run(a.close(MS_200)), Ok(()), "it was dropped as it was");
    assert_eq!(simulation.now().as_millis(), 200);
}

#[wasm_bindgen_test(unsupported = test)]
fn closing_sends_what_is_queued_and_keeps_what_came() {
    let simulation = Simulation::new(10);
    let wire = Wire::default();
    let a = wire.dispatcher(&simulation, Config::default());
    wire.arrives(&message(Class::Notification, 1, "came before"), "b");
    simulation.run(simulation.sleep(MS_200));
    for key in 0..100 {
        a.notify_unreliable(&message(Class::Notification, key, ""), "b").unwrap();
    }
    simulation.run(a.close(MS_200)).unwrap();
    assert_eq!((wire.state().sent.len(), a.stats().sent), (100, 100));
    assert_eq!(simulation.run(a.recv_from()).unwrap().message.text, "came before");
    assert_eq!(simulation.run(a.recv_from()), Err(Closed));
}

#[wasm_bindgen_test(unsupported = test)]
fn dropping_the_last_handle_ends_it_and_sends_what_goes_at_once() {
    let simulation = Simulation::new(0);
    let wire = Wire::default();
    let a = wire.dispatcher(&simulation, Config::default());
    let clone = a.clone();
    drop(a);
    clone.notify_unreliable(&message(Class::Notification, 1, ""), "b").unwrap();
    drop(clone);
    simulation.run(simulation.sleep(MS_200));
    let state = wire.state();
    assert_eq!((state.sent.len(), state.closed), (1, true));
}

/// Panics on what it reads, which it must not.
#[cfg(not(target_family = "wasm"))]
struct Careless;

#[cfg(not(target_family = "wasm"))]
impl Adapter for Careless {
    type Message = ();
    type Key = ();
    type Error = std::convert::Infallible;

    fn encode(&self, (): &(), _: &mut Vec<u8>) -> Result<(), Self::Error> {
        Ok(())
    }

    fn decode(&self, _: &[u8]) -> Result<(), Self::Error> {
        panic!("a careless adapter");
    }

    fn key(&self, (): &()) {}

    fn class(&self, (): &()) -> Option<Class> {
        None
    }
}

/// Natively only: a panic in wasm32 ends the module, and the simulation runs tasks in place.
#[cfg(not(target_family = "wasm"))]
#[tokio::test]
async fn an_adapters_panic_is_an_end_that_everybody_hears_of() {
    let wire = Wire::default();
    let runtime = std::sync::Arc::new(crate::runtime::Native::current());
    let a = Dispatcher::new(Careless, wire.clone(), runtime, Config::default());
    let peer = async { wire.arrives_raw(Vec::new(), "b") };
    let (reply, received, ()) = join3(a.request(&(), "b", None), a.recv_from(), peer).await;
    assert!(matches!(reply, Err(RequestError::Closed(_))), "{reply:?}");
    assert_eq!(received, Err(Closed));
}
