"""Power cuts: the model of the disk, and a hundredth of `make crash`."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from crew import Bench, bench
from disk import DATA, NAMES, NOTHING_MORE, SOME, WAYS, Disk
from power import power_cut

A, TEMP = "/root/state/a.json", "/root/state/.a.json.1.tmp"


@pytest.fixture(scope="module")
def fake_bench() -> Iterator[Bench]:
    with bench("fake") as found:
        yield found


def a_disk() -> Disk:
    disk = Disk([Path("/root/state")], {A: b"old"})
    for operation in (("open", TEMP, True), ("write", TEMP, None, b"new")):
        disk.take(*operation)
    return disk


def after(disk: Disk, way: str) -> dict[str, bytes]:
    return disk.after_a_power_cut(way, random.Random(1))


def test_a_file_that_was_not_synced_is_gone_or_empty() -> None:
    disk = a_disk()
    assert disk.now() == {A: b"old", TEMP: b"new"}
    assert after(disk, NOTHING_MORE) == {A: b"old"}
    assert after(disk, NAMES) == {A: b"old", TEMP: b""}
    assert after(disk, DATA) == {A: b"old"}


def test_a_rename_before_the_data_was_synced_leaves_an_empty_file() -> None:
    disk = a_disk()
    disk.take("rename", TEMP, A)
    assert after(disk, NAMES) == {A: b""}
    assert after(disk, NOTHING_MORE) == {A: b"old"}


def test_what_was_synced_with_its_folder_stays_in_every_way() -> None:
    disk = a_disk()
    disk.take("fsync", TEMP)
    disk.take("rename", TEMP, A)
    disk.take("fsync", "/root/state")
    assert [after(disk, way) for way in WAYS] == [{A: b"new"}] * len(WAYS)


def test_a_folder_that_its_parent_does_not_know_yet_is_lost_with_all_in_it() -> None:
    disk = Disk([Path("/root")], {})
    for operation in (("mkdir", "/root/state"), ("open", A, True), ("write", A, None, b"new")):
        disk.take(*operation)
    disk.take("fsync", A)
    disk.take("fsync", "/root/state")
    assert after(disk, NOTHING_MORE) == {}
    disk.take("fsync", "/root")
    assert after(disk, NOTHING_MORE) == {A: b"new"}


def test_an_appended_line_may_be_torn() -> None:
    disk = Disk([Path("/root/state")], {A: b"one\n"})
    disk.take("write", A, None, b"two\n")
    found = {disk.after_a_power_cut(SOME, random.Random(seed))[A] for seed in range(50)}
    assert {b"one\n", b"one\ntwo\n", b"one\ntw"} <= found


@pytest.mark.e2e
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("seed", [1, 2])
def test_a_power_cut_loses_and_doubles_nothing(fake_bench: Bench, seed: int, way: str) -> None:
    assert power_cut(fake_bench, (seed, way)).violation is None
