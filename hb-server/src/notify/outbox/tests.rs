//! Single stories: bounds, waits and the end of a channel.

use super::*;

fn item(id: u64) -> Item {
    Item { id, channel: "guard".into(), about: vec![format!("app-{id}").into()] }
}

fn queued(id: u64) -> Input {
    Input::Queued { item: item(id), age: Duration::ZERO }
}

fn sent(out: &[Output]) -> Vec<(Attempt, Vec<u64>, bool)> {
    let of = |output: &Output| match output {
        Output::Send { attempt, ids, digest, .. } => Some((*attempt, ids.clone(), *digest)),
        _ => None,
    };
    out.iter().filter_map(of).collect()
}

#[test]
fn a_dead_channel_is_asked_ever_more_rarely_and_then_every_five_minutes() {
    let (mut outbox, mut out, mut now, mut waits) = (Outbox::default(), Vec::new(), Time::ZERO, Vec::new());
    outbox.handle(now, queued(1), &mut out);
    for _ in 0..9 {
        let attempt = sent(&out).last().unwrap().0;
        outbox.handle(now, Input::Ended { attempt, outcome: Outcome::Unavailable { after: None } }, &mut out);
        let due = outbox.next_timeout().unwrap();
        waits.push(due.since(now).as_secs());
        now = due;
        outbox.handle(now, Input::Tick, &mut out);
    }
    assert_eq!(waits, [5, 10, 20, 40, 80, 160, 300, 300, 300]);
}

#[test]
fn a_night_without_a_network_is_one_digest_in_the_morning() {
    let (mut outbox, mut out) = (Outbox::default(), Vec::new());
    (1..=5).for_each(|id| outbox.handle(Time::ZERO, queued(id), &mut out));
    let attempt = sent(&out)[0].0;
    let morning = Time::ZERO + OLD;
    outbox.handle(morning, queued(6), &mut out);
    out.clear();
    let input = Input::Ended { attempt, outcome: Outcome::Unavailable { after: None } };
    outbox.handle(morning, input, &mut out);
    let due = outbox.next_timeout().unwrap();
    outbox.handle(due, Input::Tick, &mut out);
    let (attempt, ids, digest) = sent(&out).pop().unwrap();
    assert_eq!((ids, digest), (vec![1, 2, 3, 4, 5], true));
    outbox.handle(due, Input::Ended { attempt, outcome: Outcome::Delivered }, &mut out);
    let (_, ids, digest) = sent(&out).pop().unwrap();
    assert_eq!((ids, digest), (vec![6], false), "what is new is told by itself, and at once");
}

#[test]
fn what_nobody_takes_does_not_grow_without_a_bound() {
    let (mut outbox, mut out) = (Outbox::default(), Vec::new());
    let many = MOST as u64 + 3;
    (1..=many).for_each(|id| outbox.handle(Time::ZERO, queued(id), &mut out));
    assert_eq!(outbox.len(), MOST);
    let lost: Vec<u64> = out
        .iter()
        .filter_map(|output| match output {
            Output::Lost { id, why: Lost::Crowded, .. } => Some(*id),
            _ => None,
        })
        .collect();
    assert_eq!(lost, [2, 3, 4], "the first is under way and may arrive yet");
}

#[test]
fn a_message_that_nobody_wants_holds_up_only_what_is_about_its_app() {
    let (mut outbox, mut out) = (Outbox::default(), Vec::new());
    let same = Item { about: item(1).about, ..item(2) };
    outbox.handle(Time::ZERO, queued(1), &mut out);
    outbox.handle(Time::ZERO, Input::Queued { item: same, age: Duration::ZERO }, &mut out);
    outbox.handle(Time::ZERO, queued(3), &mut out);
    let attempt = sent(&out)[0].0;
    outbox.handle(Time::ZERO, Input::Ended { attempt, outcome: Outcome::Refused }, &mut out);
    assert_eq!(sent(&out)[1].1, [3]);
}

#[test]
fn a_channel_that_is_gone_is_told_nothing_and_its_messages_are_lost() {
    let (mut outbox, mut out) = (Outbox::default(), Vec::new());
    outbox.handle(Time::ZERO, queued(1), &mut out);
    let attempt = sent(&out)[0].0;
    outbox.handle(Time::ZERO, Input::Removed("guard".into()), &mut out);
    assert_eq!(out[1], Output::Lost { channel: "guard".into(), id: 1, why: Lost::Removed });
    outbox.handle(Time::ZERO, Input::Ended { attempt, outcome: Outcome::Delivered }, &mut out);
    assert_eq!((out.len(), outbox.next_timeout()), (2, None));
}

#[test]
fn items_are_plain_records() {
    let text = serde_json::to_string(&item(7)).unwrap();
    assert_eq!(text, r#"{"id":7,"channel":"guard","about":["app-7"]}"#);
    assert_eq!(serde_json::from_str::<Item>(&text).unwrap(), item(7));
}
