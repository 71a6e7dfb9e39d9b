"""What `--stats` tells of the calls of the hour: how many are used, and when the next film has its turn."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

import storage
from errors import RateLimited
from main import main
from movie import Movie
from queue_files import PENDING
from queue_manager import QueueManager
from services import Services

MATRIX = Movie(title="The Matrix", year=1999, imdb_id="tt0133093")
RELOADED = Movie(title="The Matrix Reloaded", year=2003, imdb_id="tt0234215")
Out = pytest.CaptureFixture[str]


@pytest.fixture
def queue(folder: Path) -> QueueManager:
    queue = QueueManager(folder, max_retries=5)
    queue.add_many_to_pending([MATRIX, RELOADED])
    return queue


def calls_told(folder: Path, capsys: Out, ages: list[int]) -> Any:
    """`calls` of the statistics, where FileList was asked so many seconds ago."""
    storage.write_json(folder / "filelist_calls.json", [int(time.time()) - age for age in ages])
    assert main(["--stats", "--json"]) == 0
    return json.loads(capsys.readouterr().out)["calls"]


def test_stats_tell_when_the_next_call_is_free_while_films_wait_for_it(
    queue: QueueManager, folder: Path, capsys: Out
) -> None:
    calls = calls_told(folder, capsys, [1800] * 10 + [60] * 140)
    free_at = min(json.loads((folder / "filelist_calls.json").read_text())) + 3600
    assert calls == {"used": 150, "limit": 150, "next_at": free_at}
    assert main(["--stats"]) == 0
    assert "150 of 150 calls used, next film at " in capsys.readouterr().out


def test_with_room_in_the_hour_no_film_waits_for_it(queue: QueueManager, folder: Path, capsys: Out) -> None:
    assert calls_told(folder, capsys, [60] * 149) == {"used": 149, "limit": 150, "next_at": None}


def test_without_a_wanted_film_none_waits_for_a_call(folder: Path, capsys: Out) -> None:
    QueueManager(folder, max_retries=5).add_to_completed(MATRIX)
    assert calls_told(folder, capsys, [60] * 150)["next_at"] is None


def test_a_film_that_is_due_after_the_next_free_call_is_told_its_own_time(
    queue: QueueManager, folder: Path, capsys: Out
) -> None:
    later = int(time.time()) + 7200
    queue.note(MATRIX, PENDING, not_before=later + 60)
    queue.add_to_failed(RELOADED, "No torrents found", later)
    assert calls_told(folder, capsys, [60] * 150)["next_at"] == later


@pytest.mark.parametrize(("service", "waits"), [("filelist", True), ("letterboxd", False)])
def test_a_rest_of_a_service_that_films_need_is_waited_for(
    queue: QueueManager, folder: Path, capsys: Out, service: str, waits: bool
) -> None:
    rest = Services(folder, lambda _: "").failed(RateLimited(service, "later", time.time() + 600))
    assert rest is not None
    assert calls_told(folder, capsys, [60])["next_at"] == (rest.until if waits else None)
