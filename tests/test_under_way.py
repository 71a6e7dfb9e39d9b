"""Which films `--stats` counts as on their way."""

from collections.abc import Iterable

import pytest
from bench import TAG, make_torrent
from memory_qbittorrent import MemoryQBittorrent

from movie import ChosenRelease, Movie, TriedRelease
from under_way import UnderWay, counted


def counted_with(*states: str) -> UnderWay:
    """One film whose torrents are in these states."""
    qbittorrent = MemoryQBittorrent()
    torrents = [make_torrent(f"Film.{number}") for number in range(len(states))]
    for torrent, state in zip(torrents, states, strict=True):
        qbittorrent.put(torrent, TAG, state=state, complete=state == "uploading")
    return counted([film(torrent.info_hash for torrent in torrents)], qbittorrent.torrents())


def film(hashes: Iterable[str]) -> Movie:
    latest, *earlier = hashes
    release = ChosenRelease(name="", tracker="", id="")
    tried = tuple(TriedRelease(release=release, hash=one, why="", running=True) for one in earlier)
    return Movie(title="Film", torrent_hash=latest, owned=True, tried=tried)


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        (["downloading"], UnderWay(1, 0)),
        (["queuedDL"], UnderWay(1, 0)),
        (["stalledDL"], UnderWay(0, 1)),
        (["stalledDL", "downloading"], UnderWay(1, 0)),
        (["stalledDL", "stoppedDL"], UnderWay(0, 1)),
        (["error", "missingFiles"], UnderWay(0, 0)),
        (["pausedDL"], UnderWay(0, 0)),
        (["uploading"], UnderWay(0, 0)),
    ],
)
def test_only_what_gets_on_is_downloading_and_what_was_stopped_does_not_stall(
    states: list[str], expected: UnderWay
) -> None:
    assert counted_with(*states) == expected
