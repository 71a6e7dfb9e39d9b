"""What must hold in each history of a simulated list, told from what is truly on it.

Knows nothing of how the program decides: it looks at the readings, the queues and the list itself.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from simulated_list import PER_PAGE, Film, SimulatedList

from identity import listed
from movie import Movie
from names import fold
from queue_files import COMPLETED, FAILED, PENDING, REMOVED
from queue_manager import QueueManager
from reading import Outcome, Reading

DAY = 24 * 3600
LATEST = 1.02 * DAY
"""A day, with what the interval between two checks may add to it."""
WANTED = (PENDING, FAILED, COMPLETED)


class BrokenRule(Exception):
    """A rule does not hold; the text says which, and after a colon for which films."""

    @property
    def rule(self) -> str:
        return str(self).partition(":")[0]


@dataclass(frozen=True)
class Seen:
    """One reading beside the truth: what was on the list all the while, and what the reading showed."""

    at: int
    full: bool
    proven: bool
    throughout: frozenset[Film]
    shown: frozenset[Film]
    length: int
    ids: frozenset[str | None] = frozenset()

    def misses(self, film: Film) -> bool:
        """Whether it proves that the film is not there."""
        return self.full and film not in self.shown

    def tells_of(self, film: Film) -> bool:
        """Whether it speaks for the film being there."""
        return film in self.shown or (self.proven and film in self.throughout)


@dataclass(frozen=True)
class Removed:
    """A film in the removed queue: its record before, when it went (real time), and the jumps until then."""

    before: Movie
    real: float
    jumps: int


class Oracle:
    """Follows one history. `seen` counts what happened in it."""

    def __init__(self, sim: SimulatedList, interval: int, limit: float) -> None:
        self.seen: Counter[str] = Counter()
        self._sim = sim
        self._interval = interval
        self._limit = limit
        self._readings: list[Seen] = []
        self._read_all_at = 0.0
        self._set_back = 0.0
        self._jumps = 0
        self._marks: list[tuple[int, int]] = []
        self._removed: dict[str, Removed] = {}
        self._wanted: dict[str, Movie] = {}
        self._longest = len(sim.films)

    # --- what happens

    def clock_jumped(self, seconds: float) -> None:
        """The program's clock was moved."""
        self._jumps += seconds > 0
        self._set_back += max(-seconds, 0)

    def before(self, queue: QueueManager) -> None:
        """Something is about to happen to the queues."""
        self._wanted = {movie.id: movie for name in WANTED for movie in queue.films(name)}

    def read(self, reading: Reading, real: float) -> None:
        """A reading took place."""
        sim = self._sim
        self._longest = max(self._longest, len(sim.films))
        throughout = frozenset.intersection(*sim.moments)
        shown = frozenset(self._film(film.film_id) for film in reading.films)
        self._readings.append(
            Seen(
                reading.read_at,
                reading.full,
                reading.proven,
                throughout,
                shown,
                sim.length,
                frozenset(film.film_id for film in reading.films),
            )
        )
        self.seen[reading.outcome.value] += 1
        pages = -(-sim.length // PER_PAGE)
        if reading.full or (reading.outcome is Outcome.PARTIAL and sim.pages_served >= pages):
            self._read_all_at, self._set_back = real, 0.0
        elif sim.pages_served == 1 < pages and reading.error is None:
            self._full_in_time(real)

    def checked(
        self, queue: QueueManager, reading: Reading | None, known: Sequence[str], real: float
    ) -> None:
        """A check is over, and the films that it found were looked up; `known` is what it remembered."""
        if reading is not None:
            self.read(reading, real)
            if reading.full and len(self._sim.moments) == 1:
                self.all_wanted(queue)
            elif reading.proven and not reading.full:
                self._claimed_rightly(queue, known)
            self._marked_rightly(queue, real)
        self._came_back_right(queue)
        self._grace_is_observed(queue, real)

    def accepted(
        self, held: Sequence[str], marked: Iterable[Movie], queue: QueueManager, real: float
    ) -> None:
        """The user accepted the removals that were held."""
        films = list(marked)
        due = [movie_id for movie_id in held if self._left_at_last(self._wanted[movie_id])]
        if not set(due) <= {movie.id for movie in films} <= set(held):
            raise BrokenRule(f"not those accepted that were held: {held}, {[movie.id for movie in films]}")
        for movie in films:
            if not self._left_at_last(movie):
                raise BrokenRule(f"accepted, though the last reading showed it: {movie.label}")
            self.seen["accepted"] += 1
            self._removed[movie.id] = Removed(self._wanted[movie.id], real, self._jumps)
        self._grace_is_observed(queue, real)

    # --- the rules

    def all_wanted(self, queue: QueueManager) -> None:
        """After a full reading of a list that stood still each of its films is in a queue."""
        if lost := self._unknown(queue):
            raise BrokenRule(f"on the list, and not wanted after a full reading: {lost}")

    def all_noticed(self, queue: QueueManager, held: Sequence[str]) -> None:
        """When nothing happened for days, what left is marked, or held for a reason."""
        self.all_wanted(queue)
        waiting = [movie for name in WANTED for movie in queue.films(name) if self._left(movie)]
        unnoticed = [movie for movie in waiting if movie.id not in held and not self._may_be_there(movie)]
        if forgotten := [movie.label for movie in unnoticed]:
            raise BrokenRule(f"not on the list, and neither marked nor held: {forgotten}")
        if held and len(held) <= 3 and 0 < self._longest <= 2 * len(self._sim.films):
            raise BrokenRule(f"held without a reason: {held}")

    def _full_in_time(self, real: float) -> None:
        """Page 1 alone may do only as long as the next check is not too late for a full reading."""
        if real - self._read_all_at - self._set_back + self._interval > LATEST + 60:
            raise BrokenRule(f"no full reading in time: after {real - self._read_all_at:.0f} s")

    def _claimed_rightly(self, queue: QueueManager, known: Sequence[str]) -> None:
        """As long as films only come on top and leave, page 1 tells the truth."""
        if len(self._sim.moments) > 1:
            return
        wrong = [*self._unknown(queue), *set(known).symmetric_difference(f.film_id for f in self._sim.films)]
        if wrong and self._sim.page_1_tells:
            raise BrokenRule(f"a wrong claim of page 1: {wrong}")
        self.seen["wrong claims"] += bool(wrong)

    def _marked_rightly(self, queue: QueueManager, real: float) -> None:
        now = self._readings[-1].at
        self._marks = [(min(at, now), length) for at, length in self._marks if now - at < DAY]
        marked = [movie for movie in queue.films(REMOVED) if movie.id in self._wanted]
        for movie in marked:
            self._marks.append((now, self._missed_twice(movie)))
            self._removed[movie.id] = Removed(self._wanted[movie.id], real, self._jumps)
            self.seen["marked"] += 1
        if marked:
            self._within_limit()

    def _missed_twice(self, movie: Movie) -> int:
        """Two full readings, an interval apart, missed it, and none in between saw it; the length before."""
        film = self._film(movie.film_id)
        *earlier, last = self._readings
        if not last.misses(film) or film in last.throughout:
            raise BrokenRule(f"marked by a reading at which it was on the list: {movie.label}")
        since, length, was_there = [last.at], 0, False
        for seen in reversed(earlier):
            was_there |= seen.tells_of(film)
            if was_there:
                length = max(length, seen.length)
            elif seen.misses(film):
                since.append(seen.at)
            if was_there and seen.proven:
                break
        if last.at - min(since) < self._interval:
            raise BrokenRule(f"marked too early: {movie.label}, missed at {since}")
        if not last.length or 2 * last.length < length:
            raise BrokenRule(f"marked though most films left: {movie.label}, {last.length} of {length}")
        return length

    def _within_limit(self) -> None:
        allowed = max(3, int(self._limit * max(length for _, length in self._marks) + 1e-9))
        if len(self._marks) > allowed:
            raise BrokenRule(f"too many marked within a day: {len(self._marks)}, allowed are {allowed}")

    def _came_back_right(self, queue: QueueManager) -> None:
        for movie_id, removed in list(self._removed.items()):
            now = queue.find(movie_id)
            if now is None or now.status == REMOVED:
                continue
            before = removed.before
            if (now.status, now.retry_count) != (before.status, before.retry_count):
                raise BrokenRule(
                    f"came back otherwise than it went: {now.label}, {before.status}, {now.status}"
                )
            del self._removed[movie_id]
            self.seen["came back"] += 1

    def _grace_is_observed(self, queue: QueueManager, real: float) -> None:
        """A jump of the clock may count for a day at most."""
        for movie in queue.films(REMOVED):
            removed = self._removed[movie.id]
            most = real - removed.real + DAY * (self._jumps - removed.jumps)
            if movie.missing_for > most + 1:
                raise BrokenRule(f"grace runs ahead: {movie.label}, {movie.missing_for} s after {most:.0f} s")

    # --- the truth

    def _film(self, film_id: str | None) -> Film:
        return self._sim.identity(self._sim.by_id[film_id or ""])

    def _unknown(self, queue: QueueManager) -> list[str]:
        found = [(film, queue.find(listed(film.listed(), ""))) for film in self._sim.films]
        return [film.title for film, movie in found if movie is None or movie.status not in WANTED]

    def _may_be_there(self, movie: Movie) -> bool:
        """Whether the list has a film of its name that was not beside it when it was last seen there."""
        film, title = self._film(movie.film_id), fold(movie.title)
        last = next((seen for seen in reversed(self._readings) if film in seen.shown), None)
        beside = last.ids if last and last.full else frozenset()
        return any(
            fold(other.title) == title
            and (None in (other.year, movie.year) or other.year == movie.year)
            and other.film_id not in beside
            for other in self._sim.films
        )

    def _left_at_last(self, movie: Movie) -> bool:
        """Whether the film is not among those that the last reading showed."""
        return self._film(movie.film_id) not in self._readings[-1].shown

    def _left(self, movie: Movie) -> bool:
        return self._film(movie.film_id) not in self._sim.identities
