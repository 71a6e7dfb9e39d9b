"""A Letterboxd export as the watchlist: what is read of it, and what keeps it from being believed."""

import os
import zipfile
from pathlib import Path

import msgspec
import pytest

from export_file import MAX_BYTES, ExportWatchlist, NotAnExport, parse_rows
from movie import FilmFacts, ListedFilm
from reading import Outcome, Reading

NOON = 1_800_000_000
LONG_AGO = 1_600_000_000
HEADER = "Date,Name,Year,Letterboxd URI\n"
ROWS = "2024-01-01,Alien,1979,https://boxd.it/2awY\n2024-02-01,Brazil,1985,https://boxd.it/29Jm\n"
FILMS = (ListedFilm("Alien", 1979, lid="2awY"), ListedFilm("Brazil", 1985, lid="29Jm"))
LIST = "Letterboxd list export v7\nDate,Name,Tags,URL,Description\n2024-01-01,Watchlist,,https://boxd.it/x,\n"


@pytest.fixture
def export(tmp_path: Path) -> Path:
    path = tmp_path / "watchlist.csv"
    path.write_text(HEADER + ROWS)
    return path


def read(source: Path) -> Reading:
    return ExportWatchlist(source, source.parent / "state", lambda: NOON).read_watchlist()


def zipped(path: Path, members: dict[str, str]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return path


def aged(path: Path, seconds: int) -> Path:
    """The file as if it had been written that long before the others, which are new."""
    os.utime(path, (LONG_AGO - seconds, LONG_AGO - seconds))
    return path


# --- what is read


def test_a_whole_file_is_a_complete_reading_in_file_order(export: Path) -> None:
    reading = read(export)
    assert (reading.outcome, reading.films, reading.promised) == (Outcome.COMPLETE, FILMS, 2)
    assert (reading.list_name, reading.error, reading.read_at) == (f"export:{export}", None, NOON)
    assert reading.message == f"The export {export} (watchlist_source) was read in full: 2 films."


def test_a_header_alone_is_an_empty_list(export: Path) -> None:
    export.write_text(HEADER)
    assert (read(export).outcome, read(export).films) == (Outcome.EMPTY, ())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("end", ["", "\n", "\n\n"])
def test_byte_order_marks_and_line_ends_make_no_difference(
    export: Path, encoding: str, newline: str, end: str
) -> None:
    text = (HEADER + ROWS).rstrip("\n") + end
    export.write_bytes(text.replace("\n", newline).encode(encoding))
    assert read(export).films == FILMS
    assert read(export).proven


@pytest.mark.parametrize(
    ("row", "film"),
    [
        (
            '2024-01-01,"Dr. Strangelove or: How I Learned, and Why",1964,https://boxd.it/29LM',
            ListedFilm("Dr. Strangelove or: How I Learned, and Why", 1964, lid="29LM"),
        ),
        ('2024-01-01,"""Weird"" Al",2022,https://boxd.it/x1', ListedFilm('"Weird" Al', 2022, lid="x1")),
        ("2024-01-01,Amélie – 天国,2001,https://boxd.it/x2", ListedFilm("Amélie – 天国", 2001, lid="x2")),
        ("2024-01-01,Untitled,,https://boxd.it/x3", ListedFilm("Untitled", None, lid="x3")),
        ("2024-01-01,1917,2019,https://boxd.it/x4/", ListedFilm("1917", 2019, lid="x4")),
        (
            "2024-01-01,Alien,1979,https://letterboxd.com/film/alien/",
            ListedFilm("Alien", 1979, slug="alien"),
        ),
        (
            "2024-01-01,Alien,1979,https://www.letterboxd.com/film/alien",
            ListedFilm("Alien", 1979, slug="alien"),
        ),
        ("2024-01-01,By hand,1979,", ListedFilm("By hand", 1979)),
    ],
)
def test_a_row_is_a_film(export: Path, row: str, film: ListedFilm) -> None:
    export.write_text(HEADER + row + "\n", encoding="utf-8")
    assert (read(export).outcome, read(export).films) == (Outcome.COMPLETE, (film,))


def test_columns_may_come_in_any_order_and_with_others(export: Path) -> None:
    export.write_text("Letterboxd URI,Rating,Name,Year\nhttps://boxd.it/2awY,5,Alien,1979\n")
    assert read(export).films == FILMS[:1]


def test_a_film_that_stands_there_twice_counts_once(export: Path) -> None:
    export.write_text(HEADER + ROWS + ROWS + "2024-03-01,Alien: renamed,1979,https://boxd.it/2awY\n")
    assert read(export).films == FILMS


def test_two_films_of_one_title_and_year_are_two(export: Path) -> None:
    export.write_text(HEADER + "d,Alien,1979,https://boxd.it/a1\nd,Alien,1979,https://boxd.it/b2\n")
    assert len(read(export).films) == 2


# --- read in part


BROKEN = [
    "2024-01-01,,1979,https://boxd.it/a1",
    "2024-01-01,Alien,79,https://boxd.it/a1",
    "2024-01-01,Alien,MCMLXXIX,https://boxd.it/a1",
    "2024-01-01,Alien,1979,https://elsewhere.example/a1",
    "2024-01-01,Alien,1979,boxd.it/a1",
    "2024-01-01,Alien,1979,https://boxd.it/a1,and,more",
    "2024-01-01,The Godf",
    "2024-01-01,The Godfather,1972",
    "2024",
]


@pytest.mark.parametrize("row", BROKEN)
def test_a_broken_row_makes_it_a_reading_in_part_that_names_the_line(export: Path, row: str) -> None:
    export.write_text(HEADER + ROWS + row + "\n")
    reading = read(export)
    assert (reading.outcome, reading.proven, reading.films) == (Outcome.PARTIAL, False, FILMS)
    assert reading.promised is None
    assert "line 4 cannot be read" in reading.message


def test_a_name_that_is_not_utf_8_is_no_film(export: Path) -> None:
    export.write_bytes(
        (HEADER + ROWS).encode() + "2024-01-01,Amélie,2001,https://boxd.it/x\n".encode("cp1252")
    )
    reading = read(export)
    assert (reading.outcome, reading.films) == (Outcome.PARTIAL, FILMS)


def test_a_quote_that_is_never_closed_swallows_the_rest_and_proves_nothing(export: Path) -> None:
    export.write_text(HEADER + '2024-01-01,"Alien,1979,https://boxd.it/a1\n' + ROWS)
    reading = read(export)
    assert not reading.proven
    assert reading.films == ()


def test_a_quote_closed_by_another_title_proves_nothing(export: Path) -> None:
    torn = '2024-01-01,"Alien,1979,https://boxd.it/a1\n2024-01-01,"Brazil",1985,https://boxd.it/b2\n'
    export.write_text(HEADER + ROWS + torn)
    reading = read(export)
    assert (reading.outcome, reading.films) == (Outcome.PARTIAL, FILMS)


def test_of_many_broken_rows_the_first_few_are_named(export: Path) -> None:
    export.write_text(HEADER + "x\n" * 1000)
    assert "line 2, 3, 4, 5, 6 cannot be read" in read(export).message


# --- not read at all


def unusable(source: Path) -> str:
    """The message of a source that cannot be used, which must prove nothing."""
    reading = read(source)
    assert (reading.outcome, reading.films, reading.error) == (Outcome.UNAVAILABLE, (), None)
    assert str(source) in reading.message
    assert "watchlist_source" in reading.message
    return reading.message


def test_a_missing_file_is_named_with_the_reason(tmp_path: Path) -> None:
    assert "No such file or directory" in unusable(tmp_path / "watchlist.csv")


@pytest.mark.parametrize("text", ["", "\n", "Film,Year\nAlien,1979\n", LIST, "<!DOCTYPE html><html></html>"])
def test_another_file_is_not_taken_for_an_empty_list(export: Path, text: str) -> None:
    export.write_text(text)
    assert "lacks the column" in unusable(export)


@pytest.mark.parametrize("data", [b"\x00" * 1000, b"\xff\xfe" + (HEADER + ROWS).encode("utf-16-le")])
def test_bytes_that_are_no_csv_are_refused(export: Path, data: bytes) -> None:
    export.write_bytes(data)
    unusable(export)


def test_a_field_of_monstrous_length_is_refused(export: Path) -> None:
    export.write_text(HEADER + f"2024-01-01,{'x' * 200_000},1979,https://boxd.it/a1\n")
    assert "line" in unusable(export)


def test_a_huge_file_is_refused_without_being_read_whole(export: Path) -> None:
    with export.open("r+b") as file:
        file.truncate(MAX_BYTES * 1000)
    assert "larger than 32 MiB" in unusable(export)


def test_parsing_by_itself_says_what_is_missing() -> None:
    with pytest.raises(NotAnExport, match="lacks the column Year"):
        parse_rows("Date,Name,Letterboxd URI\n")


# --- zips


def test_the_zip_that_letterboxd_sends_is_read(tmp_path: Path) -> None:
    members = {
        "profile.csv": "Date Joined\n",
        "deleted/watchlist.csv": HEADER + "d,Deleted,1990,https://boxd.it/d1\n",
        "lists/watchlist.csv": LIST,
        "watchlist.csv": HEADER + ROWS,
        "likes/films.csv": HEADER,
    }
    assert read(zipped(tmp_path / "export.zip", members)).films == FILMS


def test_a_zip_packed_anew_with_its_folder_is_read_too(tmp_path: Path) -> None:
    members = {
        "letterboxd-me/deleted/watchlist.csv": HEADER,
        "letterboxd-me/watchlist.csv": HEADER + ROWS,
        "letterboxd-me/old/copy/watchlist.csv": HEADER,
    }
    assert read(zipped(tmp_path / "export.zip", members)).films == FILMS


def test_a_zip_is_known_by_its_content(tmp_path: Path) -> None:
    assert read(zipped(tmp_path / "export", {"watchlist.csv": HEADER + ROWS})).films == FILMS


@pytest.mark.parametrize("name", ["films.csv", "deleted/watchlist.csv", "me/lists/watchlist.csv"])
def test_a_zip_without_the_watchlist_is_refused(tmp_path: Path, name: str) -> None:
    source = zipped(tmp_path / "export.zip", {name: HEADER + ROWS})
    assert "export.zip holds no watchlist.csv" in unusable(source)


def test_a_zip_that_is_none_is_refused(tmp_path: Path) -> None:
    source = tmp_path / "export.zip"
    source.write_text(HEADER + ROWS)
    assert "no whole zip file" in unusable(source)


def test_a_half_downloaded_zip_is_refused(tmp_path: Path) -> None:
    source = zipped(tmp_path / "export.zip", {"watchlist.csv": HEADER + ROWS})
    source.write_bytes(source.read_bytes()[:-30])
    assert "no whole zip file" in unusable(source)


def test_a_zip_with_a_damaged_list_is_refused(tmp_path: Path) -> None:
    source = zipped(tmp_path / "export.zip", {"watchlist.csv": HEADER + ROWS})
    data = bytearray(source.read_bytes())
    data[50:60] = bytes(10)
    source.write_bytes(data)
    assert "cannot be unpacked" in unusable(source)


@pytest.mark.parametrize(("at", "value", "word"), [(0, 1, "encrypted"), (2, 99, "compression")])
def test_a_zip_that_cannot_be_opened_by_us_is_refused(tmp_path: Path, at: int, value: int, word: str) -> None:
    """The flags and the method of its only member, in both places where a zip has them."""
    source = zipped(tmp_path / "export.zip", {"watchlist.csv": HEADER + ROWS})
    data = bytearray(source.read_bytes())
    data[6 + at] = value
    data[data.index(b"PK\x01\x02") + 8 + at] = value
    source.write_bytes(data)
    assert word in unusable(source)


def test_a_zip_bomb_is_not_unpacked(tmp_path: Path) -> None:
    source = zipped(tmp_path / "export.zip", {"watchlist.csv": HEADER + " " * (MAX_BYTES + 1)})
    assert source.stat().st_size < 100_000
    assert "larger than 32 MiB" in unusable(source)


# --- folders


def test_of_several_exports_in_a_folder_the_newest_counts(tmp_path: Path) -> None:
    other = HEADER + "d,Old,1990,https://boxd.it/o1\n"
    aged(zipped(tmp_path / "letterboxd-a.zip", {"watchlist.csv": other}), 300)
    aged(zipped(tmp_path / "letterboxd-b.zip", {"watchlist.csv": HEADER + ROWS}), 100)
    (tmp_path / "unpacked").mkdir()
    (tmp_path / "unpacked" / "watchlist.csv").write_text(other)
    aged(tmp_path / "unpacked" / "watchlist.csv", 200)
    assert read(tmp_path).films == FILMS


def test_an_unpacked_export_is_read_and_not_the_lists_in_it(export: Path) -> None:
    aged(export, 500)
    for folder, text in (("lists", LIST), ("deleted", HEADER), ("orphaned", HEADER), ("likes", HEADER)):
        (export.parent / folder).mkdir()
        (export.parent / folder / "watchlist.csv").write_text(text)
    assert read(export.parent).films == FILMS


def test_a_folder_that_is_itself_called_like_one_of_an_export_is_read(tmp_path: Path) -> None:
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "watchlist.csv").write_text(HEADER + ROWS)
    assert read(tmp_path / "lists").films == FILMS


def test_other_zips_beside_it_do_not_count(export: Path) -> None:
    aged(export, 500)
    zipped(export.parent / "photos.zip", {"photo.jpg": "x"})
    assert read(export.parent).films == FILMS


def test_a_newest_export_that_is_broken_does_not_hand_over_to_an_older_one(export: Path) -> None:
    aged(export, 500)
    (export.parent / "letterboxd-new.zip").write_bytes(b"PK\x03\x04 half of it")
    assert "letterboxd-new.zip is no whole zip file" in unusable(export.parent)


def test_a_folder_without_an_export_is_refused(tmp_path: Path) -> None:
    (tmp_path / "films.csv").write_text(HEADER + ROWS)
    assert "no watchlist.csv in this folder" in unusable(tmp_path)


# --- what is known of the films


def test_a_row_is_all_that_is_known_of_a_film_whose_page_was_never_read(export: Path) -> None:
    watchlist = ExportWatchlist(export, export.parent / "state")
    film, _ = watchlist.read_watchlist().films
    assert watchlist.known_facts(film) is None
    assert watchlist.facts(film) == FilmFacts(title="Alien", year=1979, lid="2awY")
    assert watchlist.online is False


def test_what_an_earlier_reading_by_the_web_knew_is_used(export: Path) -> None:
    facts = FilmFacts(title="Alien", year=1979, lid="2awY", film_id="7", imdb_id="tt0078748")
    (export.parent / "films.json").write_bytes(msgspec.json.encode({"7": facts}))
    watchlist = ExportWatchlist(export, export.parent)
    assert watchlist.facts(FILMS[0]) == watchlist.known_facts(FILMS[0]) == facts
