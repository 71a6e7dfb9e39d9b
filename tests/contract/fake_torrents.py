"""The torrents that the fake qBittorrent has: rows as its Web API shows them, in the style of 4.5 or of 5.3.

Files are looked for and deleted on the disk as qBittorrent does; their content is not compared, only sizes.
"""

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import bencode2
from moving_files import bytes_there, move_files
from support import delete_files

from qbittorrent_answers import content_path_in

NEW = "5.3"
OLD = "4.5"
_STATES = {OLD: "paused", NEW: "stopped"}


class FakeTorrents:
    """`rows` by qBittorrent's own id, `files` likewise: their names below the save path, their sizes."""

    def __init__(self, style: str) -> None:
        self.rows: dict[str, dict[str, Any]] = {}
        self.files: dict[str, list[dict[str, Any]]] = {}
        self._style = style

    def add(self, data: bytes, form: Mapping[str, str]) -> str | None:
        """Its id, or None if it is there already. ValueError: not a torrent."""
        row, files = _read(self._style, data, form)
        key = str(row["hash"])
        if key in self.rows:
            return None
        self.rows[key] = row
        self.files[key] = files
        stopped = form.get(_STATES[self._style]) == "True" or form.get("stopCondition") == "FilesChecked"
        self._look(key, stopped=stopped)
        return key

    def stop(self, key: str) -> None:
        if key in self.rows and self.rows[key]["state"] != "missingFiles":
            self._settle(key, stopped=True)

    def start(self, key: str) -> None:
        if key in self.rows:
            self._settle(key, stopped=False)

    def recheck(self, key: str) -> None:
        if key in self.rows:
            self._look(key, stopped=self.rows[key]["state"].startswith(_STATES[self._style]))

    def move(self, key: str, folder: str) -> None:
        """4.5 shows where it was to go even if it could not. With a file in the way nothing of it counts."""
        row = self.rows.get(key)
        if row is None or row["save_path"] == folder:
            return
        names = [file["name"] for file in self.files[key]]
        lies_in = row.get("lies_in", row["save_path"])
        if self._style == OLD:
            row |= {"save_path": folder, "lies_in": lies_in, "content_path": content_path_in(lies_in, names)}
        try:
            whole = move_files(names, Path(lies_in), Path(folder))
        except OSError:
            return
        content_path = content_path_in(folder, names)
        row |= {"save_path": folder, "lies_in": folder, "content_path": content_path}
        if not whole:
            row |= {"progress": 0, "amount_left": row["size"]}
        if row["state"] != "missingFiles":
            self._settle(key, stopped=row["state"].startswith(_STATES[self._style]))

    def delete(self, key: str, *, with_files: bool) -> None:
        """Unknown ones are passed over in silence."""
        row, files = self.rows.pop(key, None), self.files.pop(key, [])
        if row is not None and with_files:
            delete_files(Path(row["save_path"]), [file["name"] for file in files])

    def look_for_files(self) -> None:
        for key, row in self.rows.items():
            if row["progress"] == 1 and self._there(key) < row["size"]:
                row |= {"state": "missingFiles", "progress": 0, "amount_left": row["size"]}

    def _look(self, key: str, *, stopped: bool) -> None:
        row = self.rows[key]
        left = row["size"] - self._there(key)
        row |= {"progress": 1 - left / row["size"] if left else 1, "amount_left": left}
        if not left:
            row["completion_on"] = row["added_on"]
        self._settle(key, stopped=stopped)

    def _settle(self, key: str, *, stopped: bool) -> None:
        row = self.rows[key]
        row["state"] = (_STATES[self._style] if stopped else "stalled") + (
            "UP" if row["progress"] == 1 else "DL"
        )

    def _there(self, key: str) -> int:
        row = self.rows[key]
        folder = Path(row.get("lies_in", row["save_path"]))
        return bytes_there(folder, ((file["name"], file["size"]) for file in self.files[key]))


def _read(style: str, data: bytes, form: Mapping[str, str]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    try:
        info = bencode2.bdecode(data)[b"info"]
        name = info[b"name"].decode()
    except (bencode2.BencodeDecodeError, KeyError, TypeError):
        raise ValueError("not a torrent") from None
    files = list(_files(name, info))
    row = _row(style, name, sum(size for _, size in files), form)
    return row | _hashes(info), [{"name": path, "size": size} for path, size in files]


def _files(name: str, info: Mapping[bytes, Any]) -> Iterator[tuple[str, int]]:
    """In the order of the torrent, without the padding (BEP 47)."""
    if b"files" in info:
        for file in info[b"files"]:
            if file.get(b"attr") != b"p":
                yield "/".join([name, *(part.decode() for part in file[b"path"])]), file[b"length"]
    elif b"length" in info:
        yield name, info[b"length"]
    else:
        for path, leaf in info[b"file tree"].items():
            yield path.decode(), leaf[b""][b"length"]


def _hashes(info: Mapping[bytes, Any]) -> dict[str, str]:
    encoded = bencode2.bencode(info)
    v1 = hashlib.sha1(encoded).hexdigest() if b"pieces" in info else ""
    v2 = hashlib.sha256(encoded).hexdigest() if info.get(b"meta version") == 2 else ""
    return {"hash": v2[:40] or v1, "infohash_v1": v1, "infohash_v2": v2}


def _row(style: str, name: str, size: int, form: Mapping[str, str]) -> dict[str, Any]:
    save_path = form.get("savepath", "/downloads")
    return {
        "name": name,
        "state": "stalledDL",
        "progress": 0,
        "size": size,
        "amount_left": size,
        "save_path": save_path,
        "content_path": name if style == OLD else f"{save_path}/{name}",
        "category": form.get("category", ""),
        "tags": ", ".join(tag.strip() for tag in form.get("tags", "").split(",")),
        "added_on": 1_700_000_000,
        "completion_on": 0 if style == OLD else -1,
        "dlspeed": 0,
        "ratio": 0,
        "seeding_time": 0,
        "dl_limit": int(form.get("dlLimit", -1)),
    }
