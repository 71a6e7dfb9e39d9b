"""Torrents for the contract tests, and the bytes they are of. Pure."""

import hashlib
from pathlib import Path
from typing import Any

import bencode2

from torrent_file import TorrentFile, read_torrent


def content_of(name: str) -> bytes:
    """The bytes of the file in `make_torrent(name)`."""
    return hashlib.sha256(name.encode()).digest() * 8


def make_torrent(name: str, *, v1: bool = True, v2: bool = False) -> bytes:
    """A .torrent of one small file (BEP 3, BEP 52); both versions together make a hybrid."""
    content = content_of(name)
    info: dict[str, Any] = {"name": name, "piece length": 16384, "private": 1}
    if v1:
        info |= {"length": len(content), "pieces": hashlib.sha1(content).digest()}
    if v2:
        leaf = {"length": len(content), "pieces root": hashlib.sha256(content).digest()}
        info |= {"meta version": 2, "file tree": {name: {"": leaf}}}
    return _metainfo(info, v2=v2)


def make_folder(name: str, *paths: str) -> bytes:
    """A .torrent of a folder; each file but the last is followed by padding (BEP 47)."""
    files: list[dict[str, Any]] = []
    content = b""
    for path in paths:
        if content:
            gap = -len(content) % 16384
            files.append({"attr": "p", "length": gap, "path": [".pad", str(gap)]})
            content += bytes(gap)
        files.append({"length": len(content_of(path)), "path": path.split("/")})
        content += content_of(path)
    pieces = [hashlib.sha1(content[at : at + 16384]).digest() for at in range(0, len(content), 16384)]
    info = {"name": name, "piece length": 16384, "private": 1, "files": files, "pieces": b"".join(pieces)}
    return _metainfo(info)


def make_zeros(name: str, megabytes: int) -> bytes:
    """A .torrent of one file that is all zeros: big without taking any room."""
    piece = 2**20
    pieces = hashlib.sha1(bytes(piece)).digest() * megabytes
    return _metainfo(
        {"name": name, "piece length": piece, "private": 1, "length": megabytes * piece, "pieces": pieces}
    )


def put_files(torrent: TorrentFile, folder: Path) -> None:
    """Lay the content of a torrent where a client that saves into `folder` looks for it."""
    for path, _ in torrent.files:
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content_of(path.removeprefix(f"{torrent.name}/")))


def _metainfo(info: dict[str, Any], *, v2: bool = False) -> bytes:
    metainfo = {"announce": "http://127.0.0.1:9/announce", "info": info}
    return bencode2.bencode(metainfo | ({"piece layers": {}} if v2 else {}))


FILM = read_torrent(make_torrent("Heat.1995.1080p.mkv"))
OTHER = read_torrent(make_torrent("Ronin.1998.1080p.mkv"))
FOLDER = read_torrent(make_folder("Alien.1979", "Alien.1979.mkv", "Subs/ro.srt", "Alien.nfo"))
HYBRID = read_torrent(make_torrent("Thief.1981.mkv", v2=True))
V2_ONLY = read_torrent(make_torrent("Collateral.2004.mkv", v1=False, v2=True))
