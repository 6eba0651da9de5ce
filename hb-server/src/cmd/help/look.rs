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
