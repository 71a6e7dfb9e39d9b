"""The qBittorrent of a laboratory: a fake over HTTP, a real one, or none (`.torrent` files are saved)."""

import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

sys.path.append(str(Path(__file__).parent.parent / "contract"))

from fake_qbittorrent import FakeQBittorrent

from demo.private_qbittorrent import PrivateQBittorrent


class Client(Protocol):
    """What a laboratory asks of it. `settings` is the program's environment for it."""

    has_users_torrents: bool

    @property
    def settings(self) -> dict[str, str]: ...

    def forget(self, users_own: bytes) -> None:
        """Hold nothing but this torrent, which the user added without us."""

    def complete(self) -> None:
        """Every download is there."""

    def names(self) -> list[str]:
        """The names of all torrents."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class NoClient:
    """qBittorrent is disabled."""

    has_users_torrents = False

    def __init__(self, downloads: Path) -> None:
        self.settings = {"MOVIE_SYNC_QBITTORRENT__ENABLED": "false"}
        self._downloads = downloads

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing runs."""

    def forget(self, users_own: bytes) -> None:
        """The download directory is emptied by the laboratory."""

    def complete(self) -> None:
        """Nobody tells."""

    def names(self) -> list[str]:
        return sorted(path.name for path in self._downloads.glob("*.torrent"))


class FakeClient:
    """The fake of the contract tests."""

    has_users_torrents = True

    def __init__(self) -> None:
        self.fake = FakeQBittorrent()

    def __enter__(self) -> Self:
        self.fake.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.fake.__exit__()

    @property
    def settings(self) -> dict[str, str]:
        return settings_of(self.fake)

    def forget(self, users_own: bytes) -> None:
        for kept in (self.fake.torrents, self.fake.categories, self.fake.requests, self.fake.sessions):
            kept.clear()
        self.fake.failures = 0
        self.fake.add(users_own, {})

    def complete(self) -> None:
        for row in self.fake.torrents.values():
            row |= {"state": "stalledUP", "progress": 1, "amount_left": 0, "completion_on": int(time.time())}

    def names(self) -> list[str]:
        return sorted(row["name"] for row in self.fake.torrents.values())


class RealClient:
    """A qbittorrent-nox of our own. Nobody seeds, so that no download completes."""

    has_users_torrents = True

    def __init__(self, root: Path) -> None:
        self._daemon = PrivateQBittorrent(root)

    def __enter__(self) -> Self:
        self._daemon.start()
        self._api = self._daemon.client()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._api.auth_log_out()
        self._daemon.stop()

    @property
    def settings(self) -> dict[str, str]:
        return settings_of(self._daemon)

    def forget(self, users_own: bytes) -> None:
        self._api.torrents_delete(delete_files=True, torrent_hashes="all")
        self._wait_for(0)
        self._api.torrents_add(torrent_files=users_own)
        self._wait_for(1)

    def complete(self) -> None:
        """Nobody seeds."""

    def names(self) -> list[str]:
        return sorted(str(torrent.name) for torrent in self._api.torrents_info())

    def _wait_for(self, count: int) -> None:
        pause, deadline = threading.Event(), time.monotonic() + 10
        while len(self.names()) != count:
            if time.monotonic() > deadline:
                raise TimeoutError(f"qBittorrent still has {self.names()}")
            pause.wait(0.02)


def settings_of(server: FakeQBittorrent | PrivateQBittorrent) -> dict[str, str]:
    """The program's environment for this qBittorrent."""
    return {
        "MOVIE_SYNC_QBITTORRENT__ENABLED": "true",
        "MOVIE_SYNC_QBITTORRENT__HOST": server.host,
        "MOVIE_SYNC_QBITTORRENT__PORT": str(server.port),
        "MOVIE_SYNC_QBITTORRENT_USERNAME": server.username,
        "MOVIE_SYNC_QBITTORRENT_PASSWORD": server.password,
    }
