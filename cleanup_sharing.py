"""Which torrents use the same files on this disk, by whatever way they reach them: links count too.

Made anew for each plan by `cleanup_facts`, and used by its thread. Reads names and links, and no content.
"""

import contextlib
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

from leftovers import overlap, parts_of
from places import DownloadPlace
from qbittorrent_answers import Content
from qbittorrent_manager import TorrentStatus
from shared_path import SharedPath

Parts = tuple[str, ...]


class SharingClient(Protocol):
    """What is asked of qBittorrent."""

    def contents(self, torrent_hash: str) -> tuple[Content, ...]:
        """The files of a torrent."""


class Sharing:
    """All `torrents` as they are now. `shared` is the download directory under both its names."""

    def __init__(
        self,
        client: SharingClient | None,
        torrents: Sequence[TorrentStatus],
        shared: SharedPath,
        place: DownloadPlace,
    ) -> None:
        self.torrents = torrents
        self._client = client
        self._shared = shared
        self._here = place.here
        self._targets: dict[str, tuple[Parts, ...]] = {}

    def other_user(self, status: TorrentStatus, contents: Sequence[Content]) -> str:
        """Another torrent that uses one of its files; one that may, where qBittorrent does not tell."""
        mine = frozenset(self._paths(status, contents))
        near = self._place_of(status)
        for other in self.torrents:
            if other.hash == status.hash:
                continue
            if any(file[: len(target)] == target for target in self._links_of(other) for file in mine):
                return other.name
            if overlap(near, self._place_of(other)):
                theirs = self._contents(other)
                if not theirs or not mine.isdisjoint(self._paths(other, theirs)):
                    return other.name
        return ""

    def user_of(self, path: str) -> str:
        """A torrent that is, holds or lies in a path of this machine, or may; "" if none does."""
        mine = parts_of(os.path.realpath(path))
        for torrent in self.torrents:
            places = (self._place_of(torrent), *self._links_of(torrent))
            if any(overlap(mine, place) for place in places):
                return torrent.name
        return ""

    def _place_of(self, torrent: TorrentStatus) -> Parts:
        path = torrent.content_path or torrent.save_path
        return parts_of(self._local(path) or path)

    def _paths(self, status: TorrentStatus, contents: Iterable[Content]) -> Iterator[Parts]:
        for content in contents:
            path = f"{status.save_path}/{content.name}"
            yield parts_of(self._local(path) or path)

    def _contents(self, torrent: TorrentStatus) -> tuple[Content, ...]:
        return self._client.contents(torrent.hash) if self._client else ()

    def _links_of(self, torrent: TorrentStatus) -> tuple[Parts, ...]:
        """Where symbolic links among its files lead: so a torrent is seeded from files of another one."""
        if torrent.hash not in self._targets:
            targets = (os.path.realpath(link) for link in self._links(torrent))
            self._targets[torrent.hash] = tuple(map(parts_of, targets))
        return self._targets[torrent.hash]

    def _links(self, torrent: TorrentStatus) -> Iterable[Path]:
        top = self._local(torrent.content_path or torrent.save_path)
        if top is None:
            return ()
        if parts_of(torrent.content_path) != parts_of(torrent.save_path):
            return _links_below(top)
        # It has no folder of its own: what else lies there is not its.
        files = (Path(top, content.name) for content in self._contents(torrent))
        return filter(Path.is_symlink, files)

    def _local(self, path: str) -> str | None:
        """A path of qBittorrent's as this disk knows it, without links; None where it is not this disk's."""
        if not self._here:
            return None
        local = self._shared.local_path(path)
        if local is None and self._shared.remote != str(self._shared.local):
            return None
        return os.path.realpath(local or path)


def _links_below(top: str) -> Iterator[Path]:
    """The symbolic links in a folder at any depth, as far as it can be looked into."""
    waiting = [top]
    while waiting:
        with contextlib.suppress(OSError), os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.is_symlink():
                    yield Path(entry.path)
                elif entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
