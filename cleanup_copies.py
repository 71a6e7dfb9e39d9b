"""Other copies of removed films on this machine: found by the library's rule, told of, and left alone.

With `cleanup_unowned` the one copy that is certain may go too; what is certain is decided here. Reads only.
"""

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePath

from cleanup_case import Copy
from cleanup_sharing import Sharing
from disk_files import Seen, Unfit, files_below, look_at
from errors import PlaceUnavailable
from film_files import main_video, whole_film
from film_store import FilmStore, facts_of
from follow_up import hashes_of
from leftovers import overlap, parts_of
from library import Entries, Entry, Library, find_copies, find_wanted
from library_names import VIDEO_SUFFIXES
from movie import Movie
from places import DownloadPlace
from qbittorrent_manager import TorrentStatus
from queue_manager import QueueManager
from removal_plan import WANTED

_COMPANIONS = frozenset(
    {*VIDEO_SUFFIXES, ".nfo", ".srt", ".sub", ".idx", ".ass", ".ssa", ".vtt", ".smi", ".sup", ".txt"}
    | {".jpg", ".jpeg", ".png", ".tbn", ".xml", ".md5", ".sfv"}
)
"""What lies beside a film and belongs to it."""


class Copies:
    """Looks for copies in the library; `place` is the one place where a copy may be ours to remove."""

    def __init__(self, queue: QueueManager, library: Library, place: DownloadPlace, *, unowned: bool) -> None:
        self._queue = queue
        self._library = library
        self._place = place
        self._directory = place.directory
        self._unowned = unowned
        self._films = FilmStore(queue.folder / "films.json")
        self._earlier = [Library([directory]) for directory in place.earlier()]

    def claimer(self, movie: Movie, paths: Sequence[str], torrents: Iterable[TorrentStatus]) -> str:
        """Another film that counts as there because of files at these paths. Raises `PlaceUnavailable`."""
        near = Entries(entry for entry in self._entries() if _meets(entry, paths))
        if not near:
            return ""
        there = {one for torrent in torrents for one in hashes_of(torrent)}
        others = (one for one in self._wanted() if one.id != movie.id)
        # One that has a torrent of its own needs no other files.
        alone = (one for one in others if (one.torrent_hash or "").lower() not in there)
        return next((one.label for one in alone if self._finds(one, near)), "")

    def of(self, movie: Movie, own: Sequence[str], now: Sharing) -> tuple[Copy, ...]:
        """The copies of a film besides its `own` paths. Raises `PlaceUnavailable`."""
        facts = facts_of(self._films, movie)
        found = find_copies(movie, self._queue, self._entries(), *self._in_earlier_places(), facts=facts)
        entries = {match.entry.where: match.entry for match in found if not _meets(match.entry, own)}
        return tuple(self._copy(entry, movie, now) for entry in entries.values())

    def _entries(self) -> Entries:
        """What lies there; nothing is known of it where only qBittorrent's machine has the directory."""
        return self._library.entries() if self._place.here else Entries()

    def _in_earlier_places(self) -> Iterator[Entries]:
        """What lies in download directories that were used before, as far as they are still there."""
        for library in self._earlier:
            # Nothing is concluded from them: what they have is told of.
            with contextlib.suppress(PlaceUnavailable):
                yield library.entries()

    def _wanted(self) -> Iterator[Movie]:
        for name in WANTED:
            yield from self._queue.films(name)

    def _finds(self, movie: Movie, among: Entries) -> Entry | None:
        return find_wanted(movie, self._queue, among, facts=facts_of(self._films, movie))

    def _copy(self, entry: Entry, movie: Movie, now: Sharing) -> Copy:
        if not self._unowned:
            return Copy(entry.where)
        files = self._files(Path(entry.where))
        if isinstance(files, str):
            return Copy(entry.where, why_not=files)
        if any(torrent.state == "checkingResumeData" for torrent in now.torrents):
            return Copy(entry.where, why_not="qBittorrent is still loading its torrents")
        if user := now.user_of(entry.where):
            return Copy(entry.where, why_not=f"the torrent {user} uses it")
        others = (one for one in self._wanted() if one.id != movie.id)
        if other := next((one for one in others if self._finds(one, Entries([entry]))), None):
            return Copy(entry.where, why_not=f"it may be {other.label} as well")
        return Copy(entry.where, tuple(files))

    def _files(self, path: Path) -> list[Seen] | str:
        """The files of a copy, or why they cannot be told from others."""
        roots = [self._directory]
        if path == self._directory or not path.is_relative_to(self._directory):
            return f"{path} is not in the download directory"
        found: list[Seen | Unfit] = (
            files_below(self._directory, path.relative_to(self._directory).parts)
            if path.is_dir() and not path.is_symlink()
            else [look_at(path, roots)]
        )
        seen = [file for file in found if isinstance(file, Seen)]
        if len(seen) < len(found):
            unfit = next(file for file in found if isinstance(file, Unfit))
            return f"{unfit.path} {unfit.why}"
        stranger = next((f for f in seen if PurePath(f.path).suffix.casefold() not in _COMPANIONS), None)
        if stranger is not None:
            return f"its folder has other files too: {stranger.path}"
        names = [("/".join(file.parts), file.size) for file in seen]
        film = whole_film(names)
        if film is None:
            return "it is not one film in one file"
        other = next((name for name, size in names if name != film and main_video([(name, size)])), None)
        if other is not None:
            return f"there is another film beside it: {other}"
        return seen


def _meets(entry: Entry, paths: Iterable[str]) -> bool:
    """Whether an entry is, holds or lies in one of these paths."""
    mine = parts_of(entry.where)
    return any(overlap(mine, parts_of(path)) for path in paths)
