#!/bin/sh
# See to a real qbittorrent-nox for the demo and the tests: Debian's package, installed when that is allowed.
# Without one they go on, and say what is left out; in CI the tests fail instead.
set -u
command -v qbittorrent-nox >/dev/null 2>&1 && exit 0

as_root=
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null && as_root="sudo -n"
    [ -n "$as_root" ] || as_root=no
fi
if [ "$as_root" != no ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing Debian's qbittorrent-nox ..."
    log=$(mktemp)
    if { $as_root apt-get update -qq && $as_root env DEBIAN_FRONTEND=noninteractive \
            apt-get install -y -qq --no-install-recommends qbittorrent-nox; } >"$log" 2>&1; then
        rm -f "$log"
        exit 0
    fi
    tail -n 5 "$log"
    rm -f "$log"
fi
echo "No qbittorrent-nox: what needs a real qBittorrent is left out. To get it: apt install qbittorrent-nox"
exit 0
