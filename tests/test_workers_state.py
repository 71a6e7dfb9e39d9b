"""DownloadWorker through full disks, bugs and jumps of the clock, and when it looks again."""

from pathlib import Path
from typing import Any

import pytest
from bench import DOWN, HUGE, Bench, found
from support import NOON, Clock, full_disk

from download_service import NoRelease
from errors import (
    AuthError,
    Blocked,
    NoSpace,
)
from queue_files import COMPLETED, FAILED, PENDING

HOUR, DAY = 3600, 24 * 3600


@pytest.fixture
def bench(tmp_path: Path, clock: Clock) -> Bench:
    return Bench(tmp_path, clock)


# --- state, bugs


def test_while_state_cannot_be_written_nobody_outside_is_asked(bench: Bench) -> None:
    bench.want("Alien")
    bench.offer("Alien")
    with full_disk():
        bench.later(HOUR)
    assert (bench.tracker.asked, bench.qbittorrent.asked) == ([], [])
    assert bench.said_of("cannot be written") == 1
    bench.later(60)
    assert bench.titles(COMPLETED) == ["Alien"]


def test_running_torrents_are_not_asked_about_either_while_state_cannot_be_written(bench: Bench) -> None:
    bench.want("Alien")
    bench.offer("Alien")
    bench.run()
    bench.want("Brazil")
    with full_disk():
        bench.run()
        asked = len(bench.qbittorrent.asked)
        bench.later(HOUR)
    assert len(bench.qbittorrent.asked) == asked


def test_a_disk_that_fills_up_before_the_outcome_doubles_nothing(bench: Bench) -> None:
    bench.want("Alien")
    torrent = bench.offer("Alien")
    bench.qbittorrent.hand_over(torrent)
    bench.queue.note(bench.film("Alien"), PENDING, torrent_hash=torrent.info_hash)
    with full_disk():
        bench.run()
    bench.later(60)
    assert bench.titles(COMPLETED) == ["Alien"]
    assert bench.qbittorrent.asked.count("add") == 1


def test_a_bug_in_one_film_puts_it_aside_for_an_hour_and_the_others_go_on(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.want("Odd", "Good")
    bench.tracker.answers["Odd"] = ZeroDivisionError("a slip")
    bench.offer("Good")
    bench.run()
    film = bench.film("Odd")
    assert (film.status, film.not_before, film.retry_count) == (PENDING, NOON + HOUR, 0)
    assert bench.titles(COMPLETED) == ["Good"]
    assert "ZeroDivisionError: a slip" in caplog.text
    bench.offer("Odd")
    bench.later(HOUR - 1)
    assert bench.titles(COMPLETED) == ["Good"]
    bench.later(1)
    assert bench.titles(COMPLETED) == ["Good", "Odd"]


def test_a_bug_outside_of_any_film_puts_no_film_aside(bench: Bench) -> None:
    bench.want("One")
    bench.tracker.answers["One"] = ZeroDivisionError("a slip")
    bench.run()
    bench.queue.note(bench.film("One"), PENDING, not_before=0)
    bench.downloads_worker._queue_what_is_due = lambda: 1 // 0  # type: ignore[method-assign,assignment]
    with pytest.raises(ZeroDivisionError):
        bench.downloads_worker.step()
    assert bench.downloads_worker.recover() is False
    assert bench.film("One").not_before == 0


def test_no_attempt_leaves_a_film_claimed(bench: Bench) -> None:
    answers: list[Any] = [DOWN, Blocked("filelist", "no"), NoSpace("full"), ZeroDivisionError("a slip")]
    for number, answer in enumerate(answers):
        bench.want(f"Film {number}")
        bench.tracker.answers[f"Film {number}"] = answer
    bench.run()
    free = Bench(bench.folder.parent, bench.clock).queue
    assert bench.queue.get_next_pending() == free.get_next_pending()


# --- clocks, and when to look again


def test_what_is_due_next_lies_ahead_in_every_state(bench: Bench) -> None:
    """Else the loop would look again and again for work that is not there."""
    worker = bench.downloads_worker

    def ahead() -> bool:
        return bench.clock() < worker.next_due() <= bench.clock() + 60

    bench.run()
    assert ahead()
    states: list[tuple[str, Any]] = [
        ("Nothing", NoRelease("nothing")),
        ("Down", DOWN),
        ("Epic", found("Epic.1999", bench.clock, HUGE)),
        ("Odd", ZeroDivisionError("a slip")),
        ("Good", found("Good.1999", bench.clock)),
        ("Refused", AuthError("filelist", "Invalid credentials.")),
        ("Kept waiting", DOWN),
    ]
    for title, answer in states:
        bench.want(title)
        bench.tracker.answers[title] = answer
        bench.run()
        assert ahead(), title
    bench.qbittorrent.trouble = AuthError("qbittorrent", "Login failed.")
    for seconds in (1, 30, 60, HOUR, DAY):
        bench.clock.time += seconds
        bench.run()
        assert ahead(), seconds


def test_a_film_that_failed_for_good_by_a_lowered_limit_is_not_due(bench: Bench) -> None:
    bench.want("Alien")
    bench.run()
    bench.queue.note(bench.film("Alien"), FAILED, retry_count=7)
    bench.later(2 * HOUR)
    assert bench.downloads_worker.next_due() > bench.clock()


def test_the_next_retry_is_what_is_due_if_it_is_near(bench: Bench) -> None:
    bench.want("Alien")
    bench.run()
    bench.clock.time += HOUR - 20
    bench.run()
    assert bench.downloads_worker.next_due() == NOON + HOUR


@pytest.mark.parametrize("jump", [-365 * DAY, -2 * HOUR, 2 * HOUR, 365 * DAY])
def test_no_jump_of_the_clock_holds_a_film_back_for_more_than_a_minute(bench: Bench, jump: int) -> None:
    bench.want("Down", "Epic")
    bench.tracker.answers["Down"] = DOWN
    bench.offer("Epic", size=HUGE)
    bench.run()
    bench.offer("Down")
    bench.offer("Epic")
    bench.queue.note(bench.film("Epic"), PENDING, torrent_hash=None, release=None)
    bench.clock.time += jump
    bench.later(61)
    assert sorted(bench.titles(COMPLETED)) == ["Down", "Epic"]


@pytest.mark.parametrize("jump", [-365 * DAY, -2 * HOUR, 365 * DAY])
def test_no_jump_of_the_clock_keeps_a_missing_place_missing(bench: Bench, jump: int) -> None:
    bench.want("Alien")
    bench.offer("Alien")
    bench.downloads.rmdir()
    bench.run()
    bench.downloads.mkdir()
    bench.clock.time += jump
    bench.later(61)
    assert bench.titles(COMPLETED) == ["Alien"]
