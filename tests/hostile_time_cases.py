"""What may be wrong with lists, clocks, limits, files of state and other processes while cleanup is on.

Cases as in `hostile_disk_cases`.
"""

from cleanup_bench import DAY, GRACE, HOUR, MINE, CleanupBench
from cleanup_films import Film
from hostile_disk_cases import NOTHING, STAYS, Case, Went, goes

import storage
from list_memory import Lists
from movie import MANUAL_LIST, Movie
from queue_manager import QueueManager

CASES: dict[str, Case] = {}
OTHER = "other/films"
YEAR = 365 * DAY


def case(function: Case) -> Case:
    """A row of the table."""
    CASES[function.__name__] = function
    return function


# --- lists


@case
def a_film_whose_grace_is_not_over_stays(bench: CleanupBench) -> Went:
    bench.film(missed=GRACE - 1)
    bench.go()
    return STAYS


@case
def a_film_that_left_for_long_but_was_not_seen_missing_stays(bench: CleanupBench) -> Went:
    bench.film(missed=HOUR, removed_at=int(bench.clock()) - YEAR)
    bench.go()
    return STAYS


@case
def nothing_goes_by_a_reading_of_yesterday(bench: CleanupBench) -> Went:
    bench.film()
    bench.read_list(at=bench.clock() - DAY - 60)
    bench.go()
    return NOTHING


@case
def nothing_goes_by_a_reading_that_lies_ahead(bench: CleanupBench) -> Went:
    bench.film()
    bench.read_list(at=bench.clock() + DAY)
    bench.go()
    return NOTHING


@case
def nothing_goes_by_a_list_that_was_never_read_in_full(bench: CleanupBench) -> Went:
    bench.film()
    bench.read_list(full_at=0)
    bench.go()
    return NOTHING


@case
def nothing_goes_by_a_reading_before_the_film_left(bench: CleanupBench) -> Went:
    bench.film(removed_at=int(bench.clock()))
    bench.read_list(at=bench.clock() - HOUR)
    bench.go()
    return Went(witness=True)


@case
def a_film_of_two_lists_waits_for_the_reading_of_both(bench: CleanupBench) -> Went:
    bench.film(lists=(MINE, OTHER))
    bench.read_list(at=bench.clock() - 2 * DAY, name=OTHER)
    bench.go()
    return STAYS


@case
def a_film_of_a_list_that_is_not_read_any_more_stays(bench: CleanupBench) -> Went:
    bench.film(lists=(OTHER,))
    bench.go()
    return STAYS


@case
def a_film_that_its_list_shows_stays_whatever_the_queue_says(bench: CleanupBench) -> Went:
    film = bench.film()
    bench.read_list(film)
    bench.go()
    return STAYS


@case
def a_film_that_another_list_shows_stays(bench: CleanupBench) -> Went:
    film = bench.film()
    bench.read_list(film, name=OTHER, at=bench.clock() - YEAR)
    bench.go()
    return STAYS


@case
def a_film_that_a_list_shows_under_its_film_id_stays(bench: CleanupBench) -> Went:
    bench.film(film_id="51994")
    bench.read_list()
    Lists(bench.folder).change(OTHER, lambda memory: memory.__class__(films=("51994",), read_at=1, full_at=1))
    bench.go()
    return STAYS


# --- wanted again


def _wanted_at(moment: str, **config: object) -> Case:
    def run(bench: CleanupBench) -> Went:
        bench.configure(**config)
        film = bench.film()
        bench.at(moment, lambda: bench.wanted_again(film))
        bench.go()
        return STAYS

    return run


for _moment in (
    *("after torrents", "after contents", "before find", "after find", "before stop_torrent", "before move"),
    *("after stop_torrent", "after move", "before remove", "after remove"),
):
    CASES[f"a_film_that_is_wanted_again_{_moment.replace(' ', '_')}_stays"] = _wanted_at(_moment)
for _moment in ("after torrents", "after contents", "before find", "after find"):
    CASES[f"a_film_that_is_wanted_again_{_moment.replace(' ', '_')}_is_not_deleted"] = _wanted_at(
        _moment, trash_period=0
    )


@case
def a_film_that_is_wanted_again_while_it_is_moved_comes_back(bench: CleanupBench) -> Went:
    bench.client.slow, bench.waits_of_slow = True, 5
    film = bench.film()
    bench.at("after move", lambda: bench.wanted_again(film))
    bench.go()
    return STAYS


@case
def a_film_that_is_wanted_again_while_it_is_compared_goes_on(bench: CleanupBench) -> Went:
    bench.client.slow = True
    film = bench.film()
    bench.long_complete(film)
    bench.at("after recheck", lambda: bench.wanted_again(film))
    bench.go()
    return STAYS


@case
def a_file_of_the_users_is_not_written_over_because_its_film_is_wanted_again(bench: CleanupBench) -> Went:
    """It was put in the place of ours, and is being compared."""
    bench.client.slow = True
    film = bench.film()
    bench.replaced(film)
    bench.at("after recheck", lambda: bench.wanted_again(film))
    bench.go()
    return Went(stopped=(film,))


@case
def a_file_of_the_users_is_not_written_over_when_a_film_comes_back(bench: CleanupBench) -> Went:
    """It was put where the film lay, while that went into the trash."""
    film = bench.film()
    path = film.path

    def put_there() -> None:
        bench.foreign_file(path)
        bench.wanted_again(film)

    bench.at("before remove", put_there)
    bench.go()
    assert path.read_bytes() == bench.foreign[path]
    # It waits until that is out of the way.
    path.rename(path.with_name("mine.mkv"))
    bench.foreign[path.with_name("mine.mkv")] = bench.foreign.pop(path)
    bench.resume()
    return STAYS


@case
def a_film_that_is_wanted_again_once_it_is_deleted_is_fetched_anew(bench: CleanupBench) -> Went:
    bench.configure(trash_period=0)
    film = bench.film()
    bench.at("after remove", lambda: bench.wanted_again(film))
    bench.go()
    film.queue, film.files, film.torrent = "pending", {}, None
    bench.all_torrents -= {film.movie.torrent_hash or ""}
    [known] = bench.queue.films("pending")
    assert (known.torrent_hash, known.downloaded_at) == (None, None)
    return STAYS


@case
def a_film_that_the_user_adds_by_hand_in_the_middle_stays(bench: CleanupBench) -> Went:
    film = bench.film()

    def add() -> None:
        queue = QueueManager(bench.folder, max_retries=5, now=bench.clock)
        queue.remember(Movie(title="Heat", year=1995, slug=film.movie.slug, lists=(MANUAL_LIST,)))
        film.queue = "pending"

    bench.at("before remove", add)
    bench.go()
    return STAYS


@case
def a_film_that_is_wanted_again_after_it_went_is_a_new_one(bench: CleanupBench) -> Went:
    film = bench.film()
    bench.go()
    bench.wanted_again(film)
    bench.resume()
    assert [movie.title for movie in bench.queue.films("pending")] == ["Heat"]
    bench.queue.let_go(bench.queue.films("pending")[0])
    storage.write_json(bench.folder / "queue_pending.json", [])
    return goes(film)


@case
def a_watched_film_stays_where_the_user_says_so(bench: CleanupBench) -> Went:
    bench.configure(cleanup_watched=False)
    bench.film(watched_on="2026-11-01")
    bench.go()
    return STAYS


@case
def a_watched_film_goes_otherwise(bench: CleanupBench) -> Went:
    film = bench.film(watched_on="2026-11-01")
    bench.go()
    return goes(film)


# --- other films


@case
def the_film_of_that_title_and_another_year_stays(bench: CleanupBench) -> Went:
    film = bench.film("Heat", 1995)
    bench.film("Heat", 1986, queue="completed")
    bench.go()
    return goes(film)


@case
def a_file_by_which_another_film_counts_as_there_stays(bench: CleanupBench) -> Went:
    bench.film("Heat", 1995)
    other = _known(bench, "Heat Wave", original_title="Heat")
    assert other.queue == "completed"
    bench.go()
    return STAYS


@case
def a_file_by_which_another_film_counts_whose_torrent_is_gone_stays(bench: CleanupBench) -> Went:
    bench.film("Heat", 1995)
    _known(bench, "Heat Wave", original_title="Heat", torrent_hash="b" * 40, owned=True)
    bench.go()
    return STAYS


def _known(bench: CleanupBench, title: str, **record: object) -> Film:
    """Another film, completed, without a torrent in qBittorrent."""
    facts = {"torrent_hash": None, "owned": None, **record}
    other = bench.film(title, queue="completed", **facts)  # type: ignore[arg-type]
    for path in other.files:
        path.unlink()
    other.path.parent.rmdir()
    del bench.client.statuses[other.hash]
    bench.all_torrents.discard(other.hash)
    other.torrent, other.files = None, {}
    return other


# --- clocks


@case
def a_clock_that_jumps_ahead_ends_no_grace(bench: CleanupBench) -> Went:
    bench.film(missed=GRACE - HOUR)
    bench.clock.time += YEAR
    bench.read_list()
    bench.go()
    return STAYS


@case
def a_clock_that_jumps_ahead_makes_a_reading_old(bench: CleanupBench) -> Went:
    bench.film()
    bench.clock.time += YEAR
    bench.go()
    return NOTHING


@case
def a_clock_that_jumps_back_makes_a_reading_a_future_one(bench: CleanupBench) -> Went:
    bench.film()
    bench.clock.time -= YEAR
    bench.go()
    return NOTHING
