"""Reading a member's watchlist so that it can be believed, and the page of each film once.

Owns the requests to Letterboxd, their pace, and the files `watchlist.json` and `films.json`. Never touches a
queue, never evades a refusal, never takes a page it does not understand for an empty list. Used by one thread
at a time. A `Reading` carries trouble with the service as a value; only `StateError` and `Interrupted` are
raised out of it.
"""

import logging
import random
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec

import storage
from errors import Blocked, FilmFault, Interrupted, RateLimited, ServiceError, ServiceUnavailable
from film_store import FilmStore, are_different, film_key
from letterboxd_pages import PageChanged, PageKind, classify, parse_film, parse_watchlist
from movie import FilmFacts, ListedFilm
from reading import (
    Ended,
    Outcome,
    Reading,
    Tally,
    blocked_text,
    ended_by,
    films_text,
    judge,
    no_such_user_text,
    pages_text,
    private_text,
    rate_limited_text,
    unavailable_text,
)
from web import Answer, WebClient, retry_after

__all__ = ["LetterboxdWatchlistMonitor", "Outcome", "Reading"]

SERVICE = "letterboxd"
WATCHLIST = "watchlist"
JITTER = 0.25

logger = logging.getLogger(__name__)


class LetterboxdWatchlistMonitor:
    """One member's watchlist, read by whole pages, and the film pages behind it.

    `request_interval` is the least number of seconds between two requests; waits are up to a quarter longer.
    """

    online = True

    def __init__(
        self,
        username: str,
        web: WebClient,
        folder: Path,
        *,
        request_interval: float,
        stop: threading.Event,
        now: Callable[[], float] = time.time,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._username = username
        self._owner = username.lower()  # Letterboxd does not tell cases apart, nor may our files
        self._web = web
        self._folder = folder
        self._interval = request_interval
        self._stop = stop
        self._now = now
        self._jitter = jitter
        self._last_request: float | None = None
        self._films = FilmStore(folder / "films.json")

    # --- the watchlist

    def read_watchlist(self) -> Reading:
        """Read the list from its first page to its last; a list that moved meanwhile is read twice.

        Raises `StateError` and `Interrupted` only.
        """
        tally = self._read_pages()
        if tally.moved:
            first, tally = tally, self._read_pages()
            if not tally.complete:
                tally.seen_before = first.films
        reading = self._conclude(tally)
        if reading.proven:
            self._keep_proof(reading, tally)
        return reading

    def _read_pages(self) -> Tally:
        tally = Tally()
        page: int | None = 1
        try:
            while page is not None:
                page = self._read_page(page, tally)
        except Ended as ending:
            tally.ending = ending
        except ServiceError as error:
            tally.ending = ended_by(error)
        return tally

    def _read_page(self, page: int, tally: Tally) -> int | None:
        """Add one page to the tally and return the number of the next one."""
        path = f"{quote(self._owner, safe='')}/{WATCHLIST}/" + (f"page/{page}/" if page > 1 else "")
        answer, kind = self._fetch(path)
        # The first page was fine, so the list may have become shorter than its last link. The shield answers
        # unknown pages with a bare 403 of its own; a challenge is one whatever the page.
        tally.lost_page = page > 1 and kind in {PageKind.MISSING, PageKind.REFUSED, PageKind.FORBIDDEN}
        _raise_trouble(answer, kind, self._now())
        if kind is PageKind.PAGE:
            try:
                return tally.take(page, parse_watchlist(answer.text, answer.url), self._owner)
            except PageChanged as change:
                raise self._page_changed(change, answer) from change
        if tally.lost_page:
            return None
        if kind is PageKind.REFUSED:
            raise Ended(Outcome.PRIVATE, private_text(self._username))
        raise Ended(Outcome.NO_SUCH_USER, no_such_user_text(self._username))

    def _page_changed(self, change: PageChanged, answer: Answer) -> Ended:
        kept = self._folder / "logs" / "letterboxd-page.html"
        storage.write_bytes(kept, answer.body)
        return Ended(
            Outcome.PAGE_CHANGED,
            f"Letterboxd's page {answer.url} cannot be read: it {change.reason}. Nothing is concluded from "
            f"it. It was kept as {kept}: look at it in a browser, and look for a newer Movie Sync.",
        )

    def _conclude(self, tally: Tally) -> Reading:
        ending = tally.ending or Ended(*judge(tally, self._username))
        message = ending.message
        logger.info(
            "watchlist=%s outcome=%s films=%s promised=%s pages=%s",
            self._owner,
            ending.outcome.value,
            len(tally.films),
            tally.promised,
            len(tally.pages),
        )
        if tally.ending and tally.films:
            message += f" The {films_text(len(tally.films))} seen before that still count as wanted."
        return Reading(
            outcome=ending.outcome,
            owner=self._owner,
            path=WATCHLIST,
            films=tally.films,
            promised=tally.promised,
            message=message,
            error=ending.error,
            read_at=int(self._now()),
        )

    def _keep_proof(self, reading: Reading, tally: Tally) -> None:
        file = self._folder / "watchlist.json"
        lists = storage.read_json(file, dict[str, Any], {})
        promised, pages = films_text(len(reading.films)), pages_text(len(tally.pages))
        lists[f"{reading.owner}/{reading.path}"] = {
            "films": [film_key(film) for film in reading.films],
            "read_at": reading.read_at,
            "proof": f"{len(reading.films)} of {promised} on {pages}",
        }
        storage.write_json(file, lists)

    # --- the pages of films

    def known_facts(self, film: ListedFilm) -> FilmFacts | None:
        """What an earlier run or call learnt from the film's page; asks nobody."""
        return self._films.find(film)

    def facts(self, film: ListedFilm) -> FilmFacts:
        """What the film's page says; fetched once and kept.

        Raises `FilmFault` when there is no page or it shows another film, `Blocked`, `RateLimited`,
        `ServiceUnavailable`, `StateError`, `Interrupted`.
        """
        known = self._films.find(film)
        if known is None:
            known = self._fetch_facts(film)
            self._films.add(known)
        return known

    def _fetch_facts(self, film: ListedFilm) -> FilmFacts:
        path = _page_of(film)
        answer, kind = self._fetch(path)
        # The shield answers addresses that do not exist with a bare 403 of its own; by IMDb id one may not.
        if film.slug or kind is not PageKind.FORBIDDEN:
            _raise_trouble(answer, kind, self._now())
        if kind is not PageKind.PAGE:
            raise FilmFault(f"{film.title}: Letterboxd has no page /{path} (HTTP {answer.status})")
        facts = parse_film(answer.text, answer.url)
        if are_different(facts, film) or (not film.slug and facts.imdb_id != film.imdb_id):
            raise FilmFault(f"{film.title}: /{path} is the page of another film, {facts.title}")
        return msgspec.structs.replace(
            facts,
            film_id=film.film_id or facts.film_id,
            lid=film.lid or facts.lid,
            slug=facts.slug or film.slug,
            fetched_at=int(self._now()),
        )

    # --- one request

    def _ask(self, path: str) -> tuple[Answer, PageKind]:
        """Fetch a page; what comes back is one, Letterboxd's own refusal, or "no such page"."""
        answer, kind = self._fetch(path)
        _raise_trouble(answer, kind, self._now())
        return answer, kind

    def _fetch(self, path: str) -> tuple[Answer, PageKind]:
        self._keep_pace()
        try:
            answer = self._web.get(path)
        finally:
            self._last_request = self._now()
        return answer, classify(answer.status, answer.text)

    def _keep_pace(self) -> None:
        wait = 0.0
        if self._last_request is not None:
            gap = self._interval * (1 + JITTER * self._jitter())
            # A clock that was set back must not make one wait longer than the gap.
            wait = min(gap, max(0.0, self._last_request + gap - self._now()))
        if self._stop.wait(wait):
            raise Interrupted("stopped before a request to Letterboxd")


def _raise_trouble(answer: Answer, kind: PageKind, now: float) -> None:
    """The one place that turns an answer into `Blocked`, `RateLimited` or `ServiceUnavailable`."""
    retry_at = retry_after(answer.headers, now)
    if kind in {PageKind.CHALLENGE, PageKind.FORBIDDEN}:
        raise Blocked(SERVICE, blocked_text(answer.status), retry_at)
    if kind is PageKind.LIMITED:
        raise RateLimited(SERVICE, rate_limited_text(answer.status), retry_at)
    if kind is PageKind.BROKEN:
        raise ServiceUnavailable(SERVICE, unavailable_text(answer.status))


def _page_of(film: ListedFilm) -> str:
    """The path of a film's page; /imdb/tt…/ redirects to it."""
    if film.slug:
        return f"film/{quote(film.slug, safe='')}/"
    if film.imdb_id:
        return f"imdb/{quote(film.imdb_id, safe='')}/"
    raise FilmFault(f"{film.title}: the address of its Letterboxd page is not known")
