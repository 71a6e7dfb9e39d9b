"""Directories that films were downloaded into before another one was configured."""

import json
from pathlib import Path

from cleanup_bench import FOREIGN, CleanupBench

import storage
from cleanup_text import plan_text


def used_before(bench: CleanupBench, directory: Path) -> None:
    known = bench.folder / "places.json"
    places = storage.read_json(known, list[str], [])
    known.write_text(json.dumps([str(directory), *places]))


def test_a_film_in_a_directory_that_was_used_before_is_told_of_and_left_alone(tmp_path: Path) -> None:
    bench = CleanupBench(tmp_path)
    film = bench.film()
    copy = tmp_path / "old disk" / "Heat (1995)" / "Heat (1995).mkv"
    copy.parent.mkdir(parents=True)
    copy.write_bytes(FOREIGN)
    used_before(bench, tmp_path / "old disk")
    bench.write_queues()
    told = plan_text(bench.plan(), bench.clock())
    assert f"      also on disk, not ours, left alone: {copy.parent}" in told
    bench.go()
    assert copy.read_bytes() == FOREIGN
    assert not film.path.exists()


def test_one_that_is_not_there_any_more_stops_nothing(tmp_path: Path) -> None:
    bench = CleanupBench(tmp_path)
    film = bench.film()
    used_before(bench, tmp_path / "unplugged")
    bench.go()
    assert not film.path.exists()
