//! How messages travel: one total order, fanned out to many subscribers, none of which can hold up the others.
//!
//! ```
//! use hb_bus::bus::{Bus, Received};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let bus = Bus::new(1024); // the last 1024 items can be replayed
//! let mut live = bus.subscribe(16); // at most 16 items wait for this subscriber
//! bus.publish("first");
//! bus.publish("second");
//! assert_eq!(live.recv().await.item(), Some((1, "first")));
//!
//! // Whoever was away asks for what came after the last thing seen: no gap, no duplicate.
//! let mut back_again = bus.subscribe_after(1, 16).expect("still in the ring");
//! assert_eq!(back_again.recv().await.item(), Some((2, "second")));
//!
//! bus.close();
//! assert_eq!(back_again.recv().await, Received::Closed);
//! # }
//! ```
//!
//! Around it: [`dispatch`] joins replies to requests over datagrams, [`broker`] keeps connections with typed messages,
//! [`heart`] beats and answers, over any transport; time and tasks come from one [`runtime`], which can be a
//! [simulation](runtime::Simulation). No socket inside; compiles for wasm32. Not here: what the messages mean.

pub mod broker;
pub mod bus;
pub mod codec;
pub mod dispatch;
pub mod heart;
pub mod message;
pub mod pending;
pub mod runtime;
mod sync;
