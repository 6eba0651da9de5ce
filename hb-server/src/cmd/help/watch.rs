//! What `--help` teaches of working with screens: mutes, incidents, expectations, repairs, the key switch.
//!
//! Not here: commands that change nothing on the server, or who may (above).

/// Behind `hb mute --help`.
pub(crate) const MUTE: &str = "\
What is muted is shown as muted, and nobody is told of it and nothing repairs
it. Every mute ends by itself or comes again and again; without an end that
was typed it holds for an hour. It needs a token of an operator: on the
server's machine `hb token new NAME --role operator --save` makes one.

SCOPE is `everything`, \"group:hall 3\", \"kiosk-1*/*\" for hosts,
\"kiosk-17/*#left\" for a window, or HOST/APP. A scope that is called `list` or
`lift` is written */list. Times of day are those of this machine.

Exit codes:
  0    it is muted, or lifted, or the list is printed
  1    it is not; standard error says why and what to do
  2    the command line was wrong

Examples:
  hb mute kiosk-7/tetris                       for an hour
  hb mute \"group:hall 3\" --for 3h --maintenance --reason \"new floor\"
  hb mute \"kiosk-1*/*\" --until 2026-12-24T09:00
  hb mute everything --until-opening
  hb mute kiosk-7/tetris --during \"we 07:00-09:00\" --maintenance
  hb mute list
  hb mute lift 7";

/// Behind `hb incidents --help`.
pub(crate) const INCIDENTS: &str = "\
One line for each: its number, the worst state, whom it is about, since when,
and who takes care of it. Screens that fail together make one incident.

Exit codes:
  0    they are printed, or there is none
  1    there is no answer; standard error says why and what to do
  2    the command line was wrong

Examples:
  hb incidents                 what is wrong now
  hb incidents --all           what was wrong, too
  hb incidents --all --limit 20 --json";

/// Behind `hb ack --help`.
pub(crate) const ACK: &str = "\
Nobody is reminded of an incident that somebody takes care of; that it is over
is still told. Everybody sees by whose token it was done.

Exit codes:
  0    it is yours
  1    it is not, or it is over; standard error says why and what to do
  2    the command line was wrong

Examples:
  hb incidents                 numbers them
  hb ack 12";

/// Behind `hb snooze --help`.
pub(crate) const SNOOZE: &str = "\
Nobody is reminded of the incident until then. To silence screens whatever
happens to them, see hb mute.

Exit codes:
  0    it is quiet
  1    it is not, or it is over; standard error says why and what to do
  2    the command line was wrong

Examples:
  hb snooze 12                 for an hour
  hb snooze 12 --for 3h
  hb snooze 12 --until 18:00";

/// Behind `hb expect --help`.
pub(crate) const EXPECT: &str = "\
A place of this list that shows none of its apps in opening hours is missing,
and somebody is told: a kiosk that never starts is seen. A place that hb.toml
names is changed there. What works is expected after a day by itself.

Exit codes:
  0    it is on the list, or off it, or the list is printed
  1    it is not; standard error says why and what to do
  2    the command line was wrong

Examples:
  hb expect list
  hb expect add kiosk-7 tetris
  hb expect add kiosk-7#left \"menu-*\" closed
  hb expect remove kiosk-7";

/// Behind `hb adopt --help`.
pub(crate) const ADOPT: &str = "\
Nobody is told of an app that was never seen before, until it worked for a
day, stands on the list of hb expect, or somebody says that it stays.

Exit codes:
  0    it is here to stay
  1    it is not known; standard error says why and what to do
  2    the command line was wrong

Examples:
  hb adopt tetris                      an app of this machine
  hb adopt kiosk-7/tetris
  hb adopt \"tetris @ kiosk-7#left\"     as `hb list` shows it";

/// Behind `hb replace --help`.
pub(crate) const REPLACE: &str = "\
What is known of the machine that is gone is known of the new one: its past,
mutes, what people expect of it, its incident and who takes care of that. Who
beats on the new one already is believed. The old one must be down, and the
new one must have beaten. It needs a token of an admin.

What hb.toml names is changed there: where it still names the old one is said.

Exit codes:
  0    it has taken the place
  1    it has not; standard error says why and what to do
  2    the command line was wrong

Examples:
  hb replace kiosk-7 kiosk-12
  hb replace 10.0.0.5 10.0.0.9";

/// Behind `hb repair --help`.
pub(crate) const REPAIR: &str = "\
Takes the next step that [[repair]] in hb.toml has for the screen, without
waiting for its time. The limits hold as ever: so many an hour, one host of a
group at a time, and nothing without evidence that it is broken.

Exit codes:
  0    the step is under way
  1    no step is taken; standard error says why and what to do
  2    the command line was wrong

Examples:
  hb repair tetris                     an app of this machine
  hb repair kiosk-7/tetris
  hb cmd kiosk-7/tetris reload         one command, whatever is known";

/// Behind `hb open --help`.
pub(crate) const OPEN: &str = "\
From now on it is open, whatever its calendar says, for a day: then the
calendar counts again. Another signal, by hb close, API or MQTT, ends it.

Exit codes:
  0    it is open
  1    it is not; standard error says why and what to do
  2    the command line was wrong

Examples:
  hb open everything
  hb open \"group:hall 3\"
  hb open kiosk-7             all of that host";

/// Behind `hb close --help`.
pub(crate) const CLOSE: &str = "\
From now on it is closed, whatever its calendar says, for a day: nobody is
told of it and nothing repairs it. Then the calendar counts again. Another
signal, by hb open, API or MQTT, ends it.

Exit codes:
  0    it is closed
  1    it is not; standard error says why and what to do
  2    the command line was wrong

Examples:
  hb close everything
  hb close \"group:hall 3\"
  hb close kiosk-7            all of that host";

/// Behind `hb hours --help`.
pub(crate) const HOURS: &str = "\
One line for each calendar of hb.toml and each signal: whom it is for, whether
it is closed, opening or open, and until when. Opening is the time in which
screens may start.

Exit codes:
  0    they are printed
  1    there is no answer; standard error says why and what to do
  2    the command line was wrong

Examples:
  hb hours
  hb hours --json";
