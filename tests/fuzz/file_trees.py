"""Trees of owned and foreign files, swapped about between the look at them and what is done to them.

hypothesis draws a tree and what happens to it. A model of all names foretells each act of `disk_files`, to
the last name, inode and byte: so whatever is not meant by the act is foreign, and must stay as it is.
"""

import contextlib
import functools
import math
import os
import shutil
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import hypothesis
from harness import HANG, Outcome, Row, row_of, spread
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st
from tree_model import Foretold, Names, Parts, Thing, cleared, is_missing, listed, moved, names_in, removed

import disk_files
from disk_files import Changed, Seen, Unfit
from errors import PlaceUnavailable

TARGET = "nothing foreign is removed, changed or moved; what is owned and untouched goes"
EXAMPLES = 25
"""Trees of one seed."""
ROOTS = ("films", "library", "trash")
NAMES = ("a", "b", "Heat (1995)", "two\nlines", "\udcff", "é" * 100)
LONG_AGO = 1_600_000_000 * 10**9


@dataclass(frozen=True)
class Item:
    """Something that lies in the tree; `number` decides what is left open."""

    kind: str
    parts: Parts
    number: int


@dataclass(frozen=True)
class Step:
    """Something that happens; the numbers say to which of what is there, and with which."""

    kind: str
    number: int
    other: int


@dataclass(frozen=True)
class Tree:
    """A whole case. `doors`: the directories are configured by links that lead to them."""

    items: tuple[Item, ...]
    doors: bool
    steps: tuple[Step, ...]


ACTS = ("remove", "move", "clear", "tell", "look")
SWAPS = (
    *("replace", "rewrite", "touch", "grow", "delete", "exchange", "move onto", "behind a link", "link"),
    *("fifo", "folder", "file", "hard link", "add", "half moved", "half moved", "root gone"),
)
OF_FILES = {"replace", "rewrite", "touch", "grow", "hard link", "half moved"}
_NUMBER = st.integers(0, 199)
_PARTS = st.builds(
    lambda top, names: (top, *names),
    st.sampled_from((*ROOTS, "films", "films", "outside")),
    st.lists(st.sampled_from(NAMES), min_size=1, max_size=3),
)
_ITEMS = st.builds(
    Item,
    st.sampled_from(
        ("owned", "owned", "owned", "foreign", "folder", "link", "owned link", "foreign link", "fifo")
    ),
    _PARTS,
    _NUMBER,
)
_STEPS = st.builds(Step, st.sampled_from((*ACTS, *ACTS, *SWAPS)), _NUMBER, _NUMBER)
TREES = st.builds(
    Tree,
    st.lists(_ITEMS, min_size=3, max_size=16).map(tuple),
    st.booleans(),
    st.lists(_STEPS, min_size=2, max_size=16).map(tuple),
)


class Wrong(AssertionError):
    """Something else happened than was foretold."""


# --- how it unfolds


class World:
    """A tree on the disk, and what was planned for it."""

    def __init__(self, tree: Tree, base: Path) -> None:
        self.base = base
        self.entry = base / "doors" if tree.doors else base
        self.made = 0
        for name in (*ROOTS, "outside", "doors"):
            (base / name).mkdir()
        for name in ROOTS:
            (base / "doors" / name).symlink_to(base / name)
        self.owned: list[Parts] = []
        for item in tree.items:
            self._put(item)
        self.plan: dict[Parts, tuple[Seen, Thing]] = {}
        for way in self.owned:
            self.look(way)

    def live(self, steps: tuple[Step, ...]) -> None:
        """Let it happen, then do all that is planned and still can be done."""
        for step in steps:
            self.take(step)
        for number, way in enumerate(self.owned):
            (self.move if number % 3 else self.remove)(way)
            self.clear(way)

    def take(self, step: Step) -> None:
        """Have one thing happen; an impossible one does not."""
        if step.kind in ACTS:
            if self.owned:
                act: Callable[[Parts], None] = getattr(self, step.kind)
                act(self.owned[step.number % len(self.owned)])
            return
        with contextlib.suppress(OSError, shutil.Error):
            self._swap(step)

    # --- acts

    def look(self, way: Parts) -> None:
        names = names_in(self.base)
        thing, found = names.get(way), disk_files.look_at(self._path(way), self._roots)
        self.plan.pop(way, None)
        if way[0] not in ROOTS or thing is None or thing.kind != "file":
            gone = way[0] in ROOTS and way[:1] in names and is_missing(names, way)
            self._expect(isinstance(found, Unfit) and found.missing == gone, f"seen as {found}")
            return
        if not isinstance(found, Seen):
            raise Wrong(f"{way} is seen as {found}")
        self._expect_seen(found, way, thing)
        self.plan[way] = found, thing

    def remove(self, way: Parts) -> None:
        if way in self.plan:
            seen, thing = self.plan[way]
            self._act(lambda: disk_files.remove_file(seen), lambda names: removed(names, way, thing))

    def move(self, way: Parts) -> None:
        if way not in self.plan:
            return
        seen, thing = self.plan[way]
        target = self._target(way)

        def act() -> Thing:
            self._expect_seen(disk_files.move_file(seen, self._path(target[:1]), target[1:]), target, thing)
            return thing

        self._act(act, lambda names: moved(names, way, thing, target))

    def clear(self, way: Parts) -> None:
        if way[0] in ROOTS:
            root, folder = self._path(way[:1]), way[:-1]
            self._act(
                lambda: disk_files.remove_empty_folders(root, folder[1:]),
                lambda names: cleared(names, folder),
            )

    def tell(self, way: Parts) -> None:
        if way[0] in ROOTS:
            found = disk_files.files_below(self._path(way[:1]), way[1:-1])
            ways = {entry.path.relative_to(self.entry).parts: isinstance(entry, Seen) for entry in found}
            self._expect(ways == listed(names_in(self.base), way[:-1]), f"listed as {found}")

    def _act(self, act: Callable[[], object], foretell: Callable[[Names], Foretold]) -> None:
        foretold = foretell(names_in(self.base))
        result: object
        try:
            result = act()
        except (Changed, PlaceUnavailable) as error:
            result = Changed if isinstance(error, Changed) else PlaceUnavailable
        after = names_in(self.base)
        made = {way: after.get(way) for way in foretold.made}
        self._expect(result == foretold.result, f"result {result} instead of {foretold.result}")
        self._expect(all(thing and thing.kind == "folder" for thing in made.values()), f"no folders: {made}")
        wrong = (after.items() ^ foretold.names.items()) - made.items()
        self._expect(not wrong, f"touched, or not: {sorted(wrong)}")

    def _expect(self, holds: bool, otherwise: str) -> None:
        if not holds:
            raise Wrong(otherwise)

    def _expect_seen(self, seen: Seen, way: Parts, thing: Thing) -> None:
        told = (seen.path, seen.inode, seen.size, seen.mtime_ns)
        size = len(thing.data)
        self._expect(told == (self._path(way), thing.inode, size, thing.mtime_ns), f"{way} seen as {seen}")

    @property
    def _roots(self) -> tuple[Path, ...]:
        return tuple(self.entry / name for name in ROOTS)

    def _path(self, way: Parts) -> Path:
        """The path by which it is configured."""
        return self.entry.joinpath(*way)

    def _target(self, way: Parts) -> Parts:
        """Where a file goes: at times to a name that is taken, or is its own."""
        others = (("trash", "1"), ("trash",), ("library",))
        return (*others[self.owned.index(way) % len(others)], *way[1:])

    # --- what others do

    def _put(self, item: Item) -> None:
        path, others = self.base.joinpath(*item.parts), sorted(names_in(self.base))
        other = self.base.joinpath(*others[item.number % len(others)])
        if item.kind.startswith("owned") and item.parts not in self.owned:
            self.owned.append(item.parts)
        with contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._make(item.kind.removeprefix("owned ").removeprefix("foreign "), path, other, item.number)

    def _make(self, kind: str, path: Path, other: Path, number: int) -> None:
        if kind == "folder":
            path.mkdir()
        elif kind == "fifo":
            os.mkfifo(path)
        elif kind == "link" and number % 2:
            os.link(other, path, follow_symlinks=False)
        elif kind == "link":
            path.symlink_to((other, path.name, "gone", os.path.relpath(other, path.parent))[number % 4])
        else:
            self.made += 1
            _write(path, b"%04d" % self.made * (number % 3))
            os.utime(path, ns=(LONG_AGO, LONG_AGO + self.made))

    def _swap(self, step: Step) -> None:
        all_names = names_in(self.base)
        names = sorted(way for way in all_names if len(way) > 1 and way[0] != "doors")
        if step.kind == "root gone":
            root = self.base / ROOTS[step.number % len(ROOTS)]
            root.rename(root.with_name(f"{root.name}.gone"))
        elif names:
            near = [way[:depth] for way in self.owned for depth in range(2, len(way) + 1)]
            victims = [way for way in near if way in all_names] if step.number % 3 else names
            if step.kind in OF_FILES:
                victims = [way for way in victims if all_names[way].kind == "file"]
            victim = (victims or names)[step.number % len(victims or names)]
            other = names[step.other % len(names)]
            _SWAPS[step.kind](self, self.base.joinpath(*victim), self.base.joinpath(*other))

    def replace(self, path: Path, other: Path) -> None:
        """By another file of the same size and time."""
        self.made += 1
        new, status = self.base / "outside" / f"new {self.made}", path.stat(follow_symlinks=False)
        _write(new, b"x" * status.st_size)
        os.utime(new, ns=(LONG_AGO, status.st_mtime_ns))
        new.replace(path)

    def rewrite(self, path: Path, other: Path) -> None:
        status = _a_file(path).stat()
        path.write_bytes(b"x" * status.st_size)
        os.utime(path, ns=(LONG_AGO, status.st_mtime_ns + 1))

    def touch(self, path: Path, other: Path) -> None:
        os.utime(path, ns=(LONG_AGO, _a_file(path).stat().st_mtime_ns + 1))

    def grow(self, path: Path, other: Path) -> None:
        """With its time put back."""
        before = _a_file(path).stat().st_mtime_ns
        path.write_bytes(path.read_bytes() + b"x")
        os.utime(path, ns=(LONG_AGO, before))

    def delete(self, path: Path, other: Path) -> None:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()

    def exchange(self, path: Path, other: Path) -> None:
        if not path.is_relative_to(other) and not other.is_relative_to(path):
            aside = self.base / "outside" / "aside"
            path.rename(aside)
            other.rename(path)
            aside.rename(other)

    def move_onto(self, path: Path, other: Path) -> None:
        other.rename(path)

    def behind_a_link(self, path: Path, other: Path) -> None:
        self.made += 1
        path.rename(real := self.base / "outside" / f"real {self.made}")
        path.symlink_to(real)

    def link(self, path: Path, other: Path) -> None:
        self.delete(path, other)
        path.symlink_to(other)

    def fifo(self, path: Path, other: Path) -> None:
        self.delete(path, other)
        os.mkfifo(path)

    def folder(self, path: Path, other: Path) -> None:
        self.delete(path, other)
        path.mkdir()

    def file(self, path: Path, other: Path) -> None:
        self.delete(path, other)
        _write(path, b"foreign")

    def hard_link(self, path: Path, other: Path) -> None:
        os.link(path, other.with_name("hard"), follow_symlinks=False)

    def add(self, path: Path, other: Path) -> None:
        _write(path / "added" if path.is_dir() else path.with_name("added"), b"foreign")

    def half_moved(self, path: Path, other: Path) -> None:
        """As by a kill between the two names."""
        way = path.relative_to(self.base).parts
        target = self.base.joinpath(*self._target(way)) if way in self.owned else other
        target.parent.mkdir(parents=True, exist_ok=True)
        os.link(path, target, follow_symlinks=False)


_SWAPS: dict[str, Callable[[World, Path, Path], None]] = {
    kind: getattr(World, kind.replace(" ", "_")) for kind in SWAPS if kind != "root gone"
}


def _write(path: Path, content: bytes) -> None:
    """A new file: one would wait for ever on a fifo."""
    with path.open("xb") as file:
        file.write(content)


def _a_file(path: Path) -> Path:
    if path.is_symlink() or not path.is_file():
        raise IsADirectoryError(path)
    return path


# --- the figure


def live(tree: Tree) -> None:
    """Make a tree and let it happen. Raises `Wrong`."""
    memory = Path("/dev/shm")
    base = Path(tempfile.mkdtemp(prefix="trees-", dir=memory if os.access(memory, os.W_OK) else None))
    try:
        World(tree, base).live(tree.steps)
    finally:
        shutil.rmtree(base)


def trees_of(seed: int, count: int = EXAMPLES, *, shortest: bool = True) -> Outcome:
    """The trees of a seed; one with which something goes wrong, and the `shortest` of the kind if asked."""
    slowest = 0.0

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=count,
        database=None,
        deadline=None,
        derandomize=False,
        phases=(Phase.generate, *([Phase.shrink] if shortest else [])),
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(TREES)
    def each(tree: Tree) -> None:
        nonlocal slowest
        started = time.process_time()
        live(tree)
        slowest = max(slowest, time.process_time() - started)

    try:
        each()
    except Exception as error:  # noqa: BLE001 - that there is none is what is measured
        return Outcome(slowest, f"seed {seed}: {''.join(traceback.format_exception_only(error))}")
    return Outcome(slowest)


def run(count: int, first: int) -> Row:
    """The row of so many trees."""
    each = min(count, EXAMPLES)
    seeds = range(first, first + math.ceil(count / each))
    outcomes = spread(functools.partial(trees_of, count=each), seeds, 10 * HANG)
    row = row_of("trees of owned and foreign files", TARGET, outcomes)
    return replace(row, count=each * len(seeds))
