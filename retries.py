"""When a failed film is tried again. Pure."""

from movie import Movie
from queue_store import LONGEST_WAIT


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
