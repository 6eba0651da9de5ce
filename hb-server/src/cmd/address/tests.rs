//! What flags and environment mean together.

use hb_core::wire;

use super::super::environment::of_pairs;
use super::*;

fn check(flags: &[&str], pairs: &[(&str, &str)], expected: Result<&str, &str>) {
    #[derive(Debug, clap::Parser)]
    struct Typed {
        #[command(flatten)]
        flags: Flags,
    }
    let typed: Typed = clap::Parser::try_parse_from([&["hb"], flags].concat()).expect("typed well");
    let lookup = of_pairs(pairs);
    let found = resolve(&typed.flags, Environment::new(&lookup));
    let found = found.map(|address| match address {
        Address::Base(base) => base,
        Address::Template(template) => format!("template {template}"),
        Address::Udp(place) => format!("udp {place}"),
    });
    let found = found.map_err(|error| error.to_string());
    assert_eq!(found.as_deref().map_err(String::as_str), expected, "{flags:?} {pairs:?}");
}

#[test]
fn flags_then_url_then_host_and_port_then_this_machine() {
    for (flags, pairs, expected) in [
        (&[][..], &[][..], "http://127.0.0.1:8888"),
        (&[], &[("HB_HOST", "hall-3")], "http://hall-3:8888"),
        (&[], &[("HB_PORT", "9000"), ("HB_HOST", "")], "http://127.0.0.1:9000"),
        (&[], &[("HB_HOST", "::1")], "http://[::1]:8888"),
        (&["--host", "[::1]"], &[], "http://[::1]:8888"),
        (&[], &[("HB_PORT", " 9000 "), ("HB_HOST", " hall-3 ")], "http://hall-3:9000"),
        (&[], &[("HB_URL", "http://hall-3:9000/some/prefix/")], "http://hall-3:9000/some/prefix"),
        (&[], &[("HB_URL", "//localhost:8888")], "http://localhost:8888"),
        (&[], &[("HB_URL", "hall-3:8888")], "http://hall-3:8888"),
        (
            &[],
            &[("HB_URL", "HTTP://localhost:9000"), ("HB_HOST", "::1"), ("HB_PORT", "9000")],
            "http://localhost:9000",
        ),
        (&[], &[("HB_URL", "http://Hall-3"), ("HB_HOST", "hall-3"), ("HB_PORT", "80")], "http://Hall-3"),
        (&["--url", "http://a:1"], &[("HB_URL", "http://b:2"), ("HB_HOST", "c")], "http://a:1"),
        (&[], &[("HB_URL", "HTTPS://hall-3/"), ("HB_PORT", "443")], "https://hall-3"),
        (&["--host", "a"], &[("HB_URL", "http://b:2"), ("HB_PORT", "3")], "http://a:3"),
        (&["--port", "7"], &[("HB_URL", "http://b:2"), ("HB_HOST", "c")], "http://c:7"),
        (
            &[],
            &[("HB_URL", "http://a:1/heartbeat.html?container=pong&next=%n")],
            "template http://a:1/heartbeat.html?container=pong&next=%n",
        ),
    ] {
        check(flags, pairs, Ok(expected));
    }
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let no_url = |text| format!("HB_URL is `{text}`: expected an address like http://127.0.0.1:8888");
    for text in ["ftp://x", "http://", "http://a b", "http://a:99999", "http://:8888", "http://a:0"] {
        check(&[], &[("HB_URL", text)], Err(&no_url(text)));
    }
    for (pairs, line) in [
        (
            &[("HB_URL", "http://a:1"), ("HB_HOST", "b")][..],
            "HB_URL says http://a:1 and HB_HOST says b: unset one of them",
        ),
        (
            &[("HB_URL", "http://a"), ("HB_PORT", "8888")],
            "HB_URL says http://a (port 80) and HB_PORT says 8888: unset one of them",
        ),
        (&[("HB_PORT", "http")], "HB_PORT is `http`: expected a port from 1 to 65535"),
        (
            &[("HB_URL", "ftp://a/?x=1&key=hunter2")],
            "HB_URL is `ftp://a/?x=1&`: expected an address like http://127.0.0.1:8888",
        ),
        (
            &[("HB_URL", "http://a/?x=1")],
            "HB_URL is `http://a/?x=1`, which has a query without %n: expected a base like http://127.0.0.1:8888, or a template like http://127.0.0.1:8888/heartbeat.html?container=Tetris&next=%n",
        ),
    ] {
        check(&[], pairs, Err(line));
    }
    let host = "expected a host like 127.0.0.1 or localhost; the port goes into";
    for text in ["a b", "hall-3:9000", "http://hall-3", "hall-3/x", "a@b", "::x"] {
        check(&[], &[("HB_HOST", text)], Err(&format!("HB_HOST is `{text}`: {host} HB_PORT")));
        check(&["--host", text], &[], Err(&format!("--host is `{text}`: {host} --port")));
    }
    check(
        &["--url", "ftp://x"],
        &[],
        Err("--url is `ftp://x`: expected an address like http://127.0.0.1:8888"),
    );
}

#[test]
fn beats_and_pages_have_their_place() {
    let base = Address::Base("http://a:1/p".into());
    let template = Address::Template("http://a:1/x/heartbeat.html?container=pong&next=%n".into());
    let ping = wire::parse(Verb::Ping, "5000&appid=a%26b&by=cli").unwrap();
    let done = wire::parse(Verb::Done, "0&appid=x").unwrap();
    assert_eq!(base.beat(&ping, None).unwrap(), "http://a:1/p/hb_ping?5000&appid=a%26b&by=cli");
    assert_eq!(base.beat(&done, None).unwrap(), "http://a:1/p/hb_done?0&appid=x");
    assert_eq!(template.beat(&ping, None).unwrap(), "http://a:1/x/heartbeat.html?container=pong&next=5000");
    assert_eq!(template.beat(&done, None), None);
    let key = Key::new("a&b");
    assert_eq!(base.beat(&done, key.as_ref()).unwrap(), "http://a:1/p/hb_done?0&appid=x&key=a%26b");
    assert_eq!(base.page("status?appid=x"), "http://a:1/p/status?appid=x");
    assert_eq!(template.page("list"), "http://a:1/x/list");
    assert_eq!(Address::Template("http://a:1?next=%n".into()).page("list"), "http://a:1/list");
}

/// A server that listens by these variables is found by them.
#[test]
fn the_environment_means_the_same_to_who_listens_and_who_asks() {
    let file = tempfile::NamedTempFile::new().expect("an empty hb.toml");
    for pairs in [
        &[("HB_URL", "http://10.0.0.3")][..],
        &[("HB_URL", "http://10.0.0.3:9001/prefix")],
        &[("HB_URL", "10.0.0.3")],
        &[("HB_URL", "//localhost:8888")],
        &[("HB_URL", "http://10.0.0.3/heartbeat.html?container=pong&next=%n")],
        &[("HB_URL", "http://10.0.0.3"), ("HB_PORT", "80")],
        &[("HB_URL", "http://10.0.0.3"), ("HB_PORT", "9002")],
        &[("HB_URL", "http://10.0.0.3:9001"), ("HB_PORT", "9002")],
        &[("HB_URL", "http://10.0.0.3:1"), ("HB_HOST", "10.0.0.4")],
        &[("HB_URL", "http://127.0.0.1:1"), ("HB_HOST", "::1")],
        &[("HB_URL", "http://127.example"), ("HB_HOST", "localhost")],
        &[("HB_URL", "http://10.0.0.3/?x=1")],
        &[("HB_URL", "http://")],
        &[("HB_URL", "udp://10.0.0.3:9001")],
        &[("HB_URL", " UDP://[::1]:9001/ ")],
        &[("HB_URL", "udp://10.0.0.3:9001"), ("HB_HOST", "10.0.0.3")],
        &[("HB_URL", "udp://10.0.0.3:9001"), ("HB_PORT", "9002")],
        &[("HB_URL", "udp://10.0.0.3")],
        &[("HB_URL", "udp://10.0.0.3:9001/prefix")],
        &[("HB_URL", "udp://10.0.0.3:9001/?next=%n")],
        &[("HB_HOST", "10.0.0.2")],
        &[("HB_HOST", "10.0.0.2"), ("HB_PORT", " 9000 ")],
        &[("HB_HOST", "[::1]")],
        &[("HB_HOST", "10.0.0.2:9000")],
        &[("HB_HOST", "hall-3"), ("HB_URL", "")],
        &[("HB_PORT", "70000")],
        &[("HB_PORT", "http")],
    ] {
        let lookup = of_pairs(pairs);
        let asks = resolve(&Flags::default(), Environment::new(&lookup));
        let asks = asks.map(|address| Url::parse("it", &address.page("")).expect("an address is a URL"));
        let typed = config::Overrides { config: Some(file.path().into()), ..config::Overrides::default() };
        let listens = config::Config::load(typed, &lookup).map(|config| match config.listen {
            config::Listen::Only(places) => places[0].to_string(),
            config::Listen::Loopback(port) => format!("127.0.0.1:{port}"),
        });
        match (asks, listens) {
            (Ok(asks), Ok(listens)) => {
                assert_eq!(Url::of(&asks.host, asks.port).text, format!("http://{listens}"), "{pairs:?}");
            }
            (asks, listens) => {
                // A port 0 can be listened on, the system choosing one, and not be asked.
                let asks = asks.expect_err("refused by both").to_string().replace("from 1 to", "from 0 to");
                assert_eq!(asks, listens.expect_err("refused by both").to_string(), "{pairs:?}");
            }
        }
    }
}
