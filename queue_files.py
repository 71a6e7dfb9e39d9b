"""The queue files: reading them without ever believing a broken one, writing them in a safe order.

Owned by `QueueManager`, which calls it under its lock. A film stands in exactly one file; between the two
writes of a move it stands in both, the newer one written first, and `Settled` decides by revision on load.
"""

import codecs
import logging
import threading
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

import msgspec

import storage
from errors import StateError
from identity import free_id, names_of, natural_id, same_film, with_id
from movie import Movie, movie_from, movie_to_mapping

logger = logging.getLogger(__name__)

PENDING, FAILED, COMPLETED, REMOVED, FORGOTTEN = "pending", "failed", "completed", "removed", "forgotten"
QUEUES = (COMPLETED, REMOVED, FAILED, PENDING, FORGOTTEN)
"""Also the order in which a film found twice without a newer revision is settled."""

FILE_NAMES = {
    **{queue: f"queue_{queue}.json" for queue in (PENDING, FAILED, COMPLETED, REMOVED)},
    FORGOTTEN: "forgotten.json",
}

STATE_VERSION = 1
"""The form of the state folder that this program writes. A folder that does not say has this first one."""

EDIT_SECONDS = 1.0
"""How long a file that somebody seems to be writing may be half there."""
_YOUNG = 2.0
_LOOK_EVERY = 0.1


class VersionFile:
    """`version.json`: which form the files of the state folder have, `{"state": 1}`."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "version.json"
        self._stamp: storage.FileStamp | str = "never read"

    def check(self) -> None:
        """Raise `StateError` if a newer program wrote the folder: we would not understand all of it."""
        stamp = storage.stamp(self.path)
        if stamp == self._stamp:
            return
        found = storage.read_json(self.path, _Version, _Version()).state
        if found > STATE_VERSION:
            raise StateError(
                f"{self.path}: this state folder was written by a newer Movie Sync (its version is {found}, "
                f"this program knows {STATE_VERSION}). Upgrade Movie Sync; nothing was changed."
            )
        self._stamp = stamp

    def declare(self) -> None:
        """Write our version where none is written. Raises `StateWriteError`."""
        if storage.stamp(self.path) is None:
            storage.write_json(self.path, _Version())


class _Version(msgspec.Struct):
    state: Annotated[int, msgspec.Meta(ge=1)] = STATE_VERSION


class QueueFile:
    """One queue in memory, in file order, with each film's encoded form kept so that a write is a join."""

    def __init__(self, path: Path, status: str) -> None:
        self.path = path
        self.status = status
        self.films: dict[str, Movie] = {}
        self._encoded: dict[str, bytes] = {}
        self._stamp: storage.FileStamp | str = "never read"

    def put(self, movie: Movie) -> None:
        """Add or replace a film in place; a new one goes to the end."""
        self.films[movie.id] = movie
        self._encoded.pop(movie.id, None)

    def rename(self, old_id: str, movie: Movie) -> None:
        """Replace the film known as `old_id`, keeping its place in the queue."""
        self.films = {movie.id if key == old_id else key: film for key, film in self.films.items()}
        self._encoded.pop(old_id, None)
        self.put(movie)

    def move_to_front(self, movie_id: str) -> None:
        """Make a film the first of the file."""
        self.films = {movie_id: self.films[movie_id], **self.films}

    def take(self, movie_id: str) -> Movie:
        """Remove and return a film."""
        self._encoded.pop(movie_id, None)
        return self.films.pop(movie_id)

    def fill(self, movies: Iterable[Movie]) -> None:
        """Replace everything in memory by `movies`."""
        self.films = {movie.id: movie for movie in movies}
        self._encoded = {}

    def changed_outside(self) -> bool:
        """Whether another process or an editor touched the file since we read or wrote it."""
        return storage.stamp(self.path) != self._stamp

    def distrust(self) -> None:
        """Forget what we know of the file: the next use reads it again."""
        self._stamp = "read again"

    def read(self) -> list[Movie]:
        """The file's entries, in order. Raises `StateError` naming file, entry and key.

        A file that an editor writes in place, and is not done with, is given a moment.
        """
        was_there, pause = isinstance(self._stamp, tuple), threading.Event()
        deadline = time.monotonic() + EDIT_SECONDS
        while True:
            self._stamp = storage.stamp(self.path)
            data = storage.read_bytes(self.path)
            last_look = time.monotonic() >= deadline
            try:
                if data is not None:
                    return read_films(data, self.status)
                # Some editors move a file away before they write it anew.
                if last_look or not was_there:
                    return []
            except ValueError as problem:
                if last_look or not _is_young(self._stamp):
                    raise storage.broken(self.path, data or b"", str(problem)) from None
            pause.wait(_LOOK_EVERY)

    def write(self) -> None:
        """Replace the file by what is in memory. Raises `StateWriteError`."""
        for movie_id, movie in self.films.items():
            if movie_id not in self._encoded:
                self._encoded[movie_id] = _encode(movie)
        body = b",\n".join(self._encoded[movie_id] for movie_id in self.films)
        storage.write_bytes(self.path, b"[\n" + body + b"\n]\n" if body else b"[]\n")
        self._stamp = storage.stamp(self.path)


def read_films(data: bytes, status: str) -> list[Movie]:
    """The content of a queue file. Raises `ValueError` naming what is wrong with it, by entry and key."""
    try:
        entries = msgspec.json.decode(data.removeprefix(codecs.BOM_UTF8))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"is not JSON ({error})") from None
    if not isinstance(entries, list):
        raise ValueError("must hold a JSON list of films")
    movies, problems = _read_entries(entries, status)
    if problems:
        raise ValueError("; ".join(problems))
    return movies


def _is_young(stamp: storage.FileStamp) -> bool:
    """Whether a file was changed just now, by the clock that file times come from."""
    return stamp is None or abs(time.time() - stamp[2] / 1e9) < _YOUNG


def _encode(movie: Movie) -> bytes:
    text = msgspec.json.format(msgspec.json.encode(movie_to_mapping(movie)), indent=2)
    return b"  " + text.replace(b"\n", b"\n  ")


def _read_entries(entries: list[Any], status: str) -> tuple[list[Movie], list[str]]:
    movies, problems = [], []
    for index, entry in enumerate(entries):
        try:
            movies.append(read_entry(entry, status))
        except ValueError as error:
            problems.append(f"entry {index}: {error}")
    return movies, problems[:10]


def read_entry(entry: Mapping[str, Any] | str, status: str) -> Movie:
    """One entry of a queue file. Raises `ValueError` naming the key that cannot be read.

    To forget a film by hand its bare id will do.
    """
    if status == FORGOTTEN and isinstance(entry, str):
        film_id = entry.removeprefix("letterboxd:") if entry.startswith("letterboxd:") else None
        known = {"film_id": film_id} if film_id and film_id.isdigit() else {}
        return read_entry({"title": entry, "id": entry, **known}, status)
    if not isinstance(entry, Mapping):
        raise ValueError(f"expected an object with a title, got {type(entry).__name__}")
    movie = msgspec.structs.replace(movie_from(entry), status=status)
    return movie if movie.id else with_id(movie, natural_id(movie))


class Settled:
    """Each film in one place, however many files it was found in. `notes` says what was decided.

    The higher revision wins; without one, or with equal ones, the order of `QUEUES`. A different film under
    the same id is no double: it goes by its own Letterboxd id instead. `stale` are the queues whose files
    still hold a film that was settled elsewhere.
    """

    def __init__(self, found: Mapping[str, list[Movie]]) -> None:
        self.notes: list[str] = []
        self.stale: set[str] = set()
        self._places: dict[str, tuple[str, int, Movie]] = {}
        self._by_name: dict[str, set[str]] = {}
        for queue in QUEUES:
            for index, movie in enumerate(found.get(queue, ())):
                self._add(queue, index, movie)

    def films(self, queue: str) -> list[Movie]:
        """The films of one queue, in the order of its file."""
        mine = [(index, movie) for place, index, movie in self._places.values() if place == queue]
        return [movie for _, movie in sorted(mine, key=lambda item: item[0])]

    def _add(self, queue: str, index: int, movie: Movie) -> None:
        twin = self._twin_of(movie)
        if twin is None:
            self._keep(queue, index, self._unshared(movie))
            return
        place, _, other = self._places[twin]
        # An entry without a revision was written by hand: then the order of the queues decides.
        newer = 0 < other.revision < movie.revision
        winner, loser = (queue, place) if newer else (place, queue)
        if newer:
            del self._places[twin]
            self._keep(queue, index, self._unshared(movie))
        self.stale.add(loser)
        self.notes.append(f"{movie.label} stood in {place} and in {queue}; kept in {winner}")

    def _twin_of(self, movie: Movie) -> str | None:
        candidates = {known for name in names_of(movie) for known in self._by_name.get(name, ())}
        for known in sorted(candidates & self._places.keys()):
            if same_film(movie, self._places[known][2]):
                return known
        return None

    def _unshared(self, movie: Movie) -> Movie:
        return with_id(movie, free_id(movie, self._places))

    def _keep(self, queue: str, index: int, movie: Movie) -> None:
        self._places[movie.id] = (queue, index, movie)
        for name in names_of(movie):
            self._by_name.setdefault(name, set()).add(movie.id)


def cap_waits(movies: Iterable[Movie], now: float, cap: int) -> dict[str, Movie]:
    """Films whose stored wait lies more than `cap` seconds ahead, with that wait cut to `cap`."""
    latest = int(now) + cap
    return {
        movie.id: msgspec.structs.replace(
            movie, retry_after=min(movie.retry_after, latest), not_before=min(movie.not_before, latest)
        )
        for movie in movies
        if movie.retry_after > latest or movie.not_before > latest
    }
