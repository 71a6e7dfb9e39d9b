"""Letterboxd's pages after accidents: each gives a record or one named error, soon, and nothing invented."""

import html
import random
import re
import time
import warnings
from collections.abc import Callable, Iterator
from datetime import date
from typing import TypeVar

import msgspec
from harness import Outcome, Row, row_of, spread
from page_mutants import damaged, rewritten
from whole_pages import FILM, LIST, WholePage, whole_pages

from errors import FilmFault
from letterboxd_pages import (
    PageChanged,
    PageKind,
    WatchlistPage,
    classify,
    parse_film,
    parse_watchlist,
)
from movie import FilmFacts

R = TypeVar("R")
SLOWEST = 2.0
"""Seconds of processor time that one page may take."""
_STATED = re.compile(
    r"""data-num-entries\s*=\s*["']?([^"'>]*)|js-watchlist-count[^>]*>([^<]*)""", re.IGNORECASE
)
_UNSEEN = re.compile("[\\x00-\\x1f\\x7f-\\x9f\u200e\u202e\ud800-\udfff]")


def one_page(seed: int) -> Outcome:
    """Change one page as the seed says, read it, and say what is wrong with that."""
    page, changed, harmless = changed_page(seed)
    try:
        listed, list_seconds = _timed(as_list, changed)
        shown, film_seconds = _timed(as_film, changed)
        _, kind_seconds = _timed(kinds, changed)
    except Exception as error:  # noqa: BLE001 - that there is none is what is measured
        return Outcome(0.0, f"seed {seed}, {page.name}: {error!r}")
    slowest = max(list_seconds, film_seconds, kind_seconds)
    wrong = [*_wrong(listed, changed), *_wrong_facts(shown, changed)]
    if page.promised and believed_empty(listed) and promises_films(changed):
        wrong.append("it is believed to be empty")
    if harmless and (listed, shown) != read(page.html):
        wrong.append("it reads differently")
    if slowest > SLOWEST:
        wrong.append(f"{slowest:.1f} s")
    return Outcome(slowest, f"seed {seed}, {page.name}: {'; '.join(wrong)}" if wrong else None)


def _timed(reader: Callable[[str], R], page: str) -> tuple[R, float]:
    """What a reader makes of the page, and in how many seconds. A warning is an error."""
    started = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = reader(page)
    return found, time.process_time() - started


def changed_page(seed: int) -> tuple[WholePage, str, bool]:
    """A page, what becomes of it, and whether that is the same page in other words."""
    dice = random.Random(seed)
    page = dice.choice(whole_pages())
    if page.kind != "other" and dice.random() < 0.2:
        return page, rewritten(page.html, dice), True
    data = damaged(page.html.encode(), dice.choice(whole_pages()).html.encode(), dice)
    return page, data.decode("utf-8", errors="replace"), False


def kinds(page: str) -> list[PageKind]:
    """What the page is taken for with each status that matters."""
    return [PageKind(classify(status, page)) for status in (200, 403, 503)]


def as_list(page: str) -> WatchlistPage | None:
    """The page as a list, None for the named error. Raises whatever else comes."""
    try:
        return parse_watchlist(page, LIST)
    except PageChanged as change:
        if not change.reason:
            raise
        return None


def as_film(page: str) -> FilmFacts | None:
    """The page as a film's, None for the named error. Raises whatever else comes."""
    try:
        return parse_film(page, FILM)
    except FilmFault as fault:
        if FILM not in str(fault):
            raise
        return None


def read(page: str) -> tuple[WatchlistPage | None, FilmFacts | None]:
    """The page both ways."""
    return as_list(page), as_film(page)


def believed_empty(page: WatchlistPage | None) -> bool:
    """Whether the page proves that there is no film on the list."""
    return page is not None and page.promised == 0 and not page.films and not page.unreadable


def promises_films(page: str) -> bool:
    """Whether any place that states the length of a list, wherever it stands, states more than none."""
    stated = ("".join(found) for found in _STATED.findall(page.replace("\0", "")))
    return any(re.search("[1-9]", html.unescape(text)) for text in stated)


def _wrong(page: WatchlistPage | None, text: str) -> Iterator[str]:
    if page is None:
        return
    slugs = [film.slug or "" for film in page.films]
    if len(set(slugs)) != len(slugs):
        yield "a film stands there twice"
    if page.promised is not None and not 0 <= page.promised < 10**9:
        yield f"{page.promised} films"
    for film in page.films:
        yield from _wrong_text(film.title, "title")
        yield from _wrong_year(film.year)
        yield from _invented((film.slug, film.film_id, film.lid), text)
    yield from _invented((page.owner,), text)


def _wrong_facts(facts: FilmFacts | None, text: str) -> Iterator[str]:
    if facts is None:
        return
    if msgspec.json.decode(msgspec.json.encode(facts), type=FilmFacts) != facts:
        yield "it cannot be kept"
    if facts.kind not in {"film", "series"} or facts.runtime == 0 or len(facts.alternative_titles) > 50:
        yield f"kind {facts.kind}, runtime {facts.runtime}, {len(facts.alternative_titles)} titles"
    if facts.released and facts.released != date.fromisoformat(facts.released).isoformat():
        yield f"day {facts.released}"
    if facts.imdb_id and not re.fullmatch("tt[0-9]{7,10}", facts.imdb_id):
        yield f"IMDb id {facts.imdb_id}"
    for shown in (facts.title, *facts.directors, *facts.alternative_titles, facts.original_title or "-"):
        yield from _wrong_text(shown, "text")
    yield from _wrong_year(facts.year)
    yield from _invented((facts.imdb_id, facts.tmdb_id, facts.film_id, facts.lid), text)


def _wrong_text(text: str, what: str) -> Iterator[str]:
    if not text or text != text.strip() or _UNSEEN.search(text):
        yield f"{what} {text[:60]!r}"


def _wrong_year(year: int | None) -> Iterator[str]:
    if year is not None and not 1800 <= year < 2200:
        yield f"year {year}"


def _invented(values: tuple[str | None, ...], text: str) -> Iterator[str]:
    for value in filter(None, values):
        if value not in text and value not in _in_plain(text):
            yield f"{value[:60]!r} stands nowhere on the page"


def _in_plain(text: str) -> str:
    """The text without what may stand inside an id and means nothing: entities, escapes, NUL."""
    plain = html.unescape(text.replace("\0", ""))
    return re.sub(r"\\u00([0-7][0-9a-f])|\\(?=/)", lambda code: chr(int(code[1] or "0", 16)), plain)


def pages(count: int, first_seed: int = 0) -> Row:
    """`count` changed pages."""
    return row_of(
        "Letterboxd's pages, damaged (four in five) or written differently",
        f"a record or one named error, below {SLOWEST:g} s, nothing invented, never empty by mistake",
        spread(one_page, range(first_seed, first_seed + count)),
    )
