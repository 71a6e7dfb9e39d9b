"""The count of API calls of the last hour, shared by every process that uses this state folder.

Owns `filelist_calls.json`: a JSON list of integer unix seconds, one for each call. A call is on disk before
it is sent, so that a crash or a second process can only make us ask less, never more. Knows nothing of what
is asked. Any thread may call it; the file is read anew each time under the lock beside it. Invariant: never
more than `limit` calls within `window` seconds.
"""

import math
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from errors import RateLimited
from services import BY_ITSELF
from storage import file_lock, read_json, write_json

LIMIT = 150
"""Calls an hour that FileList grants each account."""


class CallLedger:
    """Admits at most `limit` calls within any `window` seconds to the tracker called `service`."""

    def __init__(
        self,
        path: Path,
        limit: int = LIMIT,
        window: int = 3600,
        now: Callable[[], float] = time.time,
        *,
        service: str = "filelist",
    ) -> None:
        self._path = path
        self._lock = path.with_suffix(".lock")
        self._limit = limit
        self._window = window
        self._now = now
        self._service = service

    def book(self) -> None:
        """Write down one call, synced, before it is sent.

        Raises `RateLimited` (`own_ledger`, `retry_at` in unix seconds) when all calls are used, `StateError`
        when the file is broken or cannot be written: then nothing may be sent.
        """
        with file_lock(self._lock):
            now = self._now()
            written = self._read()
            calls = standing(written, now, self._window)
            if len(calls) >= self._limit:
                if calls != written:
                    write_json(self._path, calls)
                raise self._full(calls)
            write_json(self._path, [*calls, math.ceil(now)])

    def fill(self) -> RateLimited:
        """The service says that the hour is used up before we thought so: others use the account too.

        What they used is unknown; it counts as made now, so that no more than our own calls come back.
        Returns the service's refusal in our words; it lasts until the next call is free.
        """
        with file_lock(self._lock):
            now = self._now()
            calls = standing(self._read(), now, self._window)
            calls += [math.ceil(now)] * (self._limit - len(calls))
            write_json(self._path, calls)
        free_at = self._free_at(calls)
        return RateLimited(
            self._service,
            f"Rate limit reached: all {self._limit} calls of the hour are used up, some of them by other "
            f"programs; next film at {_clock(free_at)}. {BY_ITSELF}",
            retry_at=free_at,
        )

    def free_at(self) -> int | None:
        """When the next call may be booked (unix seconds); None while there is room. Writes nothing."""
        calls = standing(self._read(), self._now(), self._window)
        return self._free_at(calls) if len(calls) >= self._limit else None

    def left(self) -> int:
        """How many calls may still be booked in the current window."""
        return max(self._limit - self.used(), 0)

    def used(self) -> int:
        """How many calls of the current window are booked. Writes nothing."""
        return len(standing(self._read(), self._now(), self._window))

    def _read(self) -> list[int]:
        return read_json(self._path, list[int], [])

    def _free_at(self, calls: list[int]) -> int:
        return calls[-self._limit] + self._window

    def _full(self, calls: list[int]) -> RateLimited:
        free_at = self._free_at(calls)
        return RateLimited(
            self._service,
            f"Rate limit reached: {len(calls)} of {self._limit} calls used, next film at {_clock(free_at)}. "
            f"{BY_ITSELF}",
            retry_at=free_at,
            own_ledger=True,
        )


def standing(calls: list[int], now: float, window: int) -> list[int]:
    """The calls that still count at `now`, oldest first; each was written as the end of its second.

    A call that lies ahead of the clock was booked before the clock was set back: it counts as made now, so
    that it neither frees a place early nor holds one for longer than one window.
    """
    latest = math.ceil(now)
    return sorted(min(call, latest) for call in calls if call > now - window)


def _clock(moment: float) -> str:
    return f"{datetime.fromtimestamp(moment, tz=UTC).astimezone():%H:%M}"
