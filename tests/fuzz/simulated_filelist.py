"""A FileList without a network, for a simulated week: what is on it, what it answers, when it fails.

Stands where `web.WebClient` does and outlives the program's restarts. The clock goes on while a request is
under way. Notes when each API call was sent, and which films were searched for.
"""

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from bench import MIB, make_torrent
from support import Clock

from movie import Movie
from web import Answer

HOUR, DAY = 3600, 24 * 3600
_SYLLABLES = [consonant + vowel for consonant in "bdfglmprst" for vowel in "aeiou"]
_NOTHING, _GONE, _TROUBLE = (
    b"[]",
    b"<html>out of order</html>",
    b'{"error": "Service unavailable at the moment!"}',
)


class Killed(BaseException):
    """SIGKILL, as far as it can be had within one process: nothing that the program has left sees to it."""


def film(number: int) -> Movie:
    """The film of this number; no title is a part of another."""
    first, second = divmod(number, len(_SYLLABLES))
    title = f"Tale of {_SYLLABLES[first].title()}{_SYLLABLES[second]}"
    imdb = f"tt{1_000_000 + number}"
    return Movie(title=title, year=1950 + number % 70, imdb_id=imdb, film_id=str(number), slug=f"f-{number}")


@dataclass
class SimulatedFileList:
    """`out_of_order` holds the outage, as unix seconds. `between` is called between booking and sending.

    What is asked while it is `visited` by a second process counts as a call and not as a film's search, and
    takes no time, for that runs beside. `delay`: at most so many seconds lie between booking and arriving.
    """

    clock: Clock
    dice: random.Random
    count: int
    out_of_order: tuple[float, float]
    deadly: bool = True
    base_url: str = "http://filelist.test/api.php"
    sent: list[float] = field(default_factory=list)
    searched: set[int] = field(default_factory=set)
    visited: bool = False
    delay: float = 0.0
    between: Callable[[], None] = lambda: None
    uploads: dict[int, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Three films in ten are there from the start or are uploaded in the course of the week."""
        self.numbers = {movie.imdb_id: n for n in range(self.count) for movie in [film(n)]}
        self.names = {f"{movie.title} {movie.year}": n for n in range(self.count) for movie in [film(n)]}
        for number in range(self.count):
            if number % 10 < 3:
                later = self.dice.uniform(0, 7 * DAY) if number % 10 else -DAY
                self.uploads[number] = self.clock() + later

    def get(
        self,
        path: str = "",
        params: Mapping[str, str] | None = None,
        auth: object = None,
        may_follow: object = None,
    ) -> Answer:
        """One request. Raises `Killed` where the program dies of it, before it is sent or after."""
        params = params or {}
        if path:
            return self._answer(make_torrent(f"film-{params['id']}", MIB).data)
        self._may_die(0.002)
        self.between()
        if self.delay:
            self.clock.time += self.dice.uniform(0, self.delay)
        self.sent.append(self.clock())
        if not self.visited:
            self.clock.time += self.dice.uniform(0.05, 2.5)
        self._may_die(0.002)
        return self._trouble() or self._found(params)

    def _may_die(self, chance: float) -> None:
        if self.deadly and self.dice.random() < chance:
            raise Killed

    @property
    def is_out_of_order(self) -> bool:
        """Whether the outage is on."""
        return self.out_of_order[0] <= self.clock() < self.out_of_order[1]

    def _trouble(self) -> Answer | None:
        if self.is_out_of_order:
            return self._answer(self.dice.choice((_GONE, _TROUBLE)), self.dice.choice((500, 502, 503)))
        chance = self.dice.random()
        if chance < 0.0005:
            return self._answer(b'{"error": "Rate limit reached"}', 429)
        if chance < 0.001:
            return self._answer(b"", 429, {"retry-after": "900"})
        return self._answer(_TROUBLE, 503) if chance < 0.006 else None

    def _found(self, params: Mapping[str, str]) -> Answer:
        if params["action"] == "latest-torrents":
            return self._json(self._latest())
        by_id = params["type"] == "imdb"
        number = (self.numbers if by_id else self.names).get(params["query"])
        if number is None:
            return self._answer(_NOTHING)
        if not self.visited:
            self.searched.add(number)
        if number in self.uploads and self.uploads[number] <= self.clock():
            has_id = number % 3 != 0  # the others are found by their names alone
            return self._json([_row(number, self.uploads[number])] if by_id == has_id else [])
        return self._json([_row(number, self.clock() - DAY, "HDCAM")] if number % 10 == 9 else [])

    def _latest(self) -> list[dict[str, Any]]:
        """A hundred rows of other films and what is new; at times they reach back minutes only."""
        now = self.clock()
        reach = 300.0 if self.dice.random() < 0.1 else 2 * DAY
        new = [(number, moment) for number, moment in self.uploads.items() if now - reach < moment <= now]
        others = [(10**6 + n, now - 1 - reach * n / 100) for n in range(100 - len(new))]
        return [_row(number, moment) for number, moment in new] + [_row(n, m, "x") for n, m in others]

    def _json(self, rows: list[dict[str, Any]]) -> Answer:
        return self._answer(json.dumps(rows).encode())

    def _answer(self, body: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
        return Answer(status, headers or {}, body, self.base_url)


_BUCHAREST = ZoneInfo("Europe/Bucharest")


def _row(number: int, moment: float, source: str = "BluRay") -> dict[str, Any]:
    wanted = film(number) if number < len(_SYLLABLES) ** 2 else Movie(title=f"Other {number}", year=1990)
    uploaded = datetime.fromtimestamp(moment, UTC).astimezone(_BUCHAREST)
    return {
        "id": number,
        "name": f"{wanted.title.replace(' ', '.')}.{wanted.year}.1080p.{source}.x264-GRP",
        "imdb": None if number % 3 == 0 else wanted.imdb_id,
        "size": 9 * 10**9,
        "category": "Filme HD",
        "seeders": 20,
        "upload_date": f"{uploaded:%Y-%m-%d %H:%M:%S}",
    }
