//! D9, D11, D4 and D14 once more: what is full, broken or too much.

use futures_util::future::{join, join_all};
use wasm_bindgen_test::wasm_bindgen_test;

use super::super::{Class, Config, RequestError, SendError};
use super::kit::{MS_200, Message, Wire, message};
use crate::runtime::{Runtime, Simulation};

#[wasm_bindgen_test(unsupported = test)]
fn d09_the_first_256_stay_and_requests_go_on() {
    let simulation = Simulation::new(9);
    let wire = Wire::default();
    let a = wire.dispatcher(&simulation, Config::default());
    for key in 0..300 {
        wire.arrives(&message(Class::Notification, key, ""), "b");
    }
    let asked: Vec<Message> = (0..10).map(|key| message(Class::Request, key, "")).collect();
    simulation.run(async {
        let answers = async {
            for key in 0..10 {
                wire.arrives(&message(Class::Reply, key, ""), "b");
            }
        };
        let requests = join_all(asked.iter().map(|asked| a.request(asked, "b", MS_200)));
        let (replies, ()) = join(requests, answers).await;
        assert!(replies.iter().all(Result::is_ok), "{replies:?}");
        assert_eq!((simulation.now().as_millis(), a.stats().dropped), (0, 44));
        for key in 0..256 {
            assert_eq!(a.recv_from().await.unwrap().message.key, key);
        }
        wire.arrives(&message(Class::Notification, 1000, ""), "b");
        assert_eq!(a.recv_from().await.unwrap().message.key, 1000, "room again");
    });
}

#[wasm_bindgen_test(unsupported = test)]
fn d11_what_cannot_be_read_is_passed_over() {
    let hostile: [&[u8]; 5] = [b"", b"?", b"?1234567", b"x12345678", b"?12345678\xff"];
    for bytes in hostile {
        let simulation = Simulation::new(11);
        let wire = Wire::default();
        let a = wire.dispatcher(&simulation, Config::default());
        wire.arrives(&message(Class::Notification, 1, "good"), "b");
        wire.arrives_raw(bytes.to_vec(), "b");
        wire.arrives(&message(Class::Notification, 2, "good"), "b");
        for key in [1, 2] {
            assert_eq!(simulation.run(a.recv_from()).unwrap().message.key, key);
        }
        assert_eq!((a.stats().adapter_errors, a.stats().received), (1, 3), "{bytes:?}");
    }
}

#[wasm_bindgen_test(unsupported = test)]
fn a_stalled_transport_holds_up_requests_but_no_unreliable_notification() {
    let simulation = Simulation::new(0);
    let wire = Wire::default();
    wire.state().stalled = true;
    let a = wire.dispatcher(&simulation, Config::default().send_queue(4));
    let told = message(Class::Notification, 1, "notice");
    // One is in the driver's hand, four wait.
    a.notify_unreliable(&told, "b").unwrap();
    simulation.run(simulation.sleep(MS_200));
    for _ in 0..4 {
        a.notify_unreliable(&told, "b").unwrap();
    }
    assert!(matches!(a.notify_unreliable(&told, "b"), Err(SendError::Congested)));
    assert_eq!(a.stats().congested, 1);
    let asked = message(Class::Request, 8, "request");
    assert!(matches!(simulation.run(a.request(&asked, "b", MS_200)), Err(RequestError::TimedOut)));
    assert_eq!((simulation.now().as_millis(), a.outstanding()), (400, 0));
}
