//! `[[group]]` of `hb.toml`: who belongs together, and what a group cannot work without. Not here: what follows when that
//! fails ([`hb_core::incident`]).

use hb_core::id::{Glob, Identity, OwnedIdentity, Pattern};
use hb_core::incident::{Dependency, Group, Incidents, Needed, Tree};

use super::super::file::FileError;
use super::super::table::{Key, Table, key};
use crate::watch::no_group;

const NAME: Key = key("name", "a name in quotes, as in \"hall 3\"");
const MEMBERS: Key = key("members", "apps in quotes, as in [\"hall3-*/*\", \"entrance/welcome\"]");
const DEPENDS_ON: Key = key(
    "depends_on",
    "apps and groups in quotes that its members cannot work without, as in [\"switch-3/hb\", \"group:power\"]",
);

/// What the table takes.
pub(in super::super) const KEYS: &[Key] = &[NAME, MEMBERS, DEPENDS_ON];

/// A group as it is written: what it needs may stand further below.
struct Written<'a> {
    table: Table<'a>,
    line: usize,
    group: Group,
    needs: Vec<Needed>,
}

/// Reads all groups.
pub(super) fn groups<'a>(tables: impl Iterator<Item = Table<'a>>) -> Result<Tree, FileError> {
    let mut all: Vec<Written<'_>> = Vec::new();
    for table in tables {
        let written = group(table)?;
        let name = &written.group.name;
        if let Some(other) = all.iter().find(|other| other.group.name == *name) {
            let reason = format!(
                "there is a group `{name}` already, in line {}: expected another name",
                other.table.line
            );
            return Err(written.table.refuse(reason));
        }
        all.push(written);
    }
    let names = || all.iter().map(|written| &*written.group.name);
    for Written { table, line, needs, .. } in &all {
        for need in needs {
            if let Needed::Group(name) = need
                && !names().any(|known| *known == **name)
            {
                return Err(
                    table.refuse_at(*line, format!("`{}`: {}", DEPENDS_ON.name, no_group(name, names())))
                );
            }
        }
    }
    refuse_circles(&all)?;
    let mut tree = Tree::default();
    for Written { group, needs, table, line } in all {
        for on in &needs {
            let who = |who: &Pattern| Dependency { who: who.clone(), on: on.clone() };
            tree.dependencies.extend(group.members.iter().map(who));
        }
        tree.groups.push(group);
        // A circle that only apps make: it begins with this group, as there was none before.
        Incidents::new(tree.clone())
            .map_err(|circle| table.refuse_at(line, format!("`{}`: {circle}", DEPENDS_ON.name)))?;
        table.finish(KEYS)?;
    }
    Ok(tree)
}

fn group(mut table: Table<'_>) -> Result<Written<'_>, FileError> {
    let name = table.text_as(&NAME, |text| match text.contains('*') {
        true => Err(format!("{text:?} would mean many groups elsewhere: expected a name without `*`")),
        false => Glob::new(text).map(|_| text.to_owned()).map_err(|error| format!("{text:?} {error}")),
    })?;
    let name = table.must(&NAME, name)?.into();
    let members = table.some(&MEMBERS, pattern)?;
    let members = table.must(&MEMBERS, members)?;
    let line = table.line_of(&DEPENDS_ON);
    let needs = table.some(&DEPENDS_ON, needed)?.unwrap_or_default();
    Ok(Written { table, line, group: Group { name, members }, needs })
}

/// A pattern over apps, or what is wrong with it.
pub(in super::super) fn pattern(text: &str) -> Result<Pattern, String> {
    text.parse().map_err(|error| format!("{text:?} {error}"))
}

fn needed(text: &str) -> Result<Needed, String> {
    if let Some(name) = text.strip_prefix("group:") {
        return Ok(Needed::Group(name.into()));
    }
    let one = || {
        format!("{text:?} is not one app: expected its host too, as in \"switch-3/hb\", or \"group:power\"")
    };
    let (host, rest) = text.split_once('/').filter(|_| !text.contains('*')).ok_or_else(one)?;
    let (app, slot) = rest.split_once('#').unwrap_or((rest, ""));
    let plain = |part| percent_encoding::percent_decode_str(part).decode_utf8_lossy();
    let id = Identity::new(&plain(host), &plain(slot), &plain(app)).map(|id| id.to_owned());
    id.map(Needed::App).map_err(|error| format!("{text:?} {error}"))
}

/// Refuses groups that wait for each other: nobody would ever be told of either.
fn refuse_circles(all: &[Written<'_>]) -> Result<(), FileError> {
    for start in 0..all.len() {
        let mut way = vec![start];
        let mut seen = vec![false; all.len()];
        if let Some(way) = circle(all, &mut way, &mut seen) {
            let name = |at: &usize| format!("`{}`", all[*at].group.name);
            let links: Vec<String> = way[1..].iter().map(name).collect();
            let (table, line) = (&all[start].table, all[start].line);
            let story = links.join(", which waits for ");
            let reason =
                format!("group {} waits for {story}: expected dependencies without a circle", name(&start));
            return Err(table.refuse_at(line, reason));
        }
    }
    Ok(())
}

/// The way back to where `way` began, if there is one.
fn circle(all: &[Written<'_>], way: &mut Vec<usize>, seen: &mut [bool]) -> Option<Vec<usize>> {
    let here = *way.last()?;
    for next in 0..all.len() {
        if !all[here].needs.iter().any(|need| leads_to(need, &all[next].group, here == next)) {
            continue;
        }
        way.push(next);
        if next == way[0] {
            return Some(way.clone());
        }
        if !std::mem::replace(&mut seen[next], true)
            && let Some(found) = circle(all, way, seen)
        {
            return Some(found);
        }
        way.pop();
    }
    None
}

/// Whether whoever needs `need` waits for something of `group`. A switch may belong to the hall that hangs on it: an app
/// never waits for itself.
fn leads_to(need: &Needed, group: &Group, own: bool) -> bool {
    let belongs = |id: &OwnedIdentity| group.members.iter().any(|pattern| pattern.matches(id.borrow()));
    match need {
        Needed::Group(name) => group.name == *name,
        Needed::App(id) => !own && belongs(id),
    }
}
