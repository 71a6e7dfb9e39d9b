"""The torrents that the fake qBittorrent has: rows as its Web API shows them, in the style of 4.5 or of 5.3.

Files are looked for and deleted on the disk as qBittorrent does; their content is not compared, only sizes.
"""

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import bencode2
from support import delete_files

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
        if self._are_there(key):
            row |= {"state": "stalledUP", "progress": 1, "amount_left": 0, "completion_on": row["added_on"]}
        return key

    def stop(self, key: str) -> None:
        end = "UP" if self.rows[key]["progress"] == 1 else "DL"
        self.rows[key]["state"] = _STATES[self._style] + end

    def delete(self, key: str, *, with_files: bool) -> None:
        """Unknown ones are passed over in silence."""
        row, files = self.rows.pop(key, None), self.files.pop(key, [])
        if row is not None and with_files:
            delete_files(Path(row["save_path"]), [file["name"] for file in files])

    def look_for_files(self) -> None:
        for key, row in self.rows.items():
            if row["progress"] == 1 and not self._are_there(key):
                row |= {"state": "missingFiles", "progress": 0, "amount_left": row["size"]}

    def _are_there(self, key: str) -> bool:
        folder = Path(self.rows[key]["save_path"])
        return all(_is_there(folder / file["name"], file["size"]) for file in self.files[key])


def _is_there(path: Path, size: int) -> bool:
    return path.is_file() and path.stat().st_size == size


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
    stopped = form.get(_STATES[style]) == "True"
    save_path = form.get("savepath", "/downloads")
    return {
        "name": name,
        "state": f"{_STATES[style]}DL" if stopped else "stalledDL",
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
        "dl_limit": int(form.get("dlLimit", -1)),
    }
