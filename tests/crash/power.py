"""Power cuts: the program ends at a point, and the disk keeps only what it had to. Then it starts again."""

import random
import shutil
from collections import Counter
from pathlib import Path

from crew import Bench, Row, spread
from disk import WAYS, Disk
from faults import Plan, entries
from kills import NOTHING_LOST, Outcome
from laboratory import STORY, Laboratory, Violation


def power_cut(bench: Bench, job: tuple[int, str]) -> Outcome:
    """Cut the power at a random point of the story; `job` is a seed and the way the disk loses the rest."""
    seed, way = job
    dice = random.Random(seed)
    lab, normal = bench.lab, bench.normal
    number = dice.choices(range(len(STORY)), [len(points) for points in normal.points])[0]
    at = dice.randrange(len(normal.points[number]))
    record = lab.root / "operations"
    record.unlink(missing_ok=True)
    try:
        lab.fresh()
        disk = Disk([lab.root, lab.world.downloads], files_below(lab.world.downloads))
        for step in STORY[:number]:
            lab.begin(step)
            lab.run(step, Plan(record=str(record), data=True))
        lab.begin(STORY[number])
        ended = lab.run(STORY[number], Plan(at, "before", record=str(record), data=True))
        if not ended.killed:
            raise Violation(f"the point was not reached (exit code {ended.code})")
        _replay(record, disk, lab)
        found = disk.after_a_power_cut(way, dice)
        put_in_place(lab, found)
        lab.finish(STORY[number:])
        lab.check(normal.end, by_hand_allowed=True)
    except (Violation, ValueError) as violation:
        return Outcome(1, f"seed {seed}, {way}, step {number}, point {at}: {violation}")
    return Outcome(1, by_hand=lab.by_hand)


def _replay(record: Path, disk: Disk, lab: Laboratory) -> None:
    """Feed the disk, and see that it has every file as it really is: no change went unseen."""
    for entry in entries(record):
        if isinstance(entry[0], str):
            disk.take(*entry)
    folders = (lab.world.home, lab.world.downloads)
    real = {path: data for folder in folders for path, data in files_below(folder).items()}
    ours = {path: data for path, data in disk.now().items() if Path(path).parent != lab.root}
    if real != ours:
        wrong = [path for path in real.keys() | ours.keys() if real.get(path) != ours.get(path)]
        raise Violation(f"the harness did not see how these files came to be: {sorted(wrong)}")


def files_below(folder: Path) -> dict[str, bytes]:
    """Every file with its content."""
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def put_in_place(lab: Laboratory, files: dict[str, bytes]) -> None:
    """Make the state folder and the download directory hold these files alone."""
    for folder in (lab.world.home, lab.world.downloads):
        shutil.rmtree(folder, ignore_errors=True)
    lab.world.downloads.mkdir()
    for name, data in files.items():
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.write_bytes(data)


def power_cuts(count: int, first_seed: int = 0) -> Row:
    """`count` power cuts, shared out among the ways to lose data."""
    jobs = [(first_seed + number, WAYS[number % len(WAYS)]) for number in range(count)]
    outcomes = list(spread("fake", power_cut, jobs))
    failures = tuple(outcome.violation for outcome in outcomes if outcome.violation)
    by_hand = sum(outcome.by_hand > 0 for outcome in outcomes)
    shared = ", ".join(f"{number} × {way}" for way, number in sorted(Counter(w for _, w in jobs).items()))
    return Row(
        "power cut at a random point, without what was not fsynced",
        f"{count} cuts: {NOTHING_LOST}",
        f"{len(outcomes)} cuts ({shared}): {len(failures)} violations; "
        f"marker of the download directory to be put back by hand: {by_hand}",
        not failures,
        failures=failures,
    )
