//! A screen that cannot be asked, as HTTP says it, with a look for whom was meant.
//!
//! Not here: how a screen is asked (`screen`).

use std::net::IpAddr;

use axum::http::StatusCode;
use hb_core::id::Identity;

use crate::engine::Engine;
use crate::screen::{self, Deaf};

use super::desk::Desk;
use super::problem::Problem;

/// Says whom `address` may have meant by an `id` that is unknown. A look at every app, so it stands in the line for
/// such.
pub(super) async fn with_hint(
    deaf: Deaf,
    engine: &Engine,
    desk: &Desk,
    address: IpAddr,
    id: Identity<'_>,
) -> Deaf {
    let Deaf::Unknown { id: shown, .. } = deaf else { return deaf };
    let (engine, id) = (engine.clone(), id.to_owned());
    let look = move || {
        let found: Vec<String> =
            screen::alike(&engine, id.borrow()).iter().map(ToString::to_string).collect();
        serde_json::to_string(&found).expect("names are always JSON")
    };
    // Without it, the answer is as true.
    let found = desk.answer(address, format!("alike {shown}"), look).await.unwrap_or_default();
    let alike = serde_json::from_slice(&found).unwrap_or_default();
    Deaf::Unknown { id: shown, alike }
}

impl From<Deaf> for Problem {
    fn from(deaf: Deaf) -> Self {
        let status = match deaf {
            Deaf::Unknown { .. } => StatusCode::NOT_FOUND,
            Deaf::NotAllowed { .. } | Deaf::Nobody { .. } => StatusCode::CONFLICT,
            Deaf::Gone { .. } => StatusCode::BAD_GATEWAY,
            Deaf::Silent { .. } => StatusCode::GATEWAY_TIMEOUT,
            Deaf::Stopped => StatusCode::SERVICE_UNAVAILABLE,
        };
        Self::new(status, deaf.to_string())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;
    use crate::engine::clock::Clock;

    #[tokio::test]
    async fn the_look_for_whom_was_meant_stands_in_the_line_of_long_answers() {
        let (clock, _hand) = Clock::manual();
        let runtime = Arc::new(hb_bus::runtime::Native::current());
        let engine = Engine::new(crate::engine::Config::default(), clock, runtime);
        let beat = hb_core::wire::parse(hb_core::beat::Verb::Ping, "5000&appid=x").unwrap();
        let _ = engine.beat(Identity::new("h", "", "disk").unwrap(), &beat.beat, None);
        let desk = Desk::new();
        let (open, shut) = std::sync::mpsc::channel::<()>();
        let here = IpAddr::from([127, 0, 0, 1]);
        let busy = desk.clone();
        let before = tokio::spawn(async move {
            busy.answer(here, "list".to_owned(), move || shut.recv().map_or("", |()| "")).await
        });
        tokio::task::yield_now().await;
        let dusk = Identity::new("h", "", "dusk").unwrap();
        let unknown = |alike| Deaf::Unknown { id: dusk.to_string(), alike };
        let hint = with_hint(unknown(Vec::new()), &engine, &desk, here, dusk);
        tokio::pin!(hint);
        let early = tokio::time::timeout(Duration::from_millis(1), &mut hint).await;
        assert!(early.is_err(), "it looked on the thread that asked: {early:?}");
        drop(open);
        assert_eq!(hint.await, unknown(vec!["disk @ h".to_owned()]));
        before.await.unwrap().unwrap();
    }
}
