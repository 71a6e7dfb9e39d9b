"""What is kept of film pages, those that failed included."""

import json
from pathlib import Path

import pytest

from film_store import FilmStore
from movie import FilmFacts, ListedFilm

NOW = 1_790_000_000
ALIEN = ListedFilm("Alien", 1979, "1", "a1", "alien")
FACTS = FilmFacts(title="Alien", year=1979, imdb_id="tt0078748", film_id="1", slug="alien", fetched_at=NOW)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "films.json"


def test_failures_are_counted_over_runs(path: Path) -> None:
    assert FilmStore(path).failures(ALIEN) == 0
    assert FilmStore(path).failed(ALIEN) == 1
    assert FilmStore(path).failed(ALIEN) == 2
    assert FilmStore(path).failures(ALIEN) == 2


def test_of_a_film_whose_page_only_failed_so_far_nothing_is_known(path: Path) -> None:
    store = FilmStore(path)
    store.failed(ListedFilm("tt0078748", imdb_id="tt0078748", slug="alien"))
    assert store.find(ListedFilm("Alien", slug="alien")) is None
    assert store.by_imdb_id("tt0078748") is None


def test_a_page_that_is_read_after_all_ends_the_count(path: Path) -> None:
    store = FilmStore(path)
    store.failed(ALIEN)
    store.keep(FACTS)
    assert (store.find(ALIEN), store.failures(ALIEN)) == (FACTS, 0)
    assert list(json.loads(path.read_text())) == ["1"]


def test_a_page_that_fails_later_takes_away_nothing_that_is_known(path: Path) -> None:
    store = FilmStore(path)
    store.keep(FACTS)
    assert store.failed(ALIEN) == 1
    known = store.find(ALIEN)
    assert known is not None
    assert (known.imdb_id, known.fetched_at) == ("tt0078748", NOW)


def test_a_page_that_was_given_up_leaves_what_the_list_says_by_now(path: Path) -> None:
    store = FilmStore(path)
    store.failed(ALIEN)
    store.give_up(ListedFilm("Alien: The Cut", 1980, "1", "a1", "alien"), NOW)
    known = store.find(ALIEN)
    assert known is not None
    assert (known.title, known.year, known.page_failed, known.fetched_at) == (
        "Alien: The Cut",
        1980,
        True,
        NOW,
    )


def test_once_given_up_one_more_failure_is_the_second(path: Path) -> None:
    store = FilmStore(path)
    store.failed(ALIEN)
    store.failed(ALIEN)
    store.give_up(ALIEN, NOW)
    assert store.failed(ALIEN) == 3
