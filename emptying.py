"""What has lain in the trash for long enough goes for good: only files that were put there, only from here.

Called by whoever holds the lock of cleanup. Time in the trash is time that was seen to pass: a clock that
jumped, or a computer that was off, ends no film's stay. What else lies in the trash is left there, and said.
"""

import logging
from collections.abc import Callable, Iterable
from pathlib import Path, PurePath

from msgspec.structs import replace

from cleanup_journal import TRASHED, Entry, Journal
from disk_files import Changed, remove_empty_folders, remove_file
from errors import MovieSyncError, PlaceUnavailable
from history import event_of
from leftovers import parts_of
from queue_files import COMPLETED
from queue_manager import QueueManager
from torrent_store import forget_torrent, kept_torrent
from trash_ground import TrashClient, lies_in, require_trash, seen_or_missing

logger = logging.getLogger(__name__)

DAY = 24 * 3600
NOTED_EVERY = 3600


class Emptying:
    """Empties the trash. `period` is how many seconds a film stays in it."""

    def __init__(
        self,
        queue: QueueManager,
        journal: Journal,
        client: TrashClient | None,
        period: int,
        say: Callable[[str], None],
        now: Callable[[], float],
    ) -> None:
        self._queue = queue
        self._journal = journal
        self._client = client
        self._period = period
        self._say = say
        self._now = now

    def trashed(self) -> list[Entry]:
        """What lies in the trash, with its time up to now."""
        entries = self._journal.read().entries
        return [_aged(entry, self._now()) for entry in entries if entry.phase == TRASHED]

    def next_due(self) -> float | None:
        """When something goes, or its time has to be noted."""
        left = [max(self._period - entry.kept_for, 0) for entry in self.trashed()]
        return self._now() + min(*left, NOTED_EVERY) if left else None

    def look(self) -> None:
        """Delete what is due. Raises `ServiceError`, `StateError`."""
        for entry in self.trashed():
            if entry.kept_for >= self._period:
                self._empty(entry)
            elif abs(self._now() - self._known(entry).looked_at) >= NOTED_EVERY:
                self._journal.put(entry)

    def _known(self, entry: Entry) -> Entry:
        return self._journal.entry(entry.key) or entry

    def _empty(self, entry: Entry) -> None:
        proof = {"trash": entry.local or entry.trash, "kept_for": entry.kept_for, "files": entry.files}
        self._queue.history.announce([event_of(entry.movie, "deleted from the trash", proof=proof)])
        try:
            self._require_unused(entry)
            left = self._remove(entry)
        except (PlaceUnavailable, Changed) as error:
            self._say(f"⚠️  {entry.movie.label} stays in the trash: {error}")
            # Not again before another hour is over.
            self._journal.put(replace(entry, kept_for=max(self._period - NOTED_EVERY, 0)))
            return
        hashes = {movie.torrent_hash for movie in self._queue.everything()}
        others = {one.hash for one in self._journal.read().entries if one.key != entry.key}
        if entry.hash and entry.hash not in hashes | others:
            forget_torrent(self._queue.folder, entry.hash)
        self._journal.drop(entry.key)
        self._say(f"🗑️  Deleted from the trash: {entry.movie.label}")
        if left:
            self._say(f"   ⊘ left in {entry.local}, as it was not put there: {', '.join(left)}")

    def _require_unused(self, entry: Entry) -> None:
        """Raise `PlaceUnavailable` for a film that is wanted again, and for files that a torrent has."""
        known = self._queue.find(entry.movie)
        if known is not None and entry.hash and known.torrent_hash == entry.hash:
            there = self._client.find([entry.hash]) if self._client else None
            if known.status == COMPLETED and (there is None or lies_in(there, entry.trash, entry)):
                raise PlaceUnavailable("it is wanted again, and could not be brought back.")
        folder = parts_of(entry.trash)
        for torrent in self._client.torrents() if self._client and entry.local else ():
            if parts_of(torrent.content_path or torrent.save_path)[: len(folder)] == folder:
                raise PlaceUnavailable(
                    f"the torrent {torrent.name} is in qBittorrent, and has its files there."
                )

    def _remove(self, entry: Entry) -> tuple[str, ...]:
        """Remove its files; the names of what else lies there. Raises `PlaceUnavailable`, `Changed`."""
        if entry.local is None:
            self._remove_there(entry)
            return ()
        require_trash(entry)
        folder = Path(entry.local)
        if not folder.parent.is_dir():
            return ()  # somebody emptied the whole trash
        for name, size, mtime_ns in entry.resting:
            found = seen_or_missing(folder / name, folder.parent)
            if found is not None and (found.size, found.mtime_ns) == (size, mtime_ns):
                remove_file(found)
        return _emptied(folder, [name for name, _ in entry.files])

    def _remove_there(self, entry: Entry) -> None:
        """Have qBittorrent delete what only it can see: through the torrent, added for that where it lies."""
        torrent = kept_torrent(self._queue.folder, entry.hash)
        if torrent is None or self._client is None:
            raise PlaceUnavailable(f"only qBittorrent's machine has it, in {entry.trash}: delete it there.")
        added = self._client.add_torrent(torrent, entry.trash)
        if added.already_there:
            there = self._client.find([entry.hash])
            if there is None or not lies_in(there, entry.trash, entry):
                raise PlaceUnavailable(f"its torrent is in qBittorrent again. Delete {entry.trash} there.")
        if not self._client.remove(entry.hash, with_files=True):
            raise PlaceUnavailable(
                f"its torrent is in qBittorrent, and not ours. Delete {entry.trash} there."
            )


def _aged(entry: Entry, now: float) -> Entry:
    """With the time that was seen to pass since it was looked at: a day at most."""
    passed = min(max(int(now) - entry.looked_at, 0), DAY)
    return replace(entry, kept_for=entry.kept_for + passed, looked_at=int(now))


def _emptied(folder: Path, names: Iterable[str]) -> tuple[str, ...]:
    """Remove the folders that held these files, where nothing else is in them; what else is."""
    left: tuple[str, ...] = ()
    # The deepest first: what a folder still holds is told once those in it are gone.
    for way in sorted({PurePath(name).parent.parts for name in names}, key=len, reverse=True):
        try:
            left = remove_empty_folders(folder.parent, (folder.name, *way))
        except MovieSyncError as error:
            logger.warning("trash=%s %s", folder, error)
    return left
