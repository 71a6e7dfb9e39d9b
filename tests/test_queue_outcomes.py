"""How an attempt ends: failures and their retries, hand-overs, what is dropped and what comes back."""

from pathlib import Path

import pytest
from msgspec.structs import replace
from queue_entries import DAY, DONE, HOUR, MATRIX, RELEASE, RELOADED, claim, entries, write
from support import NOON, Clock

from movie import Movie
from queue_files import COMPLETED, FAILED, FORGOTTEN, PENDING
from queue_manager import QueueManager
from retries import backoff, retries_after_failure


@pytest.fixture
def queue(folder: Path, clock: Clock) -> QueueManager:
    return QueueManager(folder, max_retries=5, now=clock)


def test_six_attempts_are_made_at_the_documented_delays(queue: QueueManager, clock: Clock) -> None:
    queue.add_to_pending(MATRIX)
    made = []
    for _ in range(6):
        movie = claim(queue)
        delay = backoff(retries_after_failure(movie), HOUR, 2.0)
        queue.add_to_failed(movie, "No torrents found", clock() + delay)
        failed = queue.films(FAILED)[0]
        made.append((failed.retry_count, failed.retry_after - NOON if failed.retry_after else 0))
        clock.time = failed.retry_after or clock.time
        for due in queue.get_movies_ready_for_retry():
            queue.move_failed_to_pending(due)
    assert made == [(0, HOUR), (1, 3 * HOUR), (2, 7 * HOUR), (3, 15 * HOUR), (4, 31 * HOUR), (5, 0)]
    assert [movie.title for movie in queue.get_permanent_failures()] == ["The Matrix"]
    clock.time += 1000 * DAY
    assert queue.get_movies_ready_for_retry() == []


def test_a_retry_is_due_at_its_time_and_not_before(queue: QueueManager, clock: Clock) -> None:
    queue.add_to_failed(MATRIX, "no", NOON + HOUR)
    clock.time += HOUR - 1
    assert queue.get_movies_ready_for_retry() == []
    clock.time += 1
    assert len(queue.get_movies_ready_for_retry()) == 1


@pytest.mark.parametrize(("limit", "permanent"), [(0, True), (1, False)])
def test_without_retries_the_first_failure_is_permanent(folder: Path, limit: int, permanent: bool) -> None:
    queue = QueueManager(folder, max_retries=limit)
    queue.add_to_failed(MATRIX, "no", 0)
    assert bool(queue.get_permanent_failures()) is permanent


def test_the_count_goes_on_from_a_hand_written_entry(queue: QueueManager, folder: Path) -> None:
    write(folder, FAILED, {"title": "Alien", "retry_count": 3})
    queue.move_failed_to_pending({"title": "Alien"})
    queue.add_to_failed(claim(queue), "no", NOON)
    assert queue.films(FAILED)[0].retry_count == 4


def test_setting_the_count_to_zero_by_hand_makes_a_permanent_failure_due(folder: Path, clock: Clock) -> None:
    queue = QueueManager(folder, max_retries=1, now=clock)
    for _ in range(2):
        queue.add_to_failed(MATRIX, "no", NOON + HOUR)
    assert queue.get_movies_ready_for_retry() == []
    write(folder, FAILED, {**entries(folder, FAILED)[0], "retry_count": 0})
    assert [movie.title for movie in queue.get_movies_ready_for_retry()] == ["The Matrix"]


def test_a_retried_film_keeps_its_count_and_goes_to_the_end(queue: QueueManager, folder: Path) -> None:
    write(folder, FAILED, RELOADED)
    queue.add_to_pending(MATRIX)
    queue.move_failed_to_pending(RELOADED)
    assert [(film["id"], film["retry_count"]) for film in map(dict, queue.films(PENDING))] == [
        ("tt0133093", 0),
        ("tt0234215", 2),
    ]


def test_only_a_failed_film_can_be_retried(queue: QueueManager) -> None:
    queue.add_to_completed(MATRIX)
    queue.move_failed_to_pending(MATRIX)
    queue.move_failed_to_pending({"title": "Never seen"})
    assert queue.get_statistics()["pending"] == 0
    assert queue.is_completed("tt0133093")


def test_a_reset_film_has_all_its_tries_before_it(queue: QueueManager, folder: Path) -> None:
    write(folder, FAILED, {**RELOADED, "retry_count": 5})
    assert queue.reset_failed_movie("tt0234215") is True
    assert queue.reset_failed_movie("tt0234215") is False
    assert queue.reset_failed_movie("tt9999999") is False
    queue.add_to_failed(claim(queue), "no", NOON)
    assert queue.films(FAILED)[0].retry_count == 0


def test_a_wait_is_never_longer_than_a_day(queue: QueueManager) -> None:
    queue.add_to_failed(MATRIX, "no", NOON + 30 * DAY)
    assert queue.films(FAILED)[0].retry_after == NOON + DAY


@pytest.mark.parametrize(
    ("retries", "base", "multiplier", "expected"),
    [
        (0, HOUR, 2.0, HOUR),
        (4, HOUR, 2.0, 16 * HOUR),
        (5, HOUR, 2.0, DAY),
        (9999, HOUR, 10.0, DAY),
        (3, 1, 1.0, 1),
    ],
)
def test_the_delay_grows_to_a_day(retries: int, base: float, multiplier: float, expected: int) -> None:
    assert backoff(retries, base, multiplier) == expected


def test_a_completed_film_remembers_its_torrent(queue: QueueManager) -> None:
    queue.add_to_pending(MATRIX)
    queue.note(claim(queue), PENDING, release=RELEASE, torrent_hash="ab" * 20)
    done = Movie(title="The Matrix", imdb_id="tt0133093", torrent_hash="ab" * 20, release=RELEASE, owned=True)
    queue.add_to_completed(done)
    kept = queue.films(COMPLETED)[0]
    assert (kept.torrent_hash, kept.owned, kept.release) == ("ab" * 20, True, RELEASE)


def test_completing_a_film_again_forgets_nothing_of_its_torrent(queue: QueueManager) -> None:
    queue.add_to_completed({**MATRIX, "torrent_hash": "ab" * 20, "owned": True, "downloaded_at": NOON})
    queue.add_to_completed(MATRIX)
    kept = queue.films(COMPLETED)[0]
    assert (kept.torrent_hash, kept.owned, kept.downloaded_at) == ("ab" * 20, True, NOON)


def test_another_torrent_of_a_completed_film_takes_the_place_of_the_first(queue: QueueManager) -> None:
    queue.add_to_completed({**MATRIX, "torrent_hash": "ab" * 20, "owned": True, "downloaded_at": NOON})
    queue.add_to_completed({**MATRIX, "torrent_hash": "cd" * 20, "owned": False})
    kept = queue.films(COMPLETED)[0]
    assert (kept.torrent_hash, kept.owned, kept.downloaded_at) == ("cd" * 20, False, None)


def test_a_failure_never_takes_back_a_hand_over(queue: QueueManager) -> None:
    queue.add_to_completed(MATRIX)
    queue.add_to_failed(MATRIX, "too late", NOON)
    assert queue.is_completed("tt0133093")
    assert queue.films(FAILED) == []


def test_facts_are_noted_only_where_the_film_stands(queue: QueueManager) -> None:
    queue.add_to_completed(MATRIX)
    matrix = queue.films(COMPLETED)[0]
    assert queue.note(matrix, PENDING, not_before=NOON) is None
    noted = queue.note(matrix, COMPLETED, downloaded_at=NOON)
    assert noted is not None
    assert queue.films(COMPLETED) == [noted]


def test_old_completed_films_are_dropped_and_do_not_come_back(queue: QueueManager, folder: Path) -> None:
    old = {**DONE, "completed_at": NOON - 31 * DAY}
    write(folder, COMPLETED, old, {"title": "Young", "completed_at": NOON - 29 * DAY}, {"title": "Undated"})
    assert queue.cleanup_old_completed(days=30) == 1
    assert [film["title"] for film in entries(folder, COMPLETED)] == ["Young", "Undated"]
    assert queue.is_completed("tt0133093") is False
    for opened in (queue, QueueManager(folder)):
        assert opened.add_to_pending(MATRIX) is False
        assert opened.learn([MATRIX]) == []
        assert [movie.title for movie in opened.films(FORGOTTEN)] == ["The Matrix"]
    assert queue.cleanup_old_completed() == 0


def test_a_removed_film_that_is_listed_again_goes_back_to_where_it_was(
    queue: QueueManager, folder: Path
) -> None:
    heard: list[None] = []
    queue.on_queued(lambda: heard.append(None))
    write(folder, "removed", {**DONE, "removed_at": NOON}, {"title": "Alien", "removed_at": NOON})
    queue.learn([DONE, {"title": "Alien"}])
    assert [film["title"] for film in entries(folder, COMPLETED)] == ["The Matrix"]
    assert [film["title"] for film in entries(folder, PENDING)] == ["Alien"]
    assert "removed_at" not in entries(folder, PENDING)[0]
    assert heard == [None]


def listed_and_added(queue: QueueManager) -> tuple[Movie, Movie]:
    """One film twice: listed while its page could not be read, and added by its IMDb id."""
    listed = Movie(title="Heat", year=1995, film_id="51", lists=("alice/watchlist",))
    added = Movie(title="tt0113277", imdb_id="tt0113277", lists=("manual",))
    queue.add_many_to_pending([listed, added])
    return listed, added


def test_two_records_that_turn_out_to_be_one_film_become_one(queue: QueueManager) -> None:
    listed, _ = listed_and_added(queue)
    assert queue.get_pending_count() == 2
    queue.learn([replace(listed, imdb_id="tt0113277")])
    [movie] = queue.films(PENDING)
    assert (movie.title, movie.film_id, movie.imdb_id) == ("Heat", "51", "tt0113277")
    assert set(movie.lists) == {"alice/watchlist", "manual"}
    assert queue.find("letterboxd:51") == queue.find("tt0113277") == movie


@pytest.mark.parametrize("last", [False, True])
def test_of_two_records_of_one_film_the_one_further_on_is_kept(queue: QueueManager, last: bool) -> None:
    listed, added = listed_and_added(queue)
    queue.add_to_completed(replace(added if last else listed, torrent_hash="a" * 40, owned=True))
    queue.learn([replace(listed, imdb_id="tt0113277")])
    assert queue.films(PENDING) == []
    [movie] = queue.films(COMPLETED)
    assert (movie.film_id, movie.imdb_id, movie.torrent_hash) == ("51", "tt0113277", "a" * 40)


def test_two_letterboxd_films_with_one_imdb_id_stay_two(queue: QueueManager) -> None:
    one = Movie(title="Part One", year=2001, film_id="1", imdb_id="tt0000001")
    other = Movie(title="Part Two", year=2001, film_id="2", imdb_id="tt0000001")
    queue.add_many_to_pending([one, other])
    queue.learn([one, other])
    assert [movie.id for movie in queue.films(PENDING)] == ["tt0000001", "letterboxd:2"]
