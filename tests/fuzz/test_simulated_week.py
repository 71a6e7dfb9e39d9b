"""A day and a half of the simulated week with fewer films, and that it would notice what goes wrong."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from simulated_filelist import DAY, HOUR
from simulated_week import Plan, busiest, lived

import call_ledger
from call_ledger import CallLedger
from queue_manager import QueueManager
from workers import DownloadWorker

SHORT = Plan(200, 1.25 * DAY, (12 * HOUR, 18 * HOUR), seed=1)
SHORTER = Plan(120, 6 * HOUR, (4 * HOUR, 5 * HOUR), seed=1)


def test_no_hour_has_more_calls_than_granted_whatever_happens_and_no_film_is_left_out() -> None:
    told = lived(SHORT)
    assert told.violations == []
    assert told.calls > 1000
    assert told.busiest_hour > 140
    assert min(told.restarts, told.kills, told.searches_beside, told.held_through_outage) > 0
    assert min(told.in_queue["failed"], told.in_queue["completed"]) > 0


def test_the_most_calls_within_any_hour_are_counted() -> None:
    assert busiest([], 10) == 0
    assert busiest([0, 1, 2, 10.5, 11.5, 12.5], 10) == 3
    assert busiest([0, 10, 20], 10) == 1


# --- it would notice


def _books_nothing(ledger: CallLedger) -> None:
    pass


def _charges(worker: Any, movie: Any, error: Exception) -> None:
    worker._service_failed(error)
    worker._film_failed(movie, str(error))


def _leaves_one_out(queue: QueueManager, exclude: Any = ()) -> Any:
    return _next(queue, {*exclude, "tt1000017"})


_next = QueueManager.get_next_pending


@pytest.mark.parametrize(
    ("where", "name", "slip", "what"),
    [
        (CallLedger, "book", _books_nothing, "calls in an hour"),
        (call_ledger, "math", SimpleNamespace(ceil=int), "151 calls in an hour"),
        (DownloadWorker, "_unreachable", _charges, "the outage changed retry_count"),
        (QueueManager, "get_next_pending", _leaves_one_out, "1 films were never searched for"),
    ],
)
def test_a_slip_is_found(
    monkeypatch: pytest.MonkeyPatch, where: Any, name: str, slip: Callable[..., Any], what: str
) -> None:
    monkeypatch.setattr(where, name, slip)
    assert [violation for violation in lived(SHORTER).violations if what in violation]
