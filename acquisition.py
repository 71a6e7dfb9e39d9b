"""One film's attempt, from pending to handed over: is it there already, choose, fetch, hand over.

Called by DownloadWorker for one claimed film at a time. Every step can be repeated: the chosen release is
written down before qBittorrent is asked, and a torrent that is there already is success, so a crash between
any two steps ends in the same state. Decides nothing about errors: they are raised to the worker.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from msgspec.structs import replace

from destination import Destination
from download_service import DownloadResult, Found, MovieDownloader, NoRelease, Release
from errors import FilmFault, NoSpace, service_title
from film_store import FilmStore, facts_of
from history import event_of
from in_flight import given_up
from library import Entries, Library, find_wanted, torrent_entry
from movie import ChosenRelease, FilmFacts, Movie, TriedRelease
from places import DownloadPlace
from qbittorrent_manager import HandOver, TorrentStatus
from queue_files import COMPLETED, PENDING
from queue_manager import QueueManager
from release_choice import summary
from room import Room, SpaceClient
from services import Services
from torrent_file import TorrentFile
from torrent_store import kept_torrent
from turns import is_not_out

CHOICE_KEPT_FOR = 24 * 3600


class TorrentClient(SpaceClient, Protocol):
    """What an attempt asks of qBittorrent besides taking a torrent."""

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
        self._room = Room(place, client, now) if client is not None else None
        self._short_of_room: set[str] = set()

    def attempt(self, movie: Movie, offered: Sequence[Release] = (), *, at_once: bool = False) -> Outcome:
        """Get one claimed film. Raises what stands in the way (`errors`), having lost nothing.

        `offered` rows of a tracker were seen to fit it; `at_once` searches for it even if it is not out yet.
        """
        self._place.check()
        # Written before anybody outside is asked: what comes of asking must be kept.
        if self._queue.note(movie, PENDING) is None:
            return Overtaken()
        resumed = self._resume(movie)
        if resumed is not None:
            return resumed
        if movie.unread:
            return PageUnread()
        if self._room is not None:
            self._room.require_some()
        name_proves = not self._queue.has_namesake(movie)
        facts = facts_of(self._films, movie)
        there = self._find_existing(movie, facts)
        if there is not None:
            return there
        if not offered and not at_once and is_not_out(movie, facts, self._now()):
            return NotOutYet()
        result = self._search(movie, name_proves, facts, offered)
        if isinstance(result, NoRelease):
            return result
        return self._hand_over(movie, result.torrent, result.release)

    def check_ready(self) -> None:
        """Raise what would stand in the way of handing anything over now, so that nobody is asked in vain."""
        self._place.check()
        if self._room is None:
            return
        if self._services.in_doubt("qbittorrent"):
            self._room.changed()
        self._room.torrents()
        self._services.succeeded("qbittorrent")
        self._room.require_some()

    def _resume(self, movie: Movie) -> Outcome | None:
        """Finish what was begun: the release chosen before a crash, or while there was no room."""
        if not movie.torrent_hash:
            return None
        if movie.id in self._short_of_room:
            self._require_room(movie, kept_torrent(self._queue.folder, movie.torrent_hash))
        if self._client is not None:
            status = self._client.find([movie.torrent_hash])
            self._services.succeeded("qbittorrent")
            if status is not None:
                owned = self._tag in status.tags
                return HandedOver(
                    movie.release, movie.torrent_hash, HandOver(status.hash, owned, already_there=True)
                )
        torrent = kept_torrent(self._queue.folder, movie.torrent_hash)
        if torrent is None or movie.release is None or not self._is_fresh(movie.release):
            return None
        return self._hand_over(movie, torrent, movie.release)

    def _is_fresh(self, release: ChosenRelease) -> bool:
        return self._now() - release.chosen_at < CHOICE_KEPT_FOR

    def _require_room(self, movie: Movie, torrent: TorrentFile | None) -> None:
        """Raise `NoSpace` if the film's release does not fit; its choice is kept until it does."""
        if self._room is None or torrent is None:
            return
        try:
            self._room.require(torrent.size)
        except NoSpace:
            self._short_of_room.add(movie.id)
            if movie.release is not None and not self._is_fresh(movie.release):
                chosen = replace(movie.release, chosen_at=int(self._now()))
                self._queue.note(movie, PENDING, release=chosen)
            raise
        self._short_of_room.discard(movie.id)

    def _find_existing(self, movie: Movie, facts: FilmFacts | None) -> AlreadyThere | None:
        entries = self._library.entries() if self._place.here else ()
        entry = find_wanted(movie, self._queue, self._torrent_entries(), entries, facts=facts)
        if entry is None:
            return None
        return AlreadyThere(entry.where, entry.torrent_hash, owned=self._tag in entry.tags)

    def _torrent_entries(self) -> Entries:
        if self._room is None:
            return Entries()
        torrents = self._room.torrents()
        self._services.succeeded("qbittorrent")
        return Entries(map(torrent_entry, torrents))

    def _search(
        self,
        movie: Movie,
        name_proves: bool,
        facts: FilmFacts | None,
        offered: Sequence[Release],
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
        self._require_room(noted, torrent)
        try:
            handed = self._give(torrent)
        except FilmFault:
            # This torrent is no good: the next try is to choose another one.
            refused = given_up(noted, "was refused by qBittorrent", running=False)
            self._queue.note(movie, PENDING, release=None, torrent_hash=None, tried=(*noted.tried, refused))
            raise
        return HandedOver(release, torrent.info_hash, handed)

    def _give(self, torrent: TorrentFile) -> HandOver:
        handed = self._destination.hand_over(torrent)
        if self._room is not None:
            self._room.changed()
            self._services.succeeded("qbittorrent")
        return handed

    def replace(self, movie: Movie, why: str) -> NoRelease | HandedOver:
        """Have the next-best release beside that of a completed film, which `why` tells of.

        Raises what stands in the way; then the film is as it was. Handed over before it is written down: done
        twice it is one torrent, while one that was only written down would look removed by the user.
        """
        self.check_ready()
        tried = (*movie.tried, given_up(movie, why, running=True))
        name_proves = not self._queue.has_namesake(movie)
        result = self._search(replace(movie, tried=tried), name_proves, facts_of(self._films, movie), ())
        if isinstance(result, NoRelease):
            return result
        torrent, release = result.torrent, result.release
        if self._room is not None:
            self._room.require(torrent.size)
        handed, trouble = self._give_beside(movie, torrent)
        if handed is None:
            # Nothing for us to follow: noted, so that the next choice is another one.
            useless = TriedRelease(release=release, hash=torrent.info_hash, why=trouble)
            self._queue.note(movie, COMPLETED, tried=(*movie.tried, useless))
            return NoRelease(f"{release.name} {trouble}")
        self._queue.note(
            movie,
            COMPLETED,
            "replaced",
            release=release,
            torrent_hash=torrent.info_hash,
            tried=tried,
        )
        return HandedOver(release, torrent.info_hash, handed)

    def _give_beside(self, movie: Movie, torrent: TorrentFile) -> tuple[HandOver | None, str]:
        """Hand over one more torrent of a film; None if it is not ours then, and why, as a sentence's end."""
        if self._collides(movie, torrent):
            return None, "cannot be had beside the one that is there"
        try:
            handed = self._give(torrent)
        except FilmFault:
            return None, "was refused by qBittorrent"
        return (handed, "") if handed.owned else (None, "is in qBittorrent already, and not ours")

    def _collides(self, movie: Movie, torrent: TorrentFile) -> bool:
        """Whether the torrent is one of the film's own, or would write into the files of one."""
        mine = {movie.torrent_hash, *(one.hash for one in movie.tried)}
        if mine & {torrent.info_hash, *torrent.candidates}:
            return True
        there = (kept_torrent(self._queue.folder, one) for one in mine if one)
        return torrent.name.casefold() in {one.name.casefold() for one in there if one}


def _search_event(movie: Movie, tracker: str, result: DownloadResult) -> dict[str, object]:
    if isinstance(result, Found):
        return event_of(movie, "searched", tracker=tracker, chosen=result.release.name)
    return event_of(movie, "searched", tracker=tracker, releases=len(result.refused), reason=result.reason)
