"""Films that left a list: marked as removed, their absence counted, too many of them held for the user.

Acts on what `removal_plan` decides, after each proven reading (MonitorWorker) and for `--accept-removals`
(a process of its own). Deletes nothing. What is remembered of a list is written before the queues: a crash
in between costs a film's mark or some of its grace, never gives any.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from msgspec.structs import replace

from diary_feed import Watched, watched_on
from film_store import FilmStore, facts_of, film_of_key
from identity import listed
from list_memory import ListMemory, Lists
from movie import ListedFilm, Movie
from queue_files import REMOVED
from queue_manager import QueueManager
from reading import Reading, films_text
from removal_plan import (
    DAY,
    WANTED,
    Apart,
    RemovalPlan,
    RemovalRules,
    held_films,
    missing_from,
    plan_removals,
    seen_again,
    told_apart,
)

Diary = tuple[Watched, ...]


class Removals:
    """What a reading means for films that it does not show.

    `diary` gives the latest entries of the member's diary, None if it could not be asked; it is asked only
    where a film is about to be marked. `say` prints a line, `warn` the same one once; it gets "" when
    nothing is held any more.
    """

    def __init__(
        self,
        folder: Path,
        queue: QueueManager,
        rules: RemovalRules,
        diary: Callable[[], Diary | None],
        say: Callable[[str], None],
        warn: Callable[[str], None],
    ) -> None:
        self._queue = queue
        self._rules = rules
        self._diary = diary
        self._say = say
        self._warn = warn
        self._lists = Lists(folder)
        self._films = FilmStore(folder / "films.json")

    def follow(self, reading: Reading) -> None:
        """Draw the conclusions from a reading, once the queues know the films it shows.

        A film that it shows is not missing any more, whatever it proves of others.
        """
        name = reading.list_name
        shown = self._known(reading.films, name)
        apart = self._apart(reading, shown)
        missing = self._missing(name, shown, WANTED, apart)
        # At once: the diary takes its time to answer, and the user may accept what is held meanwhile.
        self._lists.change(name, lambda memory: replace(seen_again(memory, missing, reading), apart=apart))
        if not reading.proven or reading.stale:
            return
        if not reading.full:
            self._count(reading, shown, self._asked_late(name))
            return

        all_read = self._all_read(reading.films, name)
        before = self._before(reading) if missing else []

        def plan(memory: ListMemory) -> RemovalPlan:
            missing = self._missing(name, shown, WANTED, memory.apart)
            return plan_removals(missing, memory, reading, self._rules, before=before, all_read=all_read)

        planned = plan(self._lists.get(name))
        diary = self._ask(name) if planned.marked else self._asked_late(name)
        # Another process may have accepted removals meanwhile: the plan is made anew from what is true now.
        plans: list[RemovalPlan] = []

        def remember(memory: ListMemory) -> ListMemory:
            plans.append(plan(memory))
            return plans[-1].memory

        self._lists.change(name, remember)
        self._count(reading, shown, diary)
        self._act(plans[-1], name, diary or ())

    def _known(self, films: Iterable[ListedFilm], name: str) -> list[Movie]:
        """Films of a list, each by what the list tells and by what else is known of it."""
        seen = [listed(film, name) for film in films]
        return [*seen, *filter(None, map(self._queue.find, seen))]

    def _all_read(self, films: Iterable[ListedFilm], name: str) -> bool:
        """Whether of each film its page was read, or at least tried."""
        return all(self._queue.find(listed(film, name)) or self._films.find(film) for film in films)

    def _before(self, reading: Reading) -> list[Movie]:
        """The films of the last proven reading, by what is known of them now."""
        return self._known(map(film_of_key, reading.before.films), reading.list_name)

    def _apart(self, reading: Reading, shown: Sequence[Movie]) -> dict[str, tuple[str, ...]]:
        name = reading.list_name
        tracked = self._tracked(name, (*WANTED, REMOVED))
        known = self._lists.get(name).apart
        return told_apart(tracked, shown, lambda: self._before(reading), known, proven=reading.proven)

    def _tracked(self, name: str, queues: Iterable[str]) -> list[Movie]:
        """The films of this list in these queues; removed ones of no list were marked by hand."""
        films = (movie for queue in queues for movie in self._queue.films(queue))
        return [movie for movie in films if name in movie.lists or _of_no_list(movie)]

    def _missing(self, name: str, shown: Sequence[Movie], queues: Iterable[str], apart: Apart) -> list[Movie]:
        """The films of this list, in these queues, that are not shown."""
        return missing_from(self._tracked(name, queues), shown, apart)

    def _ask(self, name: str) -> Diary | None:
        diary = self._diary()
        self._lists.change(name, lambda memory: replace(memory, diary_due=diary is None))
        return diary

    def _asked_late(self, name: str) -> Diary | None:
        return self._ask(name) if self._lists.get(name).diary_due else None

    def _count(self, reading: Reading, shown: Sequence[Movie], diary: Diary | None) -> None:
        """Add the time since the proven reading before to the absence of films that are still missing.

        A long pause, or a clock that jumped, counts for a day at most.
        """
        missed: defaultdict[int, list[Movie]] = defaultdict(list)
        apart = self._lists.get(reading.list_name).apart
        for movie in self._missing(reading.list_name, shown, [REMOVED], apart):
            missed[_seconds_missed(movie, reading)].append(self._with_day(movie, diary or ()))
        for seconds, movies in missed.items():
            if seconds or diary:
                self._queue.add_missing(movies, seconds)

    def _with_day(self, movie: Movie, diary: Diary) -> Movie:
        facts = facts_of(self._films, movie)
        day = watched_on(movie, facts.tmdb_id if facts else None, diary)
        return replace(movie, watched_on=day or movie.watched_on)

    def _act(self, plan: RemovalPlan, name: str, diary: Diary) -> None:
        self._queue.unlist(plan.unlisted, name)
        self._mark(plan.marked, name, diary)
        if plan.held:
            self._warn(_held_text(plan, name))
        elif not plan.memory.held:
            self._warn("")

    def _mark(self, movies: Iterable[Movie], name: str, diary: Diary) -> list[Movie]:
        marked = self._queue.mark_removed([self._with_day(movie, diary) for movie in movies], name)
        for movie in marked:
            why = f"watched on {movie.watched_on}" if movie.watched_on else "removed from watchlist"
            self._say(f"   📤 Marked for removal: {movie.label} ({why})")
        return marked

    def accept(self) -> list[Movie]:
        """Mark exactly the held films as removed; asks nobody, so the diary is left for the next reading."""
        marked = []
        for name, memory in self._lists.all().items():
            if memory.held:
                marked += self._mark(self._taken(name), name, ())
        return marked

    def _taken(self, name: str) -> list[Movie]:
        """The held films of a list, held no longer; without those that it shows under other names by now."""
        before: list[ListMemory] = []

        def take(memory: ListMemory) -> ListMemory:
            before.append(memory)
            left = {key: missed for key, missed in memory.missed.items() if key not in memory.held}
            return replace(memory, missed=left, held=(), diary_due=True)

        self._lists.change(name, take)
        away = {*before[-1].missed, *before[-1].held}
        tracked = self._tracked(name, WANTED)
        on_list = [movie for movie in tracked if away.isdisjoint((movie.id, *movie.aliases))]
        held = held_films(name, before[-1].held, self._queue.find)
        return missing_from(held, on_list, before[-1].apart)


def _of_no_list(movie: Movie) -> bool:
    return movie.status == REMOVED and not movie.lists


def _seconds_missed(movie: Movie, reading: Reading) -> int:
    """How long the film was missed since the proven reading before, or since its mark if that is later."""
    before = reading.before.read_at
    if not before:
        return 0
    marked = movie.removed_at or 0
    since = marked if before < marked <= reading.read_at else before
    return min(max(reading.read_at - since, 0), DAY)


def _held_text(plan: RemovalPlan, name: str) -> str:
    films = "\n".join(f"   • {movie.label}" for movie in plan.held)
    return (
        f"{films_text(len(plan.held))} left the list {name}, but {plan.reason}: nothing is marked as "
        "removed. If you took them off yourself, `python main.py --accept-removals` accepts exactly these:\n"
        f"{films}"
    )
