#!/bin/sh
# Fetch the qbittorrent-nox of other Debian releases, to run the contract tests on: bookworm has 4.5, trixie 5.1,
# unstable 5.3. Each lands in .qbittorrent/<release> (or below $QBITTORRENT_CACHE) with the libraries it was
# built for and a launcher beside them. Nothing is installed, nothing runs as root, no chroot: the packages,
# chosen and verified by apt with a state of its own, are only unpacked.
#
#     sh scripts/fetch-qbittorrent.sh bookworm trixie unstable
#
# Exit code: 0 all are there; 3 one could not be fetched (no network, no such release there, no apt);
# 1 anything else; 2 wrong use. What is there already is left as it is; remove its folder to have it anew.
set -eu

cache=${QBITTORRENT_CACHE:-$(dirname "$0")/../.qbittorrent}
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)
not_fetched=3
work=

say() { echo "fetch-qbittorrent: $*"; }

leave() {
    [ -z "$work" ] || rm -rf "$work"
}
trap leave EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# Where Debian comes from: what apt uses on this machine if that is a Debian, then Debian's own servers.
mirrors() {
    # shellcheck disable=SC2016 # the $() are apt's
    apt-get indextargets --format '$(ORIGIN) $(LABEL) $(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
        awk '$NF !~ /^cdrom/ && ($1 == "Debian" && $2 == "Debian" || $NF ~ /\/debian\/?$/) { sub(/\/$/, ""); print $NF; exit }'
    echo http://deb.debian.org/debian
    echo http://archive.debian.org/debian
}

# Debian's keys: installed on every Debian; elsewhere (Ubuntu) from the package that the system itself trusts.
keyring() {
    for place in "" "$work/keys"; do
        for name in debian-archive-keyring.gpg debian-archive-keyring.pgp; do
            [ ! -r "$place/usr/share/keyrings/$name" ] || { echo "$place/usr/share/keyrings/$name"; return 0; }
        done
        [ -n "$place" ] || (cd "$work" && apt-get download -qq debian-archive-keyring >>"$work/log" 2>&1 &&
            dpkg-deb -x debian-archive-keyring_*.deb keys) || return 1
    done
    return 1
}

# An apt that knows one release, believes nothing to be installed, and keeps the machine's proxies. A mirror
# that lags behind will do: for tests an old unstable is as good, and the signature is checked all the same.
configure_apt() {
    mkdir -p "$work/lists/partial" "$work/archives/partial" "$work/none"
    : >"$work/status"
    {
        apt-config dump | grep -iE '^Acquire::(https?|ftp)::|^Acquire::(Retries|ForceIPv[46]|.*Proxy)' || true
        cat <<END
Dir::Etc::main "/dev/null";
Dir::Etc::parts "$work/none";
Dir::Etc::sourcelist "$work/sources.list";
Dir::Etc::sourceparts "$work/none";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "$work/none";
Dir::State "$work";
Dir::State::status "$work/status";
Dir::Cache "$work";
Dir::Cache::archives "$work/archives";
Acquire::Languages "none";
Acquire::Check-Valid-Until "false";
APT::Sandbox::User "root";
APT::Install-Recommends "false";
END
    } >"$work/apt.conf"
}

download() {
    command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || {
        say "needs apt-get and dpkg-deb (any Debian or Ubuntu has them)"
        return 1
    }
    keys=$(keyring) || {
        say "without Debian's keys nothing can be verified: apt install debian-archive-keyring"
        return 1
    }
    configure_apt
    for mirror in $(mirrors | awk '!seen[$0]++'); do
        echo "deb [signed-by=$keys] $mirror $1 main" >"$work/sources.list"
        if APT_CONFIG=$work/apt.conf apt-get -q -o APT::Update::Error-Mode=any update >>"$work/log" 2>&1 &&
            APT_CONFIG=$work/apt.conf apt-get -q -y --download-only install qbittorrent-nox >>"$work/log" 2>&1; then
            return 0
        fi
    done
    grep '^E: ' "$work/log" | head -n 5
    return 1
}

# One program that runs with its own loader and libraries, wherever the folder stands.
write_launcher() {
    loader=$(cd "$1" && find . -type f \( -path '*/lib/*/ld-linux*.so.*' -o -path '*/lib/*/ld64.so.*' \) | head -n 1)
    loader=${loader#./}
    [ -n "$loader" ] || { say "found no loader among the libraries"; return 1; }
    triplet=$(basename "$(dirname "$loader")")
    paths=$(cd "$1" && find "lib/$triplet" "usr/lib/$triplet" -maxdepth 2 -name 'lib*.so*' -printf '$here/%h\n' 2>/dev/null |
        sort -u | paste -s -d :)
    plugins=$(cd "$1" && find "usr/lib/$triplet" -maxdepth 2 -type d -path "*/qt*/plugins" -printf '$here/%p\n' | paste -s -d :)
    cat >"$1/qbittorrent-nox" <<END
#!/bin/sh
here=\$(cd "\$(dirname "\$0")" && pwd)
export QT_PLUGIN_PATH="$plugins"
exec "\$here/$loader" --library-path "$paths" "\$here/usr/bin/qbittorrent-nox" "\$@"
END
    chmod +x "$1/qbittorrent-nox"
}

unpack() {
    mkdir "$work/root"
    for package in "$work"/archives/*.deb; do
        dpkg-deb -x "$package" "$work/root" || return 1
    done
    rm -rf "$work/root/usr/share"
    write_launcher "$work/root" || return 1
    version=$(HOME=$work "$work/root/qbittorrent-nox" --version) || return 1
    echo "$version" | sed -n 's/^qBittorrent v//p' >"$work/root/version"
    [ -s "$work/root/version" ]
}

fetch() {
    if [ -s "$cache/$1/version" ]; then
        say "$1: qBittorrent $(cat "$cache/$1/version") is there"
        return 0
    fi
    say "$1: fetching qbittorrent-nox and its libraries (about 50 MB) ..."
    work=$(mktemp -d "$cache/.unfinished.XXXXXX")
    if ! download "$1"; then
        say "$1: could not be fetched"
        result=$not_fetched
    elif ! unpack; then
        say "$1: was fetched, but cannot be unpacked and run here"
        result=1
    else
        # `-T`: should another run have been faster, its result stays.
        mv -T "$work/root" "$cache/$1" 2>/dev/null || [ -s "$cache/$1/version" ]
        say "$1: qBittorrent $(cat "$cache/$1/version")"
        result=0
    fi
    leave
    work=
    return "$result"
}

[ $# -gt 0 ] || { say "which? bookworm (4.5), trixie (5.1), unstable (5.3)"; exit 2; }
failed=0
for release in "$@"; do
    case $release in
    bookworm | trixie | unstable) ;;
    *) say "$release: not one of bookworm, trixie, unstable"; exit 2 ;;
    esac
    code=0
    fetch "$release" || code=$?
    [ "$code" -eq 0 ] || [ "$failed" -eq 1 ] || failed=$code
done
exit "$failed"
