//! Who works with the server while it is killed, and what they were told was done: after any kill it is still so.
//!
//! What was asked and not answered may have been done or not. Not here: the kills.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Result, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;

use super::{Serve, get};
use crate::stub::DEADLINE;

/// Screens that broke and were adopted: of each there is an incident.
pub(super) const BROKEN: usize = 16;
/// Key switches.
const SWITCHES: usize = 4;

/// What they were told was done.
#[derive(Default)]
pub(super) struct People {
    turn: usize,
    mutes: Kept<u64>,
    places: Kept<String>,
    /// What each switch said last, while that is certain.
    signals: BTreeMap<String, bool>,
    broken: usize,
    adopted: BTreeSet<String>,
    acknowledged: BTreeSet<u64>,
    snoozed: BTreeMap<u64, String>,
}

/// Things that are there, and things that are no more.
#[derive(Default)]
struct Kept<T> {
    held: BTreeSet<T>,
    gone: BTreeSet<T>,
}

impl<T: Ord + Clone + std::fmt::Debug> Kept<T> {
    /// The one to end next. From here on until the answer nobody was promised anything about it.
    fn oldest(&mut self) -> Option<T> {
        if self.held.len() > 9 { self.held.pop_first() } else { None }
    }

    fn is_in(&self, found: &BTreeSet<T>, cycle: usize) {
        assert!(found.is_superset(&self.held), "cycle {cycle}: {:?} were set, {found:?} are held", self.held);
        assert!(
            found.is_disjoint(&self.gone),
            "cycle {cycle}: {:?} were ended, {found:?} are held",
            self.gone
        );
    }
}

/// A server, as the holder of a token reaches it.
struct Door<'a> {
    addr: &'a str,
    token: &'a str,
}

impl Door<'_> {
    /// Asks for a change, which is answered as `expected` or not at all; its body.
    fn change(&self, request: &str, body: &str, expected: u16) -> Result<String> {
        let Self { addr, token } = self;
        let mut peer = TcpStream::connect(addr)?;
        peer.set_read_timeout(Some(DEADLINE))?;
        let length = body.len();
        write!(
            peer,
            "{request} HTTP/1.0\r\nHost: {addr}\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        )?;
        let mut text = String::new();
        peer.read_to_string(&mut text)?;
        let (head, said) = text.split_once("\r\n\r\n").ok_or(std::io::ErrorKind::UnexpectedEof)?;
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status: u16 = status.ok_or(std::io::ErrorKind::InvalidData)?;
        // Half an answer says nothing.
        if head.lines().any(|line| line.eq_ignore_ascii_case(&format!("content-length: {}", said.len())))
            || said.is_empty()
        {
            assert_eq!(status, expected, "{request} {body}: {said}");
            return Ok(said.to_owned());
        }
        Err(std::io::ErrorKind::UnexpectedEof.into())
    }

    fn incidents(&self) -> Result<Vec<Value>> {
        let said = get(self.addr, "/api/v1/incidents?open=true&limit=1000")?;
        serde_json::from_str(&said).map_err(|_| std::io::ErrorKind::UnexpectedEof.into())
    }
}

impl People {
    /// Ask for one thing after the other, until nobody answers.
    pub(super) fn work(&mut self, addr: &str, token: &str, stop: &AtomicBool) {
        let door = Door { addr, token };
        while !stop.load(Ordering::Relaxed) {
            self.turn += 1;
            let asked = match self.turn % 6 {
                0 => self.mute(&door),
                1 => self.expect(&door),
                2 => self.signal(&door),
                3 => self.adopt(&door),
                4 => self.acknowledge(&door),
                _ => self.snooze(&door),
            };
            if asked.is_err() {
                return;
            }
        }
    }

    fn mute(&mut self, door: &Door<'_>) -> Result<()> {
        let said = door.change("POST /api/v1/mutes", r#"{"for":"a1","for_s":3600}"#, 201)?;
        let id = serde_json::from_str::<Value>(&said).unwrap()["id"].as_u64().unwrap();
        assert!(!self.mutes.gone.contains(&id) && self.mutes.held.insert(id), "{id} was given before");
        if let Some(oldest) = self.mutes.oldest() {
            door.change(&format!("DELETE /api/v1/mutes/{oldest}"), "", 204)?;
            self.mutes.gone.insert(oldest);
        }
        Ok(())
    }

    fn expect(&mut self, door: &Door<'_>) -> Result<()> {
        let host = format!("e{:06}", self.turn);
        door.change(&format!("PUT /api/v1/screens/{host}"), r#"{"shows":["tetris","pong*"]}"#, 204)?;
        self.places.held.insert(host);
        if let Some(oldest) = self.places.oldest() {
            door.change(&format!("DELETE /api/v1/screens/{oldest}"), "", 204)?;
            self.places.gone.insert(oldest);
        }
        Ok(())
    }

    fn signal(&mut self, door: &Door<'_>) -> Result<()> {
        let turn = self.turn / 6;
        let (scope, open) = (format!("s{}/*", turn % SWITCHES), (turn / SWITCHES).is_multiple_of(2));
        self.signals.remove(&scope);
        door.change("POST /api/v1/signals", &format!(r#"{{"for":"{scope}","open":{open}}}"#), 200)?;
        self.signals.insert(scope, open);
        Ok(())
    }

    /// A screen promises and breaks it at once; whoever is adopted in that state has an incident.
    fn adopt(&mut self, door: &Door<'_>) -> Result<()> {
        if self.broken == BROKEN {
            return Ok(());
        }
        self.broken += 1;
        let host = format!("d{}", self.broken);
        get(door.addr, &format!("/hb_ping?1&appid=d&host={host}&v=1&boot={host}"))?;
        door.change(&format!("POST /api/v1/apps/{host}/d/adopt"), "", 204)?;
        self.adopted.insert(host);
        Ok(())
    }

    fn acknowledge(&mut self, door: &Door<'_>) -> Result<()> {
        let open = door.incidents()?;
        let mut numbers = open.iter().map(|incident| incident["number"].as_u64().unwrap());
        if let Some(number) = numbers.find(|number| number % 2 == 0 && !self.acknowledged.contains(number)) {
            door.change(&format!("POST /api/v1/incidents/{number}/acknowledge"), "", 204)?;
            self.acknowledged.insert(number);
        }
        Ok(())
    }

    /// Every time until a little later.
    fn snooze(&mut self, door: &Door<'_>) -> Result<()> {
        let open = door.incidents()?;
        let numbers = open.iter().map(|incident| incident["number"].as_u64().unwrap());
        let odd: Vec<u64> = numbers.filter(|number| number % 2 == 1).collect();
        if let Some(&number) = odd.get(self.turn / 6 % odd.len().max(1)) {
            let until = format!(
                "2099-01-01T{:02}:{:02}:{:02}",
                self.turn / 3600,
                self.turn / 60 % 60,
                self.turn % 60
            );
            let body = format!(r#"{{"until":"{until}Z"}}"#);
            door.change(&format!("POST /api/v1/incidents/{number}/snooze"), &body, 204)?;
            self.snoozed.insert(number, until);
        }
        Ok(())
    }

    /// All that they were told was done is so.
    pub(super) fn are_believed(&self, serve: &Serve, cycle: usize) {
        let list = |path: &str| serve.json(path).as_array().unwrap().clone();
        let mutes = list("/api/v1/mutes").iter().map(|mute| mute["id"].as_u64().unwrap()).collect();
        self.mutes.is_in(&mutes, cycle);
        let places = list("/api/v1/screens");
        self.places.is_in(&places.iter().map(|place| text(&place["host"])).collect(), cycle);

        let hours = list("/api/v1/hours");
        let hours: BTreeMap<_, _> =
            hours.iter().map(|it| (text(&it["for"]), it["phase"] != "closed")).collect();
        for (scope, open) in &self.signals {
            assert_eq!(hours.get(scope), Some(open), "cycle {cycle}: {scope}");
        }
        let open = list("/api/v1/incidents?open=true&limit=1000");
        let open: BTreeMap<_, _> = open.iter().map(|it| (it["number"].as_u64().unwrap(), it)).collect();
        for number in &self.acknowledged {
            let incident = open.get(number).unwrap_or_else(|| panic!("cycle {cycle}: where is #{number}?"));
            assert!(incident["acknowledged"].is_object(), "cycle {cycle}: {incident}");
        }
        for (number, until) in &self.snoozed {
            let incident = open.get(number).unwrap_or_else(|| panic!("cycle {cycle}: where is #{number}?"));
            assert!(text(&incident["snoozed_until"]) >= *until, "cycle {cycle}: {until}, {incident}");
        }
        for app in list("/api/v1/apps").iter().filter(|app| self.adopted.contains(&text(&app["host"]))) {
            assert_eq!(app["adopted"], "person", "cycle {cycle}: {app}");
        }
    }

    /// Everybody was asked and answered.
    pub(super) fn did_all(&self) {
        assert!(!self.mutes.gone.is_empty() && !self.mutes.held.is_empty(), "mutes");
        assert!(!self.places.gone.is_empty() && !self.places.held.is_empty(), "places");
        assert!(!self.signals.is_empty() && !self.adopted.is_empty(), "signals and adoptions");
        assert!(!self.acknowledged.is_empty() && !self.snoozed.is_empty(), "incidents");
    }

    /// Who is here to stay, by the rows that are kept.
    pub(super) fn are_kept(&self, adoptions: Option<&BTreeSet<String>>, cycle: usize) {
        let kept = |row: &String| text(&serde_json::from_str::<Value>(row).unwrap()["app"]["host"]);
        let kept: BTreeSet<String> = adoptions.into_iter().flatten().map(kept).collect();
        assert!(
            kept.is_superset(&self.adopted),
            "cycle {cycle}: {:?} were adopted, {kept:?} are",
            self.adopted
        );
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
