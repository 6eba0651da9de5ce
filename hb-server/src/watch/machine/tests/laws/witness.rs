//! Who hears every message, sees every step and every row, and compares them with the rooms that decide alone.

use super::*;
use crate::notify::message::Incident;

/// What everybody was told, counted by incident and channel.
#[derive(Default)]
pub(super) struct Witness {
    pub(super) opened: BTreeSet<(u64, Channel)>,
    closed: BTreeSet<(u64, Channel)>,
    pub(super) mutes: BTreeSet<MuteId>,
    /// Incidents whose row says that they are over.
    over: BTreeSet<u64>,
    last: u64,
    messages: usize,
    steps: usize,
    pub(super) distrusted: bool,
}

impl Witness {
    /// Looks at what was said since the last look.
    pub(super) fn look(&mut self, house: &House) -> Result<(), TestCaseError> {
        for at in self.messages..house.all.len() {
            let (message, channel) = (&house.all[at], house.by[at]);
            for incident in &message.incidents {
                let told = (incident.number, channel);
                match message.kind {
                    Kind::Opening => {
                        prop_assert!(!self.closed.contains(&told), "opens after it was closed: {message:?}");
                        prop_assert!(self.opened.insert(told), "told twice: {message:?}");
                        may_tell(house, incident)?;
                    }
                    Kind::Closing => {
                        prop_assert!(self.opened.contains(&told), "nobody heard of it: {message:?}");
                        prop_assert!(self.closed.insert(told), "closed twice: {message:?}");
                    }
                    Kind::Reminder | Kind::GaveUp => {
                        let open = self.opened.contains(&told) && !self.closed.contains(&told);
                        prop_assert!(open, "{message:?}");
                    }
                    _ => {}
                }
            }
        }
        self.messages = house.all.len();
        for step in &house.steps[self.steps..] {
            let id = step.id.borrow();
            prop_assert!(!self.distrusted, "repaired by a clock that is wrong: {step:?}");
            let expected = house.machine.expect().adopted(id).is_some();
            prop_assert!(expected || house.machine.dark_since(id).is_some(), "nobody expects {step:?}");
            let at = house.at().wall;
            let may = house.machine.ask(id, |subject| house.machine.mutes().may_repair(at, subject).is_ok());
            prop_assert!(may, "muted or closed: {step:?}");
        }
        self.steps = house.steps.len();
        self.agree(house)
    }

    /// What is kept is what is so.
    fn agree(&mut self, house: &House) -> Result<(), TestCaseError> {
        let machine = &house.machine;
        let open: BTreeSet<u64> = house.open_incidents().into_iter().collect();
        // Of what is over, people are yet to be told.
        let goes_on = || machine.cases.iter().filter(|(_, case)| case.ended.is_none());
        let cases: BTreeSet<u64> = goes_on().map(|(number, _)| number.0).collect();
        prop_assert_eq!(&open, &cases, "rows and incidents");
        let closing = machine.cases.iter().filter(|(_, case)| case.ended.is_some());
        for (number, case) in closing {
            prop_assert!(machine.alerts.is_closing(*number), "nobody is told of the end of {case:?}");
        }
        for (number, case) in goes_on() {
            let record = machine.alerts.record(*number);
            prop_assert!(record.is_some(), "{number:?} is open, and nobody tells of it");
            let row = &house.rows()[&number.0];
            match &case.subject {
                Subject::App(id) => {
                    prop_assert_eq!(machine.incidents.of(id.borrow()), Some(*number), "{:?}", case);
                    prop_assert_eq!(row.app.as_ref(), Some(id));
                }
                Subject::Parent(_) => {
                    prop_assert!(!case.covers.is_empty(), "{number:?} covers nobody: {case:?}");
                }
            }
        }
        // While a repair is on trial, what works is not over, whatever works for a moment.
        for id in machine.apps.keys().filter(|id| machine.incidents.knows(id.borrow())) {
            let (tried, trying) =
                (machine.incidents.is_tried(id.borrow()), machine.repairs.is_trying(id.borrow()));
            prop_assert_eq!(tried, trying, "{:?}", id);
        }
        for (number, row) in house.rows() {
            let ends = row.ended.is_some() && !self.over.contains(number);
            if let Some(app) = row.app.as_ref().filter(|_| ends && row.ending.as_deref() == Some("back")) {
                prop_assert!(
                    !machine.repairs.is_trying(app.borrow()),
                    "{app} is on trial, and #{number} is over"
                );
            }
            if row.ended.is_some() {
                self.over.insert(*number);
            } else {
                prop_assert!(!self.over.contains(number), "#{number} was over");
            }
        }
        let last = house.rows().keys().last().copied().unwrap_or(0);
        prop_assert!(last >= self.last);
        self.last = last;
        Ok(())
    }
}

/// Whether anything speaks against telling of it now.
fn may_tell(house: &House, incident: &Incident) -> Result<(), TestCaseError> {
    if incident.screens.is_some() {
        return Ok(());
    }
    let (machine, at) = (&house.machine, house.at());
    let id = Identity::new(&incident.host, &incident.slot, &incident.app).unwrap();
    let dark = machine.dark_since(id).is_some();
    prop_assert!(dark || machine.is_known(&id.to_owned()), "it is not there: {incident:?}");
    prop_assert!(dark || machine.expect().adopted(id).is_some(), "it is new: {incident:?}");
    let hushed = machine.ask(id, |subject| match machine.mutes().may_alert(at.wall, subject) {
        Err(Hush::Muted(_) | Hush::Opening { .. }) => true,
        Err(Hush::Clock) | Ok(()) => false,
    });
    prop_assert!(!hushed, "muted or closed: {incident:?}");
    let snoozed = machine.standing(at, id).incident.and_then(|incident| incident.snoozed);
    prop_assert!(snoozed.is_none(), "snoozed: {incident:?}");
    Ok(())
}
