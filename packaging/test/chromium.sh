#!/bin/sh
# Chromium with the policies of this folder, and without a trace of them afterwards: in a mount name space of its own.
exec unshare --map-root-user --mount sh -c '
    mount -t tmpfs tmpfs /etc/chromium
    mkdir -p /etc/chromium/policies/managed
    cp "$POLICIES" /etc/chromium/policies/managed/hb.json
    exec /usr/bin/chromium "$@"
' sh "$@"
