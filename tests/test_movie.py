"""Reading a film from what a file or a script holds, and showing it again."""

import pytest

from movie import ChosenRelease, Movie, movie_from, movie_to_mapping

PENDING = {
    "id": "tt0133093",
    "title": "The Matrix",
    "year": 1999,
    "director": "The Wachowskis",
    "imdb_id": "tt0133093",
    "status": "pending",
    "queued_at": 1729267890,
}


def test_the_entry_of_the_documentation_is_read() -> None:
    movie = movie_from(PENDING)
    assert {key: movie[key] for key in PENDING} == PENDING


def test_a_movie_is_returned_as_it_is() -> None:
    movie = Movie(title="Alien")
    assert movie_from(movie) is movie


def test_an_imdb_id_may_stand_in_the_id_alone() -> None:
    assert movie_from({"id": "tt0234215", "title": "The Matrix Reloaded"}).imdb_id == "tt0234215"


@pytest.mark.parametrize("own", ["ttlers", "letterboxd:51568", "title:tt1 (1999)", "tt", "film 7"])
def test_an_id_of_another_kind_is_no_imdb_id(own: str) -> None:
    assert movie_from({"id": own, "title": "The Matrix"}).imdb_id is None


def test_letterboxds_numbers_may_be_written_without_quotes() -> None:
    assert movie_from({"title": "The Matrix", "film_id": 51568}).film_id == "51568"


def test_null_says_not_known() -> None:
    entry = {"title": "Alien", "director": None, "year": None, "retry_after": None, "aliases": None}
    assert movie_from(entry) == Movie(title="Alien")


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"year": 1999}, "title"),
        ({"title": None}, "title"),
        ({"title": " "}, "`title` is empty"),
        ({"title": 1917}, "Expected `str`, got `int` - at `title`"),
        ({"title": "1917", "year": "2019"}, "Expected `int | null`, got `str` - at `year`"),
        ({"title": "1917", "retry_count": True}, "at `retry_count`"),
        ({"title": "1917", "film_id": True}, "at `film_id`"),
        ({"title": "1917", "aliases": [1]}, r"at `aliases\[0\]`"),
        ({"title": "1917", "release": {"name": "x"}}, "tracker"),
        (["1917"], "expected an object with a title, got list"),
        (None, "got NoneType"),
    ],
)
def test_what_cannot_be_read_is_named_by_its_key(entry: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        movie_from(entry)


def test_unknown_keys_are_kept_and_shown_again() -> None:
    movie = movie_from({**PENDING, "note": {"by": ["me"]}, "extra": 1, "label": "mine"})
    assert (movie["note"], movie["label"]) == ({"by": ["me"]}, "mine")
    shown = movie_to_mapping(movie)
    assert (shown["note"], shown["extra"], shown["label"]) == ({"by": ["me"]}, 1, "mine")


def test_a_film_reads_like_a_mapping() -> None:
    movie = movie_from({**PENDING, "note": 7})
    assert movie["title"] == "The Matrix"
    assert (movie.get("year"), movie.get("note"), movie.get("nothing", "none")) == (1999, 7, "none")
    assert "note" in movie
    assert "nothing" not in movie
    with pytest.raises(KeyError):
        movie["nothing"]


def test_a_film_made_a_dictionary_is_the_same_film_again() -> None:
    movie = movie_from({**PENDING, "note": 7, "release": {"name": "n", "tracker": "FileList", "id": "1"}})
    assert movie.release == ChosenRelease(name="n", tracker="FileList", id="1")
    assert movie_from(dict(movie)) == movie


def test_what_a_file_shows_is_read_back_the_same() -> None:
    movie = movie_from({**PENDING, "aliases": ["a"], "lists": ["me/watchlist"], "revision": 4, "owned": True})
    assert movie_from(movie_to_mapping(movie)) == movie


@pytest.mark.parametrize(
    ("status", "keys"),
    [
        ("pending", {"queued_at"}),
        ("failed", {"retry_count", "last_error", "last_failed_at", "retry_after"}),
        ("completed", {"completed_at", "torrent_hash", "owned", "downloaded_at"}),
        ("removed", {"removed_at", "missing_for"}),
    ],
)
def test_an_entry_shows_what_its_queue_is_about_first(status: str, keys: set[str]) -> None:
    shown = list(movie_to_mapping(Movie(title="Alien", status=status)))
    assert shown[:3] == ["id", "title", "year"]
    assert keys <= set(shown)
    assert "removed_by_user" not in shown


def test_a_film_is_labelled_with_its_year_once_that_is_known() -> None:
    assert Movie(title="Alien", year=1979).label == "Alien (1979)"
    assert Movie(title="Alien").label == "Alien"
