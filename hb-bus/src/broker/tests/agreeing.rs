//! B10: what both sides of an upgrade say.

use wasm_bindgen_test::wasm_bindgen_test;

use super::*;
use crate::broker::{Accepted, Answer, AnswerError, Offer, PROTOCOL, Refusal};
use crate::noise::{INPUTS, Noise};

/// The encoding the server chooses for this `Accept`.
fn chosen(accept: &str) -> Result<String, Refusal> {
    let server = plain(&Simulation::new(1));
    let offer = Offer {
        connection: Some("Upgrade"),
        upgrade: Some("GHMS/0.1"),
        accept: Some(accept),
        content_type: None,
    };
    server.negotiate(&offer).map(|accepted| accepted.media_type().to_owned())
}

#[wasm_bindgen_test(unsupported = test)]
fn b10_accept_decides() {
    let refused = Err(Refusal::NotAcceptable);
    let table = [
        (JSON, Ok(JSON)),
        (POSTCARD, Ok(POSTCARD)),
        ("APPLICATION/Postcard", Ok(POSTCARD)),
        ("*/*", Ok(JSON)),
        ("application/*", Ok(JSON)),
        ("application/postcard, application/json", Ok(POSTCARD)),
        ("application/postcard;q=0.5, application/json", Ok(JSON)),
        ("application/json;q=0.1,application/postcard;q=0.100", Ok(JSON)),
        ("application/json;q=0, */*;q=0.1", Ok(POSTCARD)),
        ("*/*;q=0.1, application/*;q=0.2, application/json;q=0", Ok(POSTCARD)),
        ("text/html, application/postcard;version=1;q=0.3", Ok(POSTCARD)),
        ("text/html", refused),
        ("application/json;q=0", refused),
        ("application/json;q=2", refused),
        ("application/json;q=-1", refused),
        ("application/json;q=0.1234", refused),
        ("application/json;q=é", refused),
        ("", refused),
        (",;/=,,", refused),
    ];
    for (accept, expected) in table {
        assert_eq!(chosen(accept), expected.map(str::to_owned), "{accept:?}");
    }
}

#[wasm_bindgen_test(unsupported = test)]
fn b10_the_upgrade_must_be_ours() {
    let server = plain(&Simulation::new(1));
    let good =
        Offer { connection: Some("keep-alive, Upgrade"), upgrade: Some("ghms/0.1"), ..Offer::default() };
    let table = [
        (good, Ok(JSON)),
        (Offer { content_type: Some(POSTCARD), ..good }, Ok(POSTCARD)),
        (Offer { upgrade: Some("websocket, GHMS/0.1"), ..good }, Ok(JSON)),
        (Offer { upgrade: Some("websocket"), ..good }, Err(426)),
        (Offer { upgrade: Some("GHMS/0.2"), ..good }, Err(426)),
        (Offer { upgrade: None, ..good }, Err(426)),
        (Offer::default(), Err(426)),
        (Offer { connection: None, ..good }, Err(400)),
        (Offer { connection: Some("close"), ..good }, Err(400)),
        (Offer { accept: Some("text/html"), ..good }, Err(406)),
    ];
    for (offer, expected) in table {
        let answer = server.negotiate(&offer);
        let answer = answer.as_ref().map(Accepted::media_type).map_err(|refusal| refusal.status());
        assert_eq!(answer, expected, "{offer:?}");
    }
}

#[wasm_bindgen_test(unsupported = test)]
fn b10_whatever_the_headers_say_the_answer_is_one_of_ours() {
    let (server, noise) = (plain(&Simulation::new(1)), Noise::new(10));
    let accepts =
        ["application/postcard;q=0.5, application/json", "*/*;q=0.001", "a/b;q=1.000;c=d, text/*", ""];
    let (mut yes, mut no) = (0, 0);
    for turn in 0..INPUTS {
        // One header at a time is spoilt: with all of them there would be no yes.
        let header = |nth: usize, good: &[&str]| {
            if turn % 3 == nth { noise.text(good) } else { good[noise.below(good.len())].to_owned() }
        };
        let connection = header(0, &["keep-alive, Upgrade", "upgrade"]);
        let (upgrade, accept) = (header(1, &[PROTOCOL, "websocket, GHMS/0.1"]), header(2, &accepts));
        let offer = Offer {
            connection: Some(&connection),
            upgrade: Some(&upgrade),
            accept: Some(&accept),
            content_type: None,
        };
        match server.negotiate(&offer) {
            Ok(accepted) => {
                yes += 1;
                assert!([JSON, POSTCARD].contains(&accepted.media_type()));
            }
            Err(refusal) => {
                no += 1;
                assert!([400, 406, 426].contains(&refusal.status()), "{refusal}");
            }
        }
    }
    assert!(yes > INPUTS / 20 && no > INPUTS / 20, "{yes} times yes, {no} times no");
}

#[wasm_bindgen_test(unsupported = test)]
fn b05_a_yes_holds_a_place() {
    let simulation = Simulation::new(1);
    let server =
        builder(&simulation).limits(Limits { max_connections: 1, ..Limits::default() }).build().unwrap();
    let offer = Offer { connection: Some("upgrade"), upgrade: Some("GHMS/0.1"), ..Offer::default() };
    let yes = server.negotiate(&offer).unwrap();
    assert_eq!(server.negotiate(&offer).unwrap_err().status(), 503);
    drop(yes);
    let yes = server.negotiate(&offer).unwrap();
    simulation.run(server.close()).unwrap();
    assert!(yes.start(tokio::io::duplex(64).0).is_err(), "closed meanwhile");
    assert_eq!(server.negotiate(&offer).unwrap_err().status(), 503, "a place is free, but not here");
}

#[wasm_bindgen_test(unsupported = test)]
fn b10_a_client_reads_the_answer() {
    let client = builder(&Simulation::new(1)).prefer(POSTCARD).build().unwrap();
    assert_eq!(client.accepts(), "application/postcard, application/json");
    let good = Answer { status: 101, upgrade: Some("GHMS/0.1"), content_type: Some("application/json; a=b") };
    let unknown = |name: &str| Err(AnswerError::InvalidEncoding(name.to_owned()));
    let table = [
        (good, Ok(JSON)),
        (Answer { status: 503, ..good }, Err(AnswerError::Refused(503))),
        (Answer { upgrade: Some("websocket"), ..good }, Err(AnswerError::NotUpgraded)),
        (Answer { upgrade: None, ..good }, Err(AnswerError::NotUpgraded)),
        (Answer { content_type: Some("text/html"), ..good }, unknown("text/html")),
        (Answer { content_type: None, ..good }, unknown("")),
    ];
    for (answer, expected) in table {
        assert_eq!(client.answered(&answer), expected, "{answer:?}");
    }
}

#[wasm_bindgen_test(unsupported = test)]
fn b10_a_server_answers_subprotocols() {
    let server = plain(&Simulation::new(1));
    let (json, postcard) = ("ghms-0.1.application~json", "ghms-0.1.application~postcard");
    assert_eq!(server.subprotocols(), [json, postcard]);
    let table = [
        ("ghms-0.1.application~json", Ok(json)),
        ("ghms-0.1.application~postcard, ghms-0.1.application~json", Ok(postcard)),
        ("chat,ghms-0.1.text~html , ghms-0.1.application~json", Ok(json)),
        ("", Err(406)),
        ("application/json", Err(406)),
        ("ghms-0.2.application~json", Err(406)),
    ];
    for (offered, expected) in table {
        let answer = server.negotiate_subprotocol(offered);
        let answer = answer.as_ref().map(Accepted::subprotocol).map_err(|refusal| refusal.status());
        assert_eq!(answer, expected.map(str::to_owned), "{offered:?}");
    }
    assert_eq!(server.answered_subprotocol(Some(postcard)), Ok(POSTCARD));
    for foreign in [None, Some("chat"), Some("ghms-0.1.text~html")] {
        let unknown = AnswerError::InvalidEncoding(foreign.unwrap_or_default().to_owned());
        assert_eq!(server.answered_subprotocol(foreign), Err(unknown));
    }
}
