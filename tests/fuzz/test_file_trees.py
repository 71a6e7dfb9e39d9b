"""Trees of owned and foreign files: a small share of `make fuzz`, and that it would notice."""

import os
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("hypothesis")

import file_trees
from file_trees import Item, Tree, World, live, trees_of
from harness import Outcome

import disk_files
import folder_walk

FIRST_SEED = 3_000_000


@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + 2))
def test_nothing_foreign_is_touched(seed: int) -> None:
    assert trees_of(seed).violation is None


def test_what_it_is_about_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: Counter[str] = Counter()
    real = World._act

    def count(world: World, act: Callable[[], object], foretell: Callable[..., Any]) -> None:
        def foretold(names: Any) -> Any:
            what = foretell(names)
            name = act.__qualname__.split(".")[1]
            error = isinstance(what.result, type)
            seen[f"{name} {what.result.__name__ if error else bool(what.result)}"] += 1
            return what

        real(world, act, foretold)

    monkeypatch.setattr(World, "_act", count)
    acts = ("remove", "move")
    errors = {f"{act} {error}" for act in acts for error in ("Changed", "PlaceUnavailable")}
    results = {"remove True", "remove False", "move True", "clear True", "clear False"}
    wanted = {*errors, *results, "clear PlaceUnavailable"}
    # What hypothesis draws for a seed depends on the constants of the program, so it is no fixed number.
    for seed in range(FIRST_SEED + 10, FIRST_SEED + 50):
        if not wanted <= seen.keys():
            trees_of(seed)
    assert wanted <= seen.keys()


def test_an_owned_file_that_nobody_touched_goes(tmp_path: Path) -> None:
    items = (Item("owned", ("films", "a", "b"), 1), Item("foreign", ("films", "b"), 1))
    tree = Tree(items, doors=True, steps=())
    live(tree)
    World(tree, tmp_path).live(())
    assert sorted(path.name for path in (tmp_path / "films").rglob("*")) == ["b"]


# --- it would notice


def _through_links(above: int, root: Path, parts: tuple[str, ...]) -> int:
    return os.open(parts[-1], os.O_RDONLY | os.O_DIRECTORY, dir_fd=above)


def _with_content(root: Path, parts: tuple[str, ...]) -> tuple[str, ...]:
    folder = root.joinpath(*parts)
    if folder.is_dir() and not folder.is_symlink():
        shutil.rmtree(folder)
    return ()


def _replacing(seen: Any, source: int, folder: int, target: Path) -> None:
    os.rename(seen.parts[-1], target.name, src_dir_fd=source, dst_dir_fd=folder)


def _same_size(seen: Any, status: os.stat_result) -> bool:
    return bool(seen.size == status.st_size)


@pytest.mark.parametrize(
    ("module", "name", "slip"),
    [
        (folder_walk, "_open_folder", _through_links),
        (disk_files, "_require_same", lambda seen, folder: folder_walk.status_of(folder, seen.parts[-1])),
        (disk_files, "_is", _same_size),
        (disk_files, "_remove_folder", _with_content),
        (disk_files, "_remove_folder", lambda root, parts: ()),
        (disk_files, "_move", _replacing),
        (disk_files, "_require_second_name", lambda *_: None),
        (disk_files, "remove_file", lambda seen: True),
        (disk_files, "look_at", lambda path, roots: disk_files.Unfit(path, "never")),
    ],
)
def test_a_slip_is_found(
    monkeypatch: pytest.MonkeyPatch, module: Any, name: str, slip: Callable[..., Any]
) -> None:
    monkeypatch.setattr(module, name, slip)
    found = (trees_of(seed, shortest=False) for seed in range(FIRST_SEED, FIRST_SEED + 12))
    assert next(outcome for outcome in found if outcome.violation)


def test_what_goes_wrong_is_told_with_its_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk_files, "remove_file", lambda seen: True)
    violation = str(next(filter(None, (trees_of(seed).violation for seed in range(9)))))
    assert violation.startswith("seed 0: ")
    assert "Item('owned'" in violation


def test_a_row_counts_its_trees(monkeypatch: pytest.MonkeyPatch) -> None:
    def one_by_one(case: Callable[[int], Outcome], seeds: range, hang: float) -> list[Outcome]:
        return [case(seed) for seed in seeds]

    monkeypatch.setattr(file_trees, "spread", one_by_one)
    assert (file_trees.run(3, 0).count, file_trees.run(26, 0).count) == (3, 50)
    assert file_trees.run(3, 0).violations == ()
