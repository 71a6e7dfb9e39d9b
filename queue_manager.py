"""The four queues: legal transitions, claims and the lock. The memory of the program.

Every method may be called by any thread and beside other processes: each works under a thread lock and
the state folder's file lock, after reading again what others changed, and is on disk when it returns.
A film is in exactly one queue. A claim lives in memory only, so a crash leaves nothing "in progress".
Never touches the network.
"""

import logging
import time
from collections.abc import Callable, Container, Iterable, Mapping
from pathlib import Path
from typing import Any

from msgspec.structs import replace

import storage
from config import Config
from departures import Departures
from history import event_of
from identity import corrected, merged
from movie import Movie, movie_from
from queue_files import COMPLETED, FAILED, FORGOTTEN, PENDING, QUEUES, REMOVED
from retries import FRESH, NOT_REMOVED, from_the_start, retries_after_failure

logger = logging.getLogger(__name__)

MovieLike = Movie | Mapping[str, Any]


class QueueManager(Departures):
    """The queues of one state folder (default: the user's). Opening it reads and checks every queue file.

    Raises `StateError` for a file that cannot be believed, `StateWriteError` when a change cannot be kept.
    `max_retries` defaults to the configured one. `now` gives unix seconds.
    """

    def __init__(
        self,
        folder: Path | str | None = None,
        *,
        max_retries: int | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.folder = Path(folder) if folder is not None else storage.state_folder()
        self._max_retries = max_retries
        super().__init__(self.folder, now)
        with self._store.locked():
            pass

    def add_to_pending(self, movie: MovieLike) -> bool:
        """Queue a film unless any queue has it or it was forgotten. True if it is newly wanted.

        A film that is known gains what `movie` knows besides (ids, lists); one in the removed queue goes
        back to where it was.
        """
        return bool(self.add_many_to_pending([movie]))

    def add_many_to_pending(self, movies: Iterable[MovieLike]) -> list[Movie]:
        """`add_to_pending` for many films with one write a file; returns the newly wanted ones."""
        return self._meet(movies, lambda movie: self._move(self._unplaced(movie), PENDING, "new"))

    def learn(self, movies: Iterable[MovieLike], lists: Container[str] | None = None) -> list[Movie]:
        """Tell the queues what a list shows. Returns the films that are in no queue, as they were given.

        With `lists`, those that are configured, a film that is shown leaves all others.
        """
        return self._meet(movies, lambda movie: movie, lists)

    def _meet(
        self,
        movies: Iterable[MovieLike],
        unknown: Callable[[Movie], Movie],
        lists: Container[str] | None = None,
    ) -> list[Movie]:
        seen = [movie_from(movie) for movie in movies]
        met = []
        with self._changing():
            before = self._store.count(PENDING)
            for movie in seen:
                known = self._store.find(movie)
                if known is not None:
                    self._learn(known, movie, lists)
                else:
                    met.append(unknown(movie))
            more = self._store.count(PENDING) > before
        if more:
            self._tell_listeners()
        return met

    def get_next_pending(self, exclude: Container[str] = ()) -> Movie | None:
        """Claim the first film that is due and not in `exclude` (ids); it stays pending until its outcome."""
        with self._store.locked():
            now = self._now()
            for movie in self._store.films(PENDING):
                if movie.not_before <= now and movie.id not in self._claims and movie.id not in exclude:
                    self._claims[movie.id] = movie.revision
                    return movie
            return None

    def release_claim(self, movie: Movie) -> None:
        """Give a claimed film back without an outcome."""
        with self._store.locked():
            known = self._store.find(movie)
            self._end_claim(movie, known)

    def note(self, movie: Movie, queue: str, event: str | None = None, **fields: Any) -> Movie | None:
        """Write facts (release, hash, a wait) about a film that stands in `queue`; None if it does not.

        `event` names them in the film's history, where they are worth telling.
        """
        with self._changing():
            known = self._store.find(movie)
            if known is None or self._store.place(known) != queue:
                return None
            noted = self._put(replace(known, **fields), queue)
            if event is not None:
                self._events.append(event_of(noted, event))
            return noted

    def put_first(self, movie: Movie) -> Movie:
        """Make a film the next one to be tried: pending, due now, before all others. Its tries are kept."""
        with self._changing():
            known = self._known(movie)
            first = self._move(
                replace(known, not_before=0, unreachable_at=None, first=True),
                PENDING,
                "put first by the user",
            )
            self._store.put_first(first)
        self._tell_listeners()
        return first

    def get_pending_count(self) -> int:
        """How many films are pending, claimed ones included."""
        with self._store.locked():
            return self._store.count(PENDING)

    def add_to_failed(self, movie: MovieLike, error: str, retry_after: float) -> None:
        """Count a failure of the film's own; `retry_after` is the unix time of its next try.

        The last allowed failure makes it permanent (`retry_after` 0). If the film was changed by another
        process while it was claimed, or left the way of a download meanwhile, that stands and the failure
        is dropped.
        """
        outcome = movie_from(movie)
        limit = self.max_retries
        with self._changing():
            known, overtaken = self._claimed(outcome)
            if overtaken or self._store.place(known) not in (None, PENDING, FAILED):
                logger.info("movie=%s failure dropped: the film was changed meanwhile", known.label)
                return
            retry_count = retries_after_failure(known)
            failed = replace(
                known,
                retry_count=retry_count,
                last_error=error,
                last_failed_at=int(self._now()),
                retry_after=0 if retry_count >= limit else int(retry_after),
                not_before=0,
                unreachable_at=None,
                first=False,
            )
            self._move(failed, FAILED, error)

    def get_movies_ready_for_retry(self, max_retries: int | None = None) -> list[Movie]:
        """Failed films whose next try is due."""
        limit = self.max_retries if max_retries is None else max_retries
        now = self._now()
        return [m for m in self.films(FAILED) if m.retry_count < limit and m.retry_after <= now]

    def move_failed_to_pending(self, movie: MovieLike) -> None:
        """Queue a failed film again; its `retry_count` is kept."""
        self.move_many_failed_to_pending([movie])

    def move_many_failed_to_pending(self, movies: Iterable[MovieLike]) -> list[Movie]:
        """`move_failed_to_pending` for many films with one write a file; returns those that moved."""
        wanted = [movie_from(movie) for movie in movies]
        moved = []
        with self._changing():
            for movie in wanted:
                known = self._store.find(movie)
                if known is not None and self._store.place(known) == FAILED:
                    moved.append(self._move(replace(known, not_before=0), PENDING, "retry due"))
        if moved:
            self._tell_listeners()
        return moved

    def offer(self, movies: Iterable[Movie], reason: str) -> list[Movie]:
        """Films that may be had now: pending, due, before all others, with the tries they made. One write."""
        wanted, offered = list(movies), []
        with self._changing():
            for movie in reversed(wanted):
                known = self._store.find(movie)
                if known is None or self._store.place(known) not in (PENDING, FAILED):
                    continue
                ready = replace(known, not_before=0, unreachable_at=None)
                at_work = known.id in self._claims
                failed = self._store.place(known) == FAILED
                offered.append(self._move(ready, PENDING, reason) if failed else self._put(ready, PENDING))
                if not at_work:
                    self._store.put_first(offered[-1])
        return offered

    def put_back(self, before: Movie, error: str) -> None:
        """An attempt that costs no try came to nothing: the film is where it was, as it was `before`."""
        with self._changing():
            known = self._store.find(before)
            if known is None or self._store.place(known) != PENDING:
                return
            if before.status == PENDING:
                self._put(replace(known, not_before=before.not_before), PENDING)
                return
            kept = {key: before[key] for key in ("retry_count", "retry_after", "not_before")}
            tried = replace(known, **kept, last_error=error, last_failed_at=int(self._now()))
            self._move(tried, FAILED, error)

    def get_permanent_failures(self, max_retries: int | None = None) -> list[Movie]:
        """Failed films that used up their retries."""
        limit = self.max_retries if max_retries is None else max_retries
        return [movie for movie in self.films(FAILED) if movie.retry_count >= limit]

    def reset_failed_movie(self, movie_id: str) -> bool:
        """Make a failed film pending with all its tries before it. False if none failed under that id."""
        known = self.find(movie_id)
        if known is None or known.status != FAILED:
            return False
        return bool(self.retry([known]))

    def retry(self, movies: Iterable[Movie]) -> list[Movie]:
        """Make films pending, due now, all tries before them, wherever they are; one write a file.

        A torrent that was to be handed over, or that the user took out of qBittorrent, is handed over again,
        as if it had been chosen just now. In any other case a release is chosen anew.
        """
        wanted = list(movies)
        with self._changing():
            retried = [
                self._move(from_the_start(self._known(movie), int(self._now())), PENDING, "retry by the user")
                for movie in wanted
            ]
        self._tell_listeners()
        return retried

    def add_to_completed(self, movie: MovieLike) -> None:
        """The film was handed over, or is there already. This outcome always wins over other changes."""
        outcome = movie_from(movie)
        with self._changing():
            known, overtaken = self._claimed(outcome)
            if overtaken:
                logger.info("movie=%s handed over although changed meanwhile: completed", known.label)
            done = replace(
                known,
                completed_at=int(self._now()),
                completed_revision=self._store.revision + 1,
                not_before=0,
                unreachable_at=None,
                last_error=None,
                first=False,
                **NOT_REMOVED,
                **self._hand_over_facts(known, outcome),
            )
            self._move(done, COMPLETED, "handed over" if done.torrent_hash else "already there")

    def is_completed(self, movie_id: str) -> bool:
        """Whether a film known by any id is completed."""
        with self._store.locked():
            known = self._store.by_id(movie_id)
            return known is not None and self._store.place(known) == COMPLETED

    def cleanup_old_completed(self, days: float = 30) -> int:
        """Forget films completed more than `days` days ago, so that they are not fetched again. How many."""
        limit = self._now() - days * 86400
        with self._changing():
            completed = self._store.films(COMPLETED)
            old = [movie for movie in completed if movie.completed_at and movie.completed_at < limit]
            for movie in old:
                self._move(movie, FORGOTTEN, f"completed over {days:g} days ago")
        return len(old)

    def forget(self, movie: Movie, reason: str = "forgotten by the user") -> Movie:
        """Drop a film for good: no list brings it back. Its torrent and files are left alone."""
        with self._changing():
            return self._move(self._known(movie), FORGOTTEN, reason)

    def correct(self, movie: Movie) -> Movie:
        """Write what a film's page says now over what is recorded; the film stays where it is."""
        with self._changing():
            known = self._united(self._known(movie), movie)
            place = self._store.place(known)
            better = corrected(known, movie)
            return known if place is None or better == known else self._put(better, place)

    def remember(self, movie: MovieLike) -> tuple[Movie, bool]:
        """Want a film by hand, also one that was forgotten. Its record, and whether it is newly wanted."""
        return self.remember_many([movie])[0]

    def remember_many(self, movies: Iterable[MovieLike]) -> list[tuple[Movie, bool]]:
        """`remember` for many films with one write a file; the records as they are after the last one."""
        wanted = [movie_from(movie) for movie in movies]
        with self._changing():
            met = [self._remember(movie) for movie in wanted]
            kept = [(self._known(movie), new) for movie, new in met]
        if any(new for _, new in kept):
            self._tell_listeners()
        return kept

    def _remember(self, wanted: Movie) -> tuple[Movie, bool]:
        known = self._store.find(wanted)
        if known is not None and self._store.place(known) not in (FORGOTTEN, REMOVED):
            self._learn(known, wanted)
            return self._known(known), False
        fresh = replace(merged(known, wanted), **FRESH) if known else self._unplaced(wanted)
        return self._move(fresh, PENDING, "added by the user"), True

    @property
    def max_retries(self) -> int:
        """Retries before a failure is permanent: as given, else as configured."""
        if self._max_retries is None:
            self._max_retries = int(Config.load(self.folder)["max_retries"])
        return self._max_retries

    @property
    def revision(self) -> int:
        """Rises with every change that a Movie Sync made; an edit by hand does not raise it."""
        with self._store.locked():
            return self._store.revision

    def films(self, queue: str) -> list[Movie]:
        """The films of one queue ("pending", "failed", "completed", "removed", "forgotten"), in its order."""
        with self._store.locked():
            return self._store.films(queue)

    def everything(self) -> list[Movie]:
        """The films of all queues, the forgotten ones too."""
        with self._store.locked():
            return [movie for queue in QUEUES for movie in self._store.films(queue)]

    def find(self, movie: MovieLike | str) -> Movie | None:
        """The record of a film, by record or by any id it has or had."""
        with self._store.locked():
            return self._store.by_id(movie) if isinstance(movie, str) else self._store.find(movie_from(movie))

    def has_namesake(self, movie: Movie) -> bool:
        """Whether another film has the same title and year, so that a name proves nothing."""
        with self._store.locked():
            return self._store.has_namesake(movie)

    def get_statistics(self) -> dict[str, int]:
        """The four numbers users see; `failed` leaves the permanent failures out."""
        with self._store.locked():
            permanent = len(self.get_permanent_failures())
            return {
                PENDING: self._store.count(PENDING),
                FAILED: self._store.count(FAILED) - permanent,
                COMPLETED: self._store.count(COMPLETED),
                "permanent_failures": permanent,
            }

    def on_queued(self, listener: Callable[[], None]) -> None:
        """Call `listener` (any thread, no lock held) whenever films became pending or were missed."""
        self._listeners.append(listener)
