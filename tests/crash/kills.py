"""SIGKILL: at random moments, and at every point that the harness finds. Then the program starts again."""

import random
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from crew import Bench, Row, spread
from faults import Plan
from laboratory import STORY, Step, Violation

DAEMON = Step(())
T = TypeVar("T")
NOTHING_LOST = "0 films lost, 0 handed over twice, 0 unreadable files"


@dataclass(frozen=True)
class Outcome:
    """What came of one telling of the story: how often it was killed, and what was wrong at its end."""

    kills: int
    violation: str | None = None
    by_hand: int = 0
    lines: int = 0


def random_kill(bench: Bench, seed: int) -> Outcome:
    """Kill one step at a random moment, as a daemon now and then, and some restarts too."""
    lab, normal, dice = bench.lab, bench.normal, random.Random(seed)
    number = dice.choices(range(len(STORY)), [max(seconds, 0.02) for seconds in normal.seconds])[0]
    step, kills = STORY[number], 0
    try:
        lab.fresh()
        for earlier in STORY[:number]:
            lab.begin(earlier)
            lab.whole(earlier)
        lab.begin(step)
        for _ in range(dice.choice((1, 1, 2, 3))):
            as_daemon = step.options == ("--once",) and dice.random() < 0.3
            moment = dice.uniform(0, normal.seconds[number] * 1.1)
            ended = lab.run(DAEMON if as_daemon else step, kill_after=moment)
            if not ended.killed and ended.code != 0:
                raise Violation(f"ended with {ended.code}: {ended.complaint}")
            kills += ended.killed
            lab.tick()
        lab.finish(STORY[number:])
        lab.check(normal.end)
    except (Violation, ValueError) as violation:
        return Outcome(kills, f"seed {seed}: {violation}")
    return Outcome(kills)


def random_kills(kind: str, count: int, first_seed: int = 0) -> Row:
    """SIGKILL at `count` random moments."""
    kills, seed, failures = 0, first_seed, []
    while kills < count:
        more = max((count - kills) // 2, 4)
        for outcome in spread(kind, random_kill, range(seed, seed + more)):
            kills += outcome.kills
            failures += [outcome.violation] if outcome.violation else []
        seed += more
    name = {"fake": "the fake qBittorrent", "real": "a real qBittorrent"}[kind]
    return Row(
        f"SIGKILL at random moments of a full run, {name}, then restart",
        f"{count:,} kills: {NOTHING_LOST}",
        f"{kills:,} kills in {seed - first_seed:,} runs: {len(failures)} violations",
        not failures and kills >= count,
        failures=tuple(failures),
    )


@dataclass(frozen=True)
class KillPoint:
    """The point of a step, before which or in the middle of which the process ends."""

    step: int
    at: int
    how: str
    what: str


def kill_points(points: Iterable[Iterable[tuple[Any, ...]]]) -> list[KillPoint]:
    """Every point, and the middle of every write and request."""
    return [
        KillPoint(step, number, how, f"{kind} {what}")
        for step, found in enumerate(points)
        for number, kind, what, *_ in found
        for how in (("before", "half") if kind in {"write", "send"} else ("before",))
    ]


def kill_at(bench: Bench, point: KillPoint) -> Outcome:
    """Kill there, then tell the rest."""
    lab = bench.lab
    try:
        lab.fresh()
        for earlier in STORY[: point.step]:
            lab.begin(earlier)
            lab.whole(earlier)
        lab.begin(STORY[point.step])
        ended = lab.run(STORY[point.step], Plan(point.at, point.how))
        if not ended.killed:
            raise Violation(f"the point was not reached (exit code {ended.code})")
        lab.finish(STORY[point.step :])
        lab.check(bench.normal.end)
    except (Violation, ValueError) as violation:
        return Outcome(1, f"{point}: {violation}")
    return Outcome(1)


def sample(everything: list[T], part: float) -> list[T]:
    """An evenly drawn part of a list."""
    return random.Random(1).sample(everything, max(round(len(everything) * part), 1))


def points_of(bench: Bench, job: None) -> tuple[Any, ...]:
    return bench.normal.points


def every_point(kinds: Iterable[str] = ("fake", "none"), part: float = 1.0) -> Row:
    """Each point of the story once (or a part of them), with qBittorrent and without."""
    count, failures = 0, []
    for kind in kinds:
        [found] = spread(kind, points_of, [None], 1)
        for outcome in spread(kind, kill_at, sample(kill_points(found), part)):
            count += 1
            failures += [outcome.violation] if outcome.violation else []
    return Row(
        "every write, fsync, rename and request as a kill point, and the middle of each write and request",
        f"all points once: {NOTHING_LOST}",
        f"{count:,} points: {len(failures)} violations",
        not failures,
        failures=tuple(failures),
    )
