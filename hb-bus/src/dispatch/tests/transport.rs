//! D13: the transport ends, fails, or refuses.

use futures_util::future::{join, join3};
use wasm_bindgen_test::wasm_bindgen_test;

use super::super::{Class, Config, Delivery, RequestError, SendError};
use super::kit::{MS_200, Wire, message};
use crate::pending::Closed;
use crate::runtime::{Runtime, Simulation};

#[wasm_bindgen_test(unsupported = test)]
fn d13_the_end_of_the_stream_is_the_end() {
    let simulation = Simulation::new(13);
    let wire = Wire::default();
    let a = wire.dispatcher(&simulation, Config::default());
    let asked = message(Class::Request, 8, "request");
    simulation.run(async {
        let peer = async { wire.ends() };
        let (reply, received, ()) = join3(a.request(&asked, "b", None), a.recv_from(), peer).await;
        assert!(matches!(reply, Err(RequestError::Closed(_))), "{reply:?}");
        assert_eq!((received, simulation.now().as_millis()), (Err(Closed), 0));
        assert!(matches!(a.request(&asked, "b", None).await, Err(RequestError::Closed(_))));
        assert!(matches!(a.notify_unreliable(&asked, "b"), Err(SendError::Closed(_))));
        assert_eq!(a.close(MS_200).await, Ok(()));
    });
}

#[wasm_bindgen_test(unsupported = test)]
fn d13_failing_reads_back_off_and_writing_goes_on() {
    let simulation = Simulation::new(13);
    let wire = Wire::default();
    wire.state().broken = true;
    let a = wire.dispatcher(&simulation, Config::default());
    simulation.run(simulation.sleep(MS_200 * 5));
    let reads = wire.state().reads;
    assert!((3..=100).contains(&reads), "{reads} reads in a second");
    assert_eq!(a.stats().read_errors, u64::from(reads));
    a.notify_unreliable(&message(Class::Notification, 1, ""), "b").unwrap();
    simulation.run(simulation.sleep(std::time::Duration::from_millis(1)));
    assert_eq!(wire.state().sent.len(), 1, "a pause of reading is none of writing");

    wire.state().broken = false;
    wire.arrives(&message(Class::Notification, 1, "healed"), "b");
    assert_eq!(simulation.run(a.recv_from()).unwrap().message.text, "healed");
    assert!(simulation.now().as_millis() <= 1_321, "{:?}", simulation.now());
}

#[wasm_bindgen_test(unsupported = test)]
fn d13_single_failed_reads_cost_no_time() {
    let simulation = Simulation::new(13);
    let wire = Wire::default();
    let a = wire.dispatcher(&simulation, Config::default());
    for key in 0..100 {
        wire.fails();
        wire.arrives(&message(Class::Notification, key, ""), "b");
    }
    for key in 0..100 {
        assert_eq!(simulation.run(a.recv_from()).unwrap().message.key, key);
    }
    assert_eq!((simulation.now().as_millis(), a.stats().read_errors), (0, 100));
}

#[wasm_bindgen_test(unsupported = test)]
fn d13_a_refused_datagram_is_its_senders_alone() {
    let simulation = Simulation::new(13);
    let wire = Wire::default();
    wire.state().refuses = true;
    let a = wire.dispatcher(&simulation, Config::default().delivery(Delivery::ByTransport));
    let asked = message(Class::Request, 8, "request");
    simulation.run(async {
        let (reply, told) = join(a.request(&asked, "b", None), a.notify(&asked, "b", None)).await;
        assert!(matches!(reply, Err(RequestError::Transport(_))), "{reply:?}");
        assert!(matches!(told, Err(RequestError::Transport(_))), "{told:?}");
        a.notify_unreliable(&asked, "b").unwrap();
        simulation.sleep(MS_200).await;
        assert_eq!((a.stats().send_errors, a.stats().sent, a.outstanding()), (3, 0, 0));

        wire.state().refuses = false;
        let peer = async { wire.arrives(&message(Class::Reply, 8, "reply"), "b") };
        let (reply, ()) = join(a.request(&asked, "b", None), peer).await;
        assert_eq!(reply.unwrap().text, "reply");
    });
}
