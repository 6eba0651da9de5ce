//! What each key of `hb.toml` is where nobody says it, and why one would.
//!
//! A default in TOML is checked against the one that counts; one in words is not. Not here: what a key takes (where it is
//! read).

/// What a key is without being said.
#[derive(Clone, Copy, Default)]
pub(super) struct Default {
    pub(super) key: &'static str,
    /// In TOML, or in words where it depends on something.
    pub(super) is: &'static str,
    /// When one would say it.
    pub(super) why: &'static str,
}

/// The keys of one table, or of the top.
pub(super) struct Defaults {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    pub(super) rows: &'static [Default],
}

const fn row(key: &'static str, is: &'static str, why: &'static str) -> Default {
    Default { key, is, why }
}

pub(super) const TABLES: &[Defaults] = &[
    Defaults { name: "", about: "Before the first table of the file.", rows: TOP },
    Defaults {
        name: "screen",
        about: "A place that should be lit, and with what. There may be many.",
        rows: SCREEN,
    },
    Defaults {
        name: "group",
        about: "Screens that are one for people: a hall, a floor, what hangs on one switch.",
        rows: GROUP,
    },
    Defaults {
        name: "hours",
        about: "When it is open. Outside nobody is told and nothing is repaired; without any, it always is.",
        rows: HOURS,
    },
    Defaults {
        name: "maintenance",
        about: "Spans in which nobody is told and nothing is repaired.",
        rows: MAINTENANCE,
    },
    Defaults {
        name: "signal",
        about: "A key switch or show control that says over MQTT whether it is open.",
        rows: SIGNAL,
    },
    Defaults {
        name: "repair",
        about: "What may be done about screens that are proved to be broken; the first that names an app counts. Without any, nothing is.",
        rows: REPAIR,
    },
    Defaults {
        name: "channel",
        about: "What carries messages to people. Without any, nobody is told.",
        rows: CHANNEL,
    },
    Defaults {
        name: "rule",
        about: "Who is told of what. Without any, every channel is told of everything.",
        rows: RULE,
    },
    Defaults {
        name: "key",
        about: "Apps that are beaten for only with a key. Without any, none needs one.",
        rows: KEY,
    },
];

const TOP: &[Default] = &[
    row(
        "accept_declared_hosts",
        "false",
        "behind a proxy that hides addresses, or for agents that beat for others: believes `host=` from the network too",
    ),
    row(
        "allowed_hosts",
        "[]",
        "the name that people type and programs beat to, if it is neither an address nor localhost",
    ),
    row("beat_to", "nobody", "a server that watches over this one"),
    row(
        "boot_grace_s",
        "300",
        "how long after opening, start or the return of power nobody is judged: sixty kiosks take their time",
    ),
    row("ca", "whom this machine trusts", "an authority of your own where `beat_to` is https://"),
    row("discovery", "\"off\"", "tells the local network where this server is"),
    row(
        "link_origins",
        "[]",
        "sites whose pages may take commands, besides this server's own; \"null\" lets in files, and every sandboxed frame",
    ),
    row("links", "\"local\"", "whose pages may take commands over a link"),
    row(
        "listen",
        "[\":8888\"]",
        "to hear screens of other machines: without it only this machine reaches the server",
    ),
    row("max_apps", "100000", "a bound for memory: beyond it new apps get 503 and known ones go on"),
    row("max_apps_per_address", "1024", "so that no page and no machine takes the places of all"),
    row(
        "max_connections_per_address",
        "2048",
        "so that nobody holds all connections; beyond it the idlest is closed",
    ),
    row("nats", "nobody", "a NATS server that is told what happens"),
    row("nats_topics", "[]", "topics of screens that go there too, and that others there may speak about"),
    row("policy", "\"auto\"", "when a silent screen is late and down"),
    row("reads", "\"open\"", "\"token\": API, list and status over the network with a token only"),
    row("retention_days", "365", "how long what happened is kept"),
    row("slack", "false", "waits longer for a screen whose beats often come late, as far as it has learned"),
    row(
        "state",
        "/var/lib/hb for root, else the user's own place",
        "where the memory lies, from this file on",
    ),
    row("tls_cert", "plain HTTP", "speaks TLS at every address; with `tls_key`"),
    row("tls_key", "plain HTTP", "the key of `tls_cert`"),
    row("tolerance_ms", "1000", "added to every promise: a slow network"),
    row(
        "trusted_proxies",
        "[]",
        "whose `X-Forwarded-For` is believed: without it all screens behind a proxy have its address",
    ),
    row("udp", "false", "takes beats by UDP too; on a network a sender can be forged"),
    row("url", "no links", "messages then bring links for those who have no token"),
    row("zone", "that of this machine", "the clocks of all hours, on a server that stands elsewhere"),
];

const SCREEN: &[Default] = &[
    row("host", "must be said", "the machine, by its address or the name that it declares"),
    row("slot", "the only window", "one of several windows or monitors of the machine"),
    row("shows", "must be said", "what is missed when it is not there"),
    row("hours", "those of `[[hours]]`", "a screen that is open at other times than its hall"),
];

const GROUP: &[Default] = &[
    row("name", "must be said", "what people call it; elsewhere it is `group:NAME`"),
    row("members", "must be said", "who belongs to it: one message for all when it falls silent as a whole"),
    row(
        "depends_on",
        "[]",
        "a switch or a server without which its members cannot work: alerts and repairs wait for it",
    ),
];

const HOURS: &[Default] = &[
    row("for", "must be said", "whom; the closest counts: an app, a host, a group, everything"),
    row("open", "must be said", "days and spans; later entries replace earlier ones, dates replace days"),
    row("zone", "`zone` of the top", "a hall in another country"),
];

const MAINTENANCE: &[Default] = &[
    row("for", "must be said", "whom"),
    row("during", "must be said", "when it comes again and again; for once, `hb mute`"),
    row("reason", "\"\"", "what people read on the tile"),
    row("zone", "`zone` of the top", "a hall in another country"),
];

const SIGNAL: &[Default] = &[
    row("server", "must be said", "the MQTT broker"),
    row("port", "8883 with `tls`, else 1883", "a broker elsewhere than usual"),
    row("tls", "false", "what the switch says is not read or changed on the way"),
    row("ca", "whom this machine trusts", "a broker with a certificate of your own"),
    row("user", "nobody", "a broker that asks who it is; with a password"),
    row("password", "none", "it; a file is better, which fewer people read"),
    row("password_file", "none", "the file that holds it, beside hb.toml unless it is absolute"),
    row("topic", "must be said", "where the switch speaks: open or closed, 1 or 0"),
    row("for", "must be said", "whom it opens and closes"),
];

const REPAIR: &[Default] = &[
    row("apps", "must be said", "for which apps"),
    row(
        "steps",
        "reload twice, then restart",
        "from mild to harsh; a step again behind itself is tried once more",
    ),
    row("command", "none", "the program of a \"command\" step, without a shell"),
    row("unit", "what `hb run` started", "the systemd unit of a \"restart\" step on this machine"),
    row("dry", "false", "to see for a while what it would do"),
];

const CHANNEL: &[Default] = &[
    row("name", "must be said", "what rules, `hb alert test` and the log call it"),
    row("type", "must be said", "what carries the message"),
    row("report", "false", "one message when it opens: how every screen is"),
    row(
        "pictures",
        "false",
        "shows in messages what the screens show that do not work, where `hb run --send-pictures` does",
    ),
    row("url", "must be said", "where it goes; with most services it is a secret"),
    row("token", "none", "sent as a bearer's, by https only"),
    row("token_file", "none", "the file that holds it"),
    row("template", "the facts as JSON", "what another system wants to read, in minijinja"),
    row("server", "must be said", "the mail server or MQTT broker"),
    row(
        "port",
        "that of `security`, 465 or 587; of MQTT 8883 with `tls`, else 1883",
        "a server elsewhere than usual",
    ),
    row("security", "\"tls\"", "how mail is sent"),
    row("tls", "false", "MQTT by TLS"),
    row("ca", "whom this machine trusts", "an authority of your own; then the only one that is believed"),
    row("user", "nobody", "a server that asks who it is; with a password"),
    row("password", "none", "it; a file is better, which fewer people read"),
    row("password_file", "none", "the file that holds it, beside hb.toml unless it is absolute"),
    row("from", "must be said", "who the mail is from"),
    row("to", "must be said", "who gets it"),
    row(
        "topic",
        "\"hb\"",
        "the head of all topics: `hb/alert` for messages, `hb/state` for what every app is",
    ),
    row("discovery", "\"homeassistant\"", "false, where no Home Assistant listens"),
    row("argv", "must be said", "a program that gets the message as JSON on its standard input"),
];

const RULE: &[Default] = &[
    row("apps", "all", "only these"),
    row("groups", "all", "only these, when they fall silent as a whole"),
    row("states", "all four", "only what is as bad as that"),
    row("for_s", "15", "longer, where nobody can come at once"),
    row("remind_s", "3600", "how often it is told again until somebody acknowledges"),
    row("hours", "always", "when somebody reads it"),
    row("zone", "`zone` of the top", "a person in another country"),
    row("channels", "must be said", "which channels are told"),
];

const KEY: &[Default] = &[
    row("apps", "must be said", "which apps"),
    row("key", "none", "it; one of the two must be said"),
    row("key_file", "none", "the file that holds it; one of the two must be said"),
];
