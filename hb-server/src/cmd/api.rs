//! Questions to the API of the server, and what is to be changed there: JSON both ways, refusals in the server's words.
//!
//! Not here: the question itself (`ask`), what is asked for (the commands).

use std::io::BufRead;

use anyhow::{Context, bail};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::address::{self, Address};
use super::ask::{self, Answer, Client, NoAnswer, printable, problem};
use super::credential;
use super::environment::{self, Environment};

/// Where the server is and what is shown to it, as typed.
#[derive(Clone, Debug, Default, clap::Args)]
#[group(skip)]
pub(crate) struct Flags {
    #[command(flatten)]
    credential: credential::Flags,

    #[command(flatten)]
    server: address::Flags,
}

/// A server to talk with.
#[derive(Debug)]
pub(crate) struct Api {
    client: Client,
    address: Address,
    /// Where the token was that is shown.
    place: Option<String>,
}

/// What was answered.
#[derive(Debug)]
pub(crate) struct Said(String);

impl Flags {
    pub(crate) fn open(&self) -> anyhow::Result<Api> {
        let environment = Environment::new(&environment::of_process);
        let address = address::resolve(&self.server, environment)?;
        let trust = self.server.trust(&address, environment)?;
        // What changes is on the disk before it is answered, and disks are slow at times.
        let (token, place) = credential::find_with_place(&self.credential)?.unzip();
        let client = Client::new(&trust).showing(token).for_views();
        Ok(Api { client, address, place })
    }
}

impl Api {
    pub(crate) fn get(&self, path: &str) -> anyhow::Result<Said> {
        self.take(path, self.client.get(&self.page(path)))
    }

    pub(crate) fn post(&self, path: &str, wanted: &Value) -> anyhow::Result<Said> {
        self.take(path, self.client.post(&self.page(path), &wanted.to_string()))
    }

    pub(crate) fn put(&self, path: &str, wanted: &Value) -> anyhow::Result<Said> {
        self.take(path, self.client.put(&self.page(path), &wanted.to_string()))
    }

    pub(crate) fn delete(&self, path: &str) -> anyhow::Result<Said> {
        self.take(path, self.client.delete(&self.page(path)))
    }

    /// What happens, from behind the event `last` on, line by line for as long as both live.
    pub(crate) fn events(&self, last: Option<&str>) -> Result<impl BufRead + use<>, NoAnswer> {
        self.client.for_streams().follow(&self.page("events"), last)
    }

    /// Where the server is, without what an address may hold beside that.
    pub(crate) fn server(&self) -> String {
        ask::server(&self.address.page(""))
    }

    fn page(&self, path: &str) -> String {
        self.address.page(&format!("api/v1/{path}"))
    }

    fn take(&self, path: &str, answer: Result<Answer, NoAnswer>) -> anyhow::Result<Said> {
        match answer? {
            Answer { status: 200..=299, body } => Ok(Said(body)),
            // What is not there in our words is not there at all.
            Answer { status: status @ (404 | 405), body } if !body.trim_start().starts_with('{') => {
                let what = path.split(['/', '?']).next().unwrap_or_default();
                bail!(
                    "the server knows nothing of {what} ({status}): is it an hb server, and as new as this hb?"
                )
            }
            Answer { status, body } => {
                let whence = credential::whence(status, self.place.as_deref());
                bail!("{}{}", printable(&problem(status, &body)), printable(&whence))
            }
        }
    }
}

impl Said {
    /// As JSON, on one line.
    pub(crate) fn json(&self) -> anyhow::Result<String> {
        super::table::json(&self.0)
    }

    /// What it means.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> anyhow::Result<T> {
        serde_json::from_str(&self.0)
            .context("the server answers with something else: is it as new as this hb?")
    }
}

/// A part of a path, or a value of a query.
pub(crate) fn part(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// `?slot=left`, or nothing for the only one.
pub(crate) fn slot(slot: &str) -> String {
    if slot.is_empty() { String::new() } else { format!("?slot={}", part(slot)) }
}
