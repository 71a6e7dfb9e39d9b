"""Titles compared and names read, as tables; then what must hold for any text."""

import pytest

import names

SAME = [
    ("The Matrix", "Matrix, The"),
    ("Matrix", "The Matrix"),
    ("Amélie", "AMELIE"),
    ("Straße", "strasse"),
    ("Bølgen", "Bolgen"),
    ("Ucho prezesa Łódź", "ucho prezesa lodz"),
    ("Đorđe", "Dorde"),
    ("Æon Flux", "Aeon Flux"),
    ("Œuvre", "Oeuvre"),
    ("Ocean's Eleven", "Oceans.Eleven"),
    ("Mr. & Mrs. Smith", "Mr and Mrs Smith"),
    ("Romeo + Juliet", "Romeo.and.Juliet"),
    ("Face/Off", "Face+Off"),
    ("Fahrenheit 9/11", "Fahrenheit 9+11"),
    ("M*A*S*H", "M-A-S-H"),
    ("M*A*S*H", "MASH"),
    ("L.A. Confidential", "LA Confidential"),
    ("A.I. Artificial Intelligence", "AI Artificial Intelligence"),
    ("E.T. the Extra-Terrestrial", "ET The Extra Terrestrial"),
    ("The A-Team", "The.A.Team"),
    ("20,000 Leagues Under the Sea", "20000 Leagues Under the Sea"),
    ("Alien³", "Alien 3"),
    ("8½", "8 1/2"),
    ("Rocky II", "Rocky 2"),
    ("The Godfather Part II", "Godfather 2"),
    ("Kill Bill: Vol. 1", "Kill Bill Volume One"),
    ("It Chapter Two", "It: Chapter 2"),
    ("Henry V", "Henry 5"),
    ("Ocean's Eleven", "Ocean's 11"),
    ("Iron Man™", "Iron Man"),
    ("The 39 Steps", "The Thirty-Nine Steps"),
    ("Forty Guns", "40 Guns"),
    ("Naked Gun 33⅓", "Naked Gun 33 1/3"),
    ("[REC]⁴ Apocalypse", "REC 4 Apocalypse"),
]


@pytest.mark.parametrize(("a", "b"), SAME)
def test_spellings_of_one_title_are_the_same_title(a: str, b: str) -> None:
    assert names.same_title(a, b)
    assert names.title_key(a) == names.title_key(b)


DIFFERENT = [
    ("9", "Nine"),
    ("Saw II", "Saw III"),
    ("9/11", "911"),
    ("Twenty One", "21"),
    ("Thirty Nine Steps", "Thirty Steps"),
    ("Plan A", "Plan B"),
    ("A", "The"),
    ("???", "!!!"),
    ("Up", "Up in the Air"),
    ("The Team", "The A-Team"),
    ("Kill Bill: Vol. 1", "Kill Bill: Vol. 2"),
    ("千と千尋", "もののけ姫"),
]


@pytest.mark.parametrize(("a", "b"), DIFFERENT)
def test_different_titles_stay_different(a: str, b: str) -> None:
    assert not names.same_title(a, b)


@pytest.mark.parametrize("title", ["The", "A", "The The", "???", "X", "9"])
def test_no_title_folds_to_nothing(title: str) -> None:
    assert names.fold(title)


@pytest.mark.parametrize(
    ("title", "found"),
    [
        ("Saw", set()),
        ("Saw III", {"3"}),
        ("The Godfather Part Two", {"2"}),
        ("Se7en", {"7"}),
        ("007: Dr. No", {"7"}),
        ("Blade Runner 2049", {"2049"}),
        ("Batman v Superman", set()),
        ("V for Vendetta", set()),
        ("I, Robot", set()),
        ("Fantastic Four", {"4"}),
        ("50/50", {"50"}),
        ("Nine", set()),
    ],
)
def test_numbers_of_a_title(title: str, found: set[str]) -> None:
    assert names.numbers(title) == found


SPLIT = [
    ("Blade.Runner.2049.2017.1080p.WEB-DL.DD5.1.H264-GRP", "Blade Runner 2049", 2017),
    ("2012 (2009)", "2012", 2009),
    ("2012 2009 x264 720p BluRay", "2012", 2009),
    ("2012.1080p.BluRay.x264-GRP", "2012", None),
    ("1776.1979.EXTENDED.720p.BluRay.X264-GRP", "1776", 1979),
    ("Klasse.von.1999.1990.German.720p.HDTV.x264-GRP", "Klasse von 1999", 1990),
    ("Matrix, The (1999)", "The Matrix", 1999),
    ("The Matrix (1999) {imdb-tt0133093}", "The Matrix", 1999),
    ("The Matrix (1999) [imdbid-tt0133093] {edition-IMAX 2020}", "The Matrix", 1999),
    ("(1995) Movie Name", "Movie Name", 1995),
    ("(500).Days.Of.Summer.(2009).DTS.1080p", "(500) Days Of Summer", 2009),
    ("2001: A Space Odyssey.mkv", "2001: A Space Odyssey", None),
    ("2001.A.Space.Odyssey.1968.2160p.UHD.BluRay", "2001 A Space Odyssey", 1968),
    ("Deep.Web.2015.BluRay.1080i", "Deep Web", 2015),
    ("Death Race 2000 (1975)", "Death Race 2000", 1975),
    ("The.English.Patient.BluRay.1996.German.DTS", "The English Patient", 1996),
    ("Avatar.720p.Bluray.x264-GRP", "Avatar", None),
    ("Heat_1995_1080p", "Heat", 1995),
    ("Heat [1995] [1080p] (2017 remaster)", "Heat", 1995),
    ("Dr. No (1962)", "Dr. No", 1962),
    ("[REC] (2007)", "[REC]", 2007),
    ("Blade Runner 2049", "Blade Runner 2049", None),
    ("Mr..&.Mrs..Smith-2005(720p)-GRP", "Mr & Mrs Smith", 2005),
    ("Film.2010.1920x1080.x264", "Film", 2010),
    ("www.Site.org - Movie.2008.720p.X264-GRP", "Movie", 2008),
    ("", "", None),
]


@pytest.mark.parametrize(("name", "title", "year"), SPLIT)
def test_title_and_year_of_a_name(name: str, title: str, year: int | None) -> None:
    assert names.split_title_year(name) == (title, year)


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("The Matrix (1999) {imdb-tt0133093}", ("tt0133093",)),
        ("The Matrix (1999) [imdbid-tt133093]", ("tt0133093",)),
        ("The Matrix [imdbid=0133093]", ("tt0133093",)),
        ("The Matrix - tt10985510", ("tt10985510",)),
        ("https://www.imdb.com/title/TT0133093/ and tt0133093", ("tt0133093",)),
        ("butt0133093 tt0000000 tmdb-603 {tmdb-133093}", ()),
    ],
)
def test_imdb_ids_of_a_text(text: str, ids: tuple[str, ...]) -> None:
    assert names.imdb_ids(text) == ids


def test_imdb_ids_are_compared_as_numbers() -> None:
    assert names.same_imdb("tt0133093", "tt133093")
    assert names.same_imdb("133093", "TT0133093 ")
    assert not names.same_imdb("tt0133093", "tt0133094")
    assert not names.same_imdb(None, None)
    assert not names.same_imdb("tt0000000", "0")


ONE_FILM = [
    ("Spider-Man: No Way Home", 2021, "Spiderman No Way Home", 2021),
    ("The Colour of Pomegranates", 1969, "The Color of Pomegranates", 1969),
    ("Heat", 1995, "Heat", 1996),
    ("Heat", None, "heat", 1995),
    ("Heat", None, "Heat", None),
    ("Deathly Hallows Part 1", 2010, "Deathly Hallows: Part One", 2010),
]


@pytest.mark.parametrize(("title_a", "year_a", "title_b", "year_b"), ONE_FILM)
def test_one_film_by_name(title_a: str, year_a: int | None, title_b: str, year_b: int | None) -> None:
    assert names.same_film_name(title_a, year_a, title_b, year_b)
    assert names.same_film_name(title_b, year_b, title_a, year_a)


TWO_FILMS = [
    ("Saw II", 2005, "Saw III", 2006),
    ("Kill Bill: Vol. 1", 2003, "Kill Bill: Vol. 2", 2004),
    ("Deathly Hallows Part 1", 2010, "Deathly Hallows Part 2", 2011),
    ("The Matrix Reloaded", 2003, "The Matrix Revolutions", 2003),
    ("Up", 2009, "Up in the Air", 2009),
    ("Max", 2015, "Mad Max", 2015),
    ("Lincoln", 2012, "Abraham Lincoln: Vampire Hunter", 2012),
    ("RoboCop", 2014, "RoboCop", 1987),
    ("9", 2009, "Nine", 2009),
    ("Coda", 2021, "Cods", 2021),
    ("The Colour of Pomegranates", 1969, "The Color of Pomegranates", 1970),
    ("The Colour of Pomegranates", None, "The Color of Pomegranates", 1969),
    ("Joyride", 2022, "Joy Ride", 2023),
    ("The Chronicles of Narnia Prince Caspian", 2008, "Chronicles of Narnia Prince Caspian Extras", 2008),
]


@pytest.mark.parametrize(("title_a", "year_a", "title_b", "year_b"), TWO_FILMS)
def test_two_films_by_name(title_a: str, year_a: int | None, title_b: str, year_b: int | None) -> None:
    assert not names.same_film_name(title_a, year_a, title_b, year_b)
    assert not names.same_film_name(title_b, year_b, title_a, year_a)


def test_similarity_is_a_plain_ratio_of_the_folded_titles() -> None:
    assert names.similarity("The Matrix", "matrix") == 100
    assert names.similarity("Up", "Up in the Air") < 40
