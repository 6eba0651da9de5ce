#!/bin/sh
# The package under a systemd of its own, on a copy of this machine that ends with this script: its unit with all that it may not
# do, a server that hangs, and the socket. Called by `unshare --mount`, as root.
# $1: the package. $2: an empty folder.
set -eu

mount -t tmpfs tmpfs "$2"
mkdir "$2/upper" "$2/work" "$2/root"
root=$2/root
mount -t overlay overlay -o "lowerdir=/,upperdir=$2/upper,workdir=$2/work" "$root"
rm -rf "$root/etc/hb" "$root/var/lib/hb"
cp "$1" "$root/root/hb.deb"
mount -t proc proc "$root/proc"
chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin dpkg --install /root/hb.deb >/dev/null
umount "$root/proc"

# So much of the machine starts, and then this is tried.
units=$root/etc/systemd/system
printf '[Unit]\nRequires=basic.target try.service\n' >"$units/try.target"
printf '%s\n' '[Unit]' 'After=basic.target' '[Service]' Type=oneshot ExecStart=/root/try StandardOutput=file:/root/said \
    StandardError=file:/root/said TimeoutStartSec=120 'ExecStopPost=/usr/bin/systemctl --force --force poweroff' >"$units/try.service"
# Nobody waits for half a minute here.
mkdir "$units/hb.service.d"
printf '[Service]\nWatchdogSec=2\nRestartSec=0\n' >"$units/hb.service.d/quick.conf"
cat >"$root/root/try" <<'TRY'
#!/bin/sh
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
TRY
chmod 755 "$root/root/try"
# How it ends says nothing: only what was said does.
systemd-nspawn --quiet --keep-unit --register=no --private-network --directory "$root" --boot systemd.unit=try.target >"$2/boot" 2>&1 ||
    true
if [ "$(tail -n 1 "$root/root/said")" != 'all of it' ]; then
    cat "$2/boot" "$root/root/said" >&2
    exit 1
fi
