//! Whose memory a folder is: the server that a command names is shown a token that stands there and nowhere else, and has to say
//! its name, which only who reads that folder can know.
//!
//! Not here: the folder, and what is changed in it ([`super`]).

use std::path::PathBuf;

use anyhow::bail;
use hb_server::auth::Secret;

use super::super::address::{self, Address};
use super::super::ask::{Client, printable, problem, server};
use super::super::environment::{self, Environment};

/// The server that is asked, and the folder that it should have.
pub(super) struct Whose {
    client: Client,
    address: Address,
    folder: PathBuf,
    /// Neither was named: then a server that is not there may yet be started.
    guessed: bool,
    /// The folder was named: then a server that cannot be asked is left alone.
    chosen: bool,
}

impl Whose {
    /// Nobody is asked where the folder was `chosen` by its name and no server was.
    pub(super) fn of(flags: &address::Flags, folder: PathBuf, chosen: bool) -> anyhow::Result<Option<Self>> {
        let environment = Environment::new(&environment::of_process);
        let named = flags.name_one(environment);
        if chosen && !named {
            return Ok(None);
        }
        let address = address::resolve(flags, environment)?;
        let client = Client::new(&flags.trust(&address, environment)?);
        Ok(Some(Self { client, address, folder, guessed: !named, chosen }))
    }

    /// Whether the server knows the token of `secret` by its `name`: a viewer's, which is kept in the folder.
    ///
    /// # Errors
    /// It does not, or nobody can say so: then nothing is to be changed.
    pub(super) fn know(&self, secret: &Secret, name: &str) -> anyhow::Result<()> {
        // What only an admin may read: it is refused by the name of whoever asks.
        let url = self.address.page("api/v1/tokens");
        let (asked, folder) = (server(&url), self.folder.display());
        let why = match self.client.clone().showing(Some(secret.clone())).get(&url) {
            Ok(answer) if answer.status == 403 && answer.body.contains(name) => return Ok(()),
            Ok(answer) if answer.status == 401 => bail!(
                "the server at {asked} has another memory than the one in {folder}, so nothing was changed: name \
                 its folder by --state or its address by --url, or show a token of an admin by --token-file"
            ),
            Ok(answer) => bail!(
                "whoever answers at {asked} does not know the memory in {folder} ({}), so nothing was changed: name the \
                 server of that memory by --url, or its folder by --state alone",
                printable(&problem(answer.status, &answer.body))
            ),
            Err(error) => error.to_string(),
        };
        if self.chosen {
            eprintln!("hb: {why}; whether it has the memory in {folder} is not known");
        } else if !self.guessed {
            bail!(
                "{why}; so nothing was changed in {folder}: start that server, or name the folder of its memory \
                 by --state"
            );
        }
        Ok(())
    }
}
