"""Jobs for the crash tests, each done in a laboratory; many of them by several processes at once."""

import contextlib
import functools
import multiprocessing
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from multiprocessing.util import Finalize
from pathlib import Path
from typing import Any, TypeVar

from laboratory import Laboratory, Normal, undisturbed
from torrent_clients import Client, FakeClient, NoClient, RealClient

J = TypeVar("J")
R = TypeVar("R")
IN_MEMORY = Path("/dev/shm")


@dataclass(frozen=True)
class Row:
    """One line of the table. `seconds` is filled in by whoever asked for the figure."""

    what: str
    target: str
    measured: str
    reached: bool
    seconds: float = 0.0
    failures: tuple[str, ...] = ()


@dataclass
class Bench:
    """A laboratory and how its story goes when nothing happens."""

    lab: Laboratory
    normal: Normal


@contextlib.contextmanager
def bench(kind: str) -> Iterator[Bench]:
    """A laboratory with a "fake", a "real" or no ("none") qBittorrent. In memory, for SIGKILL spares it."""
    root = scratch()
    clients: dict[str, Callable[[], Client]] = {
        "fake": FakeClient,
        "real": lambda: RealClient(root / "qbittorrent"),
        "none": lambda: NoClient(root / "downloads"),
    }
    try:
        with Laboratory(root, clients[kind]()) as lab:
            yield Bench(lab, undisturbed(lab))
    finally:
        shutil.rmtree(root, ignore_errors=True)


def scratch() -> Path:
    """A new folder in memory, where there is such a place."""
    return Path(tempfile.mkdtemp(prefix="crash-", dir=IN_MEMORY if os.access(IN_MEMORY, os.W_OK) else None))


_own: list[Any] = []


def _move_in(opened: Callable[[str], contextlib.AbstractContextManager[Any]], kind: str) -> None:
    stack = contextlib.ExitStack()
    _own.append(stack.enter_context(opened(kind)))
    Finalize(None, stack.close, exitpriority=10)


def _work(function: Callable[[Any, J], R], job: J) -> R:
    return function(_own[0], job)


def spread(
    kind: str,
    function: Callable[[Any, J], R],
    jobs: Iterable[J],
    processes: int | None = None,
    opened: Callable[[str], contextlib.AbstractContextManager[Any]] = bench,
) -> Iterator[R]:
    """Do the jobs with one process for each core, in any order; `opened` gives each of them its bench."""
    context = multiprocessing.get_context("fork")
    pool = context.Pool(processes or os.cpu_count(), _move_in, (opened, kind))
    try:
        yield from pool.imap_unordered(functools.partial(_work, function), jobs)
    finally:
        pool.close()
        pool.join()


def timed(figure: Callable[..., Row], *arguments: Any) -> Row:
    """The row of a figure with how long it took."""
    started = time.monotonic()
    row = figure(*arguments)
    return Row(row.what, row.target, row.measured, row.reached, time.monotonic() - started, row.failures)
