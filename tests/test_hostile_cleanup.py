"""Whatever is wrong around cleanup, nothing goes that must not: each case is looked at on the whole disk."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import hostile_disk_cases
import hostile_state_cases
import hostile_time_cases
import hostile_torrent_cases
import pytest
from cleanup_bench import CleanupBench
from hostile_disk_cases import Case

TABLE: dict[str, Case] = {
    **hostile_disk_cases.CASES,
    **hostile_torrent_cases.CASES,
    **hostile_state_cases.CASES,
    **hostile_time_cases.CASES,
}


@pytest.fixture
def bench() -> Iterator[CleanupBench]:
    """In memory where there is such a place, as it is about a thousand small writes."""
    memory = Path("/dev/shm")
    root = tempfile.mkdtemp(prefix="cleanup-", dir=memory if os.access(memory, os.W_OK) else None)
    yield CleanupBench(Path(root))
    shutil.rmtree(root)


@pytest.mark.parametrize("name", TABLE)
def test_nothing_goes_that_must_not(bench: CleanupBench, name: str) -> None:
    witness = bench.film("Witness", 1985)
    went = TABLE[name](bench)
    bench.check(went.ending(witness, trash=bool(bench.config["trash_period"])))
