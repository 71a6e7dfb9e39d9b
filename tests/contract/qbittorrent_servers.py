"""What the contract tests run against: real qBittorrents and fakes, driven alike."""

import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from fake_qbittorrent import FakeQBittorrent
from memory_qbittorrent import MemoryQBittorrent

from demo.private_qbittorrent import PrivateQBittorrent
from qbittorrent_manager import QBittorrentManager
from torrent_file import TorrentFile, read_torrent

SETTINGS: dict[str, Any] = {
    "enabled": True,
    "category": "Movies",
    "use_https": False,
    "verify_certificate": True,
    "tag": "movie_sync",
    "save_path": None,
    "speed_limit": None,
}
SAVED = ".fastresume"
"""What qBittorrent writes down of each torrent ends so; only then does a restart find it again."""


@dataclass(frozen=True)
class Login:
    username: str | None = "admin"
    secret: str | None = "loopback-only"
    api_key: str | None = None


Client = QBittorrentManager | MemoryQBittorrent


class Server(Protocol):
    """A running qBittorrent, real or not, with what a test wants to do behind the client's back."""

    @property
    def free(self) -> int:
        """The free bytes that it should tell of."""

    def client(self, save_path: Path) -> AbstractContextManager[Client]:
        """What the program would ask it with, for films in `save_path`."""

    def add_as_user(self, data: bytes, save_path: Path) -> None: ...

    def stop_torrent(self, torrent: TorrentFile) -> None: ...

    def create_category(self, name: str, path: Path) -> None: ...

    def category_path(self, name: str) -> str | None: ...

    def restart(self) -> None: ...


class WebServer(Server, Protocol):
    """One with an address; a manager has to log in."""

    host: str
    port: int


class Run(Protocol):
    """Runs a private qBittorrent; `settings` are further lines of its configuration file."""

    def __call__(
        self, settings: Mapping[str, str] | None = None
    ) -> AbstractContextManager[PrivateQBittorrent]: ...


class RealServer:
    def __init__(self, daemon: PrivateQBittorrent) -> None:
        self.host, self.port = daemon.host, daemon.port
        self._daemon = daemon

    @property
    def free(self) -> int:
        return shutil.disk_usage(self._daemon.save_path).free

    def client(self, save_path: Path) -> AbstractContextManager[Client]:
        return managed(self, save_path=save_path)

    def add_as_user(self, data: bytes, save_path: Path) -> None:
        with logged_in(self._daemon) as client:
            count = len(client.torrents_info())
            client.torrents_add(torrent_files=data, save_path=str(save_path), tags="mine", is_stopped=True)
            eventually(lambda: len(client.torrents_info()) > count)

    def stop_torrent(self, torrent: TorrentFile) -> None:
        with logged_in(self._daemon) as client:
            client.torrents_stop(torrent_hashes=torrent.candidates[-1])

    def create_category(self, name: str, path: Path) -> None:
        with logged_in(self._daemon) as client:
            client.torrents_create_category(name=name, save_path=str(path))

    def category_path(self, name: str) -> str | None:
        with logged_in(self._daemon) as client:
            category = client.torrents_categories().get(name)
            return category.savePath if category else None

    def restart(self) -> None:
        with logged_in(self._daemon) as client:
            count = len(client.torrents_info())
        eventually(lambda: len(list(self._daemon.root.rglob(f"*{SAVED}"))) == count)
        self._daemon.restart()


class FakeServer:
    def __init__(self, fake: FakeQBittorrent) -> None:
        self.host, self.port = fake.host, fake.port
        self._fake = fake

    @property
    def free(self) -> int:
        return self._fake.free

    def client(self, save_path: Path) -> AbstractContextManager[Client]:
        return managed(self, save_path=save_path)

    def add_as_user(self, data: bytes, save_path: Path) -> None:
        self._fake.add(data, {"savepath": str(save_path), "tags": "mine"})

    def stop_torrent(self, torrent: TorrentFile) -> None:
        self._fake.kept.stop(torrent.candidates[-1])

    def create_category(self, name: str, path: Path) -> None:
        self._fake.categories[name] = str(path)

    def category_path(self, name: str) -> str | None:
        return self._fake.categories.get(name)

    def restart(self) -> None:
        self._fake.restart()


class MemoryServer:
    """The fake that the unit tests use: client and server in one."""

    def __init__(self, save_path: Path) -> None:
        self._memory = MemoryQBittorrent(save_path)

    @property
    def free(self) -> int:
        assert self._memory.free is not None
        return self._memory.free

    def client(self, save_path: Path) -> AbstractContextManager[Client]:
        return nullcontext(self._memory)

    def add_as_user(self, data: bytes, save_path: Path) -> None:
        self._memory.put(read_torrent(data), "mine", category="", save_path=str(save_path))

    def stop_torrent(self, torrent: TorrentFile) -> None:
        self._memory.let_user_stop(torrent)

    def create_category(self, name: str, path: Path) -> None:
        self._memory.categories[name] = str(path)

    def category_path(self, name: str) -> str | None:
        return self._memory.categories.get(name)

    def restart(self) -> None:
        self._memory.restart()


@contextmanager
def logged_in(daemon: PrivateQBittorrent) -> Iterator[Any]:
    """The library's own client, as the user's hand."""
    client = daemon.client()
    try:
        yield client
    finally:
        client.auth_log_out()
        client._trigger_session_initialization()


@contextmanager
def real_daemon(
    program: Sequence[str], root: Path, settings: Mapping[str, str] | None = None
) -> Iterator[PrivateQBittorrent]:
    """A private qBittorrent of its own."""
    with PrivateQBittorrent(root, settings=settings, program=program) as daemon:
        yield daemon


@contextmanager
def managed(
    place: Any,
    *,
    login: Login | None = Login(),
    save_path: Path | str = "/downloads",
    stop: threading.Event | None = None,
    seconds: float = 10.0,
    **settings: Any,
) -> Iterator[QBittorrentManager]:
    """A manager for anything with `host` and `port`, closed afterwards."""
    chosen = {**SETTINGS, "host": place.host, "port": place.port, **settings}
    manager = QBittorrentManager(chosen, login, str(save_path), stop or threading.Event(), seconds=seconds)
    try:
        yield manager
    finally:
        manager.close()


def eventually(condition: Callable[[], object], seconds: float = 10.0) -> None:
    """Wait for `condition`, which a server reaches in its own time."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that"
        pause.wait(0.02)
