"""What happens when qBittorrent is away, slow, strange or unwilling: one bounded try, one clear error."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fake_qbittorrent import FakeQBittorrent, Reply, Request, in_json, text
from fake_torrents import NEW, OLD
from qbittorrent_servers import Login, managed
from self_signed import server_context
from torrents_to_add import FILM

from errors import AuthError, FilmFault, Interrupted, MovieSyncError, PlaceUnavailable, ServiceUnavailable
from qbittorrent_manager import QBittorrentManager

PAGE = Reply(200, b"<!doctype html><title>NAS</title>", {"Content-Type": "text/html"})
DRIP = Reply(200, b"[" + b" " * 10_000, {"Content-Type": "application/json"}, drip=0.02)


@pytest.fixture(params=[OLD, NEW])
def fake(request: pytest.FixtureRequest) -> Iterator[FakeQBittorrent]:
    with FakeQBittorrent(request.param) as fake:
        yield fake


class TestTime:
    @pytest.mark.parametrize("path", ["app/version", "auth/login", "torrents/info"])
    def test_a_dripping_answer_ends_at_the_deadline(self, fake: FakeQBittorrent, path: str) -> None:
        """Also after the login, at which the library makes itself a new session."""
        fake.replies[path] = DRIP
        started = time.monotonic()
        with managed(fake, seconds=0.4) as manager:
            with pytest.raises(ServiceUnavailable, match=r"no complete answer within 0\.4 s"):
                manager.torrents()
            assert time.monotonic() - started < 2
        assert fake.count(path) == 1

    def test_a_silent_server_ends_at_the_deadline(self, fake: FakeQBittorrent) -> None:
        fake.replies["torrents/info"] = Reply(200, b"[]", delay=30)
        started = time.monotonic()
        with managed(fake, seconds=0.4) as manager, pytest.raises(ServiceUnavailable, match="within"):
            manager.torrents()
        assert time.monotonic() - started < 2

    def test_stopping_ends_a_request_under_way(self, fake: FakeQBittorrent) -> None:
        fake.replies["torrents/info"] = Reply(200, b"[]", delay=30)
        stop = threading.Event()
        fake.before = lambda request: stop.set() if request.path == "torrents/info" else None
        started = time.monotonic()
        with managed(fake, stop=stop) as manager, pytest.raises(Interrupted):
            manager.torrents()
        assert time.monotonic() - started < 2

    def test_nothing_is_asked_after_the_stop(self, fake: FakeQBittorrent) -> None:
        stop = threading.Event()
        stop.set()
        with managed(fake, stop=stop) as manager, pytest.raises(Interrupted):
            manager.connect()
        assert fake.requests == []

    def test_closing_logs_out_even_while_stopping(self, fake: FakeQBittorrent) -> None:
        stop = threading.Event()
        with managed(fake, stop=stop) as manager:
            manager.connect()
            assert len(fake.sessions) == 1
            stop.set()
        assert fake.sessions == set()

    def test_an_answer_beyond_the_size_cap_is_cut_off(
        self, fake: FakeQBittorrent, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("qbittorrent_manager.MAX_BYTES", 10_000)
        fake.replies["torrents/info"] = Reply(200, b"[" + b" " * 20_000 + b"]")
        with managed(fake) as manager, pytest.raises(ServiceUnavailable):
            manager.torrents()


class TestNotAQBittorrent:
    @pytest.mark.parametrize(
        "reply",
        [
            PAGE,
            text(200, ""),
            text(200, "Ok."),
            text(404, "Not Found"),
            Reply(403, b"<html>Forbidden</html>"),
            Reply(307, headers={"Location": "/elsewhere"}),
        ],
        ids=["page", "empty", "ok to all", "404", "403 page", "redirect"],
    )
    def test_it_is_said_as_such(self, fake: FakeQBittorrent, reply: Reply) -> None:
        fake.replies = {"app/version": reply, "app/webapiVersion": reply, "auth/login": reply}
        with managed(fake) as manager, pytest.raises(ServiceUnavailable, match="is not its Web UI"):
            manager.connect()

    def test_a_page_never_gets_the_password(self, fake: FakeQBittorrent) -> None:
        fake.replies = {"app/version": PAGE}
        with managed(fake) as manager, pytest.raises(ServiceUnavailable):
            manager.connect()
        assert fake.count("auth/login") == 0

    def test_a_page_in_place_of_the_login_is_no_wrong_password(self, fake: FakeQBittorrent) -> None:
        fake.replies = {"auth/login": PAGE}
        with managed(fake) as manager, pytest.raises(ServiceUnavailable, match="is not its Web UI"):
            manager.connect()

    @pytest.mark.parametrize("path", ["torrents/info", "torrents/categories", "torrents/add"])
    def test_a_page_later_on_is_said_too(self, fake: FakeQBittorrent, path: str) -> None:
        with managed(fake) as manager:
            manager.connect()
            fake.replies[path] = PAGE
            with pytest.raises(ServiceUnavailable, match="is not its Web UI"):
                manager.add_torrent(FILM)

    @pytest.mark.parametrize(
        ("path", "ask"),
        [
            ("torrents/files", lambda manager: manager.contents(FILM.info_hash)),
            ("transfer/info", lambda manager: manager.is_online()),
            ("sync/maindata", lambda manager: manager.free_space()),
            ("torrents/info", lambda manager: manager.remove(FILM.info_hash, with_files=True)),
        ],
    )
    def test_a_page_is_never_an_answer(
        self, fake: FakeQBittorrent, path: str, ask: Callable[[QBittorrentManager], object]
    ) -> None:
        with managed(fake) as manager:
            manager.add_torrent(FILM)
            fake.replies[path] = PAGE
            with pytest.raises(ServiceUnavailable, match="is not its Web UI"):
                ask(manager)
        assert len(fake.torrents) == 1

    def test_a_redirect_is_not_followed(self, fake: FakeQBittorrent) -> None:
        with FakeQBittorrent() as other, managed(fake) as manager:
            target = f"http://127.0.0.1:{other.port}/api/v2/auth/login"
            fake.replies["auth/login"] = Reply(307, headers={"Location": target})
            with pytest.raises(ServiceUnavailable):
                manager.connect()
            assert other.requests == []

    def test_trouble_of_its_own_is_named_with_its_status(self, fake: FakeQBittorrent) -> None:
        fake.replies["app/version"] = text(503, "busy")
        with managed(fake) as manager, pytest.raises(ServiceUnavailable, match=r"HTTP 503"):
            manager.connect()
        assert fake.count("app/version") == 1


class TestSurroundings:
    def test_an_offline_one_says_so(self, fake: FakeQBittorrent) -> None:
        fake.online = False
        with managed(fake) as manager:
            assert not manager.is_online()

    def test_a_full_disk_is_believed_in_the_end(
        self, fake: FakeQBittorrent, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("qbittorrent_manager.LOOKED_WITHIN", 0.2)
        fake.free = 0
        with managed(fake) as manager:
            assert manager.free_space() == 0

    @pytest.mark.parametrize("state", [{}, {"free_space_on_disk": None}, {"free_space_on_disk": -1}])
    def test_free_space_that_is_not_told_is_unknown(
        self, fake: FakeQBittorrent, monkeypatch: pytest.MonkeyPatch, state: dict[str, object]
    ) -> None:
        monkeypatch.setattr("qbittorrent_manager.LOOKED_WITHIN", 0.0)
        fake.replies["sync/maindata"] = in_json({"rid": 1, "server_state": state})
        with managed(fake) as manager:
            assert manager.free_space() is None


class TestUploads:
    def test_a_lost_answer_is_not_sent_again_and_found_later(self, fake: FakeQBittorrent) -> None:
        fake.lost.add("torrents/add")
        with managed(fake) as manager:
            with pytest.raises(ServiceUnavailable, match="broke off"):
                manager.add_torrent(FILM)
            assert fake.count("torrents/add") == 1
            handed = manager.add_torrent(FILM)
        assert (handed.owned, handed.already_there) == (True, True)
        assert fake.count("torrents/add") == 1

    def test_somebody_else_was_faster(self, fake: FakeQBittorrent) -> None:
        def be_faster(request: Request) -> None:
            if request.path == "torrents/add":
                fake.add(FILM.data, {"tags": "mine"})

        fake.before = be_faster
        with managed(fake) as manager:
            handed = manager.add_torrent(FILM)
        assert (handed.owned, handed.already_there) == (False, True)

    def test_a_no_without_such_a_torrent_is_the_films_fault(
        self, fake: FakeQBittorrent, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("qbittorrent_manager.LISTED_WITHIN", 0.1)
        fake.replies["torrents/add"] = text(200, "Fails.") if fake.style == OLD else text(409, "Conflict")
        with managed(fake) as manager, pytest.raises(FilmFault, match="refused"):
            manager.add_torrent(FILM)

    def test_a_yes_without_such_a_torrent_is_no_success(
        self, fake: FakeQBittorrent, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("qbittorrent_manager.LISTED_WITHIN", 0.1)
        fake.replies["torrents/add"] = text(200, "Ok.")
        with managed(fake) as manager, pytest.raises(ServiceUnavailable, match="does not list it"):
            manager.add_torrent(FILM)

    def test_a_no_to_another_question_is_not_the_films_fault(self, fake: FakeQBittorrent) -> None:
        with managed(fake) as manager:
            manager.connect()
            fake.replies["app/webapiVersion"] = text(409, "Conflict")
            with pytest.raises(ServiceUnavailable, match="is not its Web UI"):
                manager.add_torrent(FILM)
        assert fake.torrents == {}

    def test_an_unusable_category_is_named_with_its_key(self, fake: FakeQBittorrent) -> None:
        refusal = pytest.raises(ServiceUnavailable, match=r"“a//b”.*qbittorrent\.category")
        with managed(fake, category="a//b") as manager, refusal:
            manager.add_torrent(FILM)
        assert fake.torrents == {}

    def test_the_speed_limit_goes_along(self, fake: FakeQBittorrent) -> None:
        with managed(fake, speed_limit=500_000) as manager:
            manager.add_torrent(FILM)
        assert [row["dl_limit"] for row in fake.torrents.values()] == [500_000]


class TestCredentials:
    def test_one_call_is_one_login(self, fake: FakeQBittorrent) -> None:
        with managed(fake, login=Login(secret="wrong")) as manager, pytest.raises(AuthError):
            manager.add_torrent(FILM)
        assert fake.count("auth/login") == 1

    def test_a_working_session_logs_in_once(self, fake: FakeQBittorrent) -> None:
        with managed(fake) as manager:
            manager.add_torrent(FILM)
            manager.torrents()
        assert fake.count("auth/login") == 1

    def test_a_ban_is_said_with_its_length(self) -> None:
        ban = pytest.raises(AuthError, match=r"Login failed.*locked this computer out")
        with FakeQBittorrent(max_failures=0) as fake, managed(fake) as manager, ban as caught:
            manager.connect()
        assert caught.value.ban_seconds == 3600

    def test_an_api_key_needs_no_login(self) -> None:
        key = "qbt_" + "k" * 28
        with FakeQBittorrent(api_key=key) as fake:
            with managed(fake, login=Login(None, None, key)) as manager:
                assert manager.connect() == "v5.3.0"
            assert fake.count("auth/login") == fake.count("auth/logout") == 0

    def test_with_an_api_key_a_restart_shows_too(self) -> None:
        key = "qbt_" + "k" * 28
        with FakeQBittorrent(api_key=key) as fake, managed(fake, login=Login(None, None, key)) as manager:
            manager.ours()
            manager.ours()
            assert manager.connections == 1
            fake.restart()
            manager.ours()
            assert manager.connections == 2

    def test_a_wrong_api_key_is_said_without_showing_it(self) -> None:
        wrong, refusal = Login(None, None, "qbt_wrong"), pytest.raises(AuthError, match="refused the API key")
        with FakeQBittorrent() as fake, managed(fake, login=wrong) as manager, refusal as caught:
            manager.connect()
        assert "qbt_wrong" not in str(caught.value)
        assert caught.value.ban_seconds is None

    def test_with_an_api_key_a_stopped_server_is_no_wrong_key(self) -> None:
        with FakeQBittorrent() as gone:
            pass
        refusal = pytest.raises(ServiceUnavailable, match="connection refused")
        with managed(gone, login=Login(None, None, "qbt_key")) as manager, refusal:
            manager.connect()

    def test_no_error_carries_the_password_in_its_chain(self, fake: FakeQBittorrent) -> None:
        fake.replies["auth/login"] = text(500, "trouble")
        login = Login(secret="hush-hush")
        with managed(fake, login=login) as manager, pytest.raises(MovieSyncError) as caught:
            manager.connect()
        assert caught.value.__suppress_context__
        assert "hush-hush" not in str(caught.value)


class TestEnvironment:
    def test_the_librarys_variables_do_not_reach_it(
        self, fake: FakeQBittorrent, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("QBITTORRENTAPI_USERNAME", fake.username)
        monkeypatch.setenv("QBITTORRENTAPI_PASSWORD", fake.password)
        monkeypatch.setenv("QBITTORRENTAPI_API_KEY", "qbt_environment")
        with managed(fake, login=None) as manager, pytest.raises(AuthError, match="none are stored"):
            manager.connect()
        assert fake.count("auth/login") == 0
        assert not any("authorization" in request.headers for request in fake.requests)

    def test_neither_proxy_nor_netrc_nor_certificates_of_the_environment_count(
        self, fake: FakeQBittorrent, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        netrc = tmp_path / "netrc"
        netrc.write_text("default login somebody password something\n")
        netrc.chmod(0o600)
        monkeypatch.setenv("NETRC", str(netrc))
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "missing.pem"))
        with managed(fake) as manager:
            manager.connect()
        assert not any("authorization" in request.headers for request in fake.requests)


class TestTls:
    @pytest.fixture
    def encrypted(self, tmp_path: Path) -> Iterator[FakeQBittorrent]:
        with FakeQBittorrent(tls=server_context(tmp_path)) as fake:
            yield fake

    def test_a_self_signed_certificate_is_refused_by_default(self, encrypted: FakeQBittorrent) -> None:
        refusal = pytest.raises(ServiceUnavailable, match="TLS certificate was not accepted")
        with managed(encrypted, use_https=True) as manager, refusal:
            manager.connect()
        assert encrypted.requests == []

    def test_it_can_be_allowed(self, encrypted: FakeQBittorrent) -> None:
        with managed(encrypted, use_https=True, verify_certificate=False) as manager:
            assert manager.add_torrent(FILM).owned

    def test_it_never_falls_back_to_plain_http(self, fake: FakeQBittorrent) -> None:
        with managed(fake, use_https=True, seconds=1.0) as manager, pytest.raises(ServiceUnavailable):
            manager.connect()
        assert fake.requests == []


class TestMoving:
    @pytest.mark.parametrize("status", [400, 403, 409])
    def test_a_folder_that_is_refused_is_named_with_what_to_do(
        self, fake: FakeQBittorrent, status: int
    ) -> None:
        """403 comes from a 4.5.0, which tries whether it may write."""
        fake.replies["torrents/setLocation"] = text(status, "no")
        with managed(fake) as manager:
            manager.add_torrent(FILM)
            mend = r"^/trash: qBittorrent at .* Check that its disk is mounted there"
            with pytest.raises(PlaceUnavailable, match=mend):
                manager.move(FILM.info_hash, "/trash")
            assert manager.find(FILM.candidates) is not None

    def test_a_session_that_has_ended_is_no_refusal(self, fake: FakeQBittorrent, tmp_path: Path) -> None:
        with managed(fake, save_path=tmp_path) as manager:
            manager.add_torrent(FILM)
            ended: list[str] = []

            def end_once(request: Request) -> None:
                if request.path == "torrents/setLocation" and not ended:
                    ended.append(request.path)
                    fake.sessions.clear()

            fake.before = end_once
            assert manager.move(FILM.info_hash, str(tmp_path / "trash"))
            assert ended
            assert fake.torrents[FILM.info_hash]["save_path"] == str(tmp_path / "trash")

    def test_nor_is_a_password_that_was_changed(self, fake: FakeQBittorrent) -> None:
        with managed(fake) as manager:
            manager.add_torrent(FILM)

            def change(request: Request) -> None:
                if request.path == "torrents/setLocation":
                    fake.sessions.clear()
                    fake.password = "another"

            fake.before = change
            with pytest.raises(AuthError, match="Login failed"):
                manager.move(FILM.info_hash, "/trash")

    def test_each_change_names_one_torrent(self, fake: FakeQBittorrent, tmp_path: Path) -> None:
        with managed(fake, save_path=tmp_path) as manager:
            manager.add_torrent(FILM)
            fake.requests.clear()
            manager.stop_torrent(FILM.info_hash)
            manager.recheck(FILM.info_hash)
            manager.move(FILM.info_hash, str(tmp_path / "trash"))
            manager.start_torrent(FILM.info_hash)
        named = [one.form["hashes"] for one in fake.requests if one.path.startswith("torrents/")]
        assert set(named) == {FILM.info_hash}
        assert len(named) == 8
