"""How a film moves to another directory on its disk. Removing: `test_disk_files`."""

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from disk_swaps import CONTENT, FILM, SOMETHING_ELSE, a_film, another_file, put, seen
from film_shelf import everything_in, raising

import folder_walk
from disk_files import Changed, look_at, move_file, remove_empty_folders, remove_file
from errors import PlaceUnavailable


@pytest.fixture
def films(tmp_path: Path) -> Path:
    return a_film(tmp_path)


@pytest.fixture
def trash(tmp_path: Path) -> Path:
    (tmp_path / "trash").mkdir()
    return tmp_path / "trash"


@pytest.fixture
def other_disk() -> Iterator[Path]:
    memory = Path("/dev/shm")
    if not memory.is_dir() or memory.stat().st_dev == Path(tempfile.gettempdir()).stat().st_dev:
        pytest.skip("there is only one file system here")
    path = Path(tempfile.mkdtemp(dir=memory))
    yield path
    shutil.rmtree(path)


def test_a_moved_file_is_the_same_file(films: Path, trash: Path) -> None:
    found = seen(films)
    moved = move_file(found, trash, ("1", "2", *FILM))
    assert moved == replace(found, root=trash, parts=("1", "2", *FILM))
    assert moved == look_at(moved.path, [trash])
    assert everything_in(films) == {FILM[0]: None}
    assert moved.path.read_bytes() == CONTENT


def test_folders_are_made_as_the_umask_says(films: Path, trash: Path) -> None:
    before = os.umask(0o027)
    try:
        move_file(seen(films), trash, FILM)
    finally:
        os.umask(before)
    assert (trash / FILM[0]).stat().st_mode & 0o777 == 0o750


def test_a_file_may_go_right_below_a_directory_and_back(films: Path, trash: Path) -> None:
    moved = move_file(seen(films), trash, ("heat.mkv",))
    remove_empty_folders(films, FILM[:1])
    move_file(moved, films, FILM)
    assert everything_in(films) == {FILM[0]: None, "/".join(FILM): CONTENT}
    assert everything_in(trash) == {}


@pytest.mark.parametrize("kind", ["another file", *SOMETHING_ELSE])
def test_nothing_is_replaced(films: Path, trash: Path, kind: str) -> None:
    (trash / FILM[0]).mkdir()
    SOMETHING_ELSE.get(kind, put)(trash.joinpath(*FILM))
    before = everything_in(trash)
    with pytest.raises(Changed, match="is there already and is another file"):
        move_file(seen(films), trash, FILM)
    assert everything_in(trash) == before
    assert seen(films)


@pytest.mark.parametrize("kind", ["link to a folder", "link to nothing", "fifo"])
def test_nothing_goes_by_way_of_what_is_no_folder(
    films: Path, trash: Path, tmp_path: Path, kind: str
) -> None:
    SOMETHING_ELSE[kind](trash / FILM[0])
    before = everything_in(tmp_path)
    with pytest.raises(Changed, match=r"Heat \(1995\) is "):
        move_file(seen(films), trash, FILM)
    assert everything_in(tmp_path) == before


def test_a_kill_between_the_two_names_is_finished(films: Path, trash: Path) -> None:
    found = seen(films)
    (trash / FILM[0]).mkdir()
    os.link(found.path, trash.joinpath(*FILM))
    for kill in range(2):
        assert move_file(found, trash, FILM).path == trash.joinpath(*FILM), kill
    assert everything_in(films) == {FILM[0]: None}
    assert trash.joinpath(*FILM).stat().st_nlink == 1


def test_a_kill_before_the_second_name_is_finished(films: Path, trash: Path) -> None:
    (trash / FILM[0]).mkdir()
    move_file(seen(films), trash, FILM)
    assert everything_in(films) == {FILM[0]: None}


@pytest.mark.parametrize("folder_too", [False, True])
def test_a_file_that_is_at_neither_place_is_said(films: Path, trash: Path, folder_too: bool) -> None:
    found = seen(films)
    remove_file(found)
    if folder_too:
        remove_empty_folders(films, FILM[:1])
    with pytest.raises(Changed, match=r"heat\.mkv is gone"):
        move_file(found, trash, FILM)
    put(trash.joinpath(*FILM))
    with pytest.raises(Changed, match=r"heat\.mkv is gone"):
        move_file(found, trash, FILM)
    assert trash.joinpath(*FILM).read_bytes() == CONTENT


def test_a_file_that_is_moved_to_where_it_lies_stays(films: Path, tmp_path: Path) -> None:
    (tmp_path / "chosen").symlink_to(films)
    found = seen(films)
    assert move_file(found, films, FILM) == found
    assert move_file(found, tmp_path / "chosen", FILM).path.samefile(found.path)
    assert move_file(found, films / FILM[0], FILM[1:]).path == found.path
    assert found.path.stat().st_nlink == 1


def test_one_file_under_two_spellings_is_not_lost(films: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that tells no case apart finds the file under its new name already."""
    found, real = seen(films), folder_walk.status_of
    monkeypatch.setattr("os.link", raising(errno.EEXIST))
    monkeypatch.setattr("disk_files.status_of", lambda folder, name: real(folder, name.lower()))
    with pytest.raises(Changed, match="is there already"):
        move_file(found, films, (FILM[0], "HEAT.MKV"))
    assert found.path.read_bytes() == CONTENT


def test_another_disk_is_said_and_left_as_it_was(films: Path, other_disk: Path) -> None:
    with pytest.raises(PlaceUnavailable, match=r"cannot be moved to .* must be on one disk"):
        move_file(seen(films), other_disk, ("1", *FILM))
    assert everything_in(other_disk) == {}
    assert seen(films)


@pytest.mark.parametrize("number", [errno.EPERM, errno.ENOTSUP, errno.EMLINK, errno.ENOSYS])
def test_without_hard_links_it_is_renamed(
    films: Path, trash: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    found = seen(films)
    monkeypatch.setattr("os.link", raising(number))
    assert move_file(found, trash, FILM) == replace(found, root=trash)
    assert everything_in(films) == {FILM[0]: None}
    assert move_file(found, trash, FILM) == replace(found, root=trash)


@pytest.mark.parametrize("kind", ["another file", *SOMETHING_ELSE])
def test_without_hard_links_nothing_is_replaced_either(
    films: Path, trash: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    (trash / FILM[0]).mkdir()
    SOMETHING_ELSE.get(kind, put)(trash.joinpath(*FILM))
    before = everything_in(trash)
    monkeypatch.setattr("os.link", raising(errno.EPERM))
    with pytest.raises(Changed, match="is there already"):
        move_file(seen(films), trash, FILM)
    assert everything_in(trash) == before


def test_a_file_that_is_swapped_at_the_last_moment_keeps_its_name(
    films: Path, trash: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, real = seen(films), os.link

    def swap_and_link(*names: Any, **where: Any) -> None:
        another_file(found.path)
        real(*names, **where)

    monkeypatch.setattr("os.link", swap_and_link)
    with pytest.raises(Changed, match="another file"):
        move_file(found, trash, FILM)
    assert everything_in(trash) == {}
    assert found.path.read_bytes() == CONTENT[::-1]


def test_what_comes_in_after_the_second_name_keeps_its_own(
    films: Path, trash: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, real = seen(films), os.link

    def link_and_swap(*names: Any, **where: Any) -> None:
        real(*names, **where)
        another_file(found.path)

    monkeypatch.setattr("os.link", link_and_swap)
    with pytest.raises(Changed, match="another file"):
        move_file(found, trash, FILM)
    assert found.path.read_bytes() == CONTENT[::-1]
    assert trash.joinpath(*FILM).read_bytes() == CONTENT


def test_a_disk_that_knows_no_sync_of_folders_will_do(
    films: Path, trash: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.fsync", raising(errno.EINVAL))
    assert remove_file(move_file(seen(films), trash, FILM))
    assert remove_empty_folders(trash, FILM[:1]) == ()


def test_a_disk_that_cannot_keep_the_second_name_keeps_the_first(
    films: Path, trash: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.fsync", raising(errno.EIO))
    with pytest.raises(PlaceUnavailable, match="Input/output error"):
        move_file(seen(films), trash, ("heat.mkv",))
    assert seen(films).links == 2
    monkeypatch.undo()
    assert move_file(seen(films), trash, ("heat.mkv",)).links == 1
