"""A watchlist that changes as real ones do, shown in pages of 28, and the films that stand behind it.

A film keeps its true identity whatever its ids, slug and title become; two that are merged are one from then
on. Every edit draws what it needs from a number of its own, so that a history can be cut short and repeated.
"""

import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from errors import FilmFault, ServiceUnavailable
from letterboxd_pages import WatchlistPage
from movie import FilmFacts, ListedFilm

OWNER = "alice"
PER_PAGE = 28


@dataclass(eq=False)
class Film:
    """One film of the site. `became` is set once it was merged into another.

    `twin` is another entry for the same film, with the same IMDb id.
    """

    film_id: str
    slug: str
    title: str
    year: int | None
    imdb_id: str | None
    became: "Film | None" = None
    twin: "Film | None" = None
    page_broken: bool = False

    def listed(self) -> ListedFilm:
        return ListedFilm(self.title, self.year, self.film_id, None, self.slug)

    def facts(self) -> FilmFacts:
        return FilmFacts(
            title=self.title,
            year=self.year,
            imdb_id=self.imdb_id,
            film_id=self.film_id,
            slug=self.slug,
            listed=(self.slug, self.title, self.year),
        )


@dataclass
class SimulatedList:
    """The list of one member, newest film first, and how it is shown just now.

    `moments` are what was truly on it during a reading, `length` how long it was at its
    beginning. `page_1_tells` until something happens of which page 1 and the number of films need not tell.
    """

    films: list[Film] = field(default_factory=list)
    gone: list[Film] = field(default_factory=list)
    by_id: dict[str, Film] = field(default_factory=dict)
    by_imdb_id: dict[str, Film] = field(default_factory=dict)
    wrong_by: int = 0
    unreadable: set[Film] = field(default_factory=set)
    failing_page: int = 0
    during: dict[int, list[tuple[str, int]]] = field(default_factory=dict)
    moments: list[frozenset[Film]] = field(default_factory=list)
    page_1_tells: bool = True
    length: int = 0
    pages_served: int = 0

    def new_film(self, rng: random.Random) -> Film:
        """A new film of the site, now and then one that is there under another id already."""
        number = len(self.by_id) + 1
        film = Film(
            film_id=str(1000 + number),
            slug=f"film-{number}",
            title=f"Film Number {number}",
            year=rng.choice([None, *range(1990, 2026)]),
            imdb_id=f"tt{7_000_000 + number}" if rng.random() < 0.95 else None,
        )
        self.by_id[film.film_id] = film
        single = [other for other in self.films if not other.twin and other.imdb_id]
        if single and rng.random() < 0.1:
            film.twin = rng.choice(single)
            film.imdb_id, film.twin.twin = film.twin.imdb_id, film
        return film

    def identity(self, film: Film) -> Film:
        """The film itself: all that were merged, and all entries of one IMDb id, are one."""
        while film.became is not None:
            film = film.became
        return self.by_imdb_id.setdefault(film.imdb_id, film) if film.imdb_id else film

    @property
    def identities(self) -> frozenset[Film]:
        """What is truly on the list now."""
        return frozenset(map(self.identity, self.films))

    def page(self, number: int) -> WatchlistPage | None:
        """Page `number` as it is shown now; None where there is none. Raises `ServiceUnavailable`."""
        if number == 1:
            self.moments = [self.identities]
            self.length = len(self.films)
        if self.failing_page == number:
            raise ServiceUnavailable("letterboxd", "Letterboxd gave no page.")
        films = self.films[(number - 1) * PER_PAGE : number * PER_PAGE]
        if not films and number > 1:
            return None
        self.pages_served += 1
        shown = [film for film in films if film not in self.unreadable]
        more = number < math.ceil(len(self.films) / PER_PAGE)
        page = WatchlistPage(
            owner=OWNER,
            promised=max(len(self.films) + self.wrong_by, 0),
            films=tuple(film.listed() for film in shown),
            next_path=f"/{OWNER}/watchlist/page/{number + 1}/" if more else None,
            unreadable=len(films) - len(shown),
        )
        for kind, number_of_edit in self.during.pop(number, ()):
            self.edit(kind, number_of_edit)
            self.moments.append(self.identities)
        return page

    def facts_of(self, film: ListedFilm) -> FilmFacts:
        """The page of a film, which old ids and slugs still lead to. Raises `FilmFault`."""
        known = self.by_id[film.film_id or ""]
        if known.page_broken:
            raise FilmFault(f"{known.title}: no page")
        return known.facts()

    # --- edits

    def edit(self, kind: str, seed: int) -> None:
        EDITS[kind](self, random.Random(seed))

    def take_off(self, films: list[Film]) -> None:
        self.gone += films
        self.films = [film for film in self.films if film not in films]

    def some(self, rng: random.Random, most: int) -> list[Film]:
        return rng.sample(self.films, min(rng.randint(1, most), len(self.films)))

    def away(self) -> list[Film]:
        """The films that left and may come back."""
        return [film for film in self.gone if not film.became]

    def anywhere(self, rng: random.Random) -> int:
        return rng.randint(0, len(self.films))


def _add(sim: SimulatedList, rng: random.Random) -> None:
    for _ in range(rng.choice((1, 1, 1, 2, 3, 5, 27, 28, 30))):
        sim.films.insert(0, sim.new_film(rng))


def _namesake(sim: SimulatedList, rng: random.Random) -> None:
    """Another film is added that has the title of one that is there, and its year or none."""
    for other in sim.some(rng, 1):
        film = sim.new_film(rng)
        film.title, film.year = other.title, rng.choice((other.year, other.year, None))
        sim.films.insert(0, film)


def _remove(sim: SimulatedList, rng: random.Random) -> None:
    sim.take_off(sim.some(rng, 2))


def _remove_many(sim: SimulatedList, rng: random.Random) -> None:
    sim.take_off(sim.some(rng, max(len(sim.films) // 3, 4)))


def _shrink(sim: SimulatedList, rng: random.Random) -> None:
    sim.take_off(rng.sample(sim.films, len(sim.films) // 2 + 1) if sim.films else [])


def _clear(sim: SimulatedList, rng: random.Random) -> None:
    sim.take_off(list(sim.films))


def _refill(sim: SimulatedList, rng: random.Random) -> None:
    """Put the films back that are gone, in their old order or anew."""
    back = sim.away()
    sim.gone = []
    if rng.random() < 0.5:
        rng.shuffle(back)
    sim.films = [*back, *sim.films]


def _re_add(sim: SimulatedList, rng: random.Random) -> None:
    back = sim.away()
    if back:
        film = rng.choice(back)
        sim.gone.remove(film)
        sim.films.insert(0, film)


def _bump(sim: SimulatedList, rng: random.Random) -> None:
    """Take a film off and put it back at once, which makes it the newest."""
    for film in sim.some(rng, 2):
        sim.films.remove(film)
        sim.films.insert(0, film)


def _insert(sim: SimulatedList, rng: random.Random) -> None:
    sim.page_1_tells = False
    sim.films.insert(sim.anywhere(rng), sim.new_film(rng))


def _move(sim: SimulatedList, rng: random.Random) -> None:
    sim.page_1_tells = False
    for film in sim.some(rng, 3):
        sim.films.remove(film)
        sim.films.insert(sim.anywhere(rng), film)


def _swap(sim: SimulatedList, rng: random.Random) -> None:
    """In an owner's own order: one film leaves and another comes deep down, so that page 1 tells nothing."""
    if len(sim.films) > PER_PAGE:
        sim.page_1_tells = False
        place = rng.randrange(PER_PAGE, len(sim.films))
        sim.take_off([sim.films[place]])
        sim.films.insert(rng.randrange(PER_PAGE, len(sim.films) + 1), sim.new_film(rng))


def _merge(sim: SimulatedList, rng: random.Random) -> None:
    """Two entries of the site, of one IMDb id, become one; the other's id vanishes, on the list too."""
    pairs = [(film, film.twin) for film in sim.films if film.twin and not film.twin.became]
    if not pairs:
        return
    sim.page_1_tells = False
    lost, kept = rng.choice(pairs)
    if kept in sim.films:
        sim.films.remove(lost)
    else:
        sim.films[sim.films.index(lost)] = kept
        # It is back, and not gone any more: else a refill would put it there twice, which no site shows.
        sim.gone = [film for film in sim.gone if film is not kept]
    lost.became = kept
    lost.twin = kept.twin = None


def _re_id(sim: SimulatedList, rng: random.Random) -> None:
    """The site gives a film another id in place. Without an IMDb id nothing would tell who it was."""
    for film in sim.some(rng, 1):
        if film.imdb_id:
            sim.page_1_tells = False
            film.film_id = str(500_000 + len(sim.by_id))
            sim.by_id[film.film_id] = film


def _rename(sim: SimulatedList, rng: random.Random) -> None:
    for film in sim.some(rng, 2):
        kind = rng.randrange(3)
        if kind != 0:
            film.title = f"{film.title}: Another Cut"
        if kind != 1:
            film.slug = f"{film.slug}-{rng.randint(2, 9)}"
        if rng.random() < 0.3:
            film.year = (film.year or 2025) + 1


def _break_page(sim: SimulatedList, rng: random.Random) -> None:
    for film in sim.some(rng, 2):
        film.page_broken = not film.page_broken


def _wrong_count(sim: SimulatedList, rng: random.Random) -> None:
    _heal(sim, rng)
    sim.page_1_tells = False
    sim.wrong_by = rng.choice((-2, -1, 1, 1, 2))


def _hide(sim: SimulatedList, rng: random.Random) -> None:
    _heal(sim, rng)
    sim.page_1_tells = False
    sim.unreadable = set(sim.some(rng, 2))


def _heal(sim: SimulatedList, rng: random.Random) -> None:
    sim.wrong_by = 0
    sim.unreadable = set()


def _fail(sim: SimulatedList, rng: random.Random) -> None:
    sim.failing_page = rng.randint(1, max(math.ceil(len(sim.films) / PER_PAGE), 1))


EDITS: dict[str, Callable[[SimulatedList, random.Random], None]] = {
    "add": _add,
    "namesake": _namesake,
    "remove": _remove,
    "remove many": _remove_many,
    "shrink": _shrink,
    "clear": _clear,
    "refill": _refill,
    "re-add": _re_add,
    "bump": _bump,
    "insert": _insert,
    "move": _move,
    "swap": _swap,
    "merge": _merge,
    "re-id": _re_id,
    "rename": _rename,
    "break page": _break_page,
    "wrong count": _wrong_count,
    "hide": _hide,
    "heal": _heal,
    "fail": _fail,
}
"""Everything that may happen to the list or to how it is shown, by name."""


def a_list(rng: random.Random) -> SimulatedList:
    """A list of a length at which something is at stake."""
    sim = SimulatedList()
    shortest, longest = rng.choice(((0, 8), (20, 30), (29, 40), (29, 40), (29, 40), (41, 60), (85, 90)))
    length = rng.randint(shortest, longest)
    sim.films = [sim.new_film(rng) for _ in range(length)]
    return sim
