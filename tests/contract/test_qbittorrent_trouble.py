"""What happens when qBittorrent is away, slow, strange or unwilling: one bounded try, one clear error."""

import ssl
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fake_qbittorrent import NEW, OLD, FakeQBittorrent, Reply, Request, text
from qbittorrent_servers import Login, content_of, eventually, make_torrent, managed, real_daemon

from errors import AuthError, FilmFault, Interrupted, MovieSyncError, ServiceUnavailable
from torrent_file import read_torrent

FILM = read_torrent(make_torrent("Heat.1995.1080p.mkv"))
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
        with FakeQBittorrent(tls=_self_signed(tmp_path)) as fake:
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


@pytest.mark.qbittorrent
class TestRealDaemon:
    def test_a_stopped_one_is_said_with_what_to_do(self, tmp_path: Path) -> None:
        with real_daemon(tmp_path) as daemon, managed(daemon) as manager:
            manager.connect()
            daemon.stop()
            place = rf"Could not connect to qBittorrent at 127\.0\.0\.1:{daemon.port} \(connection refused\)"
            with pytest.raises(ServiceUnavailable, match=place + r".*Tools → Options → Web UI"):
                manager.add_torrent(FILM)
            daemon.start()
            assert manager.add_torrent(FILM).already_there is False

    def test_one_killed_later_still_has_the_torrent(self, tmp_path: Path) -> None:
        with real_daemon(tmp_path) as daemon, managed(daemon, save_path=daemon.save_path) as manager:
            manager.add_torrent(FILM)
            eventually(lambda: any(tmp_path.rglob(f"{FILM.info_hash}.fastresume")))
            daemon.kill()
            daemon.start()
            again = manager.add_torrent(FILM)
        assert (again.owned, again.already_there) == (True, True)

    def test_one_killed_at_once_may_have_lost_it_and_takes_it_again(self, tmp_path: Path) -> None:
        """4.5 lists a torrent some milliseconds before it has written it down."""
        with real_daemon(tmp_path) as daemon, managed(daemon, save_path=daemon.save_path) as manager:
            manager.add_torrent(FILM)
            daemon.kill()
            daemon.start()
            assert manager.add_torrent(FILM).owned
            assert len(manager.torrents()) == 1

    def test_too_many_wrong_passwords_are_a_ban(self, tmp_path: Path) -> None:
        limit = {"Preferences/WebUI\\MaxAuthenticationFailCount": "2"}
        with real_daemon(tmp_path, limit) as daemon:
            bans = []
            for _ in range(3):
                refusal = pytest.raises(AuthError, match="Login failed")
                with managed(daemon, login=Login(secret="wrong")) as manager, refusal as caught:
                    manager.connect()
                bans.append(caught.value.ban_seconds)
        assert bans == [None, None, 3600]

    def test_without_login_where_it_lets_this_computer_in(self, tmp_path: Path) -> None:
        open_door = {"Preferences/WebUI\\LocalHostAuth": "false"}
        with real_daemon(tmp_path, open_door) as daemon, managed(daemon, login=None) as manager:
            assert manager.connect().startswith("v")

    def test_a_user_who_adds_torrents_stopped_gets_ours_started(self, tmp_path: Path) -> None:
        stopped = {
            "BitTorrent/Session\\AddTorrentPaused": "true",
            "BitTorrent/Session\\AddTorrentStopped": "true",
            "BitTorrent/Session\\TorrentStopCondition": "FilesChecked",
        }
        with real_daemon(tmp_path, stopped) as daemon, managed(daemon, save_path=tmp_path) as manager:
            manager.add_torrent(FILM)
            eventually(lambda: {status.state for status in manager.ours()} == {"stalledDL"})

    def test_files_that_are_there_already_make_it_complete(self, tmp_path: Path) -> None:
        with real_daemon(tmp_path) as daemon, managed(daemon, save_path=daemon.save_path) as manager:
            (daemon.save_path / FILM.name).write_bytes(content_of(FILM.name))
            manager.add_torrent(FILM)
            eventually(lambda: all(status.complete for status in manager.ours()))
            status = manager.find(FILM.candidates)
        assert status is not None
        assert (status.progress, status.amount_left) == (1, 0)
        assert status.completion_on is not None

    def test_the_speed_limit_reaches_it(self, tmp_path: Path) -> None:
        with real_daemon(tmp_path) as daemon:
            with managed(daemon, save_path=daemon.save_path, speed_limit=300_032) as manager:
                manager.add_torrent(FILM)
            client = daemon.client()
            limits = [torrent.dl_limit for torrent in client.torrents_info()]
            client._trigger_session_initialization()
        assert limits == [300_032]


def _self_signed(folder: Path) -> ssl.SSLContext:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    signed = builder.not_valid_before(now - timedelta(1)).not_valid_after(now + timedelta(1))
    pem = signed.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    plain = serialization.NoEncryption()
    kind = serialization.PrivateFormat.PKCS8
    path = folder / "server.pem"
    path.write_bytes(pem + key.private_bytes(serialization.Encoding.PEM, kind, plain))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context
