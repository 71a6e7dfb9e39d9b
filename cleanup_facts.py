"""What is known of removed films right now: the lists, qBittorrent's torrents, their files on this disk.

Gathers the cases that `cleanup.plan_cleanup` decides; reads, and never changes anything. Used by one thread
at a time: DownloadWorker's, or the main thread of `--cleanup`. Looks only into films whose grace is over.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from cleanup import CleanupRules, is_candidate
from cleanup_case import Case, OwnFile, OwnTorrent
from cleanup_copies import Copies
from cleanup_journal import Journal
from cleanup_sharing import Sharing
from destination import saved_paths
from disk_files import Seen, Unfit, look_at
from film_store import FilmStore, film_of_key
from follow_up import hashes_of
from identity import listed
from in_flight import in_flight
from leftovers import parts_of
from library import Library
from list_memory import ListMemory, Lists
from movie import ListedFilm, Movie
from places import DownloadPlace
from qbittorrent_answers import Content
from qbittorrent_manager import TorrentStatus
from queue_files import REMOVED
from queue_manager import QueueManager
from removal_plan import missing_from
from shared_path import SharedPath
from torrent_store import kept_torrent

TRASH = ".movie_sync_trash"


class FactsClient(Protocol):
    """What is asked of qBittorrent."""

    def torrents(self) -> tuple[TorrentStatus, ...]:
        """All torrents."""

    def contents(self, torrent_hash: str) -> tuple[Content, ...]:
        """The files of a torrent."""


@dataclass(frozen=True)
class Places:
    """Where films, links and trash are. `shared` is the download directory under both its names.

    `trash` is the configured directory on this machine, None for one beside the films.
    """

    place: DownloadPlace
    shared: SharedPath
    trash: Path | None
    links: Path | None


def places_from(config: Mapping[str, Any], place: DownloadPlace, shared: SharedPath) -> Places:
    """The places as configured."""
    trash, links = config["trash_directory"], config["link_directory"]
    return Places(place, shared, Path(trash) if trash else None, Path(links) if links else None)


class CleanupFacts:
    """Gathers cases. `client` is None with `qbittorrent.enabled: false`."""

    def __init__(
        self,
        queue: QueueManager,
        client: FactsClient | None,
        journal: Journal,
        places: Places,
        library: Library,
        tag: str,
        rules: CleanupRules,
    ) -> None:
        self._queue = queue
        self._client = client
        self._journal = journal
        self._places = places
        self._tag = tag
        self._rules = rules
        self._lists = Lists(queue.folder)
        self._films = FilmStore(queue.folder / "films.json")
        self._copies = Copies(queue, library, places.place, unowned=rules.unowned)

    def candidates(self) -> list[Movie]:
        """The films whose grace is over. Asks nobody."""
        return [movie for movie in self._queue.films(REMOVED) if is_candidate(movie, self._rules)]

    def signs(self) -> tuple[object, ...]:
        """What changes when there may be more to clean than before. Asks nobody."""
        read = tuple(memory.full_at for memory in self._lists.all().values())
        return tuple(movie.id for movie in self.candidates()), read, self._journal.stamp

    def cases(self, recent: int) -> list[Case]:
        """Every removed film with what is known of it; `recent` of the list went within a day.

        Raises `ServiceError`, `PlaceUnavailable`.
        """
        removed = self._queue.films(REMOVED)
        lists = self._lists.all()
        wanted = self.candidates()
        shown = _shown(wanted, lists, self._films)
        cases = [self._case(movie, lists, shown, len(removed) + recent) for movie in removed]
        ids = {movie.id for movie in wanted}
        if not ids:
            return cases
        self._places.place.check()
        torrents = self._client.torrents() if self._client else ()
        now = Sharing(self._client, torrents, self._places.shared, self._places.place)
        return [self._filled(case, now) if case.movie.id in ids else case for case in cases]

    def _case(
        self, movie: Movie, lists: Mapping[str, ListMemory], shown: Mapping[str, str], gone: int
    ) -> Case:
        read = [lists[name].full_at if name in lists else 0 for name in movie.lists]
        if not movie.lists:
            # Marked by hand, or by a version that kept no lists.
            read = [max((memory.full_at for memory in lists.values()), default=0)]
        lengths = [max(len(lists[name].films), lists[name].length) for name in movie.lists if name in lists]
        return Case(
            movie,
            read_at=min(read, default=0) or None,
            shown_by=shown.get(movie.id, ""),
            of=max(lengths, default=0) + gone,
        )

    def _filled(self, case: Case, now: Sharing) -> Case:
        movie = case.movie
        # Also where qBittorrent is switched off: what it got is no copy that nobody uses.
        asked = in_flight(movie) if self._client or movie.owned else ()
        own = tuple(self._torrent(one.lower(), movie, now) for one in asked)
        link = self._link(movie, own)
        paths = [str(one.here.path) for torrent in own for one in torrent.files if one.here]
        made = [*paths, *([str(link.path)] if link else [])]
        return replace(
            case,
            torrents=own,
            link=link,
            saved=None if self._client else self._saved(movie),
            claimed_by=self._claimer(movie, own) or self._copies.claimer(movie, paths, now.torrents),
            no_trash=self._journal.read().stuck.get(movie.id, ""),
            copies=self._copies.of(movie, made, now),
        )

    def _claimer(self, movie: Movie, own: Iterable[OwnTorrent]) -> str:
        """Another film that has one of its torrents, by any id that it goes by."""
        mine = {(movie.torrent_hash or "").lower()} - {""}
        for torrent in own:
            mine |= {torrent.hash.lower(), *(hashes_of(torrent.status) if torrent.status else ())}
        for other in self._queue.everything():
            theirs = {one.lower() for one in (other.torrent_hash, *in_flight(other)) if one}
            if other.id != movie.id and mine & theirs:
                return other.label
        return ""

    # --- a torrent

    def _torrent(self, torrent_hash: str, movie: Movie, now: Sharing) -> OwnTorrent:
        status = next((one for one in now.torrents if torrent_hash.lower() in hashes_of(one)), None)
        if status is None or self._client is None:
            return OwnTorrent(torrent_hash)
        ours = self._tag in status.tags and movie.owned is not False
        if not ours:
            return OwnTorrent(torrent_hash, status)
        contents = self._client.contents(status.hash)
        files = tuple(self._file(status, content) for content in contents)
        trash, no_trash = self._trash(torrent_hash, status)
        return OwnTorrent(
            torrent_hash,
            status,
            ours,
            files,
            trash=trash,
            no_trash=no_trash,
            shared=now.other_user(status, contents),
            outside=self._outside(status, contents),
            checked=self._journal.is_checked(torrent_hash, files),
        )

    def _file(self, status: TorrentStatus, content: Content) -> OwnFile:
        folder = self._places.shared.local_path(status.save_path) if self._places.place.here else None
        if folder is None:
            return OwnFile(content.name, content.size)
        path = folder.joinpath(*content.name.split("/"))
        return OwnFile(content.name, content.size, look_at(path, [self._places.place.directory]))

    def _outside(self, status: TorrentStatus, contents: Iterable[Content]) -> str:
        if self._places.shared.local_path(status.save_path) is None:
            return f"its files are in {status.save_path}, which is not in the download directory"
        odd = next((one.name for one in contents if _leads_elsewhere(one.name)), None)
        return "" if odd is None else f"one of its files has a name that leads elsewhere: {odd!r}"

    def _trash(self, torrent_hash: str, status: TorrentStatus) -> tuple[str, str]:
        """Where qBittorrent can move it, in its own words, or why it cannot."""
        if stuck := self._journal.read().stuck.get(torrent_hash):
            return "", stuck
        if status.progress < 1 and not _is_below(status.content_path, status.save_path):
            return "", "qBittorrent keeps its parts in another folder until it is complete"
        shared, trash = self._places.shared, self._places.trash
        if trash is None:
            return f"{shared.remote.rstrip('/')}/{TRASH}", ""
        path = shared.remote_path(trash)
        return (path, "") if path else ("", f"`trash_directory` {trash} has no name that qBittorrent knows")

    # --- what the program made besides

    def _link(self, movie: Movie, own: Iterable[OwnTorrent]) -> Seen | None:
        """The link or copy that was made of its film, as far as it can still be that."""
        if not movie.linked or self._places.links is None:
            return None
        link = look_at(Path(movie.linked), [self._places.links])
        if isinstance(link, Unfit):
            return None
        films = [one.here for torrent in own for one in torrent.files if isinstance(one.here, Seen)]
        return link if any(link.size == film.size for film in films) else None

    def _saved(self, movie: Movie) -> Seen | None:
        """The `.torrent` that was saved for it in place of a hand-over, if it is unchanged."""
        torrent = kept_torrent(self._queue.folder, movie.torrent_hash or "")
        if torrent is None:
            return None
        directory = self._places.place.directory
        for path in saved_paths(directory, torrent):
            found = look_at(path, [directory])
            if isinstance(found, Seen) and path.read_bytes() == torrent.data:
                return found
        return None


def _shown(wanted: Sequence[Movie], lists: Mapping[str, ListMemory], store: FilmStore) -> dict[str, str]:
    """By id, a list that has the film as it was last read, whatever the queues say."""
    found: dict[str, str] = {}
    for name, memory in lists.items() if wanted else ():
        films = [film for key in memory.films for film in _known_as(film_of_key(key), name, store)]
        missing = {movie.id for movie in missing_from(wanted, films, memory.apart)}
        found |= {movie.id: name for movie in wanted if movie.id not in missing}
    return found


def _known_as(film: ListedFilm, name: str, store: FilmStore) -> Iterator[Movie]:
    """A film of a list by what names it there, and by all that its page told of it."""
    yield listed(film, name)
    if facts := store.find(film):
        told = {key: getattr(facts, key) for key in ("title", "year", "imdb_id", "film_id", "lid", "slug")}
        yield Movie(**told, original_title=facts.original_title)


def _leads_elsewhere(name: str) -> bool:
    parts = name.replace("\\", "/").split("/")
    return not {"", ".", ".."}.isdisjoint(parts)


def _is_below(path: str, folder: str) -> bool:
    inner, outer = parts_of(path), parts_of(folder)
    return inner[: len(outer)] == outer
