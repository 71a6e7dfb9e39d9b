"""Film pages that fail: whose turn comes then, and when it is the film's own fault."""

from pathlib import Path

import pytest
from bench import Bench
from support import Clock

from errors import Blocked, RateLimited, ServiceError, ServiceUnavailable
from movie import Movie
from new_films import NewFilms
from queue_files import PENDING

ALIEN = Movie(title="Alien", year=1979, film_id="1", slug="alien", lists=("me/watchlist",))
BRAZIL = Movie(title="Brazil", year=1985, film_id="2", slug="brazil", lists=("me/watchlist",))
DOWN = ServiceUnavailable("letterboxd", "Letterboxd gave no page.")
SHIELD = Blocked("letterboxd", "The shield refused us.")


@pytest.fixture
def bench(tmp_path: Path, clock: Clock) -> Bench:
    return Bench(tmp_path, clock)


@pytest.fixture
def new_films(bench: Bench) -> NewFilms:
    return bench.new_films


def look_up(new_films: NewFilms, times: int) -> int:
    """Look up so many films; how many of their pages failed by no known fault of the film."""
    failures = 0
    for _ in range(times):
        try:
            new_films.look_up_next()
        except ServiceError:
            failures += 1
    return failures


def test_a_page_without_an_answer_is_tried_once_more_after_the_others(
    bench: Bench, new_films: NewFilms
) -> None:
    bench.watchlist.trouble["Alien"] = [DOWN]
    new_films.expect([ALIEN, BRAZIL])
    assert look_up(new_films, 3) == 1
    assert bench.watchlist.read == ["Alien", "Brazil", "Alien"]
    assert bench.titles(PENDING) == ["Brazil", "Alien"]
    assert not new_films


def test_a_page_without_an_answer_twice_leaves_the_film_to_what_the_list_says(
    bench: Bench, new_films: NewFilms
) -> None:
    bench.watchlist.trouble["Alien"] = [DOWN, DOWN]
    new_films.note_answer(good=True)
    new_films.expect([ALIEN])
    assert look_up(new_films, 2) == 2
    assert bench.titles(PENDING) == ["Alien"]
    assert not new_films


def test_while_nothing_is_answered_no_page_without_an_answer_is_its_films_fault(
    bench: Bench, new_films: NewFilms
) -> None:
    bench.watchlist.trouble = {title: [DOWN] * 4 for title in ("Alien", "Brazil")}
    new_films.note_answer(good=True)
    new_films.expect([ALIEN, BRAZIL])
    assert look_up(new_films, 6) == 6
    assert [film.title for film in new_films.waiting] == ["Alien", "Brazil"]
    new_films.note_answer(good=True)
    look_up(new_films, 2)
    assert bench.titles(PENDING) == ["Alien", "Brazil"]


@pytest.mark.parametrize("answered", [True, False])
def test_a_reading_that_got_no_answer_clears_no_service(
    bench: Bench, new_films: NewFilms, answered: bool
) -> None:
    bench.watchlist.trouble["Alien"] = [DOWN] * 2
    new_films.note_answer(good=True)
    new_films.expect([ALIEN])
    look_up(new_films, 1)
    new_films.note_answer(good=answered)
    look_up(new_films, 1)
    assert bool(bench.titles(PENDING)) == answered


def test_a_refused_page_costs_its_film_its_turn(bench: Bench, new_films: NewFilms) -> None:
    bench.watchlist.trouble["Alien"] = [SHIELD]
    new_films.expect([ALIEN, BRAZIL])
    assert look_up(new_films, 1) == 1
    assert [film.title for film in new_films.waiting] == ["Brazil", "Alien"]
    assert look_up(new_films, 2) == 0
    assert bench.titles(PENDING) == ["Brazil", "Alien"]


def test_a_page_that_is_refused_again_after_others_were_shown_is_its_films_own_trouble(
    bench: Bench, new_films: NewFilms
) -> None:
    bench.watchlist.trouble["Alien"] = [SHIELD] * 2
    new_films.expect([ALIEN, BRAZIL])
    assert look_up(new_films, 3) == 2
    assert bench.titles(PENDING) == ["Brazil", "Alien"]
    assert bench.watchlist.given_up == ["Alien"]


def test_where_every_page_is_refused_no_film_is_to_blame(bench: Bench, new_films: NewFilms) -> None:
    bench.watchlist.trouble = {title: [SHIELD] * 9 for title in ("Alien", "Brazil")}
    new_films.note_answer(good=True)
    new_films.expect([ALIEN, BRAZIL])
    assert look_up(new_films, 10) == 10
    assert bench.watchlist.read == ["Alien", "Brazil"] * 5
    assert len(new_films) == 2


def test_a_film_that_is_asked_for_alone_is_to_blame_once_the_list_was_shown_in_between(
    bench: Bench, new_films: NewFilms
) -> None:
    bench.watchlist.trouble["Alien"] = [SHIELD] * 4
    new_films.note_answer(good=True)
    new_films.expect([ALIEN])
    look_up(new_films, 3)
    assert bench.titles(PENDING) == []
    new_films.note_answer(good=True)
    look_up(new_films, 1)
    assert bench.titles(PENDING) == ["Alien"]


def test_too_many_requests_are_held_against_a_film_only_after_four(bench: Bench, new_films: NewFilms) -> None:
    bench.watchlist.trouble["Alien"] = [RateLimited("letterboxd", "Rate limit reached.")] * 4
    new_films.expect([ALIEN])
    for expected in ([], [], [], ["Alien"]):
        new_films.note_answer(good=True)
        look_up(new_films, 1)
        assert bench.titles(PENDING) == expected


def test_films_whose_pages_failed_in_an_earlier_run_come_last(bench: Bench, new_films: NewFilms) -> None:
    bench.watchlist.failed_pages["Alien"] = 1
    bench.watchlist.trouble["Alien"] = [DOWN]
    new_films.expect([ALIEN, BRAZIL])
    assert look_up(new_films, 2) == 1
    assert bench.watchlist.read == ["Brazil", "Alien"]
    assert bench.titles(PENDING) == ["Brazil", "Alien"]


def test_a_film_that_was_added_by_its_id_alone_comes_first(bench: Bench, new_films: NewFilms) -> None:
    bench.queue.add_to_pending(BRAZIL)
    bench.queue.add_to_pending(Movie(title="tt0078748", imdb_id="tt0078748", lists=("manual",)))
    bench.watchlist.again = {"tt0078748", "Brazil"}
    new_films.expect([ALIEN])
    look_up(new_films, 3)
    assert bench.watchlist.read == ["tt0078748", "Alien", "Brazil"]


def test_a_refusal_is_heeded_though_it_cannot_be_written_down(bench: Bench, new_films: NewFilms) -> None:
    bench.watchlist.trouble["Alien"] = [SHIELD]
    bench.watchlist.unwritable = True
    new_films.expect([ALIEN, BRAZIL])
    assert look_up(new_films, 1) == 1
    assert [film.title for film in new_films.waiting] == ["Brazil", "Alien"]
