"""What qBittorrent says about torrents, read into records that are the same for versions 4.5 to 5.3.

Pure: bytes in, records out. Knows the fields of torrents/info (qBittorrent wiki, "WebUI API") and what
versions say differently; no connection, no client library.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import msgspec

_HASH = re.compile(r"[0-9a-fA-F]{40}|[0-9a-fA-F]{64}")
_ABSOLUTE = re.compile(r"/|\\\\|[A-Za-z]:[\\/]")
# Not among them: `moving` (the file may still lie elsewhere) and `missingFiles`, both with progress 1.
_COMPLETE = frozenset(
    {"uploading", "pausedUP", "stoppedUP", "queuedUP", "stalledUP", "checkingUP", "forcedUP"}
)
_MOST_RATIO = 9999.0
"""Where it is more, or nothing was ever got, qBittorrent says -1."""
_STOPPED = frozenset({"pausedUP", "stoppedUP", "pausedDL", "stoppedDL"})


@dataclass(frozen=True)
class TorrentStatus:
    """A torrent as qBittorrent sees it, the same for every version.

    `hash` is qBittorrent's own id. `complete` means every wanted byte is in its final place. Sizes in bytes,
    `speed` in bytes a second, times in unix seconds, `completion_on` None until complete, paths absolute as
    qBittorrent sees them. What changes shows within qBittorrent's refresh interval (1.5 s by default).
    `ratio` is what it gave by what it got, at most 9999. `seeding_time`, in seconds, is never too much; of a
    torrent that nobody asks for it is as of the last answer of its tracker.
    """

    hash: str
    name: str
    state: str
    progress: float
    complete: bool
    size: int
    amount_left: int
    save_path: str
    content_path: str
    category: str
    tags: frozenset[str]
    added_on: int
    completion_on: int | None
    infohash_v1: str
    infohash_v2: str
    speed: int = 0
    ratio: float = 0.0
    seeding_time: int = 0

    @property
    def stopped(self) -> bool:
        """It rests: nothing is got, given, checked or moved; `complete` says whether all of it is there."""
        return self.state in _STOPPED

    def lies_in(self, folder: str, names: Iterable[str]) -> bool:
        """Whether its files are in `folder` now, and not on their way; `names` as in its `Content`.

        `save_path` does not tell: 4.5 shows there where they are to go, even after it could not move them.
        """
        settled = self.state not in {"moving", "checkingResumeData"}
        return settled and _parts(self.content_path) == _parts(content_path_in(folder, names))


class _Row(msgspec.Struct):
    """The fields we read of one entry of torrents/info (qBittorrent wiki, WebUI API)."""

    hash: str
    name: str
    state: str
    progress: float
    size: int
    amount_left: int
    save_path: str
    category: str
    tags: str
    added_on: int
    completion_on: int
    dlspeed: int = 0
    ratio: float = 0.0
    seeding_time: int = 0
    content_path: str = ""
    infohash_v1: str = ""
    infohash_v2: str = ""


@dataclass(frozen=True)
class HandOver:
    """Where a torrent ended up: `hash` is the id to find it by.

    `owned`: ours by our tag, so ours to delete. `already_there`: it was there before this call.
    """

    hash: str
    owned: bool
    already_there: bool


class Content(msgspec.Struct, frozen=True):
    """A file of a torrent: its path below the torrent's save path, with "/", and its bytes."""

    name: str
    size: int


class _ServerState(msgspec.Struct):
    free_space_on_disk: int | None = None


class _MainData(msgspec.Struct):
    server_state: _ServerState = msgspec.field(default_factory=_ServerState)


def usable_ids(ids: Iterable[str]) -> frozenset[str]:
    """Only what is a hash: as a filter "" means every torrent, and so does "all" elsewhere in the API."""
    return frozenset(one.lower() for one in ids if _HASH.fullmatch(one))


def only_id(torrent_hash: str) -> frozenset[str]:
    """The id of one torrent, whole; ValueError for anything else."""
    ids = usable_ids([torrent_hash])
    if not ids:
        raise ValueError(f"not the id of one torrent: {torrent_hash!r}")
    return ids


def require_whole(folder: str) -> str:
    """A path that leaves nothing to guess; ValueError for another one, which would end up anywhere."""
    if not _ABSOLUTE.match(folder):
        raise ValueError(f"not a whole path: {folder!r}")
    return folder


def content_path_in(folder: str, names: Iterable[str]) -> str:
    """The `content_path` of a torrent with these files in `folder`: its only file, or what holds all."""
    files = tuple(names)
    inside = files if len(files) == 1 else tuple({name.split("/")[0] for name in files})
    return f"{folder.rstrip('/')}/{inside[0]}" if len(inside) == 1 else folder


def known_as(statuses: Iterable[TorrentStatus], ids: frozenset[str]) -> TorrentStatus | None:
    """The torrent that goes by one of `ids`; a hybrid's own id comes from its v2 hash, not its v1 hash."""
    for status in statuses:
        names = {status.hash.lower(), status.infohash_v1, status.infohash_v2, status.infohash_v2[:40]}
        if names & ids:
            return status
    return None


def read_statuses(body: bytes) -> tuple[TorrentStatus, ...]:
    """The answer of torrents/info. Raises `msgspec.MsgspecError` for anything else."""
    return tuple(_status(row) for row in msgspec.json.decode(body, type=list[_Row]))


def read_contents(body: bytes) -> tuple[Content, ...]:
    """The answer of torrents/files. Raises `msgspec.MsgspecError` for anything else."""
    return tuple(msgspec.json.decode(body, type=list[Content]))


def read_free_space(body: bytes) -> int | None:
    """The free bytes in an answer of sync/maindata. Raises `msgspec.MsgspecError` for anything else."""
    free = msgspec.json.decode(body, type=_MainData).server_state.free_space_on_disk
    return free if free is not None and free >= 0 else None


def says_added(answer: object) -> bool | None:
    """Whether torrents/add added something; None when no qBittorrent answers like that."""
    if isinstance(answer, Mapping):  # 5.2 and later
        count = answer.get("success_count")
        return count > 0 if isinstance(count, int) else None
    return {"Ok.": True, "Fails.": False}.get(str(answer))


def _status(row: _Row) -> TorrentStatus:
    """What versions 4.5, 5.1 and 5.3 say in different ways, said in one."""
    return TorrentStatus(
        hash=row.hash,
        name=row.name,
        state=row.state,
        progress=row.progress,
        complete=row.progress >= 1 and row.state in _COMPLETE,
        size=row.size,
        amount_left=row.amount_left,
        speed=row.dlspeed,
        ratio=_MOST_RATIO if row.ratio < 0 else row.ratio,
        seeding_time=row.seeding_time,
        save_path=row.save_path,
        content_path=_absolute(row.content_path, row.save_path),
        category=row.category,
        tags=frozenset(tag.strip() for tag in row.tags.split(",") if tag.strip()),
        added_on=row.added_on,
        completion_on=row.completion_on if row.completion_on > 0 else None,
        infohash_v1=row.infohash_v1,
        infohash_v2=row.infohash_v2,
    )


def _parts(path: str) -> list[str]:
    """For comparing paths: only those of Windows have "\\" between their parts."""
    plain = path if path.startswith("/") else path.replace("\\", "/")
    return [part for part in plain.split("/") if part]


def _absolute(content_path: str, save_path: str) -> str:
    """4.5 gives a relative path until the first check is done."""
    if not content_path or _ABSOLUTE.match(content_path):
        return content_path
    return f"{save_path.rstrip('/')}/{content_path}"
