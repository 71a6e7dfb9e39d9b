"""Films whose pages are to be read: new ones, which then enter a queue, and those due to be read again.

Called by MonitorWorker, one film at a time, so that the first download can start while other pages are
still to be read. A page that fails costs the film its turn, and is the film's own fault only where Letterboxd
gives other answers meanwhile. Wanted is state: what is dropped here is shown again by the next reading.
"""

import dataclasses
import logging
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from msgspec.structs import replace

from diary_feed import Watched
from errors import FilmFault, PlaceUnavailable, RateLimited, RefusedForNow, ServiceError, StateWriteError
from film_store import film_key, film_of_key
from identity import listed
from library import Library, find_wanted
from movie import FilmFacts, ListedFilm, Movie
from places import DownloadPlace
from queue_files import COMPLETED, FAILED, PENDING, REMOVED
from queue_manager import QueueManager
from reading import Reading
from report import lookup_line

logger = logging.getLogger(__name__)

PAGE_TRIES = 2
RATE_LIMITED_TRIES = 4
"""Too many requests say little about the film that was asked for."""
WORTH_TELLING = 5
_THE_LIST = "the list"


class FilmPages(Protocol):
    """Where the facts of a film come from."""

    def facts(self, film: ListedFilm) -> FilmFacts:
        """What is known of a film. Raises `ServiceError` or `FilmFault`."""

    def known_facts(self, film: ListedFilm) -> FilmFacts | None:
        """The same without asking anybody."""

    def is_outdated(self, film: ListedFilm, *, by_time: bool = True) -> bool:
        """Whether `facts` would ask for the film's page now; without `by_time` only if it was renamed."""

    def failures(self, film: ListedFilm) -> int:
        """How often in a row the film's page failed, over runs."""

    def failed(self, film: ListedFilm) -> int:
        """The film's page failed once more: how often in a row by now."""

    def gave_up(self, film: ListedFilm) -> None:
        """The film's page cannot be read: leave it alone for a while."""


class WatchlistSource(FilmPages, Protocol):
    """Where films come from: the web or an export. `online` is whether Letterboxd is asked for them."""

    online: bool

    def read_watchlist(self, is_known: Callable[[str], bool]) -> Reading:
        """Read the list now; trouble with the service is part of the reading.

        `is_known` says whether a film of an earlier reading, by its key, has a place in the queues.
        """

    def watched(self) -> tuple[Watched, ...]:
        """The latest entries of the member's public diary, if there is one. Raises `ServiceError`."""


class NewFilms:
    """The films still to be looked up, in the order of the list, those whose pages failed at the end.

    `tell` gets a line on how far that is, empty at its end, and the share that is done.
    """

    def __init__(
        self,
        pages: FilmPages,
        queue: QueueManager,
        library: Library,
        place: DownloadPlace,
        say: Callable[[str], None],
        tell: Callable[[str, float], None],
        now: Callable[[], float] = time.time,
    ) -> None:
        self._pages = pages
        self._queue = queue
        self._library = library
        self._place = place
        self._say = say
        self._tell = tell
        self._now = now
        self._waiting: dict[str, _Wanted] = {}
        self._unanswered = {_THE_LIST}
        self._total = 0
        self._started_at = 0.0

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def waiting(self) -> tuple[Movie, ...]:
        """The films that are in no queue yet."""
        return tuple(wanted.movie for wanted in self._waiting.values() if wanted.new)

    @property
    def coming(self) -> Movie:
        """The film that is looked up next."""
        return next(iter(self._waiting.values())).movie

    def expect(
        self, unknown: Iterable[Movie], shown: Iterable[ListedFilm] = (), *, whole: bool = True
    ) -> int:
        """Take the films of a reading, in place of those of the last one if it is the `whole` list.

        `unknown` are in no queue, `shown` is what the list shows. Returns how many are new since the last
        reading. Known series are left out. Films whose pages are to be read again come after new ones: those
        that the list names otherwise than before, and those in the queues that lack something. Before them
        comes one that was added by its id alone, whose page tells its title.
        """
        before = self._waiting
        new = _by_key(_Wanted(movie, as_listed(movie), new=True) for movie in unknown)
        new = {key: wanted for key, wanted in new.items() if not self._is_series(wanted.film)}
        known = {key for key, wanted in before.items() if wanted.new}
        kept = {} if whole else {key: before[key] for key in before if key in known - new.keys()}
        self._await({**new, **kept, **_by_key(self._due_again(shown))}, before)
        return len(new.keys() - known)

    def notice_untitled(self) -> bool:
        """Take films that were added meanwhile by nothing but an id or address; whether there are any."""
        bare = filter(_is_bare, self._queue.films(PENDING))
        wanted = _by_key(_Wanted(movie, as_listed(movie)) for movie in bare)
        due = {key: one for key, one in wanted.items() if self._pages.is_outdated(one.film)}
        self._await({**self._waiting, **due}, self._waiting)
        return bool(self._waiting)

    def _await(self, wanted: dict[str, "_Wanted"], before: dict[str, "_Wanted"]) -> None:
        """Look these up, those whose pages failed after all others."""
        failures = {key: self._pages.failures(one.film) for key, one in wanted.items()}
        order = sorted(wanted, key=lambda key: (failures[key], wanted[key].rank))
        done = self._total - len(before) if before else 0
        if not before:
            self._started_at = self._now()
        self._waiting = {key: wanted[key] for key in order}
        self._total = done + len(wanted)

    def note_answer(self, *, good: bool) -> None:
        """What became of a reading of the list: how failures of pages are judged depends on it."""
        if good:
            self._unanswered.clear()
        else:
            self._unanswered.add(_THE_LIST)

    def _due_again(self, shown: Iterable[ListedFilm]) -> Iterator["_Wanted"]:
        on_list = {known.id: film for film in shown if (known := self._queue.find(listed(film, "")))}
        for queue in (PENDING, FAILED, COMPLETED):
            for movie in self._queue.films(queue):
                film = on_list.get(movie.id) or self._listing(movie)
                # What is there already needs no IMDb id any more, but its name is to be right.
                if _has_page(movie) and self._pages.is_outdated(film, by_time=queue != COMPLETED):
                    yield _Wanted(movie, film)

    def _listing(self, movie: Movie) -> ListedFilm:
        """The film as its list showed it last."""
        film = as_listed(movie)
        facts = self._pages.known_facts(film)
        if facts is None or facts.listed is None:
            return film
        slug, title, year = facts.listed
        return dataclasses.replace(film, title=title, year=year, slug=film.slug or slug)

    def is_known(self, key: str) -> bool:
        """Whether the film that an earlier reading knew by this key is wanted, about to be, or never will be.

        One in the removed queue is not: a reading that shows it has to bring it back.
        """
        if key in self._waiting and self._waiting[key].new:
            return True
        film = film_of_key(key)
        known = self._queue.find(listed(film, ""))
        return self._is_series(film) or (known is not None and known.status != REMOVED)

    def look_up_next(self) -> None:
        """Read one film's page and queue the film. Raises `ServiceError`, having lost nothing.

        A film whose page keeps failing while others are read, or is none of a film, is queued by what the
        list says.
        """
        key = next(iter(self._waiting))
        wanted = self._waiting.pop(key)
        try:
            self._look_up(key, wanted)
        except StateWriteError:
            # Nothing of the film's own: it is the next one again.
            self._waiting = {key: wanted, **self._waiting}
            raise
        finally:
            self._tell_progress()

    def _tell_progress(self) -> None:
        """A few pages are no work to speak of."""
        total, done = self._total, self._total - len(self._waiting)
        over = done == total or total < WORTH_TELLING
        line = "" if over else lookup_line(done, total, self._now() - self._started_at)
        self._tell(line, done / total)

    def _look_up(self, key: str, wanted: "_Wanted") -> None:
        try:
            facts = self._pages.facts(wanted.film)
        except FilmFault as error:
            logger.warning("movie=%s film page: %s", wanted.movie.label, error)
            self._unanswered.clear()
            self._failed(key, wanted, error)
            return
        except ServiceError as error:
            try:
                self._failed(key, wanted, error)
            except StateWriteError as trouble:
                # What the service said is to be heeded all the same; the next write meets this trouble too.
                logger.warning("%s", trouble)
                self._waiting[key] = wanted
            raise
        self._unanswered.clear()
        if facts.kind == "series":
            self._leave_out(wanted)
        elif wanted.new:
            self._enter(with_facts(wanted.movie, facts))
        else:
            self._correct(wanted.movie, facts)

    def _failed(self, key: str, wanted: "_Wanted", error: FilmFault | ServiceError) -> None:
        """It is another film's turn; unless this failure is the film's own, and not the first one."""
        times = self._pages.failed(wanted.film)
        most = RATE_LIMITED_TRIES if isinstance(error, RateLimited) else PAGE_TRIES
        if times >= most and self._is_own(key, error):
            self._pages.gave_up(wanted.film)
            if wanted.new:
                self._enter(wanted.movie)
            return
        self._waiting[key] = wanted
        if isinstance(error, ServiceError):
            self._unanswered.add(key)

    def _is_own(self, key: str, error: FilmFault | ServiceError) -> bool:
        """Whether a page failed because of the film, as far as the other answers of Letterboxd tell.

        A refusal may be meant for all, so there has to be an answer since this film was refused last. Of a
        page that merely does not come it is enough that no other failed besides.
        """
        if isinstance(error, FilmFault):
            return True
        return not (self._unanswered if isinstance(error, RefusedForNow) else self._unanswered - {key})

    def _is_series(self, film: ListedFilm) -> bool:
        facts = self._pages.known_facts(film)
        return facts is not None and facts.kind == "series"

    def _leave_out(self, wanted: "_Wanted") -> None:
        self._say(f"   ⊘ Skipped: {wanted.movie.label} - a series, not a film")
        if not wanted.new and wanted.movie.status != COMPLETED:
            self._queue.forget(wanted.movie, "a series, not a film")

    def _correct(self, movie: Movie, facts: FilmFacts) -> None:
        better = self._queue.correct(with_facts(movie, facts))
        if better.label != movie.label:
            self._say(f"   ✎ {movie.label} is {better.label} now")

    def _enter(self, movie: Movie) -> None:
        if self._queue.find(movie) is None and not movie.unread and self._on_disk(movie):
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
        facts = self._pages.known_facts(as_listed(movie))
        return find_wanted(movie, self._queue, entries, facts=facts) is not None


@dataclass(frozen=True)
class _Wanted:
    """A film to be looked up, and as what its list shows it; `new` is one that is in no queue."""

    movie: Movie
    film: ListedFilm
    new: bool = False

    @property
    def rank(self) -> int:
        """Its turn: first what nothing but the page can name, then new films, then what is known already."""
        return 0 if _is_bare(self.movie) else 1 if self.new else 2


def _by_key(films: Iterable[_Wanted]) -> dict[str, _Wanted]:
    return {film_key(wanted.film): wanted for wanted in films}


def _is_bare(movie: Movie) -> bool:
    return movie.untitled or movie.unread


def _has_page(movie: Movie) -> bool:
    """Whether the address of its page is known."""
    return bool(movie.slug or movie.untitled)


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
    """A listed film with what its page says, which knows better than the list.

    A list cannot tell a year from the end of a title like "Rerun (1984)"; the page can.
    """
    return replace(
        movie,
        title=facts.title or movie.title,
        year=facts.year or (None if facts.title == movie.label else movie.year),
        original_title=facts.original_title,
        director=", ".join(facts.directors),
        imdb_id=facts.imdb_id,
        film_id=movie.film_id or facts.film_id,
        lid=movie.lid or facts.lid,
        slug=movie.slug or facts.slug,
    )
