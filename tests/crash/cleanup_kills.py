"""SIGKILL at every step of a cleanup and of a way back, then the same once more: finished, or taken back."""

import contextlib
from collections.abc import Iterator

from cleanup_clients import FakeSide, RealSide
from cleanup_laboratory import GONE, SCENARIOS, CleanupLaboratory, opened
from crew import Row, scratch, spread
from faults import Plan
from kills import KillPoint, Outcome, kill_points, sample
from laboratory import Violation

from demo import private_qbittorrent

Job = tuple[str, KillPoint]
RETURNS = 7
"""One in so many films that went is brought back afterwards."""


@contextlib.contextmanager
def laboratory(kind: str) -> Iterator[CleanupLaboratory]:
    """A laboratory with a "fake" or a "real" qBittorrent, in memory."""
    root = scratch()
    client = FakeSide() if kind == "fake" else RealSide(root / "qbittorrent")
    with opened(root, client) as lab:
        yield lab


def points_of(lab: CleanupLaboratory, name: str) -> tuple[str, list[KillPoint]]:
    """All that a scenario may be killed at; it has to end well if nothing is."""
    return name, kill_points([lab.points(SCENARIOS[name])])


def kill_at(lab: CleanupLaboratory, job: Job) -> Outcome:
    """Kill the program there, start it again, and look where the film is."""
    name, point = job
    scenario = SCENARIOS[name]
    try:
        lab.begin(scenario)
        ended = lab.run(scenario.options, scenario.env, Plan(point.at, point.how))
        if not ended.killed and ended.code != 0:
            raise Violation(f"ended with {ended.code}: {ended.complaint}")
        lab.go_on(scenario)
        lab.check(scenario)
        if scenario.end == GONE and point.at % RETURNS == 0:
            lab.check_return(scenario.film)
    except (Violation, ValueError) as violation:
        return Outcome(1, f"{name}, {point}: {violation}")
    return Outcome(int(ended.killed))


def all_points(kind: str) -> list[Job]:
    """Every kill point of every scenario."""
    found = dict(spread(kind, points_of, SCENARIOS, opened=laboratory))
    return [(name, point) for name in SCENARIOS for point in found[name]]


def every_step(part: float = 1.0, real: int = 60) -> Row:
    """Each point of each scenario once, and `real` of them beside a real qBittorrent; or a part of both."""
    jobs = sample(all_points("fake"), part)
    outcomes = list(spread("fake", kill_at, jobs, opened=laboratory))
    if private_qbittorrent.available():
        drawn = sample(all_points("real"), 1.0)[: max(round(real * part), 1)]
        outcomes += spread("real", kill_at, drawn, opened=laboratory)
    failures = [outcome.violation for outcome in outcomes if outcome.violation]
    kills = sum(outcome.kills for outcome in outcomes)
    beside = f"{len(outcomes) - len(jobs)} of them beside a real qBittorrent"
    return Row(
        "SIGKILL at every touch of disk and network by a cleanup, and by --undo, then the same again",
        "all points once: finished or taken back, 0 films half gone, 0 foreign files touched",
        f"{kills:,} kills at {len(outcomes):,} points of {len(SCENARIOS)} scenarios, {beside}: "
        f"{len(failures)} violations",
        not failures and kills >= len(outcomes) * 0.95,
        failures=tuple(failures),
    )
