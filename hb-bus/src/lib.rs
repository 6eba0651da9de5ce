//! How messages travel: a bus and its peers, a dispatcher, a broker and hearts, over any transport.
//!
//! Four mechanisms stand under all of it, each written once: an envelope with its codecs ([`message`], [`codec`]), who
//! waits for which reply ([`pending`]), fan-out with filters and replay ([`bus`]), and keys with deadlines (`hb-lease`).
//!
//! ```
//! use hb_bus::bus::{Bus, Filter, Received};
//! use hb_bus::message::{Message, Topic};
//! use hb_bus::runtime::Native;
//!
//! const NEWS: Topic = Topic::from_static("news");
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let bus = Bus::new(std::sync::Arc::new(Native::current()));
//! let mut live = bus.subscribe(Filter::only([NEWS]).queue(16)); // at most 16 messages wait for this subscriber
//! bus.publish(Message::new(NEWS, "first"))?;
//! bus.publish(Message::new(NEWS, "second"))?;
//! assert!(matches!(live.recv().await, Received::Message { seq: 1, message } if message.data() == "first"));
//!
//! // Whoever was away asks for what came after the last thing seen: no gap, no duplicate.
//! let mut back_again = bus.resume(1, Filter::all())?;
//! assert!(matches!(back_again.recv().await, Received::Message { seq: 2, .. }));
//!
//! bus.close();
//! assert_eq!(back_again.recv().await, Received::Closed);
//! # Ok(())
//! # }
//! ```
//!
//! [`node`] joins buses to a mesh, [`guest`] lets clients onto one, [`dispatch`] joins replies to requests over
//! datagrams, [`broker`] keeps connections with typed messages, [`heart`] beats and answers. Who comes from Grav finds
//! what each name there is here in [`bus`], from SCION's `disp` in [`dispatch`], from go-goo's `message` in [`broker`],
//! from gogistry in [`heart`]. Time and tasks come from
//! one [`runtime`], which can be a [simulation](runtime::Simulation). No socket inside; compiles for wasm32. Not here:
//! what the messages mean.

pub mod broker;
pub mod bus;
pub mod codec;
pub mod dispatch;
pub mod guest;
pub mod heart;
pub mod link;
pub mod message;
pub mod node;
#[cfg(test)]
mod noise;
pub mod pending;
pub mod runtime;
mod sync;

/// The example of the README compiles and runs, too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

#[cfg(all(test, target_family = "wasm"))]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);
