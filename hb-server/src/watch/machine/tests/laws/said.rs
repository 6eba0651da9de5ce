//! What people said of two hosts of which one takes the place of the other: it is kept, once.

use super::*;
use crate::watch::Replaced;

/// What people said of two hosts, before one takes the place of the other.
pub(super) struct Said {
    mutes: Vec<(MuteId, Scope)>,
    acknowledged: BTreeSet<u64>,
    adopted: Vec<OwnedIdentity>,
    places: BTreeSet<Place>,
    apps: BTreeSet<OwnedIdentity>,
}

impl Said {
    pub(super) fn of(house: &House, hosts: [&str; 2]) -> Self {
        let machine = &house.machine;
        let here = |id: &&OwnedIdentity| hosts.contains(&id.borrow().host());
        let known: BTreeSet<OwnedIdentity> =
            machine.apps.keys().cloned().chain((0..APPS.len()).map(app)).collect();
        let adopted = |id: &&OwnedIdentity| machine.expect().adopted(id.borrow()).is_some();
        let record = |number: &u64| machine.alerts().record(Number(*number));
        let taken = |number: &u64| record(number).is_some_and(|record| record.acknowledged.is_some());
        Self {
            mutes: machine
                .mutes()
                .list(house.at().wall)
                .map(|(id, it, _)| (id, it.scope().clone()))
                .collect(),
            acknowledged: house.open_incidents().into_iter().filter(taken).collect(),
            adopted: known.iter().filter(here).filter(adopted).cloned().collect(),
            places: machine.expected_places().map(|(it, _)| it.place.clone()).collect(),
            apps: machine.apps.keys().filter(here).cloned().collect(),
        }
    }

    /// Nothing is lost and nothing doubled: all that was said of either host is said once of the new one.
    pub(super) fn is_kept(
        &self,
        house: &House,
        old: &str,
        new: &str,
        done: Replaced,
    ) -> Result<(), TestCaseError> {
        let after = Self::of(house, [old, new]);
        let on_new = |id: &OwnedIdentity| {
            let id = id.borrow();
            Identity::new(new, id.slot(), id.app()).unwrap().to_owned()
        };
        let moved =
            |(id, scope): &(MuteId, Scope)| (*id, scope.moved(old, new).unwrap_or_else(|| scope.clone()));
        prop_assert_eq!(&after.mutes, &self.mutes.iter().map(moved).collect::<Vec<_>>());
        let apps: BTreeSet<_> = self.apps.iter().map(on_new).collect();
        prop_assert_eq!(&after.apps, &apps, "{:?}", done);
        for id in &self.adopted {
            let adopted = house.machine.expect().adopted(on_new(id).borrow());
            prop_assert!(adopted.is_some(), "{id:?} is no longer adopted: {done:?}");
        }
        let there = |place: &Place| {
            let host = if place.host() == old { new } else { place.host() };
            Place::new(host, place.slot()).unwrap()
        };
        prop_assert_eq!(&after.places, &self.places.iter().map(there).collect::<BTreeSet<_>>());
        // Of two that were taken care of, one goes on; one whose screen works again is over.
        for number in after.acknowledged {
            prop_assert!(self.acknowledged.contains(&number));
        }
        Ok(())
    }
}
