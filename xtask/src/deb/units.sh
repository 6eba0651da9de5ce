#!/bin/sh
# Tried on a copy by boot.sh: the unit with all that it may not do, a server that hangs, and the socket.
set -eux
# It is ready when this returns, and not before: nobody waits for it here.
systemctl start hb.service
hb ping --app deb 60000
hb check deb
[ "$(stat -c %U:%a /var/lib/hb/hb.db)" = hb:600 ]
pid=$(systemctl show --property MainPID --value hb.service)
grep -q 'CapEff:.0000000000000000' "/proc/$pid/status"

# It hangs, and is started again: systemd says so in its journal, which is waited for.
kill -STOP "$pid"
journalctl --unit hb.service --follow --lines all --output cat | grep -q --max-count 1 'Watchdog timeout'
systemctl start hb.service
hb list

# With the socket nobody is refused while there is no server; who comes starts it.
systemctl stop hb.service
systemctl start hb.socket
hb ping --app socket 60000
systemctl is-active hb.service
hb check socket
echo 'all of it'
