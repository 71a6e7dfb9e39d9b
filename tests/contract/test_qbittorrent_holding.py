"""A torrent that is added where its files lie: they are checked, then it is held, and nothing is got."""

from pathlib import Path

import pytest
from qbittorrent_servers import Client, Run, Server, eventually, managed
from test_qbittorrent_moving import add_complete, add_stopped, files_in, lies_in, names, status_of
from torrents_to_add import FILM, FOLDER, HYBRID, OTHER, V2_ONLY, put_files

from qbittorrent_answers import TorrentStatus
from torrent_file import TorrentFile


@pytest.fixture
def trash(films: Path) -> Path:
    return films / ".trash" / "a"


def hold(client: Client, torrent: TorrentFile, folder: Path) -> TorrentStatus:
    """Add it there; how it is once its check is over."""
    handed = client.add_torrent(torrent, str(folder))
    assert (handed.owned, handed.already_there) == (True, False)
    eventually(lambda: status_of(client, torrent).stopped)
    return status_of(client, torrent)


class TestHolding:
    @pytest.mark.parametrize(
        "torrent", [FILM, FOLDER, HYBRID, V2_ONLY], ids=["file", "folder", "hybrid", "v2 only"]
    )
    def test_with_all_of_it_there_it_is_complete(
        self, client: Client, films: Path, trash: Path, torrent: TorrentFile
    ) -> None:
        put_files(torrent, trash)
        status = hold(client, torrent, trash)
        assert (status.complete, status.progress, status.amount_left) == (True, 1, 0)
        assert status.lies_in(str(trash), names(torrent))
        assert not status.lies_in(str(films), names(torrent))
        assert (status.category, status.tags) == ("Movies", frozenset({"movie_sync"}))

    def test_before_the_end_of_the_check_it_is_never_stopped(self, client: Client, trash: Path) -> None:
        """So `stopped` tells that the check is over, and `complete` how it ended."""
        put_files(FOLDER, trash)
        client.add_torrent(FOLDER, str(trash))
        seen: list[TorrentStatus] = []

        def look() -> bool:
            seen.append(status_of(client, FOLDER))
            return seen[-1].stopped

        eventually(look)
        assert [status.complete for status in seen if status.stopped] == [True]
        assert {status.state for status in seen[:-1]} <= {"checkingResumeData", "checkingDL", "checkingUP"}

    def test_a_file_that_is_missing_leaves_it_incomplete(self, client: Client, trash: Path) -> None:
        put_files(FOLDER, trash)
        (trash / names(FOLDER)[1]).unlink()
        status = hold(client, FOLDER, trash)
        assert not status.complete
        assert 0 < status.progress < 1
        assert status.lies_in(str(trash), names(FOLDER))

    def test_a_file_that_is_too_short_leaves_it_incomplete(self, client: Client, trash: Path) -> None:
        put_files(FOLDER, trash)
        (trash / names(FOLDER)[1]).write_bytes(b"short")
        status = hold(client, FOLDER, trash)
        assert not status.complete
        assert 0 < status.progress < 1
        assert files_in(trash) == set(names(FOLDER))

    def test_with_nothing_there_nothing_is_got(self, client: Client, trash: Path) -> None:
        status = hold(client, FILM, trash)
        assert (status.complete, status.progress, status.amount_left) == (False, 0, FILM.size)
        assert files_in(trash) == set()

    @pytest.mark.parametrize("torrent", [FILM, FOLDER], ids=["file", "folder"])
    def test_it_can_be_moved_home_and_started(
        self, client: Client, films: Path, trash: Path, torrent: TorrentFile
    ) -> None:
        put_files(torrent, trash)
        held = hold(client, torrent, trash)
        client.move(held.hash, str(films))
        eventually(lambda: lies_in(client, torrent, films))
        client.start_torrent(held.hash)
        eventually(lambda: (status := status_of(client, torrent)).complete and not status.stopped)
        assert files_in(films) == set(names(torrent))

    def test_one_that_is_there_stays_as_it_is(self, client: Client, films: Path, trash: Path) -> None:
        add_complete(client, FILM, films)
        handed = client.add_torrent(FILM, str(trash))
        assert (handed.owned, handed.already_there) == (True, True)
        assert not status_of(client, FILM).stopped
        assert lies_in(client, FILM, films)

    def test_the_next_one_is_not_held(self, client: Client, trash: Path) -> None:
        hold(client, FILM, trash)
        client.add_torrent(OTHER)
        eventually(lambda: status_of(client, OTHER).state in {"stalledDL", "downloading"})

    def test_it_stays_held_through_a_restart(self, server: Server, client: Client, trash: Path) -> None:
        put_files(FILM, trash)
        hold(client, FILM, trash)
        server.restart()
        eventually(lambda: status_of(client, FILM).stopped)
        assert status_of(client, FILM).complete

    @pytest.mark.parametrize("place", ["", "trash", "./trash"])
    def test_what_is_no_whole_path_is_refused(self, client: Client, place: str) -> None:
        with pytest.raises(ValueError, match="not a whole path"):
            client.add_torrent(FILM, place)
        assert client.torrents() == ()


class TestRechecking:
    def test_what_is_whole_stays_complete(self, client: Client, films: Path) -> None:
        added = add_stopped(client, FILM, films)
        assert client.recheck(added)
        eventually(lambda: (status := status_of(client, FILM)).complete and status.stopped)

    def test_what_was_cut_off_shows(self, client: Client, films: Path) -> None:
        added = add_stopped(client, FILM, films)
        (films / FILM.name).write_bytes(b"short")
        assert status_of(client, FILM).complete
        assert client.recheck(added)
        eventually(lambda: (status := status_of(client, FILM)).stopped and not status.complete)


class TestRealOnes:
    def test_whatever_the_user_set_for_new_torrents_a_damaged_one_is_held_in_its_place(
        self, run: Run, tmp_path: Path
    ) -> None:
        settings = {
            "BitTorrent/Session\\TempPathEnabled": "true",
            "BitTorrent/Session\\TempPath": str(tmp_path / "incomplete"),
            "BitTorrent/Session\\AddTorrentPaused": "true",
            "BitTorrent/Session\\AddTorrentStopped": "true",
            "BitTorrent/Session\\DisableAutoTMMByDefault": "false",
        }
        trash = tmp_path / "trash"
        put_files(FOLDER, trash)
        damaged = trash / names(FOLDER)[-1]
        damaged.write_bytes(bytes(damaged.stat().st_size))
        with run(settings) as daemon, managed(daemon, save_path=daemon.save_path) as manager:
            status = hold(manager, FOLDER, trash)
            assert not status.complete
            assert 0 < status.progress < 1
            assert status.lies_in(str(trash), names(FOLDER))
        assert files_in(trash) == set(names(FOLDER))

    def test_a_recheck_finds_a_byte_that_is_wrong(self, run: Run) -> None:
        with run() as daemon, managed(daemon, save_path=daemon.save_path) as manager:
            added = add_stopped(manager, FILM, daemon.save_path)
            path = daemon.save_path / FILM.name
            path.write_bytes(bytes([path.read_bytes()[0] ^ 1]) + path.read_bytes()[1:])
            manager.recheck(added)
            eventually(lambda: (status := status_of(manager, FILM)).stopped and not status.complete)
