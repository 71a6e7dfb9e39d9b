"""Mutated state files: about a hundredth of `make crash`."""

import random
from collections.abc import Iterator

import pytest
from broken_files import broken_file, subjects, template
from crew import Bench, bench
from mutants import BYTES, TREES, mutated

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def bare_bench() -> Iterator[Bench]:
    with bench("none") as found:
        yield found


@pytest.mark.parametrize("block", range(5))
def test_a_broken_file_is_said_and_nothing_is_dropped(bare_bench: Bench, block: int) -> None:
    seeds = range(100_000 + block * 20, 100_000 + block * 20 + 20)
    assert [failure for seed in seeds if (failure := broken_file(bare_bench, seed))] == []


def test_every_file_of_the_state_folder_has_its_turn(bare_bench: Bench) -> None:
    names = subjects(template(bare_bench))
    for name in ("queue_removed.json", "forgotten.json", "services.json", "credentials.enc", "history.jsonl"):
        assert name in names


@pytest.mark.parametrize("way", range(len(BYTES) + len(TREES)))
def test_every_way_to_break_a_file_does(way: int) -> None:
    whole = b'[\n  {"title": "Nosferatu", "year": 1922, "aliases": ["a", "b"], "x": [1]},\n  {"year": 3}\n]\n'
    change = (*BYTES, *TREES)[way]
    changed = [change(whole, random.Random(seed)) for seed in range(20)]
    assert any(data != whole for data in changed)


def test_a_mutant_is_never_the_original() -> None:
    for seed in range(200):
        assert mutated(b'{"a": 1}', random.Random(seed), text=True) != b'{"a": 1}'
