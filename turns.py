"""Whose turn it is: films not out yet, films without an answer, and when silence is a film's own failure.

Pure: records and `now` in, decisions out; called by DownloadWorker. A tracker that gives no answer about a
film costs it nothing, for it may be down; only if it answered about others in between is it the film. A film
that was tried without an outcome never stands before one that was not.
"""

from collections.abc import Container, Iterable, Mapping
from datetime import UTC, datetime

from movie import FilmFacts, Movie
from queue_files import COMPLETED


def is_not_out(movie: Movie, facts: FilmFacts | None, now: float) -> bool:
    """Whether a film of a list cannot be had yet: year or release date lie ahead, or Letterboxd has no year.

    A film that was added by hand may lack a year for other reasons.
    """
    if movie.year is None:
        return bool(movie.film_id or movie.lid or movie.slug)
    today = datetime.fromtimestamp(now, UTC)
    released = facts.released if facts else None
    return movie.year > today.year or bool(released and released > f"{today:%Y-%m-%d}")


def without_outcome(pending: Iterable[Movie], tried: Mapping[str, int]) -> list[Movie]:
    """The films that got no answer, or that `tried` (id to revision after the attempt) holds unchanged.

    One that was changed since, because a user put it first perhaps, has its turn like a new one.
    """
    return [
        movie
        for movie in pending
        if movie.unreachable_at is not None or tried.get(movie.id) == movie.revision
    ]


def next_again(tried: Iterable[Movie], held: Container[str], now: float) -> Movie | None:
    """Of pending films tried without an outcome, the one to try again: that was tried longest ago."""
    ready = [movie for movie in tried if movie.not_before <= now and movie.id not in held]
    # An attempt begins with a write of the film's record, so that revisions are in the order of attempts.
    return min(ready, key=lambda movie: movie.revision, default=None)


def got_no_answer_before(movie: Movie) -> bool:
    """Whether a tracker left this film without an answer earlier, since its last failure of its own."""
    return movie.unreachable_at is not None and movie.unreachable_at > (movie.last_failed_at or 0)


def others_got_through(movie: Movie, others: Iterable[Movie]) -> bool:
    """Whether a tracker answered about another film after it had given no answer about this one."""
    mark = (movie.unreachable_at or 0, movie.unreachable_revision)
    # A completed film is written again while it is followed.
    return any(
        (moment, other.completed_revision or other.revision) > mark
        for other in others
        if other.id != movie.id and (moment := answered_at(other)) is not None
    )


def answered_at(movie: Movie) -> int | None:
    """When a tracker last answered about this film, with a release or without; None if it never did."""
    if movie.status == COMPLETED:
        return movie.completed_at if movie.release else None
    return movie.last_failed_at if movie.unreachable_at is None else None
