//! Flags over environment over file, and every refusal with its sentence.

use std::collections::HashMap;
use std::path::Path;

use super::*;

/// Loads with these variables and this text as the file.
fn load(typed: Overrides, env: &[(&str, &str)], file: Option<&str>) -> Result<Config, ConfigError> {
    let dir = std::env::temp_dir().join(format!(
        "hb-config-{}-{:?}",
        std::process::id(),
        std::thread::current().id()
    ));
    std::fs::create_dir_all(&dir).unwrap();
    let path = dir.join("hb.toml");
    std::fs::write(&path, file.unwrap_or_default()).unwrap();
    let env: HashMap<_, _> = env.iter().copied().collect();
    let typed = Overrides { config: Some(path), ..typed };
    let loaded = Config::load(typed, &|name| env.get(name).map(|&value| value.to_owned()));
    std::fs::remove_dir_all(&dir).unwrap();
    loaded
}

fn listening(flags: &[&str], env: &[(&str, &str)], file: &str) -> Result<Listen, String> {
    let typed =
        Overrides { listen: flags.iter().map(|&flag| flag.to_owned()).collect(), ..Overrides::default() };
    load(typed, env, Some(file)).map(|config| config.listen).map_err(|error| error.to_string())
}

fn only(places: &[&str]) -> Listen {
    let place = |text: &&str| match text.parse() {
        Ok(address) => Place::Address(address),
        Err(_) => {
            let (name, port) = text.rsplit_once(':').unwrap();
            Place::Name(name.into(), port.parse().unwrap())
        }
    };
    Listen::Only(places.iter().map(place).collect())
}

#[test]
fn flags_outrank_the_environment_which_outranks_the_file() {
    let file = r#"listen = ["10.0.0.1:1"]"#;
    type Env<'a> = &'a [(&'a str, &'a str)];
    let cases: &[(&[&str], Env<'_>, &str, Listen)] = &[
        (&[], &[], "", Listen::Loopback(8888)),
        (&[], &[], file, only(&["10.0.0.1:1"])),
        (&[], &[("HB_PORT", "9000")], file, Listen::Loopback(9000)),
        (&[], &[("HB_HOST", "10.0.0.2")], file, only(&["10.0.0.2:8888"])),
        (&[], &[("HB_HOST", "10.0.0.2"), ("HB_PORT", "9000")], "", only(&["10.0.0.2:9000"])),
        (&[], &[("HB_URL", "http://10.0.0.3:9001/prefix")], "", only(&["10.0.0.3:9001"])),
        (&[], &[("HB_URL", "http://[::1]:9001")], "", only(&["[::1]:9001"])),
        (&[], &[("HB_URL", "//localhost:9001")], "", only(&["localhost:9001"])),
        (&[], &[("HB_URL", "http://host/heartbeat.html?container=pong&next=%n")], "", only(&["host:80"])),
        (&[], &[("HB_URL", "http://10.0.0.3")], "", only(&["10.0.0.3:80"])),
        (&[], &[("HB_URL", "http://127.0.0.1:9"), ("HB_HOST", "localhost")], "", only(&["127.0.0.1:9"])),
        (&[], &[("HB_HOST", ""), ("HB_PORT", "")], "", Listen::Loopback(8888)),
        (&["10.0.0.9:1", "[::1]:2"], &[("HB_HOST", "10.0.0.2")], file, only(&["10.0.0.9:1", "[::1]:2"])),
        (&["10.0.0.9"], &[("HB_PORT", "9000")], "", only(&["10.0.0.9:9000"])),
        (&["::1"], &[], "", only(&["[::1]:8888"])),
        (&["kiosk:7"], &[], "", only(&["kiosk:7"])),
        (&[":7"], &[], "", Listen::Loopback(7)),
        (&["7"], &[], "", Listen::Loopback(7)),
        (&["7", "7", ":7"], &[], "", Listen::Loopback(7)),
        (&[":7", "8"], &[], "", Listen::Only(vec![Place::Loopback(7), Place::Loopback(8)])),
        (
            &["7", "10.0.0.9:8"],
            &[],
            "",
            Listen::Only(vec![Place::Loopback(7), Place::Address("10.0.0.9:8".parse().unwrap())]),
        ),
        (&["10.0.0.9"], &[("HB_URL", "ftp://x"), ("HB_HOST", "a b")], "", only(&["10.0.0.9:8888"])),
    ];
    for (flags, env, file, expected) in cases {
        assert_eq!(listening(flags, env, file).as_ref(), Ok(expected), "{flags:?} {env:?} {file}");
    }
}

#[test]
fn udp_is_off_on_or_somewhere() {
    let flag = |text: &str| Some(Some(text.to_owned()));
    let at = |places: &[&str]| Some(Udp::At(only(places)));
    for (typed, file, expected) in [
        (None, "", None),
        (None, "udp = false", None),
        (None, "udp = true", Some(Udp::Beside)),
        (None, "udp = \"10.0.0.1\"", at(&["10.0.0.1:8888"])),
        (None, "udp = [\"10.0.0.1:1\", \"kiosk:2\"]", at(&["10.0.0.1:1", "kiosk:2"])),
        (Some(None), "udp = \"10.0.0.1:1\"", Some(Udp::Beside)),
        (flag("0.0.0.0:7"), "udp = false", at(&["0.0.0.0:7"])),
        (flag(":7"), "", Some(Udp::At(Listen::Loopback(7)))),
        (flag("7"), "", Some(Udp::At(Listen::Loopback(7)))),
    ] {
        let typed = Overrides { udp: typed, ..Overrides::default() };
        let loaded = load(typed.clone(), &[], Some(file)).map(|config| config.udp);
        assert_eq!(loaded.unwrap(), expected, "{typed:?} {file}");
    }
    let url = [("HB_URL", "udp://10.0.0.3:9001")];
    let elsewhere = Overrides { udp: flag(":7"), ..Overrides::default() };
    let typed = Overrides { listen: vec![":7".into()], ..Overrides::default() };
    for (typed, file, listen, udp) in [
        (Overrides::default(), "udp = false", only(&["10.0.0.3:9001"]), Some(Udp::Beside)),
        (elsewhere, "", only(&["10.0.0.3:9001"]), Some(Udp::At(Listen::Loopback(7)))),
        (typed, "", Listen::Loopback(7), None),
    ] {
        let config = load(typed, &url, Some(file)).unwrap();
        assert_eq!((config.listen, config.udp), (listen, udp));
    }
    for (typed, file, beginning) in
        [(flag("a b"), "", "--udp: `a b` is no address"), (None, "udp = \"a b\"", "`udp` in ")]
    {
        let error = load(Overrides { udp: typed, ..Overrides::default() }, &[], Some(file)).unwrap_err();
        assert!(error.to_string().starts_with(beginning), "{error}");
    }
}

#[test]
fn a_server_may_beat_to_another() {
    let beating = |flag: Option<&str>, env: &[(&str, &str)], file: &str| {
        let typed = Overrides { beat_to: flag.map(str::to_owned), ..Overrides::default() };
        load(typed, env, Some(file)).map(|config| config.beat_to).map_err(|error| error.to_string())
    };
    let file = "beat_to = \"http://hall:8888\"";
    assert_eq!(beating(None, &[], ""), Ok(None));
    let to = |url: &str| heart::Config::new(url.parse().unwrap());
    assert_eq!(beating(None, &[], file), Ok(Some(to("http://hall:8888"))));
    assert_eq!(beating(Some("udp://hall:1"), &[], file), Ok(Some(to("udp://hall:1"))));
    let named = heart::Config { host: Some("kiosk-3".into()), ..to("http://hall:8888") };
    assert_eq!(beating(None, &[("HB_HOST_ID", "kiosk-3")], file), Ok(Some(named)));
    for (flag, env, beginning) in [
        (Some("ftp://hall"), &[][..], "--beat-to: `ftp://hall` is nowhere to beat to: expected an address"),
        (None, &[("HB_HOST_ID", "a\tb")], "HB_HOST_ID "),
    ] {
        let error = beating(flag, env, file).unwrap_err();
        assert!(error.starts_with(beginning), "{error}");
    }
}

#[test]
fn a_server_may_tell_others_over_nats() {
    let config =
        load(Overrides::default(), &[], Some("nats = \"hall\"\nnats_topics = \"app/h/a/door\"")).unwrap();
    let nats = config.nats.unwrap();
    assert_eq!(
        (nats.address.to_string(), nats.topics),
        ("nats://hall:4222".into(), vec!["app/h/a/door".parse().unwrap()])
    );
    let secret = load(Overrides::default(), &[], Some("nats = \"tls://me:word@hall:1\"")).unwrap();
    assert!(format!("{secret:?}").contains("tls://hall:1") && !format!("{secret:?}").contains("word"));
}

#[test]
fn nobody_is_told_where_a_server_is_unless_the_file_says_so() {
    let told = |file: &str| load(Overrides::default(), &[], Some(file)).map(|config| config.discovery);
    assert_eq!(told("").unwrap(), None);
    assert_eq!(told("discovery = \"off\"").unwrap(), None);
    assert_eq!(told("discovery = \"mdns\"").unwrap(), Some(Audience::Network));
    for mistake in ["true", "\"multicast\""] {
        let error = told(&format!("discovery = {mistake}")).unwrap_err().to_string();
        assert!(
            error.ends_with(&format!("`discovery` is {mistake}: expected \"mdns\" or \"off\"")),
            "{error}"
        );
    }
}

#[test]
fn addresses_that_disagree_or_are_none_are_refused() {
    type Env<'a> = &'a [(&'a str, &'a str)];
    let cases: &[(&[&str], Env<'_>, &str)] = &[
        (
            &[],
            &[("HB_URL", "http://10.0.0.3:1"), ("HB_HOST", "10.0.0.4")],
            "HB_URL says http://10.0.0.3:1 and HB_HOST says 10.0.0.4: unset one of them",
        ),
        (
            &[],
            &[("HB_URL", "http://10.0.0.3:1"), ("HB_PORT", "2")],
            "HB_URL says http://10.0.0.3:1 (port 1) and HB_PORT says 2: unset one of them",
        ),
        (&[], &[("HB_URL", "http://")], "HB_URL is `http://`: expected an address like"),
        (&[], &[("HB_HOST", "10.0.0.2:1")], "HB_HOST is `10.0.0.2:1`: expected a host like 127.0.0.1"),
        (&[], &[("HB_PORT", "70000")], "HB_PORT is `70000`: expected a port from 0 to 65535"),
        (&["10.0.0.1:99999"], &[], "--listen: `10.0.0.1:99999` is no address"),
        (&["99999"], &[], "--listen: `99999` is no address"),
        (&["a b"], &[], "--listen: `a b` is no address"),
    ];
    for (flags, env, beginning) in cases {
        let error = listening(flags, env, "").unwrap_err();
        assert!(error.starts_with(beginning), "{error}");
    }
}

#[test]
fn the_file_sets_what_no_flag_says() {
    let file = r#"
        policy = "strict"
        max_apps = 7
        max_apps_per_address = 6
        max_connections_per_address = 5
        tolerance_ms = 250
        slack = true
        accept_declared_hosts = true
        trusted_proxies = ["10.0.0.0/8", "::1"]
        allowed_hosts = ["hall3.example"]
    "#;
    let config = load(Overrides::default(), &[], Some(file)).unwrap();
    assert_eq!(config.engine.registry.policy, Policy::Strict);
    assert_eq!(config.engine.registry.tolerance.as_millis(), 250);
    assert!(config.engine.registry.slack);
    assert_eq!(config.engine.limits, engine::Limits { apps: 7, per_address: 6 });
    assert_eq!(config.http.connections_per_address, 5);
    assert!(config.engine.trust.declared_hosts);
    assert_eq!(config.engine.trust.proxies.len(), 2);
    assert_eq!(config.http.hosts, ["hall3.example"]);
    let typed = Overrides { policy: Some("hilbert".into()), max_apps: Some(9), ..Overrides::default() };
    let config = load(typed, &[], Some(file)).unwrap();
    assert_eq!((config.engine.registry.policy, config.engine.limits.apps), (Policy::Hilbert, 9));
}

#[test]
fn a_certificate_has_a_key_and_both_stand_beside_the_file() {
    let both =
        "tls_cert = \"cert.pem\"\ntls_key = \"/etc/hb/key.pem\"\nca = \"ca.pem\"\nbeat_to = \"https://a\"";
    let config = load(Overrides::default(), &[], Some(both)).unwrap();
    let tls::Files { certificate, key } = config.tls.unwrap();
    assert!(certificate.is_absolute() && certificate.ends_with("cert.pem"), "{}", certificate.display());
    assert_eq!(key, Path::new("/etc/hb/key.pem"));
    assert!(config.beat_to.unwrap().ca.unwrap().is_absolute());
    let typed = Overrides { ca: Some("typed.pem".into()), ..Overrides::default() };
    for (typed, ca) in [(typed, "typed.pem"), (Overrides::default(), "said.pem")] {
        let config = load(typed, &[("HB_CA", "said.pem")], Some(both)).unwrap();
        assert_eq!(config.beat_to.unwrap().ca.unwrap(), Path::new(ca));
    }
    let url = &[("HB_URL", "https://10.0.0.3")][..];
    for (env, file, why) in [
        (
            &[][..],
            "tls_cert = \"a\"",
            "there is a certificate for TLS and no key: expected both a certificate and",
        ),
        (
            &[],
            "tls_key = \"a\"",
            "there is a key for TLS and no certificate: expected both a certificate and",
        ),
        (url, "", "HB_URL is https:// and there is no certificate: expected both a certificate and its key"),
    ] {
        let error = load(Overrides::default(), env, Some(file)).unwrap_err().to_string();
        assert!(error.starts_with(why), "{error}");
    }
    let config = load(Overrides::default(), url, Some("tls_cert = \"a\"\ntls_key = \"b\"")).unwrap();
    assert_eq!(config.listen, only(&["10.0.0.3:443"]));
}

#[test]
fn a_mistake_in_the_file_is_named_with_what_was_meant() {
    let cases = [
        ("max_app = 7", "hb.toml, line 1: unknown key `max_app`: did you mean `max_apps`?"),
        ("# polcy\n\npolcy = \"auto\"", "hb.toml, line 3: unknown key `polcy`: did you mean `policy`?"),
        (
            "zone = \"Berlin\"",
            "hb.toml, line 1: `zone`: \"Berlin\" is no time zone: did you mean \"Europe/Berlin\"?",
        ),
        ("zone = 1", "hb.toml, line 1: `zone` is 1: expected a time zone in quotes, as in \"Europe/Berlin\""),
        ("boot_grace_s = -1", "hb.toml, line 1: `boot_grace_s` is -1: expected seconds from 0 on, as in 300"),
        ("[[screens]]\nhost = 1", "hb.toml, line 1: unknown key `screens`: did you mean `screen`?"),
        ("port = 9000", "hb.toml, line 1: unknown key `port`: did you mean `listen`?"),
        (
            "zzz = 1",
            "hb.toml, line 1: unknown key `zzz`: expected one of accept_declared_hosts, allowed_hosts, beat_to, \
             boot_grace_s, ca, discovery, link_origins, links, listen, max_apps, max_apps_per_address, max_connections_per_address, nats, \
             nats_topics, policy, reads, retention_days, slack, state, tls_cert, tls_key, tolerance_ms, trusted_proxies, udp, url, zone, [[channel]], [[rule]], [[key]], [[group]], [[screen]], \
             [[hours]], [[maintenance]], [[repair]]",
        ),
        (
            "[section]\nx = 1",
            "hb.toml, line 1: unknown key `section`: expected one of accept_declared_hosts, ",
        ),
        (
            "policy = \"strickt\"",
            "`strickt` is no policy: expected `auto`, `strict` or `hilbert`: did you mean `strict`?",
        ),
        (
            "\nmax_apps = \"many\"",
            "hb.toml, line 2: `max_apps` is \"many\": expected a number from 1 on, as in 100000",
        ),
        ("max_apps = 0", "hb.toml, line 1: `max_apps` is 0: expected a number from 1 on"),
        ("tolerance_ms = -1", "hb.toml, line 1: `tolerance_ms` is -1: expected milliseconds, as in 1000"),
        ("policy = 3", "hb.toml, line 1: `policy` is 3: expected \"auto\", \"strict\" or \"hilbert\""),
        (
            "listen = 8888",
            "hb.toml, line 1: `listen` is 8888: expected addresses in quotes, as in [\"127.0.0.1:8888\"]",
        ),
        ("listen = \"a b\"", "hb.toml: `a b` is no address to listen on: expected one like 127.0.0.1:8888"),
        (
            "nats = \"http://hall\"",
            "hb.toml, line 1: `nats` is \"http://hall\": expected an address in quotes, as in \"nats://hall:4222\"",
        ),
        (
            "nats_topics = [\"hb.transition\"]",
            "`nats_topics` is [\"hb.transition\"]: expected topics of screens in quotes, as in [\"app/",
        ),
        ("nats_topics = \"app/127.0.0.1/a/x\"", "`nats_topics` go nowhere without `nats`: add it"),
        (
            "trusted_proxies = [\n\"10.0.0.0/40\"]",
            "hb.toml, line 1: `trusted_proxies` is [ \"10.0.0.0/40\"]: expected addresses or networks in quotes",
        ),
        (
            "\n\npolicy = auto",
            "hb.toml, line 3: string values must be quoted, expected literal string: expected lines like policy = \"auto\"",
        ),
    ];
    for (file, part) in cases {
        let error = load(Overrides::default(), &[], Some(file)).unwrap_err().to_string();
        assert!(error.contains(part), "{file}: {error}");
        assert!(error.contains("hb.toml"), "it says where: {error}");
        assert_eq!(error.lines().count(), 1, "{error}");
    }
}

#[test]
fn a_file_that_was_named_must_exist() {
    let refused = |path: &Path| {
        let typed = Overrides { config: Some(path.into()), ..Overrides::default() };
        Config::load(typed, &|_| None).unwrap_err().to_string()
    };
    let error = refused(Path::new("/nowhere/hb.toml"));
    assert!(
        error.starts_with("cannot read the configuration /nowhere/hb.toml: there is no such file; "),
        "{error}"
    );
    let error = refused(&std::env::temp_dir());
    assert!(error.ends_with(": this is a folder; expected a file, as hb.toml in it"), "{error}");
}

#[test]
fn one_text_does_where_a_list_is_meant() {
    assert_eq!(listening(&[], &[], "listen = \"localhost\""), Ok(only(&["localhost:8888"])));
    assert_eq!(listening(&[], &[], "listen = \"127.0.0.1:9\""), Ok(only(&["127.0.0.1:9"])));
    let config = load(Overrides::default(), &[], Some("allowed_hosts = \"hall3.example\"")).unwrap();
    assert_eq!(config.http.hosts, ["hall3.example"]);
}

#[test]
fn the_documented_file_says_the_defaults() {
    let docs = include_str!("../../../docs/operating.md");
    let (_, file) = docs.split_once("```toml\n").expect("the file is shown");
    let (file, _) = file.split_once("```").expect("and ends");
    // Taken apart, so that a new key is documented too.
    let key::File {
        listen,
        policy: said_policy,
        tolerance_ms,
        slack,
        max_apps,
        max_apps_per_address,
        max_connections_per_address,
        accept_declared_hosts,
        trusted_proxies,
        allowed_hosts,
        discovery: said_discovery,
        links,
        link_origins,
        reads,
        udp: said_udp,
        beat_to: said_beat_to,
        ca,
        tls_cert,
        tls_key,
        nats: said_nats,
        nats_topics,
        retention_days,
        state: said_state,
        alerts: said_alerts,
        boot_grace,
        url: said_url,
        zone: said_zone,
        watch: said_watch,
        notes: said_notes,
        keys,
    } = key::parse(Path::new("hb.toml"), file).unwrap();
    let shown = file
        .replace("# beat_to", "beat_to")
        .replace("# nats", "nats")
        .replace("# state", "state")
        .replace("# url", "url")
        .replace("# zone", "zone")
        .replace("# tls_", "tls_")
        .replace("# ca", "ca");
    let shown = key::parse(Path::new("hb.toml"), &shown).unwrap();
    let Config {
        listen: default_listen,
        udp,
        tls,
        beat_to,
        nats,
        discovery,
        alerts,
        state,
        host: _,
        store,
        watch,
        file: read,
        notes,
        http,
        engine: engine::Config { registry, limits, trust, .. },
    } = Config::default();
    assert!(said_alerts.channels.is_empty() && alerts.channels.is_empty() && alerts.rules.is_empty());
    assert!(said_url.is_none() && shown.url.is_some() && watch.url.is_none());
    assert!(said_watch.expect.is_empty() && watch.expect.is_empty());
    assert!(read.is_none() && said_notes.is_empty() && notes.is_empty());
    assert!(said_zone.is_none() && shown.zone.is_some());
    assert_eq!(boot_grace, Some(watch.boot_grace));
    assert!(!listen.is_empty());
    let id = Identity::new("h", "", "a").unwrap();
    assert!(keys.admit(id, || None) && trust.keys.admit(id, || None));
    assert_eq!(Listen::decide(&[], &|_| None, (Path::new("hb.toml"), &listen)).unwrap(), default_listen);
    assert_eq!(Udp::decide(None, false, (Path::new("hb.toml"), said_udp)).unwrap(), udp);
    // Examples, and so comments: there is nobody to beat to or to tell by default.
    assert!(said_beat_to.is_none() && beat_to.is_none());
    assert!(shown.beat_to.unwrap().parse::<heart::Target>().is_ok());
    assert!(said_nats.is_none() && nats_topics == Some(Vec::new()) && nats.is_none());
    assert!(shown.nats.is_some());
    assert_eq!(said_discovery, Some(discovery));
    assert_eq!(retention_days.map(|days| DAY * days), Some(store.retention.history));
    assert!(said_state.is_none() && state.is_none() && shown.state.is_some());
    assert!(ca.is_none() && tls_cert.is_none() && tls_key.is_none() && tls.is_none() && http.tls.is_none());
    assert!(shown.ca.is_some() && shown.tls_cert.is_some() && shown.tls_key.is_some());
    assert_eq!(policy("policy", &said_policy.unwrap()).unwrap(), registry.policy);
    assert_eq!(u128::from(tolerance_ms.unwrap()), registry.tolerance.as_millis());
    assert_eq!(slack, Some(registry.slack));
    assert_eq!((max_apps, max_apps_per_address), (Some(limits.apps), Some(limits.per_address)));
    assert_eq!(max_connections_per_address, Some(http.connections_per_address));
    assert_eq!(accept_declared_hosts, Some(trust.declared_hosts));
    assert_eq!(trusted_proxies.unwrap(), trust.proxies);
    assert_eq!(allowed_hosts.unwrap(), http.hosts);
    assert_eq!(reads, Some(http.reads));
    assert_eq!((links, link_origins), (Some(http.link.reach), Some(http.link.origins)));
}
