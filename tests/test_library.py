import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support import Clock

from errors import PlaceUnavailable
from library import KEPT_FOR, Entry, Library, film_entries, find_entry
from movie import Movie

MATRIX = Movie(title="The Matrix", year=1999, imdb_id="tt0133093")
NOBODY = 65534


def put(root: Path, *names: str) -> Path:
    """Create files below `root`; a name that ends with a slash is an empty folder."""
    for name in names:
        path = root / name
        if name.endswith("/"):
            path.mkdir(parents=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"film")
    return root


def names_in(root: Path) -> set[str]:
    return {entry.name for entry in film_entries(root)}


def has(root: Path, movie: Movie, *, name_proves: bool = True) -> bool:
    return find_entry(movie, film_entries(root), name_proves=name_proves) is not None


@contextmanager
def as_nobody() -> Iterator[None]:
    """Without root's right to read everything, where the tests run as root."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


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


# --- what counts as the film


@pytest.mark.parametrize(
    "name",
    [
        "The Matrix (1999)/The Matrix (1999) Bluray-1080p.mkv",
        "The Matrix (1999) {imdb-tt0133093}/film.mkv",
        "The Matrix (1999) {tmdb-603}/The Matrix (1999) {tmdb-603} - 4K.mkv",
        "The Matrix (1999) [imdbid-tt0133093]/film.mp4",
        "The Matrix (1999) [imdb-tt0133093]/film.avi",
        "The Matrix - tt0133093/film.mkv",
        "Matrix, The (1999)/film.mkv",
        "The.Matrix.1999.1080p.BluRay.x264-GRP/the.matrix.mkv",
        "The.Matrix.1999.2160p.UHD.BluRay.REMUX.HEVC.mkv",
        "The Matrix.mkv",
        "the matrix (1999).MKV",
        "Collection/The Matrix (1999)/film.mkv",
        "Collection/Wachowskis/The Matrix (1999).iso",
        "Odd Name/tt0133093.mkv",
        "The Matrix (1999)/VIDEO_TS/VTS_01_1.VOB",
        "The Matrix (1999)/BDMV/STREAM/00001.m2ts",
        "The Matrix (1999)/CD1/matrix.avi",
        "The.Matrix.1999.1080p.mkv/film.mkv",
    ],
)
def test_a_film_is_found_under_the_names_people_and_programs_give(tmp_path: Path, name: str) -> None:
    assert has(put(tmp_path, name), MATRIX)


@pytest.mark.parametrize(
    ("title", "year", "name"),
    [
        ("Face/Off", 1997, "Face+Off (1997)/film.mkv"),
        ("Mission: Impossible", 1996, "Mission - Impossible (1996)/film.mkv"),
        ("Amélie", 2001, "Amelie (2001)/film.mkv"),
        ("The Big Short", 2015, "The Big Short (2015)/The Big Short.mkv"),
        ("The Interview", 2014, "The Interview (2014)/The Interview.mkv"),
        ("Open Season 2", 2008, "Open Season 2 (2008)/film.mkv"),
        ("Other", 2025, "Other (2025)/film.mkv"),
    ],
)
def test_a_film_with_a_tricky_title_is_found(tmp_path: Path, title: str, year: int, name: str) -> None:
    assert has(put(tmp_path, name), Movie(title=title, year=year))


@pytest.mark.parametrize(
    "name",
    [
        "The Matrix (1999)/",
        "The Matrix (1999)/The Matrix (1999).nfo",
        "The Matrix (1999)/The Matrix (1999).mkv.part",
        "The Matrix (1999)/The Matrix (1999).mkv.!qB",
        "The.Matrix.1999.mkv.!qB",
        "The Matrix (1999)/The Matrix (1999)-trailer.mkv",
        "The Matrix (1999)/trailer.mp4",
        "The Matrix (1999)/Sample/matrix.mkv",
        "The Matrix (1999)/sample.mkv",
        "The Matrix (1999)/sample-the.matrix.1999.mkv",
        "The.Matrix.1999.1080p-GRP-sample.mkv",
        "The Matrix (1999)/Trailers/The Matrix (1999).mkv",
        "The Matrix (1999)/Behind The Scenes/The Matrix (1999).mkv",
        "The Matrix (1999)/featurettes/The Matrix.mkv",
        "The Matrix (1999)-featurette.mkv",
        "The Matrix (1999)/.hidden.mkv",
        ".movie_sync_trash/The Matrix (1999)/film.mkv",
        "lost+found/The Matrix (1999).mkv",
        "#recycle/The Matrix (1999)/film.mkv",
        "$RECYCLE.BIN/The Matrix (1999).mkv",
        "@eaDir/The Matrix (1999).mkv",
        "The Matrix (1999)/The Matrix S01E01.mkv",
        "The.Matrix.1999.S01E02.1080p.mkv",
        "The.Matrix.1999.S01.1080p/episode.mkv",
        "The Matrix (1999)/Season 01/The Matrix (1999).mkv",
    ],
)
def test_what_is_not_the_film_itself_does_not_count(tmp_path: Path, name: str) -> None:
    assert not has(put(tmp_path, name), MATRIX)


@pytest.mark.parametrize(
    "name",
    [
        "The Matrix (2021)/film.mkv",
        "The Matrix Reloaded (2003)/film.mkv",
        "The Matrix 2 (1999)/film.mkv",
        "The Animatrix (2003)/film.mkv",
        "The Matrix Revisited (1999)/film.mkv",
        "Matrix of Evil (1999)/film.mkv",
    ],
)
def test_sequels_and_namesakes_are_other_films(tmp_path: Path, name: str) -> None:
    assert not has(put(tmp_path, name), MATRIX)


def test_a_file_without_a_year_is_of_the_year_of_its_folder(tmp_path: Path) -> None:
    root = put(tmp_path, "Dune (1984)/Dune.mkv")
    assert has(root, Movie(title="Dune", year=1984))
    assert not has(root, Movie(title="Dune", year=2021))


def test_a_file_in_a_folder_of_another_title_speaks_for_itself(tmp_path: Path) -> None:
    assert has(put(tmp_path, "Films of 2019/Joker.mkv"), Movie(title="Joker", year=2019))


def test_the_folder_of_a_collection_is_not_its_films(tmp_path: Path) -> None:
    root = put(tmp_path, "Films/Alien (1979).mkv", "Films/Aliens (1986).mkv")
    assert {"Films", "Alien (1979)", "Aliens (1986)"} == names_in(root)
    assert not has(root, Movie(title="Alien 3", year=1992))


# --- ids


def test_an_id_in_a_name_proves_a_film_under_any_title(tmp_path: Path) -> None:
    assert has(put(tmp_path, "Matrica (1998) {imdb-tt133093}/film.mkv"), MATRIX)


@pytest.mark.parametrize(
    "name",
    [
        "The Matrix (1999) {imdb-tt9999999}/film.mkv",
        "The Matrix (1999) {imdb-tt9999999}/The Matrix (1999).mkv",
        "The Matrix (1999) {imdb-tt9999999}/The Matrix.mkv",
        "The.Matrix.1999.tt9999999.mkv",
    ],
)
def test_another_id_in_a_name_disproves_a_film_of_that_title(tmp_path: Path, name: str) -> None:
    assert not has(put(tmp_path, name), MATRIX)


def test_an_id_in_a_name_disproves_nothing_of_a_film_without_one(tmp_path: Path) -> None:
    root = put(tmp_path, "The Matrix (1999) {imdb-tt0133093}/film.mkv")
    assert has(root, Movie(title="The Matrix", year=1999))


def test_where_two_films_share_title_and_year_only_an_id_proves(tmp_path: Path) -> None:
    root = put(tmp_path, "The Matrix (1999)/film.mkv")
    assert not has(root, MATRIX, name_proves=False)
    put(root, "Matrix {imdb-tt0133093}/film.mkv")
    assert has(root, MATRIX, name_proves=False)


def test_a_proof_by_id_is_preferred_to_one_by_name() -> None:
    entries = [Entry("The Matrix (1999)", "a"), Entry("Matrix {imdb-tt0133093}", "b")]
    found = find_entry(MATRIX, entries)
    assert found is not None
    assert found.where == "b"


def test_a_torrent_of_a_series_is_no_film() -> None:
    assert find_entry(MATRIX, [Entry("The.Matrix.1999.S01.1080p.WEB-DL", "qBittorrent")]) is None


def test_an_entry_tells_where_it_lies(tmp_path: Path) -> None:
    put(tmp_path, "Heat (1995)/heat.mkv")
    assert Entry("Heat (1995)", str(tmp_path / "Heat (1995)")) in tuple(film_entries(tmp_path))


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


def test_a_folder_in_the_films_own_language_is_that_film() -> None:
    movie = Movie(title="Silver Lake", original_title="Lacul de Argint", year=2014)
    assert find_entry(movie, [Entry("Lacul de Argint (2014)", "there")]) is not None
    assert find_entry(movie, [Entry("Lacul Rosu (2014)", "there")]) is None
