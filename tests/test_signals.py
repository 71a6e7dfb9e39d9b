import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
STOP = """
from signals import Signals
signals = Signals()
print("ready", flush=True)
while True:
    signals.wait(60)
    print(f"stop={signals.stop_requested} restart={signals.restart_requested}", flush=True)
"""
WAKE = """
import threading, time
from signals import Signals
signals = Signals()
started = time.monotonic()
threading.Timer(0.1, signals.wake).start()
signals.wait(30)
assert time.monotonic() - started < 10
signals.wait(0.05)
for _ in range(100_000):
    signals.wake()
signals.wait(30)
signals.wait(-5)
print("done", flush=True)
"""

Program = subprocess.Popen[str]


@pytest.fixture
def start() -> Iterator[Callable[..., Program]]:
    started: list[Program] = []

    def run(code: str = STOP, stdin: int = subprocess.DEVNULL) -> Program:
        process = subprocess.Popen(
            [sys.executable, "-c", code],
            cwd=ROOT,
            stdin=stdin,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


def line(process: Program) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def ready(process: Program) -> Program:
    assert line(process) == "ready"
    return process


@pytest.fixture
def terminal() -> Iterator[int]:
    near, far = os.openpty()
    yield far
    os.close(near)
    os.close(far)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_signal_ends_the_wait_and_sets_the_flag(
    start: Callable[..., Program], number: signal.Signals
) -> None:
    process = ready(start())
    process.send_signal(number)
    assert line(process) == "stop=True restart=False"
    assert process.poll() is None


@pytest.mark.parametrize("second", [signal.SIGINT, signal.SIGTERM])
def test_a_second_stop_signal_leaves_at_once_with_130(
    start: Callable[..., Program], second: signal.Signals
) -> None:
    process = ready(start())
    process.send_signal(signal.SIGINT)
    line(process)
    started = time.monotonic()
    process.send_signal(second)
    assert process.wait(10) == 130
    assert time.monotonic() - started < 2


def test_a_hangup_without_a_terminal_asks_to_start_anew(start: Callable[..., Program]) -> None:
    process = ready(start())
    process.send_signal(signal.SIGHUP)
    assert line(process) == "stop=False restart=True"


def test_a_hangup_without_a_terminal_does_not_count_as_a_stop_signal(
    start: Callable[..., Program],
) -> None:
    process = ready(start())
    process.send_signal(signal.SIGHUP)
    line(process)
    process.send_signal(signal.SIGTERM)
    assert line(process) == "stop=True restart=True"
    assert process.poll() is None


def test_a_hangup_at_a_terminal_asks_to_stop(start: Callable[..., Program], terminal: int) -> None:
    process = ready(start(stdin=terminal))
    process.send_signal(signal.SIGHUP)
    assert line(process) == "stop=True restart=False"


def test_a_terminal_that_goes_away_twice_still_asks_for_one_graceful_stop(
    start: Callable[..., Program], terminal: int
) -> None:
    process = ready(start(stdin=terminal))
    for _ in range(2):
        process.send_signal(signal.SIGHUP)
        assert line(process) == "stop=True restart=False"
    assert process.poll() is None


def test_another_thread_can_end_the_wait_however_often_it_asks(start: Callable[..., Program]) -> None:
    process = start(WAKE)
    assert line(process) == "done"
    assert process.wait(10) == 0
