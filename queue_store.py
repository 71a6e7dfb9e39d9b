"""All queues of one state folder as one consistent whole: memory, index, files and the two locks.

Used by `QueueManager` and `--repair` only. Inside `locked()` the memory is as the files are, whoever changed
them last; `changing()` writes what the block changed. Knows ids and files, no transitions.
"""

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from msgspec.structs import replace

import storage
from errors import StateError, StateWriteError
from identity import free_id, merged, names_of, natural_id, same_film, title_id, with_id
from movie import Movie
from queue_files import (
    COMPLETED,
    FAILED,
    FILE_NAMES,
    FORGOTTEN,
    PENDING,
    QUEUES,
    REMOVED,
    QueueFile,
    Settled,
    VersionFile,
    cap_waits,
)

logger = logging.getLogger(__name__)

LONGEST_WAIT = 24 * 3600
AHEAD = (COMPLETED, FORGOTTEN, REMOVED, FAILED, PENDING)
"""Of two records of one film the first in this order is kept."""


class QueueStore:
    """The films of every queue, found by any name they have or had. Opening it reads all files."""

    def __init__(self, folder: Path, now: Callable[[], float]) -> None:
        self.revision = 0
        self._folder = folder
        self._now = now
        self._lock = threading.RLock()
        self._entered = False
        self._version = VersionFile(folder)
        self._files = {queue: QueueFile(folder / FILE_NAMES[queue], queue) for queue in QUEUES}
        self._place: dict[str, str] = {}
        self._by_name: dict[str, set[str]] = {}
        self._gained: set[str] = set()
        self._lost: set[str] = set()
        self._stale: set[str] = set()
        self._latest = 0.0

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold both locks, with the memory as the files are. Re-entrant; never held across network."""
        with self._lock:
            if self._entered:
                yield
                return
            with storage.file_lock(self._folder / ".lock"):
                self._entered = True
                try:
                    self._refresh()
                    yield
                finally:
                    self._entered = False

    @contextlib.contextmanager
    def changing(self) -> Iterator[None]:
        """`locked()`, with what the block put written at its end, and nothing of it if the block fails.

        If writing fails the memory is read again from the disk, where each film still is in one place.
        """
        with self.locked():
            try:
                yield
                self._commit()
            except BaseException:
                # Memory is ahead of the disk now; the disk is the truth.
                self._distrust()
                raise
            finally:
                self._gained.clear()
                self._lost.clear()

    def films(self, queue: str) -> list[Movie]:
        """The films of one queue, in its order."""
        return list(self._files[queue].films.values())

    def count(self, queue: str) -> int:
        """How many films a queue holds."""
        return len(self._files[queue].films)

    def place(self, movie: Movie) -> str | None:
        """The queue that holds the record with this id."""
        return self._place.get(movie.id)

    def by_id(self, name: str) -> Movie | None:
        """The film with this id, or that had it once."""
        for movie_id in (name, *sorted(self._by_name.get(name, ()))):
            if movie_id in self._place:
                return self._record(movie_id)
        return None

    def find(self, movie: Movie) -> Movie | None:
        """The record of the same film, by the strongest id that both sides have."""
        return next(iter(self.find_all(movie)), None)

    def find_all(self, movie: Movie) -> list[Movie]:
        """Every record of the same film: more than one where only this `movie` shows that they are one."""
        candidates = {known for name in names_of(movie) for known in self._by_name.get(name, ())}
        records = map(self._record, sorted(candidates & self._place.keys()))
        return [known for known in records if same_film(known, movie)]

    def unite(self, known: Movie, seen: Movie) -> tuple[Movie, list[Movie]]:
        """One record where `seen` shows that several stand for one film; those that were dropped for it.

        The one furthest on its way is kept. The others' ids become aliases, under which it stays findable.
        """
        twins = [movie for movie in self.find_all(merged(known, seen)) if movie.id != known.id]
        if not twins:
            return known, []
        kept, *others = sorted([known, *twins], key=lambda movie: AHEAD.index(self._place[movie.id]))
        queue = self._place[kept.id]
        for other in others:
            self.drop(other)
            kept = merged(kept, with_id(other, ""))
        return self.put(kept, queue), others

    def has_namesake(self, movie: Movie) -> bool:
        """Whether a different film has exactly this title and year."""
        others = self._by_name.get(title_id(movie), set()) & self._place.keys()
        return any(not same_film(self._record(other), movie) for other in others)

    def put(self, movie: Movie, queue: str) -> Movie:
        """Write a record into a queue, out of the one that held it: new revision, and the id it deserves."""
        source = self._place.pop(movie.id, None)
        self.revision += 1
        latest = int(self._now()) + LONGEST_WAIT
        placed = replace(
            with_id(movie, self._deserved_id(movie)),
            retry_after=min(movie.retry_after, latest),
            not_before=min(movie.not_before, latest),
            status=queue,
            revision=self.revision,
            updated_at=int(self._now()),
        )
        if source == queue and placed.id != movie.id:
            self._files[queue].rename(movie.id, placed)
        else:
            if source is not None and source != queue:
                self._files[source].take(movie.id)
                self._lost.add(source)
            self._files[queue].put(placed)
        self._index(placed, queue)
        self._gained.add(queue)
        return placed

    def put_first(self, movie: Movie) -> Movie:
        """Move a film to the head of the queue it is in."""
        known = self._record(movie.id)
        file = self._files[known.status]
        file.move_to_front(known.id)
        self._gained.add(known.status)
        return known

    def drop(self, movie: Movie) -> None:
        """Take a record out of its queue, because another one stands for its film."""
        queue = self._place.pop(movie.id)
        self._files[queue].take(movie.id)
        self._lost.add(queue)

    def _record(self, movie_id: str) -> Movie:
        return self._files[self._place[movie_id]].films[movie_id]

    def _commit(self) -> None:
        if self._gained or self._lost:
            self._version.declare()
        # A film's new file before its old one: a crash in between leaves it in both, never in none.
        lost = self._lost | (self._stale if self._gained else set())
        for queue in sorted(self._gained | lost, key=lambda q: (q in lost, q not in self._gained)):
            self._files[queue].write()
            self._stale.discard(queue)

    def _deserved_id(self, movie: Movie) -> str:
        wanted = natural_id(movie)
        if movie.id and movie.id not in self._place and wanted in self._place:
            return movie.id
        return free_id(replace(movie, id=wanted), self._place)

    def _index(self, movie: Movie, queue: str) -> None:
        self._place[movie.id] = queue
        for name in names_of(movie):
            self._by_name.setdefault(name, set()).add(movie.id)

    def _distrust(self) -> None:
        for file in self._files.values():
            file.distrust()

    def _refresh(self) -> None:
        self._version.check()
        now = self._now()
        # A clock that was set back makes short waits long ones: loading cuts them.
        if now < self._latest or any(file.changed_outside() for file in self._files.values()):
            try:
                self._load()
            except BaseException:
                # What was not understood as a whole must not pass for read at the next use.
                self._distrust()
                raise
        self._latest = now

    def _load(self) -> None:
        settled = Settled(self._read_all())
        self._stale = set(settled.stale)
        for note in settled.notes:
            logger.warning("%s", note)
        self._by_name, self._place = {}, {}
        for queue, file in self._files.items():
            movies = settled.films(queue)
            capped = cap_waits(movies, self._now(), LONGEST_WAIT)
            file.fill(capped.get(movie.id, movie) for movie in movies)
            for movie in movies:
                self._index(movie, queue)
                self.revision = max(self.revision, movie.revision)
            if capped:
                logger.warning("%s: %d stored waits were longer than a day; cut", file.path.name, len(capped))
            if (capped or queue in settled.stale) and self._mended(file):
                self._stale.discard(queue)

    def _read_all(self) -> dict[str, list[Movie]]:
        """What the files hold. Raises `StateError` naming every one that cannot be believed."""
        found, broken = {}, []
        for queue, file in self._files.items():
            try:
                found[queue] = file.read()
            except StateError as error:
                broken.append(error)
        if len(broken) > 1:
            raise StateError("\n".join(map(str, broken)))
        if broken:
            raise broken[0]
        return found

    def _mended(self, file: QueueFile) -> bool:
        """Write a file as it was understood; each film it no longer holds stands in another one."""
        try:
            file.write()
        except StateWriteError as error:
            # Reading has to work on a full disk too; what was mended in memory is mended again next time.
            logger.warning("%s", error)
            return False
        return True
