"""Stopping, starting and moving a torrent of ours: where its files are then, and what is never touched."""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from qbittorrent_servers import Client, Run, Server, eventually, logged_in, managed
from torrents_to_add import FILM, FOLDER, HYBRID, OTHER, V2_ONLY, content_of, make_zeros, put_files

from errors import PlaceUnavailable
from qbittorrent_answers import TorrentStatus
from torrent_file import TorrentFile, read_torrent

Change = Callable[[Client, str], bool]
TAKES_NOTHING = Path("/proc")
CHANGES: list[Change] = [
    lambda client, one: client.stop_torrent(one),
    lambda client, one: client.start_torrent(one),
    lambda client, one: client.recheck(one),
    lambda client, one: client.move(one, "/nowhere"),
]
each_change = pytest.mark.parametrize("change", CHANGES, ids=["stop", "start", "recheck", "move"])


def status_of(client: Client, torrent: TorrentFile) -> TorrentStatus:
    status = client.find(torrent.candidates)
    assert status is not None
    return status


def names(torrent: TorrentFile) -> list[str]:
    return [name for name, _ in torrent.files]


def lies_in(client: Client, torrent: TorrentFile, folder: Path) -> bool:
    return status_of(client, torrent).lies_in(str(folder), names(torrent))


def files_in(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def add_complete(client: Client, torrent: TorrentFile, films: Path) -> str:
    put_files(torrent, films)
    added = client.add_torrent(torrent).hash
    eventually(lambda: status_of(client, torrent).complete)
    return added


def add_stopped(client: Client, torrent: TorrentFile, films: Path) -> str:
    added = add_complete(client, torrent, films)
    assert client.stop_torrent(added)
    eventually(lambda: status_of(client, torrent).stopped)
    return added


class TestOursAlone:
    @each_change
    def test_an_unknown_one_is_not_there(self, client: Client, change: Change) -> None:
        assert not change(client, OTHER.info_hash)

    @each_change
    def test_the_users_own_is_left_alone(
        self, server: Server, client: Client, tmp_path: Path, change: Change
    ) -> None:
        server.add_as_user(FILM.data, tmp_path)
        eventually(lambda: not status_of(client, FILM).state.startswith("checking"))
        before = status_of(client, FILM)
        assert not change(client, FILM.info_hash)
        assert status_of(client, FILM) == before

    @each_change
    @pytest.mark.parametrize("word", ["", "all", "|", "a" * 39, f"{'a' * 40}|{'b' * 40}"])
    def test_what_is_no_id_is_refused(self, client: Client, change: Change, word: str) -> None:
        with pytest.raises(ValueError, match="not the id of one torrent"):
            change(client, word)


class TestStopping:
    def test_it_rests_and_goes_on(self, client: Client, films: Path) -> None:
        added = add_stopped(client, FILM, films)
        assert status_of(client, FILM).complete
        assert client.start_torrent(added)
        eventually(lambda: not status_of(client, FILM).stopped)
        assert status_of(client, FILM).complete

    def test_twice_is_once(self, client: Client, films: Path) -> None:
        added = add_stopped(client, FILM, films)
        assert client.stop_torrent(added)
        assert status_of(client, FILM).stopped

    def test_another_one_goes_on(self, client: Client, films: Path) -> None:
        add_complete(client, OTHER, films)
        add_stopped(client, FILM, films)
        assert not status_of(client, OTHER).stopped

    @pytest.mark.parametrize("torrent", [HYBRID, V2_ONLY], ids=["hybrid", "v2 only"])
    def test_one_of_format_2_stops_too(self, client: Client, films: Path, torrent: TorrentFile) -> None:
        add_stopped(client, torrent, films)

    def test_one_whose_files_are_missing_stays_so(self, server: Server, client: Client, films: Path) -> None:
        added = add_complete(client, FILM, films)
        (films / FILM.name).unlink()
        server.restart()
        eventually(lambda: status_of(client, FILM).state == "missingFiles")
        assert client.stop_torrent(added)
        assert status_of(client, FILM).state == "missingFiles"


class TestMoving:
    @pytest.mark.parametrize(
        "torrent", [FILM, FOLDER, HYBRID, V2_ONLY], ids=["file", "folder", "hybrid", "v2 only"]
    )
    def test_a_stopped_one_moves_and_stays_stopped(
        self, client: Client, films: Path, tmp_path: Path, torrent: TorrentFile
    ) -> None:
        added = add_stopped(client, torrent, films)
        target = tmp_path / "not" / "there"
        assert client.move(added, str(target))
        eventually(lambda: lies_in(client, torrent, target))
        assert files_in(target) == set(names(torrent))
        assert films.is_dir()
        assert list(films.iterdir()) == []
        eventually(lambda: status_of(client, torrent).stopped)
        assert status_of(client, torrent).complete
        assert Path(status_of(client, torrent).save_path) == target

    def test_a_running_one_goes_on_there(self, client: Client, films: Path, tmp_path: Path) -> None:
        added = add_complete(client, FILM, films)
        client.move(added, str(tmp_path / "there"))
        eventually(lambda: lies_in(client, FILM, tmp_path / "there"))
        eventually(lambda: status_of(client, FILM).complete)
        assert not status_of(client, FILM).stopped

    @pytest.mark.parametrize("torrent", [FILM, FOLDER], ids=["file", "folder"])
    def test_into_a_folder_below_and_back(self, client: Client, films: Path, torrent: TorrentFile) -> None:
        """What lies below a folder does not lie in it."""
        added = add_stopped(client, torrent, films)
        trash = films / ".trash" / "a"
        assert lies_in(client, torrent, films)
        client.move(added, str(trash))
        eventually(lambda: lies_in(client, torrent, trash))
        assert not lies_in(client, torrent, films)
        assert not lies_in(client, torrent, trash.parent)
        client.move(added, str(films))
        eventually(lambda: lies_in(client, torrent, films))
        assert files_in(films) == set(names(torrent))
        assert list(trash.iterdir()) == []

    def test_what_else_lies_there_stays(self, client: Client, films: Path, tmp_path: Path) -> None:
        added = add_stopped(client, FOLDER, films)
        (films / FOLDER.name / "my notes.txt").write_text("mine")
        (films / "Another.mkv").write_text("mine")
        client.move(added, str(tmp_path / "there"))
        eventually(lambda: lies_in(client, FOLDER, tmp_path / "there"))
        assert files_in(films) == {f"{FOLDER.name}/my notes.txt", "Another.mkv"}
        assert files_in(tmp_path / "there") == set(names(FOLDER))

    def test_to_where_it_is_changes_nothing(self, client: Client, films: Path) -> None:
        added = add_stopped(client, FILM, films)
        assert client.move(added, str(films))
        assert lies_in(client, FILM, films)
        assert status_of(client, FILM).complete

    def test_a_file_in_the_way_stays_and_so_does_ours(
        self, client: Client, films: Path, tmp_path: Path
    ) -> None:
        added = add_stopped(client, FILM, films)
        foreign = tmp_path / "there" / FILM.name
        foreign.parent.mkdir()
        foreign.write_text("somebody's")
        client.move(added, str(foreign.parent))
        eventually(lambda: (status := status_of(client, FILM)).stopped and not status.complete)
        assert foreign.read_text() == "somebody's"
        assert (films / FILM.name).read_bytes() == content_of(FILM.name)

    def test_with_one_file_in_the_way_the_others_go(
        self, client: Client, films: Path, tmp_path: Path
    ) -> None:
        added = add_stopped(client, FOLDER, films)
        taken, *others = names(FOLDER)
        foreign = tmp_path / "there" / taken
        foreign.parent.mkdir(parents=True)
        foreign.write_text("somebody's")
        client.move(added, str(tmp_path / "there"))
        eventually(lambda: (status := status_of(client, FOLDER)).stopped and not status.complete)
        assert foreign.read_text() == "somebody's"
        assert files_in(films) == {taken}
        assert files_in(tmp_path / "there") == {taken, *others}

    def test_one_whose_files_are_missing_takes_the_rest_along(
        self, server: Server, client: Client, films: Path, tmp_path: Path
    ) -> None:
        added = add_complete(client, FOLDER, films)
        gone, *others = names(FOLDER)
        (films / gone).unlink()
        server.restart()
        eventually(lambda: status_of(client, FOLDER).state == "missingFiles")
        assert client.move(added, str(tmp_path / "there"))
        eventually(lambda: lies_in(client, FOLDER, tmp_path / "there"))
        assert files_in(tmp_path / "there") == set(others)
        eventually(lambda: status_of(client, FOLDER).state == "missingFiles")

    def test_after_it_the_torrent_can_go_and_leave_its_files(
        self, client: Client, films: Path, tmp_path: Path
    ) -> None:
        added = add_stopped(client, FOLDER, films)
        client.move(added, str(tmp_path / "there"))
        eventually(lambda: lies_in(client, FOLDER, tmp_path / "there"))
        assert client.remove(added, with_files=False)
        eventually(lambda: client.torrents() == ())
        assert files_in(tmp_path / "there") == set(names(FOLDER))


class TestPlacesItCannotHave:
    def test_one_that_cannot_be_made_is_said_with_what_to_do(
        self, client: Client, films: Path, tmp_path: Path
    ) -> None:
        added = add_stopped(client, FILM, films)
        (tmp_path / "file").write_text("no folder")
        place = str(tmp_path / "file" / "below")
        with pytest.raises(PlaceUnavailable, match=f"^{place}: qBittorrent .*cannot make this folder"):
            client.move(added, place)
        assert lies_in(client, FILM, films)
        assert status_of(client, FILM).complete

    @pytest.mark.parametrize("place", ["", " ", "films", "./films", "../films", "~/films"])
    def test_what_is_no_whole_path_is_refused(self, client: Client, films: Path, place: str) -> None:
        added = add_stopped(client, FILM, films)
        with pytest.raises(ValueError, match="not a whole path"):
            client.move(added, place)
        assert lies_in(client, FILM, films)

    def test_one_that_takes_nothing_shows_by_where_the_files_are(
        self, client: Client, films: Path, tmp_path: Path
    ) -> None:
        """A folder that is there is not tried first: the move ends without having moved."""
        added = add_stopped(client, FILM, films)
        assert client.move(added, str(TAKES_NOTHING))
        eventually(lambda: status_of(client, FILM).stopped)
        assert not lies_in(client, FILM, TAKES_NOTHING)
        assert lies_in(client, FILM, films)
        assert client.move(added, str(films))
        eventually(lambda: Path(status_of(client, FILM).save_path) == films)
        assert client.move(added, str(tmp_path / "there"))
        eventually(lambda: lies_in(client, FILM, tmp_path / "there"))


BIG = read_torrent(make_zeros("Big.mkv", 64))


@pytest.fixture
def other_disk(tmp_path: Path) -> Iterator[Path]:
    memory = Path("/dev/shm")
    usable = memory.is_dir() and shutil.disk_usage(memory).free > 2 * BIG.size
    with tempfile.TemporaryDirectory(dir=memory if usable else tmp_path) as folder:
        yield Path(folder)


class TestRealOnes:
    def test_on_another_disk_it_lies_only_once_all_of_it_does(self, run: Run, other_disk: Path) -> None:
        with run() as daemon, managed(daemon, save_path=daemon.save_path) as manager:
            source, target = daemon.save_path / BIG.name, other_disk / "trash" / BIG.name
            with source.open("wb") as file:
                file.truncate(BIG.size)
            added = manager.add_torrent(BIG).hash
            eventually(lambda: status_of(manager, BIG).complete)
            manager.stop_torrent(added)
            manager.move(added, str(target.parent))
            eventually(lambda: lies_in(manager, BIG, target.parent))
            assert target.stat().st_size == BIG.size
            assert not source.exists()

    def test_one_that_qbittorrent_places_by_itself_stays_where_it_was_moved(
        self, run: Run, tmp_path: Path
    ) -> None:
        with run() as daemon, managed(daemon, save_path=daemon.save_path) as manager:
            added = add_complete(manager, FILM, daemon.save_path)
            with logged_in(daemon) as client:
                client.torrents_edit_category(name="Movies", save_path=str(daemon.save_path))
                client.torrents_set_auto_management(enable=True, torrent_hashes=added)
                eventually(lambda: client.torrents_info()[0].auto_tmm)
                manager.move(added, str(tmp_path / "there"))
                eventually(lambda: lies_in(manager, FILM, tmp_path / "there"))
                assert not client.torrents_info()[0].auto_tmm

    def test_how_long_it_seeds_is_counted(self, run: Run) -> None:
        """Of a torrent that nobody asks for it shows only when something happens, e.g. a stop."""
        with run() as daemon, managed(daemon, save_path=daemon.save_path) as manager:
            added = add_complete(manager, FILM, daemon.save_path)
            complete_at = time.monotonic()
            eventually(lambda: time.monotonic() > complete_at + 2)
            manager.stop_torrent(added)
            eventually(lambda: status_of(manager, FILM).seeding_time >= 1)
            assert status_of(manager, FILM).ratio == 0
