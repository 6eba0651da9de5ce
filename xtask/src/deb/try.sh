#!/bin/sh
# What a person does with the package, on a copy of this machine that ends with this script: installs it, lets it serve as its
# user and with its configuration, installs it again, removes it, purges it. Called by `unshare --mount`, as root.
# $1: the package. $2: an empty folder.
set -eu

mount -t tmpfs tmpfs "$2"
mkdir "$2/upper" "$2/work" "$2/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$2/upper,workdir=$2/work" "$2/root"
mount -t proc proc "$2/root/proc"
mount --rbind /dev "$2/root/dev"
mount -t tmpfs tmpfs "$2/root/run"
mount -t tmpfs tmpfs "$2/root/tmp"
cp "$1" "$2/root/tmp/hb.deb"
# What an hb on this machine has, is not the package's.
rm -rf "$2/root/etc/hb" "$2/root/var/lib/hb"
say() { echo "hb.deb: $*" >&2; exit 1; }
root=$2/root
there() { chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"; }

there dpkg --install /tmp/hb.deb
there hb --version
there hb config check /etc/hb/hb.toml
there getent passwd hb
[ -L "$root/etc/systemd/system/multi-user.target.wants/hb.service" ] || say "the service is not enabled"
[ ! -e "$root/etc/systemd/system/sockets.target.wants/hb.socket" ] || say "the socket is enabled, and nobody asked for it"
there dpkg -L hb | grep -q '/man1/hb-serve.1.gz$' || say "no manual page"

# As its unit starts it, but for the port, which the system chooses here.
there install -d -o hb -g hb -m 0700 /var/lib/hb
mkfifo "$root/tmp/said"
chroot "$root" setpriv --reuid hb --regid hb --init-groups env -i PATH=/usr/bin HB_PORT=0 STATE_DIRECTORY=/var/lib/hb \
    hb serve >"$root/tmp/said" &
serve=$!
trap 'kill "$serve" 2>/dev/null || true' EXIT
exec 3<"$root/tmp/said"
read -r line <&3
url=${line#hb listens on }
there env HB_URL="${url%/}" hb ping --app deb 60000
there env HB_URL="${url%/}" hb check deb
kill "$serve"
wait "$serve"
[ -s "$root/var/lib/hb/hb.db" ] || say "it remembers nothing"

echo '# mine' >>"$root/etc/hb/hb.toml"
there dpkg --install --force-confdef --force-confold /tmp/hb.deb
grep -q '# mine' "$root/etc/hb/hb.toml" || say "an upgrade forgets what somebody configured"
there dpkg --remove hb
[ -s "$root/var/lib/hb/hb.db" ] && grep -q '# mine' "$root/etc/hb/hb.toml" || say "removing forgets what somebody has"
there dpkg --purge hb
[ ! -e "$root/etc/hb" ] && [ ! -e "$root/var/lib/hb" ] || say "purging leaves something behind"
echo "installed, served, upgraded, removed, purged"
