//! The scenarios of the room, by number.

mod registrant;
mod registry;
mod requester;
mod responder;
mod table;
