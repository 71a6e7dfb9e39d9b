"""Lists that are right and yet must not be followed: while they move, retold, or suddenly short."""

import re
from collections.abc import Callable
from dataclasses import replace

from hostile_lists import (
    FILMS,
    FORTY,
    SECOND,
    STRANGERS,
    TURNS,
    Scene,
    Trouble,
    case,
    failing,
    film,
    fine,
    in_turn,
    listing,
    page,
    renamed,
    showing,
    together,
    without,
)
from letterboxd_html import MISSING, SIGN_IN, Item, poster, watchlist

from demo.films import DemoFilm
from demo.letterboxd_markup import Generation
from demo.server import Request
from reading import Outcome

FULL, EMPTY, SAME, PARTIAL = Outcome.COMPLETE, Outcome.EMPTY, Outcome.UNCHANGED, Outcome.PARTIAL
MORE, CHANGED = Outcome.ADDITIONS, Outcome.PAGE_CHANGED
NOBODY, DOWN = Outcome.NO_SUCH_USER, Outcome.UNAVAILABLE
ACCEPT = "`python main.py --accept-removals` accepts exactly these"


def renumbered(count: int) -> list[DemoFilm]:
    """The first films under ids that Letterboxd gave them anew."""
    again = [replace(film, film_id=f"9{film.film_id}", lid=f"Z{film.lid}") for film in FILMS[:count]]
    return [*again, *FILMS[count:]]


# --- while it is read

Change = Callable[[list[DemoFilm], int], list[DemoFilm]]


def shifting(change: Change) -> Trouble:
    """Each time that page 2 is asked for, the list is another one by then."""

    def shift(scene: Scene, number: int) -> None:
        def meanwhile(request: Request) -> None:
            if request.path.endswith("/page/2/"):
                passes.append(1)
                scene.site.set_user("alice", change(list(scene.site.films("alice")), len(passes)))

        passes: list[int] = []
        scene.site.set_user("alice", FILMS)
        scene.site.meanwhile = meanwhile

    return shift


def hole(scene: Scene, number: int) -> None:
    """One film goes from page 1 while another comes last: one of page 2 is unseen, and the count right."""
    shifting(lambda films, n: [*films[:3], *films[4:], film(300)])(scene, number)


def quiet(scene: Scene, number: int) -> None:
    scene.site.meanwhile = None
    fine(scene, number)


SHIFTS = [
    case(
        "films come while it is read",
        shifting(lambda films, n: [film(200 + n), *films]),
        (SAME, PARTIAL),
        "in part",
    ),
    case("films go while it is read", shifting(lambda films, n: films[1:]), (SAME, PARTIAL), "in part"),
    case(
        "a film is put back on top meanwhile",
        shifting(lambda f, n: [f[-1], *f[:-1]]),
        (SAME, PARTIAL),
        "39 of 40 films",
    ),
    case(
        "a film is exchanged meanwhile",
        shifting(lambda f, n: [film(200 + n), *f[1:]]),
        (SAME, FULL),
        *FORTY,
    ),
    case(
        "all is sorted otherwise meanwhile",
        shifting(lambda films, n: films[::-1]),
        (SAME, PARTIAL),
        "28 of 40 films",
    ),
    case("a hole in one reading", in_turn(quiet, hole, quiet, quiet), (SAME, FULL), "1 new movies "),
]

# --- the same films, otherwise told


OLD: tuple[Generation, ...] = ("1b", "2", "1a", "3")


def served(generation: Generation) -> Trouble:
    def serve(scene: Scene, number: int) -> None:
        scene.site.generation = generation

    return serve


def items(films: list[DemoFilm]) -> list[Item]:
    return [Item(film.label, film.slug, int(film.film_id), film.lid) for film in films]


def mixed_page() -> str:
    """Page 1 with films in each generation's markup."""
    kinds = ("1a", "1b", "2", "3", "4")
    rest = "".join(poster(item, kinds[n % 5]) for n, item in enumerate(items(list(FILMS[6:28]))))
    first = items(list(FILMS[:6]))
    return watchlist(first, total=40, next_href="/alice/watchlist/page/2/", extra=rest)


def nameless(number: int) -> str:
    """A page that names its films by their slugs alone."""
    return re.sub(r"data-(postered-identifier|resolvable-poster-path)='[^']*'", "", page(number))


def untitled(number: int) -> str:
    return re.sub(r'data-item-(full-display-)?name="[^"]*"|alt="[^"]*"', "", page(number))


RETOLD = [
    *(case(f"markup {kind}", served(kind), (SAME, FULL), *FORTY) for kind in OLD),
    case("another markup each time", in_turn(*map(served, OLD)), (SAME, FULL), *FORTY),
    case("every markup on one page", showing(mixed_page()), (SAME, FULL), *FORTY),
    case(
        "old markup on page 2",
        showing(page(), page(2, generation="1a")),
        (SAME, FULL),
        *FORTY,
    ),
    case(
        "films renamed",
        listing([*map(renamed, FILMS[:4]), *FILMS[4:38], *map(renamed, FILMS[38:])]),
        (SAME, FULL),
        *FORTY,
    ),
    case("films renumbered", listing(renumbered(4)), (SAME, FULL), *FORTY),
    case(
        "films renumbered and renamed",
        listing([*map(renamed, renumbered(3)[:3]), *FILMS[3:]]),
        (SAME, FULL),
        *FORTY,
    ),
    case("two films became one", listing(without(33)), (SAME, FULL), "Found 39 movies", TURNS),
    case(
        "two films became a third",
        listing([*renumbered(8)[7:8], *without(7, 33)]),
        (SAME, FULL),
        "Found 39 movies",
        TURNS,
    ),
    case(
        "the owner's own order",
        in_turn(listing(FILMS[::-1]), listing((*FILMS[20:], *FILMS[:20]))),
        FULL,
        *FORTY,
    ),
    case("ids gone from the markup", showing(*map(nameless, (1, 2))), (SAME, FULL), *FORTY),
    case("titles gone from the markup", showing(page(), untitled(2)), (SAME, FULL), *FORTY),
]

# --- fewer films


def restart(scene: Scene, number: int) -> None:
    """As cron does it: each reading is that of a new run."""
    scene.start()


def forget(scene: Scene, number: int) -> None:
    if not number:
        (scene.folder / "watchlist.json").unlink()


SHRUNK = [
    case(
        "empty",
        listing(()),
        EMPTY,
        "40 films left the list alice/watchlist, but the list is empty now: nothing is marked",
    ),
    case("empty now and then", in_turn(listing(()), fine), (EMPTY, FULL), "Found 0 movies", 2),
    case("one film left", listing(FILMS[:1]), FULL, "only 1 of 40 films are left on it"),
    case("less than half left", listing(FILMS[:19]), FULL, "only 19 of 40 films are left on it"),
    case("half left", listing(FILMS[20:]), FULL, "`removal_limit` allows 4 of 40 films within 24 hours"),
    case("twelve gone at once", listing(without(*range(12, 24))), FULL, ACCEPT),
    case(
        "five gone at once",
        listing(without(0, 1, 14, 28, 39)),
        (FULL, SAME),
        "`removal_limit` allows 4 of 40",
    ),
    case(
        "a stranger's list under the name", listing(STRANGERS), (FULL, SAME), "`removal_limit` allows 4 of 40"
    ),
    case(
        "a stranger's short list under the name",
        listing(STRANGERS[:3]),
        FULL,
        "only 3 of 40 films are left on it",
    ),
    case(
        "emptied and begun anew",
        in_turn(listing(()), *[listing(STRANGERS[:3])] * 4),
        (EMPTY, FULL),
        "only 3 of 40 films are left on it",
    ),
    case("a film that flickers", in_turn(listing(without(3)), fine), FULL, "Found 39 movies", 2),
    case("many films that flicker", in_turn(listing(without(*range(12))), fine), FULL, "Found 28 movies", 2),
    case(
        "a film gone, then nobody's list",
        in_turn(listing(without(3)), *[failing("alice", 404, body=MISSING)] * 4),
        (FULL, NOBODY),
        "no member 'alice'",
    ),
    case(
        "a film gone, then an empty list",
        in_turn(listing(without(3)), *[listing(())] * 3),
        (FULL, EMPTY),
        "1 film left the list alice/watchlist, but the list is empty now",
    ),
    case(
        "a film gone, then a stranger's list",
        in_turn(listing(without(3)), *[listing(STRANGERS[:3])] * 3),
        FULL,
        "40 films left the list alice/watchlist, but only 3 of 40 films are left on it",
    ),
    case("half gone now and then", in_turn(listing(FILMS[:19]), fine), FULL, "Found 19 movies", 2),
    case("twelve gone, in new runs", together(restart, listing(without(*range(12)))), FULL, ACCEPT, 3),
    case(
        "a film that flickers over runs",
        together(restart, in_turn(listing(without(3)), fine)),
        FULL,
        "Found 39",
        2,
    ),
    case(
        "all memory of the list lost",
        together(forget, listing(FILMS[:19])),
        FULL,
        "only 19 of 39 films are left",
    ),
    case(
        "a film exchanged while page 2 is down",
        together(listing((film(200), *FILMS[1:])), failing(SECOND, 500)),
        DOWN,
        "✓ Added: The Hostile Film No. 200",
    ),
    case(
        "a film added while page 2 is another",
        together(listing((film(200), *FILMS)), failing(SECOND, "page", body=SIGN_IN)),
        (MORE, CHANGED),
        "✓ Added: The Hostile Film No. 200",
    ),
]
