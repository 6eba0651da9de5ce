//! The host: `hb serve` and everything it stands on.
//!
//! ```no_run
//! # async fn demo() -> Result<(), Box<dyn std::error::Error>> {
//! use hb_server::{Config, Server};
//!
//! let server = Server::bind(Config::default()).await?;
//! println!("listening on {:?}", server.addrs());
//! server.run(async { tokio::signal::ctrl_c().await.expect("a signal handler") }).await?;
//! # Ok(())
//! # }
//! ```
//!
//! Floors, arrows only down: `engine` < `screen` < `watch` < `hilbert` < `http`, `udp` < `heart` < `config`, which has a piece for each of them <
//! [`Server`], which wires the rooms and does nothing else < the binary.
//! Under them [`carrier`]: connections of `hb_bus` over real sockets, also for programs that embed one; and [`exec`], which
//! carries out repairs on this host. Beside `engine` [`store`], the memory,
//! [`notify`], which carries messages to people, [`tls`], whom they trust, and [`service`], the manager that started us.

pub mod auth;
pub mod carrier;
pub mod config;
pub mod engine;
pub mod exec;
pub mod heart;
pub mod hilbert;
pub mod http;
pub mod notify;
mod screen;
mod server;
pub mod service;
pub mod store;
pub mod tls;
pub mod udp;
pub mod watch;

pub use config::Config;
pub use server::{BindError, Server};
