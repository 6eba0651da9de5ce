//! `hb serve`: the host. What was typed; what it means is decided where configuration is.

use std::path::PathBuf;
use std::process::ExitCode;

/// What was typed behind `hb serve`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Address to listen on, as HOST:PORT; repeatable [default: 127.0.0.1:8888 and [::1]:8888]
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Vec<String>,

    /// When silence counts: `auto`, `strict` or `hilbert` [default: auto]
    #[arg(long, value_name = "POLICY")]
    pub(crate) policy: Option<String>,

    /// How many apps are held at most; a new one beyond gets 503 [default: 100000]
    #[arg(long, value_name = "N")]
    pub(crate) max_apps: Option<usize>,

    /// Configuration file [default: ./hb.toml, then the user's, then /etc/hb/hb.toml]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    /// Folder for what must survive a restart
    #[arg(long, value_name = "DIR")]
    pub(crate) state: Option<PathBuf>,
}

/// Runs the server until it is told to stop.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let Args { listen, policy, max_apps, config, state } = args;
    anyhow::bail!("the server is not in this build ({listen:?} {policy:?} {max_apps:?} {config:?} {state:?})")
}
