"""Films as the tests of cleanup know them: their files, their torrents, and how they end."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import bencode2
from disk_qbittorrent import Files

from movie import ListedFilm, Movie
from queue_files import REMOVED
from torrent_file import TorrentFile, read_torrent


@dataclass
class Film:
    """A film as the test knows it: its record, its torrent, and its files, which are to stay or to go."""

    movie: Movie
    torrent: TorrentFile | None = None
    files: dict[Path, bytes] = field(default_factory=dict)
    link: Path | None = None
    linked: bytes = b""
    queue: str = REMOVED
    save_path: Path | None = None

    @property
    def hash(self) -> str:
        assert self.torrent is not None
        return self.torrent.info_hash

    @property
    def path(self) -> Path:
        """Its main file."""
        return next(iter(self.files))

    @property
    def label(self) -> str:
        return self.movie.label


def torrent_of(name: str, files: Files) -> TorrentFile:
    """A proven `.torrent`; one file if it is named as the torrent is."""
    info: dict[bytes, Any] = {b"name": name.encode(), b"piece length": 2**14, b"private": 1}
    info[b"pieces"] = b"x" * 20 * max(-(-sum(map(len, files.values())) // 2**14), 1)
    if list(files) == [name]:
        info[b"length"] = len(files[name])
    else:
        parts = [[part.encode() for part in path.split("/")[1:]] for path in files]
        sizes = [len(data) for data in files.values()]
        info[b"files"] = [{b"length": size, b"path": way} for size, way in zip(sizes, parts, strict=True)]
    return read_torrent(bencode2.bencode({b"info": info}))


def content(name: str, size: int = 600) -> bytes:
    """What a file of that name holds."""
    return (name.encode() * (size // len(name) + 1))[:size]


def moved_aside(path: Path) -> Path:
    """The file under another name in its folder."""
    return path.rename(path.with_name(f"other {path.name}"))


@dataclass(frozen=True)
class Ending:
    """What is right in the end: these films went, and nothing else.

    `forgotten` ones only left their queue. `stopped` ones stay, and so their torrents are left.
    """

    trashed: tuple[Film, ...] = ()
    deleted: tuple[Film, ...] = ()
    forgotten: tuple[Film, ...] = ()
    stopped: tuple[Film, ...] = ()

    @property
    def gone(self) -> tuple[Film, ...]:
        """Those of which the files are not at their place."""
        return (*self.trashed, *self.deleted)


def listed_as(movie: Movie) -> ListedFilm:
    return ListedFilm(movie.title, movie.year, slug=movie.slug)


def differences(there: Mapping[Path, bytes | str], expected: Mapping[Path, bytes | str]) -> dict[str, str]:
    gone = {str(path): "gone" for path in expected if path not in there}
    new = {str(path): "nobody put it there" for path in there if path not in expected}
    other = {
        str(path): f"holds {there[path]!r:.60}, not {expected[path]!r:.60}"
        for path in expected
        if path in there and there[path] != expected[path]
    }
    return gone | new | other
