"""`download_window`: films are handed over inside it only, and nothing is searched outside."""

from datetime import datetime
from pathlib import Path

import pytest
from bench import Bench
from support import NOON, Clock

import storage
from queue_files import COMPLETED, PENDING
from uploads import UploadMemory

HOUR = 3600


def hours(begin: float, end: float) -> str:
    """The window that opens and closes so many hours after NOON, in local time."""
    ends = (datetime.fromtimestamp(NOON + hour * HOUR) for hour in (begin, end))
    return "-".join(f"{moment:%H:%M}" for moment in ends)


@pytest.fixture
def bench(tmp_path: Path, clock: Clock) -> Bench:
    bench = Bench(tmp_path, clock)
    bench.settings["download_window"] = hours(3, 5)
    return bench


def test_outside_the_window_films_wait_and_nobody_is_asked(bench: Bench) -> None:
    bench.want("Alien")
    bench.offer("Alien")
    storage.write_json(bench.folder / "latest.json", UploadMemory(polled_at=NOON - HOUR))
    bench.later(3 * HOUR - 60)
    assert bench.titles(PENDING) == ["Alien"]
    assert (bench.tracker.asked, bench.tracker.looked, bench.qbittorrent.asked) == ([], 0, [])
    assert bench.said_of("Films wait for the hours of `download_window`") == 1
    assert bench.film("Alien").retry_count == 0


def test_when_it_opens_films_are_handed_over_within_a_minute(bench: Bench) -> None:
    bench.want("Alien")
    bench.offer("Alien")
    bench.run()
    for _ in range(240):
        bench.clock.time = max(bench.downloads_worker.next_due(), bench.clock.time + 1)
        bench.run()
        if bench.titles(COMPLETED):
            break
    assert NOON + 3 * HOUR <= bench.clock.time <= NOON + 3 * HOUR + 60


def test_what_runs_is_followed_at_any_hour(bench: Bench) -> None:
    bench.want("Alien")
    torrent = bench.offer("Alien")
    bench.later(3 * HOUR + 120)
    bench.later(3 * HOUR)
    bench.qbittorrent.complete(torrent)
    bench.later(120)
    assert bench.film("Alien").downloaded_at is not None


def test_it_is_said_again_the_next_night(bench: Bench) -> None:
    bench.want("Alien")
    bench.later(4 * HOUR)
    bench.want("Brazil")
    bench.later(20 * HOUR)
    assert bench.said_of("Films wait for the hours") == 2
