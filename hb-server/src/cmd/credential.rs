//! The token that a command shows to the server: from a file or the environment, never from the command line itself, which
//! every process of the machine may read.
//!
//! Not here: what it is good for (the server decides), making one (`token`).

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use hb_server::auth::Secret;
use hb_server::config::{Config, Overrides};

use super::environment::{self, Environment};

/// Where the token is, as typed.
#[derive(Clone, Debug, Default, clap::Args)]
// The flags of an address are a group of this name already.
#[group(skip)]
pub(crate) struct Flags {
    /// File with the token [default: HB_TOKEN, else ~/.config/hb/token, else `token` in the server's folder]
    #[arg(long, value_name = "FILE", help_heading = "Server")]
    pub(crate) token_file: Option<PathBuf>,
}

/// Why there is no token, though somebody meant one to be there.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoToken {
    #[error("cannot read the token in {}: {reason}", path.display())]
    Unread { path: PathBuf, reason: io::Error },
    #[error("everybody on this machine may read the token in {}: chmod 600 it, and make a new one by hb token new", .0.display())]
    Open(PathBuf),
    #[error("{0} holds no token: expected one as hb token new prints it, hb_ and 64 digits")]
    Garbled(String),
}

/// The token at hand; `None` if there is none anywhere.
pub(crate) fn find(flags: &Flags) -> Result<Option<Secret>, NoToken> {
    Ok(find_with_place(flags)?.map(|(token, _)| token))
}

/// The token at hand, and where it was: who is refused has to know which one was shown.
pub(crate) fn find_with_place(flags: &Flags) -> Result<Option<(Secret, String)>, NoToken> {
    let of = |path: &Path| path.display().to_string();
    if let Some(path) = &flags.token_file {
        return read(path).and_then(|found| {
            let reason = || io::ErrorKind::NotFound.into();
            let found = found.map(|token| Some((token, of(path))));
            found.ok_or_else(|| NoToken::Unread { path: path.clone(), reason: reason() })
        });
    }
    if let Some(text) = Environment::new(&environment::of_process).text("HB_TOKEN") {
        let token = Secret::read(&text).ok_or_else(|| NoToken::Garbled("HB_TOKEN".into()))?;
        return Ok(Some((token, "HB_TOKEN".into())));
    }
    let folder = || Config::load(Overrides::default(), &environment::of_process).ok()?.state;
    if let Some(path) = own_file()
        && let Some(token) = read(&path)?
    {
        return Ok(Some((token, of(&path))));
    }
    // A folder that is not ours to look into has nothing for us.
    let path = folder().map(|folder| folder.join("token"));
    Ok(path.and_then(|path| Some((read(&path).ok().flatten()?, of(&path)))))
}

/// What a refusal leaves out that says that a token is not good: which one was shown. Nothing where none was, or it is good.
pub(crate) fn whence(status: u16, place: Option<&str>) -> String {
    place
        .filter(|_| status == 401)
        .map_or_else(String::new, |place| format!("; the token that was shown is that of {place}"))
}

/// This account's own file.
pub(crate) fn own_file() -> Option<PathBuf> {
    let env = |name: &str| environment::of_process(name).filter(|value| !value.is_empty());
    let home = || env("HOME").or_else(|| env("USERPROFILE")).map(|home| Path::new(&home).join(".config"));
    Some(env("XDG_CONFIG_HOME").map(PathBuf::from).or_else(home)?.join("hb").join("token"))
}

/// Writes a secret where only this account reads it. What was there before goes, whoever could read that.
pub(crate) fn keep(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    private(path)?.write_all(format!("{text}\n").as_bytes())
}

/// Nobody can have put a file, or a way to one, there before us.
fn private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)
}

/// `None` if there is no such file.
fn read(path: &Path) -> Result<Option<Secret>, NoToken> {
    let unread = |reason| NoToken::Unread { path: path.into(), reason };
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(reason) if reason.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(reason) => return Err(unread(reason)),
    };
    if is_open(path).map_err(unread)? {
        return Err(NoToken::Open(path.into()));
    }
    Secret::read(&text).map(Some).ok_or_else(|| NoToken::Garbled(path.display().to_string()))
}

#[cfg(unix)]
fn is_open(path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::PermissionsExt;
    Ok(fs::metadata(path)?.permissions().mode() & 0o004 != 0)
}

#[cfg(not(unix))]
fn is_open(_: &Path) -> io::Result<bool> {
    Ok(false)
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn who_is_refused_hears_which_token_was_shown() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        keep(&path, Secret::random().reveal()).unwrap();
        let flags = Flags { token_file: Some(path.clone()) };
        let (_, place) = find_with_place(&flags).unwrap().unwrap();
        assert!(whence(401, Some(&place)).ends_with(&path.display().to_string()));
        assert_eq!((whence(403, Some(&place)), whence(401, None)), (String::new(), String::new()));
    }

    #[test]
    fn a_file_is_kept_for_its_owner_and_refused_when_everybody_may_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hb").join("token");
        assert!(read(&path).unwrap().is_none());
        let token = Secret::random();
        for _ in 0..2 {
            keep(&path, token.reveal()).unwrap();
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            assert_eq!(read(&path).unwrap(), Some(token.clone()));
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let why = read(&path).unwrap_err().to_string();
        assert!(why.contains("chmod 600") && !why.contains(token.reveal()), "{why}");
        keep(&path, "hb_hello").unwrap();
        let why = read(&path).unwrap_err().to_string();
        assert!(why.contains("holds no token") && !why.contains("hello"), "{why}");
    }
}
