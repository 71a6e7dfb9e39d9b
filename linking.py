"""Finished films, linked into `link_directory`: which are due, and what came of it.

Called by DownloadWorker, one film at a time. That a film is due stands in its record, so that a restart goes
on with it; `film_links` does the work. Trouble with the directory is said once and tried again each minute.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from errors import FilmFault, MovieSyncError, NoSpace, PlaceUnavailable
from finished import Finished
from movie import Movie
from qbittorrent_manager import TorrentStatus
from queue_files import COMPLETED
from queue_manager import QueueManager

logger = logging.getLogger(__name__)

AGAIN = 60.0


class LookUp(Protocol):
    """What is asked of qBittorrent."""

    def find(self, candidates: Sequence[str]) -> TorrentStatus | None:
        """The torrent with one of these hashes."""


class Linking:
    """Links films that are due into `directory`."""

    def __init__(
        self,
        queue: QueueManager,
        client: LookUp,
        finished: Finished,
        directory: Path,
        say: Callable[[str], None],
        stop: threading.Event,
        now: Callable[[], float],
    ) -> None:
        self._queue = queue
        self._client = client
        self._finished = finished
        self._directory = directory
        self._say = say
        self._stop = stop
        self._now = now
        self._not_before = 0.0
        self._told = ""

    def link_all(self) -> None:
        """Link every film that is due, as far as that is possible now. Raises what `link_one` does."""
        while self.link_one():
            pass

    def link_one(self) -> bool:
        """Link a film that is due; whether there was one and its matter is settled.

        Raises `ServiceError` of qBittorrent, `Interrupted`, `StateWriteError`.
        """
        now = self._now()
        due = next((movie for movie in self._queue.films(COMPLETED) if movie.link_due), None)
        if due is None or now < self._not_before <= now + AGAIN:
            return False
        # Written before anything is made, so that what is made can be kept.
        movie = self._queue.note(due, COMPLETED)
        if movie is None:
            return False
        try:
            linked = self._link(movie)
        except (PlaceUnavailable, NoSpace) as error:
            self._not_before = now + AGAIN
            self._tell_once(f"{movie.label} is not linked yet: {error}")
            return False
        except FilmFault as error:
            self._give_up(movie, error)
            return True
        self._told = ""
        self._queue.note(movie, COMPLETED, "linked", link_due=False, linked=str(linked))
        self._say(f"   🔗 Linked: {linked}")
        return True

    def _link(self, movie: Movie) -> Path:
        # Imported here: most users link nothing.
        from film_links import link_film

        torrent = self._client.find([movie.torrent_hash or ""])
        look = self._finished.look_into(torrent) if torrent is not None else None
        if look is None or (look.video is None and not look.fault):
            raise FilmFault("its file cannot be seen from here")
        if look.fault or look.video is None:
            raise PlaceUnavailable(look.fault)
        if not look.whole:
            raise FilmFault("it is a disc or lies there in several parts: link it by hand")
        return link_film(look.video, self._directory, movie.title, movie.year, self._stop)

    def _give_up(self, movie: Movie, error: MovieSyncError) -> None:
        self._queue.note(movie, COMPLETED, link_due=False)
        self._say(f"⚠️  {movie.label} is not linked: {error}")
        logger.warning("movie=%s not linked: %s", movie.label, error)

    def _tell_once(self, text: str) -> None:
        if text != self._told:
            self._told = text
            logger.warning("%s", text)
            self._say(f"⚠️  {text}")
