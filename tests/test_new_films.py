"""New films: their pages, what those add to the list's word, and into which queue each one goes."""

from pathlib import Path

import pytest
from bench import Bench
from msgspec.structs import replace
from support import NOON, Clock, full_disk

from errors import FilmFault, StateWriteError
from identity import listed
from movie import FilmFacts, ListedFilm, Movie
from new_films import NewFilms, as_listed, with_facts
from queue_files import COMPLETED, FAILED, PENDING

ALIEN = Movie(title="Alien", year=1979, film_id="1", slug="alien", lists=("me/watchlist",))
BRAZIL = Movie(title="Brazil", year=1985, film_id="2", slug="brazil", lists=("me/watchlist",))
SERIAL = Movie(title="Serial", year=2001, film_id="3", slug="serial")


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


def test_brackets_at_the_end_of_a_title_are_no_year_where_the_page_has_none() -> None:
    listed = Movie(title="Rerun", year=1984, film_id="1", slug="rerun")
    assert with_facts(listed, FilmFacts(title="Rerun (1984)")).label == "Rerun (1984)"
    assert with_facts(listed, FilmFacts(title="Rerun (1984)")).year is None
    assert with_facts(listed, FilmFacts(title="Rerun (1984)", year=2001)).year == 2001


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


def test_a_reading_of_the_whole_list_replaces_what_was_still_to_be_looked_up(new_films: NewFilms) -> None:
    new_films.expect([ALIEN])
    new_films.expect([BRAZIL])
    assert [film.title for film in new_films.waiting] == ["Brazil"]


def test_a_reading_of_a_part_leaves_what_was_still_to_be_looked_up(new_films: NewFilms) -> None:
    assert new_films.expect([ALIEN]) == 1
    assert new_films.expect([BRAZIL], whole=False) == 1
    assert new_films.expect([BRAZIL], whole=False) == 0
    assert [film.title for film in new_films.waiting] == ["Brazil", "Alien"]


def test_a_film_that_is_still_to_be_looked_up_is_known(new_films: NewFilms) -> None:
    assert not new_films.is_known("1")
    new_films.expect([ALIEN])
    assert new_films.is_known("1")


def test_a_reading_in_between_does_not_begin_to_count_anew(bench: Bench, new_films: NewFilms) -> None:
    films = [Movie(title=f"Film {n}", slug=f"film-{n}") for n in range(30)]
    new_films.expect(films)
    for _ in range(10):
        bench.clock.time += 5
        new_films.look_up_next()
    new_films.expect(films[10:])
    bench.clock.time += 5
    new_films.look_up_next()
    assert bench.told[-1].startswith("🔎 Film pages: 11 of 30, 12 a minute")


def test_a_long_lookup_tells_how_far_it_is_and_then_no_more(bench: Bench, new_films: NewFilms) -> None:
    new_films.expect([Movie(title=f"Film {n}", slug=f"film-{n}") for n in range(30)])
    for _ in range(30):
        bench.clock.time += 5
        new_films.look_up_next()
    assert bench.told[0] == "🔎 Film pages: 1 of 30, 12 a minute, about 2 minutes left"
    assert bench.told[28:] == ["🔎 Film pages: 29 of 30, 12 a minute, about 5 seconds left", ""]


def test_a_few_pages_are_not_worth_telling(bench: Bench, new_films: NewFilms) -> None:
    new_films.expect([ALIEN, BRAZIL])
    new_films.look_up_next()
    assert bench.told == [""]


# --- pages that are read again


def test_a_film_gains_what_its_page_says_by_now(bench: Bench, new_films: NewFilms) -> None:
    bench.queue.add_to_pending(replace(ALIEN, year=None))
    bench.watchlist.pages["Alien"] = FilmFacts(title="Alien", year=1979, imdb_id="tt0078748", slug="alien")
    bench.watchlist.again = {"Alien"}
    assert new_films.expect([]) == 0
    new_films.look_up_next()
    [film] = bench.queue.films(PENDING)
    assert (film.id, film.year, film.aliases) == ("tt0078748", 1979, ("letterboxd:1",))
    assert bench.said == ["   ✎ Alien is Alien (1979) now"]


def test_a_failed_film_is_corrected_where_it_is(bench: Bench, new_films: NewFilms) -> None:
    bench.queue.add_to_pending(ALIEN)
    bench.queue.add_to_failed(ALIEN, "No torrents found", bench.clock() + 3600)
    bench.watchlist.pages["Alien"] = FilmFacts(title="Alien", year=1979, imdb_id="tt0078748")
    bench.watchlist.again = {"Alien"}
    new_films.expect([])
    new_films.look_up_next()
    [film] = bench.queue.films(FAILED)
    assert (film.imdb_id, film.retry_after) == ("tt0078748", int(bench.clock()) + 3600)


def test_a_page_is_read_again_by_what_the_list_shows_now(bench: Bench, new_films: NewFilms) -> None:
    bench.queue.add_to_pending(ALIEN)
    renamed = ListedFilm("Alien: The Cut", 1979, film_id="1", slug="alien-2")
    bench.queue.learn([listed(renamed, "me/watchlist")])
    bench.watchlist.again, bench.watchlist.read = {"Alien: The Cut"}, ["Alien: The Cut"]
    bench.watchlist.pages["Alien: The Cut"] = FilmFacts(title="Alien: The Cut", year=1979, slug="alien-2")
    new_films.expect([], [renamed])
    new_films.look_up_next()
    assert bench.titles(PENDING) == ["Alien: The Cut"]


def test_a_page_that_tells_of_a_series_takes_the_film_out(bench: Bench, new_films: NewFilms) -> None:
    bench.queue.add_to_pending(ALIEN)
    bench.watchlist.pages["Alien"] = FilmFacts(title="Alien", kind="series")
    bench.watchlist.again = {"Alien"}
    new_films.expect([])
    new_films.look_up_next()
    assert bench.titles(PENDING) == []
    assert bench.said == ["   ⊘ Skipped: Alien (1979) - a series, not a film"]


def test_a_page_that_cannot_be_read_is_left_alone_for_a_while(bench: Bench, new_films: NewFilms) -> None:
    bench.watchlist.trouble["Alien"] = [FilmFault("no page")] * 2
    new_films.expect([ALIEN])
    new_films.look_up_next()
    new_films.look_up_next()
    assert bench.watchlist.given_up == ["Alien"]


@pytest.mark.parametrize("key", ["1", "lid:a1", "slug:alien"])
def test_a_film_of_an_earlier_reading_is_known_by_its_key_in_any_queue(
    bench: Bench, new_films: NewFilms, key: str
) -> None:
    film = {"1": "film_id", "lid:a1": "lid", "slug:alien": "slug"}[key]
    assert not new_films.is_known(key)
    bench.queue.add_to_pending(Movie(title="Alien", year=1979, **{film: key.rpartition(":")[2]}))  # type: ignore[arg-type]
    assert new_films.is_known(key)
    bench.queue.forget(bench.queue.films(PENDING)[0])
    assert new_films.is_known(key)


def test_a_removed_film_is_not_known_so_that_a_reading_brings_it_back(
    bench: Bench, new_films: NewFilms
) -> None:
    bench.queue.add_to_pending(Movie(title="Alien", year=1979, film_id="1", lists=("me/watchlist",)))
    bench.queue.mark_removed(bench.queue.films(PENDING), "me/watchlist")
    assert not new_films.is_known("1")
