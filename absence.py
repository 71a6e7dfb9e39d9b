"""A torrent of ours that qBittorrent does not list: not listed yet, lost, taken over or removed by the user.

Used by the follow-up, in memory only; a film's record says whether its torrent was never seen (`unseen`).
qBittorrent lists few torrents while it is still loading them, and one that was killed right after it took a
torrent has forgotten it: neither is the user's doing.
"""

import enum
from typing import Protocol

from movie import Movie

STEADY, AFTER_RESTART = 4.0, 30.0
"""Seconds for which a torrent is missing before that means anything: on one connection, and on a new one."""
MAY_COME_BACK = 600.0
SAVED_AFTER = 1.0
"""Seconds after which qBittorrent has a new torrent on its disk; 4.5 lists one some 20 ms before that."""


class Verdict(enum.Enum):
    """What to make of a torrent that is not among ours."""

    WAIT = "too early to say"
    LOST = "qBittorrent was restarted right after it took it"
    DISOWNED = "it is there without our tag"
    REMOVED = "the user removed it"


class Connection(Protocol):
    """What is asked of the client."""

    @property
    def connections(self) -> int:
        """How often it had to be connected to."""


class Absences:
    """When torrents were missed first, and on which connection they were seen last."""

    def __init__(self, client: Connection) -> None:
        self._client = client
        self._since: dict[str, float] = {}
        self._seen_on: dict[str, int] = {}
        self._handed_on: dict[str, int] = {}
        self._handed_at: dict[str, float] = {}
        self._removed: dict[str, float] = {}

    def handed_over(self, torrent_hash: str, now: float) -> None:
        """It was handed over on this connection."""
        self._handed_on[torrent_hash] = self._client.connections
        self._handed_at[torrent_hash] = now
        self._since.pop(torrent_hash, None)

    def seen(self, torrent_hash: str, now: float, *, unseen: bool) -> bool:
        """It is there, and ours; `unseen`: for the first time. Whether qBittorrent has it for good by now."""
        self._since.pop(torrent_hash, None)
        saved = now - self._handed_at.setdefault(torrent_hash, now if unseen else 0.0) >= SAVED_AFTER
        if saved:
            self._seen_on[torrent_hash] = self._client.connections
        return saved

    def is_sure(self, torrent_hash: str, now: float) -> bool:
        """Whether it was missed for so long that it is gone; each call is a look that missed it."""
        since = min(self._since.setdefault(torrent_hash, now), now)
        last = self._seen_on.get(torrent_hash, self._handed_on.get(torrent_hash))
        margin = STEADY if last == self._client.connections else AFTER_RESTART
        return now - since >= margin

    def judge(self, torrent_hash: str, *, there: bool, unseen: bool) -> Verdict:
        """What became of one that is surely gone from ours; `there`: it is in qBittorrent all the same.

        `unseen`: no look saw it since it was, or was to be, handed over.
        """
        if there:
            return Verdict.DISOWNED
        if unseen and self._handed_on.get(torrent_hash) != self._client.connections:
            return Verdict.LOST
        return Verdict.REMOVED

    def removed(self, movie: Movie, now: float) -> None:
        """A film was marked as removed by the user just now."""
        self._removed[movie.id] = now

    def may_come_back(self, movie: Movie, now: float) -> bool:
        """Whether that was so short ago that it is looked for still, in case it was too early."""
        return movie.removed_by_user and 0 <= now - self._removed.get(movie.id, 0.0) < MAY_COME_BACK
