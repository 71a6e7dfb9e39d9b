"""Entries with an index, and the search among them: by hash, by id, by title and year.

Pure, for any thread. Finds those that may be the wanted film; `library_match` then decides.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from rapidfuzz import fuzz, process

from library_match import Entry, Proof, Wanted
from movie import FilmFacts, Movie
from names import ALIKE, SHORT_TITLE, imdb_number


@dataclass(frozen=True, slots=True)
class Match:
    """An entry that is the film, and what proves it."""

    entry: Entry
    proof: Proof


def find_entry(
    movie: Movie,
    *among: Iterable[Entry],
    facts: FilmFacts | None = None,
    name_proves: bool = True,
    exact_year: bool = False,
    without: Collection[str] = (),
) -> Entry | None:
    """The entry that is this film, the best proven one. The arguments are those of `find_all`."""
    found = find_all(
        movie, *among, facts=facts, name_proves=name_proves, exact_year=exact_year, without=without
    )
    return found[0].entry if found else None


def find_all(
    movie: Movie,
    *among: Iterable[Entry],
    facts: FilmFacts | None = None,
    name_proves: bool = True,
    exact_year: bool = False,
    without: Collection[str] = (),
) -> tuple[Match, ...]:
    """All entries that are this film, the best proven ones first.

    `facts` are what the film's page says. With `name_proves` false (another film has its title and year) only
    ids count; with `exact_year` (another film has its title) a name counts only with its very year. Torrents
    by one of the hashes `without`, and their files, are not there.
    """
    wanted = Wanted(movie, facts, name_proves=name_proves, exact_year=exact_year)
    gone = frozenset(one.lower() for one in without)
    content = tuple(_contents(gone, among)) if gone else ()
    found = [
        Match(entry, proof)
        for entries in among
        for entry in (entries.likely(wanted) if isinstance(entries, Entries) else entries)
        if (proof := wanted.proof(entry)) is not None and not _is_gone(entry, gone, content)
    ]
    return tuple(sorted(found, key=lambda match: match.proof))


def _contents(gone: frozenset[str], among: Iterable[Iterable[Entry]]) -> Iterator[str]:
    for entries in among:
        yield from (entry.content for entry in entries if entry.content and entry.known_as() & gone)


def _is_gone(entry: Entry, gone: frozenset[str], content: tuple[str, ...]) -> bool:
    """Whether it is a torrent that is left out, or lies where the files of one lie."""
    if entry.known_as() & gone:
        return True
    return not entry.torrent_hash and any(
        f"{entry.where}/".startswith(f"{path}/") or f"{path}/".startswith(f"{entry.where}/")
        for path in content
    )


class Entries(tuple[Entry, ...]):
    """Entries with an index, so that a thousand films can be looked for among thousands of entries."""

    def likely(self, wanted: Wanted) -> Iterator[Entry]:
        """The entries among which the film is, if it is there, in their order."""
        return (self[at] for at in sorted(self._index.likely(wanted)))

    @cached_property
    def _index(self) -> "_Index":
        return _Index(self)


class _Index:
    """Where in a sequence entries of a hash, an id, a title, or a year and about that title are."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._by_hash: dict[str, list[int]] = {}
        self._by_imdb: dict[int | None, list[int]] = {}
        self._by_tmdb: dict[int | None, list[int]] = {}
        self._by_key: dict[str, dict[int | None, list[int]]] = {}
        self._by_year: dict[int, dict[str, list[int]]] = {}
        for at, entry in enumerate(entries):
            self._add(at, entry)

    def _add(self, at: int, entry: Entry) -> None:
        for one in entry.known_as():
            self._by_hash.setdefault(one, []).append(at)
        for found in entry.ids:
            self._by_imdb.setdefault(imdb_number(found), []).append(at)
        for found in entry.tmdb_ids:
            self._by_tmdb.setdefault(imdb_number(found), []).append(at)
        for claim in entry.reading.claims:
            year = entry.year_of(claim)
            self._by_key.setdefault(claim.key, {}).setdefault(year, []).append(at)
            if claim.whole and year and len(claim.key) > SHORT_TITLE:
                self._by_year.setdefault(year, {}).setdefault(claim.plain, []).append(at)

    def likely(self, wanted: Wanted) -> set[int]:
        found = {at for one in wanted.hashes for at in self._by_hash.get(one, ())}
        if wanted.imdb is not None:
            found.update(self._by_imdb.get(wanted.imdb, ()))
        if wanted.tmdb is not None:
            found.update(self._by_tmdb.get(wanted.tmdb, ()))
        for years in filter(None, map(self._by_key.get, (*wanted.titles, *wanted.pairs))):
            for year in wanted.near_years if wanted.years else years:
                found.update(years.get(year, ()))
        for year in wanted.years:
            found.update(self._alike(wanted.own_plains, self._by_year.get(year, {})))
        return found

    @staticmethod
    def _alike(titles: Iterable[str], among: Mapping[str, list[int]]) -> Iterator[int]:
        """Those of one year whose titles may be one of `titles`, misspelt."""
        for title in titles:
            if len(title) > SHORT_TITLE:
                found = process.extract(
                    title, among.keys(), scorer=fuzz.ratio, score_cutoff=ALIKE, limit=None
                )
                yield from (at for about, _, _ in found for at in among[about])
