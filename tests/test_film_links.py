"""Finished films in the link directory, by hard links. Copies: `test_film_copies`."""

import errno
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from film_shelf import CONTENT, FILE, STEM, WHOLE, Shelf, everything_in, raising

from errors import FilmFault, PlaceUnavailable
from film_links import TEMPORARY, link_film


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


@pytest.fixture
def other_disk() -> Iterator[Path]:
    """A directory on another file system than `tmp_path`."""
    memory = Path("/dev/shm")
    if not memory.is_dir() or memory.stat().st_dev == Path(tempfile.gettempdir()).stat().st_dev:
        pytest.skip("there is only one file system here")
    path = Path(tempfile.mkdtemp(dir=memory))
    yield path
    shutil.rmtree(path)


def test_a_film_is_linked_under_its_title_and_year(shelf: Shelf) -> None:
    assert shelf.link() == shelf.directory / FILE
    assert shelf.link().samefile(shelf.video)
    assert shelf.holds() == WHOLE


def test_linking_again_changes_nothing(shelf: Shelf) -> None:
    before = shelf.link().stat()
    assert shelf.link().stat() == before
    assert shelf.video.stat().st_nlink == 2
    assert shelf.holds() == WHOLE


def test_an_equal_copy_stays_where_a_link_would_be_possible(shelf: Shelf) -> None:
    target = shelf.directory / FILE
    target.parent.mkdir()
    target.write_bytes(CONTENT)
    assert not shelf.link().samefile(shelf.video)


def test_a_folder_in_place_of_the_file_is_said(shelf: Shelf) -> None:
    (shelf.directory / FILE).mkdir(parents=True)
    with pytest.raises(FilmFault, match="another file"):
        shelf.link()


def test_a_link_of_the_directory_is_not_followed_to_a_folder(shelf: Shelf, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (shelf.directory / STEM).symlink_to(outside)
    with pytest.raises(FilmFault, match="cannot be made"):
        shelf.link()
    assert everything_in(outside) == {}


def test_a_link_of_the_directory_is_not_followed_to_a_file(shelf: Shelf, tmp_path: Path) -> None:
    outside = tmp_path / "outside.mkv"
    (shelf.directory / STEM).mkdir()
    (shelf.directory / FILE).symlink_to(outside)
    with pytest.raises(FilmFault, match="another file"):
        shelf.link()
    assert not outside.exists()


def test_a_directory_that_is_a_link_itself_is_used(shelf: Shelf, tmp_path: Path) -> None:
    real = tmp_path / "real"
    real.mkdir()
    (tmp_path / "chosen").symlink_to(real)
    link_film(shelf.video, tmp_path / "chosen", "Heat", 1995, threading.Event())
    assert everything_in(real) == WHOLE


def test_a_missing_directory_is_named_and_never_created(shelf: Shelf, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    with pytest.raises(PlaceUnavailable, match=r"gone is missing .*`link_directory` in config\.json"):
        link_film(shelf.video, gone, "Heat", 1995, threading.Event())
    assert not gone.exists()


def test_a_directory_that_is_none_is_no_fault_of_the_film(shelf: Shelf, tmp_path: Path) -> None:
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    for place in (tmp_path / "circle", shelf.video):
        with pytest.raises(PlaceUnavailable, match="cannot be opened"):
            link_film(shelf.video, place, "Heat", 1995, threading.Event())


def test_a_directory_that_cannot_be_written_is_said(shelf: Shelf) -> None:
    shelf.directory.chmod(0o500)
    # Modes do not stop root, but not even root makes folders among the kernel's.
    place = shelf.directory if os.geteuid() else Path("/sys/kernel")
    with pytest.raises(PlaceUnavailable, match="mend its owner or permissions"):
        link_film(shelf.video, place, "Heat", 1995, threading.Event())


def test_a_missing_video_is_the_fault_of_its_place(shelf: Shelf, tmp_path: Path) -> None:
    with pytest.raises(PlaceUnavailable, match=r"gone\.mkv cannot be read"):
        shelf.link(tmp_path / "gone.mkv")
    assert shelf.holds() == {}


def test_a_video_that_is_a_link_or_a_folder_is_not_linked(shelf: Shelf, tmp_path: Path) -> None:
    (tmp_path / "link.mkv").symlink_to(shelf.video)
    with pytest.raises(FilmFault, match="symbolic link"):
        shelf.link(tmp_path / "link.mkv")
    with pytest.raises(FilmFault, match="is no file"):
        shelf.link(shelf.video.parent)


def test_a_kill_between_naming_and_clearing_up_leaves_the_film(shelf: Shelf) -> None:
    os.link(shelf.link(), shelf.directory / STEM / TEMPORARY)
    shelf.link()
    assert shelf.holds() == WHOLE


def test_a_title_leads_nowhere_else(shelf: Shelf) -> None:
    assert shelf.link(title="../../Heat").parent.parent == shelf.directory


def test_a_film_that_comes_in_before_the_link_is_not_replaced(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.link", raising(errno.EEXIST))
    with pytest.raises(FilmFault, match="another file"):
        shelf.link()


def test_a_directory_that_goes_away_meanwhile_is_said(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.link", raising(errno.EIO))
    with pytest.raises(PlaceUnavailable, match="cannot be made"):
        shelf.link()


def test_a_disk_that_refuses_a_link_for_another_reason_keeps_nothing(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.link

    def second_fails(*given: object, **named: object) -> None:
        raise OSError(errno.EIO if given[0] == TEMPORARY else errno.EXDEV, "refused")

    monkeypatch.setattr("os.link", second_fails)
    with pytest.raises(PlaceUnavailable):
        shelf.link()
    assert shelf.holds() == {}
    monkeypatch.setattr("os.link", real)
    shelf.link()
    assert shelf.holds() == WHOLE


def test_another_disk_gets_a_copy(shelf: Shelf, other_disk: Path) -> None:
    before = shelf.video.stat()
    target = link_film(shelf.video, other_disk, "Heat", 1995, threading.Event())
    assert not target.samefile(shelf.video)
    assert everything_in(other_disk) == WHOLE
    assert (shelf.video.stat().st_mtime_ns, shelf.video.stat().st_nlink) == (before.st_mtime_ns, 1)


def test_another_film_of_that_name_stays_as_it_is(shelf: Shelf, tmp_path: Path) -> None:
    shelf.link()
    other = tmp_path / "other.mkv"
    other.write_bytes(CONTENT[::-1])
    with pytest.raises(FilmFault, match=r"Heat \(1995\)\.mkv is there already and is another file"):
        shelf.link(other)
    assert shelf.holds() == WHOLE
