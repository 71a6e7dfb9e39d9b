"""A film's life, for `--why`: where it stands, what happened to it, and what happens next. Pure.

Called by the main thread of a command. It tells what the workers do and must say the same as they: when a
film is searched for is decided there.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from movie import Movie, movie_to_mapping
from queue_files import COMPLETED, FAILED, FORGOTTEN, PENDING, REMOVED
from release_choice import shown_size
from report import clock, duration, moment
from services import Rest
from uploads import UploadRules

Json = dict[str, Any]


def next_search_at(movie: Movie, rules: UploadRules) -> int | None:
    """From when on (unix seconds, 0: at once) the film is searched for; None: not by itself."""
    if movie.status == PENDING:
        return movie.not_before
    if movie.status != FAILED:
        return None
    if movie.retry_count < rules.max_retries:
        return movie.retry_after
    return int((movie.last_failed_at or 0) + rules.recheck) if rules.recheck else None


def next_step(
    movie: Movie, rests: Sequence[tuple[str, Rest]], rules: UploadRules, now: float, *, not_out: bool = False
) -> tuple[str, int | None]:
    """What Movie Sync will do about the film by itself, and when (unix seconds, None: no set time).

    `not_out` says that nobody can have the film yet.
    """
    if movie.status == PENDING:
        if not_out and movie.not_before > now:
            return f"it is not out yet; {_it_is(rules, ['looked at again'])}", movie.not_before
        return _next_of_pending(movie, rests, now)
    if movie.status == FAILED:
        permanent = movie.retry_count >= rules.max_retries
        what = _next_of_permanent(rules) if permanent else f"retry #{movie.retry_count + 1}"
        return what, next_search_at(movie, rules)
    if movie.status == COMPLETED:
        return _next_of_completed(movie), None
    if movie.status == FORGOTTEN:
        return "nothing: it was forgotten (--add takes it back)", None
    if movie.status == REMOVED:
        return "it left the watchlist; `--cleanup` shows whether and when it goes", None
    return "it is in no queue: it was cleaned up (--undo, while it is in the trash, or --add)", None


def _next_of_completed(movie: Movie) -> str:
    if movie.removed_by_user:
        return "nothing: its torrent was removed by hand (--retry hands it over again)"
    if movie.downloaded_at or not movie.torrent_hash:
        return "nothing: it is there"
    if movie.owned:
        return "qBittorrent is downloading it; it is followed until it is complete"
    return "nothing: its torrent is already in qBittorrent or was saved, and is not followed"


def _next_of_permanent(rules: UploadRules) -> str:
    if not (rules.interval or rules.recheck):
        return "nothing by itself: its retries are used up (python main.py --retry tries it now)"
    search = ["searched for again"] if rules.recheck else []
    return f"its retries are used up (python main.py --retry tries it now); {_it_is(rules, search)}"


def _it_is(rules: UploadRules, besides: list[str]) -> str:
    """What comes to a film without its asking, if uploads are looked at, and what happens to it `besides`."""
    uploads = ["taken as soon as a fitting torrent is uploaded"] if rules.interval else []
    return "it is " + ", and ".join([*uploads, *besides])


def _next_of_pending(movie: Movie, rests: Sequence[tuple[str, Rest]], now: float) -> tuple[str, int | None]:
    resting = [(rest.until, rest.reason) for _, rest in rests]
    if movie.not_before > now:
        resting.append((movie.not_before, "it waits until then"))
    if resting:
        until, reason = max(resting)
        return f"it is searched for after a wait: {reason.rstrip('.')}", int(until)
    what = "its chosen release is handed over" if movie.torrent_hash else "it is searched for"
    return f"{what} as soon as its turn comes", int(now)


def life_as_json(movie: Movie, events: Sequence[Json], search: Json, step: tuple[str, int | None]) -> Json:
    """All that is known of a film: the keys of its queue file, and the rest."""
    return {
        **movie_to_mapping(movie),
        "history": list(events),
        "search": search,
        "next": {"what": step[0], "at": step[1]},
    }


def life_as_text(life: Mapping[str, Any], movie: Movie, now: float) -> list[str]:
    """The same for a person."""
    what, at = life["next"]["what"], life["next"]["at"]
    lines = [
        f"🎬 {movie.label}",
        f"   Where it stands: {movie.status}" + (f" ({movie.last_error})" if movie.status == FAILED else ""),
        f"   Wanted by: {', '.join(movie.lists) or 'nobody any more'}",
        f"   Known as: {', '.join(dict.fromkeys((movie.id, *movie.aliases)))}",
        f"   What happens next: {what}" + (f", {_when(at, now)}" if at else ""),
    ]
    lines += ["", "📜 What happened:"]
    lines += [f"   {moment(event.get('at'))}  {_told(event)}" for event in life["history"]] or [
        "   nothing yet"
    ]
    lines += _search_lines(life["search"])
    return lines


def _when(at: int, now: float) -> str:
    return "now" if at <= now else f"at {clock(at, now)} (in {duration(at - now)})"


def _told(event: Mapping[str, Any]) -> str:
    kind = event.get("event")
    if kind == "moved":
        lists = f" [{', '.join(event['lists'])}]" if event.get("from") == "new" and event.get("lists") else ""
        return f"{event.get('from')} → {event.get('to')}: {event.get('reason')}{lists}"
    if kind == "searched":
        chosen = event.get("chosen")
        return f"searched on {event.get('tracker')}: " + (
            f"chosen {chosen}" if chosen else str(event.get("reason"))
        )
    proof = event.get("proof")
    if isinstance(proof, dict):
        return f"{kind}: {proof.get('why') or proof.get('trash')}"
    return f"{kind}: {event.get('release') or ''}".rstrip(": ")


def _search_lines(search: Json) -> list[str]:
    if not search:
        return ["", "🔍 It was not searched for yet."]
    queries = ", ".join(search.get("queries", []))
    lines = ["", f"🔍 Last search ({moment(search.get('searched_at'))}): {queries}"]
    if search.get("chosen"):
        lines.append(f"   ✓ {_release(search['chosen'])}")
    lines += [f"   ✗ {_release(row)}: {row.get('reason')}" for row in search.get("refused", [])]
    if len(lines) == 2:
        return [*lines, f"   {search.get('reason') or 'No torrents found'}"]
    return [*lines, *unreadable_line(search.get("unreadable_rows", 0))]


def unreadable_line(rows: int) -> list[str]:
    """A line about rows of an answer that could not be read, where there are any."""
    return [f"   ✗ {rows} × a row could not be read; the log says why"] if rows else []


def _release(row: Mapping[str, Any]) -> str:
    size = shown_size(row.get("size") or 0)
    return f"{row.get('name')} ({row.get('category')}, {size}, {row.get('seeders')} seeders)"
