"""Whatever is wrong around cleanup, nothing goes that must not: each case is looked at on the whole disk."""

from collections.abc import Iterator

import hostile_copy_cases
import hostile_disk_cases
import hostile_file_cases
import hostile_limit_cases
import hostile_state_cases
import hostile_time_cases
import hostile_torrent_cases
import pytest
from cleanup_bench import CleanupBench
from cleanup_fixtures import benches
from hostile_disk_cases import Case

TABLE: dict[str, Case] = {
    **hostile_copy_cases.CASES,
    **hostile_disk_cases.CASES,
    **hostile_file_cases.CASES,
    **hostile_limit_cases.CASES,
    **hostile_state_cases.CASES,
    **hostile_time_cases.CASES,
    **hostile_torrent_cases.CASES,
}


@pytest.fixture
def bench() -> Iterator[CleanupBench]:
    for make in benches():
        yield make()


@pytest.mark.parametrize("name", TABLE)
def test_nothing_goes_that_must_not(bench: CleanupBench, name: str) -> None:
    witness = bench.film("Witness", 1985)
    went = TABLE[name](bench)
    bench.check(went.ending(witness, trash=bool(bench.config["trash_period"])))
