"""Films that a reading showed for the first time: their pages are read, then they enter a queue.

Called by MonitorWorker, one film at a time, so that the first download can start while other pages are
still to be read. Wanted is state: what is dropped here is shown again by the next reading.
"""

import logging
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Protocol

from msgspec.structs import replace

from errors import FilmFault, PlaceUnavailable, RefusedForNow, ServiceUnavailable, StateWriteError
from library import Library, find_entry
from movie import FilmFacts, ListedFilm, Movie
from places import DownloadPlace
from queue_files import PENDING
from queue_manager import QueueManager
from reading import Reading

logger = logging.getLogger(__name__)

PAGE_TRIES = 2
PROGRESS_EVERY = 60.0


class FilmPages(Protocol):
    """Where the facts of a film come from."""

    def facts(self, film: ListedFilm) -> FilmFacts:
        """What is known of a film. Raises `ServiceError` or `FilmFault`."""

    def known_facts(self, film: ListedFilm) -> FilmFacts | None:
        """The same without asking anybody."""


class WatchlistSource(FilmPages, Protocol):
    """Where films come from: the web or an export. `online` is whether Letterboxd is asked for them."""

    online: bool

    def read_watchlist(self) -> Reading:
        """Read the list now; trouble with the service is part of the reading."""


class NewFilms:
    """The films still to be looked up, in the order of the list."""

    def __init__(
        self,
        pages: FilmPages,
        queue: QueueManager,
        library: Library,
        place: DownloadPlace,
        say: Callable[[str], None],
        now: Callable[[], float] = time.time,
    ) -> None:
        self._pages = pages
        self._queue = queue
        self._library = library
        self._place = place
        self._say = say
        self._now = now
        self._waiting: deque[Movie] = deque()
        self._failures: dict[str, int] = {}
        self._pageless: set[str] = set()
        self._progress_at = 0.0

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def waiting(self) -> tuple[Movie, ...]:
        """The films themselves."""
        return tuple(self._waiting)

    def expect(self, movies: Iterable[Movie]) -> None:
        """Take the films of a new reading in place of those of the last one; known series are left out.

        Films that were added by their IMDb id alone come along, until their page told their title.
        """
        untitled = [m for m in self._queue.films(PENDING) if m.untitled and m.id not in self._pageless]
        self._waiting = deque(m for m in (*movies, *untitled) if not self._known_series(m))
        self._progress_at = self._now() + PROGRESS_EVERY

    def look_up_next(self) -> None:
        """Read one film's page and queue the film. Raises `ServiceError`, having lost nothing.

        A film whose page failed twice, or is none of a film, is queued by what the list says.
        """
        movie = self._waiting.popleft()
        try:
            self._look_up(movie)
        except (RefusedForNow, StateWriteError):
            # Nothing of the film's own: it is the next one again.
            self._waiting.appendleft(movie)
            raise

    def _look_up(self, movie: Movie) -> None:
        try:
            facts = self._pages.facts(as_listed(movie))
        except FilmFault as error:
            logger.warning("movie=%s film page: %s", movie.label, error)
            self._pageless.add(movie.id)
            self._again_or_as_listed(movie)
            return
        except ServiceUnavailable:
            self._again_or_as_listed(movie)
            raise
        if facts.kind == "series":
            self._say(f"   ⊘ Skipped: {movie.label} - a series, not a film")
            return
        self._enter(with_facts(movie, facts))
        self._say_progress()

    def _known_series(self, movie: Movie) -> bool:
        facts = self._pages.known_facts(as_listed(movie))
        return facts is not None and facts.kind == "series"

    def _again_or_as_listed(self, movie: Movie) -> None:
        key = movie.film_id or movie.slug or movie.label
        self._failures[key] = self._failures.get(key, 0) + 1
        if self._failures[key] < PAGE_TRIES:
            self._waiting.append(movie)
        else:
            del self._failures[key]
            self._enter(movie)

    def _enter(self, movie: Movie) -> None:
        if self._queue.find(movie) is None and self._on_disk(movie):
            self._queue.add_to_completed(replace(movie, owned=False, downloaded_at=int(self._now())))
            self._say(f"   ⊘ Skipped: {movie.label} - already downloaded")
        elif self._queue.add_to_pending(movie):
            self._say(f"   ✓ Added: {movie.label}")

    def _on_disk(self, movie: Movie) -> bool:
        if not self._place.here:
            return False
        try:
            self._place.check()
            entries = self._library.entries()
        except PlaceUnavailable:
            # Unknown is not "there": DownloadWorker looks again, and tells the user about the place.
            return False
        return find_entry(movie, entries, name_proves=not self._queue.has_namesake(movie)) is not None

    def _say_progress(self) -> None:
        now = self._now()
        if self._waiting and now >= self._progress_at:
            self._progress_at = now + PROGRESS_EVERY
            self._say(f"   … {len(self._waiting)} new films still to be looked up")


def as_listed(movie: Movie) -> ListedFilm:
    """The film as its list shows it."""
    return ListedFilm(
        title=movie.title,
        year=movie.year,
        film_id=movie.film_id,
        lid=movie.lid,
        slug=movie.slug,
        imdb_id=movie.imdb_id if movie.untitled else None,
    )


def with_facts(movie: Movie, facts: FilmFacts) -> Movie:
    """A listed film with what its page says, which knows better than the list."""
    return replace(
        movie,
        title=facts.title or movie.title,
        year=facts.year or movie.year,
        original_title=facts.original_title,
        director=", ".join(facts.directors),
        imdb_id=facts.imdb_id,
        film_id=movie.film_id or facts.film_id,
        lid=movie.lid or facts.lid,
        slug=movie.slug or facts.slug,
    )
