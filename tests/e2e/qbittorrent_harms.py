"""Every fault at every request that an undisturbed life makes, and what must be true of the end each time."""

import contextlib
import queue
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from qbittorrent_faults import FAULTS, LOGIN, LOGIN_FAULTS, Harm
from qbittorrent_life import Stage, Told

import qbittorrent_manager
from demo.private_qbittorrent import PROGRAM

AT_ONCE = 5
"""Lives that go on side by side, each with a daemon of its own: they wait more than they work."""
LISTED_WITHIN = 0.5
"""Seconds in which a torrent must be listed that was handed over; fewer than the client waits, as always."""
OUTAGE = 3
"""So many requests in a row meet a fault that lasts."""
MORE_LOGINS = 2
"""Logins that one faulted request may cost, however it comes."""
REFUSING = {("409", "torrents/add")}
"""What says that the .torrent itself is no good: then another release of the film is the right end."""


@dataclass(frozen=True)
class Case:
    """What is done to a life, and whether the films are where this machine does not see them."""

    harm: Harm | None = None
    elsewhere: bool = False

    def __str__(self) -> str:
        return f"{self.harm or 'no harm'}{', elsewhere' if self.elsewhere else ''}"


Undisturbed = Mapping[bool, Told]
"""How a life goes without harm, by whether the films are elsewhere."""


class Company:
    """A context manager: several stages, on which lives go on side by side."""

    def __init__(self, root: Path, at_once: int = AT_ONCE, program: Sequence[str] = (PROGRAM,)) -> None:
        self._stages = [Stage(root / f"stage-{number}", program) for number in range(at_once)]
        self._free: queue.SimpleQueue[Stage] = queue.SimpleQueue()

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack, ThreadPoolExecutor(len(self._stages)) as pool:
            stack.enter_context(_listed_within(LISTED_WITHIN))
            for stage in self._stages:
                stack.push(stage)
            for stage in pool.map(Stage.__enter__, self._stages):
                self._free.put(stage)
            self._open = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def live(self, chosen: Iterable[Case]) -> Iterator[tuple[Case, Told]]:
        """A life for each case, told in the order given."""
        with ThreadPoolExecutor(len(self._stages)) as pool:
            yield from pool.map(self._live, chosen)

    def undisturbed(self) -> Undisturbed:
        """Both lives, once each. AssertionError if something is wrong with them."""
        lives = {case.elsewhere: told for case, told in self.live((Case(), Case(elsewhere=True)))}
        for told in lives.values():
            assert not told.violations, (told.violations, told.said)
        return lives

    def _live(self, case: Case) -> tuple[Case, Told]:
        stage = self._free.get()
        try:
            return case, stage.live(case.harm, elsewhere=case.elsewhere)
        finally:
            self._free.put(stage)


@contextlib.contextmanager
def _listed_within(seconds: float) -> Iterator[None]:
    before, qbittorrent_manager.LISTED_WITHIN = qbittorrent_manager.LISTED_WITHIN, seconds
    try:
        yield
    finally:
        qbittorrent_manager.LISTED_WITHIN = before


def cases(normal: Undisturbed) -> list[Case]:
    """Each fault at each call as often as it is made, and lasting from the first; no call is listed here."""
    here = [call.name for call in normal[False].calls]
    elsewhere = [call.name for call in normal[True].calls if call.name not in here]
    return [Case(harm) for harm in _harms(here)] + [Case(harm, elsewhere=True) for harm in _harms(elsewhere)]


def _harms(names: Sequence[str]) -> Iterator[Harm]:
    for name in dict.fromkeys(names):
        for fault in (*FAULTS, *(LOGIN_FAULTS if name == LOGIN else ())):
            yield from (Harm(fault, name, number + 1) for number in range(names.count(name)))
            yield Harm(fault, name, 1, OUTAGE)


def wrong(case: Case, told: Told, normal: Undisturbed) -> list[str]:
    """What must not be after this life, one sentence each."""
    expected, found = normal[case.elsewhere], list(told.violations)
    if told.end != expected.end and (case.harm and (case.harm.fault, case.harm.call)) not in REFUSING:
        found.append(f"it ended otherwise: {told.end}")
    if len(told.logins) > len(expected.logins) + MORE_LOGINS * told.harmed:
        found.append(f"{len(told.logins)} logins")
    if told.searches > expected.searches + told.harmed:
        found.append(f"the tracker was searched {told.searches} times")
    return [f"{case}: {one}; said: {' / '.join(told.said)}" for one in found]
