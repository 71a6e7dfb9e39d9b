"""The library as a whole: several directories, how often they are looked at, and what is known besides."""

import json
import threading
from pathlib import Path

import pytest
from library_tree import put
from support import Clock

from errors import PlaceUnavailable
from library import KEPT_FOR, Entries, Entry, Library, find_wanted
from movie import FilmFacts, Movie
from places import FilledPlaces
from queue_manager import QueueManager

# --- how often it is read


def test_the_directories_are_read_again_only_after_a_while(tmp_path: Path) -> None:
    clock = Clock()
    library = Library([tmp_path], clock)
    assert library.entries() == ()
    put(tmp_path, "Heat (1995).mkv")
    clock.time += KEPT_FOR
    assert library.entries() == ()
    clock.time += 1
    assert [entry.name for entry in library.entries()] == ["Heat (1995)"]


def test_several_directories_are_one_library(tmp_path: Path) -> None:
    put(tmp_path, "a/Heat (1995).mkv", "b/Ronin (1998).mkv")
    library = Library([tmp_path / "a", tmp_path / "b"])
    assert [entry.name for entry in library.entries()] == ["Heat (1995)", "Ronin (1998)"]


def test_a_directory_that_comes_back_is_read_at_once(tmp_path: Path) -> None:
    library = Library([tmp_path / "disk"])
    with pytest.raises(PlaceUnavailable):
        library.entries()
    put(tmp_path, "disk/Heat (1995).mkv")
    assert [entry.name for entry in library.entries()] == ["Heat (1995)"]


def test_one_missing_directory_makes_the_whole_library_unknown(tmp_path: Path) -> None:
    with pytest.raises(PlaceUnavailable):
        Library([tmp_path, tmp_path / "gone"]).entries()


def test_what_lies_in_two_of_the_directories_is_there_once(tmp_path: Path) -> None:
    put(tmp_path, "films/Heat (1995).mkv")
    library = Library([tmp_path, tmp_path / "films"])
    assert [entry.name for entry in library.entries()] == ["Heat (1995)"]


def test_several_threads_get_the_same_entries_and_read_once(tmp_path: Path) -> None:
    put(tmp_path, *(f"Film {number} ({1950 + number})/film.mkv" for number in range(50)))
    library, got = Library([tmp_path]), []
    threads = [threading.Thread(target=lambda: got.append(library.entries())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 8
    assert all(entries is got[0] for entries in got)
    assert library.listings == 51


# --- a disk that is not mounted


def test_a_directory_that_became_empty_is_unknown_until_the_user_says_otherwise(tmp_path: Path) -> None:
    films = put(tmp_path, "films/Heat (1995).mkv") / "films"
    assert len(Library([films], filled=FilledPlaces(tmp_path / "state")).entries()) == 1
    (films / "Heat (1995).mkv").unlink()
    library = Library([films], filled=FilledPlaces(tmp_path / "state"))
    with pytest.raises(PlaceUnavailable, match=r"empty and was not before.*touch .*\.movie_sync"):
        library.entries()
    (films / ".movie_sync").touch()
    assert library.entries() == ()


def test_a_directory_that_was_always_empty_is_empty(tmp_path: Path) -> None:
    films = put(tmp_path, "films/") / "films"
    library = Library([films], filled=FilledPlaces(tmp_path / "state"))
    assert library.entries() == ()
    assert not (tmp_path / "state").exists()


def test_filled_directories_are_remembered_once_each(tmp_path: Path) -> None:
    clock = Clock()
    put(tmp_path, "a/Heat (1995).mkv", "b/Ronin (1998).mkv")
    library = Library([tmp_path / "a", tmp_path / "b"], clock, filled=FilledPlaces(tmp_path / "state"))
    library.entries()
    written = (tmp_path / "state" / "library.json").stat()
    clock.time += KEPT_FOR + 1
    library.entries()
    assert (tmp_path / "state" / "library.json").stat().st_mtime_ns == written.st_mtime_ns
    known = json.loads((tmp_path / "state" / "library.json").read_text())
    assert known == [str(tmp_path / "a"), str(tmp_path / "b")]


# --- in view of the other films


@pytest.fixture
def queue(tmp_path: Path) -> QueueManager:
    return QueueManager(tmp_path / "state")


FROST = Movie(title="Jack Frost", year=1998, film_id="2")
LYING = Entries([Entry("Jack Frost (1997)", "a"), Entry("Jack Frost", "b")])


def test_the_year_before_may_be_meant(queue: QueueManager) -> None:
    assert find_wanted(FROST, queue, LYING) is LYING[0]


@pytest.mark.parametrize("year", [1997, 1999, None])
def test_not_where_a_film_of_that_year_is_known(queue: QueueManager, year: int | None) -> None:
    queue.add_to_pending(Movie(title="Jack Frost", year=year, film_id="1"))
    assert find_wanted(FROST, queue, LYING) is None


def test_of_two_films_of_one_title_and_year_a_name_proves_none(queue: QueueManager) -> None:
    queue.add_to_pending(Movie(title="Jack Frost", year=1998, film_id="1"))
    entries = [Entry("Jack Frost (1998)", "a"), Entry("Frost {imdb-tt0141109}", "b")]
    assert find_wanted(FROST, queue, entries[:1]) is None
    facts = FilmFacts(title="Jack Frost", year=1998, imdb_id="tt0141109")
    assert find_wanted(FROST, queue, entries, facts=facts) is entries[1]


def test_the_film_itself_is_no_namesake(queue: QueueManager) -> None:
    queue.add_to_pending(FROST)
    assert find_wanted(FROST, queue, LYING) is LYING[0]
