"""New uploads and owed searches, with DownloadWorker stepped by hand: what they find, and what they cost."""

from dataclasses import replace
from pathlib import Path

import pytest
from bench import DOWN, Bench
from support import NOON, Clock

import storage
from download_service import NoRelease, Release
from errors import FilmFault, NoSpace
from filelist_downloader import ROWS_A_CALL
from movie import FilmFacts, Movie
from queue_files import COMPLETED, FAILED, PENDING
from turns import is_not_out
from uploads import UploadMemory, has_gap, likely

QUARTER = 900
DAY = 24 * 3600
ROW = Release(
    tracker="filelist",
    id="7",
    name="Alien.1999.1080p.BluRay.x264-GRP",
    imdb_id=None,
    category_id=4,
    category="Filme HD",
    size=8_000_000_000,
    seeders=20,
    leechers=0,
    freeleech=False,
    doubleup=False,
    internal=False,
    uploaded_at=NOON,
)


@pytest.fixture
def bench(tmp_path: Path, clock: Clock) -> Bench:
    """The newest uploads were looked at a while ago."""
    bench = Bench(tmp_path, clock)
    storage.write_json(bench.folder / "latest.json", UploadMemory(polled_at=NOON - QUARTER))
    return bench


def run(bench: Bench) -> None:
    bench.run(bench.downloads_worker)


def fail_for_good(bench: Bench, title: str) -> None:
    """The film as it is after its last allowed try."""
    bench.want(title)
    movie = bench.claim(retry_count=4, last_failed_at=int(bench.clock()) - DAY)
    bench.queue.add_to_failed(movie, "No torrents found", 0)
    assert title in [film.title for film in bench.queue.get_permanent_failures()]


def full_page(uploaded_at: int) -> list[Release]:
    return [
        replace(ROW, id=str(n), name=f"Other.{n}.1990", uploaded_at=uploaded_at) for n in range(ROWS_A_CALL)
    ]


def test_a_permanently_failed_film_is_taken_when_it_is_uploaded(bench: Bench) -> None:
    fail_for_good(bench, "Alien")
    run(bench)
    assert (bench.tracker.looked, bench.tracker.asked) == (1, [])
    bench.offer("Alien")
    bench.tracker.rows = [ROW]
    bench.clock.time += QUARTER
    run(bench)
    assert bench.titles(COMPLETED) == ["Alien"]
    assert (bench.tracker.looked, bench.tracker.offered) == (2, [(ROW.name,)])


def test_one_look_serves_all_wanted_films_and_comes_once_an_interval(bench: Bench) -> None:
    for title in ("Alien", "Brazil", "Charade"):
        fail_for_good(bench, title)
    for _ in range(11):
        bench.clock.time += QUARTER / 10
        run(bench)
    assert (bench.tracker.looked, bench.tracker.asked) == (2, [])


def test_the_first_look_comes_an_interval_after_the_first_search(bench: Bench) -> None:
    (bench.folder / "latest.json").unlink()
    fail_for_good(bench, "Alien")
    run(bench)
    assert bench.tracker.looked == 0
    bench.clock.time += QUARTER
    run(bench)
    assert bench.tracker.looked == 1


def test_nobody_looks_while_no_film_is_wanted(bench: Bench) -> None:
    run(bench)
    assert bench.tracker.looked == 0


def test_new_films_and_retries_are_searched_for_first(bench: Bench) -> None:
    bench.want("Alien")
    bench.downloads_worker.step()
    assert (bench.tracker.asked, bench.tracker.looked) == (["Alien"], 0)


def test_a_new_film_goes_before_one_that_failed_and_one_put_first_before_both(bench: Bench) -> None:
    bench.want("Alien")
    run(bench)
    bench.clock.time += 3600
    bench.want("Brazil", "Charade")
    run(bench)
    assert bench.tracker.asked == ["Alien", "Brazil", "Charade", "Alien"]
    bench.clock.time += 2 * 3600
    bench.queue.put_first(bench.film("Alien"))
    bench.want("Detour")
    run(bench)
    assert bench.tracker.asked[4:6] == ["Alien", "Detour"]


def test_a_film_that_is_not_out_is_taken_the_moment_it_appears(bench: Bench) -> None:
    bench.queue.add_to_pending(Movie(title="Alien", year=2099, slug="alien"))
    run(bench)
    assert bench.tracker.asked == []
    bench.offer("Alien")
    bench.tracker.rows = [ROW]
    bench.clock.time += QUARTER
    run(bench)
    assert bench.titles(COMPLETED) == ["Alien"]


def test_an_offer_that_comes_to_nothing_costs_no_try(bench: Bench) -> None:
    fail_for_good(bench, "Alien")
    before = bench.film("Alien")
    bench.tracker.rows = [ROW]
    run(bench)
    after = bench.film("Alien")
    assert (after.status, after.retry_count, after.retry_after) == (FAILED, before.retry_count, 0)
    assert bench.said_of("Nothing yet: Alien") == 1


def test_a_gap_owes_each_wanted_film_one_search_at_no_cost(bench: Bench) -> None:
    fail_for_good(bench, "Alien")
    bench.want("Brazil")
    run(bench)
    waiting = bench.film("Brazil")
    assert bench.tracker.asked == ["Brazil"]
    bench.clock.time += QUARTER
    bench.tracker.rows = full_page(int(bench.clock()) - 10)
    run(bench)
    assert sorted(bench.tracker.asked) == ["Alien", "Brazil", "Brazil"]
    after = bench.film("Brazil")
    assert (after.status, after.retry_count, after.retry_after) == (FAILED, 0, waiting.retry_after)
    assert len(bench.queue.get_permanent_failures()) == 1
    bench.tracker.rows = full_page(NOON - DAY)
    bench.clock.time += QUARTER
    run(bench)
    assert len(bench.tracker.asked) == 3


def test_owed_searches_leave_fifty_calls_of_the_hour_and_are_made_later(bench: Bench) -> None:
    fail_for_good(bench, "Alien")
    run(bench)
    bench.clock.time += QUARTER
    bench.tracker.rows, bench.tracker.left = full_page(int(bench.clock()) - 10), 50
    run(bench)
    assert bench.tracker.asked == []
    bench.tracker.left = 51
    run(bench)
    assert bench.tracker.asked == ["Alien"]


def test_a_permanent_failure_is_searched_for_once_a_month(bench: Bench) -> None:
    fail_for_good(bench, "Alien")
    run(bench)
    assert bench.tracker.asked == []
    for _ in range(3):
        bench.clock.time += 30 * DAY
        run(bench)
    assert bench.tracker.asked == ["Alien"] * 3
    assert len(bench.queue.get_permanent_failures()) == 1


def test_nothing_is_looked_at_while_it_could_not_be_handed_over(bench: Bench) -> None:
    fail_for_good(bench, "Alien")
    bench.downloads.rmdir()
    run(bench)
    assert bench.tracker.looked == 0
    assert bench.said_of("is missing") == 1


def test_an_outage_while_an_offer_is_fetched_keeps_it(bench: Bench) -> None:
    fail_for_good(bench, "Alien")
    bench.tracker.rows = [ROW]
    bench.tracker.answers["Alien"] = DOWN
    run(bench)
    assert bench.titles(PENDING) == ["Alien"]
    bench.tracker.answers["Alien"] = NoRelease("its .torrent cannot be used")
    bench.clock.time += 120
    run(bench)
    assert len(bench.queue.get_permanent_failures()) == 1


@pytest.mark.parametrize(
    ("count", "uploaded_at", "polled_at", "gap"),
    [
        (ROWS_A_CALL, NOON, NOON - 1, True),
        (ROWS_A_CALL, NOON, NOON, False),
        (ROWS_A_CALL - 1, NOON, NOON - 1, False),
        (ROWS_A_CALL, NOON, 0, False),
    ],
)
def test_rows_may_be_missing_only_from_a_full_answer(
    count: int, uploaded_at: int, polled_at: int, gap: bool
) -> None:
    assert has_gap(full_page(uploaded_at)[:count], polled_at) is gap


@pytest.mark.parametrize(
    ("movie", "titles", "is_likely"),
    [
        (Movie(title="Alien", year=1999), (), True),
        (Movie(title="Brazil", year=1999), (), False),
        (Movie(title="Brazil", imdb_id="tt0078748"), (), True),
        (Movie(title="Brazil", original_title="Alien"), (), True),
        (Movie(title="Brazil"), ("Alien",), True),
        (Movie(title="Alien: The Cut"), (), True),
        (Movie(title="!!!"), (), False),
    ],
)
def test_a_row_is_likely_by_its_id_or_any_title(
    movie: Movie, titles: tuple[str, ...], is_likely: bool
) -> None:
    row = replace(ROW, imdb_id="tt78748")
    assert bool(likely([(row, "alien19991080pblurayx264grp")], movie, titles)) is is_likely


@pytest.mark.parametrize(
    ("released", "not_out"), [("2099-01-01", True), ("2020-01-01", False), (None, False)]
)
def test_a_film_whose_page_names_a_later_day_is_not_out(released: str | None, not_out: bool) -> None:
    movie, facts = Movie(title="Soon", year=2026, slug="soon"), FilmFacts(title="Soon", released=released)
    assert is_not_out(movie, facts, NOON) is not_out


# --- when something goes wrong with it


def test_a_look_that_failed_is_made_again_a_minute_later(bench: Bench) -> None:
    fail_for_good(bench, "Alien")
    bench.tracker.no_rows = DOWN
    run(bench)
    bench.tracker.no_rows = None
    assert bench.tracker.looked == 1
    bench.clock.time += 59
    run(bench)
    assert bench.tracker.looked == 1
    bench.clock.time += 2
    run(bench)
    assert bench.tracker.looked == 2


def test_an_upload_that_cannot_be_used_is_tried_once(bench: Bench) -> None:
    fail_for_good(bench, "Alien")
    bench.tracker.rows = [ROW]
    bench.tracker.answers["Alien"] = FilmFault("the .torrent is broken")
    for _ in range(5):
        bench.clock.time += QUARTER
        run(bench)
    assert bench.tracker.asked == ["Alien"]
    assert bench.tracker.looked == 5


def test_an_offer_that_waited_for_room_costs_no_try_in_the_end(bench: Bench) -> None:
    fail_for_good(bench, "Alien")
    before = bench.film("Alien").retry_count
    bench.tracker.rows = [ROW]
    bench.tracker.answers["Alien"] = NoSpace("no room")
    for _ in range(3):
        bench.clock.time += QUARTER
        run(bench)
    bench.tracker.answers["Alien"] = NoRelease("nothing")
    bench.later(120)
    assert (bench.film("Alien").retry_count, bench.film("Alien").status) == (before, FAILED)
