"""The workers: what they do next, and what each kind of "no" leads to.

MonitorWorker (a module of its own) turns a watchlist into pending films; DownloadWorker turns pending films
into completed ones. They share nothing but the QueueManager. No HTTP and no file here, only the order of
things and reactions.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import acquisition
from acquisition import Acquisition, AlreadyThere, HandedOver, NotOutYet, PageUnread
from console import Console
from download_service import NoRelease, Release
from download_window import is_open, next_opening
from errors import (
    AuthError,
    DiskFull,
    FilmFault,
    NoSpace,
    PlaceUnavailable,
    RefusedForNow,
    ServiceError,
    ServiceUnavailable,
    StateWriteError,
)
from follow_up import FollowUp
from linking import Linking
from loop import IDLE, Teller
from monitor_worker import SOON, MonitorWorker
from movie import Movie
from queue_files import COMPLETED, FAILED, PENDING
from queue_manager import QueueManager
from queue_store import LONGEST_WAIT
from report import clock, duration
from retries import backoff, retries_after_failure
from services import Services
from turns import got_no_answer_before, next_again, others_got_through, without_outcome
from uploads import Uploads

if TYPE_CHECKING:
    from cleaning import Cleaning

logger = logging.getLogger(__name__)

__all__ = ["DownloadWorker", "MonitorWorker"]

AFTER_BUG = 3600

T = TypeVar("T")


class DownloadWorker(Teller):
    """Takes pending films in turn, hands them over, and decides what each "no" means for the film."""

    title = "download worker"
    icon = "⬇️ "
    single_run = False
    """Whether failed films become due only once, at its start: a single run tries no film twice."""

    def __init__(
        self,
        *,
        queue: QueueManager,
        acquisition: Acquisition,
        follow_up: FollowUp | None,
        linking: Linking | None = None,
        uploads: Uploads,
        cleaning: "Cleaning | None" = None,
        services: Services,
        needed: tuple[str, ...],
        config: Mapping[str, Any],
        console: Console,
        stop: threading.Event,
        now: Callable[[], float] = time.time,
    ) -> None:
        super().__init__("DownloadWorker", console, stop, now)
        self._queue = queue
        self._acquisition = acquisition
        self._follow_up = follow_up
        self._linking = linking
        self._uploads = uploads
        self._cleaning = cleaning
        self._services = services
        self._needed = needed
        self._config = config
        self._max_retries = int(config["max_retries"])
        self._held: dict[str, float] = {}
        self._tried: dict[str, int] = {}
        self._offers: dict[str, tuple[Release, ...]] = {}
        self._free: dict[str, Movie] = {}
        self._place_until = 0.0
        self._window: str | None = config.get("download_window")
        self._in_hand: Movie | None = None
        self._looked_for_due = False

    def step(self) -> bool:
        self._in_hand = None
        try:
            return self._work()
        except StateWriteError:
            if self._follow_up is not None:
                self._follow_up.doubt_state()
            raise

    def next_due(self) -> float:
        now = self._now()
        failed, pending = self._queue.films(FAILED), self._queue.films(PENDING)
        moments = [now + IDLE, *self._held.values()]
        moments += [m.retry_after for m in failed if m.retry_after and m.retry_count < self._max_retries]
        moments += [m.not_before for m in pending if m.not_before > now]
        moments += [rest.until for rest in map(self._services.resting, self._needed) if rest]
        if self._place_until > now:
            moments.append(self._place_until)
        if self._services.resting("qbittorrent") is None:
            keepers = (one.next_due() for one in (self._follow_up, self._cleaning) if one is not None)
            moments += [moment for moment in keepers if moment is not None]
        looking = self._uploads.next_due()
        if looking is not None and not any(map(self._services.resting, self._needed)):
            moments.append(max(looking, self._place_until, next_opening(self._window, now)))
        return min(moments)

    def recover(self) -> bool:
        movie, self._in_hand = self._in_hand, None
        if movie is None:
            return False
        self._queue.note(movie, PENDING, not_before=int(self._now()) + AFTER_BUG)
        return True

    def _work(self) -> bool:
        self._queue_what_is_due()
        self._look_after_running()
        now = self._now()
        self._held = {film: until for film, until in self._held.items() if now < until <= now + SOON}
        if now < self._place_until <= now + SOON or not self._window_is_open():
            return False
        movie = self._claim_next()
        if movie is None:
            # No film asks for an attempt: releases that stalled, new uploads, searches that are owed.
            return self._replace_one() or self._bring_uploads()
        try:
            if self._must_wait():
                return False
            self._in_hand = movie
            self._announce(movie)
            self._attempt(movie)
        finally:
            # Whatever ended the attempt, the film must not stay claimed; with an outcome it is not any more.
            self._queue.release_claim(movie)
        if movie.id in self._tried and (left := self._queue.find(movie.id)):
            self._tried[movie.id] = left.revision
        self._in_hand = None
        return True

    def _window_is_open(self) -> bool:
        """Whether anything may be handed over now, and so whether it makes sense to search."""
        now = self._now()
        if is_open(self._window, now):
            self.over("window")
            return True
        if self._queue.films(PENDING):
            self.tell_once("window", f"Films wait for the hours of `download_window`: {self._window}.")
        return False

    def _replace_one(self) -> bool:
        """Fetch another release beside one that does not come; whether there was one to replace."""
        needs = self._follow_up.next_to_replace() if self._follow_up is not None else None
        if self._follow_up is None or needs is None or self._must_wait():
            return False
        movie, why = needs
        self._follow_up.put_off(movie, SOON)
        outcome = self._heeding(lambda: self._acquisition.replace(movie, why), movie)
        if outcome is None:
            return False
        self._has_room(movie)
        if isinstance(outcome, NoRelease):
            self._follow_up.put_off(movie)
            text = f"{movie.label}: its release {why}; {outcome.reason.rstrip('.')}."
            self.tell_once(f"stalled {movie.id}", text)
        else:
            self._follow_up.hurry(outcome.torrent_hash)
            name = outcome.release.name if outcome.release else "another release"
            self._console.say(f"🔁 {movie.label}: its release {why}; {name} is fetched beside it")
        return True

    def _bring_uploads(self) -> bool:
        self._uploads.begin()
        if not (self._uploads.due or self._uploads.next_owed()) or self._must_wait():
            return False
        offers = self._heeding(self._look_at_uploads)
        if offers is None:
            return False
        wanted = [movie for movie in map(self._queue.find, offers) if movie]
        reason = "a fitting release was uploaded"
        if not offers and (owed := self._uploads.next_owed()):
            wanted, reason = [owed], "searched for once more, at no cost"
        self._offers |= offers
        # A film that is offered once more is still what it was before the first time.
        self._free = {movie.id: movie for movie in wanted} | self._free
        for movie in self._queue.offer(wanted, reason):
            logger.info("movie=%s %s", movie.label, reason)
        return bool(wanted)

    def _look_at_uploads(self) -> dict[str, tuple[Release, ...]]:
        self._acquisition.check_ready()
        if not self._uploads.due:
            return {}
        offers = self._uploads.look()
        self._services.succeeded(self._uploads.service)
        self.over(self._uploads.service)
        return offers

    def _claim_next(self) -> Movie | None:
        """The next film that is due. Those tried without an outcome come last, and take turns among them."""
        tried = without_outcome(self._queue.films(PENDING), self._tried)
        behind = {movie.id for movie in tried} | self._held.keys()
        movie = self._queue.get_next_pending(behind | self._retries()) or self._queue.get_next_pending(behind)
        if self.single_run:
            tried = [one for one in tried if one.id not in self._tried]
        if movie is None and (again := next_again(tried, self._held, self._now())):
            return self._queue.get_next_pending(behind - {again.id})
        return movie

    def _retries(self) -> set[str]:
        """Films that failed before: new ones have the first right to the calls of an hour."""
        failed = (movie for movie in self._queue.films(PENDING) if movie.last_failed_at and not movie.first)
        return {movie.id for movie in failed} - self._free.keys()

    def _queue_what_is_due(self) -> None:
        if self.single_run and self._looked_for_due:
            return
        self._looked_for_due = True
        for movie in self._queue.move_many_failed_to_pending(self._queue.get_movies_ready_for_retry()):
            self._console.say(f"🔄 Due again: {movie.label} (retry #{movie.retry_count + 1})")

    def _must_wait(self) -> bool:
        """Whether a service that every film needs is at rest; says so."""
        for service in self._needed:
            rest = self._services.resting(service)
            if rest is not None:
                self.say_service(service, rest.reason, rest)
                return True
        return False

    def _look_after_running(self) -> None:
        """What runs is followed, what is finished linked, what left the lists cleaned up once it may go."""
        rest = self._services.resting("qbittorrent") if "qbittorrent" in self._needed else None
        if rest is not None:
            if self._follow_up is not None and self._follow_up.next_due() is not None:
                self.say_service("qbittorrent", rest.reason, rest)
            return
        self._heeding(self._follow)
        if self._cleaning is not None:
            self._heeding(self._cleaning.look)

    def _follow(self) -> None:
        if self._follow_up is not None and self._follow_up.look():
            self.over("qbittorrent")
        if self._linking is not None:
            self._linking.link_all()

    def _heeding(self, do: Callable[[], T], movie: Movie | None = None) -> T | None:
        """Do what may meet a "no" that is no failure of a film; None if it did. `movie` may lack room."""
        try:
            return do()
        except ServiceError as error:
            self._service_failed(error)
        except NoSpace as error:
            self._no_room(error, movie)
        except PlaceUnavailable as error:
            self._no_place(error)
        return None

    def _announce(self, movie: Movie) -> None:
        """Said once; a film that waits for room or for a service is tried again and again."""
        if movie.id not in self._tried:
            self._console.say(f"🎬 Downloading: {movie.label}")
        self._tried[movie.id] = movie.revision

    def _attempt(self, movie: Movie) -> None:
        try:
            outcome = self._acquisition.attempt(
                movie, self._offers.get(movie.id, ()), at_once=movie.id in self._free
            )
        except FilmFault as error:
            self._film_failed(movie, str(error))
        except ServiceUnavailable as error:
            self._unreachable(movie, error)
        except (RefusedForNow, AuthError) as error:
            self._service_failed(error)
        except NoSpace as error:
            self._no_room(error, movie)
        except PlaceUnavailable as error:
            self._no_place(error)
        else:
            self._has_room(movie)
            for topic in self._needed:
                self.over(topic)
            self._settle(movie, outcome)

    def _has_room(self, movie: Movie) -> None:
        for topic in ("place", "room", f"room for {movie.id}"):
            self.over(topic)

    def _no_room(self, error: NoSpace, movie: Movie | None = None) -> None:
        if movie is None or isinstance(error, DiskFull):
            self.say_news("room", str(error), NoSpace)
            self._place_until = self._now() + SOON
        else:
            self.say_news(f"room for {movie.id}", f"{movie.label}: {error}", NoSpace)
            self._hold(movie)

    def _no_place(self, error: PlaceUnavailable) -> None:
        self.say_once("place", str(error))
        self._place_until = self._now() + SOON

    def _settle(self, movie: Movie, outcome: acquisition.Outcome) -> None:
        if isinstance(outcome, PageUnread):
            self.tell_once(f"page of {movie.id}", f"{movie.label} waits until its Letterboxd page is read")
            self._hold(movie)
            return
        self._tried.pop(movie.id, None)
        if isinstance(outcome, NoRelease):
            self._film_failed(movie, outcome.reason)
            return
        self._offers.pop(movie.id, None)
        self._free.pop(movie.id, None)
        self._uploads.paid(movie)
        if isinstance(outcome, NotOutYet):
            self._not_out(movie)
        elif isinstance(outcome, AlreadyThere):
            self._already_there(movie, outcome)
        elif isinstance(outcome, HandedOver):
            self._handed_over(movie, outcome)

    def _not_out(self, movie: Movie) -> None:
        told = None if movie.not_before else "not out yet"  # once, not each day
        self._queue.note(movie, PENDING, told, not_before=int(self._now()) + LONGEST_WAIT)
        self._console.say(f"   ⏳ Not out yet: {movie.label} - looked at again in a day")

    def _already_there(self, movie: Movie, outcome: AlreadyThere) -> None:
        self._queue.add_to_completed(outcome.record(movie, self._now()))
        self._console.say(f"   ⊘ Skipped: {movie.label} - already {outcome}")

    def _handed_over(self, movie: Movie, outcome: HandedOver) -> None:
        self._queue.add_to_completed(outcome.record(movie))
        if self._follow_up is None:
            self._console.say(f"✅ Torrent saved: {movie.label}")
            return
        there = "Already in" if outcome.handed.already_there else "Added to"
        self._console.say(f"   ✓ {there} qBittorrent")
        self._follow_up.hurry(outcome.torrent_hash)

    def _film_failed(self, movie: Movie, error: str) -> None:
        self._tried.pop(movie.id, None)
        self._uploads.spent(movie, self._offers.pop(movie.id, ()))
        self._uploads.paid(movie)
        before = self._free.pop(movie.id, None)
        if before is not None:
            self._queue.put_back(before, error)
            self._console.say(f"   ✗ Nothing yet: {movie.label}: {error}")
            return
        retry_count = retries_after_failure(movie)
        delay = backoff(retry_count, self._config["retry_interval"], self._config["backoff_multiplier"])
        now = self._now()
        self._queue.add_to_failed(movie, error, now + delay)
        if retry_count >= self._max_retries:
            self._console.say(f"⛔ Permanent failure: {movie.label}: {error}")
        else:
            self._console.say(
                f"❌ Failed: {movie.label}: {error} - "
                f"retry #{retry_count + 1} in {duration(delay)} ({clock(now + delay, now)})"
            )

    def _unreachable(self, movie: Movie, error: ServiceUnavailable) -> None:
        """Costs the film nothing, unless it fails so again while others get through: then it is its own."""
        self._service_failed(error)
        now = int(self._now())
        if error.service != "qbittorrent":
            if not got_no_answer_before(movie):
                mark = self._queue.revision
                self._queue.note(movie, PENDING, unreachable_at=now, unreachable_revision=mark)
            elif others_got_through(movie, [*self._queue.films(COMPLETED), *self._queue.films(FAILED)]):
                self._film_failed(movie, str(error))
                # No answer about this film either: it must not count as one when the next film is judged.
                self._queue.note(movie, FAILED, unreachable_at=now)
                return
        self._hold(movie)

    def _service_failed(self, error: ServiceError) -> None:
        self.say_service(error.service, str(error), self._services.failed(error))

    def _hold(self, movie: Movie) -> None:
        self._held[movie.id] = self._now() + SOON
