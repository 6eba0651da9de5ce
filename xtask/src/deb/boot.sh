#!/bin/sh
# The package under a systemd of its own, on a copy of this machine that ends with this script, and what is tried there. Called by
# `unshare --mount`, as root.
# $1: the package, there /root/hb.deb. $2: an empty folder. $3: what is tried; its last word is "all of it". $4: a folder that it
# needs, there /root/given.
set -eu

mount -t tmpfs tmpfs "$2"
mkdir "$2/upper" "$2/work" "$2/root"
root=$2/root
mount -t overlay overlay -o "lowerdir=/,upperdir=$2/upper,workdir=$2/work" "$root"
rm -rf "$root/etc/hb" "$root/var/lib/hb"
cp "$1" "$root/root/hb.deb"
cp -r "$4" "$root/root/given"
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
printf '[Service]\nWatchdogSec=5\nRestartSec=0\n' >"$units/hb.service.d/quick.conf"
cp "$3" "$root/root/try"
chmod 755 "$root/root/try"
# How it ends says nothing: only what was said does.
systemd-nspawn --quiet --keep-unit --register=no --private-network --directory "$root" --boot systemd.unit=try.target >"$2/boot" 2>&1 ||
    true
if [ "$(tail -n 1 "$root/root/said")" != 'all of it' ]; then
    cat "$2/boot" "$root/root/said" >&2
    exit 1
fi
