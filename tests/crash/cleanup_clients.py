"""The qBittorrent of the cleanup laboratory, a fake over HTTP or a real one: emptied and filled by hand."""

import contextlib
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

sys.path += [str(Path(__file__).parent.parent / folder) for folder in ("contract", "e2e")]

from fake_qbittorrent import FakeQBittorrent
from qbittorrent_faults import FaultingProxy, Harm
from support import Clock, eventually
from torrent_clients import settings_of

from demo.private_qbittorrent import PROGRAM, PrivateQBittorrent
from demo.torrents import DemoTorrent

CATEGORY = "Movies"
AT_REST = {"stalledUP", "stalledDL", "uploading", "pausedUP", "stoppedUP", "missingFiles", "error"}


class CleanupClient(Protocol):
    """What the laboratory asks of it. `settings` is the program's environment for it.

    `late` are the seconds until it shows at last what it was asked for.
    """

    late: float

    @property
    def settings(self) -> dict[str, str]: ...

    def empty(self) -> None:
        """Hold nothing."""

    def have(self, torrent: DemoTorrent, folder: Path, *tags: str, touched: bool = False) -> None:
        """Hold this torrent, whose files lie in `folder`; with `touched` they are younger than it."""

    def rows(self) -> dict[str, dict[str, Any]]:
        """All torrents by hash, once nothing happens to any of them."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class FakeSide:
    """The fake of the contract tests."""

    late = 0.0

    def __init__(self) -> None:
        self._fake = FakeQBittorrent()

    def __enter__(self) -> Self:
        self._fake.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._fake.__exit__()

    @property
    def settings(self) -> dict[str, str]:
        return settings_of(self._fake)

    def empty(self) -> None:
        fake = self._fake
        for kept in (fake.torrents, fake.kept.files, fake.categories, fake.requests, fake.sessions):
            kept.clear()
        fake.failures = 0

    def have(self, torrent: DemoTorrent, folder: Path, *tags: str, touched: bool = False) -> None:
        form = {"category": CATEGORY, "savepath": str(folder), "tags": ",".join(tags)}
        self._fake.add(torrent.data, form)
        self._fake.torrents[torrent.info_hash]["completion_on"] = int(time.time()) - (60 if touched else -1)

    def rows(self) -> dict[str, dict[str, Any]]:
        return {one: dict(row) for one, row in self._fake.torrents.items()}


class RealSide:
    """A qbittorrent-nox of our own behind a proxy that can do harm to each request."""

    late = 3.0

    def __init__(self, root: Path, program: Sequence[str] = (PROGRAM,)) -> None:
        self.daemon = PrivateQBittorrent(root, program=program)
        self._open = contextlib.ExitStack()

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            stack.enter_context(self.daemon)
            self._api = self.daemon.client()
            stack.callback(self._api.auth_log_out)
            self.proxy = stack.enter_context(FaultingProxy(self.daemon, Clock()))
            self._open = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    @property
    def settings(self) -> dict[str, str]:
        return {**settings_of(self.daemon), "MOVIE_SYNC_QBITTORRENT__HOST": self.proxy.host}

    def begin(self, harm: Harm | None) -> None:
        """Forget what was asked; from now on do this harm."""
        self.proxy.begin(harm)

    def empty(self) -> None:
        self.begin(None)
        self.rows()
        self._api.torrents_delete(delete_files=False, torrent_hashes="all")
        eventually(lambda: not self.rows() and not self._saved(), 20)

    def have(self, torrent: DemoTorrent, folder: Path, *tags: str, touched: bool = False) -> None:
        if CATEGORY not in self._api.torrents_categories():
            self._api.torrents_create_category(name=CATEGORY)
        self._api.torrents_add(
            torrent_files=torrent.data, save_path=str(folder), category=CATEGORY, tags=list(tags)
        )
        eventually(lambda: self._now().get(torrent.info_hash, {}).get("progress") == 1, 20)

    def rows(self) -> dict[str, dict[str, Any]]:
        eventually(self._is_settled, 20)
        return self._now()

    def _now(self) -> dict[str, dict[str, Any]]:
        return {str(row["hash"]): dict(row) for row in self._api.torrents_info()}

    def _saved(self) -> int:
        return len(list(self.daemon.root.rglob("*.fastresume")))

    def _is_settled(self) -> bool:
        if not self.proxy.at_rest:
            return False
        rows = self._now()
        return self._saved() == len(rows) and all(row["state"] in AT_REST for row in rows.values())
