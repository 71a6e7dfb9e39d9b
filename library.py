"""What is already there: an index of film folders and files, and whether a wanted film is among them.

Called by both workers; reads directories, never writes or deletes. A directory that cannot be read is
"unknown" and raises `PlaceUnavailable`: taking it for empty would fetch a whole library again. A wrong
"have it" is the worse mistake of the two, as that film is silently never fetched.
"""

import os
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from errors import PlaceUnavailable
from movie import Movie
from names import imdb_ids, same_film_name, same_imdb, same_title, split_title_year

VIDEO_SUFFIXES = frozenset(
    {".mkv", ".mp4", ".avi", ".m4v", ".mov", ".wmv", ".mpg", ".mpeg", ".ts", ".m2ts", ".webm", ".vob", ".iso"}
)
DEPTH = 3
KEPT_FOR = 30.0
"""Seconds an index is used before the directories are read again."""

_NO_FILM_FOLDER = re.compile(
    r"(?i)behind the scenes|deleted scenes|interviews|scenes|samples?|shorts|featurettes|clips|other|extras"
    r"|bonus|trailers|theme-music|backdrops|subs|subtitles"
    r"|(?:season|series|staffel|sezonul|saison)[ ._-]?\d+|specials"
    # What file systems and network drives keep for themselves, some of it deleted films.
    r"|lost\+found|@eadir|[@#]recycle|@recently-snapshot|\$recycle\.bin|recycler|system volume information"
)
_PART_FOLDER = re.compile(r"(?i)bdmv|video_ts|(?:cd|dvd|dis[ck])[ ._-]?\d{1,2}")
_EXTRA_FILE = re.compile(
    r"(?i)(?:^|[-._ ])(?:trailer|sample)\d*$|^sample-"
    # Only after a hyphen, as Plex and Jellyfin want it: "The Big Short" and "The Interview" are films.
    r"|-(?:scene|clip|interview|behindthescenes|deleted|featurette|short|extra|other)\d*$"
)
_SERIES = re.compile(r"(?i)(?<![a-z0-9])s\d{1,2}(?:[ ._-]?e\d{1,3}|(?<=\d\d))(?![a-z0-9])")


@dataclass(frozen=True)
class _Reading:
    """What a name says. `series` is true for an episode or a season."""

    ids: tuple[str, ...]
    title: str
    year: int | None
    series: bool


def _read(name: str) -> _Reading:
    return _Reading(imdb_ids(name), *split_title_year(name), bool(_SERIES.search(name)))


@dataclass(frozen=True)
class Entry:
    """A film-like thing that exists: a folder, a file or a torrent, by its name. `where` is for messages."""

    name: str
    where: str
    torrent_hash: str | None = None
    tags: frozenset[str] = frozenset()

    @cached_property
    def reading(self) -> _Reading:
        """The name taken apart; once, as each wanted film is compared with each entry."""
        return _read(self.name)


def find_entry(movie: Movie, entries: Iterable[Entry], *, name_proves: bool = True) -> Entry | None:
    """The entry that is this film: by the IMDb id in its name, else by the guarded title-and-year rule.

    An id in a name decides both ways. With `name_proves` false (another wanted film has the same title and
    year) only ids count.
    """
    by_name = None
    for entry in entries:
        ids = entry.reading.ids
        if ids and movie.imdb_id:
            if any(same_imdb(found, movie.imdb_id) for found in ids):
                return entry
        elif name_proves and by_name is None and _same_name(movie, entry.reading):
            by_name = entry
    return by_name


def _same_name(movie: Movie, reading: _Reading) -> bool:
    if reading.series:
        return False
    # What `same_film_name` would say too, but for thousands of folders without folding each title.
    if movie.year and reading.year and abs(movie.year - reading.year) > 1:
        return False
    titles = {movie.title, movie.original_title or movie.title}
    return any(same_film_name(title, movie.year, reading.title, reading.year) for title in titles)


class Library:
    """The entries below some directories, read at most every `KEPT_FOR` seconds."""

    def __init__(
        self,
        directories: Sequence[Path],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._directories = tuple(directories)
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._entries: tuple[Entry, ...] = ()
        self._read_at: float | None = None

    def entries(self) -> tuple[Entry, ...]:
        """Everything film-like that lies there. Raises `PlaceUnavailable`."""
        with self._lock:
            now = self._monotonic()
            if self._read_at is None or now - self._read_at > KEPT_FOR:
                self._entries = tuple(entry for place in self._directories for entry in film_entries(place))
                self._read_at = now
            return self._entries


def film_entries(directory: Path) -> Iterator[Entry]:
    """Folders that hold a video, and videos, below `directory`; no extras, samples or hidden things.

    Raises `PlaceUnavailable` if the directory itself cannot be read. A folder in it that cannot is taken
    for what its name says: unknown is not "not there".
    """
    try:
        children = _children(directory)
    except OSError as error:
        raise PlaceUnavailable(
            f"{directory} cannot be read ({error.strerror}), so what lies there is unknown. Films wait: "
            "mount it, mend its permissions, or take it out of `library_directories` in config.json."
        ) from error
    return _entries_among(children, DEPTH, None)


def _children(folder: Path) -> list[Path]:
    return sorted(child for child in folder.iterdir() if not child.name.startswith("."))


def _entries_among(children: Iterable[Path], depth: int, above: _Reading | None) -> Iterator[Entry]:
    """The entries among what lies in one folder, whose name says `above`; folders down to `depth` levels."""
    for child in children:
        if _is_video_name(child.name) and _is(child.is_file):
            if not _spoken_for(child.stem, above):
                yield Entry(child.stem, str(child))
        elif depth and not _is_no_film(child.name) and _is(child.is_dir):
            yield from _entries_of_folder(child, depth)


def _entries_of_folder(folder: Path, depth: int) -> Iterator[Entry]:
    try:
        children = _children(folder)
    except FileNotFoundError:
        return
    except OSError:
        yield Entry(folder.name, str(folder))
        return
    whole = Entry(folder.name, str(folder))
    if any(map(_holds_film, children)):
        yield whole
    yield from _entries_among(children, depth - 1, whole.reading)


def _holds_film(child: Path) -> bool:
    """Whether this child of a film's folder is a video, or a part of the film with a video in it."""
    if _is_video_name(child.name):
        return _is(child.is_file)
    if not _PART_FOLDER.fullmatch(child.name):
        return False
    return any(_is_video_name(name) for _, _, names in os.walk(child) for name in names)


def _is_no_film(folder_name: str) -> bool:
    return bool(_NO_FILM_FOLDER.fullmatch(folder_name) or _PART_FOLDER.fullmatch(folder_name))


def _is_video_name(name: str) -> bool:
    stem, suffix = os.path.splitext(name)  # noqa: PTH122 - a name, not a path; asked for every single file
    return (
        suffix.casefold() in VIDEO_SUFFIXES
        and not name.startswith(".")
        and not _EXTRA_FILE.search(stem)
        and not _SERIES.search(stem)
    )


def _is(question: Callable[[], bool]) -> bool:
    """`is_file` or `is_dir`. A link to nowhere is neither; what cannot be looked at may be either."""
    try:
        return question()
    except OSError:
        return True


def _spoken_for(stem: str, above: _Reading | None) -> bool:
    """Whether a file's folder says more of the film: "Dune.mkv" in "Dune (1984)" is no other Dune."""
    if above is None:
        return False
    own = _read(stem)
    if own.ids:
        return False
    return bool(above.ids) or (
        above.year is not None and own.year is None and same_title(own.title, above.title)
    )
