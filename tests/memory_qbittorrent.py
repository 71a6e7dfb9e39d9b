"""A qBittorrent in memory with the interface of `QBittorrentManager`, for tests that need no HTTP.

The contract suite runs against it as against the real ones, so a lie in here shows. Tests set what happens
outside: `trouble`, `online`, `free`, `restart()`, and what a torrent comes to. One thread uses an instance.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import bencode2
from support import delete_files

from errors import FilmFault
from qbittorrent_answers import Content, HandOver, TorrentStatus, known_as, usable_ids
from torrent_file import NotATorrent, TorrentFile, read_torrent

TIB = 2**40
NOWHERE = "/films"
COMPLETED_AT = 1_700_000_000


class MemoryQBittorrent:
    """Has no files: every torrent claims to lie in "/films". With a `save_path` they lie there, and it looks.

    `trouble` is raised by every call, `refuse` by each hand-over. `asked` names the calls so far ("ours",
    "add", ...), `removed` holds what was taken out, and whether with its files. `free` are the free bytes.
    """

    def __init__(
        self, save_path: Path | None = None, *, tag: str = "movie_sync", category: str = "Movies"
    ) -> None:
        self.statuses: dict[str, TorrentStatus] = {}
        self.categories: dict[str, str] = {}
        self.trouble: Exception | None = None
        self.refuse: Exception | None = None
        self.asked: list[str] = []
        self.removed: list[tuple[str, bool]] = []
        self.online = True
        self.free: int | None = TIB
        self.connections = 0
        self._connected = False
        self._save_path = save_path
        self._tag = tag
        self._category = category
        self._contents: dict[str, tuple[Content, ...]] = {}

    # What a test does to it.

    def put(
        self, torrent: TorrentFile, *tags: str, name: str = "", complete: bool = False, **changes: Any
    ) -> None:
        """Have `torrent` in it, as if somebody had added it; `changes` are fields of its status."""
        status = replace(_new(torrent, name or torrent.name, frozenset(tags)), **changes)
        self.statuses[status.hash] = _finished(status) if complete else status
        self._contents[status.hash] = tuple(Content(path, size) for path, size in torrent.files)

    def complete(self, torrent: TorrentFile) -> None:
        """Let it finish: every byte there, seeding."""
        self.become(torrent, **_FINISHED)

    def become(self, torrent: TorrentFile, **changes: Any) -> None:
        """Let its status change, e.g. `state="stalledDL"`, `amount_left=5`."""
        status = known_as(self.statuses.values(), frozenset(torrent.candidates))
        assert status is not None, f"no such torrent: {torrent.name}"
        self.statuses[status.hash] = replace(status, **changes)

    def stop_torrent(self, torrent: TorrentFile) -> None:
        """Let the user stop it."""
        status = self.statuses[_hashes(torrent)[1][:40] or torrent.info_hash]
        self.become(torrent, state="stoppedUP" if status.complete else "stoppedDL")

    def restart(self) -> None:
        """Stop and start again. As the real ones, it notices only now that files are gone."""
        self._connected = False
        for key, status in self.statuses.items():
            if status.complete and self._save_path and not self._has_files(status):
                self.statuses[key] = replace(
                    status, state="missingFiles", complete=False, progress=0.0, amount_left=status.size
                )

    # What the program asks of it.

    def connect(self) -> str:
        self._ask("version")
        return "v5.3.0"

    def torrents(self) -> tuple[TorrentStatus, ...]:
        self._ask("torrents")
        return tuple(self.statuses.values())

    def ours(self) -> tuple[TorrentStatus, ...]:
        self._ask("ours")
        return tuple(filter(self._is_ours, self.statuses.values()))

    def find(self, candidates: Iterable[str]) -> TorrentStatus | None:
        ids = usable_ids(candidates)
        if not ids:
            return None
        self._ask("find")
        return known_as(self.statuses.values(), ids)

    def hand_over(self, torrent: TorrentFile) -> HandOver:
        self._ask("add")
        if self.refuse is not None:
            raise self.refuse
        known = known_as(self.statuses.values(), usable_ids({torrent.info_hash, *torrent.candidates}))
        if known is not None:
            return HandOver(known.hash, self._is_ours(known), already_there=True)
        return HandOver(self._add(torrent), owned=True, already_there=False)

    add_torrent = hand_over

    def contents(self, torrent_hash: str) -> tuple[Content, ...]:
        self._ask("contents")
        key = torrent_hash.lower()
        return self._contents.get(key, ()) if key in self.statuses else ()

    def is_online(self) -> bool:
        self._ask("online")
        return self.online

    def free_space(self) -> int | None:
        self._ask("free")
        return self.free

    def remove(self, torrent_hash: str, *, with_files: bool) -> bool:
        ids = usable_ids([torrent_hash])
        if not ids:
            raise ValueError(f"not the id of one torrent: {torrent_hash!r}")
        self._ask("remove")
        there = known_as(self.statuses.values(), ids)
        if there is None or not self._is_ours(there):
            return False
        if with_files and self._save_path:
            delete_files(Path(there.save_path), [one.name for one in self._contents[there.hash]])
        del self.statuses[there.hash]
        self.removed.append((there.hash, with_files))
        return True

    def close(self) -> None:
        self._connected = False

    def _ask(self, what: str) -> None:
        self.asked.append(what)
        if self.trouble is not None:
            self._connected = False
            raise self.trouble
        self.connections += not self._connected
        self._connected = True

    def _is_ours(self, status: TorrentStatus) -> bool:
        return self._tag in status.tags

    def _add(self, torrent: TorrentFile) -> str:
        try:
            read_torrent(torrent.data)
        except NotATorrent:
            raise FilmFault(f"qBittorrent refused the .torrent “{torrent.name}”") from None
        self.put(torrent, self._tag, category=self._category, **self._place_of(torrent))
        self.categories.setdefault(self._category, "")
        status = known_as(self.statuses.values(), frozenset(torrent.candidates))
        assert status is not None
        if self._save_path and self._has_files(status):
            self.complete(torrent)
        return status.hash

    def _place_of(self, torrent: TorrentFile) -> dict[str, Any]:
        place = str(self._save_path or NOWHERE)
        return {"save_path": place, "content_path": f"{place}/{torrent.name}"}

    def _paths(self, status: TorrentStatus) -> list[tuple[Path, int]]:
        contents = self._contents.get(status.hash, ())
        return [(Path(status.save_path) / content.name, content.size) for content in contents]

    def _has_files(self, status: TorrentStatus) -> bool:
        return all(path.is_file() and path.stat().st_size == size for path, size in self._paths(status))


_FINISHED: dict[str, Any] = {
    "state": "uploading",
    "progress": 1.0,
    "complete": True,
    "amount_left": 0,
    "completion_on": COMPLETED_AT,
}


def _finished(status: TorrentStatus) -> TorrentStatus:
    return replace(status, **_FINISHED)


def _new(torrent: TorrentFile, name: str, tags: frozenset[str]) -> TorrentStatus:
    """As qBittorrent lists it at first; its own id of a hybrid is the cut v2 hash."""
    v1, v2 = _hashes(torrent)
    return TorrentStatus(
        hash=v2[:40] or v1,
        name=name,
        state="downloading",
        progress=0.0,
        complete=False,
        size=torrent.size,
        amount_left=torrent.size,
        save_path=NOWHERE,
        content_path=f"{NOWHERE}/{torrent.name}",
        category="Movies",
        tags=tags,
        added_on=0,
        completion_on=None,
        infohash_v1=v1,
        infohash_v2=v2,
    )


def _hashes(torrent: TorrentFile) -> tuple[str, str]:
    info = bencode2.bdecode(torrent.data)[b"info"]
    raw = bencode2.bencode(info)
    v2 = hashlib.sha256(raw).hexdigest() if info.get(b"meta version") == 2 else ""
    return (torrent.info_hash if b"pieces" in info else ""), v2
