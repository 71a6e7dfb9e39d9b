"""What all of Letterboxd's pages have in common: a light tree, clean text, and the poster of a film.

Owns the parser and the rules for one poster through all generations since 2018, mixed ones and pages saved by
a browser included: elements are found by their `data-` attributes, which outlived every class around them.
Decides nothing about a whole page (`letterboxd_pages` does), never raises, keeps no state, for any thread.
"""

import html as entities
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urljoin, urlsplit

import msgspec
from bs4 import BeautifulSoup, Tag
from bs4.exceptions import ParserRejectedMarkup
from bs4.filter import SoupStrainer

Wanted = Callable[[str, Mapping[str, str]], bool]
"""Whether an element of this name and these attributes tells us anything."""

ELSEWHERE = ("aside", "nav", "header", "footer")  # posters in there belong to other lists
FILM_PATH = re.compile(r"(?:https?://[^/]+)?/film/([\w-]{1,255})/?", re.ASCII)
FILM_UID = re.compile(r"film:([1-9]\d{0,17})", re.ASCII)
# Of a film that the member has an entry for, the link may lead to that.
_FILM_LINK = re.compile(r"(?:https?://[^/]+)?(?:/[\w-]+)?/film/([\w-]{1,255})/?", re.ASCII)
_SLUG_ATTRIBUTES = ("data-item-slug", "data-film-slug")
_LINK_ATTRIBUTES = ("data-item-link", "data-target-link", "data-film-link")
_NAME_ATTRIBUTES = ("data-item-name", "data-item-full-display-name", "data-film-name")
POSTER_ATTRIBUTES = frozenset((*_SLUG_ATTRIBUTES, *_LINK_ATTRIBUTES))
_POSTER = ",".join(f"[{name}]" for name in sorted(POSTER_ATTRIBUTES))
_SLUG = re.compile(r"[\w-]{1,255}", re.ASCII)
_LID = re.compile(r"[0-9A-Za-z]{1,20}")
_NO_SIGN = re.compile(r"&#[0-9]{9,};?")
_NUMBER = re.compile(r"[0-9]{1,9}")
# An abbreviated count ("1.2K films") is none.
_COUNT = re.compile(r"([0-9]{1,3}(?:[,. ][0-9]{3})+|[0-9]+)(?: ?films?)?", re.IGNORECASE)
_YEAR = re.compile(r"1[89][0-9]{2}|2[01][0-9]{2}")
# At the end only: "2012 (2009)", "1917 (2019)", "What's Up, Doc? (Again) (1972)".
_WITH_YEAR = re.compile(rf"(.*\S)\s+\(({_YEAR.pattern})\)", re.DOTALL)
# Control characters, direction marks, soft hyphens and the like; what is white space stays for `split`.
_INVISIBLE = re.compile(
    "[\0-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\ud800-\udfff]"
)
_HOSTS = frozenset({"letterboxd.com", "www.letterboxd.com"})
_MOST_DEPTH = 200
"""Far beyond any real page. What asks for parents or children of each element would crawl on deeper ones."""


class _Sieve(SoupStrainer):
    """Lets only telling elements, with all that is inside them, become objects.

    The full tree of a 300 KB page costs 11 MB. The attributes of the body are noted and its element is
    dropped, for with it everything would stay.
    """

    def __init__(self, wanted: Wanted) -> None:
        super().__init__(True)
        self.body: dict[str, str] = {}
        self._wanted = wanted

    def allow_tag_creation(self, nsprefix: str | None, name: str, attrs: Any) -> bool:
        attributes = attrs or {}
        if name == "body":
            self.body = self.body or dict(attributes)
        return name not in {"html", "body"} and self._wanted(name, attributes)

    def allow_string_creation(self, string: str) -> bool:
        return False


@dataclass(frozen=True)
class Page:
    """The telling elements of a page, and the attributes of its body."""

    soup: BeautifulSoup
    body: Mapping[str, str]

    @property
    def body_classes(self) -> list[str]:
        return self.body.get("class", "").split()

    def meta(self, name: str) -> str:
        """The content of the first filled `<meta>` of this name or property."""
        found = (
            tag for tag in self.soup.find_all("meta") if name in set(attributes([tag], "name", "property"))
        )
        return next(attributes(found, "content"), "")

    def addresses(self) -> list[str]:
        """Where the page itself says that it lives."""
        return [*attributes(self.soup.select("link[rel~=canonical]"), "href"), self.meta("og:url")]


def read_page(html: str, wanted: Wanted) -> Page:
    """Parse any text; what is no HTML gives a page without elements."""
    # libxml2 ends at a NUL and takes no half surrogate pair; an XML declaration makes bs4 warn about a
    # document it was told is HTML, and without any markup it takes the text for a file's name and warns too.
    text = re.sub(r"^(?:\s*<\?xml[^>]*>?)+", "", re.sub("[\0\ud800-\udfff]", "", html).lstrip("\ufeff"))
    sieve = _Sieve(wanted)
    try:
        soup = BeautifulSoup(text if "<" in text else "<p>", "lxml", parse_only=sieve)
    except ParserRejectedMarkup:
        soup = None
    if soup is None or _is_deep(soup):
        return Page(BeautifulSoup("<p>", "lxml", parse_only=sieve), {})
    return Page(soup, sieve.body or _body_after_all(text))


def _body_after_all(text: str) -> dict[str, str]:
    """The attributes of a body that stands behind a stray element: libxml2 began one of its own before."""
    if not (found := re.search(r"<body\s", text, re.IGNORECASE)):
        return {}
    sieve = _Sieve(lambda name, attributes: False)
    BeautifulSoup(text[found.start() : text.find(">", found.start()) + 1], "lxml", parse_only=sieve)
    return sieve.body


def _is_deep(soup: BeautifulSoup) -> bool:
    level: list[Tag] = [soup]
    for _ in range(_MOST_DEPTH):
        level = [child for tag in level for child in tag.children if isinstance(child, Tag)]
    return bool(level)


def page_title(body: str) -> str:
    """The text of the first `<title>`, empty without one."""
    match = re.search(r"<title(?:\s[^>]{0,100})?>([^<]{0,500})", body, re.IGNORECASE)
    return plain(match[1]) if match else ""


def attribute(tag: Tag, name: str) -> str:
    """One attribute as text, empty when it is not there."""
    value = tag.get(name)
    return value if isinstance(value, str) else " ".join(value or ())


def attributes(tags: Iterable[Tag], *names: str) -> Iterator[str]:
    """The filled attributes of these names: by name first, then in the order of the page."""
    tags = list(tags)
    return (value for name in names for tag in tags if (value := attribute(tag, name).strip()))


def clean(text: str) -> str:
    """One-line text: pages hold NBSP inside titles, and a direction mark before some of them."""
    return " ".join(_INVISIBLE.sub("", text).split())


def plain(value: object) -> str:
    """Clean text from a place where entities stayed as they were; empty for what is no text."""
    if not isinstance(value, str):
        return ""
    # No sign has a number that long, and the library cannot even read one of thousands of digits.
    return clean(entities.unescape(_NO_SIGN.sub("", value)))


def text_of(tag: Tag | None) -> str:
    """The clean text of an element, empty for none."""
    return clean(tag.get_text()) if tag else ""


def number(text: str) -> int | None:
    """The number a text is, of at most nine digits; None for anything else."""
    return int(text) if _NUMBER.fullmatch(text) else None


def count(text: str) -> int | None:
    """The number of films that a text like "1,234 films" states."""
    match = _COUNT.fullmatch(clean(text))
    return number(re.sub(r"[,. ]", "", match[1])) if match else None


def year_of(text: str) -> int | None:
    """The year a text is, if it can be that of a film."""
    return int(text) if _YEAR.fullmatch(text) else None


def day_of(text: str) -> str | None:
    """The day that a text begins with, YYYY-MM-DD, if it can be that of a film; None for a year alone."""
    match = re.fullmatch(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:T.*)?", text)
    try:
        return date.fromisoformat(match[1]).isoformat() if match and year_of(match[1][:4]) else None
    except ValueError:
        return None


def sole(values: Iterable[str]) -> str | None:
    """The value if all agree: two different ids on one page prove neither."""
    distinct = set(values)
    return distinct.pop() if len(distinct) == 1 else None


def json_object(text: str) -> dict[str, Any]:
    """The JSON object from the first brace to the last; anything else reads as an empty one."""
    try:
        value = msgspec.json.decode(text[text.find("{") : text.rfind("}") + 1])
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def split_year(name: str) -> tuple[str, int | None]:
    """Take "Title (Year)" apart; only a year at the very end is one."""
    match = _WITH_YEAR.fullmatch(name)
    return (match[1], int(match[2])) if match else (name, None)


def own_path(href: str, url: str) -> str:
    """Where a link on the page at `url` leads: a path within Letterboxd, else a full address.

    Pages that a browser saved name Letterboxd's own host, wherever they are served from.
    """
    try:
        target = urlsplit(urljoin(url, href))
    except ValueError:
        return href
    return target.path if target.netloc in {urlsplit(url).netloc, *_HOSTS} else target.geturl()


def posters(scope: Tag) -> dict[str, list[Tag]]:
    """The elements that stand for films, by slug, in the order of the page, without those of side boxes."""
    found: dict[str, list[Tag]] = {}
    for tag in scope.select(_POSTER):
        slug = _film_slug(tag)
        if slug and not is_elsewhere(tag):
            found.setdefault(slug, []).append(tag)
    return found


def is_elsewhere(tag: Tag) -> bool:
    """Whether the element sits in a side box, a menu, a head or a foot."""
    return tag.find_parent(list(ELSEWHERE)) is not None


def _film_slug(tag: Tag) -> str | None:
    """The slug of the film this element stands for; None for members, lists and the like."""
    links = list(attributes([tag], *_LINK_ATTRIBUTES))
    linked = [match[1] for link in links if (match := _FILM_LINK.fullmatch(link))]
    if links and not linked:
        return None
    for value in attributes([tag], *_SLUG_ATTRIBUTES):
        # Until August 2023 the attribute held the path, since then the bare slug.
        match = FILM_PATH.fullmatch(value)
        slug = match[1] if match else value
        if _SLUG.fullmatch(slug):
            return slug
    return linked[0] if linked else None


class Poster:
    """What the elements of one film on a page say together; saved pages spread it over several."""

    def __init__(self, tags: Sequence[Tag]) -> None:
        slot = tags[0].find_parent("li")
        inner = [part for tag in tags for part in tag.find_all(True)]
        self._parts = [*tags, *inner, *([slot] if slot else [])]
        own = map(json_object, attributes(self._parts, "data-postered-identifier"))
        paths = map(json_object, attributes(self._parts, "data-resolvable-poster-path"))
        self._identities = [*own, *(path.get("postered") for path in paths)]

    def _stated(self, key: str) -> list[str]:
        """What the poster's own JSON, `{"lid", "uid", "type"}`, says wherever this generation keeps it."""
        found = [identity.get(key) for identity in self._identities if isinstance(identity, dict)]
        return [value for value in found if isinstance(value, str)]

    @property
    def _uids(self) -> list[str]:
        return [*self._stated("uid"), *attributes(self._parts, "data-item-uid")]

    @property
    def is_film(self) -> bool:
        """False when it says of itself that it is something else."""
        kinds = (*self._stated("type")[:1], *(uid.partition(":")[0] for uid in self._uids[:1]))
        return all(kind == "film" for kind in kinds)

    @property
    def film_id(self) -> str | None:
        """Left out of the attributes since April 2026; then it is only in the JSON."""
        for value in attributes(self._parts, "data-film-id"):
            if match := FILM_UID.fullmatch(f"film:{value}"):
                return match[1]
        return next((match[1] for uid in self._uids if (match := FILM_UID.fullmatch(uid))), None)

    @property
    def lid(self) -> str | None:
        return next(filter(None, map(checked_lid, self._stated("lid"))), None)

    def title_year(self) -> tuple[str, int | None]:
        """Title and year; the title is empty where the grid has none, the year None for unreleased films."""
        names = [split_year(clean(name)) for name in attributes(self._parts, *_NAME_ATTRIBUTES)]
        title, year = next((found for found in names if found[1]), names[0] if names else ("", None))
        if not title:
            # Before 2025 the grid names a film only in its picture, and without the year.
            pictures = attributes((part for part in self._parts if part.name == "img"), "alt")
            title = clean(next(pictures, ""))
        return title, year or year_of(next(attributes(self._parts, "data-film-release-year"), ""))


def checked_lid(value: object) -> str | None:
    """`value` if it can be the code of a boxd.it address."""
    return value if isinstance(value, str) and _LID.fullmatch(value) else None
