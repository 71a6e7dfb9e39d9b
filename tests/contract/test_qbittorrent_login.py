"""What logging in comes to, against real qBittorrents and against fakes of two answer styles."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from qbittorrent_servers import Login, WebServer, managed
from torrents_to_add import FILM

from errors import AuthError
from qbittorrent_manager import QBittorrentManager


@pytest.fixture
def manager(web_server: WebServer, films: Path) -> Iterator[QBittorrentManager]:
    with managed(web_server, save_path=films) as manager:
        yield manager


class TestLoggingIn:
    def test_connecting_gives_the_version(self, manager: QBittorrentManager) -> None:
        assert manager.connect().startswith("v")

    def test_a_wrong_password_is_said_with_what_to_do(self, web_server: WebServer) -> None:
        refusal = pytest.raises(AuthError, match=r"Login failed.*refused the user name or password")
        with managed(web_server, login=Login(secret="wrong-one")) as manager, refusal as caught:
            manager.connect()
        assert "python main.py --config" in str(caught.value)
        assert "wrong-one" not in str(caught.value)
        assert caught.value.ban_seconds is None

    def test_without_stored_credentials_it_says_so(self, web_server: WebServer) -> None:
        with managed(web_server, login=None) as manager, pytest.raises(AuthError, match="none are stored"):
            manager.connect()

    def test_a_lost_session_is_renewed_by_the_next_call(
        self, web_server: WebServer, manager: QBittorrentManager
    ) -> None:
        manager.add_torrent(FILM)
        web_server.restart()
        assert manager.find(FILM.candidates) is not None

    def test_a_session_lost_before_an_upload_does_not_lose_the_upload(
        self, web_server: WebServer, manager: QBittorrentManager
    ) -> None:
        manager.connect()
        web_server.restart()
        assert manager.add_torrent(FILM).already_there is False

    def test_a_closed_manager_can_be_used_again(self, manager: QBittorrentManager) -> None:
        manager.connect()
        manager.close()
        assert manager.torrents() == ()
