"""What the name of a release says: whether it starts with a wanted title, and what its tags tell of the copy.

Pure text work below `release_choice`, which decides; called from the download thread. Tags are read behind
the title only: titles are full of words that look like tags ("Deep Web", "Harold & Kumar 3D"). The patterns
are our own, as the parsers there are take good films for packs or discs and miss most of the real ones.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from movie import Movie
from names import (
    RELEASE_TAG,
    SITE,
    key_of,
    numbers,
    plain_title,
    read_name,
    title_forms,
    title_key,
    whole_titles,
    year_in,
)

_LONGEST_NAME = 400
_LONGEST_TITLE = 40
_NAMES_KEPT = 256
_MOST_WORDS_BETWEEN = 8
_SHORT_TITLE = 6

_WORD = re.compile(r"[^\W_]+")
_SUBTITLE = re.compile(r"\s*(?::|\(|\s[-–—]\s|\sor:?\s)\s*", re.IGNORECASE)
_OTHER_START = re.compile(
    r"(?:(?<=[\s._(\[])(?:aka|a\.k\.a\.?)(?=[\s._])|\s/\s|^\[[^\]]*\])[\s._-]*", re.IGNORECASE
)
EDITION = re.compile(
    r"(?<!\S)(?:(?:final|theatrical|extended|complete|reconstructed|definitive|alternate|bootleg|assembly|roadshow"
    r"|festival|producers|international|european|american|british|us|uk|diamond|platinum|gold|golden|deluxe"
    r"|signature|legacy) (?:cut|edition|version)"
    r"|extended|uncut|unrated|uncensored|theatrical|directors?|cut|editions?|remaster(?:ed)?|restor(?:ed|ation)"
    r"|special|ultimate|collectors?|anniversary|\d+(?:st|nd|rd|th)|imax|limited|internal|int|proper|repack"
    r"|rerip|real|hybrid|open|matte|criterion|redux|recut|dc|3d|multi|dual|dubbed|subbed|rosubbed|rodubbed|dl"
    r"|german|french|truefrench|italian|ita|spanish|english|eng|romanian|ro|hungarian|hun|russian|rus|polish"
    r"|swedish|danish|norwegian|nordic|dutch|czech|turkish|japanese|korean|chinese|hindi"
    r"|web|hdr|dv|[48]k|s|v[2-9])(?= )"
)
# "1968.2018.Remaster": the later year is that of the copy. "REMASTERED" stands behind the film's own.
COPY_YEAR = re.compile(
    r"(?<=\d{4}[\s._-])(?:19|20)\d\d(?=[\s._-]+(?:4k[\s._-]+)?(?:remaster|restoration|reissue|re-?release)\b)",
    re.IGNORECASE,
)
# ".ts" is a file of a broadcast or disc only where such a source is named; else it is the tag of a telesync.
_STREAM_FILE = re.compile(r"\b(?:hdtv|dvb|1080i|blu-?ray|web-?dl)\b.*\.ts$", re.IGNORECASE)


@dataclass(frozen=True)
class KnownTitles:
    """What a film may be called: `title_key` to the plain forms that have it.

    `heads` are the parts before a subtitle ("Léon: The Professional"), without those that would lose the
    number of a sequel. With `any_title` the film is known by its IMDb id alone.
    """

    whole: Mapping[str, frozenset[str]]
    heads: Mapping[str, frozenset[str]] = field(default_factory=dict)
    any_title: bool = False


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


def find_anchor(name: str, known: KnownTitles) -> Anchor | None:
    """Where the name starts with a title of the film: a whole one before a part of one, else None."""
    name = name[:_LONGEST_NAME]
    if known.any_title:
        # What stands before the year is taken for the title.
        known = KnownTitles(_by_key([read_name(name).title]))
    for titles, whole in ((known.whole, True), (known.heads, False)):
        found = [
            _anchor(name[end:], known.whole, exact=plain in titles[key], whole=whole)
            for key, plain, end in _beginnings(name)
            if key in titles
        ]
        if found:
            return min(found, key=lambda anchor: (bool(anchor.extra), not anchor.exact, len(anchor.rest)))
    return None


def known_titles(movie: Movie, others: Sequence[str] = ()) -> KnownTitles:
    """The film's title, its original one and the `others` of its page."""
    known = (movie.title, movie.original_title or "", *whole_titles(others))
    titles = [title for title in dict.fromkeys(known) if title.strip()]
    heads = []
    for title in titles:
        head = _SUBTITLE.split(title, maxsplit=1)[0].strip()
        if head and head != title and numbers(title) - numbers(head) <= {"1"}:
            heads.append(head)
    forms = (form for title in titles for form in title_forms(title))
    return KnownTitles(_by_key(forms), _by_key(heads), movie.untitled)


def _by_key(titles: Iterable[str]) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for title in titles:
        plain = plain_title(title)
        key = key_of(plain)
        found[key] = found.get(key, frozenset()) | {plain}
    return found


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


@lru_cache(maxsize=_NAMES_KEPT)
def _beginnings(name: str) -> tuple[tuple[str, str, int], ...]:
    """Every beginning of a name that may be a title: its key, its plain form and where it ends.

    Kept, as each row of the newest uploads is held against every wanted film.
    """
    return tuple(
        (key_of(plain), plain, end)
        for start in _starts(name)
        for end in [hit.end() for hit in _WORD.finditer(name, start)][:_LONGEST_TITLE]
        if (plain := plain_title(name[start:end]))
    )


def _starts(name: str) -> list[int]:
    """Where a title may begin: the name, and what follows a site, a leading [group], "AKA" or " / "."""
    site = SITE.match(name)
    return [site.end() if site else 0, *(hit.end() for hit in _OTHER_START.finditer(name))]


def _anchor(rest: str, titles: Mapping[str, object], *, exact: bool, whole: bool) -> Anchor:
    found = year_in(COPY_YEAR.sub("    ", rest))
    tag = RELEASE_TAG.search(rest)
    ends = found.start if found else tag.start() if tag else len(rest)
    tags = spaced(rest[:-3] if _STREAM_FILE.search(rest) else rest)
    return Anchor(whole, exact, found.year if found else None, _extra_words(rest[:ends], titles), tags, rest)


def _extra_words(between: str, titles: Mapping[str, object]) -> tuple[str, ...]:
    """The words that speak neither of an edition nor of another title of the same film."""
    words = _WORD.findall(RELEASE_TAG.sub(" ", between).casefold().replace("'", ""))
    if words[:1] == ["aka"] or words[:3] == ["a", "k", "a"]:
        return ()
    for count in range(len(words), 0, -1):
        if title_key(" ".join(words[:count])) in titles:
            words = words[count:]
            break
    return tuple(EDITION.sub("", f"{' '.join(words)} ").split())


# What the tags tell. Each reads an `Anchor`; a reason is a part of a sentence, None means "no objection".

Fault = Callable[[Anchor], str | None]


def _forbids(reason: str, *patterns: str) -> Fault:
    compiled = re.compile(rf"(?<= )(?:{'|'.join(patterns)})(?= )")
    return lambda anchor: reason if compiled.search(anchor.tags) else None


_PACK = "it is a pack of several films"
_EXTRAS = "it holds extras or a trailer, not the film"
_SOUNDTRACK = "it is a soundtrack or another recording without a picture"
_SUBTITLES = "it holds subtitles, not the film"
_FULL_DISC = "it is a full disc, not a film file"

_series = _forbids(
    "it is a series or an episode, not a film",
    r"s\d{1,4} ?e\d{1,3}(?: ?e?\d{1,3})*|s(?:0\d|[1-3]\d)|\d{1,2}x\d{2,3}",
    r"seasons?|sezon(?:ul|ele)?|(?:staffel|saison|temporada|stagione) \d+",
    r"(?:complete|mini|tv) ?series|miniserie|(?:19|20)\d\d (?:e|ep|episode) ?\d{1,3}",
)
_pack_by_word = _forbids(
    _PACK,
    r"duology|dilogy|trilog(?:y|ie|ia)|(?:quadri|tetra|penta|hexa|hepta|octa)logy|anthology|box ?set|pack",
    r"double feature|\d{1,2} (?:films?|movies?)(?: collection)?|(?:complete|films?|movies?) collection",
    r"complete saga",
)
_early_copy = _forbids(
    "it was filmed in a cinema or leaked early (CAM, TS, TC, screener, R5 or workprint)",
    r"(?:hd|hq|new|clean)? ?cam(?: ?rip)?|(?<! video )(?:hd|hq|new)?ts(?: ?rip)?|hd t[sc]",
    r"tele ?(?:sync|cine)|(?:hd)?tc(?: ?rip)?|work ?print|wp|\w*screener|\w*scr|r[56]",
    r"pre ?dvd(?: ?rip)?|p ?dvd(?: ?rip)?",
)
# On Romanian trackers "RoSubbed" says that a subtitle file lies beside the film (Radarr #7785).
_hardcoded_subtitles = _forbids(
    "its subtitles are burnt into the picture (hardcoded)",
    r"hc|hard ?coded|hard ?sub(?:s|bed)?|(?:hc|kor|chs|cht|swe|nor)sub(?:s|bed)?|kor sub(?:s|bed)?",
    r"burn(?:ed|t) in|(?<! ro )(?<! romanian )(?<! multi )(?<! soft )subbed",
)
_stereoscopic = _forbids(
    "it is a 3D version",
    r"3d|bd3d|[hf]? ?sbs|h ?ou|(?:half|full) ?(?:sbs|ou|tab)|h ?tab|mvc",
    r"side by side|over under|top (?:and )?bottom|anaglyph",
)


def _several_films(anchor: Anchor) -> str | None:
    """A range of years or parts is a pack; "Collection" alone is not: Criterion's are single films."""
    years = re.search(r"(?<!\d)(?:19|20)\d\d ?[-–~] ?(?:19|20)\d\d(?![0-9A-Za-z])", anchor.rest)
    parts = _PARTS.search(" ".join(anchor.extra))
    return _PACK if years or parts else _pack_by_word(anchor)


_PARTS = re.compile(r"\b(?:1|i) (?:[2-9]|1\d|ii|iii|iv|vi{0,3}|ix|x)\b")


def _extras(anchor: Anchor) -> str | None:
    return _EXTRAS if _EXTRA.search(_without_additions(anchor)) else None


def _sample(anchor: Anchor) -> str | None:
    return "it is only a sample" if re.search(r" samples? ", _without_additions(anchor)) else None


def _subtitles(anchor: Anchor) -> str | None:
    """A pack or a subtitle file; the bare word counts only where nothing speaks of an encode."""
    tags = _without_additions(anchor)
    if _SUBTITLE_FILE.search(anchor.rest) or _SUBTITLE_PACK.search(tags):
        return _SUBTITLES
    is_picture = _ENCODED.search(tags) or height(tags)
    return _SUBTITLES if re.search(r" subtit(?:les|rar[ei]|rari) ", tags) and not is_picture else None


def _without_additions(anchor: Anchor) -> str:
    """The tags without what is said to come along with the film ("x264+Extras", "incl. Subs")."""
    return _ADDITION.sub(" ", spaced(anchor.rest.replace("+", " plus ")))


_ADDITION = re.compile(
    r" (?:incl(?:uding|udes)?|with|w|plus) (?:\w+ )?"
    r"(?:extras|bonus|featurettes?|commentary|sample|subs?|subtitles?)(?= )"
)
_EXTRA = re.compile(
    r" (?:extras|bonus|bonus ?(?:dis[ck]|material|features?)|special features?|supplements?|featurettes?"
    r"|making of|behind the scenes|deleted scenes|trailers?|teasers?|gag reel) "
)
_SUBTITLE_PACK = re.compile(r" (?:\w*sub ?packs?|subtitles? (?:pack|only)|subs? only|vobsubs?) ")
_SUBTITLE_FILE = re.compile(r"\.(?:srt|sub|idx|sup|ass|ssa)$", re.IGNORECASE)


def _soundtrack(anchor: Anchor) -> str | None:
    """FLAC is also the sound of many films, so it counts only where nothing speaks of a picture."""
    is_sound = _SOUND.search(anchor.tags)
    return _SOUNDTRACK if is_sound and not _PICTURE.search(anchor.tags) else None


def _full_disc(anchor: Anchor) -> str | None:
    """A disc's stream that nobody encoded or remuxed is a disc image, as is anything that says so."""
    if _DISC.search(anchor.tags):
        return _FULL_DISC
    is_raw = _BLU_RAY.search(anchor.tags) and _DISC_STREAM.search(anchor.tags)
    is_dvd = re.search(r" dvd (?:\w+ )*mpeg ?2 ", anchor.tags)
    return _FULL_DISC if (is_raw or is_dvd) and not _ENCODED.search(anchor.tags) else None


_BLU_RAY = re.compile(r" blu ?ray ")
_DISC_STREAM = re.compile(r" (?:avc|hevc|vc ?1|mpeg ?2|complete) ")
# No Blu-ray holds AAC, Opus or FLAC, so these tell of an encode or a remux, too.
_ENCODED = re.compile(
    r" (?:[xh] ?26[45]\w*|remux|bd ?remux|b[dr] ?rip|encoded?|av1|720p|10 ?bits?|xvid|divx"
    r"|(?:aac|opus|flac|e ?ac3|ddp)\d*) "
)
_DISC = re.compile(
    r" (?:bd ?(?:25|50|66|100)|bd ?mv|bd ?iso|iso|full (?:uhd )?(?:blu ?ray|bd|dis[ck])"
    r"|(?:\d ?x ?)?dvd ?(?:[59r]|box)|complete (?:\w+ ){0,2}(?:bdr?|dvd)|video ts"
    r"|dis[ck] ?\d (?:\w+ )*blu ?ray) "
)
_PICTURE = re.compile(
    r" (?:\d{3,4}[pi]|blu ?ray|uhd|b[dr] ?rip|dvd ?rip|dvd|web ?(?:dl|rip)|hdtv|hd ?rip|remux|bd|4k"
    r"|[xh] ?26[45]\w*|avc|hevc|vc 1|xvid|divx|av1) "
)
_SOUND = re.compile(
    r" (?:ost|o s t|soundtracks?|original score|music from|audiobook|flac|mp3|m4a|m4b|\d{2,3} ?kbps) "
)

NO_FILM: Mapping[str, Fault] = {
    "series": _series,
    "subtitles": _subtitles,
    "pack": _several_films,
    "extras": _extras,
    "sample": _sample,
    "soundtrack": _soundtrack,
}
"""What makes it something else than one film, by the name of the rule."""
POOR_COPY: Mapping[str, Fault] = {
    "early_copy": _early_copy,
    "hardcoded_subtitles": _hardcoded_subtitles,
    "stereoscopic": _stereoscopic,
    "full_disc": _full_disc,
}
"""What makes it a film in a form nobody wants in a library, by the name of the rule."""


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
