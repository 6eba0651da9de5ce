//! Scenarios D1 to D15, in virtual time; their numbers are in the tests' names.
//!
//! Not here: real sockets; see the example and the benchmark.

mod classes;
mod closing;
mod kit;
mod limits;
mod network;
mod requests;
mod transport;
