//! The scenarios of the room, by number.

mod requester;
mod responder;
