"""Which generations of qBittorrent the contract tests see here: a missing one is skipped once, by name."""

import pytest
from generations import Generation, generations


@pytest.mark.parametrize("generation", generations(), ids=lambda one: one.label)
def test_the_contract_is_tested_on_it(generation: Generation) -> None:
    assert generation.need()
