"""What counts as a film on the disk, and what a folder says of the files in it."""

from pathlib import Path

import pytest
from library_tree import has, names_in, put

from library import Entry, film_entries
from movie import Movie

MATRIX = Movie(title="The Matrix", year=1999, imdb_id="tt0133093")


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
    assert names_in(root) == {"Alien (1979)", "Aliens (1986)"}
    assert not has(root, Movie(title="Alien 3", year=1992))


def test_an_entry_tells_where_it_lies(tmp_path: Path) -> None:
    put(tmp_path, "Heat (1995)/heat.mkv")
    assert Entry("Heat (1995)", str(tmp_path / "Heat (1995)")) in tuple(film_entries(tmp_path))


@pytest.mark.parametrize(
    "name",
    [
        "Heat (1995)/Director's Cut/heat.mkv",
        "Heat (1995)/1080p/heat.mkv",
        "Films/A to H/Action/Heat (1995)/heat.mkv",
        "Heat (1995)/Disc 1/BDMV/STREAM/00001.m2ts",
        "Heat/movie.mkv",
        "1995/Heat.mkv",
        "1995/Heat/heat.mkv",
    ],
)
def test_a_film_is_found_wherever_in_its_folder_the_video_lies(tmp_path: Path, name: str) -> None:
    assert has(put(tmp_path, name), Movie(title="Heat", year=1995))


@pytest.mark.parametrize(
    "files",
    [
        ["Halloween/Halloween II.mkv"],
        ["Halloween/Halloween II (1981).mkv"],
        ["Halloween/Halloween (2018).mkv"],
        ["Halloween/Halloween H20.mkv", "Halloween/Halloween Kills.mkv"],
        ["Halloween/Halloween.S01E01.mkv"],
        ["Halloween/Season 1/1.mkv", "Halloween/Halloween.mkv"],
        ["1978/other.mkv"],
        ["2018/Halloween.mkv"],
    ],
)
def test_a_shelf_named_like_a_film_is_not_that_film(tmp_path: Path, files: list[str]) -> None:
    root = put(tmp_path, *files)
    assert not has(root, Movie(title="Halloween", year=1978))
    assert not has(root, Movie(title="1978", year=2003))


def test_the_parts_of_a_film_do_not_make_its_folder_a_shelf(tmp_path: Path) -> None:
    root = put(tmp_path, "Heat/heat-cd1.avi", "Heat/heat-cd2.avi")
    assert has(root, Movie(title="Heat", year=1995))


@pytest.mark.parametrize(
    "name", ["Heat (1995)/film.mkv", "Heat (1995)/Film.mkv", "Heat/movie.mkv", "movie.mkv"]
)
def test_a_file_called_film_is_not_the_film_of_that_name(tmp_path: Path, name: str) -> None:
    root = put(tmp_path, name)
    assert not has(root, Movie(title="Film", year=1965))
    assert not has(root, Movie(title="Movie", year=1965))


def test_an_unnamed_extra_in_a_films_folder_is_no_other_film(tmp_path: Path) -> None:
    root = put(tmp_path, "Heat (1995)/heat.mkv", "Heat (1995)/Conversation.mkv")
    assert names_in(root) == {"Heat (1995)"}


def test_another_film_in_a_films_folder_is_found_by_its_year(tmp_path: Path) -> None:
    assert has(put(tmp_path, "Heat (1995)/Collateral (2004).mkv"), Movie(title="Collateral", year=2004))


def test_a_short_name_in_a_folder_is_a_shorthand_for_it(tmp_path: Path) -> None:
    root = put(tmp_path, "The Matrix Reloaded/matrix.mkv", "Beyond Thunderdome/m.mkv")
    assert names_in(root) == {"The Matrix Reloaded", "Beyond Thunderdome"}


def test_shorts_are_films_on_a_shelf_and_extras_in_a_films_folder(tmp_path: Path) -> None:
    root = put(tmp_path, "Shorts/La Jetée (1962).mkv", "Heat (1995)/Shorts/La Luna (2011).mkv")
    assert names_in(root) == {"La Jetée (1962)"}


@pytest.mark.parametrize("suffix", [".part", ".!qB", ".!ut", ".bc!", ".crdownload", ".aria2"])
def test_a_file_that_is_still_loading_does_not_count_beside_its_control_file(
    tmp_path: Path, suffix: str
) -> None:
    root = put(tmp_path, "Heat (1995)/heat.mkv", f"Heat (1995)/heat.mkv{suffix}")
    assert names_in(root) == set()


def test_an_empty_file_is_no_film(tmp_path: Path) -> None:
    put(tmp_path, "Heat (1995).mkv", "Ronin (1998)/ronin.mkv")
    (tmp_path / "Heat (1995).mkv").write_bytes(b"")
    (tmp_path / "Ronin (1998)" / "ronin.mkv").write_bytes(b"")
    assert names_in(tmp_path) == set()


def test_source_code_is_no_film(tmp_path: Path) -> None:
    put(tmp_path, "project/home.ts", "Broadcast (1987)/broadcast.ts")
    (tmp_path / "Broadcast (1987)" / "broadcast.ts").write_bytes(b"G" * (1 << 20))
    assert names_in(tmp_path) == {"Broadcast (1987)"}


# --- what an .nfo adds


def test_the_nfo_of_a_folder_tells_its_film(tmp_path: Path) -> None:
    root = put(tmp_path, "Der Pate/Der Pate.mkv")
    (tmp_path / "Der Pate" / "movie.nfo").write_text(
        "<movie><uniqueid type='imdb'>tt0068646</uniqueid></movie>"
    )
    assert has(root, Movie(title="The Godfather", year=1972, imdb_id="tt0068646"))
    assert not has(root, Movie(title="Der Pate", year=1950, imdb_id="tt0000001"))


def test_on_a_shelf_each_nfo_tells_its_own_film(tmp_path: Path) -> None:
    root = put(tmp_path, "Filme/Eins.mkv", "Filme/Zwei.mkv")
    (root / "Filme" / "Eins.nfo").write_text("https://www.imdb.com/title/tt0000011/")
    (root / "Filme" / "fremd.nfo").write_text("https://www.imdb.com/title/tt0000012/")
    assert has(root, Movie(title="One", year=1950, imdb_id="tt0000011"))
    assert not has(root, Movie(title="Two", year=1950, imdb_id="tt0000012"))


def test_an_id_in_the_name_is_believed_more_than_an_nfo(tmp_path: Path) -> None:
    root = put(tmp_path, "Heat (1995) {imdb-tt0113277}/heat.mkv")
    (root / "Heat (1995) {imdb-tt0113277}" / "heat.nfo").write_text("<movie><id>tt0093164</id></movie>")
    assert has(root, Movie(title="Heat", year=1995, imdb_id="tt0113277"))
    assert not has(root, Movie(title="Heat", year=1986, imdb_id="tt0093164"))


def test_a_folder_whose_nfo_is_about_a_series_holds_no_film(tmp_path: Path) -> None:
    root = put(tmp_path, "Fargo (1996)/fargo.mkv", "Fargo (1996)/Extra Folder (2000)/a.mkv")
    (root / "Fargo (1996)" / "tvshow.nfo").write_text("<tvshow></tvshow>")
    assert names_in(root) == set()
