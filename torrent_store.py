"""The `.torrent` files we chose, kept in `torrents/` of the state folder under their info-hash.

They prove what is ours, and let a hand-over be finished or repeated without asking the tracker again.
Called by the download thread.
"""

import logging
import re
from pathlib import Path

import storage
from torrent_file import NotATorrent, TorrentFile, read_torrent

logger = logging.getLogger(__name__)


def keep_torrent(folder: Path, torrent: TorrentFile) -> None:
    """Store a proven torrent. Raises `StateWriteError`."""
    storage.write_bytes(_path(folder, torrent.info_hash), torrent.data)


def kept_torrent(folder: Path, info_hash: str) -> TorrentFile | None:
    """The torrent kept under `info_hash`; None if there is none or it is broken (said in the log)."""
    if not re.fullmatch("[0-9a-f]{40}", info_hash):
        return None
    path = _path(folder, info_hash)
    data = storage.read_bytes(path)
    if data is None:
        return None
    try:
        torrent = read_torrent(data)
    except NotATorrent as problem:
        logger.warning("kept torrent ignored: file=%s reason=%s", path, problem)
        return None
    if info_hash not in (torrent.info_hash, *torrent.candidates):
        logger.warning("kept torrent ignored: file=%s reason=it holds another torrent", path)
        return None
    return torrent


def forget_torrent(folder: Path, info_hash: str) -> None:
    """Remove a kept torrent, if there is one. Raises `StateWriteError`."""
    if re.fullmatch("[0-9a-f]{40}", info_hash):
        storage.remove(_path(folder, info_hash))


def _path(folder: Path, info_hash: str) -> Path:
    return folder / "torrents" / f"{info_hash}.torrent"
