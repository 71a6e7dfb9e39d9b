"""The labelled pairs of tests/labelled/library.tsv: what lies there, a film, whether it is that one."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from library import Entries, Entry, film_entries
from movie import FilmFacts, Movie

PAIRS = Path(__file__).parent / "labelled" / "library.tsv"
SAME, OTHER = "same", "other"


@dataclass(frozen=True)
class Pair:
    """One line. `things` are paths below a library directory, or torrents."""

    line: int
    things: tuple[str, ...]
    movie: Movie
    facts: FilmFacts
    same: bool

    def __str__(self) -> str:
        return f"line {self.line}: {' | '.join(self.things)} as {self.movie.label}"


def pairs(path: Path = PAIRS) -> tuple[Pair, ...]:
    """All pairs of the collection."""
    return tuple(_read(path))


def _read(path: Path) -> Iterator[Pair]:
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), start=1):
        if not line or line.startswith("#"):
            continue
        things, title, year, verdict, *more = line.split("\t")
        assert verdict in (SAME, OTHER), line
        original, others, ids = (*more, "", "", "")[:3]
        imdb = next((one for one in ids.split() if one.startswith("tt")), None)
        movie = Movie(title=title, year=int(year), original_title=original or None, imdb_id=imdb)
        facts = FilmFacts(
            title=title,
            year=int(year),
            imdb_id=imdb,
            tmdb_id=next((one for one in ids.split() if one.isdigit()), None),
            original_title=original or None,
            # A page lists titles divided by commas.
            alternative_titles=tuple(", ".join(others.split(" ; ")).split(", ")) if others else (),
        )
        yield Pair(number, tuple(things.split(" | ")), movie, facts, verdict == SAME)


def entries_in(things: tuple[str, ...], root: Path) -> Entries:
    """The entries of what `things` name, put on the disk below `root` where they are no torrents."""
    root.mkdir(exist_ok=True)
    found = []
    for thing in things:
        kind, _, name = thing.partition(": ")
        if kind == "torrent":
            found.append(Entry(name, f"qBittorrent: {name}", "a" * 40))
        else:
            _put(root, thing)
    return Entries((*found, *film_entries(root)))


def _put(root: Path, thing: str) -> None:
    name, given, text = thing.partition(" :=")
    path = root / name
    if name.endswith("/"):
        path.mkdir(parents=True, exist_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text.strip() if given else "film", encoding="utf-8")
