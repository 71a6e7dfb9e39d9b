"""SIGKILL and broken requests in the middle of a cleanup: about a hundredth of `make crash`."""

from collections.abc import Iterator

import pytest
from cleanup_harms import harmed, harms_of
from cleanup_harms import laboratory as harmed_laboratory
from cleanup_kills import kill_at, laboratory, points_of
from cleanup_laboratory import SCENARIOS, CleanupLaboratory
from kills import sample

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def lab() -> Iterator[CleanupLaboratory]:
    with laboratory("fake") as found:
        yield found


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_kill_anywhere_in_a_cleanup_leaves_no_film_half_gone(lab: CleanupLaboratory, name: str) -> None:
    _, points = points_of(lab, name)
    outcome = kill_at(lab, (name, sample(points, 1.0)[0]))
    assert outcome.violation is None
    assert outcome.kills


def test_the_points_are_found_by_watching_the_cleanup(lab: CleanupLaboratory) -> None:
    torrent = {point.what.rpartition("/")[2] for point in points_of(lab, "trash")[1]}
    assert {"setLocation", "delete", "cleanup.json", "history.jsonl", "queue_removed.json"} <= torrent
    copy = {point.what.partition(" ")[0] for point in points_of(lab, "copy")[1]}
    assert {"link", "unlink", "rmdir", "mkdir", "fsync", "write", "rename", "send", "answer"} <= copy


@pytest.mark.qbittorrent
def test_a_broken_request_in_a_cleanup_leaves_no_film_half_gone_either() -> None:
    with harmed_laboratory("real") as real:
        jobs = [job for name in ("trash", "undo") for job in harms_of(real, name)]
        for call in ("torrents/setLocation hashes", "torrents/add"):
            wanted = [job for job in jobs if (job[1].call, job[1].fault) == (call, "cut after")]
            assert harmed(real, wanted[0]).violation is None
