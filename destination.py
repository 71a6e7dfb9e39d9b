"""Where a .torrent goes once it is fetched: into qBittorrent, or as a file into the download directory.

`QBittorrentManager` is one `Destination`, `SavedTorrents` the other (`qbittorrent.enabled: false`).
Never creates a directory, never replaces a file of other content, never touches the queue.
Called by the DownloadWorker alone. Handing over the same torrent again changes nothing.
"""

import errno
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import storage
from errors import MovieSyncError, NoSpace, PlaceUnavailable
from qbittorrent_manager import HandOver

if TYPE_CHECKING:
    from torrent_file import TorrentFile

MAX_NAME_BYTES = 200  # of the 255 most file systems allow; the rest is for suffix and temp name
_UNSAFE = re.compile(r'[\x00-\x1f\x7f/\\<>:"|?*]')


class Destination(Protocol):
    """Takes torrents over."""

    def hand_over(self, torrent: "TorrentFile") -> HandOver:
        """Take `torrent`; repeating it is harmless. Raises errors of the place or the service."""


class SavedTorrents:
    """Puts each .torrent as a file into `directory`, for whichever client the user runs.

    Raises `PlaceUnavailable` when the directory is missing or not writable, `NoSpace` when its disk is full.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def hand_over(self, torrent: "TorrentFile") -> HandOver:
        """Save it; a file there with the same bytes counts, one with other bytes stays beside ours."""
        plain, marked = saved_paths(self._directory, torrent)
        try:
            there = any(_holds(path, torrent.data) for path in (plain, marked))
            if not there:
                _write(marked if os.path.lexists(plain) else plain, torrent.data)
        except OSError as error:
            raise _place_error(self._directory, error) from error
        return HandOver(torrent.info_hash, owned=False, already_there=there)


def saved_paths(directory: Path, torrent: "TorrentFile") -> tuple[Path, Path]:
    """Where a `.torrent` is saved: under its name, and where another file has that one."""
    name = safe_name(torrent.name) or torrent.info_hash
    return directory / f"{name}.torrent", directory / f"{name}.{torrent.info_hash[:8]}.torrent"


def safe_name(name: str) -> str:
    """`name` as a file name that any disk takes and no listing hides; "" when nothing is left of it."""
    cleaned = _UNSAFE.sub("_", name).encode("utf-8", "ignore")[:MAX_NAME_BYTES].decode("utf-8", "ignore")
    return cleaned.strip(" ").lstrip(".").strip(" .")


def _holds(path: Path, data: bytes) -> bool:
    try:
        return path.is_file() and path.stat().st_size == len(data) and path.read_bytes() == data
    except (FileNotFoundError, PermissionError):
        return False


def _write(path: Path, data: bytes) -> None:
    # A fixed name, so that a crash leaves at most one of them; not *.torrent, which a client may be watching.
    temp = path.with_name(f".{path.name}.tmp")
    try:
        with temp.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temp.replace(path)
    except BaseException:
        temp.unlink(missing_ok=True)
        raise
    storage.sync_folder(path.parent)


def _place_error(directory: Path, error: OSError) -> MovieSyncError:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return NoSpace(f"{directory}: no room for the .torrent ({error.strerror}); free some space there.")
    if not directory.is_dir():
        return PlaceUnavailable(
            f"{directory}: the download directory is not there. Mount its disk, create it, "
            "or change download_directory in config.json."
        )
    return PlaceUnavailable(
        f"{directory}: the .torrent cannot be saved ({error.strerror}). Make the directory writable "
        "for this user, or change download_directory in config.json."
    )
