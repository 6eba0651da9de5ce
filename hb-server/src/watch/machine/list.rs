//! The list of what is expected, as people change it beside the configuration.
//!
//! Not here: what follows from it (`places`).

use hb_core::expect::{Expected, Place};
use hb_core::id::{Glob, Who};
use hb_lease::time::Wall;

use crate::store::row;

use super::ask::MOST_EXPECTED;
use super::{Machine, Moment, Output, Refusal, Reply};

impl Machine {
    pub(super) fn add_expected(
        &mut self,
        at: Moment,
        expected: Expected,
        who: &Who,
        out: &mut Vec<Output>,
    ) -> Result<Reply, Refusal> {
        if self.written.contains(&expected.place) {
            return Err(Refusal::Configured(expected.place));
        }
        let mut list = self.list.clone();
        list.retain(|known| known.place != expected.place);
        if list.len() >= MOST_EXPECTED {
            return Err(Refusal::Full);
        }
        out.push(Output::Keep(expectation(&expected, at.wall, who, None).into()));
        list.push(expected);
        self.expect_all(at, &list, out);
        Ok(Reply::Done)
    }

    pub(super) fn drop_expected(
        &mut self,
        at: Moment,
        place: &Place,
        who: &Who,
        out: &mut Vec<Output>,
    ) -> Result<Reply, Refusal> {
        if self.written.contains(place) {
            return Err(Refusal::Configured(place.clone()));
        }
        let mut list = self.list.clone();
        let Some(found) = list.iter().position(|known| known.place == *place) else {
            return Err(Refusal::NotExpected(place.clone()));
        };
        let gone = list.remove(found);
        out.push(Output::Keep(expectation(&gone, at.wall, who, Some(at.wall)).into()));
        self.expect_all(at, &list, out);
        Ok(Reply::Done)
    }
}

pub(super) fn expectation(
    expected: &Expected,
    at: Wall,
    who: &Who,
    lifted: Option<Wall>,
) -> row::Expectation {
    let shows: Vec<&str> = expected.shows.iter().map(Glob::as_str).collect();
    row::Expectation {
        host: expected.place.host().into(),
        slot: expected.place.slot().into(),
        shows: shows.join("\n"),
        at,
        by: who.by().into(),
        place: who.from().into(),
        lifted,
    }
}
