//! What is kept, row by row: the tables of hb's memory as types.
//!
//! A row with a key that is there already takes its place: so an incident is closed, a delivery marked as done and a mute
//! lifted. Moments are of the calendar; the machines' own times end with the run. What a machine hands over a restart in
//! a form of its own (whom alerts told, where a repair stands) is JSON that its shell writes and reads.
//! Not here: the tables themselves (`schema`), which row is written when (`queue`).

use hb_core::beat::{Cause, State};
use hb_core::hold::Reasons;
use hb_core::id::OwnedIdentity;
use hb_lease::time::Wall;
use rusqlite::types::Value;
use rusqlite::{Connection, Error};

use super::cell::{Cell, Names};

pub use super::cell::Hidden;

/// The action of a [`Repair`] that is none: the ladder is at its end.
pub const GAVE_UP: &str = "gave-up";

/// A kind of row: its table, its columns, and both ways between.
pub(super) trait Table: Sized {
    const KIND: Kind;
    const COLUMNS: &'static [&'static str];
    fn read(values: Vec<Value>, db: &Connection, names: &mut Names) -> Result<Self, Error>;
}

/// Defines the rows: each a struct, a [`Kind`] with the name of its table, and a variant of [`Row`].
macro_rules! rows {
    ($($(#[$meta:meta])* $name:ident = $table:literal { $($(#[$doc:meta])* $field:ident: $type:ty,)+ })+) => {
        $(
            $(#[$meta])*
            #[derive(Clone, Debug, PartialEq, Eq)]
            pub struct $name { $($(#[$doc])* pub $field: $type,)+ }

            impl Table for $name {
                const KIND: Kind = Kind::$name;
                const COLUMNS: &'static [&'static str] = &[$(stringify!($field)),+];

                fn read(values: Vec<Value>, db: &Connection, names: &mut Names) -> Result<Self, Error> {
                    let mut values = values.into_iter();
                    $(let $field = Cell::take(values.next().unwrap_or(Value::Null), db, names)?;)+
                    Ok(Self { $($field),+ })
                }
            }

            impl From<$name> for Row {
                fn from(row: $name) -> Self { Self::$name(row) }
            }
        )+

        /// Which table a row belongs to.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind { $($(#[$meta])* $name,)+ }

        impl Kind {
            /// Every kind, in order.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The name of its table, which is its name wherever people see it.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$name => $table,)+ }
            }

            /// The names of its columns, in order.
            #[must_use]
            pub const fn columns(self) -> &'static [&'static str] {
                match self { $(Self::$name => $name::COLUMNS,)+ }
            }

            pub(super) fn read(self, values: Vec<Value>, db: &Connection, names: &mut Names) -> Result<Row, Error> {
                match self { $(Self::$name => $name::read(values, db, names).map(Row::$name),)+ }
            }
        }

        impl serde::Serialize for Kind {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(self.word())
            }
        }

        /// One row of any kind.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Row { $($(#[$meta])* $name($name),)+ }

        impl Row {
            /// Of which kind it is.
            #[must_use]
            pub const fn kind(&self) -> Kind {
                match self { $(Self::$name(_) => Kind::$name,)+ }
            }

            pub(super) fn values(&self, db: &Connection, names: &mut Names) -> Result<Vec<Value>, Error> {
                match self { $(Self::$name(it) => Ok(vec![$(it.$field.put(db, names)?),+]),)+ }
            }
        }
    };
}

rows! {
    /// An app changed its state.
    Transition = "transitions" {
        /// Who.
        app: OwnedIdentity,
        /// When it became true.
        at: Wall,
        /// Its place in the order of what happened in that run.
        seq: u64,
        /// Before; `None` for the first word about an app.
        from: Option<State>,
        /// After; `None` if the app is no longer held.
        to: Option<State>,
        /// Why.
        cause: Cause,
    }
    /// Two pages answered to the name of an app, or no longer.
    Conflict = "conflicts" {
        /// Which.
        app: OwnedIdentity,
        /// When that became true.
        at: Wall,
        /// Its place in the order of what happened in that run.
        seq: u64,
        /// Whether they did.
        on: bool,
    }
    /// From leaving the good states until back.
    Incident = "incidents" {
        /// The incident's number.
        number: u64,
        /// `app`, `host` or `group`.
        about: String,
        /// The app, for one.
        app: Option<OwnedIdentity>,
        /// The host or group, for one.
        parent: Option<String>,
        /// What is believed.
        state: State,
        /// Why.
        cause: Cause,
        /// When the good states were left.
        since: Wall,
        /// When it became as bad as this.
        at: Wall,
        /// Time it was granted, in ms.
        granted: u64,
        /// Why its alerts wait.
        holds: Reasons,
        /// Whether a person took it on.
        acknowledged: bool,
        /// Until when nobody wants to hear of it.
        snoozed: Option<Wall>,
        /// Who was told: JSON of the alerts' shell.
        told: String,
        /// When it ended.
        ended: Option<Wall>,
        /// How: `back`, `goodbye` or `removed`.
        ending: Option<String>,
    }
    /// Somebody silenced something for a time.
    Mute = "mutes" {
        /// The mute's number.
        number: u64,
        /// Whom it is for, in the words of a scope.
        scope: String,
        /// `closed`, `maintenance` or `snooze`.
        kind: String,
        /// From when.
        from: Wall,
        /// Until when; `None` for what comes again and again.
        until: Option<Wall>,
        /// The hours at which it comes again, in the words of the configuration.
        hours: Option<String>,
        /// Whether it ends when its scope opens, also by a signal before `until`.
        opening: bool,
        /// Who.
        by: String,
        /// From where.
        place: String,
        /// In their words.
        reason: String,
        /// When it was lifted before its end.
        lifted: Option<Wall>,
    }
    /// A person took an incident on, or did not want to hear of it for a while.
    Acknowledgement = "acknowledgements" {
        /// Which incident.
        incident: u64,
        /// When.
        at: Wall,
        /// Until when, for a snooze.
        until: Option<Wall>,
        /// Who.
        by: String,
        /// From where.
        place: String,
    }
    /// An app is here to stay.
    Adoption = "adoptions" {
        /// Who.
        app: OwnedIdentity,
        /// When.
        at: Wall,
        /// `list`, `person` or `age`.
        how: String,
        /// By whom; for `list` and `age` the server.
        by: String,
        /// From where.
        place: String,
    }
    /// One step that was taken for a screen.
    Repair = "repairs" {
        /// Who.
        app: OwnedIdentity,
        /// When it began.
        at: Wall,
        /// For which incident.
        incident: Option<u64>,
        /// `reload`, `command`, `restart` or `reboot`; [`GAVE_UP`] where nothing more is tried.
        action: String,
        /// Whether it was only rehearsed.
        dry: bool,
        /// On which evidence.
        evidence: String,
        /// Who asked for it: a rule of the ladder or a person.
        by: String,
        /// From where.
        place: String,
        /// When it ended.
        ended: Option<Wall>,
        /// How it ended.
        outcome: Option<String>,
        /// The first lines of what was said.
        said: Option<String>,
    }
    /// Where the repairs of an app stand.
    Ladder = "ladders" {
        /// Who.
        app: OwnedIdentity,
        /// When this was true.
        at: Wall,
        /// JSON of the repairs' shell; `None` for nothing worth knowing.
        record: Option<String>,
    }
    /// A message that has to reach a channel: the outbox.
    Delivery = "deliveries" {
        /// The message's number.
        number: u64,
        /// To whom.
        channel: String,
        /// Messages with the same word go out in order.
        lane: String,
        /// Of which incident.
        incident: Option<u64>,
        /// When it was written.
        at: Wall,
        /// When it is next tried.
        due: Wall,
        /// How often it was tried.
        attempts: u32,
        /// What is said.
        body: String,
        /// When it arrived, or was given up.
        ended: Option<Wall>,
        /// Why it was given up.
        failure: Option<String>,
    }
    /// A place that people expect to show something, beside those of the configuration.
    Expectation = "expectations" {
        /// The machine.
        host: String,
        /// Its window or monitor.
        slot: String,
        /// What it shows, one app or pattern a line.
        shows: String,
        /// When that was said.
        at: Wall,
        /// Who.
        by: String,
        /// From where.
        place: String,
        /// When it was taken back.
        lifted: Option<Wall>,
    }
    /// The last word of a key switch or show control.
    Signal = "signals" {
        /// What it opens or closes, in the words of a scope.
        scope: String,
        /// Or closes.
        open: bool,
        /// When that was said first.
        since: Wall,
        /// When it was said last.
        at: Wall,
        /// The switch.
        by: String,
        /// The way it came.
        place: String,
    }
    /// Leave to write: never the token, only its hash.
    Token = "tokens" {
        /// Its name.
        name: String,
        /// The hash, in hexadecimal digits.
        hash: String,
        /// What it is good for.
        role: String,
        /// When it was made.
        at: Wall,
        /// Who made it.
        by: String,
        /// From where.
        place: String,
        /// When it ends by itself.
        expires: Option<Wall>,
        /// When it was taken back.
        revoked: Option<Wall>,
    }
    /// What this server signs with: in no export.
    Secret = "secrets" {
        /// What for.
        name: String,
        /// It.
        value: Hidden,
    }
    /// A link in a message that was used and would still be good: in no export.
    Used = "used" {
        /// Its number, as text.
        nonce: String,
        /// How long it would have been good.
        until: Wall,
    }
    /// What was last believed of an app: the memory of an amnesty.
    Last = "last_states" {
        /// Who.
        app: OwnedIdentity,
        /// When this was true.
        at: Wall,
        /// What.
        state: State,
        /// Why.
        cause: Cause,
        /// Since when.
        since: Wall,
        /// The time it was granted, in ms.
        granted: u64,
        /// When it was first heard of.
        first_seen: Wall,
        /// What it promised, in ms: `granted` without the tolerance.
        promise: u32,
        /// Its page.
        boot: Option<String>,
        /// The version of its vitals.
        version: Option<u16>,
        /// It had lived for a day.
        lived: bool,
    }
    /// One hour of one app.
    Hour = "hours" {
        /// Who.
        app: OwnedIdentity,
        /// Hours since 1970.
        hour: u32,
        /// Seconds in this state.
        missing: u16,
        /// Seconds in this state.
        down: u16,
        /// Seconds in this state.
        stalled: u16,
        /// Seconds in this state.
        hidden: u16,
        /// Seconds in this state.
        late: u16,
        /// Seconds in this state.
        unknown: u16,
        /// Seconds in this state.
        reconnecting: u16,
        /// Seconds in this state.
        starting: u16,
        /// Seconds in this state.
        up: u16,
        /// Seconds in this state.
        off: u16,
        /// Seconds in this state.
        done: u16,
        /// Beats taken.
        beats: u64,
        /// Page loads after the first.
        reloads: u32,
        /// Uncaught errors.
        errors: u32,
        /// The lowest frame rate, in tenths of a frame a second.
        slowest: Option<u32>,
        /// The mean frame rate, in tenths of a frame a second.
        mean: Option<u32>,
        /// The longest gap between two frames, in ms.
        gap: Option<u32>,
    }
}

impl Kind {
    /// Whether it stays in this memory: no export has it, and no import brings it.
    pub(super) const fn is_private(self) -> bool {
        matches!(self, Self::Secret | Self::Used)
    }

    /// How soon it gives way when there is no room: the lowest first.
    pub(super) const fn rank(self) -> usize {
        match self {
            Self::Hour => 0,
            Self::Transition | Self::Conflict => 1,
            _ => 2,
        }
    }
}
