import io
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from support import Clock, eventually

import loop
from console import Console
from errors import Interrupted, StateError, StateWriteError
from logs import Redactor
from loop import Worker, run_until_idle

BROKEN = StateError("queue_pending.json: not JSON")
FULL = StateWriteError("queue_pending.json: cannot be written (No space left on device).")


class Fake(Worker):
    """Each step does the next thing of `script`; after that there is nothing to do."""

    def __init__(self, clock: Clock, *script: Any) -> None:
        self.printed = io.StringIO()
        super().__init__("Fake", Console(Redactor(), self.printed), threading.Event(), clock)
        self.script = list(script)
        self.steps = 0
        self.recovered = 0
        self.recovery: bool | Exception = True
        self.due: float | Exception = clock.time + 3600

    def step(self) -> bool:
        self.steps += 1
        return bool(done(self.script.pop(0))) if self.script else False

    def next_due(self) -> float:
        return float(done(self.due))

    def recover(self) -> bool:
        self.recovered += 1
        return bool(done(self.recovery))

    @property
    def said(self) -> list[str]:
        return self.printed.getvalue().splitlines()


def done(what: Any) -> Any:
    if isinstance(what, Exception):
        raise what
    return what


@pytest.fixture
def make(clock: Clock) -> Iterator[Callable[..., Fake]]:
    made: list[Fake] = []

    def fake(*script: Any) -> Fake:
        made.append(Fake(clock, *script))
        return made[-1]

    yield fake
    for worker in made:
        worker.stop()
        assert worker.join(5)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "IDLE", 0.02)
    monkeypatch.setattr(loop, "PAUSE_AFTER_BUG", 0.02)


def start(worker: Fake) -> threading.Event:
    """Run the worker's thread; the event is set when it gave up."""
    gave_up = threading.Event()
    worker.start(gave_up.set)
    return gave_up


def settled(worker: Fake, steps: int) -> None:
    """Wait until the worker has made `steps` steps, and see that it makes no further one by itself."""
    eventually(lambda: worker.steps >= steps)
    threading.Event().wait(0.15)
    assert worker.steps == steps


# --- stepping and waiting


def test_steps_follow_each_other_while_there_is_work(make: Callable[..., Fake]) -> None:
    worker = make(True, True, True)
    start(worker)
    settled(worker, 4)


def test_a_wake_ends_the_wait(make: Callable[..., Fake]) -> None:
    worker = make()
    start(worker)
    settled(worker, 1)
    worker.wake.set()
    settled(worker, 2)


def test_work_that_comes_up_during_a_step_is_not_missed(make: Callable[..., Fake]) -> None:
    worker = make()
    looked = worker.step

    def step() -> bool:
        found = looked()
        if worker.steps == 1:
            worker.wake.set()
        return found

    worker.step = step  # type: ignore[method-assign]
    start(worker)
    settled(worker, 2)


def test_the_wait_ends_when_something_is_due(make: Callable[..., Fake], clock: Clock) -> None:
    worker = make()
    worker.due = clock.time + 0.05
    start(worker)
    eventually(lambda: worker.steps >= 2)


@pytest.mark.usefixtures("quick")
def test_no_wait_is_longer_than_a_minute_whatever_is_due(make: Callable[..., Fake]) -> None:
    worker = make()
    start(worker)
    eventually(lambda: worker.steps >= 3)


def test_the_longest_wait_is_a_minute() -> None:
    assert loop.IDLE == 60


def test_what_stays_due_without_any_work_does_not_spin(make: Callable[..., Fake], clock: Clock) -> None:
    worker = make()
    worker.due = clock.time - 1000
    start(worker)
    threading.Event().wait(1.0)
    assert 2 <= worker.steps <= 6


def test_what_stays_due_is_still_looked_at_at_once_when_somebody_wakes_us(
    make: Callable[..., Fake], clock: Clock
) -> None:
    worker = make()
    worker.due = clock.time - 1000
    start(worker)
    eventually(lambda: worker.steps >= 5)
    steps, started = worker.steps, time.monotonic()
    worker.wake.set()
    eventually(lambda: worker.steps > steps)
    assert time.monotonic() - started < 0.3


# --- stopping


def test_a_stop_ends_the_wait_and_the_thread(make: Callable[..., Fake]) -> None:
    worker = make()
    start(worker)
    settled(worker, 1)
    started = time.monotonic()
    worker.stop()
    assert worker.join(5)
    assert time.monotonic() - started < 1


def test_a_stop_just_before_the_wait_is_not_missed(make: Callable[..., Fake]) -> None:
    """The loop clears `wake` before each step, so the wait itself has to look at the stop."""
    worker = make()
    worker.stop()
    worker.wake.clear()
    started = time.monotonic()
    worker.wait_for_work()
    assert time.monotonic() - started < 1


def test_a_request_cut_short_by_the_stop_is_no_trouble(make: Callable[..., Fake]) -> None:
    worker = make(Interrupted("stopped"))
    start(worker)
    settled(worker, 2)
    assert (worker.said, list(worker.troubles), worker.bugs) == ([], [], 0)


def test_a_worker_that_never_started_has_ended(make: Callable[..., Fake]) -> None:
    assert make().join(0)


# --- state that cannot be written or believed


@pytest.mark.usefixtures("quick")
def test_a_full_disk_is_said_once_and_tried_again(make: Callable[..., Fake]) -> None:
    worker = make(FULL, FULL, FULL, True)
    gave_up = start(worker)
    eventually(lambda: not worker.script)
    assert len(worker.said) == 1
    assert "No space left on device" in worker.said[0]
    assert not gave_up.is_set()


@pytest.mark.usefixtures("quick")
def test_a_full_disk_is_news_again_after_it_was_mended(make: Callable[..., Fake]) -> None:
    worker = make(FULL, True, FULL)
    start(worker)
    eventually(lambda: len(worker.said) == 2)


def test_state_that_cannot_be_believed_ends_the_worker(make: Callable[..., Fake]) -> None:
    worker = make(BROKEN)
    gave_up = start(worker)
    assert gave_up.wait(5)
    assert worker.join(5)
    assert worker.fatal is BROKEN
    assert worker.steps == 1


def test_state_found_broken_while_waiting_ends_the_worker_too(make: Callable[..., Fake]) -> None:
    worker = make()
    worker.due = BROKEN
    assert start(worker).wait(5)
    assert worker.fatal is BROKEN


# --- bugs


@pytest.mark.usefixtures("quick")
def test_a_bug_is_logged_with_its_traceback_and_the_worker_goes_on(
    make: Callable[..., Fake], caplog: pytest.LogCaptureFixture
) -> None:
    worker = make(ZeroDivisionError("a slip"), True)
    gave_up = start(worker)
    eventually(lambda: not worker.script)
    assert (worker.recovered, worker.bugs, gave_up.is_set()) == (1, 1, False)
    assert "Traceback" in caplog.text
    assert "ZeroDivisionError: a slip" in caplog.text


def test_after_a_bug_there_is_a_pause_that_a_stop_ends(make: Callable[..., Fake]) -> None:
    worker = make(ZeroDivisionError("a slip"), True)
    start(worker)
    settled(worker, 1)
    worker.stop()
    assert worker.join(1)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("trouble", [FULL, KeyError("a slip in the rescue too")])
def test_trouble_while_recovering_from_a_bug_does_not_end_the_worker(
    make: Callable[..., Fake], trouble: Exception
) -> None:
    worker = make(ZeroDivisionError("a slip"), True)
    worker.recovery = trouble
    gave_up = start(worker)
    eventually(lambda: not worker.script)
    assert not gave_up.is_set()


@pytest.mark.usefixtures("quick")
def test_a_bug_in_finding_what_is_due_does_not_end_the_worker(make: Callable[..., Fake]) -> None:
    worker = make()
    worker.due = ZeroDivisionError("a slip")
    start(worker)
    eventually(lambda: worker.steps >= 3)


# --- once through


def test_between_two_steps_of_a_single_run_something_else_may_be_done(make: Callable[..., Fake]) -> None:
    worker, between = make(True, ZeroDivisionError("a slip"), True), []
    run_until_idle(worker, lambda: between.append(worker.steps))
    assert between == [1, 2, 3]
    assert worker.steps == 4


def test_once_steps_until_nothing_is_ready_and_waits_for_nothing(make: Callable[..., Fake]) -> None:
    worker = make(True, True, False, True)
    run_until_idle(worker)
    assert worker.steps == 3


def test_once_ends_on_a_full_disk_with_the_trouble_noted(make: Callable[..., Fake]) -> None:
    worker = make(True, FULL, True)
    run_until_idle(worker)
    assert worker.steps == 2
    assert worker.troubles


def test_once_lets_broken_state_through(make: Callable[..., Fake]) -> None:
    with pytest.raises(StateError, match="not JSON"):
        run_until_idle(make(BROKEN))


def test_once_goes_on_after_a_bug_that_cost_one_film_its_turn(make: Callable[..., Fake]) -> None:
    worker = make(ZeroDivisionError("a slip"), True)
    run_until_idle(worker)
    assert worker.steps == 3


@pytest.mark.parametrize("recovery", [False, FULL, KeyError("again")])
def test_once_ends_after_a_bug_that_left_nothing_to_put_aside(
    make: Callable[..., Fake], recovery: bool | Exception
) -> None:
    worker = make(ZeroDivisionError("a slip"), True)
    worker.recovery = recovery
    run_until_idle(worker)
    assert (worker.steps, worker.bugs >= 1) == (1, True)


def test_once_does_not_begin_while_stopping(make: Callable[..., Fake]) -> None:
    worker = make(True)
    worker.stop()
    run_until_idle(worker)
    assert worker.steps == 0


# --- saying things


def test_the_same_trouble_is_said_once_and_noted_each_time(make: Callable[..., Fake]) -> None:
    worker = make()
    for _ in range(3):
        worker.say_once("filelist", "FileList.io is away.")
    assert worker.said == ["⚠️  FileList.io is away."]
    assert len(worker.troubles) == 3


def test_another_text_or_another_topic_is_news(make: Callable[..., Fake]) -> None:
    worker = make()
    worker.say_once("filelist", "away")
    worker.say_once("filelist", "refused")
    worker.say_once("qbittorrent", "refused")
    assert len(worker.said) == 3


def test_a_trouble_that_was_over_is_news_again(make: Callable[..., Fake]) -> None:
    worker = make()
    worker.say_once("place", "missing")
    worker.over("place")
    worker.over("place")
    worker.say_once("place", "missing")
    assert len(worker.said) == 2


def test_what_is_no_trouble_is_told_once_and_not_noted(make: Callable[..., Fake]) -> None:
    worker = make()
    worker.tell_once("filelist", "150 calls made")
    worker.tell_once("filelist", "150 calls made")
    assert worker.said == ["⏳ 150 calls made"]
    assert not worker.troubles


def test_a_daemon_that_runs_for_years_does_not_gather_troubles(make: Callable[..., Fake]) -> None:
    worker = make()
    for number in range(10_000):
        worker.say_once("filelist", f"away {number % 2}")
    assert len(worker.troubles) <= 100
