#!/bin/sh
# Run the contract tests on the qBittorrent of three Debian releases, fetched first where they are missing.
# One that cannot be fetched is left out, and named; one that was fetched has to be tested. Arguments go to pytest.
set -eu
cd "$(dirname "$0")/.."

releases=
for release in bookworm trixie unstable; do
    code=0
    sh scripts/fetch-qbittorrent.sh "$release" || code=$?
    case $code in
    0) releases="$releases $release" ;;
    3) ;;
    *) exit "$code" ;;
    esac
done
[ -n "$releases" ] || { echo "test-qbittorrent: there is none to test"; exit 1; }
export QBITTORRENT_RELEASES="$releases"
exec "${PYTHON:-python3}" -m pytest -n 2 --dist worksteal "$@" tests/contract
