"""The program put together: which parts exist for this configuration, and how they hang on each other.

Called once by `main`. Everything that talks to the outside is made here, with the addresses, credentials
and time limits of the configuration, and handed down; no room finds its own.
"""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from acquisition import Acquisition
from call_ledger import CallLedger
from cleanup_journal import Journal
from config import Config
from console import Console, Progress
from credentials_manager import CredentialsManager
from destination import SavedTorrents
from download_service import MovieDownloader
from errors import ConfigError
from export_file import ExportWatchlist
from filelist_downloader import FileListDownloader
from finished import Finished
from follow_up import FollowUp
from library import Library
from linking import Linking
from monitor import LetterboxdWatchlistMonitor
from movie import Movie
from new_films import NewFilms, WatchlistSource
from places import DownloadPlace, FilledPlaces
from qbittorrent_manager import REQUEST_SECONDS, QBittorrentManager
from queue_manager import QueueManager
from release_choice import Preferences
from removal_plan import rules_of
from services import fingerprint_of, services_of
from shared_path import SharedPath
from uploads import UploadRules, Uploads
from web import WebClient
from workers import DownloadWorker, MonitorWorker

if TYPE_CHECKING:
    from cleaning import Cleaning

PAGE_SECONDS = 30.0
API_SECONDS = 30.0


class Program:
    """The parts of one running Movie Sync. Opening it reads the state files (`StateError`)."""

    def __init__(
        self,
        folder: Path,
        config: Config,
        credentials: CredentialsManager,
        console: Console,
        stop: threading.Event,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.folder = folder
        self.config = config
        self.console = console
        self.stop = stop
        self._now = now
        self._credentials = credentials
        self.queue = QueueManager(folder, max_retries=config["max_retries"], now=now)
        self.services = services_of(config, credentials, now)
        self._client: QBittorrentManager | None = None
        self._new_films: NewFilms | None = None

    def make_workers(self) -> tuple[MonitorWorker, DownloadWorker]:
        """The two workers, wired to everything they need; a film that becomes pending wakes the second."""
        place, library = places_of(self.config)
        downloads = self._download_worker(place, library)
        self.queue.on_queued(downloads.wake.set)
        return self._monitor_worker(place, library), downloads

    def films_to_look_up(self) -> tuple[Movie, ...]:
        """New films of the list whose pages were not read yet, and which are therefore in no queue."""
        return self._new_films.waiting if self._new_films else ()

    def close(self) -> None:
        """Take leave of qBittorrent, once no worker runs any more."""
        if self._client is not None:
            self._client.close()

    def _watchlist(self) -> WatchlistSource:
        config = self.config
        if config["watchlist_source"] != "web":
            source = Path(config["watchlist_source"])
            return ExportWatchlist(source, self.folder, self._now)
        web = WebClient(
            "letterboxd", config["letterboxd_url"], config["user_agent"], self.stop, seconds=PAGE_SECONDS
        )
        return LetterboxdWatchlistMonitor(
            config["username"],
            web,
            self.folder,
            request_interval=config["request_interval"],
            check_interval=config["check_interval"],
            stop=self.stop,
            now=self._now,
        )

    def _monitor_worker(self, place: DownloadPlace, library: Library) -> MonitorWorker:
        watchlist = self._watchlist()
        progress = Progress(self.console, self._now)
        new_films = NewFilms(
            watchlist, self.queue, library, place, self.console.say, progress.tell, self._now
        )
        self._new_films = new_films
        return MonitorWorker(
            watchlist=watchlist,
            new_films=new_films,
            queue=self.queue,
            services=self.services,
            console=self.console,
            rules=rules_of(self.config),
            stop=self.stop,
            now=self._now,
        )

    def _download_worker(self, place: DownloadPlace, library: Library) -> DownloadWorker:
        client = self._client = client_of(self.config, self._credentials, self.stop)
        tracker = filelist_of(self.config, self._credentials, self.stop, self._now)
        acquisition = Acquisition(
            queue=self.queue,
            downloaders=[tracker],
            destination=client or SavedTorrents(place.directory),
            client=client,
            library=library,
            place=place,
            services=self.services,
            tag=self.config["qbittorrent"]["tag"],
            say=self.console.say,
            now=self._now,
        )
        return DownloadWorker(
            queue=self.queue,
            acquisition=acquisition,
            follow_up=self._follow_up(client, place) if client else None,
            linking=self._linking(client, place) if client else None,
            uploads=self._uploads(tracker),
            cleaning=self._cleaning(client, place, library),
            services=self.services,
            needed=("qbittorrent", "filelist") if client else ("filelist",),
            config=self.config,
            console=self.console,
            stop=self.stop,
            now=self._now,
        )

    def _follow_up(self, client: QBittorrentManager, place: DownloadPlace) -> FollowUp:
        return FollowUp(
            self.queue,
            client,
            self.services,
            place,
            self._finished(client, place),
            self.config["stalled_after"],
            self.console.say,
            self._now,
            links=bool(self.config["link_directory"]),
        )

    def _linking(self, client: QBittorrentManager, place: DownloadPlace) -> Linking | None:
        if not self.config["link_directory"]:
            return None
        directory = Path(self.config["link_directory"])
        finished = self._finished(client, place)
        return Linking(self.queue, client, finished, directory, self.console.say, self.stop, self._now)

    def _finished(self, client: QBittorrentManager, place: DownloadPlace) -> Finished:
        return Finished(client, place, SharedPath(remote_path(self.config), place.directory))

    def _cleaning(
        self, client: QBittorrentManager | None, place: DownloadPlace, library: Library
    ) -> "Cleaning":
        say, stop, now = self.console.say, self.stop, self._now
        return cleaning_of(self.config, self.queue, client, place, library, say, stop, now)

    def _uploads(self, tracker: MovieDownloader) -> Uploads:
        config = self.config
        rules = UploadRules(config["latest_interval"], config["permanent_recheck"], config["max_retries"])
        return Uploads(tracker, self.queue, self.folder, rules, self._now)


def cleaning_of(
    config: Config,
    queue: QueueManager,
    client: QBittorrentManager | None,
    place: DownloadPlace,
    library: Library,
    say: Callable[[str], None],
    stop: threading.Event,
    now: Callable[[], float],
) -> "Cleaning":
    """Cleanup as configured."""
    # Imported here: a program that never cleans up needs none of it.
    from cleaning import Cleaning
    from cleanup import rules_from
    from cleanup_facts import CleanupFacts, places_from
    from emptying import Emptying
    from trash import Trash

    rules, tag = rules_from(config), config["qbittorrent"]["tag"]
    places = places_from(config, place, SharedPath(remote_path(config), place.directory))
    journal = Journal(config.folder)
    return Cleaning(
        queue,
        CleanupFacts(queue, client, journal, places, library, tag, rules),
        Trash(queue, journal, client, places, tag, say, now),
        Emptying(queue, journal, client, rules.trash_period, say, now),
        journal,
        rules,
        say,
        stop,
        now,
        enabled=bool(config["enable_removal_cleanup"]),
    )


def filelist_of(
    config: Config, credentials: CredentialsManager, stop: threading.Event, now: Callable[[], float]
) -> FileListDownloader:
    """FileList as configured. Raises `ConfigError` without credentials."""
    account = credentials.get("filelist")
    if account is None:
        raise ConfigError([credentials.missing("filelist") or "FileList credentials are missing"])
    web = WebClient("filelist", config["api_url"], config["user_agent"], stop, seconds=API_SECONDS)
    return FileListDownloader(
        web,
        account.username,
        account.secret,
        Preferences.from_config(config),
        CallLedger(config.folder / "filelist_calls.json", now=now),
        config.folder,
        now,
    )


def places_of(config: Config) -> tuple[DownloadPlace, Library]:
    """Where films are put, and where they may lie already."""
    settings = config["qbittorrent"]
    directory = Path(config["download_directory"])
    place = DownloadPlace(
        directory,
        config.folder,
        we_write=not settings["enabled"],
        elsewhere=bool(settings["enabled"] and settings["save_path"]),
    )
    trash = [Path(config["trash_directory"])] if config["trash_directory"] else []
    # Also those that were configured when something was put there.
    trash += [Path(one.local).parent for one in Journal(config.folder).read().entries if one.local]
    library = Library(
        [directory, *map(Path, config["library_directories"])],
        leave_out=trash,
        filled=FilledPlaces(config.folder),
    )
    return place, library


def client_of(
    config: Config,
    credentials: CredentialsManager,
    stop: threading.Event,
    seconds: float = REQUEST_SECONDS,
) -> QBittorrentManager | None:
    """The configured qBittorrent, if it is enabled. Raises `StateError` if its credentials cannot be read."""
    settings = config["qbittorrent"]
    if not settings["enabled"]:
        return None
    account = credentials.get("qbittorrent")
    return QBittorrentManager(settings, account, remote_path(config), stop, seconds=seconds)


def remote_path(config: Config) -> str:
    """The download directory as qBittorrent sees it."""
    return str(config["qbittorrent"]["save_path"] or config["download_directory"])


def repair_state(
    config: Config, credentials: CredentialsManager, console: Console, trouble: str | None
) -> int:
    """`--repair`, under the daemon's lock; the exit code. `trouble` says why credentials cannot be read."""
    from repair import repair

    console.say(f"🔧 Repairing {config.folder}")
    place, library = places_of(config)
    client = None if trouble else client_of(config, credentials, threading.Event())
    try:
        return repair(
            config.folder,
            client,
            place,
            library,
            console.say,
            time.time,
            fingerprint=fingerprint_of(config, credentials),
            trouble=trouble,
        )
    finally:
        if client is not None:
            client.close()
