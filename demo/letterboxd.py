"""A stand-in Letterboxd: watchlists that tests change while it runs, film pages, and all its ways to refuse.

Owns the users and their lists; the pages come from `letterboxd_markup`. Everything can be called from any
thread. A `cf-ray` and `Server: cloudflare` are on every answer, as in real life: they prove no block.
"""

import itertools
import re
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import ceil
from typing import Literal

from demo import letterboxd_markup as markup
from demo.failures import Answer, Failure
from demo.films import DemoFilm
from demo.server import Match, Request, StandIn

PAGE_SIZE = 28
State = Literal["public", "private"]
_WATCHLIST = re.compile(r"/([A-Za-z0-9_-]+)/watchlist/(?:page/(\d+)/)?")
_DIARY = re.compile(r"/([A-Za-z0-9_-]+)/rss/")
_FILM = re.compile(r"/film/([^/]+)/")
_IMDB = re.compile(r"/imdb/(tt\d+)/")


@dataclass
class _User:
    name: str
    films: list[DemoFilm] = field(default_factory=list)
    state: State = "public"
    promised: int | None = None
    diary: list[tuple[DemoFilm, str]] = field(default_factory=list)


class StandInLetterboxd(StandIn):
    """Serves `/<user>/watchlist/[page/<n>/]`, `/<user>/rss/`, `/film/<slug>/`, `/imdb/<id>/`.

    Lists are newest first, 28 a page.

    `generation` is the markup served (`letterboxd_markup.Generation`), today's by default; it may be changed
    at any time. Film pages exist for every film that was ever on a list or given to `know`.
    """

    server_name = "cloudflare"

    def __init__(
        self,
        users: Mapping[str, Iterable[DemoFilm]] | None = None,
        *,
        generation: markup.Generation = "4",
        page_size: int = PAGE_SIZE,
        port: int = 0,
    ) -> None:
        super().__init__(port=port)
        self.generation: markup.Generation = generation
        self.page_size = page_size
        self._lock = threading.RLock()
        self._users: dict[str, _User] = {}
        self._pages: dict[str, DemoFilm] = {}
        self._rays = itertools.count(0x7A00_0000_0000_0000)
        for name, films in (users or {}).items():
            self.set_user(name, films)

    def set_user(self, name: str, films: Iterable[DemoFilm] = (), *, state: State = "public") -> None:
        """Make or replace a user with this list, newest first. A private one answers 403."""
        with self._lock:
            self._users[name.lower()] = _User(name, list(films), state)
            self.know(*self._users[name.lower()].films)

    def delete_user(self, name: str) -> None:
        """From now on an unknown user: 404."""
        with self._lock:
            del self._users[name.lower()]

    def set_state(self, name: str, state: State) -> None:
        """Make a list private or public; its films stay."""
        with self._lock:
            self._users[name.lower()].state = state

    def films(self, name: str) -> tuple[DemoFilm, ...]:
        """The user's list as it stands, newest first."""
        with self._lock:
            return tuple(self._users[name.lower()].films)

    def add(self, name: str, *films: DemoFilm) -> None:
        """Put films on the list, the last given ends up on top."""
        with self._lock:
            for film in films:
                self._users[name.lower()].films.insert(0, film)
            self.know(*films)

    def remove(self, name: str, *films: DemoFilm) -> None:
        """Take films off the list, matched by their film id; ValueError for one that is not on it."""
        with self._lock:
            for film in films:
                ids = [listed.film_id for listed in self._users[name.lower()].films]
                del self._users[name.lower()].films[ids.index(film.film_id)]

    def watch(self, name: str, film: DemoFilm, on: str) -> None:
        """Log a film as watched on that day (`YYYY-MM-DD`), which takes it off the list."""
        with self._lock:
            self.remove(name, film)
            self._users[name.lower()].diary.insert(0, (film, on))

    def promise(self, name: str, count: int | None) -> None:
        """Let the pages claim `count` films in all, whatever they hold; `None` is the truth again."""
        with self._lock:
            self._users[name.lower()].promised = count

    def know(self, *films: DemoFilm) -> None:
        """Serve these film pages, also for films on no list; a changed film replaces its page."""
        with self._lock:
            for film in films:
                for slug in [slug for slug, old in self._pages.items() if old.film_id == film.film_id]:
                    del self._pages[slug]
                self._pages[film.slug] = film

    def challenge(self, status: int = 403, match: Match = "", times: int | None = None) -> Failure:
        """Answer with a Cloudflare challenge page, under 403, 503 or 200."""
        headers = {"cf-mitigated": "challenge"} if status != 200 else {}
        return self.fail(match, status, times, body=markup.CHALLENGE_PAGE, headers=headers)

    def rate_limit(
        self, retry_after: str | None = "30", match: Match = "", times: int | None = None
    ) -> Failure:
        """Answer 429, with this `Retry-After` (seconds or an HTTP date) or without one."""
        headers = {"Retry-After": retry_after} if retry_after is not None else {}
        return self.fail(match, 429, times, headers=headers)

    def unavailable(self, status: int = 503, match: Match = "", times: int | None = None) -> Failure:
        """Answer with a server error."""
        return self.fail(match, status, times)

    def standing_headers(self) -> Mapping[str, str]:
        """A fresh ray on every answer, refusal or not."""
        return {"cf-ray": f"{next(self._rays):016x}-OTP", "cf-cache-status": "DYNAMIC"}

    def error_answer(self, status: int) -> Answer:
        """A bare page that names its status, as the shield makes them."""
        return Answer(status, markup.SHIELD_PAGE.replace("403 Forbidden", f"{status} Error"))

    def answer(self, request: Request) -> Answer:
        """A page of a watchlist, a film page, or the refusal that fits."""
        with self._lock:
            if not request.path.endswith("/"):
                return Answer(403, markup.SHIELD_PAGE)
            if found := _WATCHLIST.fullmatch(request.path):
                return self._watchlist(found[1], int(found[2] or 1))
            if found := _DIARY.fullmatch(request.path):
                return self._feed(found[1])
            if found := _FILM.fullmatch(request.path):
                return self._film(found[1])
            if found := _IMDB.fullmatch(request.path):
                return self._redirected(found[1])
            if request.path.startswith("/film/"):
                return Answer(403, markup.CHALLENGE_PAGE)
            return Answer(404, markup.error_page(markup.NOT_FOUND))

    def _watchlist(self, name: str, number: int) -> Answer:
        user = self._users.get(name.lower())
        if user is None:
            return Answer(404, markup.error_page(markup.NOT_FOUND))
        if user.state == "private":
            return Answer(403, markup.error_page(markup.PRIVATE))
        pages = max(1, ceil(len(user.films) / self.page_size))
        if not 1 <= number <= pages:
            return Answer(403, markup.SHIELD_PAGE)
        promised = len(user.films) if user.promised is None else user.promised
        shown = user.films[(number - 1) * self.page_size : number * self.page_size]
        page = markup.ListPage(user.name, shown, number, pages, promised, self.generation)
        return Answer(200, markup.watchlist_page(page))

    def _feed(self, name: str) -> Answer:
        user = self._users.get(name.lower())
        if user is None:
            return Answer(404, markup.error_page(markup.NOT_FOUND))
        feed = markup.diary_feed(user.name, user.diary)
        return Answer(200, feed, content_type="application/rss+xml; charset=utf-8")

    def _redirected(self, imdb_id: str) -> Answer:
        slugs = [slug for slug, film in self._pages.items() if film.imdb_id == imdb_id]
        if not slugs:
            return Answer(404, markup.error_page(markup.NOT_FOUND))
        return Answer(302, "", headers={"Location": f"{self.url}/film/{slugs[0]}/"})

    def _film(self, slug: str) -> Answer:
        film = self._pages.get(slug)
        if film is None or not film.page:
            return Answer(404, markup.error_page(markup.NOT_FOUND))
        headers = {"x-letterboxd-type": "Film", "x-letterboxd-identifier": film.lid}
        return Answer(200, markup.film_page(film), headers=headers)
