"""Film files as they lie on the disk, and how they go: for cleanup, nothing else removes or moves any.

Called by whoever holds the lock of cleanup. It decides nothing: a path is looked at while the plan is made,
and acted on later only while the very same file lies there. Each way below a configured directory is walked
folder by folder through descriptors, so that no symbolic link is followed, whenever it was put there. Folders
go only when they are empty, and nothing is ever replaced. Between the last look and the removal lies one
system call, and no less can be had: POSIX takes names away, not files.
"""

import contextlib
import errno
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path

from errors import MovieSyncError
from folder_walk import Changed as Changed
from folder_walk import (
    NoRoot,
    Parts,
    are_names,
    kind_of,
    names_in,
    opened,
    require_names,
    status_of,
    sync,
    told,
)

_NO_LINK = frozenset({errno.EPERM, errno.ENOTSUP, errno.EMLINK, errno.ENOSYS})
_NOT_EMPTY = frozenset({errno.ENOTEMPTY, errno.EEXIST, errno.EBUSY})
"""The last one for a folder that a disk is mounted on, whatever is in it."""


@dataclass(frozen=True)
class Seen:
    """A regular file as it lies at `parts` below `root`. It tells nothing once its disk was mounted anew.

    `changed_ns` is the time of the last change of its content, its names or its owner, as the disk keeps it:
    nobody can set it.
    """

    root: Path
    parts: Parts
    size: int
    mtime_ns: int
    device: int
    inode: int
    links: int
    changed_ns: int = field(default=0, compare=False)

    @property
    def path(self) -> Path:
        """Where it lies."""
        return self.root.joinpath(*self.parts)


@dataclass(frozen=True)
class Unfit:
    """Why a path may not be touched, as the rest of a sentence; `missing` if there simply is nothing."""

    path: Path
    why: str
    missing: bool = False


def look_at(path: Path, roots: Sequence[Path]) -> Seen | Unfit:
    """The regular file at `path`, below the deepest of `roots` that it lies in. Reads names, and no file.

    A root may be reached through symbolic links, and what lies below it may not.
    """
    above = [root for root in roots if root.is_absolute() and path.is_relative_to(root)]
    if not above or ".." in path.parts:
        return Unfit(path, "lies outside of the configured directories")
    root = max(above, key=lambda root: len(root.parts))
    parts = path.relative_to(root).parts
    if not parts:
        return Unfit(path, "is one of the configured directories itself")
    if not are_names(parts):
        return Unfit(path, "is a path that no file can have")
    try:
        with opened(root, parts[:-1]) as folder:
            return _file(folder, root, parts)
    except (OSError, Changed, NoRoot) as error:
        return _unfit(path, error)


def files_below(root: Path, parts: Sequence[str]) -> list[Seen | Unfit]:
    """All that lies below a folder at any depth, except folders, in the order of the names. Follows no link.

    What is not a file, or on another disk, or cannot be looked at, is `Unfit`. A folder that is not there
    holds nothing.
    """
    found = sorted(_below(root, tuple(parts)), key=itemgetter(0))
    return [entry for _, entry in found if not (isinstance(entry, Unfit) and entry.missing)]


def remove_file(seen: Seen) -> bool:
    """Take the file from the disk; False if it is gone already. `remove_empty_folders` makes that last.

    Raises `Changed` for another file, or one that was written to, and `PlaceUnavailable`.
    """
    with told(seen.path, "removed"):
        require_names(seen.root, seen.parts)
        try:
            with opened(seen.root, seen.parts[:-1]) as folder:
                _require_same(seen, folder)
                os.unlink(seen.parts[-1], dir_fd=folder)
        except FileNotFoundError:
            return False
    return True


def remove_empty_folders(root: Path, parts: Sequence[str]) -> Parts:
    """Remove the folder at `parts`, then those above it, up to the first that is not empty; never `root`.

    Returns the names that lie in that one, none if all are gone: also a name that is no folder any more.
    All that was removed there before outlasts a power cut then. Raises `PlaceUnavailable`.
    """
    way = tuple(parts)
    with told(root.joinpath(*way), "removed"):
        if way:
            require_names(root, way)
        for depth in range(len(way), 0, -1):
            try:
                left = _remove_folder(root, way[:depth])
            except (FileNotFoundError, Changed):
                continue  # the one above tells what lies there instead
            if left:
                return left
        with opened(root, ()) as folder:
            sync(folder)
    return ()


def move_file(seen: Seen, root: Path, parts: Parts) -> Seen:
    """Have the file lie at `parts` below `root` instead, on the same disk; it is as it lies there then.

    Makes the folders, and replaces nothing. After a kill at any point, repeating it finishes it. Raises
    `Changed` for another file here or there, and `PlaceUnavailable`.
    """
    with told(seen.path, f"moved to {root.joinpath(*parts)}"):
        require_names(seen.root, seen.parts)
        require_names(root, parts)
        try:
            with opened(seen.root, seen.parts[:-1]) as source:
                _require_same(seen, source)
                with _made_folders(root, parts[:-1]) as folder:
                    _move(seen, source, folder, root.joinpath(*parts))
                    return _seen(root, parts, status_of(folder, parts[-1]))
        except FileNotFoundError:
            return _arrived(seen, root, parts)


# --- looking


def _file(folder: int, root: Path, parts: Parts) -> Seen | Unfit:
    status = status_of(folder, parts[-1])
    if not stat.S_ISREG(status.st_mode):
        return Unfit(root.joinpath(*parts), kind_of(status.st_mode))
    return _seen(root, parts, status)


def _seen(root: Path, parts: Parts, status: os.stat_result) -> Seen:
    return Seen(
        root,
        parts,
        status.st_size,
        status.st_mtime_ns,
        status.st_dev,
        status.st_ino,
        status.st_nlink,
        status.st_ctime_ns,
    )


def _unfit(path: Path, error: OSError | Changed | NoRoot) -> Unfit:
    if isinstance(error, Changed):
        return Unfit(path, error.why if error.path == path else f"lies below {error.path}, which {error.why}")
    if isinstance(error, NoRoot):
        return Unfit(path, error.why)
    if isinstance(error, FileNotFoundError):
        return Unfit(path, "is not there", missing=True)
    return Unfit(path, f"cannot be looked at ({error.strerror or error})")


def _below(root: Path, parts: Parts) -> Iterator[tuple[Parts, Seen | Unfit]]:
    """What is no folder that can be looked into, with its way; one folder is open at a time, at any depth."""
    if parts and not are_names(parts):
        yield parts, Unfit(root, f"holds nothing that can be called {'/'.join(parts)!r}")
        return
    waiting = [parts]
    while waiting:
        here = waiting.pop()
        try:
            with opened(root, here) as folder:
                entries = [(name, _entry(folder, root, (*here, name))) for name in names_in(folder)]
        except (OSError, Changed, NoRoot) as error:
            yield here, _unfit(root.joinpath(*here), error)
            continue
        waiting += [(*here, name) for name, entry in entries if entry is None]
        yield from (((*here, name), entry) for name, entry in entries if entry is not None)


def _entry(folder: int, root: Path, parts: Parts) -> Seen | Unfit | None:
    path = root.joinpath(*parts)
    try:
        status = status_of(folder, parts[-1])
        if not stat.S_ISDIR(status.st_mode):
            return _file(folder, root, parts)
    except OSError as error:
        return _unfit(path, error)
    same_disk = status.st_dev == os.fstat(folder).st_dev
    return None if same_disk else Unfit(path, "is a folder on another disk, which is mounted there")


# --- acting


def _is(seen: Seen, status: os.stat_result) -> bool:
    return stat.S_ISREG(status.st_mode) and (seen.device, seen.inode, seen.size, seen.mtime_ns) == (
        status.st_dev,
        status.st_ino,
        status.st_size,
        status.st_mtime_ns,
    )


def _require_same(seen: Seen, folder: int) -> None:
    status = status_of(folder, seen.parts[-1])
    if not stat.S_ISREG(status.st_mode):
        raise Changed(seen.path, kind_of(status.st_mode))
    if not _is(seen, status):
        raise Changed(seen.path, "is another file than it was, or was written to")


def _remove_folder(root: Path, parts: Parts) -> Parts:
    """Remove it if it is empty; what lies in it otherwise, or its own name where it is no folder."""
    with opened(root, parts[:-1]) as above:
        try:
            os.rmdir(parts[-1], dir_fd=above)
            return ()
        except NotADirectoryError:
            return parts[-1:]
        except OSError as error:
            if error.errno not in _NOT_EMPTY:
                raise
    with opened(root, parts) as folder:
        sync(folder)
        return tuple(names_in(folder))


@contextlib.contextmanager
def _made_folders(root: Path, parts: Parts) -> Iterator[int]:
    """The folder at `parts`, made if need be; what was made goes again if nothing comes into it."""
    made: list[Parts] = []
    try:
        for depth, name in enumerate(parts):
            with opened(root, parts[:depth]) as above:
                try:
                    os.mkdir(name, dir_fd=above)
                except FileExistsError:
                    continue
                made.append(parts[: depth + 1])
                sync(above)
        with opened(root, parts) as folder:
            yield folder
    except BaseException:
        for way in reversed(made):
            with contextlib.suppress(OSError, MovieSyncError), opened(root, way[:-1]) as above:
                os.rmdir(way[-1], dir_fd=above)
        raise


def _move(seen: Seen, source: int, folder: int, target: Path) -> None:
    """First a second name, which replaces nothing, then without the first one: no kill can lose the file."""
    name = seen.parts[-1]
    if target.name == name and os.path.samestat(os.fstat(source), os.fstat(folder)):
        return  # it lies there, though perhaps by another way: without its first name it would be lost
    try:
        os.link(name, target.name, src_dir_fd=source, dst_dir_fd=folder, follow_symlinks=False)
    except FileExistsError:
        _require_second_name(seen, folder, target)
    except OSError as error:
        if error.errno not in _NO_LINK:
            raise
        _rename(seen, source, folder, target)
        return
    else:
        _require_linked(seen, source, folder, target)
    sync(folder)
    _require_same(seen, source)
    os.unlink(name, dir_fd=source)
    sync(source)


def _require_second_name(seen: Seen, folder: int, target: Path) -> None:
    """A kill may have left both names. One link alone is one name, as some disks tell no case apart."""
    there = status_of(folder, target.name)
    if not _is(seen, there) or there.st_nlink < 2:
        raise _taken(target)


def _taken(target: Path) -> Changed:
    return Changed(target, "is there already and is another file")


def _require_linked(seen: Seen, source: int, folder: int, target: Path) -> None:
    """Take back the name of a file that came into the place of ours since the last look."""
    there = status_of(folder, target.name)
    if _is(seen, there):
        return
    if os.path.samestat(there, status_of(source, seen.parts[-1])):
        os.unlink(target.name, dir_fd=folder)
    _require_same(seen, source)
    raise _taken(target)


def _rename(seen: Seen, source: int, folder: int, target: Path) -> None:
    """For disks without hard links. A name that comes in after the look would be replaced."""
    with contextlib.suppress(FileNotFoundError):
        status_of(folder, target.name)
        raise _taken(target)
    _require_same(seen, source)
    os.rename(seen.parts[-1], target.name, src_dir_fd=source, dst_dir_fd=folder)
    sync(folder)
    sync(source)


def _arrived(seen: Seen, root: Path, parts: Parts) -> Seen:
    """The file where it was to go, as it is not any more where it was."""
    try:
        with opened(root, parts[:-1]) as folder:
            there = status_of(folder, parts[-1])
            sync(folder)
    except FileNotFoundError:
        raise Changed(seen.path, "is gone") from None
    if not _is(seen, there):
        raise Changed(seen.path, "is gone")
    return _seen(root, parts, there)
