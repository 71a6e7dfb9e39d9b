"""Damaged pages of Letterboxd: about a hundredth of `make fuzz`, and that it would notice."""

import random
import time

import pytest
from harness import Outcome, spread
from page_mutants import DAMAGES, REWRITINGS, damaged
from parser_cases import believed_empty, one_page, promises_films, read
from whole_pages import WholePage, whole_pages

from letterboxd_pages import WatchlistPage

FIRST_SEED = 1_000_000


@pytest.mark.parametrize("block", range(4))
def test_a_damaged_page_is_a_record_or_a_named_error_and_invents_nothing(block: int) -> None:
    seeds = range(FIRST_SEED + block * 50, FIRST_SEED + block * 50 + 50)
    assert [outcome.violation for seed in seeds if (outcome := one_page(seed)).violation] == []


@pytest.mark.parametrize("page", whole_pages(), ids=lambda page: page.name)
def test_a_whole_page_is_what_it_is(page: WholePage) -> None:
    listed, shown = read(page.html)
    assert (listed is not None, shown is not None) == (page.kind == "list", page.kind == "film")
    assert (listed.promised if listed else None) == page.promised
    assert believed_empty(listed) == (page.promised == 0)
    assert promises_films(page.html) == bool(page.promised)


@pytest.mark.parametrize("way", range(len(DAMAGES)))
def test_every_damage_does_some(way: int) -> None:
    whole = whole_pages()[0].html.encode()
    assert any(DAMAGES[way](whole, random.Random(seed)) != whole for seed in range(5))


@pytest.mark.parametrize("way", range(len(REWRITINGS)))
def test_every_rewriting_changes_the_text_and_not_the_films(way: int) -> None:
    for page in whole_pages()[:4]:
        changed = REWRITINGS[way](page.html, random.Random(3))
        assert changed != page.html
        assert read(changed) == read(page.html)


def test_even_nothing_can_be_damaged() -> None:
    for seed in range(200):
        damaged(b"", b"", random.Random(seed))


def test_a_list_without_films_is_believed_only_with_a_promise_of_none() -> None:
    assert believed_empty(WatchlistPage("alice", 0, (), None, 0))
    assert not believed_empty(WatchlistPage("alice", None, (), None, 0))
    assert not believed_empty(WatchlistPage("alice", 0, (), None, 1))


def _waits_on_three(seed: int) -> Outcome:
    while seed == 3:
        time.monotonic()
    return Outcome(0.0)


def test_a_case_that_hangs_is_a_violation_and_ends() -> None:
    outcomes = list(spread(_waits_on_three, range(5), hang=0.5))
    assert [bool(outcome.violation) for outcome in outcomes] == [True, False, False, False, False]
    assert "hung: seeds 0 to 4" in str(outcomes[0].violation)
