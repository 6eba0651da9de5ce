//! The scenarios of the room, by number.

mod registry;
mod requester;
mod responder;
mod table;
