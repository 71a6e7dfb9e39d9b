"""When a failed film is tried again. Pure."""

from typing import Any

from msgspec.structs import replace

from in_flight import put_aside
from movie import Movie
from queue_files import PENDING
from queue_store import LONGEST_WAIT

NOT_REMOVED: dict[str, Any] = {"removed_at": None, "removed_from": None, "missing_for": 0, "watched_on": None}
"""What a film has that is wanted."""

FRESH: dict[str, Any] = {
    "retry_count": 0,
    "retry_after": 0,
    "last_failed_at": None,
    "not_before": 0,
    "unreachable_at": None,
    "completed_at": None,
    "completed_revision": 0,
    "downloaded_at": None,
    "removed_by_user": False,
    "tried": (),
    "unseen": False,
    **NOT_REMOVED,
}
"""What a film that starts all over has: nothing of its earlier tries."""


def backoff(retry_count: int, base: float, multiplier: float) -> int:
    """Seconds to wait after a failure that left the film at `retry_count`; never above 24 hours."""
    try:
        delay = base * multiplier**retry_count
    except OverflowError:
        return LONGEST_WAIT
    return int(min(delay, LONGEST_WAIT))


def retries_after_failure(movie: Movie) -> int:
    """`retry_count` once this film fails again: retries made, so 0 for the first failure."""
    failed_before = movie.last_failed_at is not None or movie.retry_count > 0
    return movie.retry_count + 1 if failed_before else 0


def from_the_start(movie: Movie, now: int) -> Movie:
    """The film as `--retry` wants it tried.

    Kept is a torrent to be handed over, or taken out, and what is known of those that still run.
    """
    again = movie.release if movie.status == PENDING or movie.removed_by_user else None
    release = replace(again, chosen_at=now) if again else None
    kept = {"release": release, "torrent_hash": movie.torrent_hash if again else None}
    return replace(movie, **{**FRESH, **kept, "tried": put_aside(movie)})
