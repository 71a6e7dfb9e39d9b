"""A member's public diary as its feed tells it, `/<member>/rss/`: text in, records out.

Fetches nothing, keeps nothing. The feed holds the latest 50 entries or so, and items of lists besides, which
are none. What it does not tell is not known: no answer of it ever means that a film was not watched.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from movie import Movie
from names import fold

_FILM_LINK = re.compile(r"https?://[^/]+/[\w-]+/film/([\w-]+)/(?:\d+/)?", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


@dataclass(frozen=True)
class Watched:
    """One entry: a film by what the feed tells of it, and the day it was watched, `YYYY-MM-DD`."""

    title: str
    year: int | None
    slug: str | None
    tmdb_id: str | None
    on: str


def parse_diary(feed: bytes) -> tuple[Watched, ...]:
    """The entries of the feed, newest first. What is no feed has none."""
    from bs4 import BeautifulSoup

    # The parser of lxml does not expand entities without bound and asks no network.
    items = BeautifulSoup(feed, "xml").find_all("item")
    told = [{tag.name: tag.get_text(strip=True) for tag in item.find_all(True)} for item in items]
    return tuple(entry for entry in map(_entry, told) if entry)


def _entry(told: dict[str, str]) -> Watched | None:
    title, on = told.get("filmTitle", ""), told.get("watchedDate", "") or _day(told.get("pubDate", ""))
    if not title or not _DATE.fullmatch(on):
        return None
    link = _FILM_LINK.fullmatch(told.get("link", ""))
    year = told.get("filmYear", "")
    return Watched(
        title=title,
        year=int(year) if re.fullmatch("[0-9]{4}", year) else None,
        slug=link[1] if link else None,
        tmdb_id=told.get("movieId") or None,
        on=on,
    )


def _day(published: str) -> str:
    """The day of an entry that names none: the one on which it was written."""
    try:
        return parsedate_to_datetime(published).strftime("%Y-%m-%d")
    except ValueError:
        return ""


def watched_on(movie: Movie, tmdb_id: str | None, diary: Iterable[Watched]) -> str | None:
    """The day the film was last watched, if the diary tells of it; `tmdb_id` is what its page said."""
    return max((entry.on for entry in diary if _is(entry, movie, tmdb_id)), default=None)


def _is(entry: Watched, movie: Movie, tmdb_id: str | None) -> bool:
    if entry.tmdb_id and tmdb_id:
        return entry.tmdb_id == tmdb_id
    if entry.slug and movie.slug:
        return entry.slug == movie.slug
    return bool(entry.year) and (fold(entry.title), entry.year) == (fold(movie.title), movie.year)
