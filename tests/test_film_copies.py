"""Finished films in the link directory, by copies, as every hard link is refused."""

import errno
import fcntl
import os
import shutil
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from film_shelf import CONTENT, FILE, STEM, WHOLE, Shelf, raising
from support import full_disk

import film_links
from errors import FilmFault, Interrupted, NoSpace, PlaceUnavailable
from film_links import TEMPORARY

KILLED = """
    import errno, os, sys, threading
    from pathlib import Path
    from film_links import link_film

    def refuse(*_, **__):
        raise OSError(errno.EXDEV, "another disk")

    def tell(*_):
        print("copied", flush=True)
        threading.Event().wait()

    os.link = refuse
    os.fchmod = tell
    link_film(Path(sys.argv[1]), Path(sys.argv[2]), "Heat", 1995, threading.Event())
"""


class StopAfter(threading.Event):
    """Set from the n-th time on that somebody asks."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self._left = times

    def is_set(self) -> bool:
        self._left -= 1
        return self._left < 0


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    """The link directory is on another disk."""
    monkeypatch.setattr("os.link", raising(errno.EXDEV))
    return Shelf(tmp_path)


@pytest.fixture
def nobodys_umask() -> Iterator[None]:
    before = os.umask(0o077)
    yield
    os.umask(before)


@pytest.mark.parametrize("number", [errno.EXDEV, errno.EPERM, errno.ENOTSUP, errno.EMLINK])
def test_where_links_are_refused_a_copy_is_made(
    shelf: Shelf, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.link", raising(number))
    shelf.link()
    assert shelf.holds() == WHOLE


def test_a_copy_in_many_pieces_is_the_same(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(film_links, "PIECE", 7)
    shelf.link()
    assert shelf.holds() == WHOLE


def test_an_equal_copy_is_enough(shelf: Shelf) -> None:
    first = shelf.link().stat()
    assert shelf.link().stat() == first


def test_a_film_that_comes_in_between_is_not_replaced(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.fchmod
    target = shelf.directory / FILE

    def meanwhile(descriptor: int, mode: int) -> None:
        real(descriptor, mode)
        if (shelf.directory / STEM / TEMPORARY).exists():
            target.write_bytes(b"another film")

    monkeypatch.setattr("os.fchmod", meanwhile)
    with pytest.raises(FilmFault, match="another file"):
        shelf.link()
    assert shelf.holds() == {**WHOLE, FILE: b"another film"}


def test_a_link_under_the_temporary_name_is_not_followed(shelf: Shelf, tmp_path: Path) -> None:
    outside = tmp_path / "outside.mkv"
    outside.write_bytes(b"mine")
    (shelf.directory / STEM).mkdir()
    (shelf.directory / STEM / TEMPORARY).symlink_to(outside)
    with pytest.raises(FilmFault):
        shelf.link()
    assert outside.read_bytes() == b"mine"


@pytest.mark.parametrize("times", [0, 1, 5])
def test_a_stop_ends_a_copy_and_leaves_nothing(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    monkeypatch.setattr(film_links, "PIECE", 10)
    with pytest.raises(Interrupted):
        shelf.link(stop=StopAfter(times))
    assert shelf.holds() == {}


def test_a_stop_ends_a_comparison(shelf: Shelf) -> None:
    shelf.link()
    with pytest.raises(Interrupted):
        shelf.link(stop=StopAfter(0))
    assert shelf.holds() == WHOLE


def test_a_disk_that_is_full_is_known_before_anything_is_copied(shelf: Shelf) -> None:
    os.truncate(shelf.video, shutil.disk_usage(shelf.directory).free + 10**9)
    with pytest.raises(NoSpace, match=r"GB needed, .* GB free"):
        shelf.link()
    assert shelf.holds() == {}


def test_a_disk_that_fills_up_meanwhile_is_said_and_leaves_nothing(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.write", raising(errno.ENOSPC))
    with pytest.raises(NoSpace, match=r"No room for .*Heat \(1995\)\.mkv"):
        shelf.link()
    assert shelf.holds() == {}


def test_a_disk_for_small_files_fails_only_the_film(shelf: Shelf) -> None:
    with full_disk(100), pytest.raises(FilmFault, match="File too large"):
        shelf.link()
    assert shelf.holds() == {}


def test_a_video_that_changes_meanwhile_is_not_taken(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.write

    def changing(descriptor: int, data: bytes) -> int:
        os.utime(shelf.video, (1, 1))
        return real(descriptor, data)

    monkeypatch.setattr("os.write", changing)
    with pytest.raises(PlaceUnavailable, match="was changed while it was copied"):
        shelf.link()
    assert shelf.holds() == {}


@pytest.mark.parametrize("next_film", ["Heat", "Ronin"])
def test_what_a_kill_leaves_behind_is_removed_by_the_next_copy(shelf: Shelf, next_film: str) -> None:
    (shelf.directory / STEM).mkdir()
    code = [sys.executable, "-c", textwrap.dedent(KILLED), str(shelf.video), str(shelf.directory)]
    with subprocess.Popen(code, stdout=subprocess.PIPE, cwd=Path(__file__).parents[1]) as process:
        try:
            assert process.stdout
            assert process.stdout.readline() == b"copied\n"
            with pytest.raises(PlaceUnavailable, match="another process"):
                shelf.link()
        finally:
            process.kill()
    assert shelf.holds() == {STEM: None, f"{STEM}/{TEMPORARY}": CONTENT}
    shelf.link(title=next_film)
    assert [path for path in shelf.directory.rglob("*") if path.name == TEMPORARY] == []


def test_the_copy_of_another_process_is_left_alone(shelf: Shelf) -> None:
    theirs = shelf.directory / "Ronin (1998)" / TEMPORARY
    theirs.parent.mkdir()
    with theirs.open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        shelf.link()
        assert theirs.exists()


def test_a_folder_that_was_there_stays_after_a_failure(shelf: Shelf) -> None:
    (shelf.directory / STEM).mkdir()
    with pytest.raises(Interrupted):
        shelf.link(stop=StopAfter(0))
    assert shelf.holds() == {STEM: None}


@pytest.mark.usefixtures("nobodys_umask")
def test_others_may_read_the_copy_as_far_as_its_source_and_directory(shelf: Shelf) -> None:
    shelf.directory.chmod(0o2775)
    shelf.video.chmod(0o754)
    target = shelf.link()
    assert oct(target.stat().st_mode)[-4:] == "0644"
    assert oct(target.parent.stat().st_mode)[-4:] == "2775"


def test_a_video_that_cannot_be_read_to_its_end_is_named(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.pread", raising(errno.EIO))
    with pytest.raises(PlaceUnavailable, match=r"heat\.MKV cannot be read"):
        shelf.link()
    assert shelf.holds() == {}


def test_a_disk_without_modes_and_locks_will_do(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.link", raising(errno.EPERM))
    monkeypatch.setattr("os.fchmod", raising(errno.EPERM))
    monkeypatch.setattr("fcntl.flock", raising(errno.ENOLCK))
    shelf.link()
    assert shelf.holds() == WHOLE


def test_a_copy_whose_temporary_name_was_taken_away_begins_anew(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.write
    temporary = shelf.directory / STEM / TEMPORARY

    def taken_away(descriptor: int, data: bytes) -> int:
        temporary.unlink()
        temporary.write_bytes(b"of another process")
        return real(descriptor, data)

    monkeypatch.setattr("os.write", taken_away)
    with pytest.raises(PlaceUnavailable, match="another process"):
        shelf.link()
    assert shelf.holds() == {}


def test_a_folder_that_cannot_be_cleared_up_stops_no_other_film(shelf: Shelf) -> None:
    (shelf.directory / "Ronin (1998)" / TEMPORARY).mkdir(parents=True)
    assert shelf.link().is_file()


def test_a_large_film_is_synced_on_the_way(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    real, synced = os.fsync, list[int]()

    def noting(descriptor: int) -> None:
        synced.append(os.fstat(descriptor).st_size)
        real(descriptor)

    monkeypatch.setattr(film_links, "PIECE", 10)
    monkeypatch.setattr(film_links, "SYNCED_EVERY", 100)
    monkeypatch.setattr("os.fsync", noting)
    shelf.link()
    assert {100, 200, len(CONTENT)} <= set(synced)


def test_a_copy_of_another_film_stays_as_it_is(shelf: Shelf, tmp_path: Path) -> None:
    shelf.link()
    other = tmp_path / "other.mkv"
    other.write_bytes(CONTENT[::-1])
    with pytest.raises(FilmFault, match=r"Heat \(1995\)\.mkv is there already and is another file"):
        shelf.link(other)
    assert shelf.holds() == WHOLE
