"""What `--import` reads of exports and of lists written by hand, and what it says of the rest."""

import codecs
import zipfile
from pathlib import Path

import pytest

from export_file import MAX_BYTES
from import_file import NotImportable, Wishes, read_wishes
from movie import FilmFacts, ListedFilm, Movie

HEADER = "Date,Name,Year,Letterboxd URI\n"
ROWS = "2024-01-01,Alien,1979,https://boxd.it/2awY\n2024-02-01,Brazil,1985,https://boxd.it/29Jm\n"
LIST = (
    "Letterboxd list export v7\n"
    "Date,Name,Tags,URL,Description\n"
    '2024-01-01,Mine,,https://boxd.it/x,"Over\n\ntwo lines, and more"\n'
    "\n"
    "Position,Name,Year,URL,Description\n"
)
MATRIX = FilmFacts(
    title="The Matrix",
    year=1999,
    imdb_id="tt0133093",
    film_id="51518",
    lid="2a1m",
    slug="the-matrix",
    directors=("Lana Wachowski", "Lilly Wachowski"),
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "films.txt"


def nobody(_: ListedFilm) -> FilmFacts | None:
    return None


def read(file: Path, text: str | bytes) -> Wishes:
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_wishes(file, nobody)


def one(file: Path, line: str) -> Movie:
    wishes = read(file, line)
    assert wishes.unreadable == ()
    [movie] = wishes.movies
    assert movie.lists == ("manual",)
    return movie


def labels(wishes: Wishes) -> list[str]:
    return [movie.label for movie in wishes.movies]


# --- a list written by hand


@pytest.mark.parametrize(
    "line",
    [
        "Alien (1979)",
        "  Alien   (1979)\t",
        "Alien(1979)",
        "- Alien (1979)",
        "* Alien (1979)",
        "• Alien (1979)",
        "1. Alien (1979)",
        "1) Alien (1979)",
        '"Alien (1979)"',
        '- "Alien (1979)"',
    ],
)
def test_a_title_with_its_year_is_a_film(file: Path, line: str) -> None:
    movie = one(file, line)
    assert (movie.title, movie.year, movie.imdb_id, movie.slug) == ("Alien", 1979, None, None)


@pytest.mark.parametrize(
    "title",
    ["(500) Days of Summer", "*batteries not included", "1917", "12 Angry Men", '"Weird" Al', "M", "9½"],
)
def test_a_title_is_left_as_it_is(file: Path, title: str) -> None:
    assert one(file, f"{title} (1987)").title == title


@pytest.mark.parametrize(
    "line",
    [
        "tt0133093",
        "TT0133093",
        "- tt0133093",
        "https://www.imdb.com/title/tt0133093/",
        "http://m.imdb.com/title/tt0133093",
        "imdb.com/title/tt0133093/?ref_=nv_sr_1",
        "https://www.imdb.com/de/title/tt0133093/reference#top",
    ],
)
def test_an_imdb_id_stands_for_the_title_until_its_page_is_read(file: Path, line: str) -> None:
    movie = one(file, line)
    assert (movie.title, movie.year, movie.imdb_id, movie.untitled) == ("tt0133093", None, "tt0133093", True)


@pytest.mark.parametrize(
    "line",
    [
        "https://letterboxd.com/film/perfect-blue/",
        "http://www.letterboxd.com/film/perfect-blue",
        "letterboxd.com/film/Perfect-Blue/crew/",
        "https://letterboxd.com/dave/film/perfect-blue/?x=1",
    ],
)
def test_the_address_of_a_page_gives_the_slug_and_its_words_for_now(file: Path, line: str) -> None:
    movie = one(file, line)
    assert (movie.title, movie.year, movie.slug) == ("perfect blue", None, "perfect-blue")


def test_blank_lines_and_comments_are_skipped(file: Path) -> None:
    assert labels(read(file, "# mine\n\n   \nAlien (1979)\n  # Brazil (1985)\n")) == ["Alien (1979)"]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_ends_and_byte_order_marks_make_no_difference(file: Path, newline: str, mark: str) -> None:
    text = newline.join((f"{mark}Amélie (2001)", "", f"{mark}Brazil (1985)", "x"))
    wishes = read(file, text)
    assert labels(wishes) == ["Amélie (2001)", "Brazil (1985)"]
    assert [line.number for line in wishes.unreadable] == [4]


@pytest.mark.parametrize(
    ("mark", "encoding"), [(codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")]
)
def test_utf_16_with_its_mark_is_read(file: Path, mark: bytes, encoding: str) -> None:
    assert labels(read(file, mark + "Amélie (2001)\r\n天国 (2002)".encode(encoding))) == [
        "Amélie (2001)",
        "天国 (2002)",
    ]


def test_the_numbers_of_a_numbered_list_are_no_part_of_the_titles(file: Path) -> None:
    text = "1. Alien (1979)\n3. 9 (2009)\n4. 7. Kogustaki Mucize (2019)\nHeat (1995)\n"
    assert [movie.title for movie in read(file, text).movies] == [
        "Alien",
        "9",
        "7. Kogustaki Mucize",
        "Heat",
    ]


def test_a_number_that_counts_nothing_belongs_to_the_title(file: Path) -> None:
    text = "Alien (1979)\n7. Kogustaki Mucize (2019)\nHeat (1995)\n"
    assert [movie.title for movie in read(file, text).movies] == ["Alien", "7. Kogustaki Mucize", "Heat"]


# --- what cannot be read


@pytest.mark.parametrize(
    ("line", "mend"),
    [
        ("Heat", 'write "Title (Year)"'),
        ("Heat 1995", 'write "Title (Year)"'),
        ("Heat (95)", 'write "Title (Year)"'),
        ("(1995)", 'write "Title (Year)"'),
        ("tt12", 'write "Title (Year)"'),
        ("nm0000134", 'write "Title (Year)"'),
        ("x" * 2000 + " (1995)", 'write "Title (Year)"'),
        ("https://letterboxd.com/dave/watchlist/", "no film's address"),
        ("letterboxd.com/dave/", "no film's address"),
        ("https://www.imdb.com/name/nm0000134/", "no film's address"),
        ("https://elsewhere.example/heat (1995)", "no film's address"),
        ("https://boxd.it/2awY", "a short link says nothing by itself"),
        ("Am\x1b[1mélie (2001)", 'write "Title (Year)"'),
    ],
)
def test_a_line_that_names_no_film_is_kept_with_what_to_write(file: Path, line: str, mend: str) -> None:
    wishes = read(file, f"Alien (1979)\n{line}\nBrazil (1985)\n")
    [unreadable] = wishes.unreadable
    assert (unreadable.number, unreadable.text) == (2, line)
    assert mend in unreadable.mend
    assert labels(wishes) == ["Alien (1979)", "Brazil (1985)"]


def test_of_a_file_in_another_encoding_only_the_lines_it_garbles_are_lost(file: Path) -> None:
    wishes = read(file, "Alien (1979)\nAmélie (2001)\n".encode("latin-1"))
    assert labels(wishes) == ["Alien (1979)"]
    assert [(line.number, line.mend[:9]) for line in wishes.unreadable] == [(2, "not UTF-8")]


# --- what is known


def test_what_is_known_of_a_film_is_used(file: Path) -> None:
    file.write_text("boxd.it/2a1m\nhttps://letterboxd.com/film/the-matrix/\n")
    wishes = read_wishes(file, lambda _: MATRIX)
    assert wishes.unreadable == ()
    assert [(m.label, m.imdb_id, m.film_id, m.lid, m.slug) for m in wishes.movies] == [
        ("The Matrix (1999)", "tt0133093", "51518", "2a1m", "the-matrix")
    ] * 2
    assert wishes.movies[0].director == "Lana Wachowski, Lilly Wachowski"


def test_a_short_link_is_asked_for_with_its_cases_and_a_page_without(file: Path) -> None:
    asked: list[tuple[str | None, str | None]] = []
    file.write_text("HTTPS://BOXD.IT/2aWy\nHTTPS://LETTERBOXD.COM/FILM/ALIEN/\n")
    read_wishes(file, lambda film: asked.append((film.lid, film.slug)))
    assert asked == [("2aWy", None), (None, "alien")]


# --- exports


def test_the_rows_of_an_exported_watchlist_are_films(file: Path) -> None:
    wishes = read(file, "\ufeff" + HEADER + ROWS)
    assert [(m.label, m.lid, m.lists) for m in wishes.movies] == [
        ("Alien (1979)", "2awY", ("manual",)),
        ("Brazil (1985)", "29Jm", ("manual",)),
    ]


def test_the_zip_of_an_export_is_read(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "letterboxd-me.zip", "w") as archive:
        archive.writestr("watchlist.csv", HEADER + ROWS)
        archive.writestr("lists/watchlist.csv", LIST)
    assert labels(read_wishes(tmp_path / "letterboxd-me.zip", nobody)) == ["Alien (1979)", "Brazil (1985)"]
    assert labels(read_wishes(tmp_path, nobody)) == ["Alien (1979)", "Brazil (1985)"]


def test_an_exported_list_is_read_from_the_header_of_its_films_on(file: Path) -> None:
    rows = '1,Solaris,1972,https://boxd.it/2abc,"good\none"\n2,Stalker,1979,https://letterboxd.com/film/stalker/,\n'
    wishes = read(file, LIST + rows + "3,,1999,https://boxd.it/2abd,\n")
    assert [(m.label, m.lid, m.slug) for m in wishes.movies] == [
        ("Solaris (1972)", "2abc", None),
        ("Stalker (1979)", None, "stalker"),
    ]
    assert [(line.number, line.text) for line in wishes.unreadable] == [
        (11, "3,,1999,https://boxd.it/2abd,"),
    ]


@pytest.mark.parametrize(
    "row",
    [
        "2024-01-01,Untitled,,",
        "2024-01-01,,1979,https://boxd.it/a1",
        "2024-01-01,Heat,MCM,https://boxd.it/a1",
        "2024-01-01,Heat,1995,https://elsewhere.example/a1",
        "2024-01-01,The Godf",
    ],
)
def test_a_row_that_names_no_film_is_kept_with_its_line(file: Path, row: str) -> None:
    wishes = read(file, HEADER + ROWS + row + "\n")
    assert [(line.number, line.text) for line in wishes.unreadable] == [(4, row)]
    assert "like the other rows" in wishes.unreadable[0].mend
    assert len(wishes.movies) == 2


def test_a_row_in_another_encoding_is_told_as_such(file: Path) -> None:
    wishes = read(file, HEADER.encode() + "2024-01-01,Amélie,2001,https://boxd.it/a1\n".encode("cp1252"))
    assert "not UTF-8" in wishes.unreadable[0].mend


def test_a_row_without_a_link_is_known_by_title_and_year(file: Path) -> None:
    [movie] = read(file, HEADER + "2024-01-01,Heat,1995,\n").movies
    assert (movie.label, movie.lid) == ("Heat (1995)", None)


def test_the_links_of_a_diary_are_not_those_of_its_films(file: Path) -> None:
    diary = "Date,Name,Year,Letterboxd URI,Rating,Rewatch,Tags,Watched Date\n"
    [movie] = read(file, diary + "2024-01-01,Heat,1995,https://boxd.it/6OsUPt,5,,,2024-01-01\n").movies
    assert (movie.label, movie.lid) == ("Heat (1995)", None)


# --- what is refused as a whole


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "there is no film in it"),
        ("\n# nothing yet\n", "there is no film in it"),
        (HEADER, "there is no film in it"),
        (LIST, "there is no film in it"),
        ("Letterboxd list export v7\nDate,Name\n", "without the rows of its films"),
        ("Name,Year\nHeat,1995\n", "lacks the column Letterboxd URI"),
        (b"\x7fELF\x02\x01\x00\x00", "no text"),
        ("Heat (1995)".encode("utf-16-le"), "no text"),
    ],
)
def test_what_is_no_list_of_films_is_refused_by_name(file: Path, text: str | bytes, reason: str) -> None:
    with pytest.raises(NotImportable) as refusal:
        read(file, text)
    assert str(file) in str(refusal.value)
    assert reason in str(refusal.value)
    assert "What can be imported" in str(refusal.value)


def test_half_a_zip_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotImportable, match="no whole zip file"):
        read(tmp_path / "letterboxd-me.zip", b"PK\x03\x04 half of it")


def test_a_missing_file_is_refused_with_the_reason(file: Path) -> None:
    with pytest.raises(NotImportable, match=r"cannot be read \(No such file or directory\): check the path"):
        read_wishes(file, nobody)


def test_a_file_that_cannot_be_opened_is_refused_with_the_reason(file: Path) -> None:
    file.symlink_to(file)
    with pytest.raises(NotImportable, match="symbolic links"):
        read_wishes(file, nobody)


def test_a_folder_without_an_export_is_refused(file: Path) -> None:
    file.write_text("Heat (1995)\n")
    with pytest.raises(NotImportable, match=r"no watchlist\.csv in this folder"):
        read_wishes(file.parent, nobody)


def test_a_huge_file_is_refused_without_being_read_whole(file: Path) -> None:
    with file.open("wb") as huge:
        huge.truncate(MAX_BYTES * 1000)
    with pytest.raises(NotImportable, match="larger than 32 MiB"):
        read_wishes(file, nobody)


def test_a_device_without_an_end_is_refused() -> None:
    with pytest.raises(NotImportable, match="larger than 32 MiB"):
        read_wishes(Path("/dev/zero"), nobody)
