"""What all of Letterboxd's pages have in common: a light tree, clean text, and the poster of a film.

Owns the parser and the rules for one poster through all generations since 2018, mixed ones and pages saved by
a browser included: elements are found by their `data-` attributes, which outlived every class around them.
Decides nothing about a whole page (`letterboxd_pages` does), never raises, keeps no state, for any thread.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from bs4 import BeautifulSoup, Tag
from bs4.exceptions import ParserRejectedMarkup
from bs4.filter import SoupStrainer

Wanted = Callable[[str, Mapping[str, str]], bool]
"""Whether an element of this name and these attributes tells us anything."""

ELSEWHERE = ("aside", "nav", "header", "footer")  # posters in there belong to other lists
FILM_PATH = re.compile(r"(?:https?://[^/]+)?/film/([\w-]+)/?", re.ASCII)
FILM_UID = re.compile(r"film:(\d{1,18})", re.ASCII)
_SLUG_ATTRIBUTES = ("data-item-slug", "data-film-slug")
_LINK_ATTRIBUTES = ("data-item-link", "data-target-link", "data-film-link")
_NAME_ATTRIBUTES = ("data-item-name", "data-item-full-display-name", "data-film-name")
POSTER_ATTRIBUTES = frozenset((*_SLUG_ATTRIBUTES, *_LINK_ATTRIBUTES))
_POSTER = ",".join(f"[{name}]" for name in sorted(POSTER_ATTRIBUTES))
_SLUG = re.compile(r"[\w-]+", re.ASCII)
_LID = re.compile(r"\w+", re.ASCII)
_NUMBER = re.compile(r"\d{1,9}", re.ASCII)
# At the end only: "2012 (2009)", "1917 (2019)", "What's Up, Doc? (Again) (1972)".
_WITH_YEAR = re.compile(r"(.*\S)\s+\(([0-9]{4})\)", re.DOTALL)


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
    # libxml2 ends at a NUL; an XML declaration makes bs4 warn about a document it was told is HTML, and
    # without any markup it takes the text for the name of a file and warns too.
    text = re.sub(r"^(?:\s*<\?xml[^>]*>?)+", "", html.replace("\0", "").lstrip("\ufeff"))
    sieve = _Sieve(wanted)
    try:
        return Page(BeautifulSoup(text if "<" in text else "<p>", "lxml", parse_only=sieve), sieve.body)
    except ParserRejectedMarkup:
        return Page(BeautifulSoup("<p>", "lxml", parse_only=sieve), {})


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
    return " ".join(text.replace("\u200e", "").replace("\u200f", "").split())


def text_of(tag: Tag | None) -> str:
    """The clean text of an element, empty for none."""
    return clean(tag.get_text()) if tag else ""


def number(text: str) -> int | None:
    """The number a text is, of at most nine digits; None for anything else."""
    return int(text) if _NUMBER.fullmatch(text) else None


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
    linked = [match[1] for link in links if (match := FILM_PATH.fullmatch(link))]
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
        self._identifier = self._read_identifier()

    def _read_identifier(self) -> dict[str, Any]:
        """The poster's own JSON, `{"lid", "uid", "type"}`, wherever this generation keeps it."""
        for value in attributes(self._parts, "data-postered-identifier"):
            if found := json_object(value):
                return found
        for value in attributes(self._parts, "data-resolvable-poster-path"):
            nested = json_object(value).get("postered")
            if isinstance(nested, dict):
                return nested
        return {}

    @property
    def is_film(self) -> bool:
        """False when its own JSON says that it is something else."""
        return str(self._identifier.get("type", "film")) == "film"

    @property
    def film_id(self) -> str | None:
        """Left out of the attributes since April 2026; then it is only in the JSON."""
        for value in attributes(self._parts, "data-film-id"):
            if _NUMBER.fullmatch(value):
                return value
        uids = (str(self._identifier.get("uid", "")), *attributes(self._parts, "data-item-uid"))
        return next((match[1] for uid in uids if (match := FILM_UID.fullmatch(uid))), None)

    @property
    def lid(self) -> str | None:
        return checked_lid(self._identifier.get("lid"))

    def title_year(self) -> tuple[str, int | None]:
        """Title and year; the title is empty where the grid has none, the year None for unreleased films."""
        names = [split_year(clean(name)) for name in attributes(self._parts, *_NAME_ATTRIBUTES)]
        title, year = next((found for found in names if found[1]), names[0] if names else ("", None))
        if not title:
            # Before 2025 the grid names a film only in its picture, and without the year.
            pictures = attributes((part for part in self._parts if part.name == "img"), "alt")
            title = clean(next(pictures, ""))
        return title, year or number(next(attributes(self._parts, "data-film-release-year"), ""))


def checked_lid(value: object) -> str | None:
    """`value` if it can be the code of a boxd.it address."""
    return value if isinstance(value, str) and _LID.fullmatch(value) else None
