"""What trash and return have in common: the torrent, the files at their old place, what hangs on a film.

Base of `trash.Trash`. Each change of a torrent is one that the client makes only if the torrent is ours.
"""

import filecmp
import logging
import shlex
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol

from msgspec.structs import replace

from cleanup_case import OwnFile
from cleanup_facts import TRASH, Places
from cleanup_journal import Entry, Identity, Journal, identity_of
from disk_files import Seen, Unfit, look_at, move_file, remove_empty_folders, remove_file
from errors import MovieSyncError, PlaceUnavailable
from places import MARKER
from qbittorrent_manager import HandOver, TorrentStatus
from queue_files import REMOVED
from queue_manager import QueueManager
from torrent_file import TorrentFile
from torrent_store import forget_torrent

logger = logging.getLogger(__name__)

FRESH_FOR = 600.0
"""Seconds for which a plan holds: others may have begun to use the same files since."""


class TrashClient(Protocol):
    """What is asked of qBittorrent; each change of a torrent only if it is ours by its tag."""

    def find(self, candidates: Iterable[str]) -> TorrentStatus | None:
        """The torrent with one of these hashes."""

    def torrents(self) -> tuple[TorrentStatus, ...]:
        """All torrents."""

    def add_torrent(self, torrent: TorrentFile, folder: str | None = None) -> HandOver:
        """Add it where its files lie, checked and held."""

    def stop_torrent(self, torrent_hash: str) -> bool:
        """Let it neither get nor give."""

    def start_torrent(self, torrent_hash: str) -> bool:
        """Let it go on."""

    def recheck(self, torrent_hash: str) -> bool:
        """Compare its files with it."""

    def move(self, torrent_hash: str, folder: str) -> bool:
        """Move its files."""

    def remove(self, torrent_hash: str, *, with_files: bool) -> bool:
        """Take it out."""


class Ground:
    """`tag` is the one by which a torrent is ours."""

    def __init__(
        self,
        queue: QueueManager,
        journal: Journal,
        client: TrashClient | None,
        places: Places,
        tag: str,
        say: Callable[[str], None],
        now: Callable[[], float],
    ) -> None:
        self._queue = queue
        self._journal = journal
        self._client = client
        self._places = places
        self._tag = tag
        self._say = say
        self._told: set[str] = set()
        self._fresh: dict[str, float] = {}
        self._now = now

    @property
    def directory(self) -> Path:
        """The download directory, below which all films lay."""
        return self._places.place.directory

    def paths_before(self, entry: Entry) -> list[Path]:
        """Where its files lay, as far as this machine sees that."""
        if not entry.hash:
            return [Path(entry.came_from, *name.split("/")) for name, _ in entry.files]
        folder = self._places.shared.local_path(entry.came_from) if self._places.place.here else None
        return [folder.joinpath(*name.split("/")) for name, _ in entry.files] if folder else []

    def _tell_once(self, text: str) -> None:
        if text not in self._told:
            self._told.add(text)
            logger.warning("cleanup: %s", text)
            self._say(text)

    def _clear_trash(self, entry: Entry) -> None:
        """Remove what a move that was cut short has left in the trash, while the files lie at their place."""
        if entry.local is not None:
            folder = Path(entry.local)
            for name, _ in entry.files:
                if isinstance(seen := look_at(folder / name, [folder.parent]), Seen):
                    remove_file(seen)

    def _put_back(self, entry: Entry) -> bool:
        """Take back a move that was broken off between two files; whether there was anything to take back."""
        folder, back = Path(entry.local or ""), False
        for path, (name, size) in zip(
            self.paths_before(entry), entry.files if entry.local else (), strict=False
        ):
            seen, there = look_at(folder / name, [folder.parent]), look_at(path, [self.directory])
            if isinstance(seen, Seen) and seen.size == size and isinstance(there, Unfit) and there.missing:
                move_file(seen, self.directory, path.relative_to(self.directory).parts)
                back = True
        if back:
            remove_empty_folders(folder.parent, [folder.name])
        return back

    def _stay(self, entry: Entry, status: TorrentStatus) -> None:
        """Have a torrent whose files lie at their place go on there, whatever it was told before."""
        if lies_in(status, entry.came_from, entry):
            try:
                self._ask.move(entry.hash, entry.came_from)
            except PlaceUnavailable as error:
                logger.warning("torrent=%s stays where it is: %s", entry.hash, error)
        self._start(entry, status)

    def lies_in_trash(self, entry: Entry) -> bool:
        """Whether all its files are in the trash, as this machine sees it."""
        if entry.local is None:
            return False
        folder = Path(entry.local)
        found = (look_at(folder / name, [folder.parent]) for name, _ in entry.files)
        sizes = (size for _, size in entry.files)
        return all(
            isinstance(seen, Seen) and seen.size == size for seen, size in zip(found, sizes, strict=True)
        )

    def _resting(self, entry: Entry) -> Entry:
        """With what was put into the trash, as it lies there."""
        if entry.local is None:
            return entry
        folder = Path(entry.local)
        found = ((name, look_at(folder / name, [folder.parent])) for name in names_in_trash(entry))
        there = tuple((name, seen.size, seen.mtime_ns) for name, seen in found if isinstance(seen, Seen))
        return replace(entry, resting=there)

    def what_lacks(self, entry: Entry) -> str:
        """Why not all of it can be had from the trash, as far as this machine sees that; "" if it can."""
        try:
            require_trash(entry)
        except PlaceUnavailable as error:
            return str(error)
        folder = Path(entry.local or "")
        for name, size, _ in entry.resting:
            found = look_at(folder / name, [folder.parent])
            if not isinstance(found, Seen) or found.size != size:
                return f"{folder / name} is not there any more as it was."
        return ""

    def _way_into_trash(self, entry: Entry) -> tuple[Path, tuple[str, ...]]:
        """The configured directory in which a copy's place in the trash lies, and the way from there."""
        folder = Path(entry.trash)
        roots = (self._places.trash, self.directory)
        root = next((one for one in roots if one and folder.is_relative_to(one)), folder.parent)
        return root, folder.relative_to(root).parts

    def in_the_way(self, entry: Entry) -> Path | None:
        """Something that lies where one of its files was, as far as this machine sees that."""
        for path in self.paths_before(entry):
            # From a folder that is there in any case: the torrent's own may not be.
            found = look_at(path, [self.directory])
            if isinstance(found, Seen) or not found.missing:
                return path
        return None

    def _may_go(self, entry: Entry) -> bool:
        """Whether the film is still one that left: another process may have taken it back meanwhile."""
        known = self._queue.find(entry.movie)
        gone = entry.movie
        return known is not None and known.status == REMOVED and known.removed_at == gone.removed_at

    def _is_fresh(self, entry: Entry) -> bool:
        """Whether this process made the plan, or watched the torrent move, just now; else it is made anew."""
        return 0 <= self._now() - self._fresh.get(entry.key, -FRESH_FOR) < FRESH_FOR

    def _identity_now(self, entry: Entry) -> Identity:
        paths, roots = self.paths_before(entry), [self._places.place.directory]
        files = zip(paths, entry.files, strict=False)
        return identity_of(OwnFile(name, size, look_at(path, roots)) for path, (name, size) in files)

    def _is_as_planned(self, entry: Entry) -> bool:
        """Whether the very files still lie there that the plan was made for, where this machine sees them.

        Those of a torrent that is not complete may have grown.
        """
        now = self._identity_now(entry)
        if entry.whole or not entry.hash:
            return now == entry.identity
        before = {name: inode for name, _, inode, _ in entry.identity}
        return all(before.get(name, inode) == inode for name, _, inode, _ in now)

    def _remove_link(self, entry: Entry) -> None:
        links = self._places.links
        if entry.link is None or links is None:
            return
        link = look_at(Path(entry.link), [links])
        if not isinstance(link, Seen):
            return
        try:
            if self._is_our_link(entry, link):
                remove_file(link)
                remove_empty_folders(links, link.parts[:-1])
            else:
                self._say(f"   ⊘ {link.path} is not the file that was linked; left alone")
        except MovieSyncError as error:
            self._say(f"⚠️  {error}")

    def _is_our_link(self, entry: Entry, link: Seen) -> bool:
        """A hard link is the very file; of a copy the content tells, as long as there is one to compare."""
        if any(link.inode == inode and link.size == size for _, size, inode, _ in entry.identity):
            return True
        return entry.local is not None and any(
            size == link.size and filecmp.cmp(Path(entry.local) / name, link.path, shallow=False)
            for name, size in entry.files
        )

    def _forget_torrent(self, entry: Entry) -> None:
        """The kept `.torrent` goes with the last film that has it."""
        others = (movie for movie in self._queue.everything() if movie.id != entry.film["id"])
        if all(entry.hash != movie.torrent_hash for movie in others):
            forget_torrent(self._queue.folder, entry.hash)

    def _start(self, entry: Entry, status: TorrentStatus) -> None:
        """Let it go on, unless the user had stopped it, or it would write over what lies there instead."""
        if not entry.stopped and not (entry.whole and status.progress < 1):
            self._ask.start_torrent(entry.hash)

    @property
    def _ask(self) -> TrashClient:
        if self._client is None:
            raise PlaceUnavailable(
                "qBittorrent is switched off (`qbittorrent.enabled`), and it has the files"
            )
        return self._client

    def _find(self, entry: Entry) -> TorrentStatus | None:
        return self._ask.find([entry.hash])

    def _status(self, entry: Entry) -> TorrentStatus | None:
        """The torrent, as long as it is ours."""
        status = self._find(entry)
        return status if status is not None and self._tag in status.tags else None


def seen_or_missing(path: Path, root: Path) -> Seen | None:
    """The file at a path, None if there is none. Raises `PlaceUnavailable` where that cannot be told."""
    found = look_at(path, [root])
    if isinstance(found, Seen):
        return found
    if found.missing:
        return None
    raise PlaceUnavailable(f"{found.path} {found.why}.")


def names_in_trash(entry: Entry) -> list[str]:
    """What its files may be called there: qBittorrent may mark those that are not complete."""
    return [name + mark for name, _ in entry.files for mark in ("", ".!qB")]


def require_trash(entry: Entry) -> None:
    """Raise `PlaceUnavailable` where its disk may not be mounted, so that nothing there means nothing."""
    if entry.local is None:
        return
    trash = Path(entry.local).parent
    if trash.name == TRASH and (trash.parent / MARKER).exists():
        return
    if not trash.is_dir():
        raise PlaceUnavailable(f"{trash} is not there: is its disk mounted?")
    if not any(trash.iterdir()):
        marker = shlex.quote(str(trash / MARKER))
        raise PlaceUnavailable(
            f"{trash} is empty: is its disk mounted? If you emptied it, say so with `touch {marker}`."
        )


def lies_in(status: TorrentStatus, folder: str, entry: Entry) -> bool:
    """Whether the files of a torrent are in this folder, by qBittorrent's account."""
    return status.lies_in(folder, [name for name, _ in entry.files])
