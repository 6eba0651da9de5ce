//! The guest's end of a link to a bus: when to connect, what to say first, what is still good after a connection was lost.
//!
//! A pure machine: no clock, no socket, no JSON. What messages carry goes through it unread, so that a program builds its
//! frames with serde and a page with the browser's own JSON. Not here: the host's end, and who is let in (`hb_bus::guest`).
//!
//! ```
//! use hb_guest::{Input, Machine, Output, Say, Tell};
//! use hb_lease::time::Time;
//!
//! let ms = Time::from_millis;
//! let mut link: Machine<&str> = Machine::new(ms(0), 1);
//! let mut step = |at, input: Input<&'static str, ()>| {
//!     let mut out = Vec::new();
//!     link.handle(ms(at), input, &mut out);
//!     out
//! };
//! assert_eq!(step(0, Input::Tick), [Output::Dial]);
//! // What is said too early waits; `./` is the guest's own place, which the host names.
//! assert_eq!(step(1, Input::Publish { topic: "./door".into(), data: "open" }), []);
//! assert_eq!(step(2, Input::Opened), [Output::Say(Say::Hello)]);
//! let welcome = Tell::Welcome { epoch: "a".into(), prefix: "app/kiosk/".into() };
//! assert_eq!(step(3, Input::Heard(welcome)), [
//!     Output::Online { epoch: "a".into(), prefix: "app/kiosk/".into() },
//!     Output::Say(Say::Publish { topic: "app/kiosk/door".into(), data: "open" }),
//! ]);
//! ```
#![no_std]

extern crate alloc;

mod machine;
mod step;
mod words;

pub use machine::{Machine, OUTBOX, PATIENCE};
pub use step::{Failure, Heard, Input, Output};
pub use words::{After, Say, Tell};
