# A hall with one cable, in name spaces of its own: $HB is the server, "screens" the other end of the cable.
# Prints a line when the cable is laid, and then what the server shows, a line of JSON each.
set -e
mount -t tmpfs none /run
ip link set lo up
ip netns add screens
ip link add hall type veth peer name cable netns screens
ip addr add 10.0.0.1/24 dev hall
ip link set hall up
ip -n screens link set cable up
ip -n screens addr add 10.0.0.5/24 dev cable
echo laid

mkfifo /run/said
"$HB" serve --memory --listen 10.0.0.1:0 > /run/said 2> /dev/null &
server=$!
trap 'kill $server' EXIT
exec 3< /run/said
read -r said <&3
url=${said#hb listens on }
beat() { ip netns exec screens curl -sf "${url}hb_ping?5000&appid=$1&v=1&boot=$2" > /dev/null; }
look() { curl -sf "${url}api/v1/$1"; echo; }

# The lease of its address ends: the same page goes on with another.
beat x a
look apps
ip -n screens addr del 10.0.0.5/24 dev cable
ip -n screens addr add 10.0.0.9/24 dev cable
beat x a
look apps
# What happens is kept soon, not at once.
for _ in $(seq 500); do
    history=$(look apps/10.0.0.9/x/history) || continue
    case $history in *'"to":"up"'*) break ;; esac
done
echo "$history"

# A second page of that name from that address, as a clone behind a NAT or a second tab: at first it could be a reload.
beat x b
look apps
beat x a
look apps
