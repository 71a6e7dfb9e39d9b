"""Several processes, threads and an editor on one folder: who sees what, and whose outcome counts."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from queue_entries import FILMS, MATRIX, claim, entries, places, write
from support import NOON, Clock

from queue_files import COMPLETED, FAILED, PENDING
from queue_manager import QueueManager

ROOT = Path(__file__).parents[1]


@pytest.fixture
def queue(folder: Path, clock: Clock) -> QueueManager:
    return QueueManager(folder, max_retries=5, now=clock)


@pytest.fixture
def other(folder: Path, clock: Clock) -> QueueManager:
    return QueueManager(folder, max_retries=5, now=clock)


def test_each_sees_what_the_other_changed(queue: QueueManager, other: QueueManager) -> None:
    queue.add_to_pending(MATRIX)
    assert other.add_to_pending(MATRIX) is False
    other.add_to_completed(MATRIX)
    assert queue.is_completed("tt0133093")
    assert queue.get_statistics() == other.get_statistics()


def test_an_edit_by_hand_is_seen_at_the_next_use(queue: QueueManager, folder: Path) -> None:
    queue.add_to_pending(MATRIX)
    write(folder, PENDING, *entries(folder, PENDING), {"title": "Alien"})
    assert queue.get_pending_count() == 2


def test_a_failure_yields_to_another_processs_change(queue: QueueManager, other: QueueManager) -> None:
    queue.add_to_pending(MATRIX)
    movie = claim(queue)
    other.learn([{**MATRIX, "film_id": "51568"}])
    queue.add_to_failed(movie, "no", NOON)
    assert places(queue) == {"The Matrix": PENDING}
    assert claim(queue).retry_count == 0


def test_a_failure_yields_to_another_processs_hand_over(queue: QueueManager, other: QueueManager) -> None:
    queue.add_to_pending(MATRIX)
    movie, same = claim(queue), claim(other)
    other.add_to_completed(same)
    queue.add_to_failed(movie, "no", NOON)
    assert places(queue) == places(other) == {"The Matrix": COMPLETED}


def test_a_hand_over_wins_over_every_change_and_is_said(
    queue: QueueManager, other: QueueManager, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    queue.add_to_pending(MATRIX)
    movie, same = claim(queue), claim(other)
    other.add_to_failed(same, "no", NOON)
    queue.add_to_completed(movie)
    assert places(other) == {"The Matrix": COMPLETED}
    assert "handed over although changed meanwhile" in caplog.text


def test_our_own_learning_overtakes_no_claim(queue: QueueManager) -> None:
    queue.add_to_pending({"title": "The Matrix", "film_id": "51568"})
    movie = claim(queue)
    queue.learn([{**MATRIX, "film_id": "51568"}])
    assert queue.get_next_pending() is None
    queue.add_to_failed(movie, "no", NOON)
    assert places(queue) == {"The Matrix": FAILED}


def test_an_outcome_finds_its_film_when_every_id_of_it_changed(
    queue: QueueManager, other: QueueManager
) -> None:
    queue.add_to_pending({"title": "Matrix", "slug": "matrix"})
    movie = claim(queue)
    other.learn([{"title": "Matrix", "slug": "matrix", "film_id": "51568"}])
    other.learn([{"title": "The Matrix", "slug": "the-matrix", "film_id": "51568"}])
    queue.add_to_completed(movie)
    assert list(places(queue).values()) == [COMPLETED]


@pytest.mark.parametrize("outcome", [COMPLETED, FAILED])
def test_a_film_deleted_by_hand_while_claimed_comes_back_only_as_handed_over(
    queue: QueueManager, folder: Path, outcome: str
) -> None:
    queue.add_to_pending(MATRIX)
    movie = claim(queue)
    write(folder, PENDING)
    if outcome == COMPLETED:
        queue.add_to_completed(movie)
    else:
        queue.add_to_failed(movie, "no", NOON)
    assert places(queue) == ({"The Matrix": COMPLETED} if outcome == COMPLETED else {})


def test_a_film_moved_by_hand_while_claimed_stays_where_the_user_put_it(
    queue: QueueManager, folder: Path
) -> None:
    queue.add_to_pending(MATRIX)
    movie = claim(queue)
    write(folder, COMPLETED, entries(folder, PENDING)[0])
    write(folder, PENDING)
    queue.add_to_failed(movie, "no", NOON)
    assert places(queue) == {"The Matrix": COMPLETED}


WORK = """
import sys
from queue_manager import QueueManager
queue, name = QueueManager(sys.argv[1], max_retries=5), sys.argv[2]
print("ready", flush=True)
sys.stdin.readline()
for number in range(15):
    film = {"title": f"{name} {number}"}
    queue.add_to_pending(film)
    if number % 3:
        queue.add_to_failed(film, "no", 0)
    if number % 3 == 2:
        queue.add_to_completed(film)
"""


def test_two_processes_at_once_lose_and_double_nothing(folder: Path) -> None:
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", WORK, str(folder), name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        for name in ("A", "B")
    ]
    for worker in workers:
        assert worker.stdout
        assert worker.stdout.readline() == "ready\n"
    for worker in workers:
        worker.communicate("go\n", timeout=60)
    assert [worker.returncode for worker in workers] == [0, 0]
    queues = (PENDING, FAILED, COMPLETED)
    expected = {f"{name} {number}": queues[number % 3] for name in "AB" for number in range(15)}
    assert places(QueueManager(folder)) == expected


def test_threads_claim_each_film_once(queue: QueueManager) -> None:
    queue.add_many_to_pending(FILMS)
    done: list[str] = []

    def work() -> None:
        while (movie := queue.get_next_pending()) is not None:
            queue.add_to_completed(movie)
            done.append(movie.id)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == len(set(done)) == 30
    assert set(places(queue).values()) == {COMPLETED}
