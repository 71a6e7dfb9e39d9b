"""The records that cross modules: what a list shows, what a film page says, what we keep of a film.

Plain immutable values, safe to share between threads; a record is changed only by replacing it
(`msgspec.structs.replace`). Nothing here decides anything beyond reading itself from a mapping.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec

MANUAL_LIST = "manual"


@dataclass(frozen=True)
class ListedFilm:
    """One film as a watchlist shows it. At least one of the ids is set.

    `film_id` is the digits of Letterboxd's "film:<n>"; `lid` the code of boxd.it/<lid>; `slug` bare. No list
    shows an `imdb_id`: it stands here for a film that was added by it and is otherwise unknown.
    """

    title: str
    year: int | None = None
    film_id: str | None = None
    lid: str | None = None
    slug: str | None = None
    imdb_id: str | None = None


class FilmFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a film page says. `kind` is "film" or "series"; `fetched_at` unix seconds; `runtime` minutes.

    `released` is the day, YYYY-MM-DD, where the page has a trustworthy one. `alternative_titles` are as the
    page lists them: one with a comma in it stands there in pieces.
    `listed` is the slug, title and year that its list showed when the page was read; with `page_failed` there
    was no page to read, and all the rest is the list's too. `failures` counts how often in a row the page
    failed since; without `fetched_at` nothing but that is known.
    """

    title: str
    year: int | None = None
    imdb_id: str | None = None
    film_id: str | None = None
    lid: str | None = None
    slug: str | None = None
    kind: str = "film"
    tmdb_id: str | None = None
    directors: tuple[str, ...] = ()
    original_title: str | None = None
    runtime: int | None = None
    alternative_titles: tuple[str, ...] = ()
    released: str | None = None
    fetched_at: int = 0
    listed: tuple[str | None, str, int | None] | None = None
    page_failed: bool = False
    failures: int = 0


class ChosenRelease(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The release that was picked for a film, as far as it is worth remembering. `size` in bytes.

    `waits_for_room`: it did not fit, and is kept until it does.
    """

    name: str
    tracker: str
    id: str
    size: int = 0
    category: str = ""
    seeders: int = 0
    freeleech: bool = False
    chosen_at: int = 0
    waits_for_room: bool = False


class TriedRelease(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A release of a film that another one was fetched beside, and `why`, as the end of a sentence.

    `running`: its torrent, known by `hash`, is still in qBittorrent and may yet be the first to complete.
    `earlier`: that was before the user asked for others, so that it does not count among those to be tried.
    """

    release: ChosenRelease
    hash: str
    why: str
    running: bool = False
    earlier: bool = False


class Movie(msgspec.Struct, frozen=True, kw_only=True):
    """A film in one of the queues. Times are unix seconds; doc/queue_manager.md explains each field.

    `id` is settled by the queue (`identity.natural_id`) and may be empty before. `extra` holds keys that
    this version does not know; they survive a rewrite. `movie["title"]` reads a field like a mapping.
    """

    title: str
    id: str = ""
    year: int | None = None
    director: str = ""
    original_title: str | None = None
    imdb_id: str | None = None
    film_id: str | None = None
    lid: str | None = None
    slug: str | None = None
    aliases: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    status: str = "pending"
    queued_at: int | None = None
    not_before: int = 0
    first: bool = False
    retry_count: Annotated[int, msgspec.Meta(ge=0)] = 0
    last_error: str | None = None
    last_failed_at: int | None = None
    retry_after: int = 0
    unreachable_at: int | None = None
    unreachable_revision: int = 0
    release: ChosenRelease | None = None
    torrent_hash: str | None = None
    owned: bool | None = None
    tried: tuple[TriedRelease, ...] = ()
    unseen: bool = False
    completed_at: int | None = None
    completed_revision: int = 0
    downloaded_at: int | None = None
    removed_by_user: bool = False
    link_due: bool = False
    linked: str | None = None
    missing_for: int = 0
    removed_at: int | None = None
    removed_from: str | None = None
    watched_on: str | None = None
    revision: int = 0
    updated_at: int | None = None
    extra: dict[str, Any] = msgspec.field(default_factory=dict)

    def __getitem__(self, key: str) -> Any:
        if key in FIELDS:
            return getattr(self, key)
        return self.extra[key]

    def get(self, key: str, default: Any = None) -> Any:
        """The field or unknown key, else `default`, as of a mapping."""
        return getattr(self, key) if key in FIELDS else self.extra.get(key, default)

    def keys(self) -> Iterator[str]:
        """All field names, then the unknown keys, so that `dict(movie)` works."""
        yield from FIELDS
        yield from self.extra

    def __contains__(self, key: object) -> bool:
        return key in FIELDS or key in self.extra

    @property
    def untitled(self) -> bool:
        """Added by its IMDb id alone, which stands for the title until a page tells it."""
        return self.title == self.imdb_id

    @property
    def unread(self) -> bool:
        """Known by the address of its page alone, whose words stand for the title until the page is read."""
        bare = self.year is None and self.imdb_id is None and self.slug is not None
        return bare and self.title == (self.slug or "").replace("-", " ")

    @property
    def label(self) -> str:
        """`Title (Year)` as people read it; the year is left out while unknown."""
        return f"{self.title} ({self.year})" if self.year else self.title


FIELDS = tuple(name for name in Movie.__struct_fields__ if name != "extra")
_IDS = ("film_id", "imdb_id", "lid", "slug")
_IMDB_ID = re.compile(r"tt\d+")


def movie_from(entry: Movie | Mapping[str, Any]) -> Movie:
    """Read a film from a mapping with the keys of the queue files; a `Movie` is returned as it is.

    Raises `ValueError` naming the key that cannot be read and what it should be.
    """
    if isinstance(entry, Movie):
        return entry
    if not isinstance(entry, Mapping):
        raise ValueError(f"expected an object with a title, got {type(entry).__name__}")
    # In a hand-edited file null says "not known", as a missing key does.
    known = {key: value for key, value in entry.items() if key in FIELDS and value is not None}
    for key in _IDS:
        # Ids are text; a hand-edited file may well hold the film id as a bare number.
        if isinstance(known.get(key), int) and not isinstance(known[key], bool):
            known[key] = str(known[key])
    try:
        movie = msgspec.convert(known, Movie)
    except msgspec.ValidationError as error:
        raise ValueError(str(error).replace("`$.", "`").replace("$.", "")) from None
    if not movie.title.strip():
        raise ValueError("`title` is empty")
    return msgspec.structs.replace(
        movie,
        imdb_id=movie.imdb_id or (movie.id if _IMDB_ID.fullmatch(movie.id) else None),
        extra={str(key): value for key, value in entry.items() if key not in FIELDS},
    )


_SHOWN_ALWAYS = {
    "pending": ("queued_at",),
    "failed": ("retry_count", "last_error", "last_failed_at", "retry_after"),
    "completed": ("completed_at", "torrent_hash", "owned", "downloaded_at"),
    "removed": ("removed_at", "missing_for"),
}
_SHOWN_HEAD = ("id", "title", "year", "director", "imdb_id", "film_id", "lid", "slug", "aliases", "lists")
_SHOWN_TAIL = ("not_before", "revision", "updated_at")
_BLANK = Movie(title="")


def movie_to_mapping(movie: Movie) -> dict[str, Any]:
    """The film as its queue file shows it: identity first, then what its status is about, then the rest."""
    wanted = (*_SHOWN_HEAD, "status", *_SHOWN_ALWAYS.get(movie.status, ()), *_SHOWN_TAIL)
    shown = {key: getattr(movie, key) for key in wanted}
    for key in FIELDS:
        if key not in shown and getattr(movie, key) != getattr(_BLANK, key):
            shown[key] = getattr(movie, key)
    return {**shown, **movie.extra}
