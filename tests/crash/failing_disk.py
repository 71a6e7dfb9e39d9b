"""A disk that is full or broken, from any writing call on or for that call alone; then it is mended."""

import functools
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from crew import Bench, Row, spread
from faults import WRITING_CALLS, Plan, entries
from kills import DAEMON, Outcome, points_of, sample
from laboratory import STORY, Laboratory, Violation

FULL, BROKEN = "ENOSPC", "EIO"
NO_STATE = frozenset({"history.jsonl", ".history.lock", "movie_sync.log"})
"""An account for people: failing to write it is no reason to stop."""
LEAVE = "auth/logout"
"""The one request that is sent whatever the state: it ends our session and changes nothing."""
WORKERS = ("MonitorWorker", "DownloadWorker")
AT_THE_END = 6
"""Films that the first step brings into a queue."""


@dataclass(frozen=True)
class Fault:
    """The writing call of a step that fails, with those after it if `lasting`."""

    step: int
    at: int
    code: str
    lasting: bool
    what: str


def faults_at(points: Iterable[Iterable[tuple[Any, ...]]]) -> list[Fault]:
    """Each writing call: full from there on, and broken for that call alone."""
    return [
        Fault(step, number, code, code == FULL, f"{kind} {what}")
        for step, found in enumerate(points)
        for number, kind, what, *_ in found
        if kind in WRITING_CALLS
        for code in (FULL, BROKEN)
    ]


def single_run(bench: Bench, fault: Fault) -> Outcome:
    """A step with the fault, then the disk is mended and the rest is told."""
    lab, record = bench.lab, bench.lab.root / "failing"
    record.unlink(missing_ok=True)
    try:
        _tell_until(lab, fault.step)
        step = STORY[fault.step]
        ended = lab.run(step, Plan(fault.at, fault.code, fault.lasting, record=str(record)))
        points = entries(record)
        failed = _failed_state(lab, points)
        # The download directory is another place: whoever finds it unusable may try again in the same run.
        elsewhere = any(failing and str(lab.world.downloads) in what for _, _, what, failing, _ in points)
        wanted = {1} if failed is not None else {0, 1} if elsewhere else {0}
        if ended.code not in wanted:
            raise Violation(f"ended with {ended.code}, not {wanted}: {ended.complaint}")
        if failed is not None:
            _check_words(ended.out)
        if fault.lasting and failed is not None:
            _check_silence(lab, points[failed:])
        _check_log(lab)
        lab.finish(STORY[fault.step :])
        lab.check(bench.normal.end)
    except (Violation, ValueError) as violation:
        return Outcome(1, f"{fault}: {violation}")
    return Outcome(1)


def _tell_until(lab: Laboratory, number: int) -> None:
    lab.fresh()
    for earlier in STORY[:number]:
        lab.begin(earlier)
        lab.whole(earlier)
    lab.begin(STORY[number])


def _failed_state(lab: Laboratory, points: list[tuple[Any, ...]]) -> int | None:
    """Where the first writing call on state failed."""
    for index, (_, kind, what, failing, _) in enumerate(points):
        if failing and _is_state(lab, kind, what):
            return index
    return None


def _is_state(lab: Laboratory, kind: str, what: str) -> bool:
    path, home = PurePath(what), lab.world.home
    if home.is_relative_to(path):
        return True  # a folder above it, while it is made
    # Without a log to write to nothing is begun; later lines may be lost.
    no_log = kind == "open" and path.name == "movie_sync.log"
    return path.is_relative_to(home) and (no_log or path.name not in NO_STATE)


def _check_words(out: str) -> None:
    told = _words(out)
    if not told:
        raise Violation(f"nothing was said: {out[-300:]}")
    if len(told) != len(set(told)):
        raise Violation(f"said twice: {told}")


def _check_silence(lab: Laboratory, points: list[tuple[Any, ...]]) -> None:
    """A thread that could not write asks nobody but Letterboxd. What others know it learns by trying."""
    asked, knowing = [], set()
    for _, kind, what, failing, thread in points:
        if failing and _is_state(lab, kind, what):
            knowing.add(thread)
        outside = kind == "send" and not what.startswith(f":{lab.world.letterboxd.port}")
        if outside and thread in knowing and LEAVE not in what:
            asked.append(what)
    if asked:
        raise Violation(f"asked although nothing could be written: {asked[:5]}")


def _check_log(lab: Laboratory) -> None:
    log = lab.world.home / "logs" / "movie_sync.log"
    if log.exists() and "Traceback" in log.read_text("utf-8"):
        raise Violation("a traceback in the log")


def each_writing_call(kinds: Iterable[str] = ("fake", "none"), part: float = 1.0) -> Row:
    """Every writing call of the story (or a part of them), full and broken."""
    count, failures = 0, []
    for kind in kinds:
        [points] = spread(kind, points_of, [None], 1)
        for outcome in spread(kind, single_run, sample(faults_at(points), part)):
            count += 1
            failures += [outcome.violation] if outcome.violation else []
    return Row(
        "ENOSPC from each writing call on, and EIO on each alone, with `--once`",
        "0 lost, nothing done outside, said, exit code 1",
        f"{count:,} runs: {len(failures)} violations",
        not failures,
        failures=tuple(failures),
    )


# --- the daemon


def daemon_run(bench: Bench, at: int) -> Outcome:
    """A daemon whose disk is full from a point on, for some of its tries, then has room again."""
    lab, full = bench.lab, bench.lab.root / "full"
    record = lab.root / "failing"
    record.unlink(missing_ok=True)
    try:
        _tell_until(lab, 0)
        full.touch()
        plan = Plan(at, FULL, lasting=True, while_there=str(full), record=str(record))
        pid = lab.programs.start({**lab.env, "CRASH_IDLE": "0.2"}, *DAEMON.options, plan=plan)
        try:
            words = _stays_up_and_still(lab, record, full)
        finally:
            full.unlink(missing_ok=True)
            lab.programs.signal(pid, signal.SIGTERM)
            ended = lab.programs.wait(pid)
        if ended.code != 0:
            raise Violation(f"ended with {ended.code}: {ended.complaint}")
        _check_log(lab)
        lab.finish(STORY)
        lab.check(bench.normal.end)
    except (Violation, ValueError) as violation:
        return Outcome(1, f"full from point {at} on: {violation}")
    return Outcome(1, lines=len(words))


def _stays_up_and_still(lab: Laboratory, record: Path, full: Path) -> list[str]:
    """What was said of the full disk, over several tries."""
    _until(lambda: _failed_state(lab, entries(record)) is not None, "no writing call failed")
    for _ in range(3):
        enough = len(entries(record)) + 15
        _until(functools.partial(_has_grown, record, enough), "it does not try again")
    points = entries(record)
    _check_silence(lab, points[_failed_state(lab, points) :])
    words = _words(lab.programs.said)
    if not words:
        raise Violation("nothing was said")
    if max(Counter(words).values()) > len(WORKERS):
        raise Violation(f"said again and again: {words}")
    full.unlink()
    _until(lambda: len(lab.end_state()) == AT_THE_END and not lab.world.queue("pending"), "it does not go on")
    return words


def _has_grown(record: Path, enough: int) -> bool:
    return len(entries(record)) >= enough


def _words(out: str) -> list[str]:
    return [line for line in out.splitlines() if "cannot be written" in line or "not writable" in line]


def _until(condition: Callable[[], bool], complaint: str, seconds: float = 20) -> None:
    pause, deadline = threading.Event(), time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise Violation(complaint)
        pause.wait(0.05)


def daemons(count: int) -> Row:
    """`count` daemons, each with a disk that is full from another point on."""
    [points] = spread("fake", points_of, [None], 1)
    first = next(number for number, _, what, *_ in points[0] if "watchlist" in what)
    last = max(number for number, _, what, *_ in points[0] if "queue_completed" in what)
    places = [first + (last - first) * number // count for number in range(count)]
    outcomes = list(spread("fake", daemon_run, places))
    failures = tuple(outcome.violation for outcome in outcomes if outcome.violation)
    lines = max(outcome.lines for outcome in outcomes)
    return Row(
        "a disk that is full for a while, with the daemon",
        "stays up, does nothing outside, tries again, one clear message, then goes on; 0 lost",
        f"{len(outcomes)} daemons: {len(failures)} violations; lines about it: {lines} at most",
        not failures and lines <= 1,
        failures=failures,
    )
