"""Histories of a simulated list: a small share of `make fuzz`, and that it would notice."""

import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import list_histories
import pytest
from list_histories import Step, broken_by, draw, live, shortest
from simulated_list import SimulatedList

import removal_plan
import removals
import shortcut
from reading import Outcome, Reading
from removal_plan import RemovalRules

FIRST_SEED = 2_000_000


@pytest.mark.parametrize("block", range(4))
def test_no_film_is_removed_wrongly_and_no_wrong_claim_lasts(block: int) -> None:
    seeds = range(FIRST_SEED + block * 25, FIRST_SEED + block * 25 + 25)
    assert [str(broken) for seed in seeds if (broken := broken_by(draw(seed)))] == []


def test_what_the_rules_are_about_happens() -> None:
    seen: Counter[str] = Counter()
    for seed in range(FIRST_SEED + 40, FIRST_SEED + 80):
        seen += live(draw(seed))
    outcomes = {outcome.value for outcome in (*list(Outcome)[:5], Outcome.UNAVAILABLE)}
    assert {*outcomes, "marked", "accepted", "came back", "wrong claims"} <= seen.keys()


def test_a_history_follows_from_its_seed_alone() -> None:
    assert draw(7) == draw(7)
    assert live(draw(7)) == live(draw(7))


def test_a_film_that_a_merge_brings_back_is_put_on_the_list_once() -> None:
    sim, rng = SimulatedList(), random.Random(0)
    kept, lost = sim.new_film(rng), sim.new_film(rng)
    kept.twin, lost.twin = lost, kept
    sim.films = [kept, lost]
    sim.take_off([kept])
    for kind in ("merge", "clear", "refill"):
        sim.edit(kind, 0)
    assert sim.films == [kept]


# --- it would notice


def _at_once(missing: Any, memory: Any, reading: Any, rules: RemovalRules, **others: Any) -> Any:
    return removal_plan.plan_removals(missing, memory, reading, RemovalRules(0, rules.limit), **others)


def _any_page_proves(known: Any, then: Any, page: Any, promised: Any, proven: bool) -> Any:
    return shortcut.Claim(0, tuple(known), then, proven)


@pytest.mark.parametrize(
    ("module", "name", "slip", "rule"),
    [
        (removal_plan, "_too_many", lambda *_: "", "marked|too many"),
        (removals, "plan_removals", _at_once, "marked too early"),
        (removal_plan, "names_of", lambda movie: [movie.film_id], "marked by a reading at which it was"),
        (removals, "missing_from", lambda *_: [], "not on the list, and neither marked nor held"),
        (removals, "told_apart", lambda *_, **__: {}, "not on the list, and neither marked nor held"),
        (removals, "_seconds_missed", lambda *_: 24 * 3600, "grace runs ahead"),
        (shortcut, "_day_is_over", lambda *_: False, "no full reading in time"),
        (shortcut, "_compared", _any_page_proves, "a wrong claim of page 1"),
        (Reading, "full", property(lambda reading: bool(reading.films)), ""),
    ],
)
def test_a_slip_is_found(
    monkeypatch: pytest.MonkeyPatch, module: Any, name: str, slip: Callable[..., Any], rule: str
) -> None:
    monkeypatch.setattr(module, name, slip)
    found = (broken_by(draw(seed)) for seed in range(FIRST_SEED, FIRST_SEED + 60))
    broken = next(filter(None, found))
    assert any(str(broken).startswith(part) for part in rule.split("|"))


def test_a_history_that_breaks_a_rule_is_cut_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(removals, "missing_from", lambda *_: [])
    history, broken = next((h, b) for seed in range(60) if (b := broken_by(h := draw(seed))))
    short = shortest(history, broken.rule)
    assert len(short.steps) <= 3 < len(history.steps)
    assert all(isinstance(step, Step) for step in short.steps)
    assert list_histories.one_history(history.seed).violation == f"{broken_by(short)}\n    {short}"
