"""New films: their pages, what those add to the list's word, and into which queue each one goes."""

from pathlib import Path

import pytest
from bench import Bench
from support import NOON, Clock, full_disk

from errors import Blocked, FilmFault, ServiceUnavailable, StateWriteError
from movie import FilmFacts, Movie
from new_films import NewFilms, as_listed, with_facts
from queue_files import COMPLETED, PENDING

ALIEN = Movie(title="Alien", year=1979, film_id="1", slug="alien", lists=("me/watchlist",))
BRAZIL = Movie(title="Brazil", year=1985, film_id="2", slug="brazil", lists=("me/watchlist",))
SERIAL = Movie(title="Serial", year=2001, film_id="3", slug="serial")
DOWN = ServiceUnavailable("letterboxd", "Letterboxd gave no page.")
SHIELD = Blocked("letterboxd", "The shield refused us.")


@pytest.fixture
def bench(tmp_path: Path, clock: Clock) -> Bench:
    return Bench(tmp_path, clock)


@pytest.fixture
def new_films(bench: Bench) -> NewFilms:
    return bench.new_films


def put_on_disk(bench: Bench, name: str) -> None:
    (bench.downloads / name).mkdir()
    (bench.downloads / name / "film.mkv").write_bytes(b"film")


def test_what_the_page_says_goes_into_the_queue(bench: Bench, new_films: NewFilms) -> None:
    bench.watchlist.pages["Alien"] = FilmFacts(
        title="Alien", year=1979, imdb_id="tt0078748", lid="a1", directors=("Ridley Scott", "Nobody")
    )
    new_films.expect([ALIEN])
    new_films.look_up_next()
    [film] = bench.queue.films(PENDING)
    assert (film.id, film.director, film.lid) == ("tt0078748", "Ridley Scott, Nobody", "a1")
    assert (film.film_id, film.slug, film.lists) == ("1", "alien", ("me/watchlist",))
    assert bench.said == ["   ✓ Added: Alien (1979)"]


def test_the_page_knows_title_and_year_better_and_the_list_its_ids() -> None:
    listed = Movie(title="Alien [sic]", film_id="1", slug="alien")
    facts = FilmFacts(title="Alien", year=1979, film_id="9", lid="a1", original_title="Alien 1")
    film = with_facts(listed, facts)
    assert (film.title, film.year, film.film_id, film.lid) == ("Alien", 1979, "1", "a1")
    assert film.original_title == "Alien 1"


def test_a_page_that_knows_no_year_takes_none_away() -> None:
    assert with_facts(ALIEN, FilmFacts(title="")).label == "Alien (1979)"


def test_the_page_is_asked_for_by_every_id_of_the_list() -> None:
    film = as_listed(Movie(title="Alien", year=1979, film_id="1", lid="a1", slug="alien"))
    assert (film.film_id, film.lid, film.slug, film.title, film.year) == ("1", "a1", "alien", "Alien", 1979)


def test_a_film_without_a_page_of_its_own_is_queued_by_what_the_list_says(
    bench: Bench, new_films: NewFilms
) -> None:
    bench.watchlist.trouble["Alien"] = [FilmFault("no page")] * 2
    new_films.expect([ALIEN])
    new_films.look_up_next()
    assert bench.titles(PENDING) == []
    new_films.look_up_next()
    assert bench.titles(PENDING) == ["Alien"]


def test_a_page_without_an_answer_is_tried_once_more_after_the_others(
    bench: Bench, new_films: NewFilms
) -> None:
    bench.watchlist.trouble["Alien"] = [DOWN]
    new_films.expect([ALIEN, BRAZIL])
    with pytest.raises(ServiceUnavailable):
        new_films.look_up_next()
    new_films.look_up_next()
    new_films.look_up_next()
    assert bench.watchlist.read == ["Alien", "Brazil", "Alien"]
    assert bench.titles(PENDING) == ["Brazil", "Alien"]
    assert not new_films


def test_a_page_without_an_answer_twice_leaves_the_film_to_what_the_list_says(
    bench: Bench, new_films: NewFilms
) -> None:
    bench.watchlist.trouble["Alien"] = [DOWN, DOWN]
    new_films.expect([ALIEN])
    for _ in range(2):
        with pytest.raises(ServiceUnavailable):
            new_films.look_up_next()
    assert bench.titles(PENDING) == ["Alien"]
    assert not new_films


def test_a_refused_page_leaves_the_film_the_next_one(bench: Bench, new_films: NewFilms) -> None:
    bench.watchlist.trouble["Alien"] = [SHIELD, SHIELD, SHIELD]
    new_films.expect([ALIEN, BRAZIL])
    for _ in range(3):
        with pytest.raises(Blocked):
            new_films.look_up_next()
    assert [film.title for film in new_films.waiting] == ["Alien", "Brazil"]
    new_films.look_up_next()
    assert bench.titles(PENDING) == ["Alien"]


def test_a_film_that_could_not_be_written_is_still_to_be_queued(bench: Bench, new_films: NewFilms) -> None:
    new_films.expect([ALIEN])
    with full_disk(), pytest.raises(StateWriteError):
        new_films.look_up_next()
    assert len(new_films) == 1
    new_films.look_up_next()
    assert bench.titles(PENDING) == ["Alien"]


def test_a_series_is_skipped_and_said_once(bench: Bench, new_films: NewFilms) -> None:
    bench.watchlist.pages["Serial"] = FilmFacts(title="Serial", kind="series")
    for _ in range(2):
        new_films.expect([SERIAL])
        while new_films:
            new_films.look_up_next()
    assert bench.titles(PENDING) == []
    assert bench.said == ["   ⊘ Skipped: Serial (2001) - a series, not a film"]


def test_a_film_on_the_disk_is_completed_and_not_ours(bench: Bench, new_films: NewFilms) -> None:
    put_on_disk(bench, "Alien (1979)")
    new_films.expect([ALIEN])
    new_films.look_up_next()
    [film] = bench.queue.films(COMPLETED)
    assert (film.owned, film.downloaded_at, film.torrent_hash) == (False, NOON, None)
    assert bench.said == ["   ⊘ Skipped: Alien (1979) - already downloaded"]


def test_of_two_wanted_namesakes_no_folder_name_proves_either(bench: Bench, new_films: NewFilms) -> None:
    bench.queue.add_to_pending(Movie(title="Alien", year=1979, film_id="77", slug="alien-2"))
    put_on_disk(bench, "Alien (1979)")
    new_films.expect([ALIEN])
    new_films.look_up_next()
    assert bench.titles(PENDING) == ["Alien", "Alien"]


def test_a_place_that_is_not_there_makes_no_film_wait_here(bench: Bench, new_films: NewFilms) -> None:
    put_on_disk(bench, "Alien (1979)")
    bench.place.check()
    (bench.downloads / ".movie_sync").unlink()
    new_films.expect([ALIEN])
    new_films.look_up_next()
    assert bench.titles(PENDING) == ["Alien"]


def test_a_film_that_its_page_shows_to_be_known_is_not_queued_again(
    bench: Bench, new_films: NewFilms
) -> None:
    bench.queue.add_to_completed(Movie(title="Alien", year=1979, imdb_id="tt0078748"))
    bench.watchlist.pages["Alien"] = FilmFacts(title="Alien", year=1979, imdb_id="tt0078748")
    new_films.expect([ALIEN])
    new_films.look_up_next()
    assert bench.titles(PENDING) == []
    assert bench.said == []


def test_a_forgotten_film_does_not_come_back(bench: Bench, new_films: NewFilms) -> None:
    bench.queue.add_to_completed(ALIEN)
    bench.clock.time += 40 * 86400
    bench.queue.cleanup_old_completed(30)
    new_films.expect([ALIEN])
    new_films.look_up_next()
    assert (bench.titles(PENDING), bench.titles(COMPLETED), bench.said) == ([], [], [])


def test_a_new_reading_replaces_what_was_still_to_be_looked_up(new_films: NewFilms) -> None:
    new_films.expect([ALIEN])
    new_films.expect([BRAZIL])
    assert [film.title for film in new_films.waiting] == ["Brazil"]


def test_a_long_list_says_each_minute_how_much_is_left(bench: Bench, new_films: NewFilms) -> None:
    new_films.expect([Movie(title=f"Film {n}", slug=f"film-{n}") for n in range(30)])
    for _ in range(30):
        bench.clock.time += 5
        new_films.look_up_next()
    assert [line for line in bench.said if "still to be looked up" in line] == [
        "   … 18 new films still to be looked up",
        "   … 6 new films still to be looked up",
    ]
