//! Rows of every kind from chance.

use hb_core::beat::{Cause, State};
use hb_core::hold::{Reason, Reasons};
use hb_core::id::{Identity, OwnedIdentity};
use hb_lease::time::Wall;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::store::row::*;

/// Numbers from chance, one after the other.
struct Dice(std::vec::IntoIter<u64>);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0.next().unwrap_or(7)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.roll() % end as u64) as usize
    }

    fn text(&mut self) -> String {
        ["", "plain", "Größe \"&\" <b>", "two\nlines", "{\"json\": [1]}", "\u{0}\u{7f}"][self.below(6)].into()
    }

    fn app(&mut self) -> OwnedIdentity {
        let host = ["h", "127.0.0.1"][self.below(2)];
        Identity::new(host, ["", "left"][self.below(2)], ["a", "Größe"][self.below(2)]).unwrap().to_owned()
    }

    fn wall(&mut self) -> Wall {
        Wall::from_unix_millis(self.roll().cast_signed())
    }

    fn state(&mut self) -> State {
        State::ALL[self.below(State::ALL.len())]
    }

    fn cause(&mut self) -> Cause {
        Cause::ALL[self.below(Cause::ALL.len())]
    }

    fn flag(&mut self) -> bool {
        self.roll().is_multiple_of(2)
    }

    fn maybe<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.flag().then(|| make(self))
    }

    fn holds(&mut self) -> Reasons {
        let mut holds = Reasons::default();
        for &hold in Reason::ALL {
            holds.set(hold, self.flag());
        }
        holds
    }
}

/// Any row of any kind.
pub(super) fn any_row() -> impl Strategy<Value = Row> {
    // Small numbers as often as any: keys should meet.
    let number = prop_oneof![0..3_u64, any::<u64>()];
    (prop::sample::select(Kind::ALL), vec(number, 40)).prop_map(|(kind, numbers)| {
        let mut dice = Dice(numbers.into_iter());
        row(kind, &mut dice)
    })
}

/// A row of a kind that, if it is of an app, is of this one.
pub(super) fn of_app(kind: Kind, id: &OwnedIdentity) -> Row {
    // An even number is a yes: all that may be there is.
    let mut made = row(kind, &mut Dice(vec![2; 40].into_iter()));
    match &mut made {
        Row::Transition(it) => it.app = id.clone(),
        Row::Conflict(it) => it.app = id.clone(),
        Row::Incident(it) => it.app = Some(id.clone()),
        Row::Adoption(it) => it.app = id.clone(),
        Row::Repair(it) => it.app = id.clone(),
        Row::Ladder(it) => it.app = id.clone(),
        Row::Last(it) => it.app = id.clone(),
        Row::Hour(it) => it.app = id.clone(),
        Row::Mute(_)
        | Row::Acknowledgement(_)
        | Row::Delivery(_)
        | Row::Expectation(_)
        | Row::Signal(_)
        | Row::Token(_)
        | Row::Secret(_)
        | Row::Used(_) => {}
    }
    made
}

fn row(kind: Kind, d: &mut Dice) -> Row {
    match kind {
        Kind::Conflict => Conflict { app: d.app(), at: d.wall(), seq: d.roll(), on: d.flag() }.into(),
        Kind::Transition => Transition {
            app: d.app(),
            at: d.wall(),
            seq: d.roll(),
            from: d.maybe(Dice::state),
            to: d.maybe(Dice::state),
            cause: d.cause(),
        }
        .into(),
        Kind::Incident => Incident {
            number: d.roll(),
            about: d.text(),
            app: d.maybe(Dice::app),
            parent: d.maybe(Dice::text),
            state: d.state(),
            cause: d.cause(),
            since: d.wall(),
            at: d.wall(),
            granted: d.roll(),
            holds: d.holds(),
            acknowledged: d.flag(),
            snoozed: d.maybe(Dice::wall),
            told: d.text(),
            ended: d.maybe(Dice::wall),
            ending: d.maybe(Dice::text),
        }
        .into(),
        Kind::Mute => Mute {
            number: d.roll(),
            scope: d.text(),
            kind: d.text(),
            from: d.wall(),
            until: d.maybe(Dice::wall),
            hours: d.maybe(Dice::text),
            opening: d.flag(),
            by: d.text(),
            place: d.text(),
            reason: d.text(),
            lifted: d.maybe(Dice::wall),
        }
        .into(),
        Kind::Acknowledgement => Acknowledgement {
            incident: d.roll(),
            at: d.wall(),
            until: d.maybe(Dice::wall),
            by: d.text(),
            place: d.text(),
        }
        .into(),
        Kind::Adoption => {
            Adoption { app: d.app(), at: d.wall(), how: d.text(), by: d.text(), place: d.text() }.into()
        }
        Kind::Repair => Repair {
            app: d.app(),
            at: d.wall(),
            incident: d.maybe(Dice::roll),
            action: d.text(),
            dry: d.flag(),
            evidence: d.text(),
            by: d.text(),
            place: d.text(),
            ended: d.maybe(Dice::wall),
            outcome: d.maybe(Dice::text),
            said: d.maybe(Dice::text),
        }
        .into(),
        Kind::Delivery => Delivery {
            number: d.roll(),
            channel: d.text(),
            lane: d.text(),
            incident: d.maybe(Dice::roll),
            at: d.wall(),
            due: d.wall(),
            attempts: d.below(9) as u32,
            body: d.text(),
            ended: d.maybe(Dice::wall),
            failure: d.maybe(Dice::text),
        }
        .into(),
        Kind::Ladder => Ladder { app: d.app(), at: d.wall(), record: d.maybe(Dice::text) }.into(),
        Kind::Expectation => Expectation {
            host: d.text(),
            slot: d.text(),
            shows: d.text(),
            at: d.wall(),
            by: d.text(),
            place: d.text(),
            lifted: d.maybe(Dice::wall),
        }
        .into(),
        Kind::Signal => {
            let (scope, open, since, at) = (d.text(), d.flag(), d.wall(), d.wall());
            Signal { scope, open, since, at, by: d.text(), place: d.text() }.into()
        }
        Kind::Token => Token {
            name: d.text(),
            hash: d.text(),
            role: d.text(),
            at: d.wall(),
            by: d.text(),
            place: d.text(),
            expires: d.maybe(Dice::wall),
            revoked: d.maybe(Dice::wall),
        }
        .into(),
        Kind::Secret => Secret { name: d.text(), value: Hidden(d.text()) }.into(),
        Kind::Used => Used { nonce: d.text(), until: d.wall() }.into(),
        Kind::Last => Last {
            app: d.app(),
            at: d.wall(),
            state: d.state(),
            cause: d.cause(),
            since: d.wall(),
            granted: d.roll(),
            first_seen: d.wall(),
            promise: d.roll() as u32,
            boot: d.maybe(Dice::text),
            version: d.maybe(|d| d.below(9) as u16),
            lived: d.flag(),
        }
        .into(),
        Kind::Hour => Hour {
            hour: d.below(9) as u32,
            missing: d.below(3_601) as u16,
            up: d.below(3_601) as u16,
            done: d.below(3_601) as u16,
            beats: d.roll(),
            errors: d.below(99) as u32,
            slowest: d.maybe(|d| d.below(999) as u32),
            gap: d.maybe(|d| d.below(999) as u32),
            ..quiet_hour(d.app())
        }
        .into(),
    }
}

/// A last state with nothing special about it.
pub(in crate::store) fn last(app: OwnedIdentity, state: State, cause: Cause, at: Wall, since: Wall) -> Last {
    let (boot, version) = (None, None);
    Last {
        app,
        at,
        state,
        cause,
        since,
        granted: 6_000,
        first_seen: since,
        promise: 5_000,
        boot,
        version,
        lived: true,
    }
}

/// An hour in which nothing was wrong.
pub(in crate::store) fn quiet_hour(app: OwnedIdentity) -> Hour {
    Hour {
        app,
        hour: 0,
        missing: 0,
        down: 0,
        stalled: 0,
        hidden: 0,
        late: 0,
        unknown: 0,
        reconnecting: 0,
        starting: 0,
        up: 3_600,
        off: 0,
        done: 0,
        beats: 2_160,
        reloads: 0,
        errors: 0,
        slowest: Some(597),
        mean: Some(600),
        gap: Some(34),
    }
}
