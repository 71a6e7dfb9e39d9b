"""All figures about damaged input, as a table: `make fuzz`. Exits with 1 if anything went wrong.

    python fuzz_table.py [--part SHARE] [--seed FIRST] [FIGURE ...]

`--part 0.01` does a hundredth of each; without names all figures are measured. A case follows from its
seed alone.
"""

import argparse
import os
import platform
import shlex
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2]))
sys.path.append(str(Path(__file__).resolve().parents[1]))

import answer_cases
import cleanup_trees
import file_trees
import list_histories
import parser_cases
import simulated_week
from harness import Row

FIGURES: dict[str, tuple[int, Callable[[int, int], Row]]] = {
    "pages": (20_000, parser_cases.pages),
    "lists": (20_000, list_histories.histories),
    "answers": (20_000, answer_cases.answers),
    "week": (1_000, simulated_week.week),
    "trees": (2_000, file_trees.run),
    "cleanup": (2_000, cleanup_trees.run),
}
"""By name: how many cases, or films, at full length, and what does them from a first seed on."""


def machine() -> str:
    """What this is measured on."""
    names = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    processor = names[0].partition(":")[2].strip() if names else platform.machine()
    return f"{os.cpu_count()} cores ({processor}), Python {platform.python_version()}"


def table(rows: list[tuple[Row, float]]) -> Iterator[str]:
    """The rows with how long each took, in Markdown."""
    command = "make fuzz" + (f' ARGS="{shlex.join(sys.argv[1:])}"' if sys.argv[1:] else "")
    yield "| date | machine | command | what | target | cases | violations | slowest | minutes |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for row, seconds in rows:
        yield (
            f"| {datetime.now():%Y-%m-%d} | {machine()} | `{command}` | {row.what} | {row.target} "
            f"| {row.count:,} | {len(row.violations) or 'none'} | {row.slowest:.2f} s | {seconds / 60:.1f} |"
        )


def main() -> int:
    """Measure, print, and say by the exit code whether all went as it must."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--part", type=float, default=1.0, metavar="SHARE")
    parser.add_argument("--seed", type=int, default=0, metavar="FIRST")
    parser.add_argument("figures", nargs="*", metavar="FIGURE", help=", ".join(FIGURES))
    args = parser.parse_args()
    if unknown := [name for name in args.figures if name not in FIGURES]:
        parser.error(f"unknown: {unknown}; there are {', '.join(FIGURES)}")
    rows = []
    for name in args.figures or FIGURES:
        sys.stderr.write(f"… {name}\n")
        count, figure = FIGURES[name]
        started = time.monotonic()
        row = figure(max(round(count * args.part), 1), args.seed)
        rows.append((row, time.monotonic() - started))
        for violation in row.violations[:20]:
            sys.stderr.write(f"  {violation[:1500]}\n")
    sys.stdout.write("\n".join(table(rows)) + "\n")
    return 1 if any(row.violations for row, _ in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
