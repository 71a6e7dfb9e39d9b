"""One whole world for the program: Letterboxd, FileList, a swarm, the user's qBittorrent, and folders.

Owns starting and stopping them in the right order, and the environment that points `main.py` at them and at
nothing else. All of it lies below one folder that belongs to the caller.
"""

import contextlib
import json
import os
import re
import site
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from demo.filelist import StandInFileList
from demo.films import DemoFilm
from demo.letterboxd import StandInLetterboxd
from demo.private_qbittorrent import PrivateQBittorrent
from demo.swarm import Swarm
from demo.torrents import MIB, DemoTorrent, make_release

QUEUES = ("pending", "failed", "completed", "removed")
_KEPT = re.compile(r"PATH|LANG|LANGUAGE|LC_\w+|TZ|TERM|COLUMNS|TMPDIR|VIRTUAL_ENV|PYTHONPATH|LD_LIBRARY_PATH")


class World:
    """A context manager; `swarm` and `qbittorrent` say whether real daemons take part.

    Attributes: `letterboxd`, `filelist`, `swarm` and `qbittorrent` (`None` where left out), `home` (the state
    folder, not made yet), `downloads` (an empty directory), `username` (whose list starts as `films`).
    """

    def __init__(
        self,
        root: Path,
        *,
        films: tuple[DemoFilm, ...] = (),
        username: str = "demo",
        swarm: bool = False,
        qbittorrent: bool = False,
    ) -> None:
        self.root = root
        self.username = username
        self.home = root / "state"
        self.downloads = root / "downloads"
        self.letterboxd = StandInLetterboxd({username: films})
        self.filelist = StandInFileList()
        self.swarm = Swarm(root / "seeder", self.filelist) if swarm else None
        self.qbittorrent = PrivateQBittorrent(root / "qbittorrent") if qbittorrent else None
        self._running = contextlib.ExitStack()

    def __enter__(self) -> Self:
        self.downloads.mkdir(parents=True, exist_ok=True)
        (self.root / "user").mkdir(exist_ok=True)
        with contextlib.ExitStack() as starting:
            for part in (self.letterboxd, self.filelist, self.swarm, self.qbittorrent):
                if part is not None:
                    starting.enter_context(part)
            self._running = starting.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._running.close()

    def make(self, name: str, *, size: int = MIB, folder: bool = False) -> DemoTorrent:
        """A release made for this tracker, neither offered nor seeded yet."""
        return make_release(name, self.filelist.announce_url, size=size, folder=folder)

    def seed(self, *torrents: DemoTorrent) -> None:
        """Have the swarm seed these, if there is one."""
        if self.swarm is not None:
            self.swarm.seed(*torrents)

    def offer(self, film: DemoFilm | None, name: str, category: int = 4, **details: Any) -> DemoTorrent:
        """Make a release, seed it and put it on the tracker; `details` are those of `add_torrent`."""
        torrent = self.make(name, folder=bool(details.pop("folder", False)))
        self.seed(torrent)
        self.filelist.add_torrent(film, name, category, torrent, **details)
        return torrent

    def queue(self, name: str) -> list[dict[str, Any]]:
        """The films of a queue file ("pending", "failed", "completed", "removed"); none without the file."""
        try:
            entries = json.loads((self.home / f"queue_{name}.json").read_text("utf-8"))
        except FileNotFoundError:
            return []
        return list(entries)

    def entry(self, film: DemoFilm) -> dict[str, Any] | None:
        """The film's entry in whichever queue holds it, as its file has it."""
        ours = {film.imdb_id, f"letterboxd:{film.film_id}", film.film_id} - {None}
        for name in QUEUES:
            for entry in self.queue(name):
                if ours & {entry.get("imdb_id"), entry.get("id"), entry.get("film_id")}:
                    return entry
        return None

    def env(self, **changes: str | None) -> dict[str, str]:
        """The whole environment for `python main.py`; `changes` win, and `None` takes a variable away.

        Nothing of the caller's settings, proxies or home gets through.
        """
        merged: dict[str, str | None] = {**_basics(self.root / "user"), **self._settings(), **changes}
        return {name: value for name, value in merged.items() if value is not None}

    def _settings(self) -> Mapping[str, str]:
        settings = {
            "HOME": str(self.home),
            "USERNAME": self.username,
            "LETTERBOXD_URL": self.letterboxd.url,
            "API_URL": self.filelist.api_url,
            "DOWNLOAD_DIRECTORY": str(self.downloads),
            "REQUEST_INTERVAL": "0.05",
            "CHECK_INTERVAL": "1",
            "RETRY_INTERVAL": "2",
            "FILELIST_USERNAME": self.filelist.username,
            "FILELIST_PASSKEY": self.filelist.passkey,
            "QBITTORRENT__ENABLED": "false" if self.qbittorrent is None else "true",
        }
        if self.qbittorrent is not None:
            settings |= {
                "QBITTORRENT__HOST": self.qbittorrent.host,
                "QBITTORRENT__PORT": str(self.qbittorrent.port),
                "QBITTORRENT_USERNAME": self.qbittorrent.username,
                "QBITTORRENT_PASSWORD": self.qbittorrent.password,
            }
        return {f"MOVIE_SYNC_{name}": value for name, value in settings.items()}


def _basics(home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if _KEPT.fullmatch(name)}
    return {
        **kept,
        "HOME": str(home),
        # Libraries installed with `pip install --user` are found through the home that was just replaced.
        "PYTHONUSERBASE": site.getuserbase(),
        "PYTHONUNBUFFERED": "1",
        "PYTHONIOENCODING": "utf-8",
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
    }
