"""One film's attempt, from pending to handed over: is it there already, choose, fetch, hand over.

Called by DownloadWorker for one claimed film at a time. Every step can be repeated: the chosen release is
written down before qBittorrent is asked, and a torrent that is there already is success, so a crash between
any two steps ends in the same state. Decides nothing about errors: they are raised to the worker.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from destination import Destination
from download_service import DownloadResult, Found, MovieDownloader, NoRelease, Release
from errors import FilmFault, service_title
from film_store import FilmStore, facts_of
from history import event_of
from library import Entry, Library, find_entry
from movie import ChosenRelease, FilmFacts, Movie
from places import DownloadPlace
from qbittorrent_manager import HandOver, TorrentStatus
from queue_files import PENDING
from queue_manager import QueueManager
from release_choice import summary
from services import Services
from torrent_file import TorrentFile
from torrent_store import kept_torrent
from turns import is_not_out

CHOICE_KEPT_FOR = 24 * 3600
TORRENTS_KEPT_FOR = 30.0


class TorrentClient(Protocol):
    """What an attempt asks of qBittorrent besides taking a torrent."""

    def torrents(self) -> tuple[TorrentStatus, ...]:
        """All torrents."""

    def find(self, candidates: Sequence[str]) -> TorrentStatus | None:
        """The torrent with one of these hashes."""


@dataclass(frozen=True)
class AlreadyThere:
    """The film exists: on disk, or as a torrent (`torrent_hash`), ours if `owned`."""

    where: str
    torrent_hash: str | None = None
    owned: bool = False


@dataclass(frozen=True)
class HandedOver:
    """A torrent of the film is where it belongs."""

    release: ChosenRelease | None
    torrent_hash: str
    handed: HandOver


@dataclass(frozen=True)
class Overtaken:
    """Another process took the film out of the pending queue meanwhile; nothing was handed over."""


@dataclass(frozen=True)
class NotOutYet:
    """Nobody can have the film yet; nobody was asked."""


@dataclass(frozen=True)
class PageUnread:
    """Nothing but the address of the film's page is known: its name would prove nothing."""


Outcome = AlreadyThere | HandedOver | NoRelease | NotOutYet | Overtaken | PageUnread


class Acquisition:
    """Tries to get films. `client` is None when qBittorrent is disabled; `tag` marks our torrents."""

    def __init__(
        self,
        *,
        queue: QueueManager,
        downloaders: Sequence[MovieDownloader],
        destination: Destination,
        client: TorrentClient | None,
        library: Library,
        place: DownloadPlace,
        services: Services,
        tag: str,
        say: Callable[[str], None],
        now: Callable[[], float] = time.time,
    ) -> None:
        self._queue = queue
        self._downloaders = downloaders
        self._destination = destination
        self._client = client
        self._library = library
        self._place = place
        self._services = services
        self._tag = tag
        self._say = say
        self._now = now
        self._films = FilmStore(queue.folder / "films.json")
        self._torrents: tuple[Entry, ...] = ()
        self._torrents_at = 0.0

    def attempt(self, movie: Movie, offered: Sequence[Release] = (), *, at_once: bool = False) -> Outcome:
        """Get one claimed film. Raises what stands in the way (`errors`), having lost nothing.

        `offered` rows of a tracker were seen to fit it; `at_once` searches for it even if it is not out yet.
        """
        self.check_place()
        # Written before anybody outside is asked: what comes of asking must be kept.
        if self._queue.note(movie, PENDING) is None:
            return Overtaken()
        resumed = self._resume(movie)
        if resumed is not None:
            return resumed
        if movie.unread:
            return PageUnread()
        name_proves = not self._queue.has_namesake(movie)
        there = self._find_existing(movie, name_proves)
        if there is not None:
            return there
        facts = facts_of(self._films, movie)
        if not offered and not at_once and is_not_out(movie, facts, self._now()):
            return NotOutYet()
        result = self._search(movie, name_proves, facts, offered)
        if isinstance(result, NoRelease):
            return result
        return self._hand_over(movie, result.torrent, result.release)

    def check_place(self) -> None:
        """Raise `PlaceUnavailable` where nothing could be put now."""
        self._place.check()

    def _resume(self, movie: Movie) -> Outcome | None:
        """Finish what was begun: the release chosen before a crash, or while there was no room."""
        if not movie.torrent_hash:
            return None
        if self._client is not None:
            status = self._client.find([movie.torrent_hash])
            self._services.succeeded("qbittorrent")
            if status is not None:
                owned = self._tag in status.tags
                return HandedOver(
                    movie.release, movie.torrent_hash, HandOver(status.hash, owned, already_there=True)
                )
        fresh = movie.release is not None and self._now() - movie.release.chosen_at < CHOICE_KEPT_FOR
        torrent = kept_torrent(self._queue.folder, movie.torrent_hash) if fresh else None
        return self._hand_over(movie, torrent, movie.release) if torrent and movie.release else None

    def _find_existing(self, movie: Movie, name_proves: bool) -> AlreadyThere | None:
        entries = self._library.entries() if self._place.here else ()
        entry = find_entry(movie, (*self._torrent_entries(), *entries), name_proves=name_proves)
        if entry is None:
            return None
        return AlreadyThere(entry.where, entry.torrent_hash, owned=self._tag in entry.tags)

    def _torrent_entries(self) -> tuple[Entry, ...]:
        if self._client is not None and not 0 <= self._now() - self._torrents_at < TORRENTS_KEPT_FOR:
            self._torrents = tuple(
                Entry(torrent.name, f"qBittorrent: {torrent.name}", torrent.hash, torrent.tags)
                for torrent in self._client.torrents()
            )
            self._services.succeeded("qbittorrent")
            self._torrents_at = self._now()
        return self._torrents

    def _search(
        self, movie: Movie, name_proves: bool, facts: FilmFacts | None, offered: Sequence[Release]
    ) -> DownloadResult:
        """Ask the trackers in turn, or the one that offers; the last one's "no" stands for all."""
        result: DownloadResult = NoRelease("No tracker is configured")
        for downloader in self._downloaders:
            rows = [row for row in offered if row.tracker == downloader.name]
            if offered and not rows:
                continue
            result = downloader.download_movie(movie, name_proves=name_proves, facts=facts, offered=rows)
            self._services.succeeded(downloader.name)
            self._queue.history.append([_search_event(movie, downloader.name, result)])
            if isinstance(result, Found):
                self._say(f"   ✓ Found on {service_title(downloader.name)} ({summary(result.release)})")
                break
        return result

    def _hand_over(self, movie: Movie, torrent: TorrentFile, release: ChosenRelease) -> Outcome:
        noted = self._queue.note(movie, PENDING, "chosen", release=release, torrent_hash=torrent.info_hash)
        if noted is None:
            return Overtaken()
        if self._client is not None:
            self._place.require_room(torrent.size)
        try:
            handed = self._destination.hand_over(torrent)
        except FilmFault:
            # This torrent is no good; the next try is to choose anew, not to repeat it.
            self._queue.note(movie, PENDING, release=None, torrent_hash=None)
            raise
        if self._client is not None:
            self._services.succeeded("qbittorrent")
        return HandedOver(release, torrent.info_hash, handed)


def _search_event(movie: Movie, tracker: str, result: DownloadResult) -> dict[str, object]:
    if isinstance(result, Found):
        return event_of(movie, "searched", tracker=tracker, chosen=result.release.name)
    return event_of(movie, "searched", tracker=tracker, releases=len(result.refused), reason=result.reason)
