"""How a film gets from queue to queue: one change as a whole, its events, its claim. Base of `QueueManager`.

Every change is made under both locks, is on disk when its block ends, and only then is told to the history
and to listeners. Never touches the network.
"""

import contextlib
import logging
from collections.abc import Callable, Container, Iterable, Iterator
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from errors import FilmGone
from history import History, event_of, log_line
from identity import merged, with_id
from movie import Movie
from queue_files import COMPLETED, FAILED, FORGOTTEN, PENDING, REMOVED
from queue_store import QueueStore
from retries import NOT_REMOVED

logger = logging.getLogger(__name__)


class Transitions:
    """The queues of one state folder, with what all changes of them have in common."""

    def __init__(self, folder: Path, now: Callable[[], float]) -> None:
        self.history = History(folder, now)
        self._now = now
        self._store = QueueStore(folder, now)
        self._claims: dict[str, int] = {}
        self._listeners: list[Callable[[], None]] = []
        self._events: list[dict[str, Any]] = []

    @contextlib.contextmanager
    def _changing(self) -> Iterator[None]:
        """A change that is on disk when the block ends, or did not happen; only then it is told."""
        with self._store.locked():
            events = self._events = []
            with self._store.changing():
                yield
            self.history.append(events)
        for event in events:
            logger.info("%s", log_line(event))

    def _claimed(self, outcome: Movie) -> tuple[Movie, bool]:
        """The record an outcome is for, and whether somebody else changed it since it was claimed."""
        known = self._store.find(outcome)
        if known is None and outcome.id in self._claims:
            # Every id we knew of it changed meanwhile, but the claimed one stays among its aliases.
            known = self._store.by_id(outcome.id)
        claimed = self._end_claim(outcome, known)
        if known is None:
            return self._unplaced(outcome), claimed is not None
        return known, claimed is not None and claimed != known.revision

    def _end_claim(self, movie: Movie, known: Movie | None) -> int | None:
        """Forget the claim of a film, made under the id it had or has; the claimed revision, if any."""
        if known is None:
            return self._claims.pop(movie.id, None)
        earlier = self._claims.pop(movie.id, None) if movie.id in known.aliases else None
        return self._claims.pop(known.id, earlier)

    def _unplaced(self, movie: Movie) -> Movie:
        """`movie` as one that no queue has: its id is settled anew, and stays an alias if no one holds it."""
        return replace(movie, id="") if self._store.place(movie) else with_id(movie, "")

    def _hand_over_facts(self, known: Movie, outcome: Movie) -> dict[str, Any]:
        """What an outcome says of its torrent. Said again of a completed film, silence takes nothing back."""
        facts = {key: outcome[key] for key in ("release", "torrent_hash", "owned", "downloaded_at", "unseen")}
        if self._store.place(known) == COMPLETED and outcome.torrent_hash in (None, known.torrent_hash):
            return {key: known[key] if value is None else value for key, value in facts.items()}
        return facts

    def _known(self, movie: Movie) -> Movie:
        """The record of a film as it is now. Raises `FilmGone` if another process dropped it meanwhile."""
        known = self._store.find(movie) or self._store.by_id(movie.id)
        if known is None:
            raise FilmGone(f"{movie.label} is in no queue any more: another process changed it just now.")
        return known

    def _learn(self, known: Movie, seen: Movie, lists: Container[str] | None = None) -> None:
        known = self._united(known, seen)
        place = self._store.place(known)
        if place is None or place == FORGOTTEN:
            return
        knows = merged(known, seen)
        if lists is not None:
            knows = replace(knows, lists=tuple(name for name in knows.lists if name in lists))
        if place == REMOVED:
            self._move(replace(knows, **NOT_REMOVED), came_from(knows), "wanted again")
        elif knows != known:
            self._put(knows, place)

    def _united(self, known: Movie, seen: Movie) -> Movie:
        known, dropped = self._store.unite(known, seen)
        if dropped:
            self._events.append(event_of(known, "united", dropped=[other.id for other in dropped]))
        return known

    def _replace_all(self, movies: Iterable[Movie], change: Callable[[Movie, Movie], Movie]) -> None:
        """Change films where they are, by their record and what is given; one write a file."""
        wanted = list(movies)
        with self._changing():
            for movie in wanted:
                known = self._store.find(movie)
                place = self._store.place(known) if known else None
                if known is not None and place is not None and (changed := change(known, movie)) != known:
                    self._put(changed, place)

    def _move(self, movie: Movie, queue: str, reason: str) -> Movie:
        source = self._store.place(movie) or "new"
        if source == "new":
            movie = replace(movie, queued_at=int(self._now()))
        placed = self._put(movie, queue)
        self._events.append(event_of(placed, "moved", **{"from": source, "to": queue, "reason": reason}))
        return placed

    def _put(self, movie: Movie, queue: str) -> Movie:
        placed = self._store.put(movie, queue)
        # Our own changes do not overtake the outcome of a film that stays pending; any other move does.
        if queue == PENDING and self._claims.pop(movie.id, None) is not None:
            self._claims[placed.id] = placed.revision
        return placed

    def _tell_listeners(self) -> None:
        for listener in self._listeners:
            listener()


def came_from(movie: Movie) -> str:
    """The queue that a removed film goes back to."""
    if movie.removed_from in (PENDING, FAILED, COMPLETED):
        return movie.removed_from
    return COMPLETED if movie.completed_at else PENDING
