"""Reading a member's watchlist so that it can be believed, and the page of each film once.

Owns the requests to Letterboxd, their pace, the file `films.json` and what `watchlist.json` says of readings.
Never touches a queue, never evades a refusal, never takes a page it does not understand for an empty list.
Used by one thread at a time. A `Reading` carries trouble with the service as a value; only `StateError` and
`Interrupted` are raised out of it.
"""

import logging
import random
import re
import threading
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, urljoin, urlsplit

import msgspec

import shortcut
import storage
from diary_feed import Watched, parse_diary
from errors import Blocked, FilmFault, Interrupted, RateLimited, ServiceError, ServiceUnavailable
from film_store import FilmStore, are_different, film_key, is_due_again, was_relisted
from letterboxd_pages import PageChanged, PageKind, classify, parse_film, parse_watchlist
from list_memory import ListMemory, Lists
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
    list_name,
    moved_text,
    no_such_user_text,
    pages_text,
    private_text,
    rate_limited_text,
    sign_in_text,
    unavailable_text,
)
from web import Answer, WebClient, retry_after

__all__ = ["LetterboxdWatchlistMonitor", "Outcome", "Reading"]

SERVICE = "letterboxd"
WATCHLIST = "watchlist"
JITTER = 0.25
REDIRECTS = frozenset({301, 302, 303, 307, 308})

logger = logging.getLogger(__name__)


class LetterboxdWatchlistMonitor:
    """One member's watchlist, and the film pages behind it.

    `request_interval` is the least number of seconds between two requests; waits are up to a quarter longer.
    `check_interval` is how many seconds lie between two readings.
    """

    online = True

    def __init__(
        self,
        username: str,
        web: WebClient,
        folder: Path,
        *,
        request_interval: float,
        check_interval: float,
        stop: threading.Event,
        now: Callable[[], float] = time.time,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._username = username
        self._owner = username.lower()  # Letterboxd does not tell cases apart, nor may our files
        self._web = web
        self._folder = folder
        self._interval = request_interval
        self._check_interval = check_interval
        self._stop = stop
        self._now = now
        self._jitter = jitter
        self._last_request: float | None = None
        self._films = FilmStore(folder / "films.json")
        self._lists = Lists(folder)

    # --- the watchlist

    @property
    def list_name(self) -> str:
        """What the list is called in `watchlist.json` and in each film's `lists`."""
        return list_name(self._owner, WATCHLIST)

    def read_watchlist(self, is_known: Callable[[str], bool] = lambda key: True) -> Reading:
        """Read the list: its first page if that tells all, else to the last; twice if it moved meanwhile.

        `is_known` says whether a film of an earlier reading, by its key, has a place in the queues: where one
        has none, only all pages can show it again. Raises `StateError` and `Interrupted` only.
        """
        before = self._lists.get(self.list_name)
        tally = self._read_pages(before, is_known)
        if tally.moved:
            first, tally = tally, self._read_pages(None, is_known)
            tally.follows(first)
        reading = self._conclude(tally, before)
        self._lists.change(self.list_name, lambda memory: self._remembered(memory, reading, tally))
        return reading

    def _read_pages(self, before: ListMemory | None, is_known: Callable[[str], bool]) -> Tally:
        tally = Tally()
        page: int | None = 1
        try:
            while page is not None:
                page = self._read_page(page, tally)
                if page == 2 and before is not None:
                    tally.claim = self._claim(before, tally, is_known)
                    page = page if tally.claim is None else None
        except Ended as ending:
            tally.ending = ending
        except ServiceError as error:
            tally.ending = ended_by(error)
        return tally

    def _claim(
        self, before: ListMemory, tally: Tally, is_known: Callable[[str], bool]
    ) -> shortcut.Claim | None:
        keys = [film_key(film) for film in tally.films]
        now, interval = self._now(), self._check_interval
        claim = None if tally.repeated else shortcut.claim(before, keys, tally.promised, now, interval)
        return claim if claim and all(map(is_known, claim.films[claim.newcomers :])) else None

    def _read_page(self, page: int, tally: Tally) -> int | None:
        """Add one page to the tally and return the number of the next one."""
        path = f"{quote(self._owner, safe='')}/{WATCHLIST}/" + (f"page/{page}/" if page > 1 else "")
        answer, kind = self._fetch(path, self._same_path(path))
        if answer.status in REDIRECTS:
            raise self._led_elsewhere(answer)
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

    def _led_elsewhere(self, answer: Answer) -> Ended:
        """What a redirect means that leads to another page than the one that was asked for."""
        location = answer.headers.get("location", "")
        target = urlsplit(urljoin(answer.url, location)).path
        if target.startswith("/sign-in"):
            return Ended(Outcome.PRIVATE, sign_in_text(self._username))
        other = re.match(rf"/([\w-]+)/{WATCHLIST}/", target, re.ASCII)
        if other and other[1].lower() != self._owner:
            return Ended(Outcome.PAGE_CHANGED, moved_text(self._username, other[1]))
        return self._page_changed(PageChanged(f"leads to {location[:80]!r}, which is another page"), answer)

    def _same_path(self, path: str) -> Callable[[str], bool]:
        """Whether another spelling of the path is meant, and not another list or a part of this one."""
        asked = urlsplit(urljoin(f"{self._web.base_url}/", path)).path.rstrip("/").lower()
        return lambda target: target.rstrip("/").lower() == asked

    def _page_changed(self, change: PageChanged, answer: Answer) -> Ended:
        kept = self._folder / "logs" / "letterboxd-page.html"
        storage.write_bytes(kept, answer.body)
        return Ended(
            Outcome.PAGE_CHANGED,
            f"Letterboxd's page {answer.url} cannot be read: it {change.reason}. Nothing is concluded from "
            f"it. It was kept as {kept}: look at it in a browser, and look for a newer Movie Sync.",
        )

    def _conclude(self, tally: Tally, before: ListMemory) -> Reading:
        ending = tally.ending or Ended(*judge(tally, self._username, before))
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
            before=before,
            missing=(tally.promised or 0) - tally.seen if ending.outcome is Outcome.PARTIAL else 0,
            seen=tally.seen,
        )

    def _remembered(self, memory: ListMemory, reading: Reading, tally: Tally) -> ListMemory:
        now, claim = reading.read_at, tally.claim
        if claim is not None:
            if not claim.proven:
                return shortcut.still_miscounted(memory, claim)
            on_top = f"{films_text(claim.newcomers)} more" if claim.newcomers else "nothing new"
            length = films_text(len(claim.films))
            return shortcut.proven_by(memory, claim, now, f"{length} by page 1: {on_top}, the rest as it was")
        keys = [film_key(film) for film in reading.films]
        if reading.full:
            proof = f"{len(keys)} of {films_text(len(keys))} on {pages_text(len(tally.pages))}"
            return shortcut.proven_in_full(memory, keys, now, proof)
        if tally.miscounted and tally.promised is not None:
            return shortcut.miscounted(memory, keys, tally.promised, now)
        return memory

    def watched(self) -> tuple[Watched, ...]:
        """The films that the member's public diary tells of, the latest 50 entries at most, newest first.

        Raises `Blocked`, `RateLimited`, `ServiceUnavailable`, `Interrupted`.
        """
        answer, kind = self._fetch(f"{quote(self._owner, safe='')}/rss/")
        if kind is not PageKind.MISSING and kind is not PageKind.REFUSED:
            _raise_trouble(answer, kind, self._now())
        return parse_diary(answer.body) if kind is PageKind.PAGE else ()

    # --- the pages of films

    def known_facts(self, film: ListedFilm) -> FilmFacts | None:
        """What an earlier run or call learnt from the film's page; asks nobody."""
        return self._films.find(film)

    def is_outdated(self, film: ListedFilm, *, by_time: bool = True) -> bool:
        """Whether `facts` would ask for the film's page; without `by_time` only if the list renamed it."""
        known = self._films.find(film)
        if known is None:
            return by_time
        return was_relisted(known, film) or (by_time and is_due_again(known, self._now()))

    def facts(self, film: ListedFilm) -> FilmFacts:
        """What the film's page says; fetched once and kept, unless `is_outdated`.

        Raises `FilmFault` when there is no page or it shows another film, `Blocked`, `RateLimited`,
        `ServiceUnavailable`, `StateError`, `Interrupted`.
        """
        known = self._films.find(film)
        if known is None or self.is_outdated(film):
            known = self._fetch_facts(film)
            self._films.keep(known)
        return known

    def failures(self, film: ListedFilm) -> int:
        """How often in a row the film's page failed, in this run and in earlier ones."""
        return self._films.failures(film)

    def failed(self, film: ListedFilm) -> int:
        """Remember that the film's page failed once more; how often in a row by now."""
        return self._films.failed(film)

    def gave_up(self, film: ListedFilm) -> None:
        """Remember that the film's page cannot be read, so that it is left alone for a while."""
        self._films.give_up(film, self._now())

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
            listed=(film.slug, film.title, film.year),
        )

    # --- one request

    def _fetch(
        self, path: str, may_follow: Callable[[str], bool] = lambda path: _is_film_page(path)
    ) -> tuple[Answer, PageKind]:
        self._keep_pace()
        try:
            answer = self._web.get(path, may_follow=may_follow)
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


def _is_film_page(path: str) -> bool:
    return "/film/" in path and "/by/" not in path


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
