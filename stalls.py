"""Which torrents stand still, and for how long. Pure: what one look saw becomes what the next compares with.

qBittorrent calls a torrent stalled also while data flows slowly, or between two of its own refreshes. So time
counts only from one look to the next that finds the same: stalled both times, and not one byte more.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from qbittorrent_manager import TorrentStatus

STALLED = frozenset({"stalledDL", "metaDL"})
LONGEST_STEP = 3600.0
"""The most seconds between two looks that count: what happened in a longer pause nobody saw."""


@dataclass(frozen=True)
class Seen:
    """A torrent at a look: its state, the bytes it lacked, the seconds for which none came."""

    state: str
    left: int
    at: float
    still_for: float = 0.0


def is_standing(torrent: TorrentStatus, before: Seen | None) -> bool:
    """Whether it stood still from the last look to this one."""
    stalled = before is not None and {torrent.state, before.state} <= STALLED
    return stalled and before is not None and torrent.amount_left >= before.left


def seen_now(
    before: Mapping[str, Seen], torrents: Iterable[TorrentStatus], now: float, *, online: bool
) -> dict[str, Seen]:
    """What this look saw, by hash. Time in which qBittorrent was not `online` does not count."""
    seen = {}
    for torrent in torrents:
        known = before.get(torrent.hash)
        still_for = 0.0
        if known is not None and torrent.amount_left >= known.left:
            step = min(max(now - known.at, 0.0), LONGEST_STEP)
            still_for = known.still_for + (step if online and is_standing(torrent, known) else 0.0)
        seen[torrent.hash] = Seen(torrent.state, torrent.amount_left, now, still_for)
    return seen
