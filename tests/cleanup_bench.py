"""Cleanup on a bench: all parts of the program real, on a real disk, with a qBittorrent in memory.

A `CleanupBench` knows of every file whose it is, so that after whatever happened the whole disk, all torrents
and all queues can be compared with what may be: `check`. A clock set by hand passes where the program waits.
"""

import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import msgspec
from cleanup_films import Ending, Film, content, differences, listed_as, torrent_of
from disk_qbittorrent import DiskQBittorrent, Files
from killable import Killed, Points, Waiting, Wire
from support import Clock

import storage
from cleaning import Cleaning
from cleanup import Plan
from cleanup_command import CleanupCommand
from cleanup_facts import TRASH
from cleanup_journal import UNDER_WAY, Entry, Journal
from config import Config
from console import Console
from errors import PlaceUnavailable, ServiceError
from film_store import film_key
from list_memory import ListMemory, Lists
from movie import Movie, movie_to_mapping
from places import MARKER
from program import cleaning_of, places_of
from qbittorrent_manager import QBittorrentManager
from queue_files import COMPLETED, FILE_NAMES, REMOVED
from queue_manager import QueueManager
from torrent_file import TorrentFile
from torrent_store import keep_torrent

TAG, MINE = "movie_sync", "me/watchlist"
HOUR, DAY = 3600, 24 * 3600
GRACE = 7 * DAY
FOREIGN = b"somebody's own"


class CleanupBench:
    """`films` is the download directory, `links` the link directory, `library` another place of films.

    `config` are entries besides the defaults of the bench: cleanup is on, armed, and no seeding is owed.
    """

    def __init__(self, root: Path, **config: Any) -> None:
        self.root = root.resolve()
        self.films, self.links = self.root / "films", self.root / "links"
        self.library, self.outside = self.root / "library", self.root / "outside"
        self.folder = self.root / "state"
        for path in (self.films, self.links, self.library, self.outside, self.folder):
            path.mkdir(parents=True)
        self.clock = Clock(int(self.films.stat().st_ctime) + HOUR)
        self.config = Config({}, self.folder)
        self.configure(**config)
        self.said: list[str] = []
        self.client = DiskQBittorrent(self.films)
        self.foreign: dict[Path, bytes | str] = {}
        self.known: list[Film] = []
        self.all_torrents: set[str] = set()
        self._events: defaultdict[str, list[Callable[[], object]]] = defaultdict(list)
        self.kill_at: int | None = None
        self.points: list[str] = []
        self.waits_of_slow = 2
        self._waited = 0
        (self.films / MARKER).touch()
        self.foreign[self.films / MARKER] = b""
        self.foreign_file(self.library / "Old Friend (1970)" / "Old Friend (1970).mkv")
        storage.write_json(self.folder / "places.json", [str(self.films)])
        storage.write_json(self.folder / "library.json", [str(self.films), str(self.library)])
        storage.write_json(self.folder / "cleanup.json", {"armed": True})
        self.listed = [f"slug:listed-{number}" for number in range(40)]
        self.read_list()

    def configure(self, **config: Any) -> None:
        """Change entries of the configuration; `qbittorrent` ones by a mapping."""
        values = {
            "enable_removal_cleanup": True,
            "removal_grace_period": GRACE,
            "download_directory": str(self.films),
            "library_directories": [str(self.library)],
            "link_directory": str(self.links),
            "max_retries": 5,
        }
        duty = {"minimum_seed_time": 0, **config.pop("qbittorrent", {})}
        self.config = Config({**values, "qbittorrent": duty, **config}, self.folder)
        self.restart()

    # --- what is there

    def film(
        self,
        title: str = "Heat",
        year: int = 1995,
        *,
        names: Iterable[str] = ("{name}/{name}.mkv", "{name}/{name}.nfo"),
        folder: Path | None = None,
        tags: Iterable[str] = (TAG,),
        queue: str = REMOVED,
        missed: int = GRACE,
        complete: bool = True,
        linked: bool = False,
        status: Mapping[str, Any] = {},
        **record: Any,
    ) -> Film:
        """A film that the program downloaded and that left the list; `record` are fields of its record."""
        name, place = f"{title.replace(' ', '.')}.{year}.1080p.BluRay-GRP", folder or self.films
        pieces = {one.format(name=name): content(one.format(name=name)) for one in names}
        top = next(iter(pieces)).split("/")[0]
        torrent = torrent_of(top, pieces)
        keep_torrent(self.folder, torrent)
        slug = f"{title}-{year}".lower().replace(" ", "-")
        blank = Movie(title=title, year=year, slug=slug, id=f"letterboxd:{slug}", lists=(MINE,))
        done = {"completed_at": self._ago(9), "downloaded_at": self._ago(9)} if complete else {}
        gone = (
            {"removed_at": self._ago(8), "removed_from": COMPLETED, "missing_for": missed}
            if queue == REMOVED
            else {}
        )
        facts = {"torrent_hash": torrent.info_hash, "owned": True, **done, **gone, **record}
        film = Film(msgspec.structs.replace(blank, **facts), torrent, queue=queue, save_path=place)
        self.put(torrent, pieces, *tags, folder=place, complete=complete, **status)
        film.files = {place / one: data for one, data in pieces.items()} if complete else {}
        if complete:
            self.lay(film.files)
        self.known.append(film)
        if linked:
            self.link(film)
        return film

    def put(
        self,
        torrent: TorrentFile,
        pieces: Files,
        *tags: str,
        folder: Path | None = None,
        complete: bool = True,
        **status: Any,
    ) -> str:
        """Have a torrent in qBittorrent; its files are not laid."""
        place = folder or self.films
        tops = {name.split("/")[0] for name in pieces}
        single = len(tops) == 1
        at = {"save_path": str(place), "content_path": str(place / tops.pop()) if single else str(place)}
        self.client.put(torrent, *tags, complete=complete, **at)
        if complete:
            # A file that was not touched since.
            self.client.become(torrent, completion_on=int(self.clock.time), seeding_time=30 * DAY, ratio=2.0)
        self.client.become(torrent, **status or {"tags": frozenset(tags)})
        self.client.hold(torrent.info_hash, pieces)
        self.all_torrents.add(torrent.info_hash)
        return torrent.info_hash

    def users_torrent(self, files: Files, *tags: str, folder: Path, name: str = "", **status: Any) -> str:
        """A torrent of the user's over files of these names in `folder`, which are not laid."""
        plain = name or next(iter(files)).split("/")[0]
        as_made = {f"{plain}/{path}" if name else path: data for path, data in files.items()}
        return self.put(torrent_of(plain, as_made), files, *tags, folder=folder, **status)

    def lay(self, files: Mapping[Path, bytes]) -> None:
        for path, data in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)

    def foreign_file(self, path: Path, data: bytes = FOREIGN) -> Path:
        """A file that is not ours, to be found as it is at the end."""
        self.lay({path: data})
        self.foreign[path] = data
        return path

    def foreign_link(self, path: Path, to: Path) -> Path:
        """A symbolic link that is not ours."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(to)
        self.foreign[path] = str(to)
        return path

    def replaced(self, film: Film, path: Path | None = None, data: bytes | None = None) -> Path:
        """A file of a film is somebody's own now, by another one in its place; of its size unless said."""
        at = path or film.path
        size = len(film.files.pop(at))
        self.long_complete(film)
        at.unlink()
        return self.foreign_file(at, content("another", size) if data is None else data)

    def long_complete(self, film: Film) -> None:
        """Whatever happens to its files now happens long after it was complete."""
        assert film.torrent is not None
        self.client.become(film.torrent, completion_on=self._ago(30))

    def disowned(self, film: Film) -> None:
        """All of a film's files are the user's from now on."""
        self.foreign |= film.files
        film.files = {}

    def link(self, film: Film, *, copied: bool = False) -> Path:
        """Have the film linked, as the program does it."""
        at = self.links / film.label / f"{film.label}{film.path.suffix}"
        at.parent.mkdir()
        if copied:
            at.write_bytes(film.path.read_bytes())
        else:
            os.link(film.path, at)
        film.link, film.linked = at, film.path.read_bytes()
        self.change(film, linked=str(at))
        return at

    def change(self, film: Film, **fields: Any) -> None:
        """Change its record, before anything runs."""
        film.movie = msgspec.structs.replace(film.movie, **fields)

    def _ago(self, days: float) -> int:
        return int(self.clock.time - days * DAY)

    # --- lists and queues

    def read_list(self, *shown: Film, at: float | None = None, name: str = MINE, **memory: Any) -> None:
        """Its list was read in full just now, and had these films."""
        keys = [*self.listed, *(film_key(listed_as(film.movie)) for film in shown)]
        when = int(self.clock.time if at is None else at)
        told = ListMemory(films=tuple(keys), read_at=when, full_at=when, length=len(keys))
        Lists(self.folder).change(name, lambda _: msgspec.structs.replace(told, **memory))

    def write_queues(self) -> None:
        """Have the films in the files of the queues."""
        by_queue: defaultdict[str, list[Any]] = defaultdict(list)
        for film in self.known:
            by_queue[film.queue].append(
                movie_to_mapping(msgspec.structs.replace(film.movie, status=film.queue))
            )
        for queue, films in by_queue.items():
            storage.write_json(self.folder / FILE_NAMES[queue], films)

    @staticmethod
    def entry_of(film: Film) -> dict[str, Any]:
        """The film as it stands in the file of its queue."""
        return movie_to_mapping(msgspec.structs.replace(film.movie, status=film.queue))

    def wanted_again(self, film: Film) -> None:
        """A reading shows the film: by another process, whatever goes on."""
        self.read_list(film)
        QueueManager(self.folder, max_retries=5, now=self.clock).add_to_pending(
            Movie(title=film.movie.title, year=film.movie.year, slug=film.movie.slug, lists=(MINE,))
        )
        film.queue = COMPLETED

    # --- the program

    def restart(self) -> None:
        """A new process on the same state."""
        for name in ("queue", "cleaning", "journal", "_place_and_library"):
            self.__dict__.pop(name, None)

    @cached_property
    def queue(self) -> QueueManager:
        return QueueManager(self.folder, max_retries=5, now=self.clock)

    @cached_property
    def journal(self) -> Journal:
        return Journal(self.folder)

    @property
    def wire(self) -> QBittorrentManager | None:
        if not self.config["qbittorrent"]["enabled"]:
            return None
        return cast(QBittorrentManager, Wire(self.client, self.happen))

    @cached_property
    def cleaning(self) -> Cleaning:
        place, library = places_of(self.config)
        stop = Waiting(self.passes)
        return cleaning_of(
            self.config, self.queue, self.wire, place, library, self.said.append, stop, self.clock
        )

    def plan(self) -> Plan:
        return self.cleaning.plan()

    def look(self, times: int = 1, after: float = 0.0) -> None:
        """The daemon looks for something to clean."""
        for _ in range(times):
            self.clock.time += after
            try:
                self.cleaning.look()
            except (ServiceError, PlaceUnavailable) as error:
                self.said.append(str(error))

    def yes(self) -> bool:
        """`--cleanup --yes`."""
        with self.cleaning.locked():
            return self.cleaning.clean()

    def go(self) -> None:
        """Whatever may go does, by a daemon that was just started, and is looked at until nothing moves."""
        self.write_queues()
        self.resume()

    def resume(self) -> None:
        """A new daemon goes on."""
        self.restart()
        for _ in range(6):
            self.look(after=120)

    def undo(self, text: str) -> int:
        """`--undo TEXT`."""
        self.restart()
        return _Undo(self)._undo(text)

    def later(self, seconds: float, step: float = HOUR) -> None:
        """Time passes with the daemon running, its list read at each step."""
        end = self.clock.time + seconds
        while self.clock.time < end:
            self.clock.time = min(self.clock.time + step, end)
            self.read_list()
            self.look()

    # --- what happens meanwhile

    def at(self, moment: str, do: Callable[[], object]) -> None:
        """Have something happen once at a moment such as "before move"."""
        self._events[moment].append(do)

    def happen(self, moment: str) -> None:
        self.points.append(moment)
        if self.kill_at is not None and len(self.points) > self.kill_at:
            self.kill_at = None
            raise Killed(moment)
        if self._events[moment]:
            self._events[moment].pop(0)()

    def passes(self, seconds: float) -> None:
        self.clock.time += seconds
        self._waited += 1
        if self._waited % self.waits_of_slow == 0:
            self.client.settle()

    def killed(self, do: Callable[[], object], at: int | None) -> bool:
        """Do it, and die at a point; whether it came to that."""
        self.points, self.kill_at = [], at
        try:
            with Points(self.happen):
                do()
        except Killed:
            return True
        finally:
            self.kill_at = None
        return False

    # --- what is there at the end

    def entries(self) -> tuple[Entry, ...]:
        return Journal(self.folder).read().entries

    def history(self) -> list[dict[str, Any]]:
        return self.queue.history.events()

    def said_of(self, text: str) -> int:
        """How often something was said."""
        return sum(text in line for line in self.said)

    def trash_of(self, film: Film, *, parts: bool = False) -> list[Path]:
        """Where in the trash files lie that hold what the film's hold, or also only half of it."""
        contents = {*film.files.values(), *(data[: len(data) // 2] for data in film.files.values() if parts)}
        return [path for path in self._trash().rglob("*") if path.is_file() and path.read_bytes() in contents]

    def _trash(self) -> Path:
        configured = self.config["trash_directory"]
        return Path(configured) if configured else self.films / TRASH

    def check(self, ending: Ending) -> None:
        """See what lies on the disk, in qBittorrent, in the queues."""
        stays = [film for film in self.known if film not in ending.gone]
        expected: dict[Path, bytes | str] = dict(self.foreign)
        for film in stays:
            expected |= film.files
            if film.link is not None and film.link not in self.foreign:
                expected[film.link] = film.linked
        self._check_disk(expected, ending.trashed)
        self._check_torrents(stays, ending)
        self._check_queues(ending)
        self._check_journal(ending.trashed)
        self._check_history(ending.gone)

    def _check_disk(self, expected: Mapping[Path, bytes | str], trashed: Iterable[Film]) -> None:
        trash = self._trash()
        there = {path: data for path, data in self.everything().items() if not path.is_relative_to(trash)}
        wanted = {path: data for path, data in expected.items() if not path.is_relative_to(trash)}
        assert differences(there, wanted) == {}
        in_trash = [data for path, data in self.everything().items() if path.is_relative_to(trash)]
        foreign = [data for path, data in expected.items() if path.is_relative_to(trash)]
        ours = [data for film in trashed for data in film.files.values()]
        assert sorted(map(repr, in_trash)) == sorted(map(repr, [*foreign, *ours]))

    def _check_torrents(self, stays: Iterable[Film], ending: Ending) -> None:
        hashes = {film.hash for film in ending.gone if film.torrent}
        assert self.client.statuses.keys() == self.all_torrents - hashes
        for film in stays:
            status = self.client.statuses.get(film.hash) if film.torrent else None
            if status is not None:
                assert Path(status.save_path) == film.save_path, film.label
                assert status.stopped == (film in ending.stopped), f"{film.label} is {status.state}"

    def _check_queues(self, ending: Ending) -> None:
        queue = QueueManager(self.folder, max_retries=5, now=self.clock)
        there = {movie.id: movie.status for movie in queue.everything()}
        left = [film for film in self.known if film not in (*ending.gone, *ending.forgotten)]
        assert there == {film.movie.id: film.queue for film in left}

    def _check_journal(self, trashed: Iterable[Film]) -> None:
        entries = self.entries()
        assert [entry.key for entry in entries if entry.phase in UNDER_WAY] == []
        lying = {entry.film["id"] for entry in entries if entry.phase == "trashed"}
        assert lying == {film.movie.id for film in trashed}

    def _check_history(self, gone: Iterable[Film]) -> None:
        told = {event["id"] for event in self.history() if event["event"] == "cleanup" and event.get("proof")}
        assert told >= {film.movie.id for film in gone}

    def everything(self) -> dict[Path, bytes | str]:
        """All files and links below the root, but for the state; empty folders do not count."""
        found: dict[Path, bytes | str] = {}
        for here, folders, names in os.walk(self.root):
            if Path(here) == self.root:
                folders.remove("state")
            for name in [*names, *folders]:
                path = Path(here, name)
                if path.is_symlink():
                    found[path] = str(path.readlink())
                elif path.is_file():
                    found[path] = path.read_bytes()
        return found


class _Undo(CleanupCommand):
    """The command, beside the bench."""

    def __init__(self, bench: CleanupBench) -> None:
        self._config = bench.config
        self._console = cast(Console, _Says(bench.said.append))
        self._queue, self._journal = bench.queue, bench.journal
        self._now, self._stop = bench.clock, Waiting(bench.passes)
        self._client = bench.wire
        self._cleaning, self._trash = bench.cleaning, bench.cleaning.trash


@dataclass
class _Says:
    say: Callable[[str], None]
