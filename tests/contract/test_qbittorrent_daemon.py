"""What only real qBittorrents can show: settings of their users, kills, temporary folders, TLS, bans."""

import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from qbittorrent_servers import SAVED, Login, Run, eventually, logged_in, managed
from self_signed import write_certificate
from torrents_to_add import FILM, make_zeros

from demo.private_qbittorrent import PrivateQBittorrent
from errors import AuthError, ServiceUnavailable
from torrent_file import read_torrent


class TestComingAndGoing:
    def test_a_stopped_one_is_said_with_what_to_do(self, run: Run) -> None:
        with run() as daemon, managed(daemon) as manager:
            manager.connect()
            daemon.stop()
            place = rf"Could not connect to qBittorrent at 127\.0\.0\.1:{daemon.port} \(connection refused\)"
            with pytest.raises(ServiceUnavailable, match=place + r".*Tools → Options → Web UI"):
                manager.add_torrent(FILM)
            daemon.start()
            assert manager.add_torrent(FILM).already_there is False

    def test_one_that_hangs_costs_one_deadline_and_goes_on_later(self, run: Run) -> None:
        with run() as daemon, managed(daemon, seconds=0.5) as manager:
            manager.connect()
            assert daemon.process is not None
            daemon.process.send_signal(signal.SIGSTOP)
            try:
                with pytest.raises(ServiceUnavailable, match=r"no complete answer within 0\.5 s"):
                    manager.add_torrent(FILM)
            finally:
                daemon.process.send_signal(signal.SIGCONT)
            eventually(lambda: _is_up(daemon))
            assert manager.add_torrent(FILM).owned
            assert len(manager.torrents()) == 1

    def test_one_killed_later_still_has_the_torrent(self, run: Run) -> None:
        with run() as daemon, managed(daemon, save_path=daemon.save_path) as manager:
            manager.add_torrent(FILM)
            eventually(lambda: any(daemon.root.rglob(f"{FILM.info_hash}{SAVED}")))
            daemon.kill()
            daemon.start()
            again = manager.add_torrent(FILM)
        assert (again.owned, again.already_there) == (True, True)

    def test_one_killed_at_once_may_have_lost_it_and_takes_it_again(self, run: Run) -> None:
        """4.5 lists a torrent some milliseconds before it has written it down."""
        with run() as daemon, managed(daemon, save_path=daemon.save_path) as manager:
            manager.add_torrent(FILM)
            daemon.kill()
            daemon.start()
            assert manager.add_torrent(FILM).owned
            assert len(manager.torrents()) == 1

    def test_one_whose_network_is_gone_says_so(self, run: Run) -> None:
        names = ("Interface", "InterfaceName")
        unplugged = {f"BitTorrent/Session\\{name}": "none-such" for name in names}
        with (
            run(unplugged | {"BitTorrent/Session\\InterfaceAddress": ""}) as daemon,
            managed(daemon) as manager,
        ):
            eventually(lambda: not manager.is_online())


class TestUsersSettings:
    def test_a_user_who_adds_torrents_stopped_gets_ours_started(self, run: Run) -> None:
        stopped = {
            "BitTorrent/Session\\AddTorrentPaused": "true",
            "BitTorrent/Session\\AddTorrentStopped": "true",
            "BitTorrent/Session\\TorrentStopCondition": "FilesChecked",
        }
        with run(stopped) as daemon, managed(daemon, save_path=daemon.save_path) as manager:
            manager.add_torrent(FILM)
            eventually(lambda: {status.state for status in manager.ours()} == {"stalledDL"})

    def test_the_speed_limit_reaches_it(self, run: Run) -> None:
        with run() as daemon:
            with managed(daemon, save_path=daemon.save_path, speed_limit=300_032) as manager:
                manager.add_torrent(FILM)
            with logged_in(daemon) as client:
                assert [torrent.dl_limit for torrent in client.torrents_info()] == [300_032]

    def test_it_is_complete_only_once_it_has_left_the_temporary_folder(
        self, run: Run, tmp_path: Path
    ) -> None:
        """The folder is on another disk where there is one, so that the move takes its time."""
        with another_disk(tmp_path) as temporary:
            settings = {"Session\\TempPathEnabled": "true", "Session\\TempPath": str(temporary)}
            settings |= {"Session\\RefreshInterval": "50"}
            with run({f"BitTorrent/{key}": value for key, value in settings.items()}) as daemon:
                with (temporary / BIG.name).open("wb") as file:
                    file.truncate(BIG.size)
                with managed(daemon, save_path=daemon.save_path) as manager:
                    manager.add_torrent(BIG)
                    eventually(lambda: any(status.complete for status in manager.ours()))
                    status = manager.ours()[0]
                assert Path(status.content_path) == daemon.save_path / BIG.name
                assert (daemon.save_path / BIG.name).stat().st_size == BIG.size
                assert not (temporary / BIG.name).exists()


class TestLettingIn:
    def test_too_many_wrong_passwords_are_a_ban(self, run: Run) -> None:
        limit = {"Preferences/WebUI\\MaxAuthenticationFailCount": "2"}
        with run(limit) as daemon:
            bans = []
            for _ in range(3):
                refusal = pytest.raises(AuthError, match="Login failed")
                with managed(daemon, login=Login(secret="wrong")) as manager, refusal as caught:
                    manager.connect()
                bans.append(caught.value.ban_seconds)
        assert bans == [None, None, 3600]

    def test_without_login_where_it_lets_this_computer_in(self, run: Run) -> None:
        open_door = {"Preferences/WebUI\\LocalHostAuth": "false"}
        with run(open_door) as daemon, managed(daemon, login=None) as manager:
            assert manager.connect().startswith("v")

    def test_an_api_key_stands_in_for_the_login(self, run: Run) -> None:
        with run() as daemon:
            key = new_api_key(daemon)
            with managed(daemon, login=Login(None, None, key)) as manager:
                assert manager.add_torrent(FILM).owned
                assert manager.connections == 1

    def test_with_an_api_key_a_restart_shows_too(self, run: Run) -> None:
        with run() as daemon:
            key = new_api_key(daemon)
            with managed(daemon, login=Login(None, None, key)) as manager:
                manager.ours()
                restart_in_another_second(daemon)
                manager.ours()
                assert manager.connections == 2

    def test_without_login_a_restart_shows_too(self, run: Run) -> None:
        open_door = {"Preferences/WebUI\\LocalHostAuth": "false"}
        with run(open_door) as daemon, managed(daemon, login=None) as manager:
            manager.ours()
            manager.ours()
            daemon.restart()
            manager.ours()
            assert manager.connections == 2


class TestTls:
    @pytest.fixture
    def encrypted(self, run: Run, tmp_path: Path) -> Iterator[PrivateQBittorrent]:
        with run() as daemon:
            encrypt(daemon, tmp_path)
            yield daemon

    def test_a_self_signed_certificate_is_refused_by_default(self, encrypted: PrivateQBittorrent) -> None:
        refusal = pytest.raises(ServiceUnavailable, match="TLS certificate was not accepted")
        with managed(encrypted, use_https=True) as manager, refusal:
            manager.connect()

    def test_it_can_be_allowed(self, encrypted: PrivateQBittorrent) -> None:
        with managed(encrypted, use_https=True, verify_certificate=False) as manager:
            assert manager.add_torrent(FILM).owned
            assert len(manager.ours()) == 1

    def test_asked_in_the_clear_it_is_not_reached(self, encrypted: PrivateQBittorrent) -> None:
        with managed(encrypted) as manager, pytest.raises(ServiceUnavailable, match="Could not connect"):
            manager.connect()


BIG = read_torrent(make_zeros("Big.mkv", 64))


@contextmanager
def another_disk(otherwise: Path) -> Iterator[Path]:
    memory = Path("/dev/shm")
    usable = memory.is_dir() and shutil.disk_usage(memory).free > 2 * BIG.size
    with tempfile.TemporaryDirectory(dir=memory if usable else otherwise) as folder:
        yield Path(folder)


def new_api_key(daemon: PrivateQBittorrent) -> str:
    with logged_in(daemon) as client:
        made = client.app_rotate_api_key()
        if made is None:
            pytest.skip(f"qBittorrent {client.app_version()} has no API keys")
        return str(made.apiKey)


def restart_in_another_second(daemon: PrivateQBittorrent) -> None:
    """qBittorrent tells when it started in whole seconds."""
    started = int(time.time())
    daemon.stop()
    eventually(lambda: int(time.time()) > started)
    daemon.start()


def encrypt(daemon: PrivateQBittorrent, folder: Path) -> None:
    """Have it serve HTTPS in place of HTTP, as a user does who switches it on."""
    pem = str(write_certificate(folder))
    client = daemon.client()
    client.app_set_preferences(
        {"use_https": True, "web_ui_https_cert_path": pem, "web_ui_https_key_path": pem}
    )
    client._trigger_session_initialization()


def _is_up(daemon: PrivateQBittorrent) -> bool:
    with managed(daemon, seconds=0.5) as manager:
        try:
            return bool(manager.connect())
        except ServiceUnavailable:
            return False
