//! What `--help` and the manual pages teach beyond the single option: examples, environment, exit codes.
//!
//! Lines stay within 78 columns, so that no terminal breaks them.

mod look;
mod watch;

pub(crate) use look::{DOCTOR, TOP};
pub(crate) use watch::{ACK, ADOPT, CLOSE, EXPECT, HOURS, INCIDENTS, MUTE, OPEN, REPAIR, REPLACE, SNOOZE};

/// Behind `hb -h`.
pub(crate) const EXAMPLES: &str = "\
Examples:
  hb serve                           watch over the screens of this machine
  hb run --app signage -- ./player   run a program, beat while it lives
  hb ping --app cleaner 60000        from a script: \"again within a minute\"
  hb check tetris                    a Nagios plugin";

/// Behind `hb --help`, after the examples.
const REFERENCE: &str = "\
Environment:
  HB_URL              address of the server, or a template with %n for the
                      promise; without a port it means 80, as in a browser.
                      Or udp://HOST:PORT: beats by UDP, as `hb serve --udp`
                      takes them, and the rest by HTTP
  HB_HOST, HB_PORT    the same in two parts [127.0.0.1, 8888]; must not
                      contradict HB_URL
  HB_CA               a file of the authorities to believe where the server
                      speaks TLS [those that this machine trusts]
  HB_HOST_ID          the name this machine declares, instead of its address
  HB_TOKEN            the token that is shown to the server
  APP_ID              the app's id
  HB_KEY              the key to the app, where the server wants one
  HB_INIT_TIMEOUT, HB_PING_INTERVAL, HB_DONE_TIMEOUT
                      promises of init, ping and done, ms [10000, 9000, 0]
  HB_SEND_INIT, HB_SEND_PING, HB_SEND_DONE
                      what `hb run` sends [true, true, true]

Exit codes:
  0    it worked
  1    it failed; one line on standard error says why and what to do
  2    the command line was wrong
  `hb check` and `hb run` have their own; see their --help.";

/// Behind `hb --help`.
pub(crate) fn long() -> String {
    format!("{EXAMPLES}\n\n{REFERENCE}")
}

/// Behind `hb serve --help`.
pub(crate) const SERVE: &str = "\
Listens where --listen says, else HB_URL, or HB_HOST and HB_PORT, else the
file. Prints its addresses and that of the dashboard, to open in a browser.
Ctrl-C or SIGTERM ends it.

With --beat-to it beats itself, as the app `hb`, to the server that watches
over this one; there it turns late and down when this one stops.

With --udp it takes beats by UDP too, one datagram each way. On a network the
sender of a datagram can be forged; on this machine it cannot.

Policies:
  auto     pages with hb's client are late when a granted time went by in
           silence, and down after two; old scripts after three and five
  strict   everybody after one and two
  hilbert  as the reference server: after three and five, forgotten after six

Environment:
  HB_HOST, HB_PORT    where to listen [127.0.0.1 and ::1, 8888]
  HB_URL              the same in one, as for the clients: without a port 80;
                      with udp:// for HTTP there and beats by UDP beside it
  HB_HOST_ID          the name that --beat-to declares, instead of the address
  HB_CA               whose certificates are believed there, if by https://
  HB_KEY              the key to the app `hb` there, if it has one
  STATE_DIRECTORY     where the memory lies, as systemd says it
  LISTEN_FDS, NOTIFY_SOCKET, WATCHDOG_USEC
                      systemd's own: sockets instead of --listen and --udp,
                      and whom to tell that it is ready, alive and stopping
  RUST_LOG            how much is told on standard error: error, warn, info
                      or debug [info]

Files:
  ./hb.toml, ~/.config/hb/hb.toml, /etc/hb/hb.toml
  The first that exists is read. It may say, with these defaults:
    listen = \":8888\"                # 127.0.0.1, and ::1 where there is one
    # tls_cert = \"/etc/hb/cert.pem\" # speak TLS; HTTP is plain by default
    # tls_key = \"/etc/hb/key.pem\"
    udp = false                     # true: where HTTP is, or addresses
    # beat_to = \"http://hall:8888\"  # who watches over this one: nobody
    # ca = \"/etc/hb/ca.pem\"         # whom to believe there, if by TLS
    discovery = \"off\"               # mdns: tells the network that it is here
    # nats = \"nats://hall:4222\"     # who is told what happens: nobody
    nats_topics = []                # what screens say that goes there too
    policy = \"auto\"
    # state = \"/var/lib/hb\"        # where the memory lies
    retention_days = 365            # how long what happened is kept
    slack = false                   # wait for beats as late as they use to be
    tolerance_ms = 1000             # added to every promise
    max_apps = 100000
    max_apps_per_address = 1024     # new ones from one address
    max_connections_per_address = 2048
    accept_declared_hosts = false   # believe host= from the network too
    trusted_proxies = []            # whose X-Forwarded-For is believed
    allowed_hosts = []              # more names of this server
    reads = \"open\"                  # token: from the network with one only
    links = \"local\"                 # who takes commands: or network, off
    link_origins = []               # sites whose pages may, besides our own
    # url = \"https://hb.museum.example\" # for links in messages
    # zone = \"Europe/Berlin\"        # of all hours: this machine's
    boot_grace_s = 300              # after opening, before anybody is judged
  Further, as often as needed (docs/operating.md shows a whole museum):
    [[screen]]       a place that should be lit, and with what
    [[group]]        who belongs together, and what it cannot work without
    [[hours]]        when it is open
    [[maintenance]]  when it is worked on
    [[signal]]       an MQTT topic that says when it is open
    [[repair]]       what may be done about a screen that does not work
    [[channel]]      a way to people; hb alert test tries it
    [[rule]]         who is told of what, and when
    [[key]]          apps that are beaten for only by who knows their key
  hb config check says what the file means, or where it is wrong.

Exit codes:
  0    it was told to stop
  1    it cannot run; one line on standard error says why and what to do
  2    the command line was wrong

Examples:
  hb serve                           the screens of this machine
  hb serve --listen 0.0.0.0:8888     those of the whole network
  hb serve --listen 9000             of this machine, on another port
  hb serve --listen 8888 --listen 10.0.0.5:8888    on this machine, and there
  hb serve --udp                     HTTP, and beats by UDP beside it";

/// Behind `hb config --help`.
pub(crate) const CONFIG: &str = "\
Reads what the server would read, starts nothing and asks nobody. Says which
screens are expected, when it opens and closes next, who is told of what and
what is repaired, and what is allowed and probably not meant.

Exit codes:
  0    the server would start with it
  1    it would not; standard error names the line, and what was expected
  2    the command line was wrong

Examples:
  hb config check
  hb config check new.toml && cp new.toml /etc/hb/hb.toml
  hb config keys          every key, what it takes, its default and why";

/// Behind `hb import-hosts --help`.
pub(crate) const IMPORT_HOSTS: &str = "\
The first line names the columns: host, shows, and where there are such, slot
and hours. They are parted by commas, semicolons or tabs. Several apps in
shows have a | between them, several hosts are written hall3-{01..20}.

Nothing is written if one row is wrong, or expected already.

Exit codes:
  0    printed, or with --write written
  1    a row is wrong; standard error names it, and what was expected
  2    the command line was wrong

Examples:
  hb import-hosts hosts.csv
  hb import-hosts hosts.csv --write --config /etc/hb/hb.toml";

/// Behind `hb alert --help`.
pub(crate) const ALERT: &str = "\
Channels stand in hb.toml, as [[channel]]. A test needs no server.

Exit codes:
  0    the receiver has it
  1    it has not; standard error says why
  2    the command line was wrong

Examples:
  hb alert test guards
  hb alert test office --config /etc/hb/hb.toml";

/// Behind `hb cmd --help`.
pub(crate) const CMD: &str = "\
A page does what it allows, and nothing else: by hb.commands({ reload: true })
in its script, or over a link. That nobody listens, that the page does not
allow it, or that no such app is known is said at once.

Exit codes:
  0    the page did it; what it answers is printed
  1    it did not, or nobody is listening; standard error says which
  2    the command line was wrong

Examples:
  hb cmd tetris reload                        an app of this machine
  hb cmd 10.0.0.7/tetris message \"We open at ten\"
  hb cmd \"tetris @ 10.0.0.7#left\" identify   as `hb list` shows it";

/// Behind `hb token --help`.
pub(crate) const TOKEN: &str = "\
On the server's machine it works on the folder of its memory, for whoever may
read that; where a token of an admin is at hand, by the API, unless --state
names a folder. A running server knows a new token at once, and refuses one
that was taken back within a second.

Roles, each with what those before it may:
  agent      links hb run --agent, and can do nothing else
  viewer     looks
  operator   works with screens
  admin      decides who may

Exit codes:
  0    done
  1    it failed; one line on standard error says why and what to do
  2    the command line was wrong

Examples:
  hb token new museum-desk --role operator --expires 365d
  hb token new ada --role admin --save      for hb on this account
  hb token list
  hb token revoke museum-desk";

/// Behind `hb login --help`.
pub(crate) const LOGIN: &str = "\
Works on the folder of the server's memory, for whoever may read that: the one
that the server uses which is named (--port, --url), as hb doctor finds it.
The address is good once, for 15 minutes; the one before it is good no more.
A server with --memory has no folder: it shows one when it starts.

Examples:
  hb login
  hb login --url http://hall-3:8888 --state /var/lib/hb";

/// Behind `hb list --help`.
pub(crate) const LIST: &str = "\
Apps that said goodbye are not tracked. Each line is the app and its host, and
behind a # its slot where it has one; `hb check` takes such a line for a name.

Example:
  hb list                      tetris @ 127.0.0.1";

/// Behind `hb status --help`.
pub(crate) const STATUS: &str = "\
An app is looked for on the machine that asks; `hb check` finds those of other
machines too. The exit code says only that there was an answer.

Example:
  hb status tetris             OK - fine application [tetris @ 127.0.0.1]| …";

/// Behind `hb init --help`.
pub(crate) const INIT: &str = "\
Prints what the server granted, in ms: by then it expects the first ping.
Without T the promise is HB_INIT_TIMEOUT, else 10000.

Example:
  hb init --app tetris 15000         \"hear from me within 15 s\"";

/// Behind `hb ping --help`.
pub(crate) const PING: &str = "\
Prints what the server granted, in ms: until then it never calls the app late.
Without T the promise is HB_PING_INTERVAL, else 9000.

Examples:
  hb ping --app cleaner 60000        \"I beat again within a minute\"
  while work; do hb ping --app cleaner 60000; done";

/// Behind `hb done --help`.
pub(crate) const DONE: &str = "\
An app that said goodbye may be silent: it is not tracked and raises no alarm.
Without T it sends HB_DONE_TIMEOUT, else 0.

Example:
  hb done --app tetris";

/// What `T` is to `hb done`.
pub(crate) const DONE_PROMISE: &str =
    "A number of ms that the protocol has room for and nobody needs; leave it out";

/// Behind `hb check --help`.
pub(crate) const CHECK: &str = "\
Exit codes:
  0    OK; also for an app that said goodbye
  1    WARNING: late, or nobody can see the page
  2    CRITICAL: down, stalled, missing, unseen for 30 s, not tracked, or no
       server answers
  3    UNKNOWN: none tracked, not heard since a restart, a wrong command, or a
       server that answers and will not show its apps; the line says why
  With --checkmk always 0: the verdict is in the line.

Examples:
  hb check                     the worst of all
  hb check tetris              OK - fine application [tetris @ 127.0.0.1]| …
  hb check tetris --slot left  of one window of this machine
  hb check \"tetris @ 10.0.0.7#left\"    as `hb list` shows it, of any machine
  hb check --checkmk tetris    0 \"hb tetris\" od=0.01;1;2 OK - fine …
  hb check --checkmk           one line for the sum, and one for each app";

/// Behind `hb uptime --help`.
pub(crate) const UPTIME: &str = "\
The share of the time in which a screen was judged and fine. Closed hours,
mutes, and time in which hb itself did not run count for nobody and against
nobody. It reads the file of the memory, whether the server runs or not.

Exit codes:
  0    it is printed
  1    there is no memory, or nothing of that name; standard error says which
  2    the command line was wrong

Examples:
  hb uptime                          every app, the last thirty days
  hb uptime tetris --since 24h
  hb uptime \"kiosk-7/*\" --since 2026-11-01
  hb uptime \"group:hall 3\" --json";

/// Behind `hb export --help`.
pub(crate) const EXPORT: &str = "\
One row a line, in JSON: what happened, incidents, mutes, repairs, hours, and
the hashes of tokens, so keep it as safe as the memory itself. The server may
run meanwhile: it is written as it was at one moment.

Exit codes:
  0    all of it is written
  1    it is not, or some rows could not be read and are left out; standard
       error says why, and how many
  2    the command line was wrong

Examples:
  hb export hall3.jsonl
  hb export | gzip > hall3.jsonl.gz
  hb export --state /var/lib/hb hall3.jsonl";

/// Behind `hb import --help`.
pub(crate) const IMPORT: &str = "\
Rows that are there already are replaced, so importing twice is importing
once. The server must not run meanwhile: it would not see what comes in.

Exit codes:
  0    all of it is kept
  1    it is not; standard error says why, and which line is at fault
  2    the command line was wrong

Examples:
  hb import hall3.jsonl
  gunzip -c hall3.jsonl.gz | hb import -";

/// Behind `hb run --help`.
pub(crate) const RUN: &str = "\
Sends init when the command was started, pings at 95 % of what was granted
(of at most a minute more than it asked for) while it lives, and done when it
has ended and is not started again. The pings vouch for a program that lives,
not for a picture that moves. A server that is away delays nothing.

With --from-app it beats only while the program's own count of frames
advances, and says no-frames when it stands still for --stall-after. The count
comes by
  stdout     lines `frame N` of what the program writes; the rest is passed on
  stdin      lines `N` that are piped into hb run
  udp        datagrams `N` to 127.0.0.1, at the port in HB_FRAMES_PORT
  udp:7001   the same, at this port
  file:PATH  a file that holds `N`, or else by its time; in HB_FRAMES_FILE
A few times a second is enough, once a second the least. It promises 5 s then,
and the program has 30 s for its first frame.

With --capture it takes a picture of the whole screen at that pace, and says
picture-stuck when --still-after of them in a row show no change: the one
proof against a dialog, a window over the page, a browser's \"Restore pages?\",
also while the page itself says that all is well. So the exhibit must move. Of
X servers it asks DISPLAY, on Wayland `grim`, else what --capture-with names.
The pictures stay here, unless --send-pictures shows small ones on the
server's page of the screen, to whoever may look there with a token. They go
over the link of an agent: it needs --agent.

With --watch-display it says whether the display is lit, by the X server or by
Linux' /sys/class/drm: off is a fault in open hours, and right in closed ones.

It says done after a crash too, as the original wrapper does: the app counts
as finished, and nobody is alarmed. With HB_SEND_DONE=false it keeps silent,
and whatever ended turns late and then down. Set it for a program that should
always run.

SIGINT, SIGTERM, SIGHUP, SIGUSR1 and SIGUSR2 are passed on. After SIGTERM, or
an end within 10 s of SIGINT or SIGHUP, the command is not started again.

With --agent the server may have the command started again when its screen is
proved to be broken, and is told when it ends. It shows the token in HB_TOKEN
or in the file; without one it supervises as ever and says that repairs are
skipped. What else the server may have done here is what these flags name,
never a program or argument of its own. The command then leads a process group
of its own, all of which ends before it is started again, and cannot read from
the terminal. It is not given the token.

Environment:
  HB_SEND_INIT, HB_SEND_PING, HB_SEND_DONE
                      what it sends [true, true, true]
  HB_INIT_TIMEOUT, HB_PING_INTERVAL, HB_DONE_TIMEOUT
                      what it promises by them, ms [10000, 9000, 0]
  HB_TOKEN            the token of an agent

Exit codes:
  that of the command; 128 + N if signal N ended it
  125  hb itself failed
  126  the command cannot be executed
  127  there is no such command

Examples:
  hb run --app signage -- ./player --fullscreen
  hb run --app signage --restart on-failure -- ./player
  HB_SEND_DONE=false hb run --app signage -- ./player    a crash is an alarm
  hb run --app globe --from-app stdout -- ./globe    so is a frozen picture
  hb run --app kiosk --no-ping --capture 60s -- ./browser   what covers it too
  hb run --app kiosk --no-ping -- ./browser    (where the page itself beats)
  hb run --app kiosk --no-ping --agent --token-file /etc/hb/agent -- ./kiosk";

/// Behind `hb completions --help`.
pub(crate) const COMPLETIONS: &str = "\
Examples:
  hb completions bash > /etc/bash_completion.d/hb
  hb completions zsh  > ~/.zfunc/_hb
  hb completions fish > ~/.config/fish/completions/hb.fish";

/// Behind `hb man --help`.
pub(crate) const MAN: &str = "\
Examples:
  hb man | man -l -            read about hb, nothing installed
  hb man serve | man -l -      read about one command
  hb man --dir /usr/local/share/man/man1    install all pages";
