"""Two films of one name on a list: one of them leaves, or one of them only seems to."""

from pathlib import Path

import pytest
from bench import Bench
from leaving_films import HOUR, MINE, TITLES, accept, check, film, memory, with_list
from support import Clock

from movie import FilmFacts, ListedFilm, Movie
from queue_files import REMOVED
from reading import Outcome
from removal_plan import missing_from, told_apart

EDEN = ListedFilm("Eden", 2024, "501", slug="eden-2024")
OTHER_EDEN = ListedFilm("Eden", 2024, "502", slug="eden-2024-1")
HOPE = ListedFilm("Hope", 2013, "503", slug="hope-2013")
NEW_HOPE = ListedFilm("Hope", None, "504", slug="hope-5")


@pytest.fixture
def bench(tmp_path: Path, clock: Clock) -> Bench:
    return with_list(Bench(tmp_path, clock))


def show(bench: Bench, *films: ListedFilm) -> None:
    """The list of ten films has these besides."""
    bench.watchlist.films = [*films, *map(film, TITLES)]


def marked(bench: Bench) -> list[str | None]:
    return [movie.film_id for movie in bench.queue.films(REMOVED)]


@pytest.mark.parametrize(("leaves", "stays"), [(EDEN, OTHER_EDEN), (HOPE, NEW_HOPE), (NEW_HOPE, HOPE)])
def test_of_two_that_were_there_together_the_one_that_left_is_marked(
    bench: Bench, leaves: ListedFilm, stays: ListedFilm
) -> None:
    show(bench, leaves, stays)
    check(bench)
    show(bench, stays)
    check(bench)
    assert marked(bench) == []
    check(bench)
    assert marked(bench) == [leaves.film_id]


def test_its_absence_is_counted_and_ends_when_it_is_back(bench: Bench) -> None:
    show(bench, EDEN, OTHER_EDEN)
    check(bench)
    show(bench, OTHER_EDEN)
    check(bench)
    check(bench)
    check(bench)
    assert bench.queue.films(REMOVED)[0].missing_for == HOUR
    show(bench, EDEN, OTHER_EDEN)
    check(bench)
    assert marked(bench) == []
    assert bench.said_of("   ↩️  Back on the list: Eden (2024)") == 1


def test_page_1_may_be_what_showed_them_together(bench: Bench) -> None:
    show(bench, EDEN)
    check(bench)
    show(bench, OTHER_EDEN, EDEN)
    check(bench, Outcome.ADDITIONS)
    show(bench, OTHER_EDEN)
    check(bench)
    check(bench)
    assert marked(bench) == ["501"]


def test_one_that_was_never_there_with_it_may_be_the_film_under_a_new_id(bench: Bench) -> None:
    show(bench, EDEN)
    check(bench)
    show(bench, OTHER_EDEN)
    for _ in range(4):
        check(bench)
    assert marked(bench) == []


def test_a_third_of_the_name_may_be_the_one_that_is_missed(bench: Bench) -> None:
    show(bench, EDEN, OTHER_EDEN)
    check(bench)
    show(bench, OTHER_EDEN, ListedFilm("Eden", 2024, "509", slug="eden-9"))
    for _ in range(4):
        check(bench)
    assert marked(bench) == []


def test_two_entries_of_one_imdb_id_are_one_film_whatever_stood_side_by_side(bench: Bench) -> None:
    bench.watchlist.pages["Eden"] = FilmFacts(title="Eden", year=2024, imdb_id="tt0000501")
    show(bench, EDEN, OTHER_EDEN)
    check(bench)
    show(bench, OTHER_EDEN)
    for _ in range(4):
        check(bench)
    assert (marked(bench), memory(bench).apart) == ([], {})


def test_two_entries_that_may_be_one_film_are_not_told_apart(bench: Bench) -> None:
    bench.watchlist.pages["Eden"] = FilmFacts(title="Eden", year=2024, directors=("Mia Wallace",))
    show(bench, EDEN, OTHER_EDEN)
    check(bench)
    show(bench, OTHER_EDEN)
    for _ in range(4):
        check(bench)
    assert marked(bench) == []


def test_a_reading_whose_outcome_was_lost_takes_nothing_back(bench: Bench) -> None:
    show(bench, EDEN, OTHER_EDEN)
    check(bench)
    check(bench)
    show(bench, OTHER_EDEN)
    bench.watchlist.read_watchlist(lambda key: True)
    check(bench)
    check(bench)
    assert marked(bench) == ["501"]


def test_held_films_of_a_shared_name_are_accepted(bench: Bench) -> None:
    show(bench, EDEN, OTHER_EDEN)
    check(bench)
    bench.watchlist.films = [OTHER_EDEN, *map(film, TITLES[4:])]
    check(bench)
    check(bench)
    assert accept(bench) == [*TITLES[:4], "Eden"]


# --- the decision alone


def record(listed: ListedFilm) -> Movie:
    return Movie(
        title=listed.title,
        year=listed.year,
        id=f"letterboxd:{listed.film_id}",
        film_id=listed.film_id,
        slug=listed.slug,
        lists=(MINE,),
    )


def test_a_name_proves_nothing_for_a_film_that_is_known_to_be_another() -> None:
    eden, other = record(EDEN), record(OTHER_EDEN)
    assert missing_from([eden], [other]) == []
    assert missing_from([eden], [other], {"501": ("502",)}) == [eden]


def test_what_is_apart_is_forgotten_with_the_films() -> None:
    known = {"501": ("502",), "502": ("501",)}
    assert told_apart([record(EDEN)], [], list, known, proven=True) == {"501": ("502",)}


def test_an_unproven_reading_tells_nothing_apart() -> None:
    both = [record(EDEN), record(OTHER_EDEN)]
    assert told_apart(both, both, list, {}, proven=False) == {}
    assert told_apart(both, both, list, {}, proven=True) == {"501": ("502",), "502": ("501",)}
