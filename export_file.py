"""A Letterboxd export as the watchlist: `watchlist.csv`, the zip that holds it, or a folder of exports.

The export is the way Letterboxd itself offers (Settings, Data). Reads files only, asks nobody: a row holds
title, year and the film's short link, no IMDb id, so its films are searched for by name. Called by the
monitor thread.
"""

import csv
import io
import re
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from msgspec.structs import replace

from diary_feed import Watched
from film_store import FilmStore, film_key
from list_memory import EXPORT, ListMemory, Lists
from movie import FilmFacts, ListedFilm
from reading import Outcome, Reading, films_text
from shortcut import proven_in_full

COLUMNS = ("Name", "Year", "Letterboxd URI")
MAX_BYTES = 32 * 2**20
_MEMBER = "watchlist.csv"
_OTHER_LISTS = frozenset({"deleted", "orphaned", "lists", "likes"})
"""Folders of an export, which may hold a list of that name that is not the watchlist."""
_UNREADABLE_ZIP = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError)
"""What `zipfile` raises for a damaged, an encrypted (RuntimeError) or an unknown kind of archive."""
_LINK = re.compile(r"https?://(?:boxd\.it/(?P<lid>\w+)|(?:www\.)?letterboxd\.com/film/(?P<slug>[\w-]+))/?")


class NotAnExport(ValueError):
    """The file is no watchlist of an export; the text says why."""


class ExportWatchlist:
    """Takes the place of `LetterboxdWatchlistMonitor` where `watchlist_source` is a path.

    Another path is another list, so that changing the source removes nothing.
    """

    online = False

    def __init__(self, source: Path, folder: Path, now: Callable[[], float] = time.time) -> None:
        self._source = source
        self._path = f"{EXPORT}{source}"
        self._films = FilmStore(folder / "films.json")
        self._lists = Lists(folder)
        self._now = now

    def read_watchlist(self, is_known: Callable[[str], bool] = lambda key: True) -> Reading:
        """Read the newest export. It is complete if its header and each of its rows can be read.

        One that is older than what was last read on the web, or than the export before, is stale.
        """
        before = self._lists.get(self._path)
        try:
            path, text = read_export(self._source)
            films, broken = parse_rows(text)
            written_at = path.stat().st_mtime
        except (OSError, NotAnExport) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            return self._reading(
                Outcome.UNAVAILABLE,
                (),
                f"cannot be used ({reason}): correct the path, or put a newer export there",
                before,
            )
        if broken:
            lines = ", ".join(map(str, broken[:5]))
            return self._reading(
                Outcome.PARTIAL,
                films,
                f"was read in part: line {lines} cannot be read. The others are wanted",
                before,
            )
        stale = written_at < max(self._lists.web_read_at(), before.written_at)
        older = ". It is older than what was read before, so it removes nothing" if stale else ""
        outcome = Outcome.COMPLETE if films else Outcome.EMPTY
        text = f"was read in full: {films_text(len(films))}{older}"
        reading = self._reading(outcome, films, text, before, stale=stale)
        self._lists.change(self._path, lambda memory: self._remembered(memory, reading, int(written_at)))
        return reading

    def _remembered(self, memory: ListMemory, reading: Reading, written_at: int) -> ListMemory:
        memory = replace(memory, written_at=max(memory.written_at, written_at))
        keys = [film_key(film) for film in reading.films]
        proof = f"{len(keys)} of {films_text(len(keys))} in the file"
        return proven_in_full(memory, keys, reading.read_at, proof)

    def facts(self, film: ListedFilm) -> FilmFacts:
        """What is known of the film: from its page if that was ever read, else what its row says."""
        return self._films.find(film) or FilmFacts(
            title=film.title, year=film.year, lid=film.lid, slug=film.slug
        )

    def known_facts(self, film: ListedFilm) -> FilmFacts | None:
        """What an earlier reading by the web knew."""
        return self._films.find(film)

    def is_outdated(self, film: ListedFilm, *, by_time: bool = True) -> bool:
        """Never: no page is asked for."""
        return False

    def failures(self, film: ListedFilm) -> int:
        """None: no page is asked for."""
        return 0

    def failed(self, film: ListedFilm) -> int:
        """Never told."""
        return 0

    def gave_up(self, film: ListedFilm) -> None:
        """Nothing to leave alone."""

    def watched(self) -> tuple[Watched, ...]:
        """Nobody is asked."""
        return ()

    def _reading(
        self,
        outcome: Outcome,
        films: tuple[ListedFilm, ...],
        text: str,
        before: ListMemory,
        *,
        stale: bool = False,
    ) -> Reading:
        return Reading(
            outcome=outcome,
            owner="",
            path=self._path,
            films=films,
            promised=len(films) if outcome in {Outcome.COMPLETE, Outcome.EMPTY} else None,
            message=f"The export {self._source} (watchlist_source) {text}.",
            error=None,
            read_at=int(self._now()),
            before=before,
            stale=stale,
        )


def read_export(source: Path) -> tuple[Path, str]:
    """The file that holds the export, and the text of its watchlist. Raises `OSError`, `NotAnExport`."""
    path = newest_export(source) if source.is_dir() else source
    if path.suffix.casefold() == ".zip" or zipfile.is_zipfile(path):
        data = _read_zip(path)
    else:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise NotAnExport(f"{path.name} is larger than {MAX_BYTES >> 20} MiB")
    return path, data.decode("utf-8-sig", errors="replace")


def newest_export(folder: Path) -> Path:
    """The newest zip with a watchlist or `watchlist.csv` in a folder; zips of other things do not count."""
    found = [*folder.glob("*.zip"), *folder.glob(_MEMBER), *folder.glob(f"*/{_MEMBER}")]
    newest_first = sorted(found, key=lambda path: (path.stat().st_mtime_ns, path.name), reverse=True)
    for path in newest_first:
        if path.suffix == ".zip":
            if _member_of(path):
                return path
        elif path.parent == folder or path.parent.name not in _OTHER_LISTS:
            return path
    raise NotAnExport(f"no zip with a {_MEMBER} and no {_MEMBER} in this folder")


def _read_zip(path: Path) -> bytes:
    name = _member_of(path)
    if name is None:
        raise NotAnExport(f"{path.name} holds no {_MEMBER}")
    try:
        with zipfile.ZipFile(path) as archive, archive.open(name) as member:
            return member.read(MAX_BYTES + 1)
    except _UNREADABLE_ZIP as error:
        raise NotAnExport(f"{path.name} cannot be unpacked: {error}") from error


def _member_of(path: Path) -> str | None:
    """The watchlist's name in a zip: the shallowest one, apart from lists that are called the same."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = [name.split("/") for name in archive.namelist()]
    except _UNREADABLE_ZIP as error:
        # A half-downloaded export must not hand over to an older one without a word.
        raise NotAnExport(f"{path.name} is no whole zip file: {error}") from error
    lists = ["/".join(way) for way in parts if way[-1] == _MEMBER and not _OTHER_LISTS & set(way[-2:-1])]
    return min(lists, key=lambda name: name.count("/"), default=None)


def parse_rows(text: str) -> tuple[tuple[ListedFilm, ...], list[int]]:
    """The films in file order, and the numbers of the lines that are no film. Raises `NotAnExport`."""
    films: dict[str | tuple[str, int | None], ListedFilm] = {}
    broken = []
    for line, film in read_rows(text):
        if film is None:
            broken.append(line)
        else:
            films.setdefault(film.lid or film.slug or (film.title, film.year), film)
    return tuple(films.values()), broken


def read_rows(text: str, columns: tuple[str, str, str] = COLUMNS) -> Iterator[tuple[int, ListedFilm | None]]:
    """The film of each row (None: it is none), with the number of its last line. Raises `NotAnExport`.

    `columns` are those of name, year and link.
    """
    reader = csv.DictReader(io.StringIO(text, newline=""))
    missing = [column for column in columns if column not in (reader.fieldnames or ())]
    if missing:
        raise NotAnExport(f"its first line lacks the column {missing[0]}")
    try:
        for row in reader:
            yield reader.line_num, _film(row, columns)
    except csv.Error as error:
        raise NotAnExport(f"line {reader.line_num}: {error}") from None


def _film(row: dict[str, str | None], columns: tuple[str, str, str]) -> ListedFilm | None:
    if None in row or None in row.values():  # too many cells, or too few: a line cut short is no film
        return None
    name, year, link = ((row[column] or "").strip() for column in columns)
    match = _LINK.fullmatch(link)
    if _garbled(name) or (year and not re.fullmatch("[0-9]{4}", year)) or (link and match is None):
        return None
    return ListedFilm(
        title=name,
        year=int(year) if year else None,
        lid=match["lid"] if match else None,
        slug=match["slug"] if match else None,
    )


def _garbled(name: str) -> bool:
    """No name, one that was not UTF-8, or a quote that was never closed and ran on over further lines."""
    return not name or "\ufffd" in name or "\n" in name
