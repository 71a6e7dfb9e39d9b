"""The hours in which films are handed over: `download_window`, as "23:00-07:00" in local time.

Pure but for the time zone, which the C library knows; any thread may call it. The wall clock alone decides,
minute by minute: in the night of a clock change a window loses the skipped hour, or has the doubled one
twice, and one that lies in the skipped hour is open the next day again.
"""

import itertools
import re
import time

FORM = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-3]):([0-5][0-9])")
"""The first minute inside and the first one after; two equal ones are refused as a setting."""


def is_open(window: str | None, now: float) -> bool:
    """Whether `now` (unix seconds) lies in the window; always where there is none.

    `window` is a loaded setting. Raises ValueError for what is none.
    """
    return window is None or _holds(_ends(window), now)


def next_opening(window: str | None, now: float) -> float:
    """The first moment from `now` on (unix seconds) at which the window is open; `now` itself if it is."""
    if window is None:
        return now
    ends = _ends(window)
    if _holds(ends, now):
        return now
    # Reckoning with hours goes wrong where the clock is changed; looking at each minute cannot.
    next_minute = int(now // 1) + 60 - time.localtime(now).tm_sec
    return float(next(at for at in itertools.count(next_minute, 60) if _holds(ends, at)))


def _ends(window: str) -> tuple[int, int]:
    """The minutes of the day at which it opens and closes."""
    match = FORM.fullmatch(window)
    if match is None:
        raise ValueError(f"no window of the form HH:MM-HH:MM: {window!r}")
    hours = [int(part) for part in match.groups()]
    return 60 * hours[0] + hours[1], 60 * hours[2] + hours[3]


def _holds(ends: tuple[int, int], now: float) -> bool:
    begin, end = ends
    local = time.localtime(now)
    minute = 60 * local.tm_hour + local.tm_min
    return begin <= minute < end if begin < end else minute >= begin or minute < end
