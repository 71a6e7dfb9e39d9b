"""All figures about crashes and broken files, as a table: `make crash`. Exits with 1 if a target is missed.

    python long_form.py [--part SHARE] [FIGURE ...]

`--part 0.01` does a hundredth of each; without names all figures are measured.
"""

import argparse
import os
import platform
import shlex
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2]))
sys.path.append(str(Path(__file__).resolve().parents[1]))

import broken_files
import cleanup_harms
import cleanup_kills
import failing_disk
import harmed_requests
import kills
import machine
import power
import speed
from crew import IN_MEMORY, Row, timed

from demo import private_qbittorrent

FIGURES: dict[str, Callable[[float], Row]] = {
    "kills": lambda part: timed(kills.random_kills, "fake", share(1000, part)),
    "kills-real": lambda part: real_kills(share(50, part)),
    "points": lambda part: timed(kills.every_point, ("fake", "none"), part),
    "power": lambda part: timed(power.power_cuts, share(200, part)),
    "disk": lambda part: timed(failing_disk.each_writing_call, ("fake", "none"), part),
    "daemons": lambda part: timed(failing_disk.daemons, share(24, part)),
    "requests": lambda part: timed(harmed_requests.harmed_requests, part),
    "cleanup": lambda part: timed(cleanup_kills.every_step, part),
    "cleanup-requests": lambda part: timed(cleanup_harms.harmed_cleanups, part),
    "machine": lambda part: timed(machine.steps, share(100_000, part)),
    "files": lambda part: timed(broken_files.broken_files, share(20_000, part)),
    "speed": lambda part: timed(speed.transitions),
    "adding": lambda part: timed(speed.adding),
}


def share(count: int, part: float) -> int:
    return max(round(count * part), 1)


def real_kills(count: int) -> Row:
    """The kills beside a real qBittorrent, where there is one."""
    if private_qbittorrent.available():
        return timed(kills.random_kills, "real", count)
    return Row("SIGKILL at random moments, a real qBittorrent", f"{count} kills", "not installed here", False)


def machine_line() -> str:
    """When and on what this is measured."""
    return (
        f"{datetime.now():%Y-%m-%d}, {os.cpu_count()} cores ({_processor()}), Python "
        f"{platform.python_version()}, {platform.system()} {platform.release()}; state on "
        f"{_file_system(IN_MEMORY)}, for the speeds on {_file_system(Path(tempfile.gettempdir()))}"
    )


def _processor() -> str:
    names = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    return names[0].partition(":")[2].strip() if names else platform.machine()


def _file_system(path: Path) -> str:
    """The kind of file system that a path lies on."""
    mounts = [line.split()[1:3] for line in Path("/proc/mounts").read_text().splitlines()]
    holding = [(len(point), kind) for point, kind in mounts if path.resolve().is_relative_to(point)]
    return max(holding)[1]


def lines(rows: list[Row], seconds: float) -> Iterator[str]:
    """The table in Markdown."""
    command = "make crash" + (f' ARGS="{shlex.join(sys.argv[1:])}"' if sys.argv[1:] else "")
    yield f"{machine_line()}. Command: `{command}`, {seconds / 60:.0f} minutes."
    yield ""
    yield "| what | target | measured | reached | seconds |"
    yield "|---|---|---|---|---|"
    for row in rows:
        yield (
            f"| {row.what} | {row.target} | {row.measured} | {'yes' if row.reached else '**no**'} "
            f"| {row.seconds:,.0f} |"
        )


def main() -> int:
    """Measure, print, and say by the exit code whether all targets are reached."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--part", type=float, default=1.0, metavar="SHARE")
    parser.add_argument("figures", nargs="*", metavar="FIGURE", help=", ".join(FIGURES))
    args = parser.parse_args()
    if unknown := [name for name in args.figures if name not in FIGURES]:
        parser.error(f"unknown: {unknown}; there are {', '.join(FIGURES)}")
    started, rows = time.monotonic(), []
    for name in args.figures or FIGURES:
        sys.stderr.write(f"… {name}\n")
        rows.append(FIGURES[name](args.part))
        for failure in rows[-1].failures[:20]:
            sys.stderr.write(f"  {failure[:1500]}\n")
    sys.stdout.write("\n".join(lines(rows, time.monotonic() - started)) + "\n")
    return 0 if all(row.reached for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
