"""A complete torrent, looked into: do its files make a film, and do they lie where they should?

Used by the follow-up, once a torrent is complete. Reads, and never writes. What this machine cannot see is
believed of qBittorrent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from film_files import main_video, whole_film, why_no_film
from places import DownloadPlace
from qbittorrent_answers import Content
from qbittorrent_manager import TorrentStatus
from shared_path import SharedPath


class ContentClient(Protocol):
    """What is asked of qBittorrent."""

    def contents(self, torrent_hash: str) -> tuple[Content, ...]:
        """The files of a torrent."""


@dataclass(frozen=True)
class Look:
    """What was found. `fault`: the place is not as it should be; `no_film`: why the files are none.

    With neither, `video` is the film, where this machine sees it, or its main part where the film is not
    `whole` in one file. Not `known`: qBittorrent told nothing.
    """

    known: bool = True
    fault: str = ""
    no_film: str = ""
    video: Path | None = None
    whole: bool = False

    @property
    def is_there(self) -> bool:
        """Whether the film is on the disk."""
        return self.known and not self.fault and not self.no_film


class Finished:
    """Looks into complete torrents. `shared` is the download directory under both its names."""

    def __init__(self, client: ContentClient, place: DownloadPlace, shared: SharedPath) -> None:
        self._client = client
        self._place = place
        self._shared = shared

    def look_into(self, torrent: TorrentStatus) -> Look:
        """Raises `ServiceError`."""
        files = [(content.name, content.size) for content in self._client.contents(torrent.hash)]
        if not files:
            return Look(known=False)
        return self._on_disk(torrent, files)

    def _on_disk(self, torrent: TorrentStatus, files: Sequence[tuple[str, int]]) -> Look:
        video, reason = main_video(files), why_no_film(files)
        if video is None or reason is not None:
            return Look(no_film=reason or "it holds no video")
        path = self._seen_from_here(torrent.save_path, video)
        if path is None or _is_file(path):
            return Look(video=path, whole=whole_film(files) is not None)
        return Look(
            fault=f"qBittorrent calls {torrent.name} complete, and {path} is not there. Is its disk mounted?"
        )

    def _seen_from_here(self, save_path: str, name: str) -> Path | None:
        """Where a file lies; None where this machine does not look."""
        if not self._place.here:
            return None
        folder = self._shared.local_path(save_path)
        if folder is not None:
            return folder / name
        elsewhere = Path(save_path) / name  # moved there by the user, perhaps a path of another machine
        return elsewhere if _is_file(elsewhere) else None


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False
