"""What all figures of `make fuzz` share: a row of the table, and many cases at once on all cores."""

import faulthandler
import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass

HANG = 60.0
"""Seconds after which a case hangs; its process ends with the stack on stderr."""
_BLOCK = 50


@dataclass(frozen=True)
class Outcome:
    """What became of one case. `seconds` of processor time; `violation` is None if all went as it must."""

    seconds: float
    violation: str | None = None


@dataclass(frozen=True)
class Row:
    """One line of the table. `target` says what each case must keep to."""

    what: str
    target: str
    count: int
    violations: tuple[str, ...]
    slowest: float


def row_of(what: str, target: str, outcomes: Iterator[Outcome]) -> Row:
    """The row for all outcomes of a figure."""
    found = list(outcomes)
    violations = tuple(outcome.violation for outcome in found if outcome.violation)
    return Row(what, target, len(found), violations, max(outcome.seconds for outcome in found))


def spread(case: Callable[[int], Outcome], seeds: Sequence[int], hang: float = HANG) -> Iterator[Outcome]:
    """Do one case for each seed, with a process for each core, in any order."""
    blocks = [seeds[start : start + _BLOCK] for start in range(0, len(seeds), _BLOCK)]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count(), context) as pool:
        futures = {pool.submit(_block, case, block, hang): block for block in blocks}
        for future in as_completed(futures):
            yield from _outcomes(future, futures[future], hang)


def _block(case: Callable[[int], Outcome], seeds: Sequence[int], hang: float) -> list[Outcome]:
    found = []
    for seed in seeds:
        faulthandler.dump_traceback_later(hang, exit=True)
        try:
            found.append(case(seed))
        finally:
            faulthandler.cancel_dump_traceback_later()
    return found


def _outcomes(future: Future[list[Outcome]], seeds: Sequence[int], hang: float) -> list[Outcome]:
    try:
        return future.result()
    except BrokenProcessPool:
        lost = f"not done, a case among those under way died or hung: seeds {seeds[0]} to {seeds[-1]}"
        return [Outcome(hang, lost), *([Outcome(0.0)] * (len(seeds) - 1))]
