"""How a film comes back from the trash: by the user's word, or because a list has it again.

Base of `trash.Trash`; runs under the lock of cleanup.
"""

from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from cleanup_journal import BACK, TRASHED, Entry
from disk_files import Unfit, look_at, move_file, remove_empty_folders
from errors import PlaceUnavailable
from history import event_of
from qbittorrent_manager import TorrentStatus
from queue_files import COMPLETED
from torrent_store import kept_torrent
from trash_ground import Ground, lies_in, require_trash, seen_or_missing

MOST_TRIES = 3
"""How often qBittorrent is asked to move a torrent that stays where it is."""
AGAIN_AFTER = 600.0
"""Seconds until it is asked once more after that."""
MOST_STARTS = 10
"""How often a torrent that is back is told to go on, until it shows that it does."""
SOON = 2.0
"""Seconds until something that qBittorrent does is looked at again."""
SETTLED = 3.0
"""Seconds until qBittorrent shows the last thing it did; its default is to look each 1.5 seconds."""


class Returning(Ground):
    """The steps of the way back; each may be repeated."""

    @abstractmethod
    def _step(self, entry: Entry) -> float | None:
        """Take the next step of an entry."""

    def bring_back(self, entries: Sequence[Entry]) -> None:
        """Begin to bring a film back from the trash, with all its torrents, because the user says so."""
        self._queue.history.announce([event_of(entries[0].movie, "brought back by the user")])
        self._journal.put(*(replace(entry, phase=BACK, by_user=True, tries=0) for entry in entries))

    def _begin_back(self, entry: Entry) -> float | None:
        """A film stays after all, with all of its torrents."""
        entry = replace(entry, phase=BACK, tries=0)
        self._journal.put(entry)
        self._begin_siblings_back(entry)
        return self._step(entry)

    def _begin_siblings_back(self, entry: Entry) -> None:
        """What else of the film went with it comes back too."""
        for one in self._journal.read().entries:
            siblings = (one.film["id"], one.begun_at) == (entry.film["id"], entry.begun_at)
            if siblings and one.key != entry.key and one.phase == TRASHED:
                self._begin_back(one)

    def _coming_back(self, entry: Entry) -> float | None:
        status = self._find(entry)
        if status is None:
            return self._add_again(entry)
        if status.state == "moving" or status.state.startswith("checking"):
            return self._now() + SOON / 4
        in_trash = lies_in(status, entry.trash, entry)
        if self._tag not in status.tags or not (in_trash or entry.tries or not self.lies_in_trash(entry)):
            return self._leave_to_user(entry, status)
        if in_trash:
            # One that was added is stopped once it is checked; moved before, it would be stopped after.
            ready = status.stopped or entry.tries or self._is_late(entry)
            return self._move_back(entry) if ready else self._now() + SOON / 4
        if not status.complete and entry.movie.downloaded_at and not self._is_late(entry):
            # It may show what it was before the move.
            return self._now() + SOON / 4
        if not self._goes_on(entry, status):
            return self._now() + SOON / 4
        if entry.local:
            remove_empty_folders(Path(entry.local).parent, [Path(entry.local).name])
        return self._is_back(entry)

    def _goes_on(self, entry: Entry, status: TorrentStatus) -> bool:
        """Whether a torrent that is back shows that it goes on; it is told to. One that may not is said."""
        if not status.complete and entry.movie.downloaded_at:
            share = int(status.progress * 100)
            self._say(f"⚠️  {entry.movie.label}: only {share} % of its files are right, so it is stopped")
            return True
        self._start(entry, status)
        if not status.stopped or entry.stopped or entry.starts >= MOST_STARTS:
            return True
        self._journal.put(replace(entry, starts=entry.starts + 1))
        return False

    def _add_again(self, entry: Entry) -> float | None:
        torrent = kept_torrent(self._queue.folder, entry.hash)
        if torrent is None:
            self._journal.put(self._resting(replace(entry, phase=TRASHED)))
            raise PlaceUnavailable(
                f"its .torrent is not kept any more. Its files lie in {entry.local or entry.trash}: move "
                "them by hand."
            )
        require_trash(entry)
        self._journal.put(replace(entry, looked_at=int(self._now())))
        self._ask.add_torrent(torrent, entry.trash)
        return self._now() + SOON / 4

    def _leave_to_user(self, entry: Entry, status: TorrentStatus) -> float | None:
        """The torrent is another one's by now, or was added anew: it stays where it is."""
        if lies_in(status, entry.trash, entry) or (entry.local and not self.lies_in_trash(entry)):
            self._journal.drop(entry.key)
        else:
            self._journal.put(self._resting(replace(entry, phase=TRASHED)))
        self._say(f"   ⊘ {entry.movie.label} is not brought back: its torrent is in {status.save_path}")
        return None

    def _move_back(self, entry: Entry) -> float | None:
        if hindrance := self.in_the_way(entry):
            raise PlaceUnavailable(f"{hindrance} is in its way: move or rename that first.")
        if entry.tries >= MOST_TRIES and 0 <= self._now() - entry.looked_at < AGAIN_AFTER:
            raise PlaceUnavailable(f"qBittorrent does not move it back to {entry.came_from}. See its log.")
        if entry.tries:
            self._ask.move(entry.hash, entry.trash)  # 4.5 takes the failed move for done
        self._journal.put(replace(entry, tries=entry.tries + 1, looked_at=int(self._now())))
        self._ask.stop_torrent(entry.hash)
        self._ask.move(entry.hash, entry.came_from)
        return self._now() + SOON / 4

    def _is_late(self, entry: Entry) -> bool:
        """Whether qBittorrent has had the time to show what became of a move."""
        return not 0 <= self._now() - entry.looked_at < SETTLED

    def _is_back(self, entry: Entry) -> float | None:
        movie = entry.movie
        if entry.by_user:
            self._queue.bring_back(movie, linked_again=bool(entry.link))
            self._say(f"↩️  Brought back: {movie.label}; it stays until you `--forget` it")
        elif self._may_go(entry):
            self._say(f"   ⊘ {movie.label} stays for now")
        else:
            if entry.link and not entry.movie.link_due:
                self._queue.note(movie, COMPLETED, link_due=True, linked=None)
            self._say(f"↩️  Brought back: {movie.label} is wanted again")
        self._journal.drop(entry.key)
        return None

    def _copy_coming_back(self, entry: Entry) -> float | None:
        trash = Path(entry.trash)
        if self._lacking(entry):
            require_trash(entry)
        names = [name for name, _ in entry.files] if trash.is_dir() else []
        for name in names:
            seen = seen_or_missing(trash / name, trash)
            if seen is not None:
                move_file(seen, Path(entry.came_from), seen.parts)
        for name in names:
            remove_empty_folders(trash.parent, [trash.name, *name.split("/")[:-1]])
        return self._is_lost(entry) if self._lacking(entry) else self._is_back(entry)

    def _lacking(self, entry: Entry) -> bool:
        return any(isinstance(look_at(path, [self.directory]), Unfit) for path in self.paths_before(entry))

    def _is_lost(self, entry: Entry) -> float | None:
        """Not all of it was there to be brought back; a film that is wanted is not taken for complete."""
        self._journal.drop(entry.key)
        self._queue.fetch_again(entry.movie)
        self._say(f"⚠️  {entry.movie.label}: not all of its files are there any more")
        return None
