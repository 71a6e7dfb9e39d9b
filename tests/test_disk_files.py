"""What cleanup may remove on the disk, and that nothing else goes. Moving: `test_disk_moves`.

Any tree at all: `fuzz/file_trees`.
"""

import errno
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from disk_swaps import CONTENT, FILM, SOMETHING_ELSE, SWAPS, a_film, put, seen, unfit
from film_shelf import everything_in, raising

from disk_files import (
    Changed,
    Seen,
    Unfit,
    files_below,
    look_at,
    move_file,
    remove_empty_folders,
    remove_file,
)
from errors import PlaceUnavailable

ODD_NAMES = ("two\nlines", "\udcff\udcfe.mkv", "-rf", "*", " ", "a" * 255, "é" * 127, "...")


@pytest.fixture
def films(tmp_path: Path) -> Path:
    return a_film(tmp_path)


@pytest.fixture
def trash(tmp_path: Path) -> Path:
    (tmp_path / "trash").mkdir()
    return tmp_path / "trash"


# --- looking


def test_a_file_is_seen_as_it_lies_there(films: Path) -> None:
    os.link(films.joinpath(*FILM), films / "second")
    found, status = seen(films), films.joinpath(*FILM).stat()
    assert found == Seen(
        films, FILM, len(CONTENT), 1_700_000_000 * 10**9, status.st_dev, status.st_ino, links=2
    )
    assert found.path == films.joinpath(*FILM)


def test_what_is_not_there_is_missing(films: Path) -> None:
    for path in (films / "gone.mkv", films / "gone" / "gone.mkv"):
        assert unfit(path, films) == Unfit(path, "is not there", missing=True)


def test_a_directory_that_is_not_there_says_nothing_about_its_files(tmp_path: Path) -> None:
    found = unfit(tmp_path / "unmounted" / "heat.mkv", tmp_path / "unmounted")
    assert not found.missing
    assert "unmounted, which is missing or cannot be opened" in found.why


def test_a_path_of_other_places_is_refused(films: Path, tmp_path: Path) -> None:
    put(tmp_path / "films2" / "heat.mkv")
    put(tmp_path / "heat.mkv")
    paths = (
        tmp_path / "heat.mkv",
        tmp_path / "films2" / "heat.mkv",
        films / ".." / "heat.mkv",
        films / FILM[0] / ".." / FILM[0] / FILM[1],
        Path(*FILM),
        Path("/", *FILM),
    )
    for path in paths:
        assert unfit(path, films, Path("films"), Path()).why == "lies outside of the configured directories"
    assert unfit(films.joinpath(*FILM)).why == "lies outside of the configured directories"


def test_a_directory_itself_is_no_file(films: Path, tmp_path: Path) -> None:
    assert "itself" in unfit(films, films).why
    assert "itself" in unfit(films, films, tmp_path).why


@pytest.mark.parametrize("name", ["nul\0", "\ud800"])
def test_a_name_that_cannot_be_is_refused(films: Path, name: str) -> None:
    for path in (films / name, films / name / "heat.mkv"):
        assert unfit(path, films) == Unfit(path, "is a path that no file can have")


def test_a_name_too_long_for_the_disk_is_not_called_missing(films: Path) -> None:
    found = unfit(films / ("a" * 256), films)
    assert found.why.startswith("cannot be looked at (")
    assert not found.missing


def test_the_deepest_directory_counts(films: Path, tmp_path: Path) -> None:
    put(tmp_path / "elsewhere" / "heat.mkv")
    (films / "linked").symlink_to(tmp_path / "elsewhere")
    path = films / "linked" / "heat.mkv"
    assert "symbolic link" in unfit(path, films).why
    found = look_at(path, [tmp_path, films / "linked", films])
    assert isinstance(found, Seen)
    assert (found.root, found.parts) == (films / "linked", ("heat.mkv",))


def test_a_directory_that_is_a_link_itself_is_used(films: Path, trash: Path, tmp_path: Path) -> None:
    (tmp_path / "chosen").symlink_to(films)
    found = seen(tmp_path / "chosen")
    moved = move_file(found, trash, FILM)
    assert remove_empty_folders(tmp_path / "chosen", FILM[:1]) == ()
    assert remove_file(moved)
    assert (tmp_path / "chosen").is_symlink()
    assert everything_in(films) == {}


@pytest.mark.parametrize("kind", SOMETHING_ELSE)
def test_only_a_file_is_fit(films: Path, kind: str) -> None:
    path = films / FILM[0] / "other.mkv"
    SOMETHING_ELSE[kind](path)
    found = unfit(path, films)
    assert not found.missing
    assert ("symbolic link" in found.why) == kind.startswith("link")


def test_what_is_below_a_link_or_a_file_is_refused(films: Path) -> None:
    (films / "link").symlink_to(FILM[0])
    (films / "loop").symlink_to("loop")
    link, loop, file = (films / name / "x" for name in ("link", "loop", "/".join(FILM)))
    assert (
        unfit(link, films).why == f"lies below {link.parent}, which is a symbolic link, and none is followed"
    )
    assert (
        unfit(loop, films).why == f"lies below {loop.parent}, which is a symbolic link, and none is followed"
    )
    assert unfit(file, films) == Unfit(file, f"lies below {file.parent}, which is a file, and no folder")


@pytest.mark.skipif(os.geteuid() == 0, reason="modes do not stop root")
def test_what_cannot_be_looked_at_is_not_called_missing(films: Path) -> None:
    found = seen(films)
    (films / FILM[0]).chmod(0)
    try:
        assert unfit(found.path, films) == Unfit(found.path, "cannot be looked at (Permission denied)")
        with pytest.raises(PlaceUnavailable, match="Permission denied"):
            remove_file(found)
        assert [entry.path for entry in files_below(films, ()) if isinstance(entry, Unfit)] == [
            films / FILM[0]
        ]
    finally:
        (films / FILM[0]).chmod(0o700)


def test_a_disk_that_answers_with_an_error_is_not_called_empty(
    films: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = seen(films)
    monkeypatch.setattr("os.stat", raising(errno.EIO))
    assert unfit(found.path, films) == Unfit(found.path, f"cannot be looked at ({os.strerror(errno.EIO)})")
    with pytest.raises(PlaceUnavailable, match=r"heat\.mkv cannot be removed \(Input/output error\)\. Mount"):
        remove_file(found)


@pytest.mark.parametrize("name", ODD_NAMES)
def test_an_odd_name_is_as_good_as_another(films: Path, trash: Path, name: str) -> None:
    put(films / name / name)
    assert [entry.path for entry in files_below(films, [name])] == [films / name / name]
    moved = move_file(seen(films, name, name), trash, (name, name))
    assert everything_in(trash) == {name: None, f"{name}/{name}": CONTENT}
    assert remove_empty_folders(films, [name]) == ()
    assert remove_file(moved)
    assert remove_empty_folders(trash, [name]) == ()
    assert set(everything_in(films)) == {FILM[0], "/".join(FILM)}


# --- all below a folder


def test_everything_below_a_folder_is_told_in_order(films: Path, trash: Path) -> None:
    for name in ("b/z", "b/a", "b.txt", "a/b/c"):
        put(trash / "1" / name)
    (trash / "1" / "empty").mkdir()
    (trash / "1" / "b" / "link").symlink_to(films)
    os.mkfifo(trash / "1" / "fifo")
    entries = files_below(trash, ["1"])
    told = [(str(entry.path.relative_to(trash / "1")), isinstance(entry, Seen)) for entry in entries]
    assert told == [
        ("a/b/c", True),
        ("b/a", True),
        ("b/link", False),
        ("b/z", True),
        ("b.txt", True),
        ("fifo", False),
    ]


def test_a_folder_that_is_gone_holds_nothing(trash: Path) -> None:
    assert files_below(trash, ["gone"]) == files_below(trash, ["gone", "too"]) == []
    assert files_below(trash, []) == []


def test_a_folder_that_is_a_link_is_told_and_not_read(films: Path, trash: Path) -> None:
    (trash / "1").symlink_to(films)
    assert files_below(trash, ["1"]) == [Unfit(trash / "1", "is a symbolic link, and none is followed")]
    (below,) = files_below(trash, ["1", FILM[0]])
    assert isinstance(below, Unfit)


def test_below_a_directory_that_is_gone_nothing_is_said_to_be_empty(tmp_path: Path) -> None:
    (entry,) = files_below(tmp_path / "unmounted", ["1"])
    assert isinstance(entry, Unfit)
    assert not entry.missing


def test_no_listing_leads_upwards(films: Path, trash: Path) -> None:
    for parts in ([".."], ["..", films.name], [f"../{films.name}"], [""], [str(films)], ["\ud800"]):
        (entry,) = files_below(trash, parts)
        assert isinstance(entry, Unfit)
        assert "can be called" in entry.why


def test_many_files_go_one_by_one(trash: Path) -> None:
    for number in range(5000):
        put(trash / "1" / f"{number % 50}" / f"{number}")
    entries = files_below(trash, ["1"])
    assert len(entries) == 5000
    assert all(isinstance(entry, Seen) and remove_file(entry) for entry in entries)
    for number in range(50):
        left = remove_empty_folders(trash, ["1", str(number)])
    assert left == ()
    assert everything_in(trash) == {}


def test_folders_in_folders_are_walked_at_any_depth(tmp_path: Path) -> None:
    deep = tmp_path / "deep"
    deep.mkdir()
    names = ["d" * 100] * 150  # longer than any path that the system takes
    folder = os.open(deep, os.O_RDONLY)
    for name in names:
        os.mkdir(name, dir_fd=folder)
        inner = os.open(name, os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = inner
    os.close(os.open("film", os.O_CREAT | os.O_WRONLY, dir_fd=folder))
    os.close(folder)
    (entry,) = files_below(deep, [])
    assert isinstance(entry, Seen)
    assert remove_file(entry)
    assert remove_empty_folders(deep, names) == ()
    assert everything_in(deep) == {}


# --- removing


def test_the_file_that_was_seen_goes_and_only_it(films: Path) -> None:
    put(films / FILM[0] / "heat.srt")
    assert remove_file(seen(films))
    assert everything_in(films) == {FILM[0]: None, f"{FILM[0]}/heat.srt": CONTENT}


def test_a_further_link_neither_stops_it_nor_goes_with_it(films: Path, tmp_path: Path) -> None:
    found = seen(films)
    os.link(found.path, tmp_path / "kept")
    assert remove_file(found)
    assert (tmp_path / "kept").read_bytes() == CONTENT


def test_a_file_that_is_gone_is_no_trouble(films: Path) -> None:
    found = seen(films)
    assert remove_file(found)
    assert not remove_file(found)
    found.path.parent.rmdir()
    assert not remove_file(found)


@pytest.mark.parametrize("swap", SWAPS)
def test_what_came_in_its_place_since_stays(films: Path, trash: Path, tmp_path: Path, swap: str) -> None:
    found = seen(films)
    SWAPS[swap](found.path)
    before = everything_in(tmp_path)
    with pytest.raises(Changed, match=r"was left as it is.*`python main\.py --cleanup`") as removing:
        remove_file(found)
    with pytest.raises(Changed) as moving:
        move_file(found, trash, ("1", *FILM))
    assert everything_in(tmp_path) == before
    assert {removing.value.path, moving.value.path} <= {found.path, found.path.parent}


def test_a_link_to_the_directory_that_was_turned_elsewhere_takes_nothing(
    films: Path, trash: Path, tmp_path: Path
) -> None:
    (tmp_path / "chosen").symlink_to(films)
    found = seen(tmp_path / "chosen")
    put(tmp_path.joinpath("other", *FILM))
    (tmp_path / "chosen").unlink()
    (tmp_path / "chosen").symlink_to("other")
    before = everything_in(tmp_path)
    with pytest.raises(Changed):
        remove_file(found)
    with pytest.raises(Changed):
        move_file(found, trash, FILM)
    assert everything_in(tmp_path) == before


def test_a_directory_that_went_away_is_said(films: Path, trash: Path, tmp_path: Path) -> None:
    found = seen(films)
    films.rename(tmp_path / "unmounted")
    acts: tuple[Callable[[], object], ...] = (
        lambda: remove_file(found),
        lambda: move_file(found, trash, FILM),
        lambda: remove_empty_folders(films, FILM[:1]),
    )
    for act in acts:
        with pytest.raises(PlaceUnavailable, match=r"films is missing or cannot be opened .* Mount its disk"):
            act()


NO_WAYS = (("..", "x"), ("a/../../x",), ("/x",), ("",), (".",), ("x", ".."), ("nul\0",), ("\ud800",))


@pytest.mark.parametrize("parts", [(), *NO_WAYS])
def test_names_that_lead_elsewhere_are_refused(
    films: Path, trash: Path, tmp_path: Path, parts: tuple[str, ...]
) -> None:
    found = seen(films)
    before = everything_in(tmp_path)
    acts: tuple[Callable[[], object], ...] = (
        lambda: remove_file(replace(found, parts=parts)),
        lambda: move_file(replace(found, parts=parts), trash, FILM),
        lambda: move_file(found, trash, parts),
    )
    for act in acts:
        with pytest.raises(PlaceUnavailable, match="can be called"):
            act()
    assert everything_in(tmp_path) == before


@pytest.mark.parametrize("parts", NO_WAYS)
def test_no_folder_goes_by_names_that_lead_elsewhere(films: Path, parts: tuple[str, ...]) -> None:
    with pytest.raises(PlaceUnavailable, match="can be called"):
        remove_empty_folders(films, parts)


# --- folders


def test_empty_folders_go_up_to_the_directory(films: Path) -> None:
    (films / "a" / "b" / "c").mkdir(parents=True)
    assert remove_empty_folders(films, ("a", "b", "c")) == ()
    assert set(everything_in(films)) == {FILM[0], "/".join(FILM)}
    remove_file(seen(films))
    assert remove_empty_folders(films, FILM[:1]) == ()
    assert remove_empty_folders(films, FILM[:1]) == remove_empty_folders(films, ()) == ()
    assert films.is_dir()


def test_a_folder_with_anything_in_it_stays_and_tells_what(films: Path) -> None:
    (films / "a" / "b").mkdir(parents=True)
    for name in ("z", "y\n", ".hidden"):
        put(films / "a" / name)
    (films / "a" / "inner").mkdir()
    (films / "a" / "dangling").symlink_to("nothing")
    assert remove_empty_folders(films, ("a", "b")) == (".hidden", "dangling", "inner", "y\n", "z")
    assert remove_empty_folders(films, ("a", "gone", "too")) == (".hidden", "dangling", "inner", "y\n", "z")


def test_no_folder_goes_by_way_of_a_link(films: Path, tmp_path: Path) -> None:
    (tmp_path / "outside" / "empty").mkdir(parents=True)
    (films / "a").mkdir()
    (films / "a" / "link").symlink_to(tmp_path / "outside")
    assert remove_empty_folders(films, ("a", "link", "empty")) == ("link",)
    assert remove_empty_folders(films, ("a", "link")) == ("link",)
    (films / "link").symlink_to(tmp_path / "outside")
    assert remove_empty_folders(films, ("link", "empty")) == ("link",)
    assert (tmp_path / "outside" / "empty").is_dir()


def test_a_file_in_place_of_a_folder_stays(films: Path) -> None:
    put(films / "a")
    assert remove_empty_folders(films, ("a", "b")) == remove_empty_folders(films, ("a",)) == ("a",)
    assert (films / "a").is_file()


def test_a_folder_that_cannot_be_removed_is_said(films: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (films / "a").mkdir()
    monkeypatch.setattr("os.rmdir", raising(errno.EROFS))
    with pytest.raises(PlaceUnavailable, match=r"films/a cannot be removed .* Mount its disk writable"):
        remove_empty_folders(films, ("a",))


def test_a_folder_that_a_disk_is_mounted_on_stays(films: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (films / "mounted").mkdir()
    put(films / "filled" / "film")
    monkeypatch.setattr("os.rmdir", raising(errno.EBUSY))
    assert remove_empty_folders(films, ("mounted",)) == ()
    assert remove_empty_folders(films, ("filled",)) == ("film",)
    assert (films / "mounted").is_dir()
