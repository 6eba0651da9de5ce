//! `hb serve`: the host. What was typed; what it means is decided where configuration is.

use std::io::{ErrorKind, IsTerminal, Write};
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use hb_server::config::{Config, Overrides, TypedState};
use hb_server::engine::clock::Clock;
use hb_server::service::{Manager, Sockets, Word};
use hb_server::{Server, http};
use tracing_subscriber::EnvFilter;

use super::{credential, environment, say};

/// The file beside the memory that says how to log in for the first time.
const LOGIN: &str = "login";

/// What was typed behind `hb serve`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Where to listen: HOST:PORT, or a port alone for 127.0.0.1 and ::1; repeatable [default: 8888]
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Vec<String>,

    /// Take beats by UDP too, at HOST:PORT, or a port alone for 127.0.0.1 and ::1 [default: off; without ADDR: where HTTP is]
    #[arg(long, value_name = "ADDR", num_args = 0..=1)]
    pub(crate) udp: Option<Option<String>>,

    /// Speak TLS with this certificate (PEM); only this machine may speak plain HTTP then [default: no TLS]
    #[arg(long, value_name = "FILE")]
    pub(crate) tls_cert: Option<PathBuf>,

    /// The certificate's private key (PEM); both files are read again when they change
    #[arg(long, value_name = "FILE")]
    pub(crate) tls_key: Option<PathBuf>,

    /// Beat to another server as the app `hb`, so that it watches over this one: a base, udp://HOST:PORT, or a template
    #[arg(long, value_name = "URL")]
    pub(crate) beat_to: Option<String>,

    /// Whose certificates are believed there, if by https:// (PEM) [env: HB_CA] [default: whom this machine trusts]
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,

    /// When a silent app is late and down: `auto`, `strict` or `hilbert`, see below [default: auto]
    #[arg(long, value_name = "POLICY")]
    pub(crate) policy: Option<String>,

    /// How many apps are held at most; a new one beyond is refused with 503 [default: 100000]
    #[arg(long, value_name = "N", value_parser = count)]
    pub(crate) max_apps: Option<NonZeroUsize>,

    /// Where the memory lies: what happened, mutes, tokens [default: /var/lib/hb for root, else ~/.local/state/hb]
    #[arg(long, value_name = "DIR", conflicts_with = "memory")]
    pub(crate) state: Option<PathBuf>,

    /// Keep no file: the memory ends with the server
    #[arg(long)]
    pub(crate) memory: bool,

    /// Configuration file [default: ./hb.toml, then the user's, then /etc/hb/hb.toml]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

fn count(text: &str) -> Result<NonZeroUsize, &'static str> {
    text.parse().map_err(|_| "expected a number from 1 on, as in 100000")
}

/// Runs the server until it is told to stop.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    // Before any thread: it changes the environment.
    let passed = Sockets::take()?;
    let manager = Manager::read(&environment::of_process, std::process::id());
    tell();
    let Args { listen, udp, tls_cert, tls_key, beat_to, ca, policy, max_apps, state, memory, config } = args;
    let state = TypedState { folder: state, none: memory };
    let max_apps = max_apps.map(NonZeroUsize::get);
    let typed = Overrides { listen, udp, tls_cert, tls_key, beat_to, ca, policy, max_apps, state, config };
    let config = Config::load(typed, &environment::of_process)?;
    if config.state.is_none() {
        tracing::info!("no --state: what happens is forgotten with the server");
    }
    for note in &config.notes {
        tracing::warn!("{note}");
    }
    let secure = config.tls.is_some();
    http::raise_descriptor_limit();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers())
        // Only reports over all apps run there, and few at a time.
        .max_blocking_threads(4)
        .thread_stack_size(512 * 1024)
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    runtime.block_on(async {
        // Before anybody is told that we are here: a signal from then on ends us cleanly.
        let stop = stop_signal().context("cannot wait for signals")?;
        let folder = config.state.clone();
        let watchdog = manager.watchdog().context("cannot reach the service manager")?;
        let server = Server::bind_on(config, Clock::system(), passed).await?.watched_by(watchdog);
        // Whoever closed our output does not care where we listen; the screens still do.
        drop(announce(secure, server.addrs(), server.udp_addrs()));
        welcome(secure, &server, folder.as_deref()).await;
        let dashboard = server.addrs().first().map(|first| format!("dashboard: {}", page(secure, *first)));
        manager
            .tell(Word::Ready(&dashboard.unwrap_or_default()))
            .context("cannot reach the service manager")?;
        let stop = async {
            stop.await;
            // It ends all the same, told or not.
            drop(manager.tell(Word::Stopping));
        };
        server.run(stop).await.context("cannot start the detector")
    })?;
    // A report still under way must not hold up the end.
    runtime.shutdown_timeout(std::time::Duration::from_millis(100));
    Ok(ExitCode::SUCCESS)
}

/// What happens is told on stderr, as much as `RUST_LOG` asks for; stdout is for the addresses.
fn tell() {
    let filter =
        EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,async_nats=error"));
    let told = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // Fails only if somebody tells already.
    let _ = told.with_target(false).with_ansi(std::io::stderr().is_terminal()).try_init();
}

/// Beats are a few microseconds each: more threads than this only cost memory.
fn workers() -> usize {
    std::thread::available_parallelism().map_or(2, std::num::NonZero::get).clamp(2, 8)
}

/// One line for each address, and the one to open in a browser.
fn announce(secure: bool, addrs: &[SocketAddr], udp: &[SocketAddr]) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    for addr in addrs {
        writeln!(out, "hb listens on {}://{addr}/", scheme(secure, *addr))?;
    }
    for addr in udp {
        writeln!(out, "hb takes beats by UDP at udp://{addr}")?;
    }
    if let Some(first) = addrs.first() {
        writeln!(out, "dashboard: {}", page(secure, *first))?;
    }
    out.flush()
}

/// How to speak there; this machine needs no certificate.
fn scheme(secure: bool, address: SocketAddr) -> &'static str {
    if secure && !address.ip().is_loopback() { "https" } else { "http" }
}

/// Where a browser finds us.
fn page(secure: bool, address: SocketAddr) -> String {
    // The unspecified address is no place to go to.
    if address.ip().is_unspecified() {
        return format!("http://localhost:{}/", address.port());
    }
    format!("{}://{address}/", scheme(secure, address))
}

/// Tells whoever started us how to log in, while nobody could as admin: on a terminal, which somebody looks at, or in a file
/// that only we can read. Never in a log.
async fn welcome(secure: bool, server: &Server, folder: Option<&Path>) {
    let file = folder.map(|folder| folder.join(LOGIN));
    let shown = std::io::stdout().is_terminal();
    // The one of the start before is good no more.
    let stale = |path: &PathBuf| matches!(std::fs::remove_file(path), Err(error) if error.kind() != ErrorKind::NotFound);
    if let Some(path) = file.as_ref().filter(|path| stale(path)) {
        tracing::warn!("cannot remove {}, which is good no more", path.display());
    }
    if !shown && file.is_none() {
        tracing::info!("nobody can log in: start it on a terminal, or with a memory (--state)");
        return;
    }
    let Some(first) = server.addrs().first() else { return };
    let secret = match server.first_login().await {
        Ok(Some(secret)) => secret,
        Ok(None) => return,
        Err(error) => return tracing::warn!("no one-time login: {error}; `hb login` makes one later"),
    };
    let address = format!("{}login#{}", page(secure, *first), secret.reveal());
    match file {
        _ if shown => drop(say(&format!("log in, once within 15 minutes: {address}\n"))),
        None => {}
        Some(path) => match credential::keep(&path, &address) {
            Ok(()) => tracing::info!("how to log in, once within 15 minutes, stands in {}", path.display()),
            Err(error) => tracing::warn!("cannot write {}: {error}; `hb login` prints it", path.display()),
        },
    }
}

/// Ready when somebody wants us to end: Ctrl-C, SIGTERM where there is one, or the end of the session or of Windows.
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let (mut interrupt, mut terminate) =
            (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        Ok(async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        })
    }
    #[cfg(windows)]
    {
        use tokio::signal::windows::{ctrl_break, ctrl_c, ctrl_close, ctrl_shutdown};
        let (mut interrupt, mut stop) = (ctrl_c()?, ctrl_break()?);
        let (mut close, mut shutdown) = (ctrl_close()?, ctrl_shutdown()?);
        Ok(async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = stop.recv() => {}
                _ = close.recv() => {}
                _ = shutdown.recv() => {}
            }
        })
    }
}
