import os
import shlex
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support import full_disk

from errors import NoSpace, PlaceUnavailable, StateWriteError
from places import MARKER, DownloadPlace

NOBODY = 65534


@pytest.fixture
def films(tmp_path: Path) -> Path:
    directory = tmp_path / "films"
    directory.mkdir()
    return directory


@pytest.fixture
def place(films: Path, folder: Path) -> Callable[..., DownloadPlace]:
    def make(
        directory: Path | None = None, *, we_write: bool = False, elsewhere: bool = False
    ) -> DownloadPlace:
        return DownloadPlace(directory or films, folder, we_write=we_write, elsewhere=elsewhere)

    return make


@pytest.fixture
def foreign() -> Iterator[Path]:
    """A directory that we may look into but not write to, root or not."""
    root = Path(tempfile.mkdtemp())
    root.chmod(0o555)
    was = os.geteuid()
    if was == 0:
        os.seteuid(NOBODY)
    try:
        yield root
    finally:
        if was == 0:
            os.seteuid(0)
        root.chmod(0o700)
        shutil.rmtree(root)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A state folder that still works once root's rights are dropped."""
    root = Path(tempfile.mkdtemp())
    root.chmod(0o777)
    yield root / "state"
    shutil.rmtree(root)


def test_the_first_use_leaves_a_marker(place: Callable[..., DownloadPlace], films: Path) -> None:
    place().check()
    assert "Movie Sync" in (films / MARKER).read_text()


def test_the_marker_counts_with_our_own_writing_too(place: Callable[..., DownloadPlace], films: Path) -> None:
    place(we_write=True).check()
    (films / MARKER).unlink()
    with pytest.raises(PlaceUnavailable, match="marker"):
        place(we_write=True).check()


def test_an_empty_mount_point_is_noticed_by_the_missing_marker(
    place: Callable[..., DownloadPlace], films: Path
) -> None:
    place().check()
    films.rename(films.with_name("unmounted"))
    films.mkdir()
    with pytest.raises(PlaceUnavailable, match="is the disk mounted"):
        place().check()
    assert not list(films.iterdir())


def test_the_message_about_a_lost_marker_says_how_to_put_it_back(
    place: Callable[..., DownloadPlace], tmp_path: Path
) -> None:
    odd = tmp_path / "it's here"
    odd.mkdir()
    place(odd).check()
    (odd / MARKER).unlink()
    with pytest.raises(PlaceUnavailable) as caught:
        place(odd).check()
    command = str(caught.value).split("`")[1]
    assert shlex.split(command) == ["touch", str(odd / MARKER)]
    Path(shlex.split(command)[1]).touch()
    place(odd).check()


def test_a_newly_configured_path_gets_a_marker_of_its_own(
    place: Callable[..., DownloadPlace], tmp_path: Path
) -> None:
    place().check()
    other = tmp_path / "other"
    other.mkdir()
    place(other).check()
    assert (other / MARKER).exists()


def test_a_directory_used_before_is_remembered_after_a_change(
    place: Callable[..., DownloadPlace], films: Path, tmp_path: Path
) -> None:
    place().check()
    other = tmp_path / "other"
    other.mkdir()
    place(other).check()
    (films / MARKER).unlink()
    with pytest.raises(PlaceUnavailable):
        place().check()


def test_a_marker_of_an_earlier_installation_is_accepted(
    place: Callable[..., DownloadPlace], films: Path
) -> None:
    (films / MARKER).write_text("older")
    place().check()
    assert (films / MARKER).read_text() == "older"


def test_a_missing_directory_is_named_and_never_created(
    place: Callable[..., DownloadPlace], tmp_path: Path
) -> None:
    with pytest.raises(PlaceUnavailable, match=r"gone is missing.*`download_directory` in config\.json"):
        place(tmp_path / "gone").check()
    assert not (tmp_path / "gone").exists()


def test_a_file_in_its_place_is_no_directory(place: Callable[..., DownloadPlace], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(PlaceUnavailable):
        place(tmp_path / "file").check()


def test_a_directory_that_only_qbittorrent_sees_need_not_be_here(
    place: Callable[..., DownloadPlace], tmp_path: Path
) -> None:
    remote = place(tmp_path / "gone", elsewhere=True)
    assert not remote.here
    remote.check()
    remote.require_room(10**18)


def test_a_directory_that_qbittorrent_sees_otherwise_counts_when_it_is_here(
    place: Callable[..., DownloadPlace], films: Path
) -> None:
    shared = place(elsewhere=True)
    assert shared.here
    shared.check()
    assert (films / MARKER).exists()


def test_a_directory_is_always_here_when_qbittorrent_has_no_path_of_its_own(
    place: Callable[..., DownloadPlace], tmp_path: Path
) -> None:
    assert place(tmp_path / "gone").here


def test_a_directory_we_may_not_write_to_is_named_where_we_write(open_folder: Path, foreign: Path) -> None:
    with pytest.raises(PlaceUnavailable, match="is not writable"):
        DownloadPlace(foreign, open_folder, we_write=True, elsewhere=False).check()


def test_a_directory_that_only_qbittorrent_writes_to_is_used_without_a_marker(
    open_folder: Path, foreign: Path
) -> None:
    readable = DownloadPlace(foreign, open_folder, we_write=False, elsewhere=False)
    readable.check()
    readable.check()
    assert not list(foreign.iterdir())


def test_a_directory_that_cannot_be_looked_at_is_unavailable_and_no_bug(
    place: Callable[..., DownloadPlace], tmp_path: Path
) -> None:
    too_long = tmp_path / ("x" * 300)
    with pytest.raises(PlaceUnavailable, match="cannot be looked at"):
        place(too_long).check()
    assert not place(too_long, elsewhere=True).here


def test_a_marker_that_could_not_be_noted_is_a_trouble_of_state(
    place: Callable[..., DownloadPlace], films: Path, folder: Path
) -> None:
    (films / MARKER).touch()
    folder.mkdir()
    with full_disk(), pytest.raises(StateWriteError, match=r"places\.json"):
        place().check()


def test_room_for_the_release_is_enough(place: Callable[..., DownloadPlace]) -> None:
    place().require_room(1)


def test_too_little_room_is_said_with_both_sizes(place: Callable[..., DownloadPlace], films: Path) -> None:
    with pytest.raises(NoSpace, match=r"No room on .*films: 1000000\.0 GB needed, [0-9.]+ GB free"):
        place().require_room(10**15)
