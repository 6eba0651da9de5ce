# A hall behind a router that hides it: two kiosks in name spaces of their own, and a router that gives both its own address
# to the outside, where $HB is the server. Prints a line when all is laid, and then what the server shows, a line of JSON each.
set -e
mount -t tmpfs none /run
ip link set lo up
ip netns add router
ip link add hall type veth peer name wan netns router
ip addr add 10.0.0.1/24 dev hall
ip link set hall up
ip -n router addr add 10.0.0.2/24 dev wan
ip -n router link set wan up
net=0
for kiosk in one two; do
    net=$((net + 1))
    ip netns add $kiosk
    ip -n router link add $kiosk type veth peer name cable netns $kiosk
    ip -n router addr add 192.168.$net.1/24 dev $kiosk
    ip -n router link set $kiosk up
    ip -n $kiosk addr add 192.168.$net.2/24 dev cable
    ip -n $kiosk link set cable up
    ip -n $kiosk route add default via 192.168.$net.1
done
ip netns exec router sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward'
ip netns exec router nft 'add table ip nat
    add chain ip nat out { type nat hook postrouting priority srcnat; }
    add rule ip nat out oifname "wan" masquerade'
echo laid

mkfifo /run/said
echo 'accept_declared_hosts = true' > /run/hb.toml
"$HB" serve --memory --config /run/hb.toml --listen 10.0.0.1:0 > /run/said 2> /dev/null &
server=$!
trap 'kill $server' EXIT
exec 3< /run/said
read -r said <&3
url=${said#hb listens on }
say() { ip netns exec "$1" curl -sf -m 20 "${url}$2" > /dev/null; }
look() { curl -sf -m 20 "${url}api/v1/$1"; echo; }

# Two exhibits: the router hides which machine each is on, and nothing is mixed up.
say one 'hb_ping?5000&appid=x&v=1&boot=a'
say two 'hb_ping?5000&appid=y&v=1&boot=b'
look apps
# The same exhibit on the other machine, from the same address: at first it could be a reload, then the first is heard again.
say two 'hb_ping?5000&appid=x&v=1&boot=c'
say one 'hb_ping?5000&appid=x&v=1&boot=a'
look apps/10.0.0.2/x
# One of them stands still while the other is fine: the worst counts.
say two 'hb_state?5000&appid=x&v=1&boot=c&state=no-frames'
say one 'hb_ping?5000&appid=x&v=1&boot=a'
look apps/10.0.0.2/x
# It says goodbye: one is left.
say two 'hb_done?appid=x&v=1&boot=c'
say one 'hb_ping?5000&appid=x&v=1&boot=a'
look apps/10.0.0.2/x
# Who says its own name is told apart.
say one 'hb_ping?5000&appid=z&v=1&boot=d&host=one'
say two 'hb_ping?5000&appid=z&v=1&boot=e&host=two'
look apps
