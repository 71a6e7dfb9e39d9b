"""Reads the bytes of a `.torrent`: proof that it is one, its info-hash, its name and its files.

Pure, for any thread. Nothing is trusted: every input gives a `TorrentFile` or a `NotATorrent`, whose text
holds none of the data, as a page that came instead may carry a passkey. Strict on purpose: a file that would
not be written again byte for byte is refused, because its hash would not be the one the swarm uses.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from bencode2 import bdecode, bencode

_LARGEST = 2**63 - 1
_DEEPEST = 64


class NotATorrent(ValueError):
    """The bytes are no usable `.torrent`. The text is a short sentence that says what they are instead."""


@dataclass(frozen=True)
class TorrentFile:
    """A proven `.torrent`.

    `info_hash` is the v1 hash in hex, of a pure v2 torrent the first 40 digits of its v2 hash. `candidates`
    holds every id that qBittorrent may know it by: of a hybrid torrent it uses the cut v2 hash. `files` are
    paths as qBittorrent shows them (the folder of the torrent included) with their sizes in bytes, padding
    left out; `size` is their sum.
    """

    data: bytes = field(repr=False)
    info_hash: str
    candidates: tuple[str, ...]
    name: str
    size: int
    files: tuple[tuple[str, int], ...]


def read_torrent(data: bytes) -> TorrentFile:
    """Read a `.torrent`. Raises `NotATorrent` for anything else, however hostile."""
    try:
        return _read(data)
    except NotATorrent:
        raise
    except (ValueError, OverflowError, RecursionError, MemoryError):
        # `from None`: what the decoder quotes is part of the data.
        raise NotATorrent("it is not bencoded, or damaged") from None


def _read(data: bytes) -> TorrentFile:
    info = _info_of(data)
    name = _text(info, b"name")
    if not name:
        raise NotATorrent("it has no name")
    _refuse_unsafe(name)
    files = tuple(_files(info, name))
    size = sum(length for _, length in files)
    if not 0 < size <= _LARGEST:
        raise NotATorrent("it holds no data" if size == 0 else "it claims an impossible size")
    candidates = _hashes(info)
    return TorrentFile(bytes(data), candidates[0], candidates, name, size, files)


def _info_of(data: bytes) -> dict[bytes, Any]:
    if not data.startswith(b"d"):
        raise NotATorrent(_what_it_is(data))
    root = bdecode(data)
    if not isinstance(root, dict) or not isinstance(root.get(b"info"), dict):
        raise NotATorrent("it is bencoded, but has no info dictionary")
    if bencode(root) != data:
        raise NotATorrent("it is not in the one valid form, so its hash cannot be told")
    info: dict[bytes, Any] = root[b"info"]
    return info


def _what_it_is(data: bytes) -> str:
    start = data[:256].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if not start:
        return "it is empty"
    if start.startswith(b"<"):
        return "it is an HTML page"
    if start.startswith((b"{", b"[")):
        return "it is a JSON text"
    return "it is not bencoded"


def _hashes(info: dict[bytes, Any]) -> tuple[str, ...]:
    """The v1 hash if there is one, then the cut v2 hash if there is one."""
    raw = bencode(info)
    hashes = []
    if b"pieces" in info:
        hashes.append(hashlib.sha1(raw, usedforsecurity=False).hexdigest())
    if info.get(b"meta version") == 2:
        hashes.append(hashlib.sha256(raw).hexdigest()[:40])
    return tuple(hashes)


def _files(info: dict[bytes, Any], name: str) -> Iterator[tuple[str, int]]:
    if b"pieces" in info:
        if not isinstance(info[b"pieces"], bytes) or not info[b"pieces"]:
            raise NotATorrent("its list of pieces is unusable")
        return _v1_files(info, name)
    if info.get(b"meta version") == 2:
        return _v2_files(info, name)
    raise NotATorrent("it has no pieces")


def _v1_files(info: dict[bytes, Any], name: str) -> Iterator[tuple[str, int]]:
    if b"files" not in info:
        yield name, _length(info)
        return
    if b"length" in info or not isinstance(info[b"files"], list):
        raise NotATorrent("its list of files is unusable")
    for entry in info[b"files"]:
        if not isinstance(entry, dict):
            raise NotATorrent("its list of files is unusable")
        length = _length(entry)
        if not _is_padding(entry):
            yield _joined(name, _path(entry)), length


def _path(entry: dict[bytes, Any]) -> list[str]:
    parts = entry.get(b"path.utf-8", entry.get(b"path"))
    if not isinstance(parts, list) or not parts or not all(isinstance(part, bytes) for part in parts):
        raise NotATorrent("the path of one of its files is unusable")
    return [_decoded(part) for part in parts]


def _v2_files(info: dict[bytes, Any], name: str) -> Iterator[tuple[str, int]]:
    tree = info.get(b"file tree")
    if not isinstance(tree, dict) or not tree:
        raise NotATorrent("its file tree is unusable")
    found = list(_leaves(tree))
    if len(found) == 1 and found[0][0] == [name]:
        yield name, found[0][1]
        return
    for path, length in found:
        yield _joined(name, path), length


def _leaves(tree: dict[bytes, Any]) -> Iterator[tuple[list[str], int]]:
    """Every file of a v2 tree; a file is a node whose only key is the empty one."""
    waiting: list[tuple[list[str], object]] = [([], tree)]
    while waiting:
        path, node = waiting.pop()
        if not isinstance(node, dict) or not node or len(path) > _DEEPEST:
            raise NotATorrent("its file tree is unusable")
        leaf = node.get(b"")
        if leaf is None:
            waiting.extend(([*path, _decoded(key)], child) for key, child in reversed(node.items()))
        elif not path or len(node) != 1 or not isinstance(leaf, dict):
            raise NotATorrent("its file tree is unusable")
        else:
            length = _length(leaf)
            if not _is_padding(leaf):
                yield path, length


def _is_padding(entry: dict[bytes, Any]) -> bool:
    attributes = entry.get(b"attr")
    return isinstance(attributes, bytes) and b"p" in attributes


def _length(entry: dict[bytes, Any]) -> int:
    length = entry.get(b"length")
    if type(length) is not int or not 0 <= length <= _LARGEST:
        raise NotATorrent("the length of one of its files is unusable")
    return length


def _text(info: dict[bytes, Any], key: bytes) -> str:
    """A text of the info dictionary, its `.utf-8` form first (old writers used their own code page)."""
    raw = info.get(key + b".utf-8", info.get(key))
    if not isinstance(raw, bytes):
        raise NotATorrent(f"its {key.decode()} is missing or no text")
    return _decoded(raw)


def _decoded(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def _joined(name: str, path: list[str]) -> str:
    for part in path:
        _refuse_unsafe(part)
    return "/".join([name, *path])


def _refuse_unsafe(part: str) -> None:
    """A part of a path must name something in its own folder: files are looked up and deleted by it."""
    if part in ("", ".", "..") or "/" in part or "\0" in part:
        raise NotATorrent("one of its names leads out of its folder")
