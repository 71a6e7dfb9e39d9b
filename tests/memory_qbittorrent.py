"""A qBittorrent in memory with the interface of `QBittorrentManager`, for tests that need no HTTP.

The contract suite runs against it as against the real ones, so a lie in here shows. Tests set what happens
outside: `trouble`, `online`, `free`, `restart()`, and what a torrent comes to. One thread uses an instance.
"""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import bencode2
from moving_files import bytes_there, move_files
from support import delete_files

from errors import FilmFault, PlaceUnavailable
from qbittorrent_answers import (
    Content,
    HandOver,
    TorrentStatus,
    content_path_in,
    known_as,
    only_id,
    require_whole,
    usable_ids,
)
from torrent_file import NotATorrent, TorrentFile, read_torrent

TIB = 2**40
NOWHERE = "/films"
COMPLETED_AT = 1_700_000_000


class MemoryQBittorrent:
    """Has no files: every torrent claims to lie in "/films". With a `save_path` they lie there, and it looks.

    `trouble` is raised by every call, `refuse` by each hand-over. `asked` names the calls so far ("ours",
    "add", ...), `removed` holds what was taken out, and whether with its files. `free` are the free bytes.
    `moved` holds what was to be moved, and whereto; `refuse_move` is raised by that, with `fail_to_move` it
    stays where it is, as 4.5 shows it. While it is `slow`, moves and checks go on until `settle()`. A check
    finds what is in `damaged` (ids as it has them) not whole, else it goes by the sizes of files.
    """

    def __init__(
        self, save_path: Path | None = None, *, tag: str = "movie_sync", category: str = "Movies"
    ) -> None:
        self.statuses: dict[str, TorrentStatus] = {}
        self.categories: dict[str, str] = {}
        self.trouble: Exception | None = None
        self.refuse: Exception | None = None
        self.refuse_move: Exception | None = None
        self.fail_to_move = False
        self.slow = False
        self.damaged: set[str] = set()
        self.asked: list[str] = []
        self.removed: list[tuple[str, bool]] = []
        self.moved: list[tuple[str, str]] = []
        self.online = True
        self.free: int | None = TIB
        self.connections = 0
        self._connected = False
        self._save_path = save_path
        self._tag = tag
        self._category = category
        self._contents: dict[str, tuple[Content, ...]] = {}
        self._lies_in: dict[str, str] = {}
        """Where the files are of those that could not be moved."""
        self._under_way: list[Callable[[], None]] = []

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

    def let_user_stop(self, torrent: TorrentFile) -> None:
        """Have it stopped by somebody else."""
        self._rest(_hashes(torrent)[1][:40] or torrent.info_hash)

    def settle(self) -> None:
        """Let what it has begun come to its end."""
        under_way, self._under_way = self._under_way, []
        for end in under_way:
            end()

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

    def hand_over(self, torrent: TorrentFile, folder: str | None = None) -> HandOver:
        if folder is not None:
            require_whole(folder)
        self._ask("add")
        if self.refuse is not None:
            raise self.refuse
        known = known_as(self.statuses.values(), usable_ids({torrent.info_hash, *torrent.candidates}))
        if known is not None:
            return HandOver(known.hash, self._is_ours(known), already_there=True)
        return HandOver(self._add(torrent, folder), owned=True, already_there=False)

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

    def stop_torrent(self, torrent_hash: str) -> bool:
        there = self._ours_now("stop", torrent_hash)
        if there is not None:
            self._rest(there.hash)
        return there is not None

    def start_torrent(self, torrent_hash: str) -> bool:
        there = self._ours_now("start", torrent_hash)
        if there is not None and there.stopped:
            self._change(there.hash, state="uploading" if there.complete else "downloading")
        return there is not None

    def recheck(self, torrent_hash: str) -> bool:
        there = self._ours_now("recheck", torrent_hash)
        if there is not None:
            self._check(there.hash, stopped=there.stopped, unseen=there.progress >= 1)
        return there is not None

    def move(self, torrent_hash: str, folder: str) -> bool:
        require_whole(folder)
        there = self._ours_now("move", torrent_hash)
        if there is None:
            return False
        self.moved.append((there.hash, folder))
        if self.refuse_move is not None:
            raise self.refuse_move
        if self._save_path:
            try:
                Path(folder).mkdir(parents=True, exist_ok=True)
            except OSError:
                raise PlaceUnavailable(f"{folder}: qBittorrent cannot make this folder") from None
        if there.save_path != folder:
            self._change(there.hash, save_path=folder)
            self._after(there.hash, "moving", lambda: self._move(there, folder))
        return True

    def remove(self, torrent_hash: str, *, with_files: bool) -> bool:
        there = self._ours_now("remove", torrent_hash)
        if there is None:
            return False
        if with_files and self._save_path:
            delete_files(self._folder(there), self._names(there.hash))
        del self.statuses[there.hash]
        self._lies_in.pop(there.hash, None)
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

    def _ours_now(self, what: str, torrent_hash: str) -> TorrentStatus | None:
        ids = only_id(torrent_hash)
        self._ask(what)
        there = known_as(self.statuses.values(), ids)
        return there if there is not None and self._is_ours(there) else None

    def _add(self, torrent: TorrentFile, folder: str | None) -> str:
        try:
            read_torrent(torrent.data)
        except NotATorrent:
            raise FilmFault(f"qBittorrent refused the .torrent “{torrent.name}”") from None
        place = folder or str(self._save_path or NOWHERE)
        content_path = f"{place}/{torrent.name}"
        self.put(torrent, self._tag, category=self._category, save_path=place, content_path=content_path)
        self.categories.setdefault(self._category, "")
        status = known_as(self.statuses.values(), frozenset(torrent.candidates))
        assert status is not None
        if folder is not None:
            self._check(status.hash, stopped=True, unseen=True)
        elif self._save_path and self._has_files(status):
            self.complete(torrent)
        return status.hash

    def _change(self, key: str, **changes: Any) -> None:
        self.statuses[key] = replace(self.statuses[key], **changes)

    def _rest(self, key: str) -> None:
        if self.statuses[key].state not in {"missingFiles", "moving"}:
            self._change(key, state="stoppedUP" if self.statuses[key].complete else "stoppedDL")

    def _after(self, key: str, state: str, end: Callable[[], None]) -> None:
        """Be in `state` until it is settled, at once unless it is slow."""
        if not self.slow:
            end()
            return
        self._change(key, state=state, complete=False)
        self._under_way.append(lambda: end() if key in self.statuses else None)

    def _check(self, key: str, *, stopped: bool, unseen: bool) -> None:
        """`unseen`: where there are no files to look at, all are said to be there."""
        self._after(key, "checkingUP", lambda: self._checked(key, stopped=stopped, unseen=unseen))

    def _checked(self, key: str, *, stopped: bool, unseen: bool) -> None:
        status = self.statuses[key]
        there = status.size if unseen else 0
        if self._save_path:
            there = bytes_there(self._folder(status), ((one.name, one.size) for one in self._contents[key]))
        if key in self.damaged:
            there = min(there, status.size // 2)
        self._change(key, **(_FINISHED if there == status.size else _unfinished(status.size, there)))
        if stopped:
            self._rest(key)

    def _move(self, before: TorrentStatus, folder: str) -> None:
        key, names = before.hash, self._names(before.hash)
        self._change(key, state=before.state, complete=before.complete)
        self._lies_in[key] = str(self._folder(before))
        whole = True
        try:
            if self.fail_to_move:
                return
            if self._save_path:
                whole = move_files(names, self._folder(before), Path(folder))
        except OSError:
            return
        self._lies_in.pop(key)
        place = content_path_in(folder, names) if names else f"{folder}/{before.name}"
        self._change(key, content_path=place)
        if not whole:
            self._change(key, **_unfinished(before.size, 0))
            if before.stopped:
                self._rest(key)

    def _folder(self, status: TorrentStatus) -> Path:
        return Path(self._lies_in.get(status.hash, status.save_path))

    def _names(self, key: str) -> list[str]:
        return [one.name for one in self._contents.get(key, ())]

    def _has_files(self, status: TorrentStatus) -> bool:
        files = [(one.name, one.size) for one in self._contents.get(status.hash, ())]
        return bytes_there(self._folder(status), files) == sum(size for _, size in files)


def _unfinished(size: int, there: int) -> dict[str, Any]:
    progress = there / size if size else 0.0
    return {"state": "downloading", "progress": progress, "complete": False, "amount_left": size - there}


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
