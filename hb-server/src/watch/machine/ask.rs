//! What people and programs ask for: mutes, signals, acknowledgements, adoptions, expectations, a repair now.
//!
//! Not here: whether they may (`http`), what follows (the machines of `hb_core`).

use std::fmt;

use hb_core::expect::{self, Expected, Place};
use hb_core::hold::Reason;
use hb_core::id::{OwnedIdentity, Who};
use hb_core::incident::{Number, Subject};
use hb_core::window::{self, Mute, MuteId, Scope, When};
use hb_core::{alert, repair};
use hb_lease::time::Wall;

use crate::store::row;

use super::cases::Case;
use super::{Happened, Machine, Moment, Output, Replaced, Replacement};

/// Most places that are expected: more than a house has.
pub(super) const MOST_EXPECTED: usize = 10_000;

/// What is asked for.
#[derive(Clone, Debug)]
pub enum Request {
    /// Silence something.
    Mute(Box<Mute>),
    /// End a mute before its time.
    Lift(MuteId),
    /// The key switch or the show control opens or closes something.
    Signal {
        /// What.
        scope: Scope,
        /// Or closes.
        open: bool,
    },
    /// Power or network returned: what is open gets the grace again.
    Returned(Scope),
    /// "I take care of it."
    Acknowledge(Number),
    /// "Not now."
    Snooze {
        /// Which incident.
        number: Number,
        /// Until when.
        until: Wall,
    },
    /// An app is here to stay.
    Adopt(OwnedIdentity),
    /// A place should show something.
    Expect(Expected),
    /// A place need show nothing any more.
    Unexpect(Place),
    /// The next step of the ladder now.
    Repair(OwnedIdentity),
    /// A host took the place of another.
    Replace(Replacement),
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// As asked.
    Done,
    /// The mute is held under this id.
    Muted(MuteId),
    /// This step begins.
    Repairing(repair::Action),
    /// This step would begin, and nothing is done.
    Rehearsed(repair::Action, Rehearsal),
    /// So much went along.
    Replaced(Replaced),
}

/// Why a repair is only rehearsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rehearsal {
    /// Nobody said that it is here to stay.
    #[error("it is new: `hb adopt` says that it is here to stay")]
    New,
    /// No plan names it.
    #[error("no [[repair]] of hb.toml names it")]
    NoPlan,
    /// Its plan says so.
    #[error("the [[repair]] of hb.toml that names it says dry = true")]
    Dry,
}

/// Who asks stands beside it, in a log.
impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mute(mute) => write!(f, "mute {}", mute.scope()),
            Self::Lift(id) => write!(f, "end mute {}", id.get()),
            Self::Signal { scope, open: true } => write!(f, "open {scope}"),
            Self::Signal { scope, open: false } => write!(f, "close {scope}"),
            Self::Returned(scope) => write!(f, "the grace for {scope}, where power is back"),
            Self::Acknowledge(number) => write!(f, "acknowledge {number}"),
            Self::Snooze { number, until } => match jiff::Timestamp::from_millisecond(until.as_unix_millis())
            {
                Ok(until) => write!(f, "snooze {number} until {until:.0}"),
                Err(_) => write!(f, "snooze {number}"),
            },
            Self::Adopt(id) => write!(f, "adopt {id}"),
            Self::Expect(expected) => write!(f, "expect something at {}", expected.place),
            Self::Unexpect(place) => write!(f, "expect nothing at {place}"),
            Self::Repair(id) => write!(f, "repair {id}"),
            Self::Replace(Replacement { old, new, .. }) => write!(f, "replace {old} by {new}"),
        }
    }
}

/// Why nothing was done. Meant for whoever asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No mute of this number.
    #[error("there is no mute {0}: it may be over; `hb mute list` names all that are held")]
    NoMute(u64),
    /// No open incident of this number.
    #[error("there is no open incident #{0}: it may be over")]
    NoIncident(u64),
    /// The windows refuse it.
    #[error("{0}")]
    Window(window::Refused),
    /// The end of a snooze lies behind.
    #[error("the end is not in the future")]
    Over,
    /// Nobody knows the app.
    #[error("`{0}` is unknown: no app of that name has beaten here")]
    NoApp(OwnedIdentity),
    /// No such place on the list.
    #[error("`{0}` is not on the list of what is expected")]
    NotExpected(Place),
    /// It is written in the configuration.
    #[error("`{0}` is expected by hb.toml: change it there")]
    Configured(Place),
    /// The list is full.
    #[error("{MOST_EXPECTED} places are expected already")]
    Full,
    /// Nothing is known of a host that is said to be gone.
    #[error("nothing is known of the machine that is gone, `{0}`: `hb list` names those that beat here")]
    NoHost(Box<str>),
    /// The host that is said to stand there now was never heard.
    #[error(
        "the machine that stands there now, `{0}`, has never beaten: start its page first; `hb list` names those that beat here"
    )]
    NoSuccessor(Box<str>),
    /// A machine would take its own place.
    #[error(
        "a machine does not take its own place: name the one that is gone, and the one that stands there now"
    )]
    SameHost,
    /// The name of a machine that would mean others too.
    #[error("the name of the new machine has a *, which stands for any: give it another")]
    PatternHost,
    /// A machine that is to be gone is not.
    #[error("`{0}` is still heard: switch the old machine off first, and wait until it is down")]
    Alive(OwnedIdentity),
    /// More apps than one machine has.
    #[error("{0} apps are known of the old machine: forget those that nobody needs, each on its page")]
    TooMany(usize),
    /// No repair starts.
    #[error("nothing is repaired now: {}", why(*.0))]
    Repair(repair::Refusal),
    /// No repair starts before that.
    #[error("nothing is repaired now: {}; the next may begin at {until}", why(*refusal))]
    Later {
        /// Why.
        refusal: repair::Refusal,
        /// When, on the clocks of the house.
        until: String,
    },
    /// A rehearsal is under way.
    #[error("nothing is done about it: a step is being rehearsed, as {0}")]
    Rehearsing(Rehearsal),
}

fn why(refusal: repair::Refusal) -> String {
    match refusal {
        repair::Refusal::NoEvidence => {
            "nothing proves that the screen is broken; silence alone does not. Send the command itself, as with `hb cmd … reload`".into()
        }
        repair::Refusal::Held(reason) => waiting_for(reason).into(),
        repair::Refusal::Clock => "the clock of the server is not to be trusted".into(),
        repair::Refusal::Running => "a step is under way already".into(),
        repair::Refusal::Rehearsing => "a step is being rehearsed".into(),
        repair::Refusal::NoStep => "no step of its ladder is for what is wrong".into(),
        repair::Refusal::Hourly(_) => "it had its repairs of this hour".into(),
        repair::Refusal::Rebooted(_) => "all that is left is a reboot, and its machine had that of the day".into(),
        repair::Refusal::Busy => "another host of its group is being repaired".into(),
    }
}

/// Why something waits, in words.
#[must_use]
pub const fn waiting_for(reason: Reason) -> &'static str {
    match reason {
        Reason::Closed => "outside the opening hours",
        Reason::Muted => "it is muted",
        Reason::Grace => "it was just switched on",
        Reason::New => "it is new (hb adopt)",
        Reason::Group => "many beside it fell silent at once",
        Reason::Covered => "a larger incident speaks for it",
        Reason::Dependency => "what it depends on is down",
        Reason::DisplayOff => "its display is off",
        Reason::Conflict => "two answer to its name",
    }
}

impl Machine {
    /// Does what `who` asks for. Rows in `out` are to be durable before anybody is told that it was done.
    ///
    /// # Errors
    /// Why nothing was done.
    pub fn request(
        &mut self,
        at: Moment,
        who: &Who,
        request: Request,
        out: &mut Vec<Output>,
    ) -> Result<Reply, Refusal> {
        let reply = self.dispatch(at, who.clone(), request, out);
        self.conclude(at, out);
        reply
    }

    fn dispatch(
        &mut self,
        at: Moment,
        who: Who,
        request: Request,
        out: &mut Vec<Output>,
    ) -> Result<Reply, Refusal> {
        match request {
            Request::Mute(mute) => self.mute(at, *mute, out),
            Request::Lift(id) => match self.window(at, window::Input::Remove { id, who }, out) {
                window::Reply::Unknown => Err(Refusal::NoMute(id.get())),
                reply => windowed(reply),
            },
            Request::Signal { scope, open } => {
                let (by, place) = (who.by().into(), who.from().into());
                let input = window::Input::Signal { scope: scope.clone(), open, at: at.wall, who };
                let reply = self.window(at, input, out);
                let done = windowed(reply)?;
                let since = self.mutes.said_since(&scope).unwrap_or(at.wall);
                let row = row::Signal { scope: scope.to_string(), open, since, at: at.wall, by, place };
                out.push(Output::Keep(row.into()));
                Ok(done)
            }
            Request::Returned(scope) => windowed(self.window(at, window::Input::Returned { scope }, out)),
            Request::Acknowledge(number) => {
                self.known(number)?;
                self.alert(at, alert::Input::Acknowledge { number, who: who.clone() }, out);
                self.acknowledged(at, number, None, who, out);
                Ok(Reply::Done)
            }
            Request::Snooze { number, until } => {
                self.known(number)?;
                if until <= at.wall {
                    return Err(Refusal::Over);
                }
                self.snooze(at, number, until, who.clone(), out);
                self.acknowledged(at, number, Some(until), who, out);
                Ok(Reply::Done)
            }
            Request::Adopt(id) => {
                self.expected(at, expect::Input::Adopt { id: id.borrow(), who }, out);
                Ok(Reply::Done)
            }
            Request::Expect(expected) => self.add_expected(at, expected, &who, out),
            Request::Unexpect(place) => self.drop_expected(at, &place, &who, out),
            Request::Repair(id) => self.repair_now(at, &id, who, out),
            Request::Replace(replacement) => self.replace(at, &who, &replacement, out),
        }
    }

    pub(super) fn mute(&mut self, at: Moment, mute: Mute, out: &mut Vec<Output>) -> Result<Reply, Refusal> {
        let reply = self.window(at, window::Input::Add(mute), out);
        let done = windowed(reply)?;
        if let Reply::Muted(id) = done {
            let held =
                self.mutes.list(at.wall).find(|(held, ..)| *held == id).map(|(_, mute, _)| mute.clone());
            if let Some(When::During(_)) = held.as_ref().map(Mute::when) {
                self.set.insert(id, at.wall);
            }
            let row = held.and_then(|mute| self.mute_row(id, &mute, None));
            out.extend(row.map(|row| Output::Keep(row.into())));
        }
        Ok(done)
    }

    fn known(&self, number: Number) -> Result<(), Refusal> {
        let open = self.cases.get(&number).is_some_and(|case| case.ended.is_none());
        if open { Ok(()) } else { Err(Refusal::NoIncident(number.0)) }
    }

    fn acknowledged(
        &mut self,
        at: Moment,
        number: Number,
        until: Option<Wall>,
        who: Who,
        out: &mut Vec<Output>,
    ) {
        self.touched.insert(number);
        let row = row::Acknowledgement {
            incident: number.0,
            at: at.wall,
            until,
            by: who.by().into(),
            place: who.from().into(),
        };
        out.push(Output::Keep(row.into()));
        if let Some(Case { subject: Subject::App(id), .. }) = self.cases.get(&number) {
            out.push(Output::Changed(id.clone()));
        }
        out.push(Output::Happened(Happened::Acknowledged { number, until, who }));
    }

    fn repair_now(
        &mut self,
        at: Moment,
        id: &OwnedIdentity,
        who: Who,
        out: &mut Vec<Output>,
    ) -> Result<Reply, Refusal> {
        if !self.apps.contains_key(id) {
            return Err(Refusal::NoApp(id.clone()));
        }
        if self.is_new(id.borrow()) {
            return Err(Refusal::Repair(repair::Refusal::Held(Reason::New)));
        }
        let mut told = Vec::new();
        self.repairs.handle(at.now, repair::Input::Now { id: id.borrow(), who }, &mut told);
        let refused = told.iter().find_map(|said| match said {
            repair::Output::Refused { why, .. } => Some(*why),
            _ => None,
        });
        let reply = told.iter().find_map(|said| match said {
            repair::Output::Run(step) => Some(Reply::Repairing(step.action)),
            repair::Output::WouldRun(step) => {
                Some(Reply::Rehearsed(step.action, self.rehearsal(id.borrow())))
            }
            _ => None,
        });
        self.repaired(at, told, out);
        refused.map_or(Ok(reply.unwrap_or(Reply::Done)), |why| Err(self.refused(at, id.borrow(), why)))
    }

    /// Why no repair starts, in the words of this house.
    fn refused(&self, at: Moment, id: hb_core::id::Identity<'_>, why: repair::Refusal) -> Refusal {
        match why {
            repair::Refusal::Hourly(until) | repair::Refusal::Rebooted(until) => {
                let zoned = jiff::Timestamp::from_millisecond(at.wall_of(until).as_unix_millis());
                let until = zoned.map(|stamp| stamp.to_zoned(self.zone.clone()).strftime("%a %H:%M %Z"));
                Refusal::Later {
                    refusal: why,
                    until: until.map_or_else(|_| "a later time".into(), |it| it.to_string()),
                }
            }
            repair::Refusal::Rehearsing => Refusal::Rehearsing(self.rehearsal(id)),
            _ => Refusal::Repair(why),
        }
    }

    /// A mute as it is kept; none of what the configuration says, which says it again.
    pub(super) fn mute_row(&self, id: MuteId, mute: &Mute, lifted: Option<Wall>) -> Option<row::Mute> {
        if mute.who().by() == super::past::CONFIG {
            return None;
        }
        let (from, until, hours, opening) = match mute.when() {
            When::Once { from, until } => (*from, Some(*until), None, false),
            When::UntilOpening { from, until } => (*from, *until, None, true),
            When::During(hours) => {
                let set = self.set.get(&id).copied().unwrap_or(Wall::from_unix_millis(0));
                (set, None, Some(super::past::written(hours)), false)
            }
        };
        Some(row::Mute {
            number: id.get(),
            scope: mute.scope().to_string(),
            kind: super::past::kind_word(mute.kind()).into(),
            from,
            until,
            hours,
            opening,
            by: mute.who().by().into(),
            place: mute.who().from().into(),
            reason: mute.reason().into(),
            lifted,
        })
    }
}

fn windowed(reply: window::Reply) -> Result<Reply, Refusal> {
    match reply {
        window::Reply::Added(id) => Ok(Reply::Muted(id)),
        window::Reply::Refused(refused) => Err(Refusal::Window(refused)),
        window::Reply::Done | window::Reply::Unknown => Ok(Reply::Done),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_a_sentence_and_names_no_command_that_is_none() {
        for (reason, says) in [
            (Reason::Conflict, "nothing is repaired now: two answer to its name"),
            (Reason::Closed, "nothing is repaired now: outside the opening hours"),
            (Reason::DisplayOff, "nothing is repaired now: its display is off"),
        ] {
            assert_eq!(Refusal::Repair(repair::Refusal::Held(reason)).to_string(), says);
        }
        assert!(!Refusal::TooMany(2000).to_string().contains("hb forget"));
    }
}
