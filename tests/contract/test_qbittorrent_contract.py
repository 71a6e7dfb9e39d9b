"""One suite for what we rely on, run against a real qBittorrent and against fakes of two answer styles."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_qbittorrent import NEW, OLD, FakeQBittorrent
from qbittorrent_servers import FakeServer, Login, RealServer, Server, make_torrent, managed, real_daemon

from errors import AuthError, FilmFault
from qbittorrent_manager import QBittorrentManager
from torrent_file import TorrentFile, read_torrent

FILM = read_torrent(make_torrent("Heat.1995.1080p.mkv"))
OTHER = read_torrent(make_torrent("Ronin.1998.1080p.mkv"))
HYBRID = read_torrent(make_torrent("Thief.1981.mkv", v2=True))
V2_ONLY = read_torrent(make_torrent("Collateral.2004.mkv", v1=False, v2=True))


@pytest.fixture(params=[pytest.param("real", marks=pytest.mark.qbittorrent), OLD, NEW])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    if request.param == "real":
        with real_daemon(tmp_path / "qbittorrent") as daemon:
            yield RealServer(daemon)
    else:
        with FakeQBittorrent(request.param) as fake:
            yield FakeServer(fake)


@pytest.fixture
def films(tmp_path: Path) -> Path:
    folder = tmp_path / "films"
    folder.mkdir()
    return folder


@pytest.fixture
def manager(server: Server, films: Path) -> Iterator[QBittorrentManager]:
    with managed(server, save_path=films) as manager:
        yield manager


class TestAdding:
    def test_a_new_torrent_is_ours_and_was_not_there(self, manager: QBittorrentManager) -> None:
        handed = manager.add_torrent(FILM)
        assert (handed.hash, handed.owned, handed.already_there) == (FILM.info_hash, True, False)

    def test_it_gets_category_tag_and_save_path(self, manager: QBittorrentManager, films: Path) -> None:
        manager.add_torrent(FILM)
        status = manager.find(FILM.candidates)
        assert status is not None
        assert (status.name, status.category, status.tags) == (FILM.name, "Movies", frozenset({"movie_sync"}))
        assert Path(status.save_path) == films
        assert Path(status.content_path) == films / FILM.name

    def test_it_is_started_and_not_complete(self, manager: QBittorrentManager) -> None:
        manager.add_torrent(FILM)
        status = manager.find(FILM.candidates)
        assert status is not None
        assert status.state not in {"pausedDL", "stoppedDL"}
        assert (status.complete, status.completion_on) == (False, None)

    def test_adding_it_again_is_a_success_and_changes_nothing(self, manager: QBittorrentManager) -> None:
        first = manager.add_torrent(FILM)
        again = manager.add_torrent(FILM)
        assert (again.hash, again.owned, again.already_there) == (first.hash, True, True)
        assert len(manager.torrents()) == 1

    def test_the_users_own_torrent_is_left_as_it_is(
        self, server: Server, manager: QBittorrentManager, tmp_path: Path
    ) -> None:
        server.add_as_user(FILM.data, tmp_path)
        handed = manager.add_torrent(FILM)
        assert (handed.owned, handed.already_there) == (False, True)
        status = manager.find(FILM.candidates)
        assert status is not None
        assert (status.tags, status.category, Path(status.save_path)) == (frozenset({"mine"}), "", tmp_path)

    def test_a_missing_category_is_made(self, server: Server, manager: QBittorrentManager) -> None:
        manager.add_torrent(FILM)
        assert server.category_path("Movies") == ""

    def test_an_existing_category_keeps_its_path(
        self, server: Server, manager: QBittorrentManager, tmp_path: Path
    ) -> None:
        server.create_category("Movies", tmp_path / "elsewhere")
        manager.add_torrent(FILM)
        assert server.category_path("Movies") == str(tmp_path / "elsewhere")

    def test_bytes_that_are_no_torrent_are_refused(self, manager: QBittorrentManager) -> None:
        page = TorrentFile(b"<html>Not found</html>", "0" * 40, ("0" * 40,), "page", 0, ())
        with pytest.raises(FilmFault, match=r"refused the \.torrent “page”"):
            manager.add_torrent(page)

    def test_the_connection_survives_a_refused_torrent(self, manager: QBittorrentManager) -> None:
        with pytest.raises(FilmFault):
            manager.add_torrent(TorrentFile(b"junk", "0" * 40, (), "junk", 0, ()))
        assert manager.add_torrent(FILM).owned

    @pytest.mark.parametrize("torrent", [HYBRID, V2_ONLY], ids=["hybrid", "v2 only"])
    def test_a_torrent_of_format_2_is_found_by_each_of_its_ids(
        self, manager: QBittorrentManager, torrent: TorrentFile
    ) -> None:
        handed = manager.add_torrent(torrent)
        assert handed.hash in torrent.candidates
        for one in torrent.candidates:
            status = manager.find([one])
            assert status is not None
            assert status.hash == handed.hash

    def test_a_format_2_torrent_added_again_is_recognised(self, manager: QBittorrentManager) -> None:
        first = manager.add_torrent(HYBRID)
        again = manager.add_torrent(HYBRID)
        assert (again.hash, again.already_there) == (first.hash, True)


class TestLookingUp:
    @pytest.mark.parametrize("ids", [[], [""], ["all"], ["|"]])
    def test_no_usable_id_finds_nothing(self, manager: QBittorrentManager, ids: list[str]) -> None:
        manager.add_torrent(FILM)
        assert manager.find(ids) is None

    def test_an_unknown_id_finds_nothing(self, manager: QBittorrentManager) -> None:
        manager.add_torrent(FILM)
        assert manager.find(OTHER.candidates) is None

    def test_an_id_in_capitals_is_found(self, manager: QBittorrentManager) -> None:
        manager.add_torrent(FILM)
        assert manager.find([FILM.info_hash.upper()]) is not None

    def test_ours_leaves_out_what_the_user_added(
        self, server: Server, manager: QBittorrentManager, tmp_path: Path
    ) -> None:
        server.add_as_user(OTHER.data, tmp_path)
        manager.add_torrent(FILM)
        assert {status.hash for status in manager.ours()} == {FILM.info_hash}
        assert {status.hash for status in manager.torrents()} == {FILM.info_hash, OTHER.info_hash}


class TestLoggingIn:
    def test_connecting_gives_the_version(self, manager: QBittorrentManager) -> None:
        assert manager.connect().startswith("v")

    def test_a_wrong_password_is_said_with_what_to_do(self, server: Server) -> None:
        refusal = pytest.raises(AuthError, match=r"Login failed.*refused the user name or password")
        with managed(server, login=Login(secret="wrong-one")) as manager, refusal as caught:
            manager.connect()
        assert "python main.py --config" in str(caught.value)
        assert "wrong-one" not in str(caught.value)
        assert caught.value.ban_seconds is None

    def test_without_stored_credentials_it_says_so(self, server: Server) -> None:
        with managed(server, login=None) as manager, pytest.raises(AuthError, match="none are stored"):
            manager.connect()

    def test_a_lost_session_is_renewed_by_the_next_call(
        self, server: Server, manager: QBittorrentManager
    ) -> None:
        manager.add_torrent(FILM)
        server.lose_sessions()
        assert manager.find(FILM.candidates) is not None

    def test_a_session_lost_before_an_upload_does_not_lose_the_upload(
        self, server: Server, manager: QBittorrentManager
    ) -> None:
        manager.connect()
        server.lose_sessions()
        assert manager.add_torrent(FILM).already_there is False

    def test_a_closed_manager_can_be_used_again(self, manager: QBittorrentManager) -> None:
        manager.connect()
        manager.close()
        assert manager.torrents() == ()
