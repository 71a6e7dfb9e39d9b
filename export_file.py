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
from collections.abc import Callable
from pathlib import Path

from film_store import FilmStore
from movie import FilmFacts, ListedFilm
from reading import Outcome, Reading, films_text

COLUMNS = ("Name", "Year", "Letterboxd URI")
MAX_BYTES = 32 * 2**20
_MEMBER = "watchlist.csv"
_LINK = re.compile(r"https?://(?:boxd\.it/(?P<lid>\w+)|(?:www\.)?letterboxd\.com/film/(?P<slug>[\w-]+))/?")


class NotAnExport(ValueError):
    """The file is no watchlist of an export; the text says why."""


class ExportWatchlist:
    """Takes the place of `LetterboxdWatchlistMonitor` where `watchlist_source` is a path."""

    online = False

    def __init__(
        self, source: Path, username: str | None, folder: Path, now: Callable[[], float] = time.time
    ) -> None:
        self._source = source
        self._owner = (username or "export").lower()
        self._films = FilmStore(folder / "films.json")
        self._now = now

    def read_watchlist(self) -> Reading:
        """Read the newest export. It is complete if its header and each of its rows can be read."""
        try:
            films, broken = parse_rows(read_export(self._source))
        except (OSError, NotAnExport, zipfile.BadZipFile) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            return self._reading(Outcome.UNAVAILABLE, (), f"cannot be used ({reason})")
        if broken:
            lines = ", ".join(map(str, broken[:5]))
            return self._reading(
                Outcome.PARTIAL,
                films,
                f"was read in part: line {lines} cannot be read. The others are wanted",
            )
        outcome = Outcome.COMPLETE if films else Outcome.EMPTY
        return self._reading(outcome, films, f"was read in full: {films_text(len(films))}")

    def facts(self, film: ListedFilm) -> FilmFacts:
        """What is known of the film: from its page if that was ever read, else what its row says."""
        return self._films.find(film) or FilmFacts(
            title=film.title, year=film.year, lid=film.lid, slug=film.slug
        )

    def known_facts(self, film: ListedFilm) -> FilmFacts | None:
        """What an earlier reading by the web knew."""
        return self._films.find(film)

    def _reading(self, outcome: Outcome, films: tuple[ListedFilm, ...], text: str) -> Reading:
        return Reading(
            outcome=outcome,
            owner=self._owner,
            path="watchlist",
            films=films,
            promised=len(films) if outcome in {Outcome.COMPLETE, Outcome.EMPTY} else None,
            message=f"The export {self._source} (watchlist_source) {text}.",
            error=None,
            read_at=int(self._now()),
        )


def read_export(source: Path) -> str:
    """The text of the export's watchlist. Raises `OSError`, `NotAnExport`, `zipfile.BadZipFile`."""
    path = newest_export(source) if source.is_dir() else source
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if name.rpartition("/")[2] == _MEMBER]
            # The export holds deleted and orphaned lists too, deeper down; the real one is the shallowest.
            if not names:
                raise NotAnExport(f"{path.name} holds no {_MEMBER}")
            with archive.open(min(names, key=lambda name: name.count("/"))) as member:
                data = member.read(MAX_BYTES + 1)
    else:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise NotAnExport(f"it is larger than {MAX_BYTES >> 20} MiB")
    return data.decode("utf-8-sig", errors="replace")


def newest_export(folder: Path) -> Path:
    """The newest zip or `watchlist.csv` in a folder of exports."""
    found = [*folder.glob("*.zip"), *folder.glob(_MEMBER), *folder.glob(f"*/{_MEMBER}")]
    if not found:
        raise NotAnExport(f"no zip and no {_MEMBER} in this folder")
    return max(found, key=lambda path: (path.stat().st_mtime_ns, path.name))


def parse_rows(text: str) -> tuple[tuple[ListedFilm, ...], list[int]]:
    """The films in file order, and the numbers of the lines that are no film. Raises `NotAnExport`."""
    reader = csv.DictReader(io.StringIO(text, newline=""))
    missing = [column for column in COLUMNS if column not in (reader.fieldnames or ())]
    if missing:
        raise NotAnExport(f"its first line lacks the column {missing[0]}")
    films: dict[tuple[str | None, ...], ListedFilm] = {}
    broken = []
    try:
        for row in reader:
            film = _film(row)
            if film is None:
                broken.append(reader.line_num)
            else:
                films.setdefault((film.lid, film.slug, film.title, str(film.year)), film)
    except csv.Error as error:
        raise NotAnExport(f"line {reader.line_num}: {error}") from None
    return tuple(films.values()), broken


def _film(row: dict[str, str | None]) -> ListedFilm | None:
    name, year, link = ((row.get(column) or "").strip() for column in COLUMNS)
    match = _LINK.fullmatch(link)
    if not name or None in row or (year and not re.fullmatch(r"\d{4}", year)) or (link and match is None):
        return None
    return ListedFilm(
        title=name,
        year=int(year) if year else None,
        lid=match["lid"] if match else None,
        slug=match["slug"] if match else None,
    )
