"""The texts a person reads: banner, statistics, times. Pure: records in, lines out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from console import RULE
from errors import service_title
from movie import Movie
from queue_files import COMPLETED, FAILED, PENDING
from services import Rest

DAY = 24 * 3600


@dataclass(frozen=True)
class Calls:
    """FileList's calls of the last hour. `next_at`: when the next film that has to wait is searched for."""

    used: int
    limit: int
    next_at: int | None = None


def clock(moment: float, now: float) -> str:
    """A unix time as people say it: 21:40 today, with the date otherwise. Local time."""
    try:
        then, today = datetime.fromtimestamp(moment).astimezone(), datetime.fromtimestamp(now).astimezone()
    except (ValueError, OverflowError, OSError):
        return f"unix time {moment:.0f}"  # a hand-edited file, milliseconds perhaps
    return then.strftime("%H:%M" if then.date() == today.date() else "%Y-%m-%d %H:%M")


def moment(at: object) -> str:
    """A unix time with date and seconds; anything else is "at an unknown time". Local time."""
    if not isinstance(at, int | float):
        return "at an unknown time"
    try:
        return datetime.fromtimestamp(at).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    except (OverflowError, ValueError, OSError):
        return "at an unknown time"


def duration(seconds: float) -> str:
    """Seconds in the largest sensible unit: "45 seconds", "60 minutes", "16 hours", "30 days"."""
    if seconds >= 2 * DAY:
        return _plural(round(seconds / DAY), "day")
    for unit, size in (("hour", 3600), ("minute", 60)):
        if seconds >= 2 * size or seconds == size:
            return _plural(round(seconds / size), unit)
    return _plural(round(seconds), "second")


def _plural(number: int, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"


def banner(config: Mapping[str, Any]) -> list[str]:
    """What is printed at the start."""
    return [
        RULE,
        "🚀 MOVIE SYNC - Letterboxd to FileList.io",
        RULE,
        _source(config),
        f"⏱️  Monitor interval: {config['check_interval']}s ({_minutes(config['check_interval'])})",
        f"🔄 Retry interval: {config['retry_interval']}s ({_minutes(config['retry_interval'])})",
        f"🔁 Max retries: {config['max_retries']}",
        f"📁 Download directory: {config['download_directory']}",
        "",
        "💡 Press Ctrl+C to stop gracefully",
        RULE,
        "",
    ]


def _source(config: Mapping[str, Any]) -> str:
    if config.get("watchlist_source", "web") == "web":
        return f"📺 Letterboxd user: {config['username']}"
    return f"📺 Letterboxd export: {config['watchlist_source']}"


def _minutes(seconds: float) -> str:
    if seconds < 60:
        return duration(seconds)
    return _plural(round(seconds / 60), "minute") if seconds % 60 == 0 else f"{seconds / 60:.1f} minutes"


def loaded_line(statistics: Mapping[str, int]) -> str:
    """The line that names what was found in the queue files."""
    return f"📋 Loaded queues: {_counts(statistics)}"


def status_line(statistics: Mapping[str, int]) -> str:
    """The periodic line."""
    return f"📊 Status: {_counts(statistics)}"


def queue_status_line(statistics: Mapping[str, int], removed: int) -> str:
    """The line after a look at the watchlist; `removed` films are mentioned where there are any."""
    return f"📋 Queue status: {_counts(statistics)}" + (f", {removed} removed" if removed else "")


def _counts(statistics: Mapping[str, int]) -> str:
    return ", ".join(f"{statistics[queue]} {queue}" for queue in (PENDING, FAILED, COMPLETED))


def lookup_line(done: int, total: int, seconds: float) -> str:
    """How far the looking up of film pages is: films done, rate and time left, once there is a rate."""
    line = f"🔎 Film pages: {done} of {total}"
    if not done or seconds <= 0:
        return line
    left = duration((total - done) * seconds / done)
    return f"{line}, {60 * done / seconds:.0f} a minute, about {left} left"


def final_statistics(statistics: Mapping[str, int]) -> list[str]:
    """The block of the shutdown."""
    return [
        "",
        "📊 Final Statistics:",
        f"   Pending: {statistics[PENDING]}",
        f"   Failed: {statistics[FAILED]}",
        f"   Completed: {statistics[COMPLETED]}",
        f"   Permanent failures: {statistics['permanent_failures']}",
    ]


def statistics_page(
    statistics: Mapping[str, int],
    failed: Sequence[Movie],
    max_retries: int,
    rests: Iterable[tuple[str, Rest]],
    now: float,
    calls: Calls | None = None,
    held: Sequence[Movie] = (),
    on_their_way: str = "",
) -> list[str]:
    """What `--stats` prints. `failed` is the whole failed queue, `on_their_way` tells of completed films.

    `held` are films that left a list and whose removal waits for the user.
    """
    retrying = [movie for movie in failed if movie.retry_count < max_retries]
    ready = [movie for movie in retrying if movie.retry_after <= now]
    waiting = sorted((m for m in retrying if m.retry_after > now), key=lambda movie: movie.retry_after)
    permanent = [movie for movie in failed if movie.retry_count >= max_retries]
    lines = [
        RULE,
        "📊 Queue Statistics",
        RULE,
        "",
        f"📝 Pending:    {statistics[PENDING]}",
        f"❌ Failed:     {statistics[FAILED]}",
        f"✅ Completed:  {statistics[COMPLETED]}{on_their_way}",
        f"⛔ Permanent:  {statistics['permanent_failures']}",
    ]
    lines += _section(
        "🔄 Movies ready for retry:", [f"{m.title} (retry #{m.retry_count + 1})" for m in ready]
    )
    lines += _section(
        "⏳ Waiting for their next retry:",
        [
            f"{m.title} (retry #{m.retry_count + 1} at {clock(m.retry_after, now)}): {_why(m)}"
            for m in waiting
        ],
    )
    lines += _section("⛔ Permanent failures:", [f"{m.title}: {_why(m)}" for m in permanent])
    lines += _section(
        "⏸️  Services at rest:",
        [f"{service_title(n)} until {clock(rest.until, now)}: {rest.reason}" for n, rest in rests],
    )
    lines += _section(
        "📤 Off the list, not marked as removed (`python main.py --accept-removals` does):",
        [movie.label for movie in held],
    )
    lines += ["", calls_line(calls, now)] if calls and (calls.used or calls.next_at) else []
    return lines


def calls_line(calls: Calls, now: float) -> str:
    """How many calls of the hour are used up; and where films wait for it, when the next one has its turn."""
    line = f"📞 FileList, last hour: {calls.used} of {calls.limit} calls used"
    if calls.next_at is None:
        return line
    # Less than a day ahead the hour alone is clear, also past midnight.
    of_day = now if calls.next_at - now >= DAY else calls.next_at
    return f"{line}, next film at {clock(calls.next_at, of_day)}"


def _why(movie: Movie) -> str:
    return movie.last_error or "no reason was kept"  # an entry written by hand


def statistics_as_json(
    statistics: Mapping[str, int],
    failed: Sequence[Movie],
    max_retries: int,
    rests: Iterable[tuple[str, Rest]],
    now: float,
    calls: Calls,
    held: Sequence[Movie] = (),
) -> dict[str, Any]:
    """What `--stats --json` prints: the four numbers at the top level, the lists of the page beside them."""
    return {
        **statistics,
        "retries": [
            {
                "id": movie.id,
                "title": movie.title,
                "retry": movie.retry_count + 1,
                "at": movie.retry_after,
                "ready": movie.retry_after <= now,
                "error": movie.last_error,
            }
            for movie in failed
            if movie.retry_count < max_retries
        ],
        "permanent": [
            {"id": movie.id, "title": movie.title, "error": movie.last_error}
            for movie in failed
            if movie.retry_count >= max_retries
        ],
        "calls": {"used": calls.used, "limit": calls.limit, "next_at": calls.next_at},
        "held": [{"id": movie.id, "title": movie.title} for movie in held],
        "resting": [{"service": name, "until": rest.until, "reason": rest.reason} for name, rest in rests],
    }


def on_their_way(downloading: int, stalled: int) -> str:
    """What is added to the completed films: " (2 downloading, 1 stalled)"; "" if all are there."""
    counts = ((downloading, "downloading"), (stalled, "stalled"))
    told = ", ".join(f"{count} {what}" for count, what in counts if count)
    return f" ({told})" if told else ""


def _section(title: str, lines: Sequence[str]) -> list[str]:
    return ["", title, *(f"   • {line}" for line in lines)] if lines else []
