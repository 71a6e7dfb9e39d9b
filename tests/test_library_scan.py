"""Directories read, and read again: links, what cannot be read, and what changed meanwhile."""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from library_tree import as_nobody, has, names_in, put
from support import Clock

from errors import PlaceUnavailable
from library import KEPT_FOR, WHOLE_AFTER, Library, film_entries
from library_scan import SETTLED_AFTER
from movie import Movie

MATRIX = Movie(title="The Matrix", year=1999, imdb_id="tt0133093")


@pytest.fixture
def open_place() -> Iterator[Path]:
    """A folder that any user may look into, unlike pytest's own."""
    root = Path(tempfile.mkdtemp())
    root.chmod(0o755)
    yield root
    root.chmod(0o700)
    for path in root.rglob("*"):
        path.chmod(0o700)
    shutil.rmtree(root)


# --- links, and what cannot be read


def test_a_linked_film_folder_counts(tmp_path: Path) -> None:
    put(tmp_path, "store/film.mkv")
    (tmp_path / "place").mkdir()
    (tmp_path / "place" / "The Matrix (1999)").symlink_to(tmp_path / "store")
    assert has(tmp_path / "place", MATRIX)


def test_a_link_to_nowhere_is_no_film(tmp_path: Path) -> None:
    (tmp_path / "The Matrix (1999).mkv").symlink_to(tmp_path / "gone.mkv")
    (tmp_path / "The Matrix (1999)").symlink_to(tmp_path / "gone")
    assert not has(tmp_path, MATRIX)


def test_links_in_a_circle_come_to_an_end(tmp_path: Path) -> None:
    put(tmp_path, "Heat (1995)/heat.mkv")
    (tmp_path / "Heat (1995)" / "round").symlink_to(tmp_path)
    (tmp_path / "self").symlink_to("self")
    assert "Heat (1995)" in names_in(tmp_path)


def test_a_missing_directory_is_not_an_empty_one(tmp_path: Path) -> None:
    with pytest.raises(PlaceUnavailable, match=r"gone cannot be read .*mount it"):
        film_entries(tmp_path / "gone")


def test_a_file_in_place_of_the_directory_is_not_an_empty_one(tmp_path: Path) -> None:
    with pytest.raises(PlaceUnavailable, match="Not a directory"):
        film_entries(put(tmp_path, "file") / "file")


def test_an_unreadable_directory_is_not_an_empty_one(open_place: Path) -> None:
    open_place.chmod(0o300)
    with as_nobody(), pytest.raises(PlaceUnavailable, match="Permission denied"):
        film_entries(open_place)


def test_an_unreadable_folder_in_it_is_taken_for_what_its_name_says(open_place: Path) -> None:
    put(open_place, "The Matrix (1999)/film.mkv")
    (open_place / "The Matrix (1999)").chmod(0)
    with as_nobody():
        assert has(open_place, MATRIX)


def test_an_unreadable_folder_of_the_system_is_passed_over(open_place: Path) -> None:
    put(open_place, "lost+found/", "Heat (1995).mkv")
    (open_place / "lost+found").chmod(0)
    with as_nobody():
        assert names_in(open_place) == {"Heat (1995)"}


def test_names_that_are_no_text_do_not_stop_the_reading(tmp_path: Path) -> None:
    (tmp_path / b"caf\xe9 (1999).mkv".decode("utf-8", "surrogateescape")).write_bytes(b"film")
    put(tmp_path, "Heat (1995).mkv")
    assert "Heat (1995)" in names_in(tmp_path)
    assert not has(tmp_path, MATRIX)


def test_an_unreadable_folder_that_may_hold_any_film_makes_the_directory_unknown(open_place: Path) -> None:
    put(open_place, "Films/Heat (1995).mkv")
    (open_place / "Films").chmod(0)
    with as_nobody(), pytest.raises(PlaceUnavailable, match=r"/Films cannot be read .Permission denied."):
        film_entries(open_place)


def test_an_unreadable_folder_in_a_films_folder_hides_no_other_film(open_place: Path) -> None:
    put(open_place, "Heat (1995)/heat.mkv", "Heat (1995)/pictures/")
    (open_place / "Heat (1995)" / "pictures").chmod(0)
    with as_nobody():
        assert names_in(open_place) == {"Heat (1995)"}


def test_a_folder_that_is_left_out_is_not_looked_into(tmp_path: Path) -> None:
    put(tmp_path, "Heat (1995)/heat.mkv", "gone/Ronin (1998)/ronin.mkv")
    library = Library([tmp_path], leave_out=[tmp_path / "gone"])
    assert [entry.name for entry in library.entries()] == ["Heat (1995)"]


def test_a_pipe_called_like_a_film_or_an_nfo_is_neither(tmp_path: Path) -> None:
    put(tmp_path, "Heat (1995)/heat.mkv")
    os.mkfifo(tmp_path / "Heat (1995)" / "movie.nfo")
    os.mkfifo(tmp_path / "Ronin (1998).mkv")
    assert names_in(tmp_path) == {"Heat (1995)"}


# --- what is read again


class Shelf:
    """A library whose clock is moved by hand. With `settled` everything on the disk was written long ago."""

    def __init__(self, root: Path, *, settled: bool = True) -> None:
        self.root = root
        self.clock = Clock()
        ahead = 10 * SETTLED_AFTER if settled else 0.0
        self.library = Library([root], self.clock, lambda: time.time() + ahead)

    def look(self, *, after: float = KEPT_FOR + 1) -> tuple[set[str], int]:
        """The names there, and how many folders were read for it."""
        self.clock.time += after
        before = self.library.listings
        names = {entry.name for entry in self.library.entries()}
        return names, self.library.listings - before


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return put(tmp_path, "Action/Heat (1995)/heat.mkv", "Action/Ronin (1998)/ronin.mkv", "Drama/")


def test_unchanged_folders_are_not_read_again(root: Path) -> None:
    shelf = Shelf(root)
    assert shelf.look() == ({"Heat (1995)", "Ronin (1998)"}, 5)
    assert shelf.look() == ({"Heat (1995)", "Ronin (1998)"}, 0)


def test_while_nothing_changes_the_entries_stay_the_same_object(root: Path) -> None:
    shelf = Shelf(root)
    shelf.look()
    before = shelf.library.entries()
    shelf.look()
    assert shelf.library.entries() is before


@pytest.mark.parametrize("place", ["", "Drama", "Action/Heat (1995)"])
def test_a_file_that_comes_into_any_folder_is_noticed_by_reading_that_folder_alone(
    root: Path, place: str
) -> None:
    shelf = Shelf(root)
    shelf.look()
    put(root / place, "Alien (1979).mkv")
    assert shelf.look() == ({"Heat (1995)", "Ronin (1998)", "Alien (1979)"}, 1)


def test_a_folder_that_goes_is_noticed(root: Path) -> None:
    shelf = Shelf(root)
    shelf.look()
    shutil.rmtree(root / "Action" / "Heat (1995)")
    assert shelf.look()[0] == {"Ronin (1998)"}


def test_a_folder_that_was_renamed_is_noticed(root: Path) -> None:
    shelf = Shelf(root)
    shelf.look()
    (root / "Action" / "Heat (1995)").rename(root / "Action" / "Alien (1979)")
    assert shelf.look()[0] == {"Alien (1979)", "Ronin (1998)"}


def test_a_folder_put_in_place_of_another_is_noticed(root: Path) -> None:
    shelf = Shelf(root)
    shelf.look()
    (root / "Drama").rmdir()
    (root / "Action").rename(root / "Drama")
    put(root, "Action/Alien (1979).mkv")
    assert shelf.look()[0] == {"Alien (1979)", "Heat (1995)", "Ronin (1998)"}


def test_a_folder_changed_just_now_is_read_again_as_its_time_may_not_tell_of_the_next_change(
    root: Path,
) -> None:
    shelf = Shelf(root, settled=False)
    assert [shelf.look()[1] for _ in range(3)] == [5, 5, 5]


def test_times_that_were_set_back_do_not_hide_a_change(root: Path) -> None:
    shelf = Shelf(root)
    shelf.look()
    before = (root / "Drama").stat()
    put(root, "Drama/Alien (1979).mkv")
    os.utime(root / "Drama", ns=(before.st_atime_ns, before.st_mtime_ns))
    assert "Alien (1979)" in shelf.look()[0]


def test_an_empty_file_that_fills_is_noticed_though_no_folder_changes(root: Path) -> None:
    (root / "Drama" / "Alien (1979).mkv").write_bytes(b"")
    shelf = Shelf(root)
    assert "Alien (1979)" not in shelf.look()[0]
    (root / "Drama" / "Alien (1979).mkv").write_bytes(b"film")
    assert "Alien (1979)" in shelf.look()[0]


def test_after_an_hour_everything_is_read_again(root: Path) -> None:
    shelf = Shelf(root)
    shelf.look()
    (root / "Drama" / "Alien (1979).mkv").touch()
    assert shelf.look(after=WHOLE_AFTER + 1) == ({"Heat (1995)", "Ronin (1998)"}, 5)


def test_a_folder_that_becomes_unreadable_is_unknown_and_comes_back(open_place: Path) -> None:
    put(open_place, "Films/Heat (1995).mkv")
    shelf = Shelf(open_place)
    with as_nobody():
        assert shelf.look()[0] == {"Heat (1995)"}
    (open_place / "Films").chmod(0)
    with as_nobody(), pytest.raises(PlaceUnavailable):
        shelf.look()
    (open_place / "Films").chmod(0o755)
    with as_nobody():
        assert shelf.look(after=0)[0] == {"Heat (1995)"}


def test_a_directory_that_goes_is_unknown_at_the_next_look(
    root: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    shelf = Shelf(root)
    shelf.look()
    aside = tmp_path_factory.mktemp("aside") / "disk"
    root.rename(aside)
    with pytest.raises(PlaceUnavailable):
        shelf.look()
    aside.rename(root)
    assert shelf.look(after=0)[0] == {"Heat (1995)", "Ronin (1998)"}
