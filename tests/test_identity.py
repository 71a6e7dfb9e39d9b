"""Which records are one film: the film id decides, an IMDb id only where a side has nothing better."""

import pytest

from identity import free_id, listed, merged, names_of, natural_id, same_film, with_id
from movie import ListedFilm, Movie


def film(**known: object) -> Movie:
    return Movie(**{"title": "The Matrix", "year": 1999, **known})  # type: ignore[arg-type]  # of tests' own keys


@pytest.mark.parametrize(
    ("movie", "expected"),
    [
        (film(imdb_id="tt0133093", film_id="51568", lid="2a1m", slug="the-matrix"), "tt0133093"),
        (film(film_id="51568", lid="2a1m", slug="the-matrix"), "letterboxd:51568"),
        (film(lid="2a1m", slug="the-matrix"), "letterboxd:2a1m"),
        (film(slug="the-matrix"), "letterboxd:the-matrix"),
        (film(), "title:The Matrix (1999)"),
        (film(year=None), "title:The Matrix"),
        (film(imdb_id="", film_id=""), "title:The Matrix (1999)"),
    ],
)
def test_a_film_goes_by_the_strongest_id_it_has(movie: Movie, expected: str) -> None:
    assert natural_id(movie) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (film(film_id="1", slug="old", imdb_id="tt1"), film(film_id="1", slug="new", title="Renamed")),
        (film(lid="a", title="Matrix"), film(lid="a", film_id="1")),
        (film(imdb_id="tt1"), film(imdb_id="tt1", film_id="1", title="Matrix")),
        (film(slug="the-matrix"), film(slug="the-matrix", film_id="1")),
        (film(), film(film_id="1", slug="the-matrix")),
        (film(id="letterboxd:1", title="Matrix"), film(id="letterboxd:1", film_id="1")),
        (film(id="letterboxd:1", title="Matrix"), film(id="tt1", aliases=("letterboxd:1",), film_id="1")),
    ],
)
def test_these_are_one_film(one: Movie, other: Movie) -> None:
    assert same_film(one, other)
    assert same_film(other, one)
    assert set(names_of(one)) & set(names_of(other)), "the index would never bring them together"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (film(film_id="1", imdb_id="tt1", slug="x"), film(film_id="2", imdb_id="tt1", slug="x")),
        (film(lid="a", imdb_id="tt1"), film(lid="b", imdb_id="tt1")),
        (film(film_id="1", imdb_id="tt1"), film(lid="b", imdb_id="tt1")),
        (film(imdb_id="tt1"), film(imdb_id="tt2")),
        (film(slug="the-matrix"), film(slug="the-matrix-1993")),
        (film(imdb_id="tt1"), film(film_id="1")),
        (film(), film(year=1993)),
        (film(), film(year=None)),
        (film(), film(title="the matrix")),
        (film(id=""), film(id="", title="Alien")),
    ],
)
def test_these_are_two_films(one: Movie, other: Movie) -> None:
    assert not same_film(one, other)
    assert not same_film(other, one)


def test_the_second_holder_of_an_imdb_id_goes_by_its_film_id() -> None:
    assert free_id(film(imdb_id="tt1", film_id="2", lid="b"), {"tt1"}) == "letterboxd:2"


def test_a_film_that_shares_every_id_still_gets_one_of_its_own() -> None:
    taken = {"letterboxd:1917", "letterboxd:1917 #2"}
    assert free_id(film(slug="1917"), taken) == "letterboxd:1917 #3"
    assert free_id(film(), {"title:The Matrix (1999)"}) == "title:The Matrix (1999) #2"


def test_an_earlier_id_stays_among_the_aliases() -> None:
    moved = with_id(with_id(film(id="letterboxd:the-matrix"), "letterboxd:1"), "tt1")
    assert (moved.id, moved.aliases) == ("tt1", ("letterboxd:the-matrix", "letterboxd:1"))
    assert with_id(moved, "letterboxd:1").aliases == ("letterboxd:the-matrix", "tt1")


def test_a_film_learns_what_a_later_mention_knows_and_keeps_its_state() -> None:
    known = film(id="tt1", imdb_id="tt1", slug="old", lists=("manual",), status="failed", retry_count=3)
    seen = film(title="Matrix", film_id="1", slug="new", lists=("me/watchlist",), imdb_id="tt2")
    knows = merged(known, seen)
    assert (knows.film_id, knows.slug, knows.imdb_id) == ("1", "new", "tt1")
    assert knows.lists == ("manual", "me/watchlist")
    assert (knows.status, knows.retry_count) == ("failed", 3)


def test_the_title_changes_only_until_the_films_page_gave_the_year() -> None:
    seen = film(title="Matrix", year=None)
    assert merged(film(year=None), seen).title == "Matrix"
    assert merged(film(), seen).label == "The Matrix (1999)"


def test_a_mention_that_knows_less_takes_nothing_away() -> None:
    known = film(film_id="1", lid="a", slug="x", imdb_id="tt1", director="The Wachowskis")
    assert merged(known, film(year=None)) == known


def test_a_listed_film_has_no_id_before_the_queue_settles_it() -> None:
    movie = listed(ListedFilm("Alien", 1979, film_id="2", slug="alien"), "me/watchlist")
    assert (movie.id, movie.film_id, movie.lists) == ("", "2", ("me/watchlist",))


def test_a_list_that_takes_the_end_of_a_title_for_a_year_teaches_nothing() -> None:
    known, shown = Movie(title="Rerun (1984)", slug="rerun"), Movie(title="Rerun", year=1984, slug="rerun")
    assert merged(known, shown).label == "Rerun (1984)"
    assert merged(known, shown).year is None
