"""Files of the state folder: atomic replacement, never believing a broken file, the cross-process lock.

Knows nothing of what it stores. Any thread may call it; callers hold their own lock around
read-change-write. A written file is whole at every instant: temp file in the same folder, flush, fsync,
rename, fsync of the folder (Pillai et al., "All File Systems Are Not Created Equal", OSDI 2014).
"""

import contextlib
import errno
import fcntl
import hashlib
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from errors import AlreadyRunning, StateError, StateWriteError

logger = logging.getLogger(__name__)

DAEMON_LOCK = "daemon.lock"
STOP_IT = "Stop it first, or set MOVIE_SYNC_HOME to another folder."
FOLDER_MODE = 0o700
FILE_MODE = 0o600
T = TypeVar("T")

FileStamp = tuple[int, int, int] | None
"""Inode, size and mtime of a file (None: not there); changes whenever somebody replaced or edited it."""


def state_folder() -> Path:
    """`$MOVIE_SYNC_HOME`, else `~/.movie_sync`. Read at each call, never at import time."""
    return Path(os.environ.get("MOVIE_SYNC_HOME") or "~/.movie_sync").expanduser()


def ensure_folder(folder: Path) -> None:
    """Create the folder for the owner alone, so that it outlives a power cut. Raises `StateWriteError`."""
    try:
        _make_folder(folder)
        if folder.stat().st_mode & 0o077:
            folder.chmod(FOLDER_MODE)
    except OSError as error:
        raise unwritable(folder, error) from error


def _make_folder(folder: Path) -> None:
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir(exist_ok=True, mode=FOLDER_MODE)
    try:
        sync_folder(folder.parent)
    except PermissionError:
        pass  # a parent that is not ours to read: a lasting name is then up to the system


def write_bytes(path: Path, data: bytes) -> None:
    """Replace `path` by `data`, whole or not at all, readable by the owner only. Raises `StateWriteError`."""
    temp = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        ensure_folder(path.parent)
        try:
            with os.fdopen(os.open(temp, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, FILE_MODE), "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temp.replace(path)
        except BaseException:
            temp.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)
    except OSError as error:
        raise unwritable(path, error) from error


def remove(path: Path) -> None:
    """Remove a file, if it is there, for good. Raises `StateWriteError`."""
    try:
        path.unlink(missing_ok=True)
        if path.parent.is_dir():
            sync_folder(path.parent)
    except OSError as error:
        raise unwritable(path, error) from error


def sweep(folder: Path) -> None:
    """Remove the temporary files that killed processes left behind, also one folder down.

    Those of living ones stay. Raises `StateWriteError`.
    """
    for temp in (*folder.glob(".*.tmp"), *folder.glob("*/.*.tmp")):
        pid = temp.name.split(".")[-2]
        if pid.isdigit() and not _lives(int(pid)):
            try:
                temp.unlink(missing_ok=True)
            except OSError as error:
                raise unwritable(temp, error) from error


def tighten(folder: Path) -> None:
    """Take every file of the state folder from the eyes of others; one that is not ours stays as it is."""
    for path in folder.rglob("*"):
        try:
            if not path.is_symlink() and path.stat().st_mode & 0o077:
                path.chmod(FOLDER_MODE if path.is_dir() else FILE_MODE)
        except OSError as error:
            logger.warning("%s: its permissions cannot be changed (%s)", path, error.strerror)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def sync_folder(folder: Path) -> None:
    """Have the disk keep the names in `folder` over a power cut. Raises `OSError`."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Network and FUSE file systems may know no fsync of a directory; there the rename has to do.
        if error.errno not in {errno.EINVAL, errno.ENOTSUP}:
            raise
    finally:
        os.close(descriptor)


def write_json(path: Path, value: Any) -> None:
    """Replace `path` by `value` as indented JSON. Raises `StateWriteError`."""
    write_bytes(path, msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n")


def read_json(path: Path, kind: type[T], default: T) -> T:
    """The file's content as `kind`; `default` only where there is no file at all.

    Raises `StateError` for anything unreadable, after keeping a copy: broken is never taken for empty.
    """
    data = read_bytes(path)
    if data is None:
        return default
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise broken(path, data, str(error) or type(error).__name__) from None


def read_bytes(path: Path) -> bytes | None:
    """The file's bytes, None if it does not exist. Raises `StateError` if it cannot be read."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StateError(
            f"{path}: cannot be read ({error.strerror}). Mend its owner or permissions; nothing was changed."
        ) from error


def broken(path: Path, data: bytes, reason: str) -> StateError:
    """Keep `data` aside, once per content, and give the error that tells the user about it."""
    try:
        copied = f"copied to {keep_aside(path, data).name}"
    except StateWriteError as error:
        # What is wrong with the file matters more to the user than the copy.
        copied = f"could not be copied aside ({error})"
    return StateError(
        f"{path}: {reason}. The file was left as it is and {copied}. Mend it by hand, put a backup in its "
        "place, or have `python main.py --repair` save what it can; then start again."
    )


def keep_aside(path: Path, data: bytes) -> Path:
    """Copy `data` beside `path`, once per content, and return the copy. Raises `StateWriteError`."""
    aside = path.with_name(f"{path.name}.corrupt-{hashlib.sha256(data).hexdigest()[:12]}")
    if not aside.exists():
        write_bytes(aside, data)
    return aside


def move_aside(path: Path, data: bytes) -> Path:
    """`keep_aside`, and `path` is gone afterwards: for a file that is as good as none. `StateWriteError`."""
    aside = keep_aside(path, data)
    try:
        path.unlink(missing_ok=True)
        sync_folder(path.parent)
    except OSError as error:
        raise unwritable(path, error) from error
    return aside


def stamp(path: Path) -> FileStamp:
    """What to compare to see whether another process or an editor replaced the file."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StateError(f"{path}: cannot be looked at ({error.strerror})") from error
    return status.st_ino, status.st_size, status.st_mtime_ns


def unwritable(path: Path, error: OSError) -> StateWriteError:
    """The error for a file that could not be written, with what the user can do about it."""
    mend = {
        errno.ENOSPC: "free some space on that disk",
        errno.EDQUOT: "free some of your quota on that disk",
        errno.EROFS: "the disk is mounted read-only: mount it writable",
    }.get(error.errno or 0, "check the folder's owner and permissions")
    return StateWriteError(f"{path}: cannot be written ({error.strerror}); {mend}.")


@contextlib.contextmanager
def file_lock(path: Path) -> Iterator[None]:
    """Hold the advisory lock of `path` against other processes, waiting for it. Held only for moments.

    The kernel drops it when the holder dies, so a crash leaves nothing to clean up (flock(2)).
    """
    descriptor = _open_lock(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def daemon_lock(path: Path, what: str, mend: str = STOP_IT) -> Iterator[None]:
    """Hold `path` for the life of a process, with its pid inside. Raises `AlreadyRunning` at once if held.

    Its message says that `what` runs, and how to `mend` that.
    """
    descriptor = _open_lock(path)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid = _pid_in(descriptor)
            raise AlreadyRunning(
                f"{what} is already running on {path.parent}"
                + (f" (pid {pid})" if pid else "")
                + f". {mend}",
                pid,
            ) from None
        _write_pid(descriptor, path)
        yield
    finally:
        os.close(descriptor)


def daemon_pid(path: Path) -> int | None:
    """The pid of the process that holds `path` by `daemon_lock` now; None if no one does."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _pid_in(descriptor)
    finally:
        os.close(descriptor)
    return None


def _write_pid(descriptor: int, path: Path) -> None:
    pid = f"{os.getpid()}\n".encode()
    try:
        # Over the old one, then cut: this needs no new block, so a full disk does not stop the start.
        os.pwrite(descriptor, pid, 0)
        os.ftruncate(descriptor, len(pid))
    except OSError as error:
        raise unwritable(path, error) from error


def _open_lock(path: Path) -> int:
    ensure_folder(path.parent)
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE_MODE)
    except OSError as error:
        if error.errno == errno.EROFS and path.is_file():
            # Looking has to work on a read-only disk; flock(2) asks for no write permission.
            return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        raise unwritable(path, error) from error


def _pid_in(descriptor: int) -> int | None:
    text = os.pread(descriptor, 32, 0).strip()
    return int(text) if text.isdigit() else None
