"""What `--import` reads: a Letterboxd export, or a text file that names one film a line.

Turns a file into films that are wanted by hand. Asks nobody and writes nothing: what is known of a film is
told by the caller. A line that names no film is handed back with what to write in its place, and keeps no
other one from being read. Called by the main thread of a command.
"""

import codecs
import csv
import dataclasses
import io
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace

from export_file import MAX_BYTES, NotAnExport, read_export, read_rows
from identity import listed
from movie import MANUAL_LIST, FilmFacts, ListedFilm, Movie

TAKES = (
    "What can be imported: a Letterboxd export (watchlist.csv, the zip with it, a folder of exports, or an "
    "exported list), or a text file with one film a line."
)
LONGEST_LINE, LONGEST_SAID = 1000, 60
_LIST_EXPORT = "Letterboxd list export"
_LINK_COLUMNS = ("Letterboxd URI", "URL")
_ENTRY_COLUMN = "Watched Date"
"""Stands in the files of diary and reviews, whose short links lead to the entry and not to the film."""

_BY_TITLE = 'write "Title (Year)", e.g. "The Matrix (1999)"'
_BY_ADDRESS = f"no film's address: take its page on Letterboxd or IMDb, or {_BY_TITLE}"
_BY_SHORT_LINK = (
    "a short link says nothing by itself, and no film with it is known: take the address of the film's page, "
    f"or {_BY_TITLE}"
)
_BY_ROW = "write it like the other rows: name, year in four digits, and the film's link"
_AS_UTF_8 = "not UTF-8: save the file in that encoding, or write the line anew"

_IMDB = re.compile(
    r"(?i)(?:(?:https?://)?(?:\w+\.)?imdb\.com/(?:\w\w(?:-\w\w)?/)?title/)?(?P<id>tt[0-9]{7,10})(?:[/?#]\S*)?"
)
_PAGE = re.compile(
    r"(?i)(?:https?://)?(?:www\.)?letterboxd\.com/(?:[\w-]+/)?film/(?P<slug>[\w-]+)(?:[/?#]\S*)?", re.ASCII
)
_SHORT_LINK = re.compile(r"(?i:(?:https?://)?(?:www\.)?boxd\.it/)(?P<lid>[A-Za-z0-9]+)/?")
_TITLE_YEAR = re.compile(r"(?P<title>.*\S)\s*\((?P<year>(?:18|19|20)[0-9]{2})\)")
_NO_TITLE = re.compile(r"://|[\x00-\x1f\x7f-\x9f\ufffd]")
_BULLET = re.compile(r"^[-*+•–]\s+")
_NUMBER = re.compile(r"(?P<number>[0-9]{1,4})[.)]\s+")

Known = Callable[[ListedFilm], FilmFacts | None]


class NotImportable(ValueError):
    """Nothing of the file can be imported; the text says which file, why, and what can be."""


@dataclass(frozen=True)
class Line:
    """A line of the file: the film it names, and what to write in its place where it names none."""

    number: int
    text: str
    film: ListedFilm | None
    mend: str

    def __str__(self) -> str:
        said = self.text if len(self.text) <= LONGEST_SAID else f"{self.text[:LONGEST_SAID]}…"
        return f"line {self.number}: {said!r}: {self.mend}"


@dataclass(frozen=True)
class Wishes:
    """What a file asks for, in its order; a film that stands there twice is in `movies` twice."""

    movies: tuple[Movie, ...]
    unreadable: tuple[Line, ...]


def read_wishes(source: Path, known: Known) -> Wishes:
    """Read a file or a folder of exports; `known` tells what is known of a film. Raises `NotImportable`."""
    try:
        lines = list(_lines(_text(source)))
    except NotAnExport as error:
        raise NotImportable(f"{source}: {error}. {TAKES}") from error
    except OSError as error:
        raise NotImportable(
            f"{source}: cannot be read ({error.strerror}): check the path and its permissions."
        ) from error
    if not lines:
        raise NotImportable(f"{source}: there is no film in it. {TAKES}")
    movies: list[Movie] = []
    unreadable: list[Line] = []
    for line in lines:
        movie = wish(line.film, known) if line.film else None
        if movie is None or not movie.title:
            unreadable.append(line)
        else:
            movies.append(movie)
    return Wishes(tuple(movies), tuple(unreadable))


def wish(film: ListedFilm, known: Known) -> Movie:
    """A film as one that is wanted by hand; without a title if it has none and nobody knows it."""
    movie = replace(listed(film, MANUAL_LIST), imdb_id=film.imdb_id)
    facts = known(film)
    if facts is None:
        return movie
    return replace(
        movie,
        title=facts.title,
        year=facts.year or film.year,
        original_title=facts.original_title,
        director=", ".join(facts.directors),
        imdb_id=facts.imdb_id or film.imdb_id,
        film_id=facts.film_id,
        lid=film.lid or facts.lid,
        slug=film.slug or facts.slug,
    )


def by_imdb_id(text: str) -> ListedFilm | None:
    """The film of an IMDb id or address. Until its page is read the id stands for the title."""
    match = _IMDB.fullmatch(text.strip())
    return ListedFilm(match["id"].lower(), imdb_id=match["id"].lower()) if match else None


def by_title(text: str) -> ListedFilm | None:
    """The film of a "Title (Year)"."""
    match = _TITLE_YEAR.fullmatch(text.strip())
    return ListedFilm(match["title"], int(match["year"])) if match else None


# --- the text of a file ----------------------------------------------------------------------------------


def _text(source: Path) -> str:
    """The whole text. Raises `OSError`, `NotAnExport`."""
    if source.is_dir() or source.suffix.casefold() == ".zip" or _is_zip(source):
        return read_export(source)[1]
    with source.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise NotAnExport(f"it is larger than {MAX_BYTES >> 20} MiB")
    wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    text = data.decode("utf-16" if wide else "utf-8-sig", errors="replace")
    if "\0" in text:
        raise NotAnExport("it is no text, or in an encoding other than UTF-8")
    return text


def _is_zip(source: Path) -> bool:
    # A pipe can be read only once, and a device may have no end to look for.
    return source.is_file() and zipfile.is_zipfile(source)


def _lines(text: str) -> Iterator[Line]:
    """What stands for a film, or should. Raises `NotAnExport`."""
    is_list = text.lstrip().startswith(_LIST_EXPORT)
    table = _table(text, is_list)
    if table is not None:
        return _rows(table)
    if is_list:
        raise NotAnExport("it is an exported list without the rows of its films")
    return _entries(text)


# --- exports ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Table:
    """Rows of films from their header on, and how many lines stand before it."""

    text: str
    before: int
    header: tuple[str, ...]


def _table(text: str, is_list: bool) -> Table | None:
    """The rows of an export. In an exported list they come after a table about the list itself."""
    stream = io.StringIO(text, newline="")
    reader = csv.reader(stream)
    start = before = 0
    try:
        for cells in reader:
            if {"Name", "Year"} <= set(cells):
                return Table(text[start:], before, tuple(cells))
            if cells and not is_list:
                return None
            start, before = stream.tell(), reader.line_num
    except csv.Error:
        return None
    return None


def _rows(table: Table) -> Iterator[Line]:
    link = next((column for column in _LINK_COLUMNS if column in table.header), _LINK_COLUMNS[0])
    texts = list(io.StringIO(table.text, newline=None))
    for number, row in read_rows(table.text, ("Name", "Year", link)):
        film = row
        if film is not None and _ENTRY_COLUMN in table.header:
            film = dataclasses.replace(film, lid=None)
        if film is not None and not (film.year or film.lid or film.slug):
            film = None
        text = texts[number - 1].strip()
        yield Line(table.before + number, text, film, _AS_UTF_8 if "\ufffd" in text else _BY_ROW)


# --- lists written by hand -------------------------------------------------------------------------------


def _entries(text: str) -> Iterator[Line]:
    # Files put one after the other bring their marks with them.
    plain = (line.replace("\ufeff", "").strip() for line in io.StringIO(text, newline=None))
    lines = [(number, line) for number, line in enumerate(plain, 1) if line and not line.startswith("#")]
    bare = _bare([line for _, line in lines])
    for (number, line), words in zip(lines, bare, strict=True):
        film = _named(words) if len(line) <= LONGEST_LINE else None
        yield Line(number, line, film, _mend(line))


def _bare(lines: Sequence[str]) -> Iterator[str]:
    """The lines without bullets and quotes. A number that counts nothing may well begin a title."""
    matches = [_NUMBER.match(line) for line in lines]
    numbered = len(lines) - matches.count(None)
    is_numbered, last = numbered > 1 and 2 * numbered >= len(lines), 0
    for line, match in zip(lines, matches, strict=True):
        words = _BULLET.sub("", line, count=1)
        if match and (is_numbered or int(match["number"]) in {1, last + 1}):
            words, last = line[match.end() :], int(match["number"])
        if len(words) > 1 and words[0] == words[-1] == '"':
            words = words[1:-1]
        yield " ".join(words.split())


def _named(text: str) -> ListedFilm | None:
    """The film that a text names; one that is known by its short link alone has no title."""
    if match := _PAGE.fullmatch(text):
        slug = match["slug"].lower()
        # Words of the slug are a poor title, but the film is wanted: its page will tell the real one.
        return ListedFilm(slug.replace("-", " "), slug=slug)
    if match := _SHORT_LINK.fullmatch(text):
        return ListedFilm("", lid=match["lid"])
    return by_imdb_id(text) or (None if _NO_TITLE.search(text) else by_title(text))


def _mend(line: str) -> str:
    if "\ufffd" in line:
        return _AS_UTF_8
    if re.search(r"(?i)\bboxd\.it/", line):
        return _BY_SHORT_LINK
    return _BY_ADDRESS if re.search(r"(?i)://|\b(?:letterboxd|imdb)\.com/", line) else _BY_TITLE
