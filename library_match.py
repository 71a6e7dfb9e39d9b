"""The rule by which something that exists is the wanted film.

Pure, for any thread. Ids decide, both ways; without one the guarded rule about title and year does. A wrong
"have it" is the worse mistake of the two, as that film is silently never fetched: every doubt is a "no".
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from itertools import product
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Protocol

from library_names import is_video_name
from library_titles import Claim, NameReading, has_article, read_film_name
from movie import FilmFacts, Movie
from names import SHORT_TITLE, imdb_number, key_of, misspelt, plain_title, read_name, title_forms
from release_names import NO_FILM, Anchor, spaced

_SHORTEST_ALIAS = 5
_TELLING = 8
_MANY_WORDS = 3
_NO_FILM_ON_DISK = ("series", "extras", "sample")
_ARTICLE = re.compile(
    r"^(?:(?:der|die|das|les?|la|el|los|las|il|lo|gli|une?|een|het|de|den|det)\s|l['’])", re.IGNORECASE
)
_POSSESSED = re.compile(r"(?:['’]s|s['’])\s+(.+)$")
_NO_VIDEO = re.compile(
    r" (?:epub|mobi|azw3?|pdf|cb[rz]|m4b|audiobook|discography|gog|fitgirl|dodi|codex|skidrow|plaza|xbox"
    r"|ps[345]|nsp) $| (?:epub|mobi|azw3|audiobook|fitgirl) "
)


class Proof(IntEnum):
    """Why an entry is the film; the strongest comes first."""

    TORRENT = 0
    ID = 1
    NAME = 2


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of an entry besides its name: by the folder around it, by an `.nfo`. `ids` are IMDb's."""

    ids: tuple[str, ...] = ()
    tmdb_ids: tuple[str, ...] = ()
    year: int | None = None


NOTHING = Told()


@dataclass(frozen=True, slots=True)
class Entry:
    """A film-like thing that exists: a folder, a file or a torrent, by its name.

    `where` is its path, or words about a torrent, for messages. A torrent has a hash, maybe other `hashes` it
    goes by, and the path of its `content` on this machine, if that is known.
    """

    name: str
    where: str
    torrent_hash: str | None = None
    tags: frozenset[str] = frozenset()
    hashes: frozenset[str] = frozenset()
    content: str | None = None
    told: Told = NOTHING

    @property
    def reading(self) -> NameReading:
        """The name taken apart."""
        return read_film_name(self.name)

    @property
    def ids(self) -> tuple[str, ...]:
        """Its IMDb ids; those in its name before others."""
        return self.reading.ids or self.told.ids

    @property
    def tmdb_ids(self) -> tuple[str, ...]:
        """Its TMDb ids; those in its name before others."""
        return self.reading.tmdb_ids or self.told.tmdb_ids

    def known_as(self) -> frozenset[str]:
        """The hashes it goes by; none unless it is a torrent."""
        return self.hashes | {self.torrent_hash.lower()} if self.torrent_hash else self.hashes

    def year_of(self, claim: Claim) -> int | None:
        """The year that goes with one of its claims."""
        return claim.year or self.told.year


class Torrent(Protocol):
    """What is read of a torrent in qBittorrent."""

    @property
    def hash(self) -> str:
        """qBittorrent's own id of it."""

    @property
    def name(self) -> str:
        """The name that qBittorrent shows, which a user may have changed."""

    @property
    def tags(self) -> frozenset[str]:
        """Its tags."""

    @property
    def content_path(self) -> str:
        """Where its file or folder is to lie, as qBittorrent sees it."""

    @property
    def infohash_v1(self) -> str:
        """Its v1 hash, or nothing."""

    @property
    def infohash_v2(self) -> str:
        """Its v2 hash, or nothing."""


def torrent_entry(torrent: Torrent, content: Path | None = None) -> Entry:
    """A torrent as an entry, complete or not; `content` is where its files lie, if not where it says."""
    ids = {torrent.infohash_v1, torrent.infohash_v2, torrent.infohash_v2[:40]}
    return Entry(
        _telling_name(torrent),
        f"qBittorrent: {torrent.name}",
        torrent.hash,
        torrent.tags,
        frozenset(one.lower() for one in ids if one),
        str(content) if content is not None else torrent.content_path or None,
    )


def _telling_name(torrent: Torrent) -> str:
    """Its name; that of its files if only this one has a year or an id."""
    kind = PurePosixPath if torrent.content_path.startswith("/") else PureWindowsPath
    path = kind(torrent.content_path)
    files = path.stem if is_video_name(path.name) else path.name
    given, own = read_film_name(torrent.name), read_film_name(files)
    says_more = (own.year or own.ids) and not (given.year or given.ids)
    return files if says_more else torrent.name


@dataclass(frozen=True, slots=True)
class _Title:
    plain: str
    own: bool
    """Its title or original title, and not one more that the page lists."""
    article: bool


class Wanted:
    """A wanted film, made ready for comparing it with many entries."""

    def __init__(
        self,
        movie: Movie,
        facts: FilmFacts | None = None,
        *,
        name_proves: bool = True,
        exact_year: bool = False,
    ) -> None:
        self._exact_year = exact_year
        self.hashes = frozenset({movie.torrent_hash.lower()} if movie.torrent_hash else ())
        self.imdb = imdb_number(movie.imdb_id or (facts.imdb_id if facts else None))
        self.tmdb = imdb_number(facts.tmdb_id if facts else None)
        self.years = frozenset(_years(movie, facts))
        self.near_years = {None, *(year + apart for year in self.years for apart in (-1, 0, 1))}
        self.titles: dict[str, list[_Title]] = {}
        self.pairs: set[str] = set()
        if name_proves and not (movie.untitled or movie.unread):
            self._name(movie, facts)

    def _name(self, movie: Movie, facts: FilmFacts | None) -> None:
        said = [movie.title, movie.original_title, facts and facts.title, facts and facts.original_title]
        titles = tuple(dict.fromkeys(title for title in said if title))
        for form in (form for title in titles for form in title_forms(title)):
            self._add(plain_title(form), own=True, article=has_article(form))
        own_keys = tuple(self.titles)
        possessed = {plain_title(found[1]) for title in titles for found in _POSSESSED.finditer(title)}
        others = _other_plains(titles, facts.alternative_titles if facts else ())
        for plain in others:
            if _tells(plain, possessed):
                self._add(plain, own=False)
        # "Иди и смотри Come and See": two titles in one name.
        for one, other in product(own_keys, tuple(self.titles)):
            if one != other:
                self.pairs |= {one + other, other + one}

    def _add(self, plain: str, *, own: bool, article: bool = False) -> None:
        known = self.titles.setdefault(key_of(plain), [])
        if plain not in (title.plain for title in known):
            known.append(_Title(plain, own, article))

    @cached_property
    def own_plains(self) -> tuple[str, ...]:
        """The plain forms that may be misspelt."""
        return tuple(title.plain for titles in self.titles.values() for title in titles if title.own)

    def proof(self, entry: Entry) -> Proof | None:
        """Why the entry is this film; None if it is another one, or may be."""
        if self.hashes and self.hashes & entry.known_as():
            return Proof.TORRENT
        verdicts = {_agree(self.imdb, entry.ids), _agree(self.tmdb, entry.tmdb_ids)} - {None}
        if verdicts == {True}:
            return Proof.ID
        # Ids that contradict each other prove nothing: the name has to.
        by_name = verdicts != {False} and self._named_by(entry) and not _is_no_film(entry)
        return Proof.NAME if by_name else None

    def _named_by(self, entry: Entry) -> bool:
        return any(self._is(claim, entry.year_of(claim)) for claim in entry.reading.claims)

    def _is(self, claim: Claim, year: int | None) -> bool:
        apart = min((abs(year - own) for own in self.years), default=None) if year else None
        if (apart is not None and apart > 1) or (self._exact_year and apart != 0):
            return False
        if any(_agree_on(claim, title, apart) for title in self.titles.get(claim.key, ())):
            return True
        if apart != 0 or not claim.whole:
            return False
        return claim.key in self.pairs or any(misspelt(plain, claim.plain) for plain in self.own_plains)


def _agree_on(claim: Claim, title: _Title, apart: int | None) -> bool:
    """Whether a claim of the same key is enough for a title; `apart` are the years between them, if known."""
    if apart == 0:
        return claim.whole or title.own or len(claim.key) > SHORT_TITLE
    words, letters = claim.plain.count(" ") + 1, len(claim.key)
    if apart is None:
        same = title.plain == claim.plain or letters >= _TELLING
        return same and ((claim.whole and title.own) or (words > 1 and letters >= _TELLING))
    if title.plain != claim.plain:
        return False
    if words >= _MANY_WORDS:
        return (claim.whole and title.own) or letters >= _TELLING
    # "Crush" of 1992 is not "The Crush" of 1993.
    return claim.whole and title.own and claim.article == title.article


def _other_plains(own: Sequence[str], listed: Sequence[str]) -> Iterator[str]:
    """The plain forms of what else a film may be called: by its page, before an "or", without the article.

    A page lists titles divided by commas, so that one with a comma comes in pieces: neighbours are also taken
    together. (`names.whole_titles` does the same before folding, which takes three times as long.)
    """
    plains = [plain_title(title) for title in listed]
    yield from plains
    for count in (2, 3):
        yield from (" ".join(plains[at : at + count]) for at in range(len(plains) - count + 1))
    for title in (*own, *listed):
        if not title.isascii():
            yield from map(plain_title, title_forms(title)[1:])
        bare = _ARTICLE.sub("", title)
        if " " in bare and bare != title:
            yield plain_title(bare)
    yield from map(plain_title, _heads(own))


def _years(movie: Movie, facts: FilmFacts | None) -> Iterator[int]:
    """The year of the film; and that of its release where that is the next one, as it often is on disks."""
    year = movie.year or (facts.year if facts else None)
    if year:
        yield year
        if facts and facts.released and facts.released[:4] == str(year + 1):
            yield year + 1


def _heads(titles: Iterable[str]) -> Iterator[str]:
    """What stands before "or" in "Birdman or (The Unexpected Virtue of Ignorance)"."""
    for title in titles:
        head, found, _ = title.partition(" or:")
        if not found:
            head, found, _ = title.partition(" or (")
        if found:
            yield head


def _tells(plain: str, possessed: Collection[str]) -> bool:
    """Whether one more title tells the film. "Love" does not, nor "Pinocchio" of somebody's Pinocchio."""
    if plain.isascii() and len(plain) < _SHORTEST_ALIAS:
        return False
    return " " in plain or plain not in possessed


def _agree(wanted: int | None, ids: tuple[str, ...]) -> bool | None:
    """Whether ids name the wanted film; None where either side has none."""
    if wanted is None or not ids:
        return None
    return any(imdb_number(found) == wanted for found in ids)


def _is_no_film(entry: Entry) -> bool:
    """Whether the words behind title and year speak of a season, of extras, of sound alone or the like."""
    if entry.reading.series:
        return True
    rest = read_name(entry.name).rest
    if entry.torrent_hash and _NO_VIDEO.search(spaced(rest)):
        return True
    anchor = Anchor(True, True, entry.reading.year, (), spaced(rest), rest)
    rules = NO_FILM if entry.torrent_hash else _NO_FILM_ON_DISK
    return any(NO_FILM[rule](anchor) for rule in rules)
