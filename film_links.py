"""A finished film once more, below a directory and under the name that media servers read (`link_names`).

A hard link, or a copy where there can be none. Called by DownloadWorker. The source is only read; nothing
that lies in the directory is ever replaced, and no symbolic link there is followed. A film is there whole or
not at all: a copy grows under a temporary name and is locked by its writer, so that one which nobody has
locked is the leftover of a killed process.
"""

import contextlib
import errno
import fcntl
import logging
import os
import stat
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import storage
from errors import FilmFault, Interrupted, MovieSyncError, NoSpace, PlaceUnavailable
from link_names import link_name

logger = logging.getLogger(__name__)

TEMPORARY = ".movie_sync.tmp"
PIECE = 4 * 2**20
SYNCED_EVERY = 16 * PIECE  # else the last sync of a large film would hold up a stop

_NO_LINK = frozenset({errno.EXDEV, errno.EPERM, errno.ENOTSUP, errno.EMLINK, errno.ENOSYS})
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_OF_THIS_FILM = frozenset(
    {errno.ELOOP, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG, errno.EILSEQ, errno.EINVAL, errno.EFBIG}
)
"""What says something about one name or size, and nothing about the directory."""
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_NOT_BEHIND_LINKS = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def link_film(video: Path, directory: Path, title: str, year: int | None, stop: threading.Event) -> Path:
    """Have `video` lie below `directory` under its film's name too; returns that path. Repeating is harmless.

    A copy ends soon after `stop` is set, with `Interrupted`. `PlaceUnavailable`: the directory, or the video,
    cannot be used now. `NoSpace`: a copy does not fit. `FilmFault`: another file has the name.
    """
    name = link_name(title, year, video.suffix)
    target = directory / name
    with _source(video) as source:
        try:
            with _film_folder(directory, name.parts[0]) as folder:
                how = _put(source, _Target(target, folder), stop)
        except OSError as error:
            raise _trouble(target, directory, error) from error
    logger.info("link=%s %s", target, how)
    return target


@dataclass(frozen=True)
class _Source:
    """The video, opened for reading."""

    path: Path
    descriptor: int
    status: os.stat_result

    def read(self, offset: int, stop: threading.Event) -> bytes:
        if stop.is_set():
            raise Interrupted(f"stopped while {self.path} was read")
        try:
            return os.pread(self.descriptor, PIECE, offset)
        except OSError as error:
            raise _unreadable(self.path, error) from error

    def check_unchanged(self) -> None:
        now = os.fstat(self.descriptor)
        if (now.st_size, now.st_mtime_ns) != (self.status.st_size, self.status.st_mtime_ns):
            raise PlaceUnavailable(f"{self.path} was changed while it was copied; it will be tried again.")


@dataclass(frozen=True)
class _Target:
    """Where the film goes. `folder` is opened, so that nobody can put another folder in its place."""

    path: Path
    folder: int

    @property
    def name(self) -> str:
        return self.path.name

    def status(self) -> os.stat_result | None:
        try:
            return os.stat(self.name, dir_fd=self.folder, follow_symlinks=False)
        except FileNotFoundError:
            return None

    def taken(self) -> FilmFault:
        return FilmFault(
            f"{self.path} is there already and is another file, perhaps of a film with the same title and "
            "year. It was left as it is: move or rename one of them."
        )

    def busy(self) -> PlaceUnavailable:
        return PlaceUnavailable(f"{self.path.parent}: another process copies a film there; it is waited for.")


@contextlib.contextmanager
def _source(video: Path) -> Iterator[_Source]:
    try:
        descriptor = os.open(video, os.O_RDONLY | _NOT_BEHIND_LINKS)
    except OSError as error:
        raise _unreadable(video, error) from error
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise FilmFault(f"{video} is no file, so it cannot be linked.")
        yield _Source(video, descriptor, status)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _film_folder(directory: Path, name: str) -> Iterator[int]:
    """The film's folder, opened; made if need be, and removed again if nothing came into it."""
    try:
        place = os.open(directory, _FOLDER)
    except OSError as error:
        raise PlaceUnavailable(
            f"Link directory {directory} is missing or cannot be opened ({error.strerror}). Create or mount "
            "it, or change `link_directory` in config.json (null: no links). The films are complete."
        ) from error
    try:
        made = _make_folder(place, name)
        try:
            with _opened_folder(place, name) as folder:
                if made:
                    _open_to_the_same(folder, place)
                    storage.sync_folder(directory)
                yield folder
        except BaseException:
            if made:
                with contextlib.suppress(OSError):
                    os.rmdir(name, dir_fd=place)
            raise
    finally:
        os.close(place)


def _make_folder(place: int, name: str) -> bool:
    try:
        os.mkdir(name, dir_fd=place)
    except FileExistsError:
        return False
    return True


def _open_to_the_same(folder: int, place: int) -> None:
    """A media server that may read the directory may read the film, whatever this process's umask is."""
    with contextlib.suppress(OSError):  # FAT and many network drives know no modes
        os.fchmod(folder, stat.S_IMODE(os.fstat(place).st_mode))


@contextlib.contextmanager
def _opened_folder(place: int, name: str) -> Iterator[int]:
    folder = os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=place)
    try:
        yield folder
    finally:
        os.close(folder)


def _put(source: _Source, target: _Target, stop: threading.Event) -> str:
    """Link or copy, unless it is there. Returns what was done, for the log."""
    if not _remove_leftover(target.folder):
        raise target.busy()
    if _is_there(source, target, stop):
        return "there already"
    how = "linked"
    try:
        os.link(source.path, target.name, dst_dir_fd=target.folder, follow_symlinks=False)
    except FileExistsError:
        raise target.taken() from None
    except OSError as error:
        if error.errno not in _NO_LINK:
            raise
        _copy(source, target, stop)
        how = f"copied, as a hard link is refused ({error.strerror})"
    storage.sync_folder(target.path.parent)
    return how


def _is_there(source: _Source, target: _Target, stop: threading.Event) -> bool:
    found = target.status()
    if found is None:
        return False
    same = os.path.samestat(found, source.status)
    if same or (_may_be_copy(found, source.status) and _same_content(source, target, stop)):
        return True
    raise target.taken()


def _may_be_copy(found: os.stat_result, original: os.stat_result) -> bool:
    return stat.S_ISREG(found.st_mode) and found.st_size == original.st_size


def _same_content(source: _Source, target: _Target, stop: threading.Event) -> bool:
    there = os.open(target.name, os.O_RDONLY | _NOT_BEHIND_LINKS, dir_fd=target.folder)
    try:
        offset = 0
        while piece := source.read(offset, stop):
            if os.pread(there, len(piece), offset) != piece:
                return False
            offset += len(piece)
        return True
    finally:
        os.close(there)


def _copy(source: _Source, target: _Target, stop: threading.Event) -> None:
    _remove_leftovers(target.path.parent.parent)
    _require_room(source, target)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NOT_BEHIND_LINKS
    temp = os.open(TEMPORARY, flags, 0o600, dir_fd=target.folder)
    try:
        if not _lock(temp):
            raise target.busy()
        _pour(source, temp, stop)
        source.check_unchanged()
        with contextlib.suppress(OSError):  # as in `_open_to_the_same`
            os.fchmod(temp, stat.S_IMODE(source.status.st_mode) & 0o666 | 0o600)
        os.fsync(temp)
        _give_name(temp, target)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(TEMPORARY, dir_fd=target.folder)
        os.close(temp)


def _require_room(source: _Source, target: _Target) -> None:
    disk = os.fstatvfs(target.folder)
    free = disk.f_bavail * disk.f_frsize
    if disk.f_blocks and free < source.status.st_size:
        raise NoSpace(
            f"No room for {target.path}: {source.status.st_size / 1e9:.1f} GB needed, {free / 1e9:.1f} GB "
            "free. Free some space, or put `link_directory` on the disk of `download_directory`."
        )


def _pour(source: _Source, temp: int, stop: threading.Event) -> None:
    offset = 0
    while piece := source.read(offset, stop):
        rest = memoryview(piece)
        while rest:
            rest = rest[os.write(temp, rest) :]
        offset += len(piece)
        if offset % SYNCED_EVERY == 0:
            os.fsync(temp)


def _give_name(temp: int, target: _Target) -> None:
    """Put the finished copy in place. A second name, unlike a rename, never replaces another file."""
    folder = target.folder
    if not os.path.samestat(os.fstat(temp), os.stat(TEMPORARY, dir_fd=folder, follow_symlinks=False)):
        raise target.busy()
    try:
        os.link(TEMPORARY, target.name, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
    except FileExistsError:
        raise target.taken() from None
    except OSError as error:
        if error.errno not in _NO_LINK:
            raise
        if target.status() is not None:
            raise target.taken() from None
        os.rename(TEMPORARY, target.name, src_dir_fd=folder, dst_dir_fd=folder)


def _remove_leftovers(directory: Path) -> None:
    """Clear up in the folder of every film, as one whose copying was killed may never come again."""
    place = os.open(directory, _FOLDER)
    try:
        with os.scandir(place) as entries:
            names = [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
        for name in names:
            try:
                with _opened_folder(place, name) as folder:
                    _remove_leftover(folder)
            except OSError as error:
                logger.debug("link_directory=%s folder=%s not cleared up: %s", directory, name, error)
    finally:
        os.close(place)


def _remove_leftover(folder: int) -> bool:
    """Remove what a killed process left behind; False if the process that writes it lives."""
    try:
        temp = os.open(TEMPORARY, os.O_RDWR | _NOT_BEHIND_LINKS, dir_fd=folder)
    except FileNotFoundError:
        return True
    try:
        if not _lock(temp):
            return False
        os.unlink(TEMPORARY, dir_fd=folder)
        return True
    finally:
        os.close(temp)


def _lock(descriptor: int) -> bool:
    """Lock a file for as long as it is open; False if another process has it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        logger.debug("this file system knows no locks: %s", error)
    return True


def _unreadable(video: Path, error: OSError) -> MovieSyncError:
    if error.errno == errno.ELOOP:
        return FilmFault(f"{video} is a symbolic link, and none is followed: link the film by hand.")
    return PlaceUnavailable(
        f"{video} cannot be read ({error.strerror}), so it is not linked. Mount its disk, or mend its owner "
        "or permissions."
    )


def _trouble(target: Path, directory: Path, error: OSError) -> MovieSyncError:
    why = error.strerror or str(error)
    if error.errno in _FULL:
        return NoSpace(f"No room for {target} ({why}). Free some space there; nothing was left half copied.")
    if error.errno in _OF_THIS_FILM:
        return FilmFault(f"{target} cannot be made ({why}): see what is in its way, or link it by hand.")
    return PlaceUnavailable(
        f"{target} cannot be made ({why}). Mount the disk of {directory}, mend its owner or permissions, or "
        "change `link_directory` in config.json (null: no links). The film itself is complete."
    )
