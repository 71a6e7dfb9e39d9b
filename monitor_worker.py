"""MonitorWorker: what it does next, and what each kind of "no" leads to.

Turns a watchlist into pending films. Shares nothing with DownloadWorker but the QueueManager. No HTTP and no
file here, only the order of things and reactions.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable

from msgspec.structs import replace

from console import Console
from diary_feed import Watched
from errors import Blocked, ServiceError, ServiceUnavailable, StateWriteError
from film_store import film_keys
from identity import listed
from loop import Teller
from monitor import Outcome, Reading
from movie import MANUAL_LIST, Movie
from new_films import NewFilms, WatchlistSource
from queue_files import REMOVED
from queue_manager import QueueManager
from removal_plan import WANTED, RemovalRules
from removals import Removals
from report import queue_status_line
from services import Rest, Services

logger = logging.getLogger(__name__)

SOON = 60.0
"""Seconds until something unreachable is asked again."""


class MonitorWorker(Teller):
    """Reads the watchlist every `check_interval` seconds, in between looks up its new films one by one."""

    title = "monitor worker"
    icon = "🎬"

    def __init__(
        self,
        *,
        watchlist: WatchlistSource,
        new_films: NewFilms,
        queue: QueueManager,
        services: Services,
        console: Console,
        rules: RemovalRules,
        stop: threading.Event,
        now: Callable[[], float] = time.time,
    ) -> None:
        super().__init__("MonitorWorker", console, stop, now)
        self._watchlist = watchlist
        self._new_films = new_films
        self._queue = queue
        self._services = services
        self._interval = rules.interval
        self._removals = Removals(
            queue.folder, queue, rules, self._ask_diary, console.say, self._warn_of_removals
        )
        self._next_reading = 0.0
        self._looking_up = False
        self.single_run = False

    def step(self) -> bool:
        self._looking_up = False
        rest = self._rest()
        if rest is not None:
            if self._new_films or self._reading_due():
                self.say_service("letterboxd", rest.reason, rest)
            return False
        if self._reading_due():
            self._check()
            return bool(self._new_films)
        if self._new_films:
            self._look_up_one()
            return True
        return self._new_films.notice_untitled()

    def next_due(self) -> float:
        rest = self._rest()
        if rest is None:
            return self._next_reading
        return rest.until if self._new_films else max(rest.until, self._next_reading)

    def recover(self) -> bool:
        # A film that was in hand has left the new films already; the next reading shows it again.
        had_film, self._looking_up = self._looking_up, False
        if not had_film:
            self._next_reading = self._now() + self._interval
        return had_film

    def _rest(self) -> Rest | None:
        return self._services.resting("letterboxd") if self._watchlist.online else None

    def _reading_due(self) -> bool:
        now = self._now()
        if self.single_run and self._next_reading:
            return False
        # A clock that was set back must not postpone the next reading by more than one interval.
        return not now < self._next_reading <= now + self._interval

    def _check(self) -> None:
        self._console.say("🔍 Checking Letterboxd watchlist...")
        reading = self._watchlist.read_watchlist(self._new_films.is_known)
        self._next_reading = self._now() + self._interval
        if reading.error is None:
            self._answered()
            self._say_outcome(reading)
        else:
            self._no_answer(reading, reading.error)
        self._new_films.note_answer(good=reading.error is None)
        if reading.stale or reading.outcome is Outcome.EMPTY:
            self.warn_once("list", reading.message)
        else:
            self.over("list")
        if reading.films or reading.proven:
            self._take(reading)

    def _no_answer(self, reading: Reading, error: ServiceError) -> None:
        rest = self._services.failed(error)
        if isinstance(error, ServiceUnavailable):
            self._next_reading = self._now() + min(SOON, self._interval)
            self._say_outcome(reading)
        else:
            self.say_service("letterboxd", str(error), rest, reading.message)

    def _say_outcome(self, reading: Reading) -> None:
        if reading.proven:
            self.over("reading")
            return
        # A count that stays as wrong as it was is no news, however long the list grew meanwhile.
        wrong = (reading.outcome, reading.missing) if reading.missing else reading.message
        self.say_news("reading", reading.message, wrong)

    def _take(self, reading: Reading) -> None:
        removed = self._queue.films(REMOVED)
        try:
            unknown = self._tell_queues(reading)
            self._console.say(f"📺 Found {reading.length} movies in watchlist")
            self._say_back(removed)
            self._removals.follow(reading)
        except StateWriteError:
            # What this reading showed is lost: the list is read again as soon as it can be kept.
            self._next_reading = self._now() + min(SOON, self._interval)
            raise
        new = self._new_films.expect(unknown, reading.films, whole=reading.full)
        if new:
            self._console.say(f"🆕 {new} new movies detected")
        else:
            self._say_status()

    def _tell_queues(self, reading: Reading) -> list[Movie]:
        """Tell the queues what the list has; returns the films that none of them knows."""
        movies = [listed(film, reading.list_name) for film in reading.films]
        if not reading.proven:
            return self._queue.learn(movies)
        return self._queue.learn([*movies, *self._on_list_unseen(reading)], {reading.list_name, MANUAL_LIST})

    def _on_list_unseen(self, reading: Reading) -> list[Movie]:
        """Films that are proven to be on the list, by pages that were not read, and whose records lack it.

        A reading of another account's list took it from them, perhaps.
        """
        if reading.full:
            return []
        keys, name = frozenset(reading.before.films), reading.list_name
        wanted = (movie for queue in WANTED for movie in self._queue.films(queue))
        return [
            replace(movie, lists=(name,))
            for movie in wanted
            if name not in movie.lists and not keys.isdisjoint(film_keys(movie))
        ]

    def _say_back(self, removed: Iterable[Movie]) -> None:
        for movie in removed:
            known = self._queue.find(movie.id)
            if known is not None and known.status in WANTED:
                self._console.say(f"   ↩️  Back on the list: {known.label}")

    def _ask_diary(self) -> tuple[Watched, ...] | None:
        try:
            diary = self._watchlist.watched()
        except ServiceError as error:
            self._say_trouble("diary", f"The diary, which tells why films left the list: {error}", error)
            # Where the shield refuses it, it is not asked again for these films.
            return () if isinstance(error, Blocked) else None
        self.over("diary")
        return diary

    def _say_trouble(self, topic: str, text: str, error: ServiceError) -> None:
        """Tell of trouble with one page in one line, and in the same until when Letterboxd is left alone."""
        rest = self._services.failed(error)
        if rest is None:
            self.say_once(topic, text)
        else:
            self.say_service("letterboxd", rest.reason, rest, text)

    def _warn_of_removals(self, text: str) -> None:
        if text:
            self.warn_once("removals", text)
        else:
            self.over("removals")

    def _say_status(self) -> None:
        removed = len(self._queue.films(REMOVED))
        self._console.say(queue_status_line(self._queue.get_statistics(), removed))

    def _look_up_one(self) -> None:
        self._looking_up = True
        film = self._new_films.coming.label
        try:
            self._new_films.look_up_next()
        except ServiceError as error:
            self._say_trouble("page", f"The page of {film}: {error}", error)
        else:
            self._answered()
        self._looking_up = False
        if not self._new_films:
            self.over("page")
            self._say_status()

    def _answered(self) -> None:
        if self._watchlist.online:
            self._services.succeeded("letterboxd")
            self.over("letterboxd")
