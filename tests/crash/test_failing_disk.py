"""A full and a broken disk: about a hundredth of `make crash`."""

from collections.abc import Iterator

import pytest
from crew import Bench, bench
from failing_disk import daemon_run, faults_at, single_run
from kills import sample

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def fake_bench() -> Iterator[Bench]:
    with bench("fake") as found:
        yield found


@pytest.mark.parametrize("number", range(10))
def test_a_writing_call_that_fails_loses_nothing_and_is_said(fake_bench: Bench, number: int) -> None:
    fault = sample(faults_at(fake_bench.normal.points), 1.0)[number]
    assert single_run(fake_bench, fault).violation is None


def test_a_daemon_with_a_full_disk_stays_up_asks_nobody_and_goes_on(fake_bench: Bench) -> None:
    middle = next(p[0] for p in fake_bench.normal.points[0] if p[2].endswith("filelist_calls.json"))
    assert daemon_run(fake_bench, middle).violation is None
