//! What hangs on what: groups of screens, and things that others depend on. Not here: what happens when one fails.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use crate::id::{Identity, OwnedIdentity, Pattern};

/// Something that several apps hang on: when it fails, all of them fall silent.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Parent {
    /// The machine they run on. Every app has one.
    Host(Box<str>),
    /// A hall, a switch, a circuit: what the operator named.
    Group(Box<str>),
}

impl fmt::Display for Parent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host(name) | Self::Group(name) => f.write_str(name),
        }
    }
}

/// A group as the operator describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its name, shown to people.
    pub name: Box<str>,
    /// Who belongs to it.
    pub members: Vec<Pattern>,
}

/// What others depend on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Needed {
    /// This app.
    App(OwnedIdentity),
    /// None of this group's incidents is open.
    Group(Box<str>),
}

/// "While `on` is down, `who` cannot work": their alerts and repairs wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dependency {
    /// Who waits. An app never waits for itself.
    pub who: Pattern,
    /// For what.
    pub on: Needed,
}

/// Groups and dependencies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    /// Groups, in the order in which they are judged.
    pub groups: Vec<Group>,
    /// Dependencies.
    pub dependencies: Vec<Dependency>,
}

/// Two things wait for each other, so nobody would ever be told of either.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} waits for itself, by way of what it depends on: expected dependencies without a circle")]
pub struct Circle(pub OwnedIdentity);

impl Tree {
    /// The parents of `id`, closest first.
    pub(super) fn parents(&self, id: Identity<'_>) -> Vec<Parent> {
        let mut parents = vec![Parent::Host(id.host().into())];
        let named =
            self.groups.iter().filter(|group| group.members.iter().any(|pattern| pattern.matches(id)));
        parents.extend(named.map(|group| Parent::Group(group.name.clone())));
        parents
    }

    /// The dependencies by which `id` waits, by their place in the list.
    pub(super) fn waits(&self, id: Identity<'_>) -> impl Iterator<Item = usize> + '_ {
        let id = id.to_owned();
        self.dependencies.iter().enumerate().filter_map(move |(place, dependency)| {
            let own = matches!(&dependency.on, Needed::App(on) if *on == id);
            (!own && dependency.who.matches(id.borrow())).then_some(place)
        })
    }

    /// Refuses a circle of apps that wait for each other.
    pub(super) fn check(&self) -> Result<(), Circle> {
        let apps = self.dependencies.iter().filter_map(|dependency| match &dependency.on {
            Needed::App(id) => Some(id),
            Needed::Group(_) => None,
        });
        for start in apps {
            let (mut seen, mut open) = (vec![false; self.dependencies.len()], vec![start]);
            while let Some(id) = open.pop() {
                for place in self.waits(id.borrow()) {
                    let Needed::App(on) = &self.dependencies[place].on else { continue };
                    if on == start {
                        return Err(Circle(start.clone()));
                    }
                    if !core::mem::replace(&mut seen[place], true) {
                        open.push(on);
                    }
                }
            }
        }
        Ok(())
    }
}
