"""What the name of a release says: whether it starts with a wanted title, and what its tags tell of the copy.

Pure text work below `release_choice`, which decides; called from the download thread. Tags are read behind
the title only: titles are full of words that look like tags ("Deep Web", "Harold & Kumar 3D"). The patterns
are our own, as the parsers there are take good films for packs or discs and miss most of the real ones.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from movie import Movie
from names import RELEASE_TAG, numbers, read_name, same_title, title_forms, title_key, year_in

_LONGEST_NAME = 400
_LONGEST_TITLE = 40
_MOST_WORDS_BETWEEN = 8
_SHORT_TITLE = 6

_WORD = re.compile(r"[^\W_]+")
_SUBTITLE = re.compile(r"\s*(?::|\(|\s[-–—]\s|\sor:?\s)\s*", re.IGNORECASE)
_OTHER_START = re.compile(
    r"(?:(?<=[\s._(\[])(?:aka|a\.k\.a\.?)(?=[\s._])|\s/\s|^\[[^\]]*\])[\s._]*", re.IGNORECASE
)
_EDITION_WORD = re.compile(
    r"extended|uncut|unrated|uncensored|theatrical|directors?|cut|editions?|remaster(?:ed)?|restor(?:ed|ation)"
    r"|special|ultimate|collectors?|anniversary|\d+(?:st|nd|rd|th)|imax|limited|internal|int|proper|repack"
    r"|rerip|real|hybrid|open|matte|criterion|redux|recut|multi|dual|dubbed|subbed|dl|german|french|truefrench"
    r"|italian|spanish|english|romanian|ro|hungarian|nordic|web|hdr|dv|[48]k|s|v[2-9]"
)


@dataclass(frozen=True)
class Anchor:
    """Where a release name starts with a wanted title, and what follows it.

    `whole`: the title, not only its part before a subtitle. `exact`: the same words, not only the same
    letters. `extra`: words between title and year that speak of no edition. `tags`: everything behind the
    title in lower case, words divided by one blank, blanks at both ends; `rest` the same as written.
    """

    whole: bool
    exact: bool
    year: int | None
    extra: tuple[str, ...]
    tags: str
    rest: str


def find_anchor(name: str, movie: Movie) -> Anchor | None:
    """Where the name starts with a title of the film: a whole one before a part of one, else None."""
    name = name[:_LONGEST_NAME]
    # Of a film known by its IMDb id alone, what stands before the year is taken for the title.
    titles, heads = ((read_name(name).title,), ()) if movie.untitled else wanted_titles(movie)
    for wanted, whole in ((titles, True), (heads, False)):
        found = [anchor for start in _starts(name) for anchor in _anchors(name, start, wanted, whole=whole)]
        if found:
            return min(found, key=lambda anchor: (bool(anchor.extra), not anchor.exact, len(anchor.rest)))
    return None


def wanted_titles(movie: Movie) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The titles the film is known by, and their parts before a subtitle ("Léon: The Professional").

    A part that would lose the number of a sequel is left out.
    """
    others = movie.get("alternative_titles")
    known = (movie.title, movie.get("original_title"), *(others if isinstance(others, list | tuple) else ()))
    titles = [title for title in known if isinstance(title, str) and title.strip()]
    heads = []
    for title in titles:
        head = _SUBTITLE.split(title, maxsplit=1)[0].strip()
        if head and head != title and numbers(title) - numbers(head) <= {"1"}:
            heads.append(head)
    return tuple(form for title in titles for form in title_forms(title)), tuple(heads)


def may_be_longer(title: str, extra: Sequence[str]) -> bool:
    """Whether `extra` may follow the title in a name of the same film, if all else agrees.

    It may if it only says "part one", or if the title is too long to be the start of another film's. No
    other number may follow, but for that of a Star Wars episode.
    """
    words = re.sub(r"\bepisode \w+", "", " ".join(extra)).strip()
    if len(extra) > _MOST_WORDS_BETWEEN or not numbers(f"of {words}") <= {"1"}:
        return False
    is_part_one = re.fullmatch(r"(?:(?:part|pt|vol|volume|chapter) )?(?:1|i|one)", words)
    return bool(is_part_one) or (len(title_key(title)) > _SHORT_TITLE and len(_WORD.findall(title)) > 1)


def _starts(name: str) -> list[int]:
    """Where a title may begin: the name, what follows "AKA" or " / ", and what follows a leading [group]."""
    return [0, *(hit.end() for hit in _OTHER_START.finditer(name))]


def _anchors(name: str, start: int, titles: Sequence[str], *, whole: bool) -> Iterator[Anchor]:
    wanted = {title_key(title) for title in titles}
    for hit in list(_WORD.finditer(name, start))[:_LONGEST_TITLE]:
        said = name[start : hit.end()]
        if title_key(said) in wanted:
            exact = any(same_title(said, title) for title in titles)
            yield _anchor(name[hit.end() :], exact=exact, whole=whole)


def _anchor(rest: str, *, exact: bool, whole: bool) -> Anchor:
    found = year_in(rest)
    tag = RELEASE_TAG.search(rest)
    ends = found.start if found else tag.start() if tag else len(rest)
    return Anchor(whole, exact, found.year if found else None, _extra_words(rest[:ends]), spaced(rest), rest)


def _extra_words(between: str) -> tuple[str, ...]:
    words = _WORD.findall(RELEASE_TAG.sub(" ", between).casefold().replace("'", ""))
    if words[:1] == ["aka"] or words[:3] == ["a", "k", "a"]:
        return ()
    return tuple(word for word in words if not _EDITION_WORD.fullmatch(word))


# What the tags tell. Each reads `Anchor.tags`; a reason is a part of a sentence, None means "no objection".

Fault = Callable[[Anchor], str | None]


def _forbids(reason: str, *patterns: str) -> Fault:
    compiled = re.compile(rf"(?<= )(?:{'|'.join(patterns)})(?= )")
    return lambda anchor: reason if compiled.search(anchor.tags) else None


_PACK = "it is a pack of several films"
_SOUNDTRACK = "it is a soundtrack"
_FULL_DISC = "it is a full disc, not a film file"

_series = _forbids(
    "it is a series or an episode, not a film",
    r"s\d{1,4} ?e\d{1,3}(?: ?e?\d{1,3})*|s(?:0\d|[1-3]\d)|\d{1,2}x\d{2,3}",
    r"seasons?|sezon(?:ul|ele)?|(?:complete|mini|tv) ?series|miniserie",
)
_pack_by_word = _forbids(
    _PACK,
    r"duology|dilogy|trilog(?:y|ie|ia)|(?:quadri|tetra|penta|hexa|hepta|octa)logy|anthology|box ?set|pack",
    r"double feature|\d{1,2} (?:films?|movies?)(?: collection)?|(?:complete|films?|movies?) collection",
)
_extras = _forbids(
    "it holds extras, not the film",
    r"extras|bonus|bonus ?dis[ck]|featurettes?|making of|behind the scenes|deleted scenes|trailers?|gag reel",
)
_sample = _forbids("it is only a sample", r"samples?")
_subtitles = _forbids(
    "it holds subtitles, not the film", r"\w*sub ?packs?|subtitles? (?:pack|only)|subs? only|vobsubs?"
)
_early_copy = _forbids(
    "it was filmed in a cinema or leaked early (CAM, TS, TC, screener, R5 or workprint)",
    r"(?:hd|hq|new|clean)? ?cam(?: ?rip)?|(?:hd|hq|new)?ts(?: ?rip)?|hd t[sc]|tele ?(?:sync|cine)",
    r"(?:hd)?tc(?: ?rip)?|work ?print|wp|\w*screener|\w*scr|r[56]|pre ?dvd(?: ?rip)?|p ?dvd(?: ?rip)?",
)
_hardcoded_subtitles = _forbids(
    "its subtitles are burnt into the picture (hardcoded)",
    r"hc|hard ?coded|hard ?sub(?:s|bed)?|(?:hc|kor|chs|cht|swe|nor)sub(?:s|bed)?|kor sub(?:s|bed)?",
    r"(?<! ro )(?<! multi )(?<! soft )subbed",
)
_stereoscopic = _forbids(
    "it is a 3D version", r"3d|[hf]? ?sbs|h ?ou|(?:half|full) ?(?:sbs|ou|tab)|h ?tab|mvc"
)


def _several_films(anchor: Anchor) -> str | None:
    """A range of years is a pack; "Collection" alone is not: the Criterion Collection sells single films."""
    years = re.search(r"(?<!\d)(?:19|20)\d\d ?[-–~] ?(?:19|20)\d\d(?![0-9A-Za-z])", anchor.rest)
    return _PACK if years else _pack_by_word(anchor)


def _soundtrack(anchor: Anchor) -> str | None:
    """FLAC is also the sound of many films, so it counts only where nothing speaks of a picture."""
    if re.search(r" (?:ost|o s t|soundtracks?|original score) ", anchor.tags):
        return _SOUNDTRACK
    is_sound = re.search(r" (?:flac|mp3|m4a|\d{3} ?kbps) ", anchor.tags)
    return _SOUNDTRACK if is_sound and not _PICTURE.search(anchor.tags) else None


def _full_disc(anchor: Anchor) -> str | None:
    """A Blu-ray whose stream nobody encoded or remuxed is a disc image, as is anything that says so."""
    if _DISC.search(anchor.tags):
        return _FULL_DISC
    is_raw = _BLU_RAY.search(anchor.tags) and _DISC_STREAM.search(anchor.tags)
    return _FULL_DISC if is_raw and not _ENCODED.search(anchor.tags) else None


_BLU_RAY = re.compile(r" blu ?ray ")
_DISC_STREAM = re.compile(r" (?:avc|hevc|vc ?1|mpeg ?2|complete) ")
_ENCODED = re.compile(
    r" (?:[xh] ?26[45]\w*|remux|bd ?remux|b[dr] ?rip|encoded?|av1|720p|10 ?bits?|xvid|divx) "
)
_DISC = re.compile(
    r" (?:bd ?(?:25|50|66|100)|bd ?mv|bd ?iso|iso|full (?:uhd )?(?:blu ?ray|bd|disc)|(?:\d ?x ?)?dvd ?[59r]"
    r"|complete (?:\w+ ){0,2}bdr?|video ts|dis[ck] ?\d (?:\w+ )*blu ?ray) "
)
_PICTURE = re.compile(
    r" (?:\d{3,4}[pi]|blu ?ray|uhd|b[dr] ?rip|dvd ?rip|dvd|web|web ?(?:dl|rip)|hdtv|hd ?rip|remux|bd|4k"
    r"|[xh] ?26[45]\w*|avc|hevc|vc 1|xvid|divx|av1) "
)

NO_FILM: tuple[Fault, ...] = (_series, _several_films, _extras, _sample, _soundtrack, _subtitles)
"""What makes it something else than one film."""
POOR_COPY: tuple[Fault, ...] = (_early_copy, _hardcoded_subtitles, _stereoscopic, _full_disc)
"""What makes it a film in a form nobody wants in a library."""


def first_fault(anchor: Anchor, faults: Sequence[Fault]) -> str | None:
    """The first objection to a release, None if there is none."""
    return next((reason for fault in faults if (reason := fault(anchor)) is not None), None)


def height(tags: str) -> int:
    """The lines of the picture: 2160, 1080 and so on; 0 when the tags do not say."""
    found = re.search(r" (\d{3,4})[pi] | \d{4}x(2160|1080|720) ", tags)
    if found:
        return int(found[1] or found[2])
    return 2160 if re.search(r" (?:4k|uhd) ", tags) else 0


def revision(tags: str) -> int:
    """How often it was mended: 1 for PROPER or REPACK, 2 for REPACK2 or REAL PROPER."""
    found = re.search(r" (real )?(?:proper|repack|rerip)(\d?) ", tags)
    return max(2 if found[1] else 1, int(found[2] or 1)) if found else 0


def quality(name: str) -> str:
    """Resolution and source of a release in a few words ("1080p BluRay"), "" when its name tells neither."""
    tags = spaced(read_name(name).rest)
    lines = height(tags)
    source = next((shown for pattern, shown in _SOURCES if re.search(pattern, tags)), "")
    remux = "Remux" if re.search(r" (?:bd ?)?remux ", tags) else ""
    return " ".join(part for part in (f"{lines}p" if lines else "", source, remux) if part)


_SOURCES = (
    (r" blu ?ray | bd ?remux ", "BluRay"),
    (r" web ?dl ", "WEB-DL"),
    (r" web ?rip ", "WEBRip"),
    (r" b[dr] ?rip ", "BDRip"),
    (r" dvd ?rip ", "DVDRip"),
    (r" hd ?rip ", "HDRip"),
    (r" hdtv ", "HDTV"),
    (r" dvd ", "DVD"),
    (r" web ", "WEB"),
)


def spaced(text: str) -> str:
    """The words of a text in lower case, divided by one blank, with blanks at both ends."""
    return f" {' '.join(_WORD.findall(text.casefold()))} "
