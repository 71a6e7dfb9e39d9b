"""Harm done to the requests of a cleanup, and of a way back, to a real qBittorrent; then the same again."""

import contextlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass

from cleanup_clients import RealSide
from cleanup_laboratory import GONE, ONCE, SCENARIOS, CleanupLaboratory, Scenario, opened
from crew import Row, scratch, spread
from kills import sample
from laboratory import Violation
from qbittorrent_faults import FAULTS, LOGIN, LOGIN_FAULTS, Harm
from qbittorrent_harms import AT_ONCE, MORE_LOGINS, OUTAGE

from demo import private_qbittorrent

NAMES = ("trash", "delete", "undo")
REFUSED = {"409", "409 after"}
"""A place that qBittorrent refuses; what cannot be moved there is deleted by the user's second word."""
POWER_CUT = "kill after"
"""qBittorrent forgets what it has just answered, and moves or deletes on without us knowing."""
LEAST = 60


@dataclass(frozen=True)
class Met:
    """What came of one case: how many requests met the fault, how many logins the harmed run made."""

    harmed: int
    logins: int
    violation: str | None = None


Job = tuple[str, Harm]


@contextlib.contextmanager
def laboratory(kind: str) -> Iterator[CleanupLaboratory]:
    """A laboratory with a real qBittorrent; `kind` is there for others."""
    root = scratch()
    with opened(root, RealSide(root / "qbittorrent")) as lab:
        yield lab


def harms_of(lab: CleanupLaboratory, name: str) -> list[Job]:
    """Each fault at each call as often as an undisturbed run makes it, and lasting from the first."""
    scenario, client = SCENARIOS[name], _client(lab)
    lab.begin(scenario)
    client.begin(None)
    lab.undisturbed(scenario.options, scenario.env)
    lab.check(scenario)
    names = [call.name for call in client.proxy.calls]
    return [(name, harm) for harm in _harms(names)]


def _harms(names: list[str]) -> Iterator[Harm]:
    for name in dict.fromkeys(names):
        for fault in (*FAULTS, *(LOGIN_FAULTS if name == LOGIN else ())):
            yield from (Harm(fault, name, number + 1) for number in range(min(names.count(name), 3)))
            yield Harm(fault, name, 1, OUTAGE)


def harmed(lab: CleanupLaboratory, job: Job) -> Met:
    """Harm one run, go on a day later, as the user does, and look where the film is."""
    name, harm = job
    scenario, client = SCENARIOS[name], _client(lab)
    met = logins = 0
    try:
        lab.begin(scenario)
        client.begin(harm)
        ended = lab.run(scenario.options, scenario.env)
        met = sum(bool(call.fault) for call in client.proxy.calls)
        logins = client.proxy.count(LOGIN)
        client.begin(None)
        if ended.late or ended.code not in {0, 1} or "Traceback" in ended.out:
            raise Violation(f"it ended with {ended.code}: {ended.out}")
        if ended.code and "❌" not in ended.out and "⏳" not in ended.out:
            raise Violation(f"it failed without a word: {ended.out}")
        if logins > 1 + MORE_LOGINS:
            raise Violation(f"{logins} logins in one run")
        _go_on(lab, scenario, harm)
    except (Violation, ValueError, AssertionError) as violation:
        return Met(met, logins, f"{name}, {harm}: {violation}")
    return Met(met, logins)


def _go_on(lab: CleanupLaboratory, scenario: Scenario, harm: Harm) -> None:
    """After a day, in which every rest is over, the list is read, and then the same again."""
    client = _client(lab)
    client.rows()
    lab.day += 1.1
    if harm.fault == POWER_CUT:
        lab.undisturbed(ONCE, scenario.env)
        lab.run(scenario.options, scenario.env)
        lab.check_whole(scenario)
        return
    lab.undisturbed(ONCE, scenario.env)
    lab.go_on(scenario)
    refused = harm.fault in REFUSED and harm.call.startswith("torrents/setLocation")
    if refused and scenario.end == GONE and not lab.has_trash(scenario.film):
        scenario = SCENARIOS["delete"]
    lab.check(scenario)


def _client(lab: CleanupLaboratory) -> RealSide:
    assert isinstance(lab.client, RealSide)
    return lab.client


def all_harms() -> list[Job]:
    """Every combination of fault and call in each of the scenarios."""
    return [job for jobs in spread("real", harms_of, NAMES, 1, laboratory) for job in jobs]


def harmed_cleanups(part: float = 1.0) -> Row:
    """All combinations, or a part of them, where there is a qBittorrent."""
    what = "a fault between us and a real qBittorrent, at each request of a cleanup and of --undo, then again"
    target = f"at least {LEAST} combinations: the same end as undisturbed, 0 foreign files touched"
    if not private_qbittorrent.available():
        return Row(what, target, "not installed here", False)
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        jobs = sample(all_harms(), part)
        found = list(spread("real", harmed, jobs, AT_ONCE, laboratory))
    finally:
        logging.disable(before)
    failures = tuple(one.violation for one in found if one.violation)
    met = sum(bool(one.harmed) for one in found)
    most = max(one.logins for one in found)
    measured = f"{met:,} combinations: {len(failures)} violations; at most {most} logins in a run"
    return Row(what, target, measured, not failures and met >= min(LEAST, len(jobs)), failures=failures)
