//! `hb token` and `hb login`: who may change something, decided on the memory's folder by who may read that, or over the
//! API by who has a token of an admin.
//!
//! Not here: what tokens are (`auth`).

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};
use hb_core::id::Who;
use hb_lease::time::Wall;
use hb_server::auth::{self, Order, Role, Secret};
use hb_server::config::{Config, Overrides, TypedState};
use hb_server::store::{self, Reader, Store, row};
use jiff::Timestamp;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::json;

use super::address;
use super::ask::{self, Answer, Client, printable, problem};
use super::credential;
use super::doctor;
use super::environment::{self, Environment};
use super::memory::reader;
use super::say;
use super::when::lasts;

mod whose;

use whose::Whose;

/// How long a token lives that only asks whose memory this is.
const LOOK: Duration = Duration::from_secs(30);

/// What was typed behind `hb token`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Make a token, and print it this once
    New {
        /// Its name: who will hold it
        name: String,

        /// What it is good for: agent, viewer, operator or admin
        #[arg(long, value_parser = role)]
        role: Role,

        /// How long, as in 12h, 30d or 52w [default: until it is taken back]
        #[arg(long, value_name = "TIME", value_parser = lasts)]
        expires: Option<Duration>,

        /// Keep it in ~/.config/hb/token, for hb on this account, instead of printing it
        #[arg(long)]
        save: bool,

        #[command(flatten)]
        place: Place,
    },
    /// Print the tokens in force: name, role, end, and who made it from where
    List {
        #[command(flatten)]
        place: Place,
    },
    /// Take a token back; its sessions end too
    Revoke {
        /// Its name
        name: String,

        #[command(flatten)]
        place: Place,
    },
}

#[derive(Debug, clap::Args)]
struct Place {
    #[command(flatten)]
    memory: Memory,

    #[command(flatten)]
    credential: credential::Flags,

    #[command(flatten)]
    server: address::Flags,
}

/// The folder of a memory, as typed.
#[derive(Debug, clap::Args)]
pub(crate) struct Memory {
    /// The folder of the server's memory [default: where the server that is named keeps it, else as hb serve finds it]
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,

    /// Configuration file of the server [default: ./hb.toml, then the user's, then /etc/hb/hb.toml]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// What was typed behind `hb login`.
#[derive(Debug, clap::Args)]
pub(crate) struct Login {
    #[command(flatten)]
    memory: Memory,

    #[command(flatten)]
    server: address::Flags,
}

/// A token, as the API tells of it.
#[derive(Deserialize)]
struct Told {
    name: String,
    role: String,
    by: String,
    from: String,
    expires: Option<String>,
}

/// Makes, lists or takes back.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args.action {
        Action::New { name, role, expires, save, place } => {
            let secret = place.make(&name, role, expires)?;
            if save {
                let path = credential::own_file().context("no home to keep it in: leave --save out")?;
                credential::keep(&path, secret.reveal())
                    .with_context(|| format!("the token is made, but not kept in {}", path.display()))?;
                eprintln!("hb: kept in {}", path.display());
            } else {
                say(&format!("{}\n", secret.reveal()))?;
                eprintln!("hb: it is shown this once");
            }
        }
        Action::List { place } => {
            for Told { name, role, by, from, expires } in place.list()? {
                let expires = expires.map_or("for good".to_owned(), |at| format!("until {at}"));
                let fields = [name, role, expires, format!("by {by} ({from})")];
                say(&(fields.map(|field| printable(&field)).join("\t") + "\n"))?;
            }
        }
        Action::Revoke { name, place } => {
            place.revoke(&name)?;
            say(&format!("the token {} is taken back\n", printable(&name)))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints an address that logs one browser in as admin.
pub(crate) fn login(args: &Login) -> anyhow::Result<ExitCode> {
    let address = address::resolve(&args.server, Environment::new(&environment::of_process))?;
    let (store, folder) = args.memory.open(&args.server)?;
    let who = here();
    Whose::of(&args.server, folder, args.memory.state.is_some())?
        .map_or(Ok(()), |whose| look(&whose, &store))?;
    let (row, secret) = auth::invite(who.by(), who.from(), now());
    store.commit(vec![row.into()]).wait()?;
    say(&format!("{}\n", address.page(&format!("login#{}", secret.reveal()))))?;
    eprintln!("hb: good for one browser, for 15 minutes");
    Ok(ExitCode::SUCCESS)
}

impl Memory {
    /// The folder of one that a server made: made here, it might belong to somebody whom the server is not.
    fn folder(&self, server: &address::Flags, to_write: bool) -> anyhow::Result<PathBuf> {
        let state = TypedState { folder: self.state.clone(), none: false };
        let typed = Overrides { config: self.config.clone(), state, ..Overrides::default() };
        let configured = Config::load(typed, &environment::of_process)?.state;
        let folder = if self.state.is_none() { used(server)? } else { None };
        let folder = folder.or(configured).context("no folder of a memory is known: name it by --state")?;
        let file = folder.join(store::FILE);
        match std::fs::File::options().read(true).write(to_write).open(&file) {
            Ok(_) => {
                // Another server may have another.
                if self.state.is_none() {
                    eprintln!("hb: in {}; --state names another", folder.display());
                }
                Ok(folder)
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => bail!(
                "there is no memory in {}: start hb serve first, or name its folder by --state",
                folder.display()
            ),
            Err(error) => bail!(
                "cannot open {}: {error}; run it as root or as the server's user, or show a token of an admin by --token-file",
                file.display()
            ),
        }
    }

    /// What is kept there.
    fn read(&self, server: &address::Flags) -> anyhow::Result<Reader> {
        reader(&self.folder(server, false)?)
    }

    /// To change what is kept. What cannot be read is the server's to set aside.
    fn open(&self, server: &address::Flags) -> anyhow::Result<(Store, PathBuf)> {
        let folder = self.folder(server, true)?;
        reader(&folder)?;
        Ok((Store::open(folder.join(store::FILE), store::Config::default())?, folder))
    }
}

/// The folder of the server that somebody named, as `hb doctor` finds it; `None` where nobody named one: who listens at the usual
/// port may be anybody.
fn used(server: &address::Flags) -> anyhow::Result<Option<PathBuf>> {
    let environment = Environment::new(&environment::of_process);
    if !server.name_one(environment) {
        return Ok(None);
    }
    let address = address::resolve(server, environment)?;
    Ok(doctor::folder_of(&ask::server(&address.page(""))))
}

impl Place {
    /// The server and the token to show it; `None` where the folder is meant.
    fn api(&self) -> anyhow::Result<Option<(Client, address::Address)>> {
        if self.memory.state.is_some() {
            return Ok(None);
        }
        let Some(token) = credential::find(&self.credential)? else { return Ok(None) };
        let environment = Environment::new(&environment::of_process);
        let address = address::resolve(&self.server, environment)?;
        let trust = self.server.trust(&address, environment)?;
        Ok(Some((Client::new(&trust).showing(Some(token)), address)))
    }

    fn make(&self, name: &str, role: Role, lasts: Option<Duration>) -> anyhow::Result<Secret> {
        #[derive(Deserialize)]
        struct Made {
            token: String,
        }
        if let Some((client, address)) = self.api()? {
            let wanted = json!({
                "name": name, "role": role.word(), "expires_s": lasts.map(|lasts| lasts.as_secs()),
            });
            let body = expect(201, client.post(&address.page("api/v1/tokens"), &wanted.to_string())?)?;
            let made = serde_json::from_str(&body).ok().and_then(|Made { token }| Secret::read(&token));
            return made.context("the server answers with something else: is that an hb server?");
        }
        let (store, folder) = self.memory.open(&self.server)?;
        let who = here();
        let order = Order { name, role, lasts, who: &who };
        let (row, secret) = auth::make(&store.reader()?.tokens()?, order, now())?;
        // Not by this one: who listens there may be anybody.
        self.whose(folder)?.map_or(Ok(()), |whose| look(&whose, &store))?;
        store.commit(vec![row.into()]).wait()?;
        Ok(secret)
    }

    fn list(&self) -> anyhow::Result<Vec<Told>> {
        if let Some((client, address)) = self.api()? {
            let body = expect(200, client.get(&address.page("api/v1/tokens"))?)?;
            return serde_json::from_str(&body).context("the server answers with something else");
        }
        let now = now();
        let in_force = |token: &row::Token| {
            Role::from_word(&token.role).is_some() && token.expires.is_none_or(|expires| now < expires)
        };
        let tokens = self.memory.read(&self.server)?.tokens()?;
        Ok(tokens.into_iter().filter(in_force).map(Told::from).collect())
    }

    fn revoke(&self, name: &str) -> anyhow::Result<()> {
        if let Some((client, address)) = self.api()? {
            let name = utf8_percent_encode(name, NON_ALPHANUMERIC);
            expect(204, client.delete(&address.page(&format!("api/v1/tokens/{name}")))?)?;
            return Ok(());
        }
        let (store, folder) = self.memory.open(&self.server)?;
        let row = auth::revoke(store.reader()?.tokens()?, name, now())?;
        self.whose(folder)?.map_or(Ok(()), |whose| look(&whose, &store))?;
        Ok(store.commit(vec![row.into()]).wait()?)
    }

    fn whose(&self, folder: PathBuf) -> anyhow::Result<Option<Whose>> {
        Whose::of(&self.server, folder, self.memory.state.is_some())
    }
}

impl From<row::Token> for Told {
    fn from(token: row::Token) -> Self {
        let when = |at: Wall| match Timestamp::from_millisecond(at.as_unix_millis()) {
            Ok(at) => format!("{at:.3}"),
            Err(_) => "?".into(),
        };
        let row::Token { name, role, by, place, expires, .. } = token;
        Self { name, role, by, from: place, expires: expires.map(when) }
    }
}

/// Asks whose memory `store` is, by a token that changes nothing and is good only as long as that takes: whoever listens there
/// has it for so long.
fn look(whose: &Whose, store: &Store) -> anyhow::Result<()> {
    let who = here();
    // Nobody guesses it.
    let name = format!("hb asks {}", &Secret::random().reveal()[3..19]);
    let order = Order { name: &name, role: Role::Viewer, lasts: Some(LOOK), who: &who };
    let (row, secret) = auth::make(&store.reader()?.tokens()?, order, now())?;
    store.commit(vec![row.clone().into()]).wait()?;
    let known = whose.know(&secret, &name);
    take_back(store, row)?;
    known
}

fn take_back(store: &Store, row: row::Token) -> anyhow::Result<()> {
    Ok(store.commit(vec![row::Token { revoked: Some(now()), ..row }.into()]).wait()?)
}

fn expect(status: u16, answer: Answer) -> anyhow::Result<String> {
    if answer.status == status {
        return Ok(answer.body);
    }
    bail!("{}", printable(&problem(answer.status, &answer.body)))
}

/// The account that works on the folder.
fn here() -> Who {
    let account = ["SUDO_USER", "USER", "USERNAME"].into_iter().find_map(environment::of_process);
    account
        .and_then(|name| Who::new(&name, "cli").ok())
        .unwrap_or_else(|| Who::new("somebody", "cli").expect("two plain words"))
}

fn now() -> Wall {
    Wall::from_unix_millis(Timestamp::now().as_millisecond())
}

fn role(text: &str) -> Result<Role, String> {
    Role::from_word(text).ok_or_else(|| format!("expected {}", Role::ALL.map(Role::word).join(", ")))
}
