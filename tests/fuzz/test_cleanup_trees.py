"""Cleanup among owned and foreign files: a small share of `make fuzz`, and that it would notice."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import cleanup_trees
import pytest
from cleanup_trees import Run, case, live
from harness import Outcome

import cleanup
import emptying
from cleanup_sharing import Sharing
from departures import Departures
from trash_ground import Ground

FIRST_SEED = 5_000_000


@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + 20))
def test_nothing_foreign_is_touched_and_no_film_lost(seed: int) -> None:
    assert case(seed).violation is None


def test_what_it_is_about_happens() -> None:
    seen: Counter[str] = Counter()
    for seed in range(FIRST_SEED + 100, FIRST_SEED + 115):
        for line in live(seed).log:
            seen[line.split(":")[-1].split(" (")[0].strip().split()[0]] += 1
    assert seen.keys() >= {"killed", "failed", "undo", "clock", "share", "take"}


# --- it would notice


@pytest.mark.parametrize(
    ("where", "name", "slip", "first"),
    [
        (Ground, "_may_go", lambda self, entry: True, 38),
        (Ground, "_is_fresh", lambda self, entry: True, 25),
        (Ground, "_is_our_link", lambda self, entry, link: True, 90),
        (Sharing, "other_user", lambda self, status, contents: "", 8),
        (cleanup, "_unsafe", lambda torrent, movie: "", 0),
        (cleanup, "_touched", lambda torrent, rules: False, 20),
        (cleanup, "_wanted", lambda case, rules, now: None, 29),
        (emptying.Emptying, "_require_unused", lambda self, entry: None, 6),
        (Departures, "fetch_again", lambda self, movie: None, 88),
    ],
)
def test_a_slip_is_found(
    monkeypatch: pytest.MonkeyPatch, where: Any, name: str, slip: Callable[..., Any], first: int
) -> None:
    """Soon after the run that shows it now: each change of the program shifts what happens in a run."""
    monkeypatch.setattr(where, name, slip)
    assert next((seed for seed in range(first, first + 200) if case(seed).violation), None) is not None


def test_what_goes_wrong_is_told_with_what_happened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cleanup, "_duty", lambda torrent, case, rules, now: None)
    violation = next(filter(None, (case(seed).violation for seed in range(40))))
    assert violation.startswith("seed ")
    assert "it owes seeding" in violation


def test_a_run_follows_from_its_seed() -> None:
    def log(seed: int) -> list[str]:
        run: Run = live(seed)
        return run.log

    assert log(7) == log(7)


def test_a_row_counts_its_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    def one_by_one(case: Callable[[int], Outcome], seeds: range) -> list[Outcome]:
        return [case(seed) for seed in seeds]

    monkeypatch.setattr(cleanup_trees, "spread", one_by_one)
    row = cleanup_trees.run(3, FIRST_SEED)
    assert (row.count, row.violations) == (3, ())
