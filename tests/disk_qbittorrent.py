"""A qBittorrent in memory whose films lie on a real disk, and which looks into them as a real one does."""

from collections.abc import Mapping
from pathlib import Path

from memory_qbittorrent import MemoryQBittorrent

from qbittorrent_answers import Content

Files = Mapping[str, bytes]
"""What files hold, by their names as a torrent has them."""


class DiskQBittorrent(MemoryQBittorrent):
    """Compares what is in files when it checks, and gets what a started torrent lacks, wherever that goes.

    `pieces` are by its id what the files of a torrent hold.
    """

    def __init__(self, save_path: Path) -> None:
        super().__init__(save_path)
        self.pieces: dict[str, Files] = {}

    def hold(self, status_hash: str, pieces: Files) -> None:
        """Have the torrent consist of these files, with or without a folder around them."""
        self.pieces[status_hash] = pieces
        self._contents[status_hash] = tuple(Content(name, len(data)) for name, data in pieces.items())

    def folder_of(self, status_hash: str) -> Path:
        """Where its files are."""
        return self._folder(self.statuses[status_hash])

    def start_torrent(self, torrent_hash: str) -> bool:
        there = super().start_torrent(torrent_hash)
        status = self.statuses.get(torrent_hash)
        if there and status is not None and not status.complete and status.state == "downloading":
            for name, data in self.pieces[torrent_hash].items():
                path = self.folder_of(torrent_hash) / name
                path.parent.mkdir(parents=True, exist_ok=True)
                if not path.exists() or path.read_bytes() != data:
                    path.write_bytes(data)
            self._checked(torrent_hash, stopped=False, unseen=False)
        return there

    def move(self, torrent_hash: str, folder: str) -> bool:
        status = self.statuses.get(torrent_hash.lower())
        if status is not None and status.state == "moving":
            self.settle()  # one after the other
        return super().move(torrent_hash, folder)

    def _checked(self, key: str, *, stopped: bool, unseen: bool) -> None:
        folder = self.folder_of(key)
        whole = all(_holds(folder / name, data) for name, data in self.pieces.get(key, {}).items())
        (self.damaged.discard if whole else self.damaged.add)(key)
        super()._checked(key, stopped=stopped, unseen=unseen)


def _holds(path: Path, data: bytes) -> bool:
    return path.is_file() and path.read_bytes() == data
