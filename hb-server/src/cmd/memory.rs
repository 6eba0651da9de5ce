//! `hb export`, `hb import` and `hb uptime`: the memory from the command line, over its file and without the server.
//!
//! Not here: what is kept (`watch::history`), its text (`store`).

use std::fs::File;
use std::io::{self, BufReader, BufWriter, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use hb_core::window::Scope;
use hb_lease::time::Wall;
use hb_server::config::{Config, Overrides, TypedState};
use hb_server::store::{self, Claim, Reader, Retention, Store, TransferError, Uptime};
use hb_server::watch::history::{Share, Span, shares};
use serde_json::json;

use super::environment::{self, Environment};
use super::say;

/// How long the last rows of an import may take.
const END: Duration = Duration::from_secs(60);
/// How often a long one says how far it is.
const TOLD: Duration = Duration::from_secs(1);
/// A server gives a sign every minute: one that is older than this, in ms, is its last.
const SIGN: i64 = 2 * 60 * 1_000;

/// Where the memory is.
#[derive(Debug, clap::Args)]
struct Place {
    /// Where the memory lies [default: where `hb serve` has it]
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,

    /// Configuration file [default: ./hb.toml, then the user's, then /etc/hb/hb.toml]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// What was typed behind `hb export`.
#[derive(Debug, clap::Args)]
pub(crate) struct Export {
    /// Where to write it [default: standard output]
    file: Option<PathBuf>,

    #[command(flatten)]
    place: Place,
}

/// What was typed behind `hb import`.
#[derive(Debug, clap::Args)]
pub(crate) struct Import {
    /// What `hb export` wrote; - for standard input
    file: PathBuf,

    #[command(flatten)]
    place: Place,
}

/// What was typed behind `hb uptime`.
#[derive(Debug, clap::Args)]
pub(crate) struct Asked {
    /// Whose: an app, HOST/APP, HOST/* or group:NAME [default: everything]
    #[arg(default_value = "everything", hide_default_value = true)]
    scope: String,

    /// From when on: a time span before now, as 24h or 30d, or a date
    #[arg(long, value_name = "SPAN", default_value = "30d")]
    since: String,

    /// Print JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    place: Place,
}

impl Place {
    /// Where nobody named the folder, it is told: another server may have another.
    fn load(self) -> anyhow::Result<(Config, PathBuf)> {
        let guessed = self.state.is_none();
        let state = TypedState { folder: self.state, none: false };
        let typed = Overrides { config: self.config, state, ..Overrides::default() };
        let config = Config::load(typed, &environment::of_process)?;
        let Some(folder) = config.state.clone() else {
            bail!("there is no folder for the memory: say where it is with --state DIR");
        };
        if guessed && folder.join(store::FILE).exists() {
            eprintln!("hb: in {}; --state names another", folder.display());
        }
        Ok((config, folder))
    }
}

/// What is kept in a folder; nothing there is changed.
pub(super) fn reader(folder: &Path) -> anyhow::Result<Reader> {
    let file = folder.join(store::FILE);
    if !file.exists() {
        bail!("there is no memory in {}: say where it is with --state DIR", folder.display());
    }
    Reader::open(&file).with_context(|| format!("the memory in {} cannot be read", folder.display()))
}

/// `hb export`.
pub(crate) fn export(args: Export) -> anyhow::Result<ExitCode> {
    let (_, folder) = args.place.load()?;
    let mut reader = reader(&folder)?;
    let Some(file) = args.file else {
        let mut out = BufWriter::new(io::stdout().lock());
        let written = reader.export(&mut out).and_then(|left_out| {
            out.flush()?;
            Ok(left_out)
        });
        return match written {
            // Whoever has read enough may leave.
            Err(TransferError::Text(why)) if why.kind() == io::ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
            written => Ok(whole(written?)),
        };
    };
    // Under its name only when it is whole.
    let mut part = file.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    let write = || -> anyhow::Result<(u64, u64)> {
        let mut out = Told::new(BufWriter::new(File::create(&part)?), "rows written");
        let left_out = reader.export(&mut out)?;
        out.flush()?;
        out.inner.get_ref().sync_all()?;
        std::fs::rename(&part, &file)?;
        Ok((out.count.saturating_sub(1), left_out))
    };
    let rows = { write }().with_context(|| format!("{} cannot be written", file.display()));
    if rows.is_err() {
        // Half an export is none; what cannot be taken away is at least not under its name.
        let _ = std::fs::remove_file(&part);
    }
    let (rows, left_out) = rows?;
    say(&format!("{} has {rows} rows\n", file.display()))?;
    Ok(whole(left_out))
}

/// What could be read is written; whoever keeps it has to know that it is not all.
fn whole(left_out: u64) -> ExitCode {
    if left_out == 0 {
        return ExitCode::SUCCESS;
    }
    let rows = if left_out == 1 { "1 row".to_owned() } else { format!("{left_out} rows") };
    eprintln!("hb: left out {rows} of the memory that cannot be read; all others are written");
    ExitCode::FAILURE
}

/// `hb import`.
pub(crate) fn import(args: Import) -> anyhow::Result<ExitCode> {
    let (_, folder) = args.place.load()?;
    let text: Box<dyn Read> = if args.file == Path::new("-") {
        Box::new(io::stdin())
    } else {
        Box::new(File::open(&args.file).with_context(|| format!("cannot read {}", args.file.display()))?)
    };
    // A server that runs has read what there was, and would not see what comes in.
    let _claim = Claim::of(&folder)?;
    let config = store::Config { retention: Retention::FOREVER, ..store::Config::default() };
    let memory = Store::open(folder.join(store::FILE), config)?;
    if let Some(why) = memory.health().trouble {
        bail!("the memory in {} cannot be written: {why}", folder.display());
    }
    let text = BufReader::new(Told::new(text, "lines read"));
    let rows =
        memory.import(text).with_context(|| format!("{} was not taken to its end", args.file.display()))?;
    if !memory.close(END) {
        bail!("the disk does not answer: import it again");
    }
    say(&format!("{rows} rows are in {}\n", folder.join(store::FILE).display()))?;
    Ok(ExitCode::SUCCESS)
}

/// `hb uptime`.
pub(crate) fn uptime(args: Asked) -> anyhow::Result<ExitCode> {
    let scope: Scope =
        args.scope.parse().map_err(|why| anyhow::anyhow!("`{}` names nobody: {why}", args.scope))?;
    let now = Wall::from_unix_millis(jiff::Timestamp::now().as_millisecond());
    let span = Span::before(now, Some(&args.since), None).map_err(|why| anyhow::anyhow!("--since: {why}"))?;
    let typed = args.place.state.is_some();
    let (config, folder) = args.place.load()?;
    if !typed && Environment::new(&environment::of_process).text("HB_URL").is_some() {
        eprintln!(
            "hb: this is what the memory in {} knows; the server of HB_URL is not asked",
            folder.display()
        );
    }
    let mut reader = reader(&folder)?;
    let span = watched(&mut reader, span, now)?;
    let found = shares(&mut reader, &config.watch, span, |subject| scope.covers(subject))?;
    if found.is_empty() {
        bail!("nothing is known of {}: see `hb export` for what is", args.scope);
    }
    let all = found.iter().fold(Uptime::default(), |sum, share| sum + share.uptime);
    if args.json {
        let apps: Vec<_> = found.iter().map(Share::told).collect();
        let (from, to) = (span.from.as_unix_millis(), span.to.as_unix_millis());
        say(&format!("{}\n", json!({ "from": from, "to": to, "all": all, "apps": apps })))?;
    } else {
        say(&table(&found, all))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What of `span` a server lived to see: what was last believed holds no longer than there was somebody to believe it.
fn watched(reader: &mut Reader, span: Span, now: Wall) -> anyhow::Result<Span> {
    let Some(last) = reader.last_sign()? else { return Ok(span) };
    if last.as_unix_millis() >= now.as_unix_millis().saturating_sub(SIGN) {
        return Ok(span);
    }
    let stamp = jiff::Timestamp::from_millisecond(last.as_unix_millis())
        .map_or_else(|_| "long ago".to_owned(), |stamp| format!("{stamp:.0}"));
    if last <= span.from {
        bail!(
            "nobody looked in that time: no server has written here since {stamp}; ask further back with --since"
        );
    }
    eprintln!("hb: no server has written here since {stamp}: what follows is of the time until then");
    Ok(Span { to: last, ..span })
}

fn table(found: &[Share], all: Uptime) -> String {
    let names: Vec<String> = found.iter().map(|share| share.app.borrow().to_string()).collect();
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0).max(5);
    let line = |name: &str, uptime: Uptime| {
        let share = uptime.percent().map_or("-".to_owned(), |percent| format!("{percent:.2} %"));
        let [broken, muted, apart] = [uptime.broken, uptime.muted, uptime.apart].map(short);
        format!("{name:width$} {share:>10} {broken:>10} {muted:>10} {apart:>10}\n")
    };
    let mut text =
        format!("{:width$} {:>10} {:>10} {:>10} {:>10}\n", "app", "up", "broken", "muted", "unknown");
    text.extend(names.iter().zip(found).map(|(name, share)| line(name, share.uptime)));
    if found.len() > 1 {
        text.push_str(&line("all", all));
    }
    text
}

/// A time in the largest unit that says enough.
fn short(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3_600 => format!("{}m{:02}s", seconds / 60, seconds % 60),
        3_600..86_400 => format!("{}h{:02}m", seconds / 3_600, seconds % 3_600 / 60),
        _ => format!("{}d{:02}h", seconds / 86_400, seconds % 86_400 / 3_600),
    }
}

/// Counts the lines that go through, and says so where somebody looks.
struct Told<T> {
    inner: T,
    count: u64,
    what: &'static str,
    next: Instant,
    looked_at: bool,
}

impl<T> Told<T> {
    fn new(inner: T, what: &'static str) -> Self {
        Self { inner, count: 0, what, next: Instant::now() + TOLD, looked_at: io::stderr().is_terminal() }
    }

    fn went(&mut self, bytes: &[u8]) {
        self.count += bytes.iter().filter(|&&byte| byte == b'\n').count() as u64;
        if self.looked_at && Instant::now() >= self.next {
            eprintln!("hb: {} {} …", self.count, self.what);
            self.next = Instant::now() + TOLD;
        }
    }
}

impl<T: Write> Write for Told<T> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = self.inner.write(bytes)?;
        self.went(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl<T: Read> Read for Told<T> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(bytes)?;
        self.went(&bytes[..read]);
        Ok(read)
    }
}
