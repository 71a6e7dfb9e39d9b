"""What is already there: the films in the library directories, and whether a wanted one is among them.

Called by both workers; reads directories, never writes into them or deletes. What was read is kept, and only
what changed is read again. A directory that cannot be read is "unknown" and raises `PlaceUnavailable`: taking
it for empty would fetch a whole library again. `library_match` has the rule by which an entry is a film.
"""

import threading
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path
from typing import Protocol

from msgspec.structs import replace

from library_folders import UnknownFolder, entries_of
from library_index import Entries, Match, find_all, find_entry
from library_match import Entry, Proof, torrent_entry
from library_scan import Tree, unknown
from movie import FilmFacts, Movie
from places import FilledPlaces

__all__ = [
    "Entries",
    "Entry",
    "Library",
    "Match",
    "Proof",
    "film_entries",
    "find_all",
    "find_copies",
    "find_entry",
    "find_wanted",
    "torrent_entry",
]

KEPT_FOR = 30.0
"""Seconds for which nothing is looked at again."""
WHOLE_AFTER = 3600.0
"""Seconds after which every folder is read again: some network drives do not tell by a time what changed."""


class Namesakes(Protocol):
    """The films that are known."""

    def has_namesake(self, movie: Movie) -> bool:
        """Whether another film has exactly this title and year."""


def find_wanted(
    movie: Movie,
    known: Namesakes,
    *among: Iterable[Entry],
    facts: FilmFacts | None = None,
    without: Collection[str] = (),
) -> Entry | None:
    """The entry that is this film, in view of the films of its name that are known; else as `find_entry`.

    Where one is known that came out a year before or after, a name counts only with its very year.
    """
    found = find_copies(movie, known, *among, facts=facts, without=without)
    return found[0].entry if found else None


def find_copies(
    movie: Movie,
    known: Namesakes,
    *among: Iterable[Entry],
    facts: FilmFacts | None = None,
    without: Collection[str] = (),
) -> tuple[Match, ...]:
    """Every entry that is this film by the rule of `find_wanted`, the best proven ones first."""
    years = {movie.year - 1, movie.year + 1, None} if movie.year else set()
    return find_all(
        movie,
        *among,
        facts=facts,
        name_proves=not known.has_namesake(movie),
        exact_year=any(known.has_namesake(replace(movie, year=year)) for year in years),
        without=without,
    )


class Library:
    """The films below some directories, of which those in `leave_out` are not looked into.

    With `filled`, a directory that held something once and is empty now counts as not mounted.
    """

    def __init__(
        self,
        directories: Sequence[Path],
        monotonic: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
        *,
        leave_out: Sequence[Path] = (),
        filled: FilledPlaces | None = None,
    ) -> None:
        self._trees = [Tree(str(place), [str(path) for path in leave_out]) for place in directories]
        self._monotonic = monotonic
        self._now = now
        self._filled = filled
        self._lock = threading.Lock()
        self._entries = Entries()
        self._looked_at: float | None = None
        self._read_at: float | None = None

    def entries(self) -> Entries:
        """Everything film-like that lies there; the same object while nothing changes.

        Raises `PlaceUnavailable`, also for a folder in it that may hold films and cannot be looked into.
        """
        with self._lock:
            moment = self._monotonic()
            if self._looked_at is None or moment - self._looked_at > KEPT_FOR:
                self._refresh(moment)
            return self._entries

    @property
    def listings(self) -> int:
        """How many folders were read so far."""
        return sum(tree.listings for tree in self._trees)

    def _refresh(self, moment: float) -> None:
        again = self._read_at is None or moment - self._read_at > WHOLE_AFTER
        # Until all went well nothing is known.
        was_known, self._looked_at = self._looked_at is not None, None
        for tree in self._trees:
            tree.refresh(self._now(), again=again)
            if self._filled is not None:
                self._filled.check(Path(tree.root))
        if again:
            self._read_at = moment
        if not was_known or any(tree.changed for tree in self._trees):
            self._entries = self._collect()
        self._looked_at = moment

    def _collect(self) -> Entries:
        kept = {entry.where: entry for entry in self._entries}
        found: dict[str, Entry] = {}
        for tree in self._trees:
            try:
                for entry in entries_of(tree.folder()):
                    before = kept.get(entry.where)
                    found[entry.where] = before if before == entry else entry
            except UnknownFolder as error:
                raise unknown(error.path, error.why) from error
        return Entries(found.values())


def film_entries(directory: Path) -> Entries:
    """Everything film-like below one directory, read now. Raises `PlaceUnavailable`."""
    return Library([directory]).entries()
