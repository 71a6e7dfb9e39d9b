import errno
import os
import stat
from pathlib import Path

import pytest

from destination import SavedTorrents, safe_name
from errors import NoSpace, PlaceUnavailable
from torrent_file import TorrentFile

HASH = "0123456789abcdef" * 2 + "01234567"


def torrent(name: str = "Heat.1995", data: bytes = b"d4:infoe") -> TorrentFile:
    return TorrentFile(data, HASH, (HASH,), name, 1, (("Heat.mkv", 1),))


@pytest.fixture
def films(tmp_path: Path) -> Path:
    folder = tmp_path / "films"
    folder.mkdir()
    return folder


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_torrent_is_saved_under_its_name(films: Path) -> None:
    handed = SavedTorrents(films).hand_over(torrent())
    assert (films / "Heat.1995.torrent").read_bytes() == b"d4:infoe"
    assert (handed.hash, handed.owned, handed.already_there) == (HASH, False, False)


def test_the_same_bytes_there_already_are_a_success(films: Path) -> None:
    SavedTorrents(films).hand_over(torrent())
    assert SavedTorrents(films).hand_over(torrent()).already_there
    assert names(films) == {"Heat.1995.torrent"}


def test_a_file_of_other_content_stays_and_ours_gets_a_suffix(films: Path) -> None:
    (films / "Heat.1995.torrent").write_bytes(b"somebody else's")
    handed = SavedTorrents(films).hand_over(torrent())
    assert (films / "Heat.1995.torrent").read_bytes() == b"somebody else's"
    assert (films / "Heat.1995.01234567.torrent").read_bytes() == b"d4:infoe"
    assert not handed.already_there


def test_the_suffixed_file_is_recognised_too(films: Path) -> None:
    (films / "Heat.1995.torrent").write_bytes(b"somebody else's")
    SavedTorrents(films).hand_over(torrent())
    assert SavedTorrents(films).hand_over(torrent()).already_there


def test_a_folder_of_that_name_is_not_in_the_way(films: Path) -> None:
    (films / "Heat.1995.torrent").mkdir()
    SavedTorrents(films).hand_over(torrent())
    assert "Heat.1995.01234567.torrent" in names(films)


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("Heat.1995", "Heat.1995"),
        ("../../etc/passwd", "_.._etc_passwd"),
        (".hidden", "hidden"),
        ("a\\b:c*d?e", "a_b_c_d_e"),
        ("line\nbreak\x00", "line_break_"),
        ("Amélie ", "Amélie"),
        ("...", ""),
        ("broken\ud800", "broken"),
    ],
)
def test_names_are_made_safe(name: str, safe: str) -> None:
    assert safe_name(name) == safe


def test_a_name_of_nothing_becomes_the_hash(films: Path) -> None:
    SavedTorrents(films).hand_over(torrent(".."))
    assert names(films) == {f"{HASH}.torrent"}


@pytest.mark.parametrize("letter", ["x", "é", "電"])
def test_a_very_long_name_fits_the_disk(films: Path, letter: str) -> None:
    (films / f"{safe_name(letter * 400)}.torrent").write_bytes(b"in the way")
    SavedTorrents(films).hand_over(torrent(letter * 400))
    assert len(names(films)) == 2


def test_a_missing_directory_is_said_and_not_created(tmp_path: Path) -> None:
    with pytest.raises(PlaceUnavailable, match="download directory is not there"):
        SavedTorrents(tmp_path / "away").hand_over(torrent())
    assert names(tmp_path) == set()


def test_a_file_in_place_of_the_directory_is_said(tmp_path: Path) -> None:
    (tmp_path / "films").write_text("a file")
    with pytest.raises(PlaceUnavailable):
        SavedTorrents(tmp_path / "films").hand_over(torrent())


def test_a_directory_that_cannot_be_written_is_said(films: Path) -> None:
    films.chmod(0o500)
    # Modes do not stop root, but not even root makes files among the kernel's.
    directory = films if os.geteuid() else Path("/sys/kernel")
    with pytest.raises(PlaceUnavailable, match="cannot be saved"):
        SavedTorrents(directory).hand_over(torrent())


def test_a_full_disk_is_said_and_leaves_nothing_behind(films: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(NoSpace, match=r"no room for the \.torrent"):
        SavedTorrents(films).hand_over(torrent())
    assert names(films) == set()


def test_a_disk_that_cannot_sync_directories_will_do(films: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.fsync

    def files_only(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        real(descriptor)

    monkeypatch.setattr("os.fsync", files_only)
    assert not SavedTorrents(films).hand_over(torrent()).already_there


def test_no_temporary_file_stays(films: Path) -> None:
    SavedTorrents(films).hand_over(torrent())
    assert names(films) == {"Heat.1995.torrent"}
