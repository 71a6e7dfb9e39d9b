"""The workers on a bench: stepped by hand, with working stand-ins outside and everything inside real."""

import io
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import bencode2
from memory_qbittorrent import MemoryQBittorrent
from support import Clock

from acquisition import Acquisition
from console import Console
from destination import Destination, SavedTorrents
from diary_feed import Watched
from download_service import DownloadResult, Found, MovieDownloader, NoRelease, Release
from errors import ServiceError, ServiceUnavailable, StateWriteError
from film_store import film_key
from finished import Finished
from follow_up import FollowUp
from library import Library
from linking import Linking
from list_memory import ListMemory
from logs import Redactor
from loop import Pace, guarded_step
from movie import ChosenRelease, FilmFacts, ListedFilm, Movie
from new_films import NewFilms
from places import DownloadPlace
from queue_files import COMPLETED, FAILED, PENDING
from queue_manager import QueueManager
from reading import Outcome, Reading
from removal_plan import RemovalRules
from services import Services
from shared_path import SharedPath
from torrent_file import TorrentFile, read_torrent
from torrent_store import keep_torrent
from uploads import UploadRules, Uploads
from workers import DownloadWorker, MonitorWorker

TAG = "movie_sync"
DOWN = ServiceUnavailable("filelist", "FileList.io did not answer.")
GONE = ServiceUnavailable("qbittorrent", "Could not connect to qBittorrent.")
HUGE = 10**16
"""More bytes than there are on any disk that tests run on."""
MIB = 2**20
DAY = 24 * 3600
SETTINGS = {"max_retries": 5, "retry_interval": 3600, "backoff_multiplier": 2.0}


def make_torrent(name: str, size: int = MIB) -> TorrentFile:
    """A proven `.torrent` whose one file claims `size` bytes."""
    piece = max(2**14, 1 << (size // 1000).bit_length())
    info = {b"length": size, b"name": f"{name}.mkv".encode(), b"piece length": piece}
    pieces = b"x" * 20 * (-(-size // piece))
    return read_torrent(bencode2.bencode({b"info": {**info, b"pieces": pieces, b"private": 1}}))


def found(name: str, clock: Clock, size: int = MIB) -> Found:
    release = ChosenRelease(name=name, tracker="filelist", id="7", size=size, chosen_at=int(clock()))
    return Found(release, make_torrent(name, size))


class FakeTracker(MovieDownloader):
    """Answers by title what `answers` holds, raising exceptions; keeps torrents as a real one does."""

    name = "filelist"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.answers: dict[str, DownloadResult | Exception] = {}
        self.asked: list[str] = []
        self.name_proved: list[bool] = []
        self.rows: list[Release] = []
        self.no_rows: Exception | None = None
        self.looked = 0
        self.left = 150
        self.offered: list[tuple[str, ...]] = []
        self.during_search: Callable[[], object] = lambda: None

    def latest(self) -> tuple[Release, ...]:
        self.looked += 1
        if self.no_rows is not None:
            raise self.no_rows
        return tuple(self.rows)

    def fits(
        self,
        movie: Movie,
        rows: Sequence[Release],
        *,
        name_proves: bool = True,
        facts: FilmFacts | None = None,
    ) -> bool:
        return any(movie.title.replace(" ", ".") in row.name for row in rows)

    def calls_left(self) -> int:
        return self.left

    def download_movie(
        self,
        movie: Movie,
        *,
        name_proves: bool = True,
        facts: FilmFacts | None = None,
        offered: Sequence[Release] = (),
    ) -> DownloadResult:
        self.offered.append(tuple(row.name for row in offered))
        self.asked.append(movie.title)
        self.name_proved.append(name_proves)
        self.during_search()
        answer = self.answers.get(movie.title, NoRelease("No torrents found"))
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, Found):
            keep_torrent(self.folder, answer.torrent)
        return answer


@dataclass
class FakeWatchlist:
    """A list and its film pages. `trouble` holds by title what a page raises, once for each entry."""

    clock: Clock
    films: list[ListedFilm] = field(default_factory=list)
    reading: Reading | Exception | None = None
    pages: dict[str, FilmFacts] = field(default_factory=dict)
    trouble: dict[str, list[Exception]] = field(default_factory=dict)
    online: bool = True
    readings: int = 0
    read: list[str] = field(default_factory=list)
    again: set[str] = field(default_factory=set)
    given_up: list[str] = field(default_factory=list)
    failed_pages: Counter[str] = field(default_factory=Counter)
    unwritable: bool = False
    diary: tuple[Watched, ...] | ServiceError = ()
    diary_asked: int = 0
    before: ListMemory = field(default_factory=ListMemory)

    def read_watchlist(self, is_known: Callable[[str], bool]) -> Reading:
        self.readings += 1
        if isinstance(self.reading, Exception):
            raise self.reading
        return self.reading or self.a_reading(Outcome.COMPLETE if self.films else Outcome.EMPTY)

    def a_reading(self, outcome: Outcome, message: str = "", error: object = None) -> Reading:
        films, now, before = tuple(self.films), int(self.clock()), self.before
        reading = Reading(outcome, "me", "watchlist", films, len(films), message, error, now, before)  # type: ignore[arg-type]
        if reading.proven:
            self.before = ListMemory(films=tuple(map(film_key, films)), read_at=now)
        return reading

    def watched(self) -> tuple[Watched, ...]:
        self.diary_asked += 1
        if isinstance(self.diary, ServiceError):
            raise self.diary
        return self.diary

    def facts(self, film: ListedFilm) -> FilmFacts:
        self.read.append(film.title)
        if self.trouble.get(film.title):
            raise self.trouble[film.title].pop(0)
        return self.pages.get(film.title) or FilmFacts(title=film.title, year=film.year)

    def known_facts(self, film: ListedFilm) -> FilmFacts | None:
        return self.pages.get(film.title) if film.title in self.read else None

    def is_outdated(self, film: ListedFilm, *, by_time: bool = True) -> bool:
        return film.title in self.again

    def failures(self, film: ListedFilm) -> int:
        return self.failed_pages[film.title]

    def failed(self, film: ListedFilm) -> int:
        if self.unwritable:
            raise StateWriteError("films.json: cannot be written.")
        self.failed_pages[film.title] += 1
        return self.failed_pages[film.title]

    def gave_up(self, film: ListedFilm) -> None:
        self.given_up.append(film.title)


class Bench:
    """One state folder and download directory with everything that works on them, made when first used."""

    def __init__(
        self, root: Path, clock: Clock, *, qbittorrent: bool = True, elsewhere: bool = False
    ) -> None:
        self.folder = root / "state"
        self.downloads = root / "downloads"
        self.downloads.mkdir(exist_ok=True)
        self.clock = clock
        self.linking: Linking | None = None
        self.settings: dict[str, Any] = dict(SETTINGS)
        self.stalled_after: float = DAY
        self.printed = io.StringIO()
        self.told: list[str] = []
        self.console = Console(Redactor(), self.printed)
        self.queue = QueueManager(self.folder, max_retries=SETTINGS["max_retries"], now=clock)  # type: ignore[arg-type]
        self.services = Services(self.folder, lambda service: "credentials", clock)
        self.tracker = FakeTracker(self.folder)
        self.trackers: list[MovieDownloader] = [self.tracker]
        self.client = MemoryQBittorrent() if qbittorrent else None
        self.watchlist = FakeWatchlist(clock)
        self.library = Library([self.downloads], clock)
        self.place = DownloadPlace(self.downloads, self.folder, we_write=not qbittorrent, elsewhere=elsewhere)

    @property
    def qbittorrent(self) -> MemoryQBittorrent:
        assert self.client is not None
        return self.client

    @cached_property
    def acquisition(self) -> Acquisition:
        destination: Destination = self.client or SavedTorrents(self.downloads)
        return Acquisition(
            queue=self.queue,
            downloaders=self.trackers,
            destination=destination,
            client=self.client,
            library=self.library,
            place=self.place,
            services=self.services,
            tag=TAG,
            say=self.console.say,
            now=self.clock,
        )

    @cached_property
    def follow_up(self) -> FollowUp:
        finished = Finished(self.qbittorrent, self.place, SharedPath(str(self.downloads), self.downloads))
        return FollowUp(
            self.queue,
            self.qbittorrent,
            self.services,
            self.place,
            finished,
            self.stalled_after,
            self.console.say,
            self.clock,
        )

    @cached_property
    def uploads(self) -> Uploads:
        rules = UploadRules(interval=900, recheck=30 * 86400, max_retries=SETTINGS["max_retries"])  # type: ignore[arg-type]
        return Uploads(self.trackers[0], self.queue, self.folder, rules, self.clock)

    @cached_property
    def downloads_worker(self) -> DownloadWorker:
        worker = DownloadWorker(
            queue=self.queue,
            acquisition=self.acquisition,
            follow_up=self.follow_up if self.client else None,
            linking=self.linking,
            uploads=self.uploads,
            services=self.services,
            needed=(*(["qbittorrent"] if self.client else []), *(tracker.name for tracker in self.trackers)),
            config=self.settings,
            console=self.console,
            stop=threading.Event(),
            now=self.clock,
        )
        self.queue.on_queued(worker.wake.set)
        return worker

    @cached_property
    def new_films(self) -> NewFilms:
        return NewFilms(
            self.watchlist,
            self.queue,
            self.library,
            self.place,
            self.console.say,
            lambda line, share: self.told.append(line),
            self.clock,
        )

    @cached_property
    def monitor_worker(self) -> MonitorWorker:
        return MonitorWorker(
            watchlist=self.watchlist,
            new_films=self.new_films,
            queue=self.queue,
            services=self.services,
            console=self.console,
            rules=RemovalRules(interval=3600, limit=0.1),
            stop=threading.Event(),
            now=self.clock,
        )

    def offer(self, title: str, size: int = MIB) -> TorrentFile:
        """Have the tracker offer a release of a film."""
        answer = found(f"{title.replace(' ', '.')}.1999.1080p.BluRay.x264-GRP", self.clock, size)
        self.tracker.answers[title] = answer
        return answer.torrent

    def want(self, *titles: str) -> None:
        self.queue.add_many_to_pending([Movie(title=title, year=1999, slug=title) for title in titles])

    def claim(self, **changes: Any) -> Movie:
        """The next pending film, claimed, with `changes` written into its record first."""
        movie = self.queue.films(PENDING)[0]
        self.queue.note(movie, PENDING, **changes)
        claimed = self.queue.get_next_pending()
        assert claimed is not None
        return claimed

    def film(self, title: str) -> Movie:
        """The film's record, in whichever queue."""
        return next(
            movie
            for queue in (PENDING, FAILED, COMPLETED)
            for movie in self.queue.films(queue)
            if movie.title == title
        )

    def titles(self, queue: str) -> list[str]:
        return [movie.title for movie in self.queue.films(queue)]

    def run(self, worker: MonitorWorker | DownloadWorker | None = None, steps: int = 50) -> None:
        """Step, with the guards of the loop, until nothing is ready."""
        worker = worker or self.downloads_worker
        for _ in range(steps):
            if guarded_step(worker) in {Pace.WAIT, Pace.STATE_TROUBLE}:
                return
        raise AssertionError("the worker does not come to rest")

    def later(self, seconds: float) -> None:
        """Let time pass in the steps in which a worker wakes, and let it work at each."""
        end = self.clock.time + seconds
        while self.clock.time < end:
            self.clock.time = min(self.clock.time + 60, end)
            self.run()

    @property
    def said(self) -> list[str]:
        return self.printed.getvalue().splitlines()

    def said_of(self, text: str) -> int:
        """In how many lines a text was said so far."""
        return sum(text in line for line in self.said)


def as_it_was(bench: Bench, title: str) -> bool:
    """Pending, due now, and without any try counted."""
    film = bench.film(title)
    return (film.status, film.retry_count, film.last_failed_at, film.not_before) == (PENDING, 0, None, 0)
