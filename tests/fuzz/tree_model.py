"""What each act of `disk_files` must come to, told from the names that there are before it."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from disk_files import Changed
from errors import PlaceUnavailable

Parts = tuple[str, ...]


class Thing(NamedTuple):
    """What a name stands for. Of a folder, only that it is the same one."""

    kind: str
    inode: int
    mtime_ns: int
    data: str | bytes


Names = dict[Parts, Thing]
"""All that there is, by its way."""


@dataclass(frozen=True)
class Foretold:
    """What an act must come to: its result, or its error, and what there is then, `made` folders besides."""

    result: object
    names: Names
    made: frozenset[Parts] = frozenset()


def names_in(base: Path) -> Names:
    """What lies below a directory now."""
    return dict(_names(base, ()))


def _names(folder: Path, parts: Parts) -> Iterator[tuple[Parts, Thing]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            way, status = (*parts, entry.name), entry.stat(follow_symlinks=False)
            inode, time_ns = status.st_ino, status.st_mtime_ns
            if entry.is_symlink():
                yield way, Thing("link", inode, 0, str(Path(entry).readlink()))
            elif entry.is_dir():
                yield way, Thing("folder", inode, 0, "")
                yield from _names(Path(entry), way)
            elif entry.is_file():
                yield way, Thing("file", inode, time_ns, Path(entry).read_bytes())
            else:
                yield way, Thing("fifo", inode, 0, "")


def is_missing(names: Names, way: Parts) -> bool:
    """Whether there is nothing at the end of a way, nor anything but folders on it."""
    on_it = [names[way[:depth]] for depth in range(1, len(way) + 1) if way[:depth] in names]
    return way not in names and all(thing.kind == "folder" for thing in on_it)


def removed(names: Names, way: Parts, planned: Thing) -> Foretold:
    """`remove_file`."""
    if way[:1] not in names:
        return Foretold(PlaceUnavailable, names)
    if names.get(way) == planned:
        return Foretold(True, _without(names, way))
    return Foretold(False if is_missing(names, way) else Changed, names)


def moved(names: Names, way: Parts, planned: Thing, target: Parts) -> Foretold:
    """`move_file`; the result is the file at its target."""
    if way[:1] not in names:
        return Foretold(PlaceUnavailable, names)
    if names.get(way) != planned and not is_missing(names, way):
        return Foretold(Changed, names)
    if target[:1] not in names:
        return Foretold(PlaceUnavailable, names)
    if way not in names:
        return Foretold(planned if names.get(target) == planned else Changed, names)
    if names.get(target) == planned:
        return Foretold(planned, names if target == way else _without(names, way))
    if not is_missing(names, target):
        return Foretold(Changed, names)
    above = (target[:depth] for depth in range(1, len(target)))
    made = frozenset(folder for folder in above if folder not in names)
    return Foretold(planned, {**_without(names, way), target: planned}, made)


def cleared(names: Names, way: Parts) -> Foretold:
    """`remove_empty_folders`."""
    if way[:1] not in names:
        return Foretold(PlaceUnavailable, names)
    for depth in range(len(way), 1, -1):
        here = way[:depth]
        if here not in names:
            continue
        if names[here].kind != "folder":
            return Foretold(here[-1:], names)
        if left := sorted(inner[-1] for inner in names if inner[:-1] == here):
            return Foretold(tuple(left), names)
        names = _without(names, here)
    return Foretold((), names)


def listed(names: Names, way: Parts) -> dict[Parts, bool]:
    """`files_below`: what is told, and whether as a file."""
    if way[:1] in names and is_missing(names, way):
        return {}
    if way not in names or names[way].kind != "folder":
        return {way: False}
    below = {inner: thing for inner, thing in names.items() if inner[: len(way)] == way}
    return {inner: thing.kind == "file" for inner, thing in below.items() if thing.kind != "folder"}


def _without(names: Names, way: Parts) -> Names:
    return {other: thing for other, thing in names.items() if other != way}
