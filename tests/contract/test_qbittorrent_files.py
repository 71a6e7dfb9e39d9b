"""What qBittorrent says about a torrent's files: which they are, whether they are all there."""

from pathlib import Path

import pytest
from qbittorrent_servers import Client, Server, eventually
from torrents_to_add import FILM, FOLDER, HYBRID, OTHER, V2_ONLY, put_files

from qbittorrent_answers import Content, TorrentStatus
from torrent_file import TorrentFile


def status_of(client: Client, torrent: TorrentFile) -> TorrentStatus:
    status = client.find(torrent.candidates)
    assert status is not None
    return status


def wait_for(client: Client, torrent: TorrentFile, *states: str) -> TorrentStatus:
    eventually(lambda: status_of(client, torrent).state in states)
    return status_of(client, torrent)


def wait_until_complete(client: Client, torrent: TorrentFile) -> TorrentStatus:
    eventually(lambda: status_of(client, torrent).complete)
    return status_of(client, torrent)


class TestContents:
    @pytest.mark.parametrize(
        "torrent", [FILM, FOLDER, HYBRID, V2_ONLY], ids=["file", "folder", "hybrid", "v2 only"]
    )
    def test_they_are_those_of_the_torrent(self, client: Client, torrent: TorrentFile) -> None:
        """By path below the save path, the torrent's own folder included, padding left out."""
        contents = client.contents(client.add_torrent(torrent).hash)
        assert contents == tuple(Content(path, size) for path, size in torrent.files)

    def test_an_unknown_torrent_has_none(self, client: Client) -> None:
        client.add_torrent(FILM)
        assert client.contents(OTHER.info_hash) == ()

    @pytest.mark.parametrize("word", ["", "all"])
    def test_what_is_no_id_has_none(self, client: Client, word: str) -> None:
        client.add_torrent(FILM)
        assert client.contents(word) == ()

    def test_a_removed_torrent_has_none(self, client: Client) -> None:
        added = client.add_torrent(FOLDER).hash
        client.remove(added, with_files=True)
        eventually(lambda: client.contents(added) == ())


class TestCompleteness:
    @pytest.mark.parametrize(
        "torrent", [FILM, FOLDER, HYBRID, V2_ONLY], ids=["file", "folder", "hybrid", "v2 only"]
    )
    def test_files_that_are_there_already_make_it_complete(
        self, client: Client, films: Path, torrent: TorrentFile
    ) -> None:
        put_files(torrent, films)
        client.add_torrent(torrent)
        status = wait_until_complete(client, torrent)
        assert (status.progress, status.amount_left, status.size) == (1, 0, torrent.size)
        assert status.completion_on is not None
        assert Path(status.content_path) == films / torrent.name

    def test_without_them_everything_is_left_to_do(self, client: Client) -> None:
        client.add_torrent(FOLDER)
        status = wait_for(client, FOLDER, "stalledDL", "downloading")
        assert (status.complete, status.progress, status.completion_on) == (False, 0, None)
        assert status.amount_left == status.size == FOLDER.size

    def test_one_that_the_user_stopped_is_not_complete(self, server: Server, client: Client) -> None:
        client.add_torrent(FILM)
        wait_for(client, FILM, "stalledDL", "downloading")
        server.stop_torrent(FILM)
        assert not wait_for(client, FILM, "pausedDL", "stoppedDL").complete

    def test_one_that_was_stopped_after_it_finished_is(
        self, server: Server, client: Client, films: Path
    ) -> None:
        put_files(FILM, films)
        client.add_torrent(FILM)
        wait_until_complete(client, FILM)
        server.stop_torrent(FILM)
        assert wait_for(client, FILM, "pausedUP", "stoppedUP").complete


class TestRestart:
    def test_it_stays_complete(self, server: Server, client: Client, films: Path) -> None:
        put_files(FILM, films)
        client.add_torrent(FILM)
        before = wait_until_complete(client, FILM)
        server.restart()
        after = wait_until_complete(client, FILM)
        assert (after.tags, after.completion_on) == (before.tags, before.completion_on)

    def test_files_that_go_are_noticed_only_then(self, server: Server, client: Client, films: Path) -> None:
        put_files(FILM, films)
        client.add_torrent(FILM)
        wait_until_complete(client, FILM)
        (films / FILM.name).unlink()
        assert status_of(client, FILM).complete
        server.restart()
        missing = wait_for(client, FILM, "missingFiles")
        assert (missing.complete, missing.progress) == (False, 0)

    def test_an_unfinished_one_goes_on(self, server: Server, client: Client) -> None:
        client.add_torrent(FILM)
        wait_for(client, FILM, "stalledDL", "downloading")
        server.restart()
        assert not wait_for(client, FILM, "stalledDL", "downloading").complete
        assert [status.hash for status in client.ours()] == [FILM.info_hash]
