"""One film's attempt, from pending to handed over: is it there already, choose, fetch, hand over.

Called by DownloadWorker for one claimed film at a time. Every step can be repeated: the chosen release is
written down before qBittorrent is asked, and a torrent that is there already is success, so a crash between
any two steps ends in the same state. Decides nothing about errors: they are raised to the worker.
Only a replacement that waits for room is kept in memory.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import PureWindowsPath
from typing import Protocol

from msgspec.structs import replace

from destination import Destination
from download_service import DownloadResult, Found, MovieDownloader, NoRelease, Release
from errors import FilmFault, NoSpace, service_title
from film_store import FilmStore, facts_of
from history import event_of
from in_flight import given_up
from library import Entries, Entry, Library, find_wanted, torrent_entry
from movie import ChosenRelease, FilmFacts, Movie, TriedRelease
from places import DownloadPlace
from qbittorrent_answers import known_as, usable_ids
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

REFUSED = "was refused by qBittorrent"
COLLIDES = "cannot be had beside the one that is there"


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

    def __str__(self) -> str:
        if self.torrent_hash:
            return f"in qBittorrent ({self.where.removeprefix('qBittorrent: ')})"
        return f"downloaded ({self.where})"

    def record(self, movie: Movie, now: float) -> Movie:
        """The film, completed so. Whether a torrent is complete is not known."""
        at = None if self.torrent_hash else int(now)
        return replace(movie, torrent_hash=self.torrent_hash, owned=self.owned, downloaded_at=at)


@dataclass(frozen=True)
class HandedOver:
    """A torrent of the film is where it belongs."""

    release: ChosenRelease | None
    torrent_hash: str
    handed: HandOver

    def record(self, movie: Movie) -> Movie:
        """The film, completed so; no look saw its torrent yet, if it is one to be followed."""
        facts = {"release": self.release, "torrent_hash": self.torrent_hash, "downloaded_at": None}
        return replace(movie, **facts, owned=self.handed.owned, unseen=self.handed.owned)


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
        self._waiting: dict[str, Found] = {}
        """By film, the replacement for which there is no room yet."""

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
        waits = movie.release is not None and movie.release.waits_for_room
        status = self._look_up(movie.torrent_hash, often=waits)
        if status is not None:
            handed = HandOver(status.hash, self._tag in status.tags, already_there=True)
            return HandedOver(_in_hand(movie.release), movie.torrent_hash, handed)
        torrent = kept_torrent(self._queue.folder, movie.torrent_hash)
        if torrent is None or movie.release is None:
            return None
        if waits:
            self._require_room(movie, torrent)
        elif self._now() - movie.release.chosen_at >= CHOICE_KEPT_FOR:
            return None
        return self._hand_over(movie, torrent, movie.release)

    def _look_up(self, torrent_hash: str, *, often: bool) -> TorrentStatus | None:
        """The torrent in qBittorrent; what is asked `often` is looked up among those listed a moment ago."""
        if self._client is None or self._room is None:
            return None
        if often:
            status = known_as(self._room.torrents(), usable_ids([torrent_hash]))
        else:
            status = self._client.find([torrent_hash])
        self._services.succeeded("qbittorrent")
        return status

    def _require_room(self, movie: Movie, torrent: TorrentFile) -> None:
        """Raise `NoSpace` if the film's release does not fit; its choice is kept until it does."""
        try:
            self._check_room(torrent)
        except NoSpace:
            if movie.release is not None and not movie.release.waits_for_room:
                self._queue.note(movie, PENDING, release=replace(movie.release, waits_for_room=True))
            raise

    def _check_room(self, torrent: TorrentFile) -> None:
        """Raise `NoSpace` if a torrent does not fit; one that is in qBittorrent already needs no room."""
        if self._room is None:
            return
        try:
            self._room.require(torrent.size)
        except NoSpace:
            if known_as(self._room.torrents(), usable_ids({torrent.info_hash, *torrent.candidates})) is None:
                raise

    def _find_existing(self, movie: Movie, facts: FilmFacts | None) -> AlreadyThere | None:
        """The film among what exists; the torrents that were tried for it do not count."""
        entries = self._library.entries() if self._place.here else ()
        tried = [one.hash for one in movie.tried]
        torrents = self._torrent_entries(tried)
        entry = find_wanted(movie, self._queue, torrents, entries, facts=facts, without=tried)
        if entry is None:
            return None
        return AlreadyThere(entry.where, entry.torrent_hash, owned=self._tag in entry.tags)

    def _torrent_entries(self, tried: Sequence[str]) -> Entries:
        if self._room is None:
            return Entries()
        torrents = self._room.torrents()
        self._services.succeeded("qbittorrent")
        if not tried:
            return Entries(map(torrent_entry, torrents))
        return Entries(map(self._entry_here, torrents))

    def _entry_here(self, torrent: TorrentStatus) -> Entry:
        """A torrent as an entry, its files where ours lie on this machine."""
        # A Windows path may be divided by either stroke.
        name = PureWindowsPath(torrent.content_path).name if self._tag in torrent.tags else ""
        return torrent_entry(torrent, self._place.directory / name if name else None)

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
        if self._collides((one for one in noted.tried if one.running), torrent):
            self._refuse(noted, COLLIDES)
            raise FilmFault(f"{release.name} {COLLIDES}")
        self._require_room(noted, torrent)
        try:
            handed = self._give(torrent)
        except FilmFault:
            self._refuse(noted, REFUSED)
            raise
        return HandedOver(_in_hand(release), torrent.info_hash, handed)

    def _refuse(self, movie: Movie, why: str) -> None:
        """Its torrent is no good: the next try is to choose another one."""
        tried = (*movie.tried, given_up(movie, why, running=False))
        self._queue.note(movie, PENDING, release=None, torrent_hash=None, tried=tried)

    def _give(self, torrent: TorrentFile) -> HandOver:
        handed = self._destination.hand_over(torrent)
        if self._room is not None:
            self._room.changed()
            self._services.succeeded("qbittorrent")
        return handed

    def replace(self, movie: Movie, why: str) -> NoRelease | HandedOver:
        """Have the next-best release beside that of a completed film, which `why` tells of.

        Raises what stands in the way; a release that does not fit is kept for the next time. Written down
        before it is handed over, as one that no look saw yet: killed in between, the follow-up settles it.
        """
        self.check_ready()
        beside = replace(movie, tried=(*movie.tried, given_up(movie, why, running=True)))
        try:
            found = self._waiting.pop(movie.id, None) or self._search_beside(beside)
        except FilmFault as error:
            return NoRelease(str(error))
        if isinstance(found, NoRelease):
            return found
        given = self._give_beside(beside, found)
        if isinstance(given, HandOver):
            return HandedOver(found.release, found.torrent.info_hash, given)
        # Nothing for us to follow: noted, so that the next choice is another one.
        useless = TriedRelease(release=found.release, hash=found.torrent.info_hash, why=given)
        self._note_latest(replace(movie, tried=(*movie.tried, useless)))
        return NoRelease(f"{found.release.name} {given}")

    def _search_beside(self, movie: Movie) -> DownloadResult:
        return self._search(movie, not self._queue.has_namesake(movie), facts_of(self._films, movie), ())

    def _give_beside(self, movie: Movie, found: Found) -> HandOver | str:
        """Hand over one more torrent of a film; if it is not ours then, why, as a sentence's end."""
        release, torrent = found.release, found.torrent
        if self._collides(movie.tried, torrent):
            return COLLIDES
        try:
            self._check_room(torrent)
        except NoSpace:
            self._waiting[movie.id] = found
            raise
        latest = replace(movie, release=release, torrent_hash=torrent.info_hash, unseen=True)
        if self._note_latest(latest) is None:
            return "came too late"
        try:
            handed = self._give(torrent)
        except FilmFault:
            return REFUSED
        if not handed.owned:
            return "is in qBittorrent already, and not ours"
        self._queue.history.append([event_of(latest, "replaced")])
        return handed

    def _note_latest(self, movie: Movie) -> Movie | None:
        facts = {key: movie[key] for key in ("release", "torrent_hash", "tried", "unseen")}
        return self._queue.note(movie, COMPLETED, **facts)

    def _collides(self, tried: Iterable[TriedRelease], torrent: TorrentFile) -> bool:
        """Whether a torrent is one of those, or would write into the files of one."""
        hashes = {one.hash for one in tried if one.hash}
        if hashes & {torrent.info_hash, *torrent.candidates}:
            return True
        there = (kept_torrent(self._queue.folder, one) for one in hashes)
        return torrent.name.casefold() in {one.name.casefold() for one in there if one}


def _in_hand(release: ChosenRelease | None) -> ChosenRelease | None:
    """A release that waits for nothing any more."""
    return replace(release, waits_for_room=False) if release else None


def _search_event(movie: Movie, tracker: str, result: DownloadResult) -> dict[str, object]:
    if isinstance(result, Found):
        return event_of(movie, "searched", tracker=tracker, chosen=result.release.name)
    return event_of(movie, "searched", tracker=tracker, releases=len(result.refused), reason=result.reason)
