"""How a film goes: one small step at a time, each noted in the journal before it is taken.

Carries out what `cleanup.plan_cleanup` decided, and ends or takes back what an earlier process left half
done. qBittorrent moves and deletes the files of its torrents; what was in no torrent is moved here. Every
step may be repeated. Called by whoever holds the lock of cleanup. Raises `ServiceError`, `StateError`; what
goes wrong with one film is said, and leaves that film as it was.
"""

import logging
from collections.abc import Callable
from pathlib import Path
from zlib import crc32

from msgspec.structs import replace

from cleanup import Action, What
from cleanup_case import OwnTorrent
from cleanup_facts import TRASH
from cleanup_journal import (
    BACK,
    CHECKED,
    CHECKING,
    DELETED,
    DELETING,
    GOING,
    MOVED,
    TRASHED,
    UNDER_WAY,
    Entry,
    film_of,
    identity_of,
)
from cleanup_text import told
from disk_files import Changed, Seen, move_file, remove_empty_folders, remove_file
from errors import PlaceUnavailable
from history import event_of
from movie import Movie
from qbittorrent_manager import TorrentStatus
from trash_back import MOST_TRIES, SETTLED, SOON, Returning
from trash_ground import lies_in, seen_or_missing

logger = logging.getLogger(__name__)

ASKED = 2
"""As `tries`: that the files are compared was asked for."""
AGAIN = "it was begun and cut short, and others may use its files"


class Trash(Returning):
    """Takes the steps."""

    # --- beginning

    def begin(self, action: Action) -> None:
        """Note that a film goes, and why; nothing of it is touched yet."""
        event = "cleanup" if action.what is not What.CHECK else "compared before cleanup"
        self._queue.history.announce([event_of(action.movie, event, proof=dict(action.proof))])
        at = int(self._now())
        if action.what not in (What.CHECK, What.FORGET):
            self._journal.count(at)
        entries = [self._entry(action, one, at) for one in action.torrents]
        if action.files:
            entries.append(self._copy_entry(action, at))
        self._journal.put(*entries)
        self._fresh |= {entry.key: self._now() for entry in entries}
        if not entries:
            self._close(action.movie)

    def _entry(self, action: Action, torrent: OwnTorrent, at: int) -> Entry:
        status = torrent.status
        assert status is not None
        phase = {What.CHECK: CHECKING, What.TRASH: GOING}.get(action.what, DELETING)
        folder = f"{torrent.hash[:8]}-{at}"
        local = self._places.shared.local_path(torrent.trash) if torrent.trash else None
        if self._places.trash is not None:
            local = self._places.trash
        # Compared just now, it may not show yet that it goes on again.
        before = self._journal.entry(torrent.hash)
        compared = before is not None and before.phase == CHECKED
        return Entry(
            key=torrent.hash,
            stopped=before is not None and compared and before.stopped,
            compared=compared,
            film=film_of(action.movie),
            phase=phase,
            hash=torrent.hash,
            name=status.name,
            came_from=status.save_path,
            trash=f"{torrent.trash}/{folder}" if phase == GOING else "",
            local=str(local / folder) if phase == GOING and local and self._places.place.here else None,
            files=tuple((file.name, file.size) for file in torrent.files),
            identity=identity_of(torrent.files),
            link=str(action.link.path) if action.link else None,
            begun_at=at,
            whole=status.progress >= 1,
        )

    def _copy_entry(self, action: Action, at: int) -> Entry:
        directory = self._places.place.directory
        folder = (
            self._places.trash or directory / TRASH
        ) / f"copy-{crc32(action.movie.id.encode()):08x}-{at}"
        return Entry(
            key=f"{action.movie.id} {at}",
            film=film_of(action.movie),
            phase=GOING if action.what is What.TRASH else DELETING,
            name=action.movie.label,
            came_from=str(directory),
            trash=str(folder),
            local=str(folder),
            files=tuple(("/".join(file.parts), file.size) for file in action.files),
            identity=tuple(("/".join(f.parts), f.size, f.inode, f.changed_ns) for f in action.files),
            begun_at=at,
        )

    # --- going on

    def go_on(self) -> float | None:
        """Take the next steps of all that is under way; when to look again, None if nothing is."""
        for entry in self._journal.read().entries:
            if entry.phase in {CHECKED, DELETED} and not self._may_go(entry):
                if entry.phase == DELETED:
                    self._queue.fetch_again(entry.movie)
                self._journal.drop(entry.key)
        again = [self._step(entry) for entry in self._journal.read().entries if entry.phase in UNDER_WAY]
        waits = [at for at in again if at is not None]
        if not waits and any(entry.phase in UNDER_WAY for entry in self._journal.read().entries):
            return self._now() + SOON / 4  # one that was done has begun another
        return min(waits) if waits else None

    def _step(self, entry: Entry) -> float | None:
        """Take steps of one entry for as long as nobody has to be waited for."""
        steps = {
            CHECKING: self._checking,
            GOING: self._going if entry.hash else self._copy_going,
            MOVED: self._moved,
            DELETING: self._deleting if entry.hash else self._copy_deleting,
            BACK: self._coming_back if entry.hash else self._copy_coming_back,
        }
        try:
            return steps[entry.phase](entry)
        except (PlaceUnavailable, Changed) as error:
            self._tell_once(f"⚠️  {entry.movie.label}: {error}")
            return self._now() + 60

    def _checking(self, entry: Entry) -> float | None:
        status = self._status(entry)
        if status is None:
            return self._call_off(entry, None)
        if status.state.startswith("checking"):
            return self._now() + SOON
        if entry.tries < ASKED:
            # Files that were put back at their place are compared in any case.
            due = self._may_go(entry) or entry.trash
            return self._check(entry, status) if due else self._call_off(entry, status)
        if 0 <= self._now() - entry.looked_at < SETTLED:
            return self._now() + SOON
        if status.progress < 1:
            self._journal.drop(entry.key)
            self._say(
                f"   ⊘ {entry.movie.label}: its files are not what was downloaded; left alone. Its torrent "
                "stays stopped, as it would write over them"
            )
            return None
        self._start(entry, status)
        self._settle_check(entry)
        return None

    def _settle_check(self, entry: Entry) -> None:
        if self._may_go(entry):
            self._journal.put(replace(entry, phase=CHECKED))
        else:
            self._journal.drop(entry.key)

    def _check(self, entry: Entry, status: TorrentStatus) -> float | None:
        """Have it compared. It counts only once it was asked for: a kill in between has it asked again."""
        stopped = entry.stopped if entry.tries else status.stopped
        entry = replace(entry, tries=1, stopped=stopped)
        self._journal.put(entry)
        self._ask.stop_torrent(entry.hash)
        self._ask.recheck(entry.hash)
        self._journal.put(replace(entry, tries=ASKED, looked_at=int(self._now())))
        return self._now() + SETTLED

    def _going(self, entry: Entry) -> float | None:
        status = self._status(entry)
        if status is not None and status.state == "moving":
            self._fresh[entry.key] = self._now()
            return self._now() + SOON
        if status is None or not self._may_go(entry):
            return self._end_of_going(entry, status)
        if lies_in(status, entry.trash, entry):
            there = self.lies_in_trash(entry) if entry.local else status.progress >= 1
            return self._is_moved(entry) if there or not entry.whole else self._begin_back(entry)
        if not lies_in(status, entry.came_from, entry) or not self._is_as_planned(entry):
            return self._call_off(entry, status)
        if not self._is_fresh(entry):
            return self._call_off(entry, status, AGAIN)
        if entry.tries >= MOST_TRIES:
            return self._stuck(entry, "qBittorrent did not move it, see its log")
        return self._move(entry, status)

    def _move(self, entry: Entry, status: TorrentStatus) -> float | None:
        stopped = entry.stopped if entry.tries or entry.compared else status.stopped
        before, entry = entry, replace(entry, tries=entry.tries + 1, stopped=stopped)
        self._journal.put(entry)
        try:
            self._ask.stop_torrent(entry.hash)
            if before.tries:
                # 4.5 takes the failed move for done. And what a killed one has copied would be in the way.
                self._ask.move(entry.hash, entry.came_from)
                self._clear_trash(entry)
            self._ask.move(entry.hash, entry.trash)
        except PlaceUnavailable as error:
            return self._stuck(entry, str(error))
        return self._now() + SOON / 4

    def _end_of_going(self, entry: Entry, status: TorrentStatus | None) -> float | None:
        if status is None and self.lies_in_trash(entry) and self._find(entry) is None:
            # Somebody took the torrent out meanwhile: what was moved is in the trash all the same.
            return self._is_moved(entry)
        return self._call_off(entry, status)

    def _is_moved(self, entry: Entry) -> float | None:
        moved = replace(entry, phase=MOVED)
        self._journal.put(moved)
        return self._moved(moved)

    def _moved(self, entry: Entry) -> float | None:
        """Its files lie in the trash, as qBittorrent says: the torrent goes, then the film's record."""
        status = self._find(entry)
        if status is not None:
            if self._tag not in status.tags:
                return self._call_off(entry, None)
            if not self._may_go(entry):
                return self._begin_back(entry)
            if not lies_in(status, entry.trash, entry):
                return self._call_off(entry, status)
            if not self._ask.remove(entry.hash, with_files=False):
                return self._now() + SOON / 4
        trashed = replace(entry, phase=TRASHED, trashed_at=int(self._now()), looked_at=int(self._now()))
        return self._end(entry, trashed)

    def _deleting(self, entry: Entry) -> float | None:
        status = self._find(entry)
        if status is not None:
            if self._tag not in status.tags:
                return self._call_off(entry, None)
            entry = replace(entry, tries=1)
            self._journal.put(entry)
            if not self._may_go(entry) or not self._is_as_planned(entry) or not self._is_fresh(entry):
                return self._call_off(entry, status)
            if not self._ask.remove(entry.hash, with_files=True):
                return self._now() + SOON / 4
        elif not entry.tries or (self._identity_now(entry) and self._is_as_planned(entry)):
            # It was not we who took it out.
            return self._call_off(entry, None)
        self._forget_torrent(entry)
        stuck = {one: why for one, why in self._journal.read().stuck.items() if one != entry.hash}
        self._journal.change(lambda kept: replace(kept, stuck=stuck))
        return self._end(entry, None)

    def _end(self, entry: Entry, after: Entry | None) -> float | None:
        """The files are gone from their place: so is the link, then the record; last the journal knows."""
        self._remove_link(entry)
        siblings = [
            one
            for one in self._journal.read().entries
            if one.key != entry.key and one.film["id"] == entry.film["id"]
        ]
        if any(one.phase in UNDER_WAY for one in siblings):
            self._journal.put(self._resting(after) if after else replace(entry, phase=DELETED))
        elif self._close(entry.movie, entry, after):
            if after is not None:
                self._journal.put(self._resting(after))
            for one in (*siblings, entry):
                if one.phase == DELETED or (one is entry and after is None):
                    self._journal.drop(one.key)
        elif after is not None:
            return self._begin_back(entry)
        else:
            self._queue.fetch_again(entry.movie)
            self._begin_siblings_back(entry)
            self._journal.drop(entry.key)
        return None

    def _close(self, movie: Movie, entry: Entry | None = None, after: Entry | None = None) -> bool:
        """Take the film out of its queue; False if it is wanted again."""
        if not self._queue.let_go(movie):
            return False
        for line in told(movie, entry, (after.local or after.trash) if after else ""):
            self._say(line)
        return True

    # --- copies, which are in no torrent

    def _copy_going(self, entry: Entry) -> float | None:
        root, way = self._way_into_trash(entry)
        try:
            return self._for_each_file(entry, lambda seen, parts: move_file(seen, root, (*way, *parts)))
        except PlaceUnavailable as error:
            if Path(entry.trash).exists():
                raise  # a part of it is there already
            return self._stuck(entry, str(error))

    def _copy_deleting(self, entry: Entry) -> float | None:
        return self._for_each_file(entry, lambda seen, parts: remove_file(seen))

    def _for_each_file(self, entry: Entry, do: Callable[[Seen, tuple[str, ...]], object]) -> float | None:
        root = Path(entry.came_from)
        looked = [(seen_or_missing(root / name, root), planned) for name, *planned in entry.identity]
        there = [(seen, planned) for seen, planned in looked if seen is not None]
        if not self._may_go(entry) and (there or self._queue.find(entry.movie) is not None):
            # Without files and record nothing but the end was missed.
            return self._begin_back(entry)
        if there and not self._is_fresh(entry):
            return self._begin_back(entry)
        for seen, planned in there:
            if [seen.size, seen.inode, seen.changed_ns] != planned:
                self._say(f"   ⊘ {entry.movie.label}: {seen.path} is another file now; left alone")
                return self._begin_back(entry)
            do(seen, seen.parts)
        for name, *_ in entry.identity:
            remove_empty_folders(root, name.split("/")[:-1])
        gone = entry.phase == DELETING
        at = int(self._now())
        return self._end(entry, None if gone else replace(entry, phase=TRASHED, trashed_at=at, looked_at=at))

    # --- what went otherwise

    def _call_off(
        self, entry: Entry, status: TorrentStatus | None, why: str = "it, its torrent or its files changed"
    ) -> float | None:
        """It does not go after all: what was stopped goes on, and what was moved comes back."""
        self._begin_siblings_back(entry)
        if status is not None and entry.trash and lies_in(status, entry.trash, entry):
            return self._begin_back(entry)
        if status is not None and entry.tries:
            if lies_in(status, entry.came_from, entry) and self._put_back(entry):
                self._journal.put(replace(entry, phase=CHECKING, tries=1))
                return self._now() + SOON / 4
            self._stay(entry, status)
        self._journal.drop(entry.key)
        self._say(f"   ⊘ {entry.movie.label} stays: {why} meanwhile")
        return None

    def _stuck(self, entry: Entry, why: str) -> float | None:
        """qBittorrent cannot move it: it goes on as before, and waits for the user's word."""
        self._journal.change(
            lambda kept: replace(kept, stuck={**kept.stuck, entry.hash or entry.film["id"]: why})
        )
        if entry.hash and (status := self._status(entry)) is not None:
            self._stay(entry, status)
        self._journal.drop(entry.key)
        self._say(
            f"⚠️  {entry.movie.label} cannot go into the trash: {why.rstrip('.')}. `--cleanup` shows what "
            "can be done."
        )
        return None
