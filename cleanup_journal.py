"""`cleanup.json`: what cleanup has begun and not ended, what lies in the trash, and what went lately.

Owns that file and decides nothing. Each change is on disk before what it tells of is done, so that a cleanup
that was killed at any moment is ended, or taken back, by the next one. Whoever changes it holds the lock of
cleanup (`lock_path`): the daemon while it cleans, `--cleanup --yes`, `--undo`.
"""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

import storage
from cleanup_case import OwnFile
from disk_files import Seen
from movie import Movie, movie_from, movie_to_mapping

DAY = 24 * 3600

CHECKING, CHECKED = "checking", "checked"
GOING, MOVED, DELETING = "going", "moved", "deleting"
TRASHED, BACK, DELETED = "trashed", "coming back", "deleted"
UNDER_WAY = frozenset({CHECKING, GOING, MOVED, DELETING, BACK})
"""Phases of what is begun and not ended."""

Identity = tuple[tuple[str, int, int, int], ...]
"""What tells files from others of their name: name, size, inode, time of the last change in nanoseconds."""


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One torrent, or one copy without a torrent, that cleanup deals with.

    `film` is the film's record as it was. `came_from` and `trash` are folders in qBittorrent's words (for a
    copy: of this machine), `local` is the one in the trash as this machine sees it. `files` are names below
    them, and sizes. `kept_for` counts the seconds in the trash that were seen to pass, until `looked_at`.
    `stopped` says that the torrent stood still before anything was done to it (`compared`: by the
    comparison), `whole` that nothing of it was lacking. `resting` are the files as they lie in the trash:
    name, size, time in nanoseconds.
    """

    key: str
    film: dict[str, Any]
    phase: str
    came_from: str
    trash: str = ""
    hash: str = ""
    name: str = ""
    local: str | None = None
    files: tuple[tuple[str, int], ...] = ()
    identity: Identity = ()
    link: str | None = None
    begun_at: int = 0
    tries: int = 0
    starts: int = 0
    stopped: bool = False
    compared: bool = False
    whole: bool = False
    resting: tuple[tuple[str, int, int], ...] = ()
    trashed_at: int = 0
    kept_for: int = 0
    looked_at: int = 0
    by_user: bool = False

    @property
    def movie(self) -> Movie:
        """The film as it was."""
        return movie_from(self.film)


class Kept(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The whole file. `armed`: cleanup was on before, and nothing waits for the user's first word.

    `cleaned` are the unix times at which something was deleted within a day; `stuck` says of a hash why
    qBittorrent could not move it.
    """

    armed: bool = False
    cleaned: tuple[int, ...] = ()
    stuck: dict[str, str] = {}
    entries: tuple[Entry, ...] = ()


class Journal:
    """The file of one state folder. Reading may raise `StateError`, changing `StateWriteError`."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "cleanup.json"
        self.lock_path = folder / "cleanup.lock"

    def read(self) -> Kept:
        """Everything, as it is on disk."""
        return storage.read_json(self.path, Kept, Kept())

    def change(self, change: Callable[[Kept], Kept]) -> Kept:
        """Replace what is kept."""
        before = self.read()
        after = change(before)
        if after != before:
            storage.write_json(self.path, after)
        return after

    def put(self, *entries: Entry) -> None:
        """Write entries in place of those with the same keys, or behind all others.

        What lies in the trash stays known beside a later one of the same torrent.
        """
        new = {entry.key: entry for entry in entries}

        def change(kept: Kept) -> Kept:
            known = {one.key: one for one in kept.entries}
            for key in known.keys() & new.keys():
                if known[key].phase == TRASHED and known[key].begun_at != new[key].begun_at:
                    earlier = known.pop(key)
                    again = f"{key} {earlier.begun_at}"
                    known[again] = replace(earlier, key=again)
            return replace(kept, entries=tuple((known | new).values()))

        self.change(change)

    def drop(self, key: str) -> None:
        """Forget an entry."""
        self.change(lambda kept: replace(kept, entries=tuple(one for one in kept.entries if one.key != key)))

    def entry(self, key: str) -> Entry | None:
        """The entry with this key."""
        return next((one for one in self.read().entries if one.key == key), None)

    @property
    def stamp(self) -> storage.FileStamp:
        """Changes whenever the file does."""
        return storage.stamp(self.path)

    def is_checked(self, torrent_hash: str, files: Sequence[OwnFile]) -> bool:
        """Whether qBittorrent compared exactly these files with their torrent."""
        entry = self.entry(torrent_hash)
        return entry is not None and entry.phase == CHECKED and entry.identity == identity_of(files)

    def recent(self, now: float) -> int:
        """How many films went within the last 24 hours; one that lies ahead went just now."""
        return sum(1 for at in self.read().cleaned if now - at < DAY)

    def count(self, now: float) -> None:
        """One more film goes."""
        self.set_clock(now)
        self.change(lambda kept: replace(kept, cleaned=(*kept.cleaned, int(now))))

    def set_clock(self, now: float) -> None:
        """What a clock that was ahead has noted happened just now, and is over in a day."""
        self.change(
            lambda kept: replace(
                kept, cleaned=tuple(min(at, int(now)) for at in kept.cleaned if now - at < DAY)
            )
        )


def film_of(movie: Movie) -> dict[str, Any]:
    """A record as it is kept in an entry."""
    return movie_to_mapping(movie)


def identity_of(files: Iterable[OwnFile]) -> Identity:
    """What tells these files from others that may be put in their place; () where they cannot be seen."""
    seen = [(file.name, file.here) for file in files if isinstance(file.here, Seen)]
    return tuple((name, here.size, here.inode, here.changed_ns) for name, here in seen)
