//! What a path asks for. Any path whose last segment is a command is that command, whatever stands before it, except
//! under the first segments that are our own.

use hb_core::beat::Verb;

/// First segments that belong to hb's own pages and interfaces.
const RESERVED: &[&str] = &["api", "assets", "client", "demo", "hb.js", "healthz", "metrics", "wall"];

/// A request's destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// One of the Hilbert verbs, or `hb_state`.
    Beat(Verb),
    /// The IDs now tracked.
    List,
    /// The Nagios line.
    Status,
    /// The presence socket.
    Presence,
    /// A guest of the bus.
    Link,
    /// Perhaps the template form or a file of the dashboard, else an unknown command.
    Free,
    /// Ours: pages, API.
    Reserved,
}

/// Decides by the raw path: nothing is decoded, so that an encoded slash or dot has no second meaning.
pub(super) fn target(path: &str) -> Target {
    if RESERVED.contains(&first(path)) {
        return Target::Reserved;
    }
    match path.rsplit('/').next().unwrap_or_default() {
        "hb_ping" => Target::Beat(Verb::Ping),
        "hb_init" => Target::Beat(Verb::Init),
        "hb_done" => Target::Beat(Verb::Done),
        "hb_state" => Target::Beat(Verb::State),
        "hb_presence" => Target::Presence,
        "hb_link" => Target::Link,
        "list" => Target::List,
        "status" => Target::Status,
        _ => Target::Free,
    }
}

/// Whether it is part of the API, or tells as much of the screens: `/metrics`.
pub(super) fn is_api(path: &str) -> bool {
    matches!(first(path), "api" | "metrics")
}

fn first(path: &str) -> &str {
    path.split('/').find(|segment| !segment.is_empty()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_last_segment_is_the_command() {
        let cases = [
            ("/hb_ping", Target::Beat(Verb::Ping)),
            ("//hb_ping", Target::Beat(Verb::Ping)),
            ("/some/prefix/hb_init", Target::Beat(Verb::Init)),
            ("/hb_done", Target::Beat(Verb::Done)),
            ("/a/hb_state", Target::Beat(Verb::State)),
            ("/x/hb_presence", Target::Presence),
            ("/x/hb_link", Target::Link),
            ("/list", Target::List),
            ("/monitoring/status", Target::Status),
            ("/", Target::Free),
            ("", Target::Free),
            ("/hb_ping/", Target::Free),
            ("/hb_pingx", Target::Free),
            ("/HB_PING", Target::Free),
            ("/%68b_ping", Target::Free),
            ("/heartbeat.html", Target::Free),
            ("/api/hb_ping", Target::Reserved),
            ("//api/v1/apps", Target::Reserved),
            ("/api", Target::Reserved),
            ("/apix/hb_ping", Target::Beat(Verb::Ping)),
            ("/demo/lab/status", Target::Reserved),
            ("/client/list", Target::Reserved),
            ("/hb.js", Target::Reserved),
            ("/healthz", Target::Reserved),
            ("/metrics", Target::Reserved),
        ];
        for (path, expected) in cases {
            assert_eq!(target(path), expected, "{path}");
        }
    }

    proptest! {
        #[test]
        fn any_prefix_that_is_not_ours_leaves_the_command_alone(
            prefix in proptest::collection::vec("[^/]{0,12}", 0..5),
            verb in proptest::sample::select(Verb::ALL),
        ) {
            let path = format!("/{}/{verb}", prefix.join("/"));
            let first = prefix.iter().find(|segment| !segment.is_empty());
            let ours = first.is_some_and(|first| RESERVED.contains(&first.as_str()));
            prop_assert_eq!(target(&path), if ours { Target::Reserved } else { Target::Beat(verb) });
        }

        #[test]
        fn no_path_panics(path in any::<String>()) {
            let _ = target(&path);
        }
    }
}
