"""From handed over to there: asks qBittorrent for our running torrents and notes those that are complete.

Called by DownloadWorker. One request for all of them; asks soon after a hand-over, then less and less
often, at most once a minute, and not at all while nothing of ours runs. Changes nothing in qBittorrent.
"""

import time
from collections.abc import Callable
from typing import Protocol

from movie import Movie
from qbittorrent_manager import TorrentStatus
from queue_files import COMPLETED
from queue_manager import QueueManager
from services import Services

SOONEST, LATEST = 2.0, 60.0


class OurTorrents(Protocol):
    """What the follow-up asks of qBittorrent."""

    def ours(self) -> tuple[TorrentStatus, ...]:
        """The torrents with our tag."""


def running(completed: list[Movie]) -> list[Movie]:
    """The films we added ourselves that are not known to be on the disk yet."""
    return [
        m for m in completed if m.owned and m.torrent_hash and not m.downloaded_at and not m.removed_by_user
    ]


class FollowUp:
    """Follows films until they are on the disk."""

    def __init__(
        self,
        queue: QueueManager,
        client: OurTorrents,
        services: Services,
        say: Callable[[str], None],
        now: Callable[[], float] = time.time,
    ) -> None:
        self._queue = queue
        self._client = client
        self._services = services
        self._say = say
        self._now = now
        self._interval = SOONEST
        self._next_look = 0.0
        self._state_proven = False

    def doubt_state(self) -> None:
        """State could not be written: the next look proves that it can before it asks anybody."""
        self._state_proven = False

    def hurry(self) -> None:
        """Something was just handed over: look again soon."""
        self._interval = SOONEST
        self._next_look = min(self._next_look, self._now() + SOONEST)

    def next_due(self) -> float | None:
        """When to look again, or None while nothing runs."""
        return self._next_look if running(self._queue.films(COMPLETED)) else None

    def look(self) -> bool:
        """If it is time, ask, and note what became complete. Raises what stands in the way of asking.

        True if qBittorrent was asked.
        """
        now = self._now()
        if now < self._next_look <= now + LATEST:
            return False
        films = running(self._queue.films(COMPLETED))
        if not films:
            return False
        if not self._state_proven:
            self._queue.note(films[0], COMPLETED)
            self._state_proven = True
        self._next_look = now + self._interval
        self._interval = min(2 * self._interval, LATEST)
        by_hash = {h: torrent for torrent in self._client.ours() for h in hashes_of(torrent)}
        self._services.succeeded("qbittorrent")
        for movie in films:
            torrent = by_hash.get(movie.torrent_hash or "")
            if torrent is not None and torrent.complete:
                self._queue.note(movie, COMPLETED, "downloaded", downloaded_at=int(now))
                self._say(f"✅ Download completed: {movie.label}")
        return True


def hashes_of(torrent: TorrentStatus) -> set[str]:
    """Every 40-digit id this torrent may be known by."""
    return {h[:40].lower() for h in (torrent.hash, torrent.infohash_v1, torrent.infohash_v2) if h}
