//! What `--help` teaches of the commands for whoever looks: the table of all screens, and what is wrong with this machine.

/// Behind `hb top --help`.
pub(crate) const TOP: &str = "\
All screens, as they are at this moment, worst first. Enter shows all about
one: what its state means, what to do, what happened to it. ? shows the keys.

A screen that calls for a look begins with !, one that somebody takes care of
with *, one that is muted with -. When the server is away the table says so,
tells nothing as good, and goes on when it is back.

a (I take care of it) and z (quiet for a while) need a token.

Environment:
  HB_TOKEN            the token that is shown to the server
  NO_COLOR            if set, no colours

Examples:
  hb top                            all screens of this machine's server
  hb top -w --host hall             only what is wrong, of the server `hall`
  hb top --group host kiosk         those with kiosk in their name, by machine";

/// Behind `hb doctor --help`.
pub(crate) const DOCTOR: &str = "\
Looks at the configuration, the server, its port and who else has it, the
memory and its disk, the clock and its zone, the certificate, the ways to the
channels, the limit of open files and the policies of browsers; and says what
is wrong and what to do. It changes nothing and sends nobody a message.

On a machine whose server is elsewhere (HB_URL, --url) only what matters there
is looked at. What the server itself may do only its own user can see: where
hb has one, ask as that, as in sudo -u hb hb doctor.

Exit codes:
  0    all is well
  1    something should be looked at
  2    something is wrong, or the command line was

Examples:
  hb doctor
  hb doctor --config new.toml
  hb doctor --json | jq '.findings[] | select(.level == \"wrong\")'";
