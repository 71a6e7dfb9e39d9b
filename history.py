"""`history.jsonl`: what happened to each film, one JSON object a line, only ever appended to.

Any thread and process may append; each line is written in one piece under a lock of its own. A line that a
power cut tore is cut off at the next append, and said. It is an account for people and for `--repair`; no
decision is made from it.
"""

import contextlib
import errno
import logging
import os
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

import storage
from errors import StateWriteError
from movie import Movie, movie_from

logger = logging.getLogger(__name__)


CLEANED_UP = "cleaned up"
"""The event of a film that left every queue because nothing of it is left to look after."""

_TOLD = ("year", "imdb_id", "film_id", "lid", "slug", "lists", "torrent_hash", "owned", "retry_count")


def event_of(movie: Movie, event: str, **details: Any) -> dict[str, Any]:
    """An event of a film, with what it takes to make out the film again if its queue file were lost."""
    told = {key: value for key in _TOLD if (value := movie[key]) or value is False}
    release = {"release": movie.release.name} if movie.release else {}
    return {"id": movie.id, "title": movie.title, "event": event, **details, **told, **release}


def log_line(event: Mapping[str, Any]) -> str:
    """The event as one line of the log."""
    label = f"{event['title']} ({event['year']})" if event.get("year") else event["title"]
    if event["event"] != "moved":
        return f"movie={label} event={event['event']} release={event.get('release')}"
    return f"movie={label} status={event['from']}->{event['to']} reason={event['reason']}"


class History:
    """The account of one state folder. Each event has `at` (unix seconds), `id`, `title` and `event`."""

    def __init__(self, folder: Path, now: Callable[[], float] = time.time) -> None:
        self._path = folder / "history.jsonl"
        self._now = now

    def append(self, events: Iterable[Mapping[str, Any]]) -> None:
        """Write events that happened just now. Failing to is said in the log and stops nothing.

        The change that an event tells of is on disk already: it must not be undone for want of its account.
        """
        text = self._lines(events)
        if not text:
            return
        try:
            with storage.file_lock(self._path.with_name(".history.lock")):
                self._append(text)
        except (OSError, StateWriteError) as error:
            logger.warning("history.jsonl: not written (%s)", error)

    def announce(self, events: Iterable[Mapping[str, Any]]) -> None:
        """Write events that are about to happen, synced: without their account they must not happen.

        Raises `StateWriteError`.
        """
        try:
            with storage.file_lock(self._path.with_name(".history.lock")):
                self._append(self._lines(events), sync=True)
        except OSError as error:
            raise storage.unwritable(self._path, error) from error

    def _lines(self, events: Iterable[Mapping[str, Any]]) -> bytes:
        at = int(self._now())
        return b"".join(msgspec.json.encode({"at": at, **event}) + b"\n" for event in events)

    def _append(self, text: bytes, *, sync: bool = False) -> None:
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, storage.FILE_MODE)
        try:
            size = os.fstat(descriptor).st_size
            if size and os.pread(descriptor, 1, size - 1) != b"\n":
                whole = _end_of_whole_lines(descriptor, size)
                logger.warning("history.jsonl: its last line was torn; %d bytes cut off", size - whole)
                os.ftruncate(descriptor, whole)
            if os.write(descriptor, text) < len(text):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            if sync:
                os.fsync(descriptor)
                storage.sync_folder(self._path.parent)
        finally:
            os.close(descriptor)

    def events(self) -> list[dict[str, Any]]:
        """All events, oldest first. Lines that cannot be read are left out and counted in the log.

        Raises `StateError` when the file itself cannot be read.
        """
        data = storage.read_bytes(self._path) or b""
        found, unreadable = [], 0
        for line in data.splitlines():
            try:
                found.append(msgspec.json.decode(line, type=dict[str, Any]))
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                unreadable += 1
        if unreadable:
            logger.warning("history.jsonl: %d lines cannot be read and are left out", unreadable)
        return found

    def cleaned_up(self) -> list[Movie]:
        """The films that were cleaned up, each once, by the last that was told of them."""
        told = [event for event in self.events() if event.get("event") == CLEANED_UP]
        films = {}
        for event in told:
            with contextlib.suppress(ValueError):  # a line that was edited by hand
                known = {key: event.get(key) for key in ("id", "title", *_TOLD)}
                films[event.get("id")] = movie_from({**known, "status": CLEANED_UP})
        return list(films.values())

    def of(self, names: Iterable[str]) -> list[dict[str, Any]]:
        """The events of one film, by all the ids it has or had."""
        wanted = set(names)
        return [event for event in self.events() if event.get("id") in wanted]


def _end_of_whole_lines(descriptor: int, size: int) -> int:
    """Where the last complete line ends. A line is far shorter than the megabyte looked at."""
    start = max(size - 2**20, 0)
    return start + os.pread(descriptor, size - start, start).rfind(b"\n") + 1
