"""The ledger in a real folder with a clock set by hand; two real processes for the promise it exists for."""

import json
import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from call_ledger import CallLedger
from errors import RateLimited, StateError

ROOT = Path(__file__).parents[1]
NOON = 1_800_000_000


class Clock:
    def __init__(self) -> None:
        self.time = float(NOON)

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "filelist_calls.json"


def written(path: Path) -> list[int]:
    calls = json.loads(path.read_text())
    assert all(type(call) is int for call in calls)
    return list(calls)


def test_a_booked_call_is_on_disk_when_book_returns(path: Path, clock: Clock) -> None:
    clock.time += 0.9
    CallLedger(path, now=clock).book()
    assert written(path) == [NOON + 1]


def test_a_call_late_in_its_second_holds_its_place_for_a_whole_hour(path: Path, clock: Clock) -> None:
    ledger = CallLedger(path, limit=1, now=clock)
    clock.time = NOON + 0.9
    ledger.book()
    clock.time = NOON + 3600.8
    with pytest.raises(RateLimited):
        ledger.book()
    clock.time = NOON + 3601
    ledger.book()


def test_an_error_names_the_tracker_whose_budget_it_is(path: Path, clock: Clock) -> None:
    ledger = CallLedger(path, limit=1, now=clock, service="other")
    ledger.book()
    with pytest.raises(RateLimited) as full:
        ledger.book()
    assert full.value.service == "other"


def test_counting_writes_nothing(path: Path, clock: Clock) -> None:
    assert CallLedger(path, now=clock).used() == 0
    assert list(path.parent.iterdir()) == []


def test_a_full_hour_stops_us_and_names_when_the_next_call_is_free(path: Path, clock: Clock) -> None:
    ledger = CallLedger(path, limit=2, now=clock)
    ledger.book()
    clock.time += 60
    ledger.book()
    with pytest.raises(
        RateLimited, match=r"^Rate limit reached: 2 of 2 calls used, next film at \d\d:\d\d\."
    ) as full:
        ledger.book()
    assert full.value.own_ledger
    assert full.value.service == "filelist"
    assert full.value.retry_at == NOON + 3600
    assert ledger.used() == 2


def test_a_place_is_free_again_at_the_moment_that_was_named(path: Path, clock: Clock) -> None:
    ledger = CallLedger(path, limit=1, now=clock)
    ledger.book()
    clock.time = NOON + 3599
    with pytest.raises(RateLimited):
        ledger.book()
    clock.time = NOON + 3600
    ledger.book()
    assert written(path) == [NOON + 3600]


def test_a_refused_call_is_not_counted(path: Path, clock: Clock) -> None:
    ledger = CallLedger(path, limit=1, now=clock)
    ledger.book()
    for _ in range(3):
        with pytest.raises(RateLimited):
            ledger.book()
    assert written(path) == [NOON]


def test_a_service_that_says_the_hour_is_used_up_leaves_no_call_of_it(path: Path, clock: Clock) -> None:
    ledger = CallLedger(path, limit=3, now=clock)
    ledger.book()
    clock.time += 600.5
    refused = ledger.fill()
    assert written(path) == [NOON, NOON + 601, NOON + 601]
    assert (refused.service, refused.own_ledger, refused.retry_at) == ("filelist", False, NOON + 3600)
    assert re.match(
        r"Rate limit reached: all 3 calls of the hour are used up, some of them by other programs; "
        r"next film at \d\d:\d\d\.",
        str(refused),
    )
    with pytest.raises(RateLimited) as full:
        ledger.book()
    assert (full.value.own_ledger, full.value.retry_at) == (True, refused.retry_at)


def test_a_service_that_counts_more_than_we_do_after_all_names_the_next_free_call(
    path: Path, clock: Clock
) -> None:
    ledger = CallLedger(path, limit=2, now=clock)
    ledger.book()
    ledger.book()
    assert (ledger.fill().retry_at, written(path)) == (NOON + 3600, [NOON, NOON])


def test_it_knows_when_the_next_call_is_free_and_writes_nothing_for_it(path: Path, clock: Clock) -> None:
    ledger = CallLedger(path, limit=2, now=clock)
    assert ledger.free_at() is None
    ledger.book()
    clock.time += 60
    assert ledger.free_at() is None
    ledger.book()
    before = path.stat()
    assert ledger.free_at() == NOON + 3600
    assert path.stat() == before


def test_a_call_ahead_of_the_clock_counts_as_made_now_and_is_rewritten_so(path: Path, clock: Clock) -> None:
    path.write_text(json.dumps([NOON + 10**6, NOON - 10]))
    ledger = CallLedger(path, limit=2, now=clock)
    with pytest.raises(RateLimited) as full:
        ledger.book()
    assert full.value.retry_at == NOON + 3590
    assert written(path) == [NOON - 10, NOON]
    clock.time = NOON + 3600
    assert ledger.used() == 0


def test_a_lowered_limit_frees_no_place_too_early(path: Path, clock: Clock) -> None:
    path.write_text(json.dumps([NOON - 30, NOON - 20, NOON - 10]))
    with pytest.raises(RateLimited, match="3 of 2 calls") as full:
        CallLedger(path, limit=2, now=clock).book()
    assert full.value.retry_at == NOON - 20 + 3600


@pytest.mark.parametrize("content", ["", "{}", "[1, 2", '["x"]', "[1.5]", "null"])
def test_a_broken_ledger_stops_us_and_stays_as_it_is(path: Path, clock: Clock, content: str) -> None:
    path.write_text(content)
    with pytest.raises(StateError, match=r"filelist_calls\.json"):
        CallLedger(path, now=clock).book()
    assert path.read_text() == content


def test_a_ledger_that_cannot_be_written_lets_no_call_through(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(StateError, match="cannot be written"):
        CallLedger(tmp_path / "file" / "filelist_calls.json", now=clock).book()


def test_threads_together_never_get_more_than_the_limit(path: Path, clock: Clock) -> None:
    admitted: list[int] = []

    def hammer() -> None:
        ledger = CallLedger(path, limit=20, now=clock)
        for _ in range(10):
            try:
                ledger.book()
            except RateLimited:
                continue
            admitted.append(1)

    threads = [threading.Thread(target=hammer) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(admitted) == len(written(path)) == 20


HAMMER = """
import sys
from pathlib import Path
from call_ledger import CallLedger
from errors import RateLimited

ledger, admitted = CallLedger(Path(sys.argv[1]), limit=60), 0
print("ready", flush=True)
sys.stdin.readline()
for _ in range(60):
    try:
        ledger.book()
    except RateLimited:
        continue
    admitted += 1
print(admitted)
"""


def test_two_processes_together_never_get_more_than_the_limit(path: Path) -> None:
    hammers = [
        subprocess.Popen(
            [sys.executable, "-c", HAMMER, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        for _ in range(2)
    ]
    for hammer in hammers:
        assert hammer.stdout
        assert hammer.stdout.readline() == "ready\n"
    for hammer in hammers:
        assert hammer.stdin
        hammer.stdin.write("go\n")
        hammer.stdin.flush()
    admitted = [int(hammer.communicate(timeout=60)[0]) for hammer in hammers]
    assert sum(admitted) == len(written(path)) == 60
