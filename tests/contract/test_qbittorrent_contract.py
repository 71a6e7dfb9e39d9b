"""One suite for what we rely on, run against real qBittorrents and against every fake of one."""

from pathlib import Path

import pytest
from qbittorrent_servers import Client, Server, eventually
from torrents_to_add import FILM, HYBRID, OTHER, V2_ONLY

from errors import FilmFault
from torrent_file import TorrentFile


class TestAdding:
    def test_a_new_torrent_is_ours_and_was_not_there(self, client: Client) -> None:
        handed = client.add_torrent(FILM)
        assert (handed.hash, handed.owned, handed.already_there) == (FILM.info_hash, True, False)

    def test_it_gets_category_tag_and_save_path(self, client: Client, films: Path) -> None:
        client.add_torrent(FILM)
        status = client.find(FILM.candidates)
        assert status is not None
        assert (status.name, status.category, status.tags) == (FILM.name, "Movies", frozenset({"movie_sync"}))
        assert Path(status.save_path) == films
        assert Path(status.content_path) == films / FILM.name

    def test_it_is_started_and_not_complete(self, client: Client) -> None:
        client.add_torrent(FILM)
        status = client.find(FILM.candidates)
        assert status is not None
        assert status.state not in {"pausedDL", "stoppedDL"}
        assert (status.complete, status.completion_on) == (False, None)

    def test_adding_it_again_is_a_success_and_changes_nothing(self, client: Client) -> None:
        first = client.add_torrent(FILM)
        again = client.add_torrent(FILM)
        assert (again.hash, again.owned, again.already_there) == (first.hash, True, True)
        assert len(client.torrents()) == 1

    def test_the_users_own_torrent_is_left_as_it_is(
        self, server: Server, client: Client, tmp_path: Path
    ) -> None:
        server.add_as_user(FILM.data, tmp_path)
        handed = client.add_torrent(FILM)
        assert (handed.owned, handed.already_there) == (False, True)
        status = client.find(FILM.candidates)
        assert status is not None
        assert (status.tags, status.category, Path(status.save_path)) == (frozenset({"mine"}), "", tmp_path)

    def test_a_missing_category_is_made(self, server: Server, client: Client) -> None:
        client.add_torrent(FILM)
        assert server.category_path("Movies") == ""

    def test_an_existing_category_keeps_its_path(
        self, server: Server, client: Client, tmp_path: Path
    ) -> None:
        server.create_category("Movies", tmp_path / "elsewhere")
        client.add_torrent(FILM)
        assert server.category_path("Movies") == str(tmp_path / "elsewhere")

    def test_bytes_that_are_no_torrent_are_refused(self, client: Client) -> None:
        page = TorrentFile(b"<html>Not found</html>", "0" * 40, ("0" * 40,), "page", 0, ())
        with pytest.raises(FilmFault, match=r"refused the \.torrent “page”"):
            client.add_torrent(page)

    def test_the_connection_survives_a_refused_torrent(self, client: Client) -> None:
        with pytest.raises(FilmFault):
            client.add_torrent(TorrentFile(b"junk", "0" * 40, (), "junk", 0, ()))
        assert client.add_torrent(FILM).owned

    @pytest.mark.parametrize("torrent", [HYBRID, V2_ONLY], ids=["hybrid", "v2 only"])
    def test_a_torrent_of_format_2_is_found_by_each_of_its_ids(
        self, client: Client, torrent: TorrentFile
    ) -> None:
        handed = client.add_torrent(torrent)
        assert handed.hash in torrent.candidates
        for one in torrent.candidates:
            status = client.find([one])
            assert status is not None
            assert status.hash == handed.hash

    def test_a_format_2_torrent_added_again_is_recognised(self, client: Client) -> None:
        first = client.add_torrent(HYBRID)
        again = client.add_torrent(HYBRID)
        assert (again.hash, again.already_there) == (first.hash, True)


class TestLookingUp:
    @pytest.mark.parametrize("ids", [[], [""], ["all"], ["|"]])
    def test_no_usable_id_finds_nothing(self, client: Client, ids: list[str]) -> None:
        client.add_torrent(FILM)
        assert client.find(ids) is None

    def test_an_unknown_id_finds_nothing(self, client: Client) -> None:
        client.add_torrent(FILM)
        assert client.find(OTHER.candidates) is None

    def test_an_id_in_capitals_is_found(self, client: Client) -> None:
        client.add_torrent(FILM)
        assert client.find([FILM.info_hash.upper()]) is not None

    def test_ours_leaves_out_what_the_user_added(
        self, server: Server, client: Client, tmp_path: Path
    ) -> None:
        server.add_as_user(OTHER.data, tmp_path)
        client.add_torrent(FILM)
        assert {status.hash for status in client.ours()} == {FILM.info_hash}
        assert {status.hash for status in client.torrents()} == {FILM.info_hash, OTHER.info_hash}


class TestConnections:
    def test_they_stay_one_while_it_runs(self, client: Client) -> None:
        client.add_torrent(FILM)
        client.ours()
        client.find([FILM.info_hash])
        client.contents(OTHER.info_hash)
        assert client.connections == 1

    def test_a_refused_torrent_is_no_new_one(self, client: Client) -> None:
        client.ours()
        with pytest.raises(FilmFault):
            client.add_torrent(TorrentFile(b"junk", "0" * 40, (), "junk", 0, ()))
        client.ours()
        assert client.connections == 1

    def test_a_restart_shows_once_it_has_answered(self, server: Server, client: Client) -> None:
        client.ours()
        for count in (2, 3):
            server.restart()
            client.ours()
            client.ours()
            assert client.connections == count


class TestSurroundings:
    def test_the_free_space_is_what_the_disk_has(self, server: Server, client: Client) -> None:
        """From the first answer on; others write to the disk as well."""
        told = client.free_space()
        assert told is not None
        assert abs(told - server.free) < 2**30

    def test_it_is_online_a_moment_after_its_start(self, client: Client) -> None:
        eventually(client.is_online)
