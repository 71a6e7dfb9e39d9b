"""Which films a name may mean: titles with years, and ids.

Pure, for any thread. Reads names as Radarr, Plex, Emby, Jellyfin, Kodi, scene groups and people write them. A
name makes claims; whether one of them is the wanted film is `library_match`'s question. A claim that was
found by leaving something out is marked, as it has to fit better than the name as it stands.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from library_names import SERIES
from names import RELEASE_TAG, NameParts, imdb_ids, key_of, numbers, plain_title, read_name, split_title_year
from release_names import COPY_YEAR, EDITION

_TMDB = re.compile(r"[\[({]\s*(?:the)?(?:movie|tm)db(?:id)?\s*[-=:]\s*(\d{1,9})\s*[\])}]", re.IGNORECASE)
_NAMELESS = re.compile(
    r"(?i)(?:(?:the|full) )?(?:film|movie|video|main|feature|title|disc|index|track|untitled|new)"
    r"(?: ?\d{1,2})?"
    r"|(?:cd|dvd|dis[ck]|part|pt) ?\d{1,2}|\d{1,2}|0\d+|vts ?\d+( ?\d+)?|video ts|[0-9a-f]{16,}"
)

_GROUP = re.compile(r"^\s*[\[(]([^\])]{1,40})[\])][\s._-]*(?=\S)")
_ORDINAL = re.compile(r"^\s*[(\[]?\d{1,3}(?:[)\]]\s*|\.\s+|\s*[-–]\s+|[a-z]?\s*[-–]\s+)(?=\S)")
_AKA = re.compile(r"\s+(?:a\.?\s?k\.?\s?a\.?)\s+|\s[/|~⁄]\s", re.IGNORECASE)
_BRACKETS = re.compile(r"^(?P<outer>[^(\[]+?)\s*[(\[](?P<inner>[^)\]]*)[)\]]?\s*(?P<more>[^(\[]*)$")
_SEGMENT = re.compile(r"\s[-–—]\s")
_ADDED = re.compile(r"[\s._-]+(?:(?:cd|dvd|dis[ck])\s?\d{1,2}|\d\s?cds?|4k|uhd|hd)$", re.IGNORECASE)
_TAGS_FIRST = re.compile(rf"^\s*\[\s*(?:{RELEASE_TAG.pattern}|4k|hd)[^\]]*\]\s*(?=\S)", re.IGNORECASE)
_EDITION = re.compile(
    r"[\s,:({\[–-]+(?:the\s+)?(?:"
    r"(?:final|theatrical|extended|special|ultimate|definitive|director'?s?|alternate|assembly"
    r"|producers?|international|original|uncut|collector'?s?|anniversary|restored|remastered|complete|redux"
    r"|limited|criterion|(?:\d+(?:st|nd|rd|th)\s+)anniversary)\s+(?:cut|editions?|versions?|release|collection)"
    r"|[ée]dition\s+(?:collector|sp[ée]ciale|limit[ée]e)|version\s+(?:longue|originale)"
    r"|extended|uncut|unrated|uncensored|theatrical|remaster(?:ed)?(?:\s+\d{4})?|restored|criterion|open\s+matte"
    r"|repack|proper|rerip|limited|internal)[)\]}]*$",
    re.IGNORECASE,
)
_LEADING_YEAR = re.compile(r"^\s*(?P<year>(?:19|20)\d\d)(?:\s*[-–_.]\s*|\s+)(?=\D*[^\W\d_])(?P<title>.+)$")
_EARLIER_YEAR = re.compile(r"^(?P<title>.*\w.*?)[\s._(\[-]+(?P<year>(?:19|20)\d\d)(?![^\W_])(?P<rest>.*)$")
_LONG_SEGMENT = 12
_LONG_NAME = 5
# Tags that only stand between the title and the year, or where there is no year; `EDITION` has most of them.
_TAG = re.compile(
    r"fr|vo|vf[fqi]?|vost\w*|stv|docu|om|hq|ac3d|pal|ntsc|convert|colou?ri[sz]ed|(?:read|dir)nfo|\w+fix|h?sbs|h?ou"
    r"|full ?screen|wide ?screen|hd(?:light|rip)|\w{3}rip|quality"
)
# Tags that may as well be the last word of a title: "Deep Web" is not "Deep".
_WORD_TAGS = frozenset({"web", "real", "special", "open", "matte", "dc", "hybrid", "s", "v", "int", "3d"})
_WORD = re.compile(r"[^\W_]+")
# A bracket that holds tags or the year besides other words was cut off in its middle.
_UNCLOSED = re.compile(r"(?<=[\w)\]])\s*[(\[{](?!\d{4}\s*$)[^)\]}]*$")
_THOUSANDS = re.compile(r"(?<!\d)(\d{1,3}) (\d{3})(?!\d)")
_FIRST = re.compile(r"(\w+)\.?\s(?:1|I)(?=\s*(?:[-:–]|$))")
_PART_WORDS = frozenset({"part", "pt", "vol", "volume", "chapter", "episode", "teil", "partie", "parte"})
_NAMES_KEPT = 1 << 16


@dataclass(frozen=True, slots=True)
class Claim:
    """A title with a year that a name may stand for: `plain` and `key` as `names` makes them.

    `whole` is false where a part of the name was left out to find it. `article`: the title begins with one.
    """

    plain: str
    key: str
    year: int | None
    whole: bool = True
    article: bool = False


@dataclass(frozen=True, slots=True)
class NameReading:
    """What a name says. `ids` are IMDb ids; `sure` means that it can only be the name of one film or release.

    `series` is true for an episode or a season. The first claim is the name as it stands.
    """

    ids: tuple[str, ...]
    tmdb_ids: tuple[str, ...]
    title: str
    year: int | None
    sure: bool
    series: bool
    claims: tuple[Claim, ...]

    @property
    def nameless(self) -> bool:
        """Whether it is a word like "movie" or "disc 1", which names no film."""
        return self.year is None and (not self.title or _NAMELESS.fullmatch(self.claims[0].plain) is not None)

    @property
    def bare_year(self) -> int | None:
        """The year that is the whole name: that of a film, or of a shelf of films."""
        text = self.title.strip()
        is_year = self.year is None and re.fullmatch(r"(?:19|20)\d\d", text)
        return int(text) if is_year else None


@lru_cache(maxsize=_NAMES_KEPT)
def read_film_name(name: str) -> NameReading:
    """Take the name of a folder, of a file without its suffix, or of a torrent apart."""
    name = COPY_YEAR.sub("    ", _TAGS_FIRST.sub("", name))
    parts = read_name(name)
    ids, tmdb_ids = imdb_ids(name), tuple(dict.fromkeys(_TMDB.findall(name)))
    sure = parts.year is not None and (
        re.search(rf"[(\[{{]\s*{parts.year}\s*[)\]}}]", name) is not None
        or RELEASE_TAG.search(parts.rest) is not None
    )
    claims = tuple(_claims(parts))
    return NameReading(ids, tmdb_ids, parts.title, parts.year, sure, SERIES.search(name) is not None, claims)


def _claims(parts: NameParts) -> Iterator[Claim]:
    first = _claim(parts.title, parts.year, whole=True)
    yield first
    titles, keys = {(parts.title, parts.year)}, {(first.key, first.year)}
    for title, year, whole in _other_readings(parts):
        if (title, year) in titles:
            continue
        titles.add((title, year))
        claim = _claim(title, year, whole=whole)
        if claim.key and (claim.key, year) not in keys:
            keys.add((claim.key, year))
            yield claim


def _claim(title: str, year: int | None, *, whole: bool) -> Claim:
    plain = plain_title(_UNCLOSED.sub("", _ADDED.sub("", title)) or title)
    return Claim(plain, key_of(plain), year, whole, has_article(title))


def _other_readings(parts: NameParts) -> Iterator[tuple[str, int | None, bool]]:
    """Titles and years that the name may mean besides the plain reading of it, and which say all of it."""
    tagged = RELEASE_TAG.match(parts.rest.lstrip(" .-_[(")) is not None
    for title, whole in _variants(parts.title, tagged=tagged):
        yield title, parts.year, whole
    if parts.year is None:
        leading = _LEADING_YEAR.match(parts.title)
        if leading:
            for title, whole in (leading["title"], True), *_variants(leading["title"], tagged=tagged):
                yield title, int(leading["year"]), whole
        return
    earlier = _EARLIER_YEAR.match(parts.title)
    # "Blade Runner 1982 Final Cut 2007": the later year is that of the copy.
    if earlier and earlier["rest"].strip() and not _strip_edition(f" {earlier['rest']}").strip(" -_.()[]"):
        yield split_title_year(f"{earlier['title']} (1900)")[0], int(earlier["year"]), False


def _variants(title: str, *, tagged: bool) -> Iterator[tuple[str, bool]]:
    """Other readings of a title, and whether they leave out nothing that may tell films apart.

    `tagged`: a release tag follows it, so that a language at its end is one, too.
    """
    title = _UNCLOSED.sub("", _ADDED.sub("", title)) or title
    starts = [(title, True)]
    group = _GROUP.match(title)
    if group:
        rest = title[group.end() :]
        starts.append((rest, title.startswith("[") and len(key_of(plain_title(rest))) >= _LONG_NAME))
    starts += [(found, False) for start, _ in starts if (found := _ORDINAL.sub("", start, count=1)) != start]
    for start, whole in starts:
        for piece, whole_piece in _pieces(start):
            yield piece, whole and whole_piece
            stripped = _strip_edition(piece)
            yield stripped, whole and whole_piece
            bare, is_sure = _without_tags(piece)
            yield bare, whole and whole_piece and tagged and is_sure
        yield _THOUSANDS.sub(r"\1\2", start), False
        yield _without_first(start), False


def _without_first(title: str) -> str:
    """ "Toy Story 1" as "Toy Story"; a "Part 1" stays, as it may be half of a film."""
    found = _FIRST.search(title)
    if found is None or found[1].casefold() in _PART_WORDS:
        return title
    return title[: found.end(1)] + title[found.end() :]


def _strip_edition(title: str) -> str:
    while (stripped := _EDITION.sub("", title)) != title:
        title = stripped
    return title


def _without_tags(title: str) -> tuple[str, bool]:
    """The title without the tags at its end that releases put before the year; whether they are only tags."""
    kept, failed, cut = title, 0, ""
    for start in reversed([hit.start() for hit in _WORD.finditer(title)][1:]):
        words = " ".join(_WORD.findall(title[start:].casefold().replace("'", "")))
        if all(_TAG.fullmatch(word) for word in EDITION.sub("", f"{words} ").split()):
            kept, failed, cut = title[:start].rstrip(" -–([{"), 0, words
        else:
            failed += 1
            if failed == 2:
                break
    return kept, _WORD_TAGS.isdisjoint(cut.split())


def _pieces(title: str) -> Iterator[tuple[str, bool]]:
    """The title, its halves around "AKA", what stands in and before brackets, and long later segments."""
    halves = _AKA.split(title)
    yield from ((half, True) for half in halves)
    for half in halves:
        brackets = _BRACKETS.match(half)
        if brackets and not numbers(f"x {brackets['inner']}"):
            outer, inner = brackets["outer"], brackets["inner"]
            yield outer, re.fullmatch(r"(?i)movie|film", inner.strip()) is not None
            yield f"{outer} {brackets['more']}", False
            if len(key_of(plain_title(inner))) > _LONG_NAME:
                yield inner, plain_title(inner) in plain_title(outer)
        for last in _SEGMENT.split(half)[1:]:
            if len(last) >= _LONG_SEGMENT and len(plain_title(last).split()) > 1:
                yield last, False


def has_article(title: str) -> bool:
    """Whether a title begins with an English article, which its plain form has lost."""
    return title.strip().casefold().startswith(("the ", "a ", "an "))
