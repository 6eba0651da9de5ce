//! Whom something is for, as a person types it: a name alone may be that of an app, of a host or of a group.
//!
//! Not here: what is done to them (`mute`, `hours`), the names that need no guess (`hb_core::window::Scope`).

use anyhow::bail;
use hb_core::window::Scope;
use serde::Deserialize;

use super::api::Api;
use super::say;
use super::table::shown;

/// Whom somebody names.
#[derive(Clone, Debug)]
pub(crate) struct Named {
    scope: Scope,
    /// The name, where it stands alone.
    alone: Option<String>,
}

/// An app, as far as names go.
#[derive(Debug, Deserialize)]
struct App {
    host: String,
    app: String,
    #[serde(default)]
    groups: Vec<String>,
}

impl Named {
    /// Whom it means to this server: all of a host, or of a group, where the name is that of one and of nothing else.
    ///
    /// # Errors
    /// The name stands for more than one.
    pub(crate) fn of(&self, api: &Api) -> anyhow::Result<Scope> {
        let Some(name) = &self.alone else { return Ok(self.scope.clone()) };
        // A server that does not tell takes it as an app's.
        let apps = api.get("apps").and_then(|said| said.read::<Vec<App>>()).unwrap_or_default();
        let host = apps.iter().any(|app| app.host == *name);
        let app = apps.iter().any(|app| app.app == *name);
        let group = apps.iter().any(|app| app.groups.contains(name));
        let shown = shown(name);
        match (host, app, group) {
            (true, false, false) => taken("a host", name, &format!("{name}/*")),
            (false, false, true) => taken("a group", name, &format!("group:{name}")),
            (false, _, false) => Ok(self.scope.clone()),
            // Whoever beats chooses a name: it must not become another's for those who type that.
            (true, true, false) => bail!("{shown} is a host and an app: say {shown}/* or */{shown}"),
            (true, false, true) => bail!("{shown} is a host and a group: say {shown}/* or \"group:{shown}\""),
            (false, true, true) => bail!("{shown} is an app and a group: say */{shown} or \"group:{shown}\""),
            (true, true, true) => {
                bail!("{shown} is a host, an app and a group: say {shown}/*, */{shown} or \"group:{shown}\"")
            }
        }
    }
}

/// What the name stands for, which is said.
fn taken(kind: &str, name: &str, scope: &str) -> anyhow::Result<Scope> {
    let meant = scope.parse().map_err(|why| anyhow::anyhow!("{scope}: {why}"))?;
    eprintln!("hb: {} is {kind}: this is for all of it", shown(name));
    Ok(meant)
}

/// What stands on the command line.
pub(crate) fn named(text: &str) -> Result<Named, String> {
    let why = |why| format!("{why}; expected everything, \"group:hall 3\", \"kiosk-1*/*\" or HOST/APP");
    let scope: Scope = text.parse().map_err(why)?;
    let is_name = matches!(scope, Scope::Apps(_)) && !text.contains(['/', '*', '#', '{']);
    Ok(Named { scope, alone: is_name.then(|| text.to_owned()) })
}

/// How many it is for now; nothing where a server does not say so.
pub(crate) fn say_covered(name: &str, matches: Option<u64>) -> anyhow::Result<()> {
    match matches {
        None => {}
        Some(0) => {
            eprintln!("hb: {name} covers none that is known: is that the name? A group is \"group:NAME\"");
        }
        Some(1) => say(&format!("{name} covers 1 screen now\n"))?,
        Some(count) => say(&format!("{name} covers {count} screens now\n"))?,
    }
    Ok(())
}
