"""New uploads matched against every wanted film, and searches that are owed: neither costs a film a try.

Owns `latest.json`: when the newest rows were looked at last, and which films are owed a search. A tracker is
asked for its newest rows in one call for all films together. Chooses nothing itself, changes no queue. Used
by DownloadWorker's thread.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
from msgspec.structs import replace

import storage
from download_service import MovieDownloader, Release
from filelist_downloader import ROWS_A_CALL
from film_store import FilmStore, facts_of
from movie import Movie
from names import imdb_number, title_key
from queue_files import FAILED, PENDING
from queue_manager import QueueManager

AFTER_TROUBLE = 60.0
"""Seconds after which newest rows that could not be had are asked for again."""
LEFT_FREE = 50
"""Calls of the hour that searches which nobody waits for leave to others."""


class UploadMemory(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`polled_at`: when the newest rows were seen last (unix seconds); `owed`: ids of films to search for."""

    polled_at: int = 0
    owed: tuple[str, ...] = ()


@dataclass(frozen=True)
class UploadRules:
    """Seconds between looks at the newest rows, and between searches for a permanent failure; 0: never."""

    interval: float
    recheck: float
    max_retries: int


class Uploads:
    """What comes to wanted films without their asking. `downloader` is the tracker that is looked at."""

    def __init__(
        self,
        downloader: MovieDownloader,
        queue: QueueManager,
        folder: Path,
        rules: UploadRules,
        now: Callable[[], float],
    ) -> None:
        self._downloader = downloader
        self.service = downloader.name
        self._queue = queue
        self._films = FilmStore(folder / "films.json")
        self._path = folder / "latest.json"
        self._rules = rules
        self._now = now
        self._after_trouble = min(AFTER_TROUBLE, rules.interval)
        self._spent: set[tuple[str, str]] = set()
        self._not_before = 0.0

    def begin(self) -> None:
        """Where nobody ever looked: every wanted film is searched for now anyway, so the interval starts."""
        if self._rules.interval and self._wanted() and not self._memory().polled_at:
            self._write(UploadMemory(polled_at=int(self._now())))

    @property
    def due(self) -> bool:
        """Whether the newest rows are to be looked at now: some film is wanted, and the interval is over."""
        moment = self.next_due()
        return moment is not None and moment <= self._now()

    def next_due(self) -> float | None:
        """Unix time of the next look; None while no film is wanted. A clock set back does not postpone it."""
        if not (self._rules.interval and self._wanted()):
            return None
        polled_at, now = self._memory().polled_at, self._now()
        due = now if polled_at > now else polled_at + self._rules.interval
        return max(due, self._not_before if self._not_before <= now + self._after_trouble else 0.0)

    def spent(self, movie: Movie, rows: Iterable[Release]) -> None:
        """These rows came to nothing for the film: they are not offered to it again by this process."""
        self._spent |= {(movie.id, row.id) for row in rows}

    def look(self) -> dict[str, tuple[Release, ...]]:
        """Look at the newest rows, in one call: those that fit a wanted film, by its id.

        Raises `ServiceError`. Where rows may have been missed since the last look every wanted film is owed
        a search.
        """
        self._not_before = self._now() + self._after_trouble
        rows = self._downloader.latest()
        self._not_before = 0.0
        memory, wanted = self._memory(), self._wanted()
        missed = [movie.id for movie in wanted] if has_gap(rows, memory.polled_at) else []
        owed = tuple(dict.fromkeys([*memory.owed, *missed]))
        self._write(UploadMemory(polled_at=int(self._now()), owed=owed))
        offers, keyed = {}, [(row, title_key(row.name)) for row in rows]
        for movie in wanted:
            facts = facts_of(self._films, movie)
            near = likely(keyed, movie, facts.alternative_titles if facts else ())
            mine = tuple(row for row in near if (movie.id, row.id) not in self._spent)
            name_proves = not self._queue.has_namesake(movie)
            if mine and self._downloader.fits(movie, mine, name_proves=name_proves, facts=facts):
                offers[movie.id] = mine
        return offers

    def next_owed(self) -> Movie | None:
        """A film that is owed a search which no failure of its own asks for, if there are calls to spare."""
        memory, wanted = self._memory(), {movie.id: movie for movie in self._wanted()}
        gone = set(memory.owed) - wanted.keys()
        if gone:
            self._write(replace(memory, owed=tuple(key for key in memory.owed if key not in gone)))
        due = [*(key for key in memory.owed if key in wanted), *self._rechecks(wanted.values())]
        if not due or self._downloader.calls_left() <= LEFT_FREE:
            return None
        return wanted[due[0]]

    def paid(self, movie: Movie) -> None:
        """The film was searched for: nothing is owed any more."""
        memory = self._memory()
        if movie.id in memory.owed:
            self._write(replace(memory, owed=tuple(key for key in memory.owed if key != movie.id)))

    def _wanted(self) -> list[Movie]:
        return [*self._queue.films(PENDING), *self._queue.films(FAILED)]

    def _rechecks(self, wanted: Iterable[Movie]) -> list[str]:
        now, after = self._now(), self._rules.recheck
        return [
            movie.id
            for movie in wanted
            if after
            and movie.status == FAILED
            and movie.retry_count >= self._rules.max_retries
            and not 0 <= now - (movie.last_failed_at or 0) < after
        ]

    def _memory(self) -> UploadMemory:
        return storage.read_json(self._path, UploadMemory, UploadMemory())

    def _write(self, memory: UploadMemory) -> None:
        storage.write_json(self._path, memory)


def has_gap(rows: Sequence[Release], polled_at: int) -> bool:
    """Whether uploads since the last look may be missing: a full answer whose oldest row is newer than it."""
    known = [row.uploaded_at for row in rows if row.uploaded_at is not None]
    return bool(polled_at and known) and len(rows) >= ROWS_A_CALL and min(known) > polled_at


def likely(rows: Iterable[tuple[Release, str]], movie: Movie, titles: Sequence[str]) -> tuple[Release, ...]:
    """The rows that may be of a film: of its IMDb id, or with one of its titles somewhere in their names.

    `rows` come with the `title_key` of their names. A quick look that leaves out nothing which the rules
    would accept; they decide afterwards.
    """
    number = imdb_number(movie.imdb_id) if movie.imdb_id else None
    known = (movie.title, movie.original_title, *titles)
    keys = {title_key(form) for title in known if title for form in (title, title.partition(":")[0])} - {""}
    return tuple(
        row
        for row, name in rows
        if (number and row.imdb_id and imdb_number(row.imdb_id) == number) or any(key in name for key in keys)
    )
