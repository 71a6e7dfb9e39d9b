"""The way to a folder below a configured directory, walked through descriptors without following a link.

Used by `disk_files`, on whatever thread that runs. The directory itself is opened as it is named, links and
all; below it a symbolic link ends the way, also one that is put there while it is walked. Changes nothing.
"""

import contextlib
import errno
import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from errors import MovieSyncError, PlaceUnavailable

Parts = tuple[str, ...]
"""The names on the way from a directory down to something."""

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_NO_SYNC = frozenset({errno.EINVAL, errno.ENOTSUP})
"""What network and FUSE file systems say that know no fsync of a folder."""
_MENDS = {
    errno.EROFS: "Mount its disk writable",
    errno.ENOSPC: "Free some space there",
    errno.EDQUOT: "Free some of your quota there",
    errno.EXDEV: "Both must be on one disk, and in one mount of it: choose the directories so",
    errno.ENAMETOOLONG: "The name is too long for that disk: move it by hand",
}


class Changed(MovieSyncError):
    """Something else lies at `path` now than what the plan was made for; nothing was done."""

    def __init__(self, path: Path, why: str) -> None:
        self.path = path
        self.why = why
        super().__init__(
            f"{path} {why}, so it was left as it is. See what became of it, and have the plan made again: "
            "`python main.py --cleanup`."
        )


class NoRoot(PlaceUnavailable):
    """A configured directory cannot be opened: that says nothing about the files in it."""

    def __init__(self, root: Path, error: OSError) -> None:
        self.why = f"lies in {root}, which is missing or cannot be opened ({error.strerror})"
        super().__init__(
            f"{root} is missing or cannot be opened ({error.strerror}). Mount its disk, or mend its owner or "
            "permissions; it will be tried again."
        )


def are_names(parts: Sequence[str]) -> bool:
    """Whether these can be the names of something below a directory: at least one, and none leads back."""
    return bool(parts) and all(map(_is_name, parts))


def _is_name(part: str) -> bool:
    try:
        encoded = os.fsencode(part)
    except UnicodeEncodeError:
        return False
    return part not in {"", ".", ".."} and b"/" not in encoded and b"\0" not in encoded


def require_names(root: Path, parts: Sequence[str]) -> None:
    """Raise `PlaceUnavailable` unless `are_names`."""
    if not are_names(parts):
        raise PlaceUnavailable(
            f"{root}: no file below it can be called {'/'.join(parts)!r}; nothing was done."
        )


@contextlib.contextmanager
def opened(root: Path, parts: Parts) -> Iterator[int]:
    """The folder at `parts`, reached without a symbolic link below `root`; two descriptors at any depth.

    Raises `NoRoot`, `Changed` for anything else in place of a folder, and `OSError`.
    """
    try:
        folder = os.open(root, _FOLDER)
    except OSError as error:
        raise NoRoot(root, error) from error
    try:
        for depth in range(1, len(parts) + 1):
            above, folder = folder, _open_folder(folder, root, parts[:depth])
            os.close(above)
        yield folder
    finally:
        os.close(folder)


def _open_folder(above: int, root: Path, parts: Parts) -> int:
    try:
        return os.open(parts[-1], _FOLDER | os.O_NOFOLLOW, dir_fd=above)
    except OSError as error:
        if error.errno not in {errno.ELOOP, errno.ENOTDIR}:
            raise
    raise Changed(root.joinpath(*parts), kind_of(status_of(above, parts[-1]).st_mode))


def names_in(folder: int) -> list[str]:
    """What lies in an opened folder, in order."""
    with os.scandir(folder) as entries:
        return sorted(entry.name for entry in entries)


def status_of(folder: int, name: str) -> os.stat_result:
    """What a name in an opened folder stands for; a symbolic link stands for itself."""
    return os.stat(name, dir_fd=folder, follow_symlinks=False)


def kind_of(mode: int) -> str:
    """What this is that is not what was expected, as the rest of a sentence."""
    if stat.S_ISLNK(mode):
        return "is a symbolic link, and none is followed"
    if stat.S_ISDIR(mode):
        return "is a folder"
    return "is a file, and no folder" if stat.S_ISREG(mode) else "is neither file nor folder"


def sync(folder: int) -> None:
    """Have the disk keep the names in an opened folder over a power cut."""
    try:
        os.fsync(folder)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise


@contextlib.contextmanager
def told(path: Path, what: str) -> Iterator[None]:
    """Say what the system refuses: `PlaceUnavailable` in place of `OSError`."""
    try:
        yield
    except OSError as error:
        mend = _MENDS.get(error.errno or 0, "Mount its disk, or mend the owner or permissions of its folders")
        raise PlaceUnavailable(
            f"{path} cannot be {what} ({error.strerror or error}). {mend}; it will be tried again."
        ) from error
