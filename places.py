"""The download directory as a place: is it there, is it the same one, is there room.

Called by the workers before anything is fetched. A marker file that we wrote at first use tells a mounted
disk from its empty mount point; the directories used so far are kept in `places.json`. Never creates a
download directory, never deletes anything.
"""

import errno
import logging
import os
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import storage
from errors import NoSpace, PlaceUnavailable

logger = logging.getLogger(__name__)

T = TypeVar("T")

MARKER = ".movie_sync"
_MARKER_TEXT = "Movie Sync keeps films here. It stops fetching while this file is missing.\n"
_NO_WRITING = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


class DownloadPlace:
    """One configured download directory.

    `we_write` is true where we put files there ourselves (`.torrent`s, with qBittorrent disabled).
    `elsewhere` is true when qBittorrent has its own path for it: then it need not exist on this machine.
    """

    def __init__(self, directory: Path, folder: Path, *, we_write: bool, elsewhere: bool) -> None:
        self.directory = directory
        self._known_file = folder / "places.json"
        self._we_write = we_write
        self.elsewhere = elsewhere

    @property
    def here(self) -> bool:
        """Whether this machine can see the directory, so that its content says something."""
        try:
            return not self.elsewhere or self.directory.is_dir()
        except OSError:
            return False  # another machine's business

    def check(self) -> None:
        """Raise `PlaceUnavailable` unless films may be put there now; leave our marker at first use."""
        if not self.here:
            return
        if not self._is_there():
            raise PlaceUnavailable(
                f"Download directory {self.directory} is missing. Create or mount it, or change "
                "`download_directory` in config.json (python main.py --config). Films wait."
            )
        known = storage.read_json(self._known_file, list[str], [])
        marker = self.directory / MARKER
        if str(self.directory) not in known:
            if self._leave_marker(marker):
                storage.write_json(self._known_file, [*known, str(self.directory)])
        elif not self._look(marker.exists):
            raise PlaceUnavailable(
                f"{self.directory} (download_directory) has lost its marker file {MARKER}: is the disk "
                "mounted? If the directory is the right one, put it back with "
                f"`touch {shlex.quote(str(marker))}`. Films wait."
            )
        if self._we_write and not os.access(self.directory, os.W_OK):
            raise self._not_writable()

    def earlier(self) -> list[Path]:
        """The directories that were used before this one. Raises `StateError`."""
        known = storage.read_json(self._known_file, list[str], [])
        return [Path(path) for path in known if path != str(self.directory)]

    def free(self) -> int | None:
        """Free bytes; None where this machine does not see the directory. Raises `PlaceUnavailable`."""
        if not self._is_there():
            return None
        return self._look(lambda: shutil.disk_usage(self.directory)).free

    def require_room(self, size: int) -> None:
        """Raise `NoSpace` when a release of `size` bytes does not fit now, whatever else runs."""
        free = self.free()
        if free is not None and free < size:
            raise NoSpace(
                f"No room on {self.directory}: {size / 1e9:.1f} GB needed, {free / 1e9:.1f} GB free. "
                "Free some space; films wait."
            )

    def _leave_marker(self, marker: Path) -> bool:
        """Whether our marker lies there now. Where only qBittorrent may write we do without."""
        if self._look(marker.exists):
            return True
        try:
            marker.write_text(_MARKER_TEXT, encoding="utf-8")
            storage.sync_folder(self.directory)  # else a power cut makes the place look like another one
        except OSError as error:
            if not self._we_write and error.errno in _NO_WRITING:
                logger.debug("place=%s no marker, not ours to write", self.directory)
                return False
            raise self._not_writable(error.strerror or "") from error
        logger.info("place=%s marker written", self.directory)
        return True

    def _is_there(self) -> bool:
        return self._look(self.directory.is_dir)

    def _look(self, question: Callable[[], T]) -> T:
        """The answer of the file system; a disk that has gone away may answer with any error at all."""
        try:
            return question()
        except OSError as error:
            raise PlaceUnavailable(
                f"Download directory {self.directory} cannot be looked at ({error.strerror}). Mount it or "
                "mend its permissions. Films wait."
            ) from error

    def _not_writable(self, why: str = "permission denied") -> PlaceUnavailable:
        return PlaceUnavailable(
            f"Download directory {self.directory} is not writable ({why}). Mend its owner or permissions, "
            "or change `download_directory` in config.json. Films wait."
        )


class FilledPlaces:
    """The library directories that held something once, kept in `library.json`; used by one thread at a time.

    Nothing is written into such a directory, so that an empty one is all that tells of a disk that is not
    mounted.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / "library.json"

    def check(self, directory: Path) -> None:
        """Raise `PlaceUnavailable` for a directory that has become empty; remember one that is not."""
        known = storage.read_json(self._file, list[str], [])
        was_filled = str(directory) in known
        try:
            with os.scandir(directory) as children:
                is_filled = next(children, None) is not None
        except OSError:
            return  # whoever reads it finds out, and says so
        if was_filled and not is_filled:
            marker = shlex.quote(str(directory / MARKER))
            raise PlaceUnavailable(
                f"{directory} (a library directory) is empty and was not before: is the disk mounted? If "
                f"it is meant to be empty, say so with `touch {marker}`. Films wait."
            )
        if is_filled and not was_filled:
            storage.write_json(self._file, [*known, str(directory)])
