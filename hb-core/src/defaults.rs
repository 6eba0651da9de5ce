//! Every default of the judge and of proof of life, in one place, with its reason.

use core::time::Duration;

/// Added to every promise: what the reference server grants.
pub const TOLERANCE: Duration = Duration::from_secs(1);
/// Whether a learned slack is added to that: our client does not need it, and older ones are waited for three times as long
/// (docs/detection.md).
pub const SLACK: bool = false;
/// Without a frame for this long a visible picture counts as frozen, unless the client names its own `stall`: longer
/// than a hiccup, shorter than a visitor's patience. Both ends count by it.
pub const STALL: Duration = Duration::from_secs(3);
/// From loading to the first frame: large models over museum networks.
pub const STARTUP_GRACE: Duration = Duration::from_secs(30);
/// From this age on a hidden page is no longer somebody's second window but a screen without a picture.
pub const HIDDEN: Duration = Duration::from_secs(30);
/// How long an app that said goodbye is still shown: a working day and its evening.
pub const DONE_RETENTION: Duration = Duration::from_secs(24 * 60 * 60);
/// How long a name never seen before is kept after it fell silent: test pages go by themselves.
pub const NEW_RETENTION: Duration = Duration::from_secs(60 * 60);
/// How long a new name keeps its place unheard once others want it: whoever draws or has timers is heard more often, as
/// browsers let even a hidden page work once a minute.
pub const NEW_HOLD: Duration = Duration::from_secs(2 * 60);
/// After this much life a name is here to stay.
pub const ADOPT_AFTER: Duration = Duration::from_secs(24 * 60 * 60);
/// How long a page whose presence socket closed may take to come back, on this machine …
pub const PRESENCE_GRACE_HERE: Duration = Duration::from_secs(2);
/// … and over a network.
pub const PRESENCE_GRACE_AWAY: Duration = Duration::from_secs(5);
/// How long an open presence socket may wait for the first beat of its page.
pub const PRESENCE_WAIT: Duration = Duration::from_secs(10);
/// More unclean starts than this …
pub const CRASHES: usize = 3;
/// … within this span are a crash loop.
pub const CRASH_SPAN: Duration = Duration::from_secs(5 * 60);
/// Pages that one app may hold; of voices without a page it holds one each.
pub const PAGES: usize = 4;
/// Pages without a session that an app remembers, to know them again: sixty kiosks may share one address.
pub const DISPLACED: usize = 64;
/// More incidents of one app than this …
pub const FLAPS: usize = 3;
/// … that begin within this span: it fails again and again, and …
pub const FLAP_SPAN: Duration = Duration::from_secs(5 * 60);
/// … is not over before it has worked for this long, so that neither people nor the disk count what changes with each beat.
pub const FLAP_SETTLE: Duration = Duration::from_secs(60);
/// Apps that fall silent this close together fall silent together, if their promises are shorter than half of it.
pub const TOGETHER: Duration = Duration::from_secs(10);
/// A group that falls silent so soon before it closes was most likely switched off: information, no alarm.
pub const CLOSING: Duration = Duration::from_secs(30 * 60);
/// How long a screen is bad before somebody is told: longer than a hiccup of the network.
pub const ALERT_FOR: Duration = Duration::from_secs(15);
/// How long a closing waits for others: what comes back together, each by its own cadence, is told in one message.
pub const CLOSING_WAIT: Duration = Duration::from_secs(2);
/// How often somebody is told again, until a person acknowledges.
pub const REMINDER: Duration = Duration::from_secs(60 * 60);
/// After opening, and after power returned, before anyone is judged: sixty kiosks switched on at the wall need it.
pub const BOOT_GRACE: Duration = Duration::from_secs(5 * 60);
/// How long a signal to open or close counts without being repeated. A key switch is turned twice a day: what has not
/// been heard for longer is a sender that died, and its last word must neither mute for ever nor alarm every night.
pub const SIGNAL_TRUST: Duration = Duration::from_secs(24 * 60 * 60);
/// How long evidence must last before a repair: most of what breaks for seconds mends itself.
pub const REPAIR_HOLD: Duration = Duration::from_secs(30);
/// How long a lost GPU context may take to be restored: browsers need about a second after the GPU process died.
pub const CONTEXT_WAIT: Duration = Duration::from_secs(3);
/// Two losses within this span, and Chromium gives a host no context any more: only a new browser helps.
pub const CONTEXT_SPAN: Duration = Duration::from_secs(2 * 60);
/// Repairs of one app …
pub const REPAIRS: usize = 3;
/// … within this span: what three have not mended, a fourth will not.
pub const REPAIR_SPAN: Duration = Duration::from_secs(60 * 60);
/// One reboot of a host within this span: a machine that needs more needs a person.
pub const REBOOT_SPAN: Duration = Duration::from_secs(24 * 60 * 60);
/// A visitor who touched the screen within this span is still there.
pub const VISITOR: Duration = Duration::from_secs(30);
/// How long a screen must work before a repair has helped: one that works for seconds after each reload climbs the
/// ladder.
pub const REPAIR_SETTLE: Duration = Duration::from_secs(60);
/// Pause after the first repair that did not help; it doubles with each …
pub const REPAIR_BACKOFF: Duration = Duration::from_secs(10);
/// … up to this.
pub const REPAIR_BACKOFF_MOST: Duration = Duration::from_secs(10 * 60);
/// Apps that the ladder remembers at a time, as many as a server holds.
pub const REPAIR_APPS: usize = 100_000;
/// A screen whose app said goodbye in opening hours may stay dark for so long: a supervisor starts the next one.
pub const GOODBYE_WAIT: Duration = Duration::from_secs(60);
/// Adoptions by hand that are remembered of apps which are not there.
pub const ABSENT: usize = 10_000;
