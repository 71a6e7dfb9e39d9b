"""Whether a release still fits: free space, less what running torrents have yet to write.

Called by DownloadWorker. On this machine the file system says what is free, for a qBittorrent elsewhere its
own figure does. Deletes nothing, reserves nothing.
"""

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol

from errors import DiskFull, NoSpace
from places import DownloadPlace
from qbittorrent_manager import TorrentStatus
from stalls import STALLED

KEPT_FOR = 30.0
LEAST = 2**30
"""Bytes that must be free for anything to be searched for at all."""

NOT_RUNNING = frozenset({"pausedDL", "stoppedDL", "error", "missingFiles", "unknown"})
"""States of incomplete torrents that nothing comes to."""


class SpaceClient(Protocol):
    """What is asked of qBittorrent."""

    def torrents(self) -> tuple[TorrentStatus, ...]:
        """All torrents."""

    def free_space(self) -> int | None:
        """Free bytes where it saves by default, None where it does not say."""


def still_to_write(torrents: Iterable[TorrentStatus]) -> int:
    """The bytes that running torrents will yet need; one that stalled before its first byte needs none."""
    return sum(
        torrent.amount_left
        for torrent in torrents
        if not torrent.complete
        and torrent.state not in NOT_RUNNING
        and not (torrent.state in STALLED and torrent.amount_left >= torrent.size)
    )


class Room:
    """The space left in the download directory. qBittorrent is asked every `KEPT_FOR` seconds at most."""

    def __init__(
        self, place: DownloadPlace, client: SpaceClient, now: Callable[[], float] = time.time
    ) -> None:
        self._place = place
        self._client = client
        self._now = now
        self._torrents: tuple[TorrentStatus, ...] = ()
        self._listed_at = 0.0
        self._told_free: int | None = None
        self._told_at = 0.0

    def torrents(self) -> tuple[TorrentStatus, ...]:
        """All torrents, as they were listed a moment ago."""
        if not 0 <= self._now() - self._listed_at < KEPT_FOR:
            self._torrents = self._client.torrents()
            self._listed_at = self._now()
        return self._torrents

    def changed(self) -> None:
        """A torrent was added: what was listed before does not hold any more."""
        self._listed_at = self._told_at = 0.0

    def require_some(self) -> None:
        """Raise `DiskFull` while so little is free that no film could be fetched."""
        free = self._free()
        if free is not None and free < LEAST:
            raise DiskFull(
                f"No room {self._where}: {shown(free)} free. Nothing is searched for below "
                f"{shown(LEAST)}; free some space."
            )

    def require(self, size: int) -> None:
        """Raise `NoSpace` when a release of `size` bytes does not fit beside what runs."""
        free = self._free()
        if free is None:
            return
        taken = still_to_write(filter(self._is_here, self.torrents()))
        if free - taken < size:
            running = f", of which running torrents still need {shown(taken)}" if taken else ""
            raise NoSpace(
                f"No room {self._where}: {shown(size)} needed, {shown(free)} free{running}. "
                "Free some space; the film waits."
            )

    @property
    def _where(self) -> str:
        return f"on {self._place.directory}" if self._place.here else "where qBittorrent saves"

    def _free(self) -> int | None:
        if self._place.here:
            return self._place.free()
        if not 0 <= self._now() - self._told_at < KEPT_FOR:
            self._told_free = self._client.free_space()
            self._told_at = self._now()
        return self._told_free

    def _is_here(self, torrent: TorrentStatus) -> bool:
        """Whether a torrent writes to the same disk; on another machine all may."""
        if not self._place.here:
            return True
        try:
            return Path(torrent.save_path).stat().st_dev == self._place.directory.stat().st_dev
        except OSError:
            return self._place.elsewhere


def shown(size: float) -> str:
    """Bytes as a person reads them."""
    return f"{size / 1e9:.1f} GB" if size >= 1e8 else f"{size / 1e6:.1f} MB"
