"""Films that left their list, beside a real qBittorrent: one world for many tests, set back for each.

What the program would have written in a week of readings is written by its own queues; what a test is about
is done by the program as a process.
"""

import contextlib
import json
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from msgspec.structs import replace
from run_program import Run, run_main
from support import eventually

from demo.films import DemoFilm, made_up
from demo.private_qbittorrent import PROGRAM, PrivateQBittorrent
from demo.torrents import DemoTorrent
from demo.world import World
from list_memory import Lists
from movie import Movie
from queue_files import COMPLETED
from queue_manager import QueueManager
from torrent_file import read_torrent
from torrent_store import keep_torrent

LIST = "demo/watchlist"
OTHERS = tuple(made_up(6))
TAG, TRASH = "movie_sync", ".movie_sync_trash"
ON = {"MOVIE_SYNC_ENABLE_REMOVAL_CLEANUP": "true"}
SEEDING = {"stalledUP", "uploading"}
QUICK = {
    "MOVIE_SYNC_REMOVAL_GRACE_PERIOD": "1",
    "MOVIE_SYNC_QBITTORRENT__MINIMUM_SEED_TIME": "0",
    "MOVIE_SYNC_REQUEST_INTERVAL": "0",
}


class Stage:
    """A context manager; `begin` sets the world back: six films on the disk, cleanup was on before."""

    def __init__(self, root: Path, program: Sequence[str] = (PROGRAM,)) -> None:
        self.world = World(root, films=OTHERS, qbittorrent=True)
        self.daemon = PrivateQBittorrent(root / "qbittorrent", program=program)
        self.world.qbittorrent = self.daemon
        self.downloads, self.links = self.world.downloads, root / "links"
        self._kept = root / "kept"
        self._open = contextlib.ExitStack()

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            stack.enter_context(self.world)
            self.api = self.daemon.client()
            stack.callback(self.api.auth_log_out)
            self._open = stack.pop_all()
        self._put_others()
        self.run("--once", **ON)
        shutil.copytree(self.world.home, self._kept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def _put_others(self) -> None:
        self.links.mkdir(exist_ok=True)
        for film in OTHERS:
            (self.downloads / f"{film.label}.mkv").write_bytes(b"video")

    def begin(self) -> None:
        """Nothing has left yet."""
        self.api.torrents_delete(delete_files=False, torrent_hashes="all")
        eventually(lambda: not self.rows(), 10)
        for folder in (self.world.home, self.downloads, self.links):
            shutil.rmtree(folder)
        shutil.copytree(self._kept, self.world.home)
        self.downloads.mkdir()
        (self.downloads / ".movie_sync").touch()
        self._put_others()
        self.world.letterboxd.set_user("demo", OTHERS)

    # --- films

    def left(self, film: DemoFilm, *, missing: int = 5) -> DemoTorrent:
        """A film that was downloaded, and left the list `missing` seconds of readings ago."""
        name = f"{film.title.replace(' ', '.')}.{film.year}.1080p.BluRay.x264-GRP"
        torrent = self.world.make(name, size=200_000, folder=True)
        torrent.write_content(self.downloads)
        self.api.torrents_add(torrent_files=torrent.data, save_path=str(self.downloads), tags=TAG)
        eventually(lambda: self.state(torrent) in SEEDING, 10)
        self._record(film, torrent, missing)
        return torrent

    def _record(self, film: DemoFilm, torrent: DemoTorrent, missing: int) -> None:
        home, now = self.world.home, int(time.time())
        keep_torrent(home, read_torrent(torrent.data))
        queue = QueueManager(home, max_retries=5)
        queue.add_to_completed(
            Movie(
                title=film.title,
                year=film.year,
                imdb_id=film.imdb_id,
                film_id=film.film_id,
                lid=film.lid,
                slug=film.slug,
                lists=(LIST,),
                torrent_hash=torrent.info_hash,
                owned=True,
            )
        )
        known = queue.note(self._find(queue, film), COMPLETED, downloaded_at=now)
        assert known is not None
        queue.mark_removed([known], LIST)
        queue.add_missing([self._find(queue, film)], missing)
        Lists(home).change(LIST, lambda memory: replace(memory, read_at=now, full_at=now))

    def _find(self, queue: QueueManager, film: DemoFilm) -> Movie:
        found = queue.find(film.imdb_id or film.film_id)
        assert found is not None
        return found

    # --- runs and what they leave

    def env(self, **changes: str) -> dict[str, str]:
        return self.world.env(**{**QUICK, **changes})

    def run(self, *options: str, **changes: str) -> Run:
        return run_main(self.env(**changes), *options)

    def rows(self) -> dict[str, dict[str, Any]]:
        """What qBittorrent has, by hash."""
        return {str(row["hash"]): dict(row) for row in self.api.torrents_info()}

    def state(self, torrent: DemoTorrent) -> str:
        """Its state, "" if qBittorrent does not have it."""
        return str(self.rows().get(torrent.info_hash, {}).get("state", ""))

    def in_trash(self, torrent: DemoTorrent) -> bool:
        """Whether exactly one folder of the trash holds its files."""
        folders = [path for path in (self.downloads / TRASH).glob("*") if path.is_dir()]
        return [torrent.lies_in(folder) for folder in folders].count(True) == 1

    def is_gone(self, film: DemoFilm, torrent: DemoTorrent) -> bool:
        """Whether neither qBittorrent nor the queues nor the place of its files know of it."""
        there = any((self.downloads / path).exists() for path, _ in torrent.files)
        return torrent.info_hash not in self.rows() and not there and self.world.entry(film) is None

    def is_untouched(self, film: DemoFilm, torrent: DemoTorrent) -> bool:
        """Whether it is a removed film as before, with its torrent and its files."""
        entry = self.world.entry(film) or {}
        seeds = self.rows()[torrent.info_hash]["save_path"] == str(self.downloads)
        waits = entry.get("status") == "removed"
        return seeds and waits and self.state(torrent) in SEEDING and torrent.lies_in(self.downloads)

    def journal(self) -> dict[str, Any]:
        path = self.world.home / "cleanup.json"
        return dict(json.loads(path.read_bytes())) if path.exists() else {}

    def disarm(self) -> None:
        """Cleanup was off until now."""
        (self.world.home / "cleanup.json").unlink()

    def days_in_trash(self, days: float) -> None:
        """What lies in the trash was seen there for so much longer."""
        kept = self.journal()
        for entry in kept["entries"]:
            entry["kept_for"] = entry.get("kept_for", 0) + int(days * 24 * 3600)
        (self.world.home / "cleanup.json").write_text(json.dumps(kept))
