"""A share of the changed API answers, and that their check would notice what it looks for."""

from typing import Any

import answer_cases
import pytest
from answer_cases import PASSKEY, answers, one_answer

import release_choice
from errors import ServiceUnavailable


def test_every_changed_answer_ends_as_rows_or_as_one_named_error() -> None:
    row = answers(600)
    assert row.violations == ()
    assert row.count == 600


def _first_violation() -> str:
    return next(filter(None, (one_answer(seed).violation for seed in range(400))), "")


def _tells_all(name: str, *_: Any) -> Any:
    raise ServiceUnavailable("filelist", f"No answer for {PASSKEY}.")


def _takes_the_first(rows: Any, *_: Any, **__: Any) -> Any:
    chosen = next(iter(rows), None)
    return release_choice.Choice(chosen, ())


@pytest.mark.parametrize(
    ("name", "slip", "what"),
    [
        ("read_rows", _tells_all, "the passkey is in an error"),
        ("choose_release", _takes_the_first, "another order, another choice"),
        ("read_rows", lambda *_: 1 / 0, "ZeroDivisionError"),
    ],
)
def test_a_slip_is_found(monkeypatch: pytest.MonkeyPatch, name: str, slip: Any, what: str) -> None:
    monkeypatch.setattr(answer_cases, name, slip)
    assert what in _first_violation()
