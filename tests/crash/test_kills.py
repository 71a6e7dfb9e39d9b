"""SIGKILL at random moments and at chosen points: about a hundredth of `make crash`."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from crew import Bench, bench
from kills import kill_at, kill_points, random_kill, sample
from programs import LAUNCHER

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def fake_bench() -> Iterator[Bench]:
    with bench("fake") as found:
        yield found


@pytest.fixture(scope="module")
def bare_bench() -> Iterator[Bench]:
    with bench("none") as found:
        yield found


@pytest.mark.parametrize("seed", range(6))
def test_a_kill_at_a_random_moment_loses_and_doubles_nothing(fake_bench: Bench, seed: int) -> None:
    assert random_kill(fake_bench, seed).violation is None


@pytest.mark.qbittorrent
def test_nor_does_it_beside_a_real_qbittorrent() -> None:
    with bench("real") as real:
        assert [random_kill(real, seed).violation for seed in (1, 2)] == [None, None]


def test_the_points_are_found_by_watching_the_program(fake_bench: Bench) -> None:
    found = [(kind, Path(what).name) for kind, what in (p[1:3] for p in fake_bench.normal.points[0])]
    assert {"open", "write", "fsync", "rename", "mkdir", "send", "answer"} <= {kind for kind, _ in found}
    for place in ("queue_pending.json", "queue_completed.json", "queue_failed.json", "films.json"):
        assert ("rename", place) in found
    assert ("send", "add") in found


@pytest.mark.parametrize("number", range(12))
def test_a_kill_at_any_point_loses_and_doubles_nothing(fake_bench: Bench, number: int) -> None:
    points = kill_points(fake_bench.normal.points)
    assert kill_at(fake_bench, sample(points, 1.0)[number]).violation is None


def test_a_kill_around_the_hand_over_doubles_nothing(fake_bench: Bench) -> None:
    points = kill_points(fake_bench.normal.points[:1])
    first = next(number for number, point in enumerate(points) if point.what.endswith("torrents/add"))
    around = [kill_at(fake_bench, point) for point in points[first - 1 : first + 4]]
    assert [outcome.violation for outcome in around] == [None] * 5


def test_a_saved_torrent_is_not_doubled_either(bare_bench: Bench) -> None:
    points = kill_points(bare_bench.normal.points[:1])
    first = next(number for number, point in enumerate(points) if point.what.endswith(".mkv.torrent.tmp"))
    around = [kill_at(bare_bench, point) for point in points[first : first + 3]]
    assert [outcome.violation for outcome in around] == [None] * 3


def test_the_launcher_works_without_its_server_too(tmp_path: Path) -> None:
    env = {**os.environ, "MOVIE_SYNC_HOME": str(tmp_path / "state"), "CRASH_PLAN": '{"at": 2}'}
    killed = subprocess.run([sys.executable, LAUNCHER, "--stats"], env=env, capture_output=True, check=False)
    assert killed.returncode == -9
