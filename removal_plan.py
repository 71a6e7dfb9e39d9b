"""Which films count as removed from a list. Pure: records and `now` in, a plan out.

A film is removed when two full proven readings, a `check_interval` apart, miss it. Too many at once, or a
list that lost more than half, is more likely trouble than a wish: then nothing is, until the user says so.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from film_store import film_keys
from identity import TITLE, names_of
from list_memory import ListMemory, Mark, Missed
from movie import Movie
from names import fold
from queue_files import COMPLETED, FAILED, PENDING

if TYPE_CHECKING:
    from reading import Reading

DAY = 24 * 3600
ALWAYS_ALLOWED = 3
WANTED = (PENDING, FAILED, COMPLETED)
"""The queues from which films are removed."""


@dataclass(frozen=True)
class RemovalRules:
    """`interval`: seconds between the two readings; `limit`: share of the list that may go in 24 hours."""

    interval: float
    limit: float


def rules_of(config: Mapping[str, Any]) -> RemovalRules:
    """The rules as configured."""
    return RemovalRules(float(config["check_interval"]), float(config["removal_limit"]))


@dataclass(frozen=True)
class RemovalPlan:
    """What follows from a full reading: the new memory, and what to do.

    `marked` films are removed, `unlisted` ones leave this list only, `held` ones wait for the user, because
    of `reason`, which ends a sentence that begins with them.
    """

    memory: ListMemory
    marked: tuple[Movie, ...] = ()
    unlisted: tuple[Movie, ...] = ()
    held: tuple[Movie, ...] = ()
    reason: str = ""


Apart = Mapping[str, Sequence[str]]
"""By the `film_key` of a film those of others that bear its name and are not it."""


def missing_from(
    tracked: Iterable[Movie], on_list: Iterable[Movie], apart: Apart | None = None
) -> list[Movie]:
    """The tracked films that a list shows under none of their ids and names.

    Letterboxd merges films and gives them new ids. So a film counts as there, whatever its ids, as long as
    the list shows one of its slug, its IMDb id, or its title in the same year or without one; unless that one
    is known to be another film (`apart`).
    """
    shown = _Shown(on_list)

    def is_there(film: Movie) -> bool:
        others = {other for key in film_keys(film) for other in (apart or {}).get(key, ())}
        return shown.has(film) or any(others.isdisjoint(film_keys(one)) for one in shown.namesakes(film))

    return [film for film in tracked if not is_there(film)]


def told_apart(
    tracked: Iterable[Movie],
    on_list: Iterable[Movie],
    before: Callable[[], Iterable[Movie]],
    known: Apart,
    *,
    proven: bool,
) -> dict[str, tuple[str, ...]]:
    """What is `known` to be apart after a reading that shows `on_list`.

    Two films that stand side by side, in this reading if it is proven or in the last one that was (`before`),
    will not turn out to be one that was merged or got a new id.
    """
    films, seen = list(tracked), list(on_list)
    shown = _Shown(seen)
    alike = [(film, one) for film in films for one in shown.namesakes(film)]
    earlier = _Shown(before() if not all(shown.has(film) for film, _ in alike) else ())
    pairs = {key: set(others) for key, others in known.items()}
    for film, one in alike:
        if proven if shown.has(film) else earlier.has(film) and earlier.names(one):
            _pair(pairs, film, one)
    for film, one in alike:
        if _may_be_one(film, one):
            for key in film_keys(film):
                pairs[key] = pairs.get(key, set()) - {*film_keys(one)}
    alive = {key for film in (*films, *seen) for key in film_keys(film) if not key.startswith(TITLE)}
    return {key: tuple(sorted(others)) for key, others in sorted(pairs.items()) if others and key in alive}


def _pair(pairs: dict[str, set[str]], film: Movie, one: Movie) -> None:
    for key, other in ((film_keys(film)[0], film_keys(one)[0]), (film_keys(one)[0], film_keys(film)[0])):
        if not other.startswith(TITLE):
            pairs.setdefault(key, set()).add(other)


def _may_be_one(film: Movie, other: Movie) -> bool:
    """Whether two that are on a list may be two entries for one film, which Letterboxd makes one some day."""
    told = film.imdb_id and other.imdb_id
    return not told and film.year == other.year and bool(film.director) and film.director == other.director


class _Shown:
    """The films that a reading shows, by their ids and by their names.

    One may be there twice: as the list has it, and as its record.
    """

    def __init__(self, films: Iterable[Movie]) -> None:
        self._by_key: defaultdict[str, set[str]] = defaultdict(set)
        self._ids: set[str] = set()
        self._named: defaultdict[str, list[Movie]] = defaultdict(list)
        for film in films:
            ids, titles = _ids_and_titles(film)
            self._ids |= ids
            for key in film_keys(film):
                self._by_key[key] |= ids
            for name in {*titles, *(fold(title) for title in (film.title, film.original_title) if title)}:
                self._named[name].append(film)

    def has(self, film: Movie) -> bool:
        """Whether one of them has an id of the film."""
        return not self._ids.isdisjoint(_ids_and_titles(film)[0])

    def names(self, film: Movie) -> bool:
        """Whether one of them goes by the name that the film has in our files."""
        return film_keys(film)[0] in self._by_key

    def namesakes(self, film: Movie) -> list[Movie]:
        """Others with a title that the film has or had, in the same year or without one."""
        ids, titles = _ids_and_titles(film)
        found = [one for title in titles for one in self._named.get(title, ())]
        alike = self._named.get(fold(film.title), ())
        found += (one for one in alike if None in (film.year, one.year) or film.year == one.year)
        return [one for one in found if ids.isdisjoint(self._ids_of(one))]

    def _ids_of(self, one: Movie) -> set[str]:
        return set().union(*(self._by_key[key] for key in film_keys(one)))


def _ids_and_titles(film: Movie) -> tuple[set[str], set[str]]:
    """The names of a film, those that are nothing but a title apart."""
    names = set(names_of(film))
    titles = {name for name in names if name.startswith(TITLE)}
    return names - titles, titles


def plan_removals(
    missing: Sequence[Movie],
    memory: ListMemory,
    reading: "Reading",
    rules: RemovalRules,
    *,
    before: Sequence[Movie],
    all_read: bool = True,
) -> RemovalPlan:
    """What a full proven reading means for the films it misses; `memory` is what is known of its list.

    `before` are the films of the last proven reading, by what is known of them now. Unless the pages of all
    films that this one shows were read (`all_read`) one of them may be a film that seems to be missing,
    merged or under a new id: then nothing is concluded before the next reading.
    """
    name, length, now = reading.list_name, reading.length, reading.read_at
    first = _first_missed(missing, memory, reading, before)
    if not all_read:
        return RemovalPlan(replace(memory, length=length, missed=first))
    confirmed = [movie for movie in missing if now - first[movie.id].since >= rules.interval]
    unlisted = tuple(movie for movie in confirmed if set(movie.lists) - {name})
    leaving = _in_order([movie for movie in confirmed if movie not in unlisted], first)
    # A mark that lies ahead was made by a clock that was wrong: it counts as made now.
    made = (replace(mark, at=min(mark.at, now)) for mark in memory.marks)
    recent = tuple(mark for mark in made if now - mark.at < DAY)
    lengths = (*(mark.of for mark in recent), *(first[movie.id].of for movie in leaving))
    # The share is that of the list before the first of them left: that it grew since allows no more of them.
    of = next(iter(lengths), 0)
    longest = max((*lengths, len(reading.before.films)))
    trouble = _shrunk(length, longest) or _too_many(len(leaving), len(recent), of, rules.limit)
    reason = trouble if leaving else ""
    marked = () if reason else leaving
    settled = {movie.id for movie in (*marked, *unlisted)}
    return RemovalPlan(
        memory=replace(
            memory,
            length=length,
            missed={key: missed for key, missed in first.items() if key not in settled},
            marks=(*recent, *(Mark(movie.id, now, first[movie.id].of) for movie in marked)),
            held=tuple(movie.id for movie in leaving) if reason else (),
        ),
        marked=marked,
        unlisted=unlisted,
        held=leaving if reason else (),
        reason=reason,
    )


def _in_order(leaving: Sequence[Movie], first: Mapping[str, Missed]) -> tuple[Movie, ...]:
    """The films in the order in which they left; of those noted at once that of the shortest list first."""
    return tuple(sorted(leaving, key=lambda movie: (first[movie.id].since, first[movie.id].of)))


def _first_missed(
    missing: Sequence[Movie], memory: ListMemory, reading: "Reading", before: Sequence[Movie]
) -> dict[str, Missed]:
    """By id, since when each film is missing and how long the list was before.

    A film that the last proven reading showed was not missing then, whatever was noted: what followed from
    that reading may have been lost, or the film's page was not read yet. One that it missed, unnoticed, left
    a list as long as noted before.
    """
    now, length = reading.read_at, len(reading.before.films)
    gone = {movie.id for movie in missing_from(missing, before, memory.apart)}
    noted = {movie.id: _noted(movie, memory) if movie.id in gone else None for movie in missing}
    unnoted = sum(known is None for known in noted.values())
    earlier = memory.length or length or reading.length + unnoted
    first = {}
    for movie_id, known in noted.items():
        of = earlier if movie_id in gone else length
        # One that lies ahead was noted by a clock that was wrong.
        first[movie_id] = replace(known, since=min(known.since, now)) if known else Missed(now, of)
    return first


def _noted(movie: Movie, memory: ListMemory) -> Missed | None:
    return next((memory.missed[key] for key in (movie.id, *movie.aliases) if key in memory.missed), None)


def _shrunk(length: int, before: int) -> str:
    """Why a list that is so long now is not to be believed, after it was so long before."""
    if not length:
        return "the list is empty now"
    return f"only {length} of {before} films are left on it" if 2 * length < before else ""


def _too_many(leaving: int, recent: int, of: int, limit: float) -> str:
    # A little more than the product, which falls short by rounding for 0.29 of 100.
    allowed = max(ALWAYS_ALLOWED, int(limit * of + 1e-9))
    if leaving + recent <= allowed:
        return ""
    before = f", and {recent} left within the last 24 hours" if recent else ""
    return f"`removal_limit` allows {allowed} of {of} films within 24 hours{before}"


def seen_again(memory: ListMemory, still_missing: Iterable[Movie], reading: "Reading") -> ListMemory:
    """The memory after any reading, which may show films that were missing."""
    names = {name for movie in still_missing for name in (movie.id, *movie.aliases)}
    return replace(
        memory,
        length=reading.length if reading.proven and not reading.full else memory.length,
        missed={key: missed for key, missed in memory.missed.items() if key in names},
        held=tuple(key for key in memory.held if key in names),
    )


def held_films(name: str, ids: Iterable[str], find: Callable[[str], Movie | None]) -> list[Movie]:
    """The films of a list whose removal waits for the user, as long as no other list wants them."""
    found = filter(None, map(find, ids))
    return [movie for movie in found if movie.status in WANTED and movie.lists == (name,)]
