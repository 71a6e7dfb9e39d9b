"""Private v1 torrents over content that is made up on the spot, always the same for the same name.

Pure: bytes in, bytes out; only `write_content` and `lies_in` touch the disk. Format: BEP 3 (metainfo) and
BEP 27 (private). Content is a few MiB, so that hashing and transferring take moments.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import bencode2

PIECE_LENGTH = 64 * 1024
MIB = 2**20


@dataclass(frozen=True)
class DemoTorrent:
    """A `.torrent` (`data`) with its content: `files` are (path below the save path, bytes).

    `info_hash` is the v1 hash in lower-case hex; `folder` tells a folder torrent from a single file.
    """

    name: str
    data: bytes
    info_hash: str
    files: tuple[tuple[str, bytes], ...]
    folder: bool

    @property
    def size(self) -> int:
        """Bytes of all files together."""
        return sum(len(content) for _, content in self.files)

    def write_content(self, save_path: Path) -> None:
        """Put the files below `save_path`, where a client that has this torrent there would look."""
        for path, content in self.files:
            target = save_path / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)

    def lies_in(self, save_path: Path) -> bool:
        """Whether every file is there with exactly the seeded bytes."""
        return all(_same(save_path / path, content) for path, content in self.files)


def _same(path: Path, content: bytes) -> bool:
    try:
        return path.stat().st_size == len(content) and path.read_bytes() == content
    except FileNotFoundError:
        return False


def content_of(name: str, size: int) -> bytes:
    """`size` pseudo-random bytes that depend on `name` alone."""
    return hashlib.shake_256(name.encode()).digest(size)


def make_release(
    name: str, announce: str, *, size: int = MIB, folder: bool = False, extension: str = ".mkv"
) -> DemoTorrent:
    """A release called `name`: one video of `size` bytes, or a folder with video, subtitles and NFO."""
    video = f"{name}{extension}"
    if not folder:
        return make_torrent(video, ((video, content_of(video, size)),), announce, folder=False)
    inside = ((video, size), (f"{name}.nfo", 700), ("Subs/romanian.srt", 30_000))
    files = tuple((f"{name}/{path}", content_of(path + name, length)) for path, length in inside)
    return make_torrent(name, files, announce, folder=True)


def make_torrent(
    name: str,
    files: tuple[tuple[str, bytes], ...],
    announce: str,
    *,
    folder: bool,
    piece_length: int = PIECE_LENGTH,
) -> DemoTorrent:
    """Hash `files` (paths below the save path, in torrent order) into a private v1 torrent."""
    info: dict[str, object] = {
        "name": name,
        "piece length": piece_length,
        "pieces": _pieces(b"".join(content for _, content in files), piece_length),
        "private": 1,
        "source": "filelist-stand-in",
    }
    if folder:
        info["files"] = [{"length": len(content), "path": path.split("/")[1:]} for path, content in files]
    else:
        info["length"] = len(files[0][1])
    metainfo = {"announce": announce, "created by": "Movie Sync demo", "creation date": 0, "info": info}
    info_hash = hashlib.sha1(bencode2.bencode(info)).hexdigest()
    return DemoTorrent(name, bencode2.bencode(metainfo), info_hash, files, folder)


def _pieces(content: bytes, length: int) -> bytes:
    starts = range(0, len(content), length)
    return b"".join(hashlib.sha1(content[start : start + length]).digest() for start in starts)
