"""A disk as a power cut leaves it: what was not fsynced may be gone, whatever the order it was written in.

Fed with the operations that `faults` wrote down. POSIX promises the data of a file only after an fsync of
that file, and its name only after an fsync of its folder (fsync(2)); file systems differ in what they keep
beyond that, so there are several ways to lose the rest. Pure; paths are absolute.
"""

import itertools
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

NOTHING_MORE = "only what was fsynced"
NAMES = "names kept, data lost"
DATA = "data kept, names lost"
SOME = "some of it, torn"
WAYS = (NOTHING_MORE, NAMES, DATA, SOME)


@dataclass
class _File:
    live: bytes = b""
    synced: bytes = b""


@dataclass
class _Folder:
    """`names` maps to the number of a file, or None for a folder; `unsynced` are changes since the fsync."""

    names: dict[str, int | None] = field(default_factory=dict)
    synced: dict[str, int | None] = field(default_factory=dict)
    unsynced: list[dict[str, int | str | None]] = field(default_factory=list)

    def change(self, changes: dict[str, int | str | None]) -> None:
        _apply(self.names, changes)
        self.unsynced.append(changes)

    def sync(self) -> None:
        self.synced = dict(self.names)
        self.unsynced.clear()


_GONE = "gone"


def _apply(names: dict[str, int | None], changes: dict[str, int | str | None]) -> None:
    for name, number in changes.items():
        if isinstance(number, str):
            names.pop(name, None)
        else:
            names[name] = number


class Disk:
    """The folders below `roots`, which are there and on the disk, with the files they hold already."""

    def __init__(self, roots: Iterable[Path], files: dict[str, bytes]) -> None:
        self._numbers = itertools.count()
        self._files: dict[int, _File] = {}
        self._roots = tuple(map(str, roots))
        self._folders = {root: _Folder() for root in self._roots}
        for path, data in files.items():
            for above in reversed(PurePosixPath(path).parents):
                if self._holds(above) and str(above) not in self._folders:
                    self.take("mkdir", str(above))
            self.take("open", path, False)
            self.take("write", path, None, data)
            self.take("fsync", path)
        for folder in self._folders.values():
            folder.sync()

    def _holds(self, path: PurePosixPath) -> bool:
        return str(path.parent) in self._folders

    def take(self, kind: str, path: str, *details: object) -> None:
        """One operation: those of `faults.Faults.done`. Others' folders are ignored."""
        if kind == "fsync" and path in self._folders:
            self._folders[path].sync()
        elif self._holds(PurePosixPath(path)):
            getattr(self, f"_{kind}")(PurePosixPath(path), *details)

    def _folder(self, path: PurePosixPath) -> _Folder:
        return self._folders[str(path.parent)]

    def _file(self, path: PurePosixPath) -> _File:
        number = self._folder(path).names[path.name]
        assert number is not None, f"{path} is a folder"
        return self._files[number]

    def _open(self, path: PurePosixPath, truncated: bool) -> None:
        folder = self._folder(path)
        if path.name not in folder.names:
            number = next(self._numbers)
            self._files[number] = _File()
            folder.change({path.name: number})
        elif truncated:
            self._file(path).live = b""

    def _write(self, path: PurePosixPath, offset: int | None, data: bytes) -> None:
        file = self._file(path)
        start = len(file.live) if offset is None else offset
        file.live = file.live[:start].ljust(start, b"\0") + data + file.live[start + len(data) :]

    def _truncate(self, path: PurePosixPath, length: int) -> None:
        file = self._file(path)
        file.live = file.live[:length].ljust(length, b"\0")

    def _fsync(self, path: PurePosixPath) -> None:
        file = self._file(path)
        file.synced = file.live

    def _rename(self, path: PurePosixPath, target: str) -> None:
        new = PurePosixPath(target)
        assert new.parent == path.parent, "a rename between folders is not understood"
        folder = self._folder(path)
        folder.change({path.name: _GONE, new.name: folder.names[path.name]})

    def _unlink(self, path: PurePosixPath) -> None:
        self._folder(path).change({path.name: _GONE})

    def _mkdir(self, path: PurePosixPath) -> None:
        self._folder(path).change({path.name: None})
        self._folders[str(path)] = _Folder()

    def now(self) -> dict[str, bytes]:
        """All files as the running system shows them."""
        return self._look(lambda folder: folder.names, lambda file: file.live)

    def after_a_power_cut(self, way: str, dice: random.Random) -> dict[str, bytes]:
        """All files as they are found after it."""
        names = {
            NOTHING_MORE: lambda folder: folder.synced,
            NAMES: lambda folder: folder.names,
            DATA: lambda folder: folder.synced,
            SOME: lambda folder: _some_names(folder, dice),
        }[way]
        data = {
            NOTHING_MORE: lambda file: file.synced,
            NAMES: lambda file: file.synced,
            DATA: lambda file: file.live,
            SOME: lambda file: _some_data(file, dice),
        }[way]
        return self._look(names, data)

    def _look(
        self,
        names: Callable[[_Folder], dict[str, int | None]],
        data: Callable[[_File], bytes],
    ) -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        reached = list(self._roots)
        while reached:
            path = reached.pop()
            for name, number in names(self._folders[path]).items():
                whole = f"{path}/{name}"
                if number is None:
                    reached.append(whole)
                else:
                    found[whole] = data(self._files[number])
        return found


def _some_names(folder: _Folder, dice: random.Random) -> dict[str, int | None]:
    """Each change since the fsync made it to the disk, or did not: a disk may reorder them."""
    names = dict(folder.synced)
    for changes in folder.unsynced:
        if dice.random() < 0.5:
            _apply(names, changes)
    return names


def _some_data(file: _File, dice: random.Random) -> bytes:
    """What was fsynced, all of it, a part of it, or all of its length with a part that was never written."""
    if file.live == file.synced:
        return file.live
    cut = dice.randint(0, len(file.live))
    torn = (file.live[:cut], file.live[:cut].ljust(len(file.live), b"\0"))
    return dice.choice((file.synced, file.live, *torn))
