"""The queues as a script uses them, over real files: the documented snippets, adding, claiming, identity."""

import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from queue_entries import DONE, HOUR, MATRIX, RELOADED, claim, entries, write
from support import NOON, Clock

from movie import Movie
from queue_files import COMPLETED, FAILED, PENDING
from queue_manager import QueueManager


@pytest.fixture
def queue(folder: Path, clock: Clock) -> QueueManager:
    return QueueManager(folder, max_retries=5, now=clock)


# -- as the documentation shows it -------------------------------------------------------------------------


def test_without_arguments_the_users_folder_is_opened(folder: Path) -> None:
    write(folder, PENDING, MATRIX)
    assert QueueManager().get_pending_count() == 1


def test_statistics_of_an_empty_folder_are_four_zeros() -> None:
    expected = {"pending": 0, "failed": 0, "completed": 0, "permanent_failures": 0}
    assert QueueManager().get_statistics() == expected


def test_looking_at_an_empty_folder_writes_no_queue(folder: Path) -> None:
    QueueManager().get_statistics()
    assert list(folder.glob("*.json")) == []


def test_permanent_failures_are_not_counted_among_the_failed(folder: Path) -> None:
    write(folder, FAILED, RELOADED, {"title": "Alien", "retry_count": 5, "last_error": "none"})
    assert QueueManager().get_statistics() == {
        "pending": 0,
        "failed": 1,
        "completed": 0,
        "permanent_failures": 1,
    }


def test_the_configured_number_of_retries_counts(folder: Path) -> None:
    write(folder, FAILED, RELOADED)
    (folder / "config.json").write_text('{"max_retries": 2}')
    assert [film["title"] for film in QueueManager().get_permanent_failures()] == ["The Matrix Reloaded"]


def test_permanent_failures_can_be_printed_as_documented(folder: Path) -> None:
    write(folder, FAILED, RELOADED)
    failures = QueueManager().get_permanent_failures(max_retries=2)
    assert [f"{movie['title']}: {movie['last_error']}" for movie in failures] == [
        "The Matrix Reloaded: No torrents found"
    ]


def test_the_documented_entries_are_read_from_their_files(folder: Path) -> None:
    write(folder, PENDING, {**MATRIX, "id": "tt1", "imdb_id": "tt1"})
    write(folder, FAILED, RELOADED)
    write(folder, COMPLETED, DONE)
    queue = QueueManager()
    assert (queue.get_pending_count(), queue.is_completed("tt0133093")) == (1, True)
    assert [movie["retry_count"] for movie in queue.get_movies_ready_for_retry(5)] == [2]


def test_every_method_takes_a_mapping(queue: QueueManager) -> None:
    assert queue.add_to_pending(MATRIX) is True
    queue.add_to_failed(MATRIX, "no", NOON)
    queue.move_failed_to_pending(MATRIX)
    queue.add_to_completed(MATRIX)
    assert queue.is_completed("tt0133093")


def test_the_files_show_the_documented_keys(queue: QueueManager, folder: Path) -> None:
    queue.add_to_pending(MATRIX)
    assert entries(folder, PENDING)[0].items() >= {**MATRIX, "queued_at": NOON}.items()
    queue.add_to_failed(MATRIX, "No torrents found", NOON + HOUR)
    shown = entries(folder, FAILED)[0]
    assert shown["status"] == "failed"
    assert (shown["retry_count"], shown["last_error"]) == (0, "No torrents found")
    assert (shown["last_failed_at"], shown["retry_after"]) == (NOON, NOON + HOUR)
    queue.add_to_completed(MATRIX)
    assert entries(folder, COMPLETED)[0].items() >= {**DONE, "completed_at": NOON}.items()
    assert (entries(folder, PENDING), entries(folder, FAILED)) == ([], [])


def test_times_in_files_are_whole_seconds(queue: QueueManager, folder: Path, clock: Clock) -> None:
    clock.time += 0.7
    queue.add_to_pending(MATRIX)
    queue.add_to_failed(MATRIX, "no", clock.time + 0.3)
    shown = entries(folder, FAILED)[0]
    assert all(
        type(shown[key]) is int for key in ("queued_at", "last_failed_at", "retry_after", "updated_at")
    )


def test_queue_files_and_folder_are_for_the_owner_alone(queue: QueueManager, folder: Path) -> None:
    queue.add_to_pending(MATRIX)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}


# -- pending -----------------------------------------------------------------------------------------------


def test_a_film_that_any_queue_has_is_not_added_again(queue: QueueManager) -> None:
    queue.add_to_pending(MATRIX)
    assert queue.add_to_pending(MATRIX) is False
    queue.add_to_failed(MATRIX, "no", NOON)
    assert queue.add_to_pending(MATRIX) is False
    queue.add_to_completed(MATRIX)
    assert queue.add_to_pending(MATRIX) is False
    assert queue.get_pending_count() == 0


def test_films_are_claimed_in_the_order_they_came(queue: QueueManager) -> None:
    queue.add_many_to_pending([{"title": "B"}, {"title": "A"}])
    assert [claim(queue).title, claim(queue).title] == ["B", "A"]
    assert queue.get_next_pending() is None


def test_a_claimed_film_still_counts_as_pending(queue: QueueManager, folder: Path) -> None:
    queue.add_to_pending(MATRIX)
    claim(queue)
    assert queue.get_pending_count() == 1
    assert len(entries(folder, PENDING)) == 1


def test_a_film_given_back_is_claimed_again(queue: QueueManager) -> None:
    queue.add_to_pending(MATRIX)
    queue.release_claim(claim(queue))
    assert claim(queue).title == "The Matrix"


def test_a_crash_leaves_no_film_claimed(queue: QueueManager, folder: Path) -> None:
    queue.add_to_pending(MATRIX)
    claim(queue)
    assert QueueManager(folder).get_next_pending() is not None


def test_a_film_with_a_wait_is_passed_over_until_then(queue: QueueManager, clock: Clock) -> None:
    queue.add_many_to_pending([{"title": "Later", "not_before": NOON + 60}, {"title": "Now"}])
    assert claim(queue).title == "Now"
    assert queue.get_next_pending() is None
    clock.time += 60
    assert claim(queue).title == "Later"


def test_excluded_films_are_passed_over(queue: QueueManager) -> None:
    added = queue.add_many_to_pending([{"title": "A"}, {"title": "B"}])
    movie = queue.get_next_pending(exclude={added[0].id})
    assert movie == added[1]


def test_listeners_hear_of_new_films_only(queue: QueueManager) -> None:
    heard: list[int] = []
    queue.on_queued(lambda: heard.append(queue.get_pending_count()))
    queue.add_to_pending(MATRIX)
    queue.add_to_pending(MATRIX)
    queue.add_to_failed(MATRIX, "no", NOON)
    queue.move_failed_to_pending(MATRIX)
    queue.add_to_failed(MATRIX, "no", NOON)
    queue.reset_failed_movie("tt0133093")
    assert heard == [1, 1, 1]


def test_learning_what_a_list_shows_queues_nothing(queue: QueueManager, folder: Path) -> None:
    queue.add_to_pending(MATRIX)
    matrix = Movie(title="The Matrix", year=1999, imdb_id="tt0133093", lists=("me/watchlist",))
    alien = Movie(title="Alien", film_id="2", lists=("me/watchlist",))
    assert queue.learn([matrix, alien]) == [alien]
    assert [(film["title"], film["lists"]) for film in entries(folder, PENDING)] == [
        ("The Matrix", ["me/watchlist"])
    ]


# -- identity ----------------------------------------------------------------------------------------------


def test_an_imdb_id_found_later_becomes_the_id_in_the_same_place(queue: QueueManager, folder: Path) -> None:
    queue.add_many_to_pending([{"title": title, "film_id": title} for title in ("1", "2", "3")])
    queue.add_to_pending({"title": "2", "film_id": "2", "imdb_id": "tt2"})
    assert [film["id"] for film in entries(folder, PENDING)] == ["letterboxd:1", "tt2", "letterboxd:3"]
    assert entries(folder, PENDING)[1]["aliases"] == ["letterboxd:2"]


def test_a_film_is_found_by_every_id_it_ever_had(queue: QueueManager, folder: Path) -> None:
    queue.add_to_pending({"title": "Alien", "year": 1979})
    queue.add_to_pending({"title": "Alien", "year": 1979, "film_id": "9", "slug": "alien"})
    queue.add_to_completed({"title": "Alien", "film_id": "9"})
    queue.learn([{"title": "Alien", "film_id": "9", "imdb_id": "tt0078748", "slug": "alien-1979"}])
    for opened in (queue, QueueManager(folder)):
        names = ("tt0078748", "letterboxd:9", "title:Alien (1979)", "letterboxd:alien-1979")
        assert [opened.is_completed(name) for name in names] == [True] * 4


def test_a_mapping_with_nothing_but_an_earlier_id_means_that_film(queue: QueueManager) -> None:
    queue.add_to_pending({"title": "The Matrix", "film_id": "51568"})
    queue.add_to_pending({"title": "The Matrix", "film_id": "51568", "imdb_id": "tt0133093"})
    queue.add_to_completed({"id": "letterboxd:51568", "title": "Matrix"})
    assert queue.get_statistics()["completed"] == 1
    assert queue.is_completed("tt0133093")


def test_the_second_holder_of_an_imdb_id_keeps_its_own(queue: QueueManager, folder: Path) -> None:
    queue.add_to_pending({"title": "One", "film_id": "1", "imdb_id": "tt1"})
    assert queue.add_to_pending({"title": "Two", "film_id": "2", "imdb_id": "tt1"})
    assert [film["id"] for film in entries(folder, PENDING)] == ["tt1", "letterboxd:2"]
    queue.add_to_completed({"title": "Two", "film_id": "2"})
    assert [(film["id"], film["title"]) for film in entries(folder, COMPLETED)] == [("letterboxd:2", "Two")]


@pytest.mark.parametrize("how", ["pending", "failed", "completed"])
def test_a_different_film_under_a_held_id_puts_no_one_out(queue: QueueManager, how: str) -> None:
    queue.add_to_pending({"title": "One", "film_id": "1", "imdb_id": "tt1"})
    two = {"id": "tt1", "title": "Two", "film_id": "2", "imdb_id": "tt1"}
    outcomes: dict[str, Callable[[], object]] = {
        "pending": lambda: queue.add_to_pending(two),
        "failed": lambda: queue.add_to_failed(two, "no", NOON),
        "completed": lambda: queue.add_to_completed(two),
    }
    outcomes[how]()
    found = {movie.film_id: movie.id for name in (PENDING, FAILED, COMPLETED) for movie in queue.films(name)}
    assert found == {"1": "tt1", "2": "letterboxd:2"}


def test_an_id_of_the_users_own_making_is_still_found(queue: QueueManager) -> None:
    queue.add_to_completed({"id": "my-film", "title": "Alien", "year": 1979})
    assert queue.is_completed("my-film")
    assert queue.is_completed("title:Alien (1979)")


def test_namesakes_are_different_films_of_one_title_and_year(queue: QueueManager) -> None:
    one, other = queue.add_many_to_pending(
        [{"title": "Crash", "year": 2004, "film_id": "1"}, {"title": "Crash", "year": 2004, "film_id": "2"}]
    )
    alone = queue.add_many_to_pending([{"title": "Crash", "year": 1996, "film_id": "3"}])[0]
    assert [queue.has_namesake(movie) for movie in (one, other, alone)] == [True, True, False]


def test_unknown_keys_go_with_a_film_through_every_queue(queue: QueueManager, folder: Path) -> None:
    queue.add_to_pending({**MATRIX, "note": {"from": "me"}})
    queue.add_to_failed(MATRIX, "no", NOON)
    queue.move_failed_to_pending(MATRIX)
    queue.add_to_completed(MATRIX)
    assert entries(folder, COMPLETED)[0]["note"] == {"from": "me"}
