"""What the contract tests run against: a real qBittorrent and fakes, driven alike; torrents to add."""

import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import bencode2
from fake_qbittorrent import FakeQBittorrent
from support import need_qbittorrent

from demo.private_qbittorrent import PrivateQBittorrent
from qbittorrent_manager import QBittorrentManager

SETTINGS: dict[str, Any] = {
    "enabled": True,
    "category": "Movies",
    "use_https": False,
    "verify_certificate": True,
    "tag": "movie_sync",
    "save_path": None,
    "speed_limit": None,
}


@dataclass(frozen=True)
class Login:
    username: str | None = "admin"
    secret: str | None = "loopback-only"
    api_key: str | None = None


class Server(Protocol):
    """A running qBittorrent, real or not, with what a test wants to do behind the manager's back."""

    host: str
    port: int

    def add_as_user(self, data: bytes, save_path: Path) -> None: ...

    def create_category(self, name: str, path: Path) -> None: ...

    def category_path(self, name: str) -> str | None: ...

    def lose_sessions(self) -> None: ...


class RealServer:
    def __init__(self, daemon: PrivateQBittorrent) -> None:
        self.host, self.port = daemon.host, daemon.port
        self._daemon = daemon

    @contextmanager
    def _client(self) -> Iterator[Any]:
        client = self._daemon.client()
        try:
            yield client
        finally:
            client.auth_log_out()
            client._trigger_session_initialization()

    def add_as_user(self, data: bytes, save_path: Path) -> None:
        with self._client() as client:
            count = len(client.torrents_info())
            client.torrents_add(torrent_files=data, save_path=str(save_path), tags="mine", is_stopped=True)
            eventually(lambda: len(client.torrents_info()) > count)

    def create_category(self, name: str, path: Path) -> None:
        with self._client() as client:
            client.torrents_create_category(name=name, save_path=str(path))

    def category_path(self, name: str) -> str | None:
        with self._client() as client:
            category = client.torrents_categories().get(name)
            return category.savePath if category else None

    def lose_sessions(self) -> None:
        self._daemon.restart()


class FakeServer:
    def __init__(self, fake: FakeQBittorrent) -> None:
        self.host, self.port = fake.host, fake.port
        self._fake = fake

    def add_as_user(self, data: bytes, save_path: Path) -> None:
        self._fake.add(data, {"savepath": str(save_path), "tags": "mine"})

    def create_category(self, name: str, path: Path) -> None:
        self._fake.categories[name] = str(path)

    def category_path(self, name: str) -> str | None:
        return self._fake.categories.get(name)

    def lose_sessions(self) -> None:
        self._fake.sessions.clear()


@contextmanager
def real_daemon(root: Path, settings: dict[str, str] | None = None) -> Iterator[PrivateQBittorrent]:
    """A private qBittorrent; without one installed the test is skipped, in CI it fails."""
    need_qbittorrent()
    with PrivateQBittorrent(root, settings=settings or {}) as daemon:
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


def content_of(name: str) -> bytes:
    """The bytes of the file in `make_torrent(name)`."""
    return hashlib.sha256(name.encode()).digest() * 8


def make_torrent(name: str, *, v1: bool = True, v2: bool = False) -> bytes:
    """A .torrent of one small file (BEP 3, BEP 52); both versions together make a hybrid."""
    content = content_of(name)
    info: dict[str, Any] = {"name": name, "piece length": 16384, "private": 1}
    if v1:
        info |= {"length": len(content), "pieces": hashlib.sha1(content).digest()}
    if v2:
        leaf = {"length": len(content), "pieces root": hashlib.sha256(content).digest()}
        info |= {"meta version": 2, "file tree": {name: {"": leaf}}}
    metainfo = {"announce": "http://127.0.0.1:9/announce", "info": info}
    return bencode2.bencode(metainfo | ({"piece layers": {}} if v2 else {}))


def eventually(condition: Callable[[], object], seconds: float = 10.0) -> None:
    """Wait for `condition`, which a server reaches in its own time."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that"
        pause.wait(0.02)
