"""Releases that are not needed any more: which of them may go, and whether their data go with them.

Takes out nothing but an incomplete torrent of ours, one at a time, by its hash. Used by the follow-up.
"""

from collections.abc import Iterable
from pathlib import PurePosixPath, PureWindowsPath
from typing import Protocol

from qbittorrent_manager import TorrentStatus


class LeftoverClient(Protocol):
    """What is asked of qBittorrent."""

    def torrents(self) -> tuple[TorrentStatus, ...]:
        """All torrents."""

    def remove(self, torrent_hash: str, *, with_files: bool) -> bool:
        """Take one of ours out; whether it was there."""


def take_out(client: LeftoverClient, torrent_hash: str) -> bool:
    """Take an incomplete torrent out, with its data unless another torrent has a part in them.

    Looked up anew: it may have been completed, or disowned, since it was seen. False if it stays.
    """
    everything = client.torrents()
    torrent = next((one for one in everything if one.hash == torrent_hash), None)
    if torrent is None or torrent.complete or torrent.progress >= 1:
        return False
    others = (one for one in everything if one.hash != torrent_hash)
    return client.remove(torrent_hash, with_files=not shares_files(torrent, others))


def shares_files(torrent: TorrentStatus, others: Iterable[TorrentStatus]) -> bool:
    """Whether the data of a torrent may belong to another one too, by where they lie."""
    if not torrent.content_path or parts_of(torrent.content_path) == parts_of(torrent.save_path):
        return True  # files without a folder of their own: what else lies there cannot be told
    mine = parts_of(torrent.content_path)
    return any(overlap(mine, parts_of(other.content_path or other.save_path)) for other in others)


def overlap(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether two paths are the same or one lies in the other."""
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]


def parts_of(path: str) -> tuple[str, ...]:
    """A path of qBittorrent's, to be compared; not by case, which many disks do not tell apart."""
    kind = PurePosixPath if path.startswith("/") else PureWindowsPath
    return tuple(part.casefold() for part in kind(path).parts)


def least_done(torrents: Iterable[TorrentStatus]) -> TorrentStatus:
    """The one whose loss costs least."""
    return min(torrents, key=lambda torrent: (torrent.size - torrent.amount_left, torrent.hash))
