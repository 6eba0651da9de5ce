#!/bin/sh
# Tried on a copy by boot.sh: the blocks of the documentation that change a machine, as somebody types them who has nothing yet, and
# then as somebody who has the package. What a person would do between them is done by stubs.
set -eux
cd /root/given/checkout
dpkg --purge hb
# A purge leaves the user, as Debian has it.
userdel hb
mkdir /root/stubs
PATH=/root/stubs:$PATH
stub() { printf '#!/bin/sh\n%s\n' "$2" >"/root/stubs/$1" && chmod 755 "/root/stubs/$1"; }
stub sudo 'exec "$@"'
# No network leads here: whether there are packages of these names, where this machine has lists of them.
stub apt 'if apt-cache show bash >/dev/null 2>&1; then exec apt-get --simulate "$@"; fi'
# The program of the screen is one that needs none.
stub nano 'exec sed --in-place "s|^HB_KIOSK=.*|HB_KIOSK=/usr/bin/sleep 1000|" "$@"'
cp packaging/debian/hb.toml new.toml

for block in ../by-hand/*; do bash -eux "$block"; done
[ "$(/usr/local/bin/hb --version)" = "$(/usr/bin/hb --version)" ]
systemctl status hb.service | grep 'dashboard: http://127.0.0.1:8888/'
grep http /var/lib/hb/login
hb ping --app deb 60000
hb check deb

systemctl disable --now hb.service
rm /etc/systemd/system/hb.service /etc/systemd/system/hb.socket
dpkg --install --force-confold /root/hb.deb
for block in ../packaged/*; do bash -eux "$block"; done
systemctl is-enabled hb-kiosk.service
[ "$(stat -c %a /etc/hb/kiosk.env)" = 600 ]
getent passwd kiosk
echo 'all of it'
