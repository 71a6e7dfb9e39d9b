"""By what something that exists is the wanted film: hashes, ids, then title and year."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from library_tree import has, put

from library import Entries, Entry, Proof, find_all, find_entry, torrent_entry
from library_match import Told
from movie import FilmFacts, Movie

MATRIX = Movie(title="The Matrix", year=1999, imdb_id="tt0133093")
FACTS = FilmFacts(title="The Matrix", year=1999, imdb_id="tt0133093", tmdb_id="603")
HASH, OTHER_HASH = "a" * 40, "b" * 40


@dataclass(frozen=True)
class Torrent:
    hash: str = HASH
    name: str = "The.Matrix.1999.1080p.BluRay.x264-GRP"
    tags: frozenset[str] = frozenset()
    content_path: str = ""
    infohash_v1: str = ""
    infohash_v2: str = ""


def is_it(movie: Movie, name: str, facts: FilmFacts | None = None) -> bool:
    return find_entry(movie, [Entry(name, name)], facts=facts) is not None


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


def test_a_folder_in_the_films_own_language_is_that_film() -> None:
    movie = Movie(title="Silver Lake", original_title="Lacul de Argint", year=2014)
    assert find_entry(movie, [Entry("Lacul de Argint (2014)", "there")]) is not None
    assert find_entry(movie, [Entry("Lacul Rosu (2014)", "there")]) is None


@pytest.mark.parametrize(
    "name", ["Matrica {tmdb-603}", "Matrica [tmdbid-603]", "Matrica (1998) [tmdbid=603]"]
)
def test_a_tmdb_id_proves_a_film_whose_page_tells_it(name: str) -> None:
    assert is_it(MATRIX, name, FACTS)
    assert not is_it(MATRIX, name)


def test_another_tmdb_id_disproves_it() -> None:
    assert not is_it(MATRIX, "The Matrix (1999) {tmdb-604}", FACTS)
    assert is_it(MATRIX, "The Matrix (1999) {tmdb-604}")


def test_where_ids_contradict_each_other_the_name_has_to_agree() -> None:
    assert is_it(MATRIX, "The Matrix (1999) {tmdb-603} {imdb-tt9999999}", FACTS)
    assert not is_it(MATRIX, "Matrica (1999) {tmdb-603} {imdb-tt9999999}", FACTS)


def test_what_an_nfo_told_counts_where_the_name_tells_nothing() -> None:
    entry = Entry("Matrica", "there", told=Told(ids=("tt0133093",)))
    assert [match.proof for match in find_all(MATRIX, [entry])] == [Proof.ID]
    assert find_entry(MATRIX, [Entry("The Matrix (1999)", "there", told=Told(ids=("tt1",)))]) is None


# --- torrents


def test_the_torrent_that_was_fetched_for_a_film_is_that_film_under_any_name() -> None:
    movie = Movie(title="The Matrix", year=1999, torrent_hash=HASH.upper())
    entries = [Entry("The Matrix (1999)", "disk"), torrent_entry(Torrent(name="renamed"))]
    found = find_all(movie, entries)
    assert [(match.entry.where, match.proof) for match in found] == [
        ("qBittorrent: renamed", Proof.TORRENT),
        ("disk", Proof.NAME),
    ]


def test_a_hybrid_torrent_goes_by_any_of_its_hashes() -> None:
    entry = torrent_entry(Torrent(hash="c" * 40, name="x", infohash_v1=HASH, infohash_v2="c" * 64))
    assert entry.known_as() == {HASH, "c" * 40, "c" * 64}
    assert find_entry(Movie(title="Any", torrent_hash=HASH), [entry]) is entry


def test_a_renamed_torrent_is_known_by_its_files() -> None:
    assert torrent_entry(Torrent(name="film", content_path="/d/The.Matrix.1999.1080p.mkv")).name == (
        "The.Matrix.1999.1080p"
    )
    assert (
        torrent_entry(Torrent(name="film", content_path=r"D:\d\The Matrix (1999)")).name
        == "The Matrix (1999)"
    )
    assert torrent_entry(Torrent(name="Matrix 1999", content_path="/d/Heat (1995)")).name == "Matrix 1999"


@pytest.mark.parametrize(
    "name",
    [
        "The.Matrix.1999.S01.1080p.WEB-DL",
        "The.Matrix.1999.OST.FLAC",
        "The.Matrix.1999.SUBPACK",
        "The.Matrix.1999.EXTRAS.1080p",
        "The Matrix (1999) [EPUB]",
        "The.Matrix.1999-CODEX",
        "The.Matrix.Trilogy.1999-2003.1080p.BluRay",
    ],
)
def test_a_torrent_of_something_else_is_no_film(name: str) -> None:
    assert find_entry(MATRIX, [torrent_entry(Torrent(name=name))]) is None


def test_a_torrent_that_is_being_replaced_is_not_there_nor_are_its_files() -> None:
    torrent = torrent_entry(Torrent(content_path="/films/The.Matrix.1999"))
    inside = Entry("The Matrix (1999)", "/films/The.Matrix.1999/The Matrix (1999).mkv")
    folder = Entry("The.Matrix.1999", "/films/The.Matrix.1999")
    beside = Entry("The Matrix (1999)", "/films/The.Matrix.1999.2160p.mkv")
    lying = Entries([inside, folder])
    assert find_entry(MATRIX, [torrent], lying) is torrent
    assert find_entry(MATRIX, [torrent], lying, without=[HASH.upper()]) is None
    assert find_entry(MATRIX, [torrent], lying, without=[OTHER_HASH]) is torrent
    assert find_entry(MATRIX, [torrent], Entries([inside, beside]), without=[HASH]) is beside


def test_the_files_of_a_replaced_torrent_are_known_by_where_they_lie_here() -> None:
    torrent = torrent_entry(Torrent(content_path="/downloads/The.Matrix.1999"), Path("/nas/The.Matrix.1999"))
    entry = Entry("The.Matrix.1999", "/nas/The.Matrix.1999")
    assert find_entry(MATRIX, [torrent], [entry], without=[HASH]) is None


# --- names


@pytest.mark.parametrize(
    ("name", "there"),
    [
        ("Colectiv (2019)", True),
        ("Colectiv", True),
        ("Colectiv (2020)", True),
        ("Kollektiv - Tödliche Korruption (2019)", True),
        ("Kollektiv Toedliche Korruption (2019)", True),
        ("Toedliche Korruption (2019)", True),
        ("Kollektiv - Tödliche Korruption (2020)", True),
        ("Ansamblul (2019)", True),
        ("Ansamblul (2020)", False),
        ("Ansamblul", False),
        ("Col (2019)", False),
        ("Collective AKA Colectiv (2019)", True),
        ("Colectiv Collective (2019)", True),
        ("Collective 2 (2019)", False),
    ],
)
def test_the_titles_of_the_page_count_the_less_they_tell_the_stricter(name: str, there: bool) -> None:
    movie = Movie(title="Collective", year=2019, original_title="Colectiv")
    facts = FilmFacts(
        title="Collective",
        year=2019,
        alternative_titles=("Col", "Kollektiv - Tödliche Korruption", "Tödliche Korruption", "Ansamblul"),
    )
    assert is_it(movie, name, facts) is there


def test_the_year_of_the_release_counts_like_that_of_the_film() -> None:
    movie = Movie(title="Drug War", year=2012)
    facts = FilmFacts(title="Drug War", year=2012, released="2013-04-02", alternative_titles=("Du zhan",))
    assert is_it(movie, "Du Zhan (2013)", facts)
    assert not is_it(movie, "Du Zhan (2014)", facts)


def test_with_another_film_of_its_title_known_only_the_very_year_proves() -> None:
    movie = Movie(title="Jack Frost", year=1998)
    entries = [Entry("Jack Frost (1997)", "a"), Entry("Jack Frost", "b")]
    assert len(find_all(movie, entries)) == 2
    assert find_all(movie, entries, exact_year=True) == ()
    assert find_all(movie, [Entry("Jack Frost (1998)", "c")], exact_year=True)


def test_a_film_of_which_only_an_id_is_known_is_found_by_it_alone() -> None:
    movie = Movie(title="tt0133093", imdb_id="tt0133093")
    assert is_it(movie, "Matrix {imdb-tt133093}")
    assert not is_it(movie, "tt9999999 (1999)")


def test_a_film_whose_page_is_unread_is_not_found_by_its_address() -> None:
    assert not is_it(Movie(title="the matrix", slug="the-matrix"), "The Matrix")


def test_the_best_proof_comes_first_whatever_the_order() -> None:
    by_name, by_id = Entry("The Matrix (1999)", "a"), Entry("Matrix {imdb-tt0133093}", "b")
    assert [match.entry for match in find_all(MATRIX, [by_name], Entries([by_id]))] == [by_id, by_name]
