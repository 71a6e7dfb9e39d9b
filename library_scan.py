"""Reads library directories, and reads again only what changed since.

Called under the lock of `library`, which keeps one `Tree` for each directory. Looks at names, sizes and
times, and into `.nfo` files; never writes. A folder whose times are the same, and not so recent that another
change could have left them the same, is not read again; what lies below it is looked at all the same.
"""

import errno
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass

from errors import PlaceUnavailable
from library_folders import Folder, Listing, Video
from library_names import (
    STREAM_SUFFIXES,
    finished_name,
    holds_no_film,
    is_episode,
    is_part_folder,
    is_season,
    is_video_name,
)
from library_nfo import read_nfo
from library_titles import read_film_name

DEPTH = 4
"""How many folders deep films are looked for; parts of a film may lie deeper."""
SETTLED_AFTER = 60.0
"""Seconds after which a folder's time tells of each further change: FAT counts in steps of two, NFS may keep
the times of a minute ago, and clocks of two machines differ."""
_PARTS_DEPTH = 3
_LEAST_STREAM = 1 << 20

_GONE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG})
_FORBIDDEN = frozenset({errno.EACCES, errno.EPERM})

_Stamp = tuple[int, int, int, int]


@dataclass(slots=True)
class _Seen:
    """A folder as it was last read, and the folders in it."""

    stamp: _Stamp
    settled: bool
    listing: Listing
    unreadable: str | None
    below: dict[str, "_Seen"]

    def is_like(self, other: "_Seen") -> bool:
        """Whether the same lies in it."""
        return (self.listing, self.unreadable) == (other.listing, other.unreadable)


class Tree:
    """One directory with all folders in it. `listings` counts how many folders were read so far."""

    def __init__(self, root: str, leave_out: Sequence[str] = ()) -> None:
        self.root = root
        self.listings = 0
        self.changed = True
        self._leave_out = frozenset(leave_out)
        self._seen: _Seen | None = None
        self._now = 0.0
        self._again = True

    def refresh(self, now: float, *, again: bool = False) -> None:
        """Look at every folder, and read those that may have changed, or all of them `again`.

        `now` are unix seconds; `changed` then tells whether anything did. Raises `PlaceUnavailable` if the
        directory, or a file system below it, does not answer; then nothing is known of it.
        """
        self.changed, self._now, self._again = False, now, again
        known, self._seen = self._seen, None
        try:
            about = os.stat(self.root)
            self._seen = self._look(self.root, about, known, DEPTH, frozenset())
        except OSError as error:
            raise unknown(error.filename or self.root, error.strerror or str(error)) from error
        if self._seen.unreadable is not None:
            why, self._seen = self._seen.unreadable, None
            raise unknown(self.root, why)

    def folder(self) -> Folder:
        """What was seen, as the rules about films want it."""
        assert self._seen is not None
        return _folder("", self.root, self._seen)

    def _look(
        self,
        path: str,
        about: os.stat_result,
        known: _Seen | None,
        depth: int,
        above: frozenset[tuple[int, int]],
    ) -> _Seen:
        stamp = (about.st_dev, about.st_ino, about.st_mtime_ns, about.st_ctime_ns)
        if known is None or self._again or not known.settled or known.stamp != stamp:
            settled = self._now - max(about.st_mtime, about.st_ctime) > SETTLED_AFTER
            seen = self._read(path, stamp, settled)
            self.changed |= known is None or not seen.is_like(known)
        else:
            seen = _Seen(stamp, True, known.listing, known.unreadable, {})
        above |= {(about.st_dev, about.st_ino)}
        for name in seen.listing.folders:
            if depth <= 0 and not (depth > -_PARTS_DEPTH and is_part_folder(name)):
                continue
            before = known.below.get(name) if known else None
            child = self._below(os.path.join(path, name), before, depth - 1, above)
            if child is not None:
                seen.below[name] = child
        self.changed |= known is not None and known.below.keys() != seen.below.keys()
        return seen

    def _below(
        self, path: str, known: _Seen | None, depth: int, above: frozenset[tuple[int, int]]
    ) -> _Seen | None:
        """What lies in a folder of the tree; None if it is gone, left out, or leads back to where we are."""
        if path in self._leave_out:
            return None
        try:
            about = os.stat(path)
        except OSError as error:
            if error.errno in _GONE:
                return None
            if error.errno in _FORBIDDEN:
                self.changed |= known is None or known.unreadable is None
                return _Seen((0, 0, 0, 0), False, Listing(), error.strerror, {})
            raise
        if not stat.S_ISDIR(about.st_mode) or (about.st_dev, about.st_ino) in above:
            return None
        return self._look(path, about, known, depth, above)

    def _read(self, path: str, stamp: _Stamp, settled: bool) -> _Seen:
        self.listings += 1
        try:
            listing = _listing(path)
        except OSError as error:
            if error.errno in _GONE and path != self.root:
                return _Seen(stamp, False, Listing(), None, {})
            if error.errno in _FORBIDDEN:
                return _Seen(stamp, settled, Listing(), error.strerror, {})
            raise
        return _Seen(stamp, settled and not listing.unsettled, listing, None, {})


def unknown(place: str, why: str) -> PlaceUnavailable:
    """What to tell the user about a folder that cannot be looked into."""
    return PlaceUnavailable(
        f"{place} cannot be read ({why}), so what lies there is unknown. Films wait: mount it, mend its "
        "permissions, or take it out of `library_directories` in config.json."
    )


def _folder(name: str, path: str, seen: _Seen) -> Folder:
    below = tuple(_folder(name, os.path.join(path, name), child) for name, child in seen.below.items())
    return Folder(name, path, read_film_name(name), seen.listing, below, seen.unreadable)


def _listing(path: str) -> Listing:
    with os.scandir(path) as scan:
        children = sorted(
            (child for child in scan if not child.name.startswith(".")), key=lambda child: child.name
        )
    unfinished = {whole for child in children if (whole := finished_name(child.name))}
    videos, unsettled, episodes = [], False, False
    notes, folders = {}, []
    for child in children:
        stem, suffix = os.path.splitext(child.name)
        if is_video_name(child.name) and (size := _size(child)) is not None:
            unsettled |= size == 0
            if size and child.name not in unfinished and not _is_source(suffix, size):
                videos.append(Video(stem, child.path, read_film_name(stem)))
        elif is_episode(child.name):
            episodes = True
        elif suffix.lower() == ".nfo":
            notes[stem.casefold()] = read_nfo(child.path)
        elif holds_no_film(child.name):
            episodes |= is_season(child.name)
        elif _is_folder(child):
            folders.append(child.name)
    return Listing(tuple(videos), episodes, notes, tuple(folders), unsettled)


def _is_source(suffix: str, size: int) -> bool:
    return suffix.casefold() in STREAM_SUFFIXES and size < _LEAST_STREAM


def _size(child: os.DirEntry[str]) -> int | None:
    """The size of a file in bytes, 1 for what cannot be looked at; None for what is no file."""
    try:
        about = child.stat()
    except OSError as error:
        return None if error.errno in _GONE else 1
    return about.st_size if stat.S_ISREG(about.st_mode) else None


def _is_folder(child: os.DirEntry[str]) -> bool:
    """A link to nowhere is none; what cannot be looked at may be one."""
    try:
        return child.is_dir()
    except OSError as error:
        return error.errno not in _GONE
