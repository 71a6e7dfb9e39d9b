"""What a fresh pair of eyes found about cleanup: what was once deleted, lost or counted wrongly."""

from pathlib import Path

import msgspec
import pytest
from bench import Bench
from cleanup_bench import DAY, MINE, CleanupBench
from leaving_films import check, show, with_list
from support import Clock

from errors import PlaceUnavailable
from film_store import FilmStore
from list_memory import ListMemory, Lists
from movie import FilmFacts
from program import places_of
from queue_files import REMOVED


@pytest.fixture
def cleanup(tmp_path: Path) -> CleanupBench:
    return CleanupBench(tmp_path)


@pytest.mark.parametrize("imdb_id", ["tt0113277", None])
def test_a_film_that_the_list_shows_under_an_id_which_its_record_lacks_stays(
    cleanup: CleanupBench, imdb_id: str | None
) -> None:
    film = cleanup.film(slug=None, id="", imdb_id=imdb_id)
    facts = FilmFacts(title="Heat", year=1995, film_id="51994", imdb_id="tt0113277", fetched_at=1)
    FilmStore(cleanup.folder / "films.json").keep(facts)
    now = int(cleanup.clock.time)
    shown = ListMemory(films=("51994",), read_at=now, full_at=now, length=1)
    Lists(cleanup.folder).change(MINE, lambda _: shown)
    cleanup.go()
    assert film.path.exists()
    assert [movie.title for movie in cleanup.queue.films(REMOVED)] == ["Heat"]


def test_what_cannot_go_into_the_trash_after_all_is_not_deleted_by_the_same_word(
    cleanup: CleanupBench,
) -> None:
    film = cleanup.film()
    cleanup.write_queues()
    cleanup.client.refuse_move = PlaceUnavailable("/trash: qBittorrent cannot make this folder.")
    cleanup.yes()
    assert film.path.exists()
    assert cleanup.said_of("cannot make this folder. `--cleanup` shows what can be done") == 1
    cleanup.yes()
    assert not film.path.exists()


def test_a_film_that_is_cleaned_up_twice_is_in_the_trash_twice_and_the_first_one_goes_for_good(
    cleanup: CleanupBench,
) -> None:
    film = cleanup.film()
    cleanup.go()
    [first] = cleanup.entries()
    again = CleanupBench.film(cleanup)
    cleanup.known.remove(film)
    cleanup.restart()
    cleanup.write_queues()
    cleanup.clock.time += 60
    cleanup.read_list()
    cleanup.resume()
    assert not again.path.exists()
    assert len(cleanup.entries()) == 2
    assert first.local is not None
    cleanup.later(6 * DAY)
    cleanup.later(2 * DAY)
    assert cleanup.entries() == ()
    assert not Path(first.local).exists()


def test_a_trash_that_was_configured_once_holds_no_film_that_one_has(cleanup: CleanupBench) -> None:
    (cleanup.films / "bin").mkdir()
    cleanup.configure(trash_directory=str(cleanup.films / "bin"))
    cleanup.film()
    cleanup.go()
    assert cleanup.entries()
    cleanup.configure(trash_directory=None)
    _, library = places_of(cleanup.config)
    assert not [entry for entry in library.entries() if "Heat" in entry.name]


def test_a_removed_film_that_names_no_list_is_missed_by_the_one_that_is_read(
    tmp_path: Path, clock: Clock
) -> None:
    bench = with_list(Bench(tmp_path, clock))
    film = bench.film("Film 7")
    bench.watchlist.films = [one for one in bench.watchlist.films if one.title != "Film 7"]
    with bench.queue._changing():
        bench.queue._put(msgspec.structs.replace(film, lists=(), removed_at=int(clock())), REMOVED)
    show(bench)
    clock.time += DAY / 2
    check(bench)
    clock.time += DAY / 2
    check(bench)
    [gone] = bench.queue.films(REMOVED)
    assert gone.missing_for > 0
