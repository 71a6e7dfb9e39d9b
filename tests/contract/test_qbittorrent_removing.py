"""What taking a torrent out deletes, and what it never does: anything that was not named by its own id."""

from pathlib import Path

import pytest
from qbittorrent_servers import Client, Server, eventually
from torrents_to_add import FILM, FOLDER, HYBRID, OTHER, put_files

from torrent_file import TorrentFile


def ids(client: Client) -> set[str]:
    return {status.hash for status in client.torrents()}


def add_complete(client: Client, torrent: TorrentFile, films: Path) -> str:
    put_files(torrent, films)
    added = client.add_torrent(torrent).hash
    eventually(lambda: (status := client.find([added])) is not None and status.complete)
    return added


class TestOneAlone:
    def test_only_the_named_one_goes(self, client: Client) -> None:
        client.add_torrent(FILM)
        client.add_torrent(OTHER)
        assert client.remove(FILM.info_hash, with_files=True)
        eventually(lambda: ids(client) == {OTHER.info_hash})

    def test_an_id_in_capitals_is_the_same_one(self, client: Client) -> None:
        client.add_torrent(FILM)
        assert client.remove(FILM.info_hash.upper(), with_files=False)
        eventually(lambda: ids(client) == set())

    @pytest.mark.parametrize("number", [0, 1], ids=["v1 id", "v2 id"])
    def test_a_hybrid_goes_by_each_of_its_ids(self, client: Client, number: int) -> None:
        client.add_torrent(HYBRID)
        client.add_torrent(OTHER)
        assert client.remove(HYBRID.candidates[number], with_files=True)
        eventually(lambda: ids(client) == {OTHER.info_hash})

    def test_an_unknown_one_changes_nothing(self, client: Client) -> None:
        client.add_torrent(FILM)
        assert not client.remove(OTHER.info_hash, with_files=True)
        assert ids(client) == {FILM.info_hash}

    def test_twice_is_once(self, client: Client) -> None:
        client.add_torrent(FILM)
        assert client.remove(FILM.info_hash, with_files=True)
        eventually(lambda: ids(client) == set())
        assert not client.remove(FILM.info_hash, with_files=True)

    def test_it_can_be_added_again(self, client: Client) -> None:
        client.add_torrent(FILM)
        client.remove(FILM.info_hash, with_files=True)
        assert client.add_torrent(FILM).owned
        assert ids(client) == {FILM.info_hash}


class TestNotOurs:
    def test_the_users_own_stays(self, server: Server, client: Client, tmp_path: Path) -> None:
        server.add_as_user(FILM.data, tmp_path)
        assert not client.remove(FILM.info_hash, with_files=True)
        assert ids(client) == {FILM.info_hash}

    @pytest.mark.parametrize("word", ["", "all", "ALL", "|", "*", "a" * 39, f"{'a' * 40}|{'b' * 40}"])
    def test_what_is_not_one_id_is_refused_and_deletes_nothing(self, client: Client, word: str) -> None:
        client.add_torrent(FILM)
        with pytest.raises(ValueError, match="not the id of one torrent"):
            client.remove(word, with_files=True)
        assert ids(client) == {FILM.info_hash}

    def test_two_joined_ids_of_ours_are_refused_too(self, client: Client) -> None:
        client.add_torrent(FILM)
        client.add_torrent(OTHER)
        with pytest.raises(ValueError, match="not the id of one torrent"):
            client.remove(f"{FILM.info_hash}|{OTHER.info_hash}", with_files=True)
        assert len(ids(client)) == 2


class TestFiles:
    def test_they_go_with_it(self, client: Client, films: Path) -> None:
        client.remove(add_complete(client, FILM, films), with_files=True)
        eventually(lambda: not (films / FILM.name).exists())

    def test_they_stay_without_it(self, client: Client, films: Path) -> None:
        client.remove(add_complete(client, FILM, films), with_files=False)
        eventually(lambda: ids(client) == set())
        assert (films / FILM.name).exists()

    def test_a_folder_goes_as_a_whole(self, client: Client, films: Path) -> None:
        client.remove(add_complete(client, FOLDER, films), with_files=True)
        eventually(lambda: not (films / FOLDER.name).exists())

    def test_what_else_lies_there_stays(self, client: Client, films: Path) -> None:
        added = add_complete(client, FOLDER, films)
        (films / FOLDER.name / "my notes.txt").write_text("mine")
        (films / "Another.mkv").write_text("mine")
        client.remove(added, with_files=True)
        eventually(lambda: not any((films / path).exists() for path, _ in FOLDER.files))
        assert {path.name for path in films.rglob("*") if path.is_file()} == {"my notes.txt", "Another.mkv"}
