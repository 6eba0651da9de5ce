//! `hb alert test`: sends a test through a channel of the configuration, so that nobody learns on a bad day that it was wrong.
//!
//! It needs no server. Not here: channels.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::bail;
use hb_server::config::{Config, Overrides, TypedState};
use hb_server::notify::message::Message;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{environment, say};

/// What was typed behind `hb alert`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Send a test through a channel, and say what went wrong
    Test {
        /// Its name in the configuration
        channel: String,

        /// Configuration file [default: ./hb.toml, then the user's, then /etc/hb/hb.toml]
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
}

/// Does it.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let Action::Test { channel, config } = args.action;
    // It sends, and remembers nothing.
    let state = TypedState { none: true, ..TypedState::default() };
    let typed = Overrides { config, state, ..Overrides::default() };
    let alerts = Config::load(typed, &environment::of_process)?.alerts;
    let Some(named) = alerts.channel(&channel) else {
        let all: Vec<&str> = alerts.channels.iter().map(|named| &*named.name).collect();
        match &all[..] {
            [] => bail!("no channel is configured: expected [[channel]] in hb.toml"),
            all => bail!("`{channel}` is no channel: expected one of {}", all.join(", ")),
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let message = Message::test(Timestamp::now().as_millisecond());
    runtime.block_on(named.channel.send(&message, &TimeZone::UTC))?;
    say(&format!("{channel} has it\n"))?;
    Ok(ExitCode::SUCCESS)
}
