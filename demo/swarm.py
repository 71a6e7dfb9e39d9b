"""The other side of every transfer: a qBittorrent of our own that seeds what the stand-in tracker offers.

Owns one seeding daemon and its folder. It is told to trust the content (no checking) and is waited for until
the tracker saw it, because a leecher that comes first waits a whole announce interval. One thread calls it.
"""

from pathlib import Path
from types import TracebackType
from typing import Self

from demo.filelist import StandInFileList
from demo.private_qbittorrent import PrivateQBittorrent
from demo.torrents import DemoTorrent


class Swarm:
    """A context manager; entering starts the seeding daemon below `root`."""

    def __init__(self, root: Path, filelist: StandInFileList) -> None:
        self.seeder = PrivateQBittorrent(root)
        self._filelist = filelist

    def __enter__(self) -> Self:
        self.seeder.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Nobody seeds any more; the tracker is told by the daemon itself."""
        self.seeder.stop()

    def seed(self, *torrents: DemoTorrent, seconds: float = 20.0) -> None:
        """Seed all of these, and return once the tracker knows it. TimeoutError if it takes longer."""
        with self.seeder.client() as client:
            for torrent in torrents:
                torrent.write_content(self.seeder.save_path)
                client.torrents_add(
                    torrent_files=torrent.data,
                    save_path=str(self.seeder.save_path),
                    is_skip_checking=True,
                )
        for torrent in torrents:
            self._filelist.announces.wait_for_seed(torrent.info_hash, seconds)
