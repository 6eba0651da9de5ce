//! Tokens over a real memory: seen when another process makes them, refused when it takes them back.

use super::*;
use crate::engine::clock::Hand;
use crate::store::Config;

struct House {
    auth: Auth,
    store: Arc<Store>,
    hand: Hand,
}

fn house() -> House {
    let store = Arc::new(Store::memory(Config::default()).unwrap());
    let (clock, hand) = Clock::manual();
    House { auth: Auth::new(Arc::clone(&store), clock), store, hand }
}

fn away() -> Peer {
    Peer::new([10, 0, 0, 7].into())
}

fn here() -> Peer {
    Peer::new([127, 0, 0, 1].into())
}

impl House {
    /// As another process does it, which has the same file and nothing else.
    async fn beside(&self, name: &str, role: Role, lasts: Option<Duration>) -> Secret {
        let who = hb_core::id::Who::new("root", "cli").unwrap();
        let order = Order { name, role, lasts, who: &who };
        let (row, secret) = make(&[], order, self.auth.wall()).unwrap();
        self.store.commit(vec![row.into()]).done().await.unwrap();
        secret
    }

    /// Time passes; what was read of the tokens ages by another clock, and is old after a second.
    fn pass(&self, by: Duration) {
        self.hand.advance(by);
        if by >= FRESH {
            self.auth.state().read = None;
        }
    }

    async fn role(&self, secret: &Secret) -> Option<Role> {
        self.auth.bearer(&here(), secret.reveal()).await.ok().map(|holder| holder.role)
    }
}

#[tokio::test]
async fn a_token_that_another_process_makes_is_seen_and_one_it_takes_back_is_refused() {
    let house = house();
    assert_eq!(house.role(&Secret::random()).await, None);
    let ada = house.beside("ada", Role::Operator, None).await;
    assert_eq!(house.role(&ada).await, Some(Role::Operator), "at once");
    let known = house.store.reader().unwrap().tokens().unwrap();
    let gone = revoke(known, "ada", house.auth.wall()).unwrap();
    house.store.commit(vec![gone.into()]).done().await.unwrap();
    house.pass(FRESH);
    assert_eq!(house.role(&ada).await, None, "within a second");
}

#[tokio::test]
async fn a_token_ends_when_it_says() {
    let house = house();
    let ada = house.beside("ada", Role::Viewer, Some(Duration::from_secs(60))).await;
    assert_eq!(house.role(&ada).await, Some(Role::Viewer));
    let cookie = house.auth.login(&here(), ada.reveal()).await.unwrap().cookie;
    house.pass(Duration::from_secs(59));
    assert!(house.auth.session(cookie.reveal()).await.is_some());
    house.pass(Duration::from_secs(1));
    assert_eq!(house.role(&ada).await, None);
    assert!(house.auth.session(cookie.reveal()).await.is_none(), "and its sessions with it");
}

#[tokio::test]
async fn a_one_time_login_opens_one_session_and_is_no_token() {
    let house = house();
    let once = house.auth.first_login().await.unwrap().unwrap();
    assert_eq!(house.role(&once).await, None, "it is no token");
    let again = house.auth.first_login().await.unwrap().unwrap();
    assert!(house.auth.login(&here(), once.reveal()).await.is_err(), "the next takes its place");
    let Opened { cookie, key, holder } = house.auth.login(&here(), again.reveal()).await.unwrap();
    assert_eq!((holder.name.as_str(), holder.role), ("login", Role::Admin));
    assert!(house.auth.session(cookie.reveal()).await.is_some());
    for (shown, good) in [(key.reveal(), true), (cookie.reveal(), false), ("1", false)] {
        let changes = house.auth.session_of_page(cookie.reveal(), shown).await;
        assert_eq!(changes.is_some(), good, "a cookie alone changes nothing");
    }
    for _ in 0..2 {
        assert!(house.auth.login(&here(), again.reveal()).await.is_err(), "once");
        house.pass(FRESH);
    }
    assert_eq!(house.store.reader().unwrap().tokens().unwrap(), [], "also for the next run");
    house.auth.logout(cookie.reveal());
    assert!(house.auth.session(cookie.reveal()).await.is_none());
}

#[tokio::test]
async fn a_one_time_login_waits_a_quarter_of_an_hour() {
    let house = house();
    let once = house.auth.first_login().await.unwrap().unwrap();
    house.pass(Duration::from_secs(15 * 60));
    assert!(house.auth.login(&here(), once.reveal()).await.is_err());
}

#[tokio::test]
async fn who_can_log_in_already_gets_no_first_login() {
    let house = house();
    house.beside("ada", Role::Operator, None).await;
    assert!(house.auth.first_login().await.unwrap().is_some(), "an operator cannot let others in");
    house.beside("root", Role::Admin, None).await;
    assert!(house.auth.first_login().await.unwrap().is_none());
}

#[tokio::test]
async fn who_guesses_is_slowed_down_but_for_this_machine() {
    let house = house();
    let ada = house.beside("ada", Role::Viewer, None).await;
    for n in 0..20 {
        let (near, far) =
            (house.auth.bearer(&here(), "hb_x").await, house.auth.bearer(&away(), "hb_x").await);
        let expected = if n < 10 { Denied::Unknown } else { Denied::TooOften(Duration::from_secs(6)) };
        assert_eq!((near.unwrap_err(), far.unwrap_err()), (Denied::Unknown, expected));
    }
    assert!(house.auth.login(&away(), "hb_x").await.is_err(), "nor by the other way in");
    assert!(
        house.auth.login(&away(), ada.reveal()).await.is_ok(),
        "who has one does not wait for who has none"
    );
    assert!(house.auth.bearer(&away(), ada.reveal()).await.is_ok());
    house.pass(Duration::from_secs(6));
    assert_eq!(house.auth.bearer(&away(), "hb_x").await.unwrap_err(), Denied::Unknown);
}

#[tokio::test]
async fn a_one_time_login_shown_as_a_token_counts_as_a_wrong_one() {
    let house = house();
    let once = house.auth.first_login().await.unwrap().unwrap();
    for n in 0..12 {
        let expected = if n < 10 { Denied::Unknown } else { Denied::TooOften(Duration::from_secs(6)) };
        assert_eq!(house.auth.bearer(&away(), once.reveal()).await.unwrap_err(), expected);
    }
}

#[tokio::test]
async fn names_are_checked_and_taken_once() {
    let house = house();
    let who = hb_core::id::Who::new("root", "cli").unwrap();
    let order = |name| Order { name, role: Role::Viewer, lasts: None, who: &who };
    house.auth.make(order("ada")).await.unwrap();
    let long = "x".repeat(65);
    for (name, said) in [
        ("ada", "already"),
        ("login", "one-time"),
        ("", "no name"),
        (" ada", "no name"),
        ("a\u{202E}b", "no name"),
        ("a\nb", "no name"),
        (&long, "no name"),
    ] {
        let why = house.auth.make(order(name)).await.unwrap_err().to_string();
        assert!(why.contains(said) && !why.contains('\n'), "{name:?}: {why}");
    }
    assert!(house.auth.revoke("bob").await.is_err());
    house.auth.revoke("ada").await.unwrap();
    assert_eq!(house.auth.tokens().await.unwrap(), []);
    house.auth.make(order("ada")).await.unwrap();
}
