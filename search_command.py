"""`--search`: what would be chosen for a film now, and why, as a table. Queues nothing, keeps only the calls.

Called by the main thread of a process of its own, beside a running daemon. It uses the same budget of calls,
and leaves a service that rests alone. Nothing is repeated for it, so no message of it promises that.
"""

import json
import threading
import time
from typing import Any

from commands import matching, several
from config import Config
from console import Console
from credentials_manager import CredentialsManager
from download_service import Refusal, Release
from errors import MovieSyncError, ServiceError, UsageError, service_title
from filelist_downloader import Case, Search, reason_of, shown, shown_refusal
from film_store import FilmStore, facts_of
from import_file import by_imdb_id, by_title
from movie import Movie
from program import filelist_of
from queue_files import COMPLETED
from queue_manager import QueueManager
from release_choice import NOT_THE_BEST, shown_size
from report import clock
from services import Rest, said_to_a_command, services_of
from why import unreadable_line

EXIT_OK, EXIT_FAILED = 0, 1


def search(
    text: str, config: Config, credentials: CredentialsManager, console: Console, *, as_json: bool
) -> int:
    """Search for one film. Raises `UsageError`, `ConfigError` and `MovieSyncError`."""
    queue = QueueManager(config.folder, max_retries=int(config["max_retries"]))
    imdb_film = by_imdb_id(text)
    known = matching(queue, imdb_film.title if imdb_film else text)
    if len(known) > 1:
        console.say("\n".join(several(text, known)))
        return EXIT_FAILED
    movie = known[0] if known else _named(text)
    found = _searched(movie, queue, config, credentials)
    if as_json:
        console.say(json.dumps(as_mapping(movie, found), ensure_ascii=False, indent=2))
    else:
        console.say("\n".join(as_table(movie, found)))
    return EXIT_OK


def _named(text: str) -> Movie:
    """What the text says of a film that is in no queue."""
    wanted = by_imdb_id(text) or by_title(text)
    if wanted is None:
        raise UsageError([f'--search {text!r}: write "Title (Year)", an IMDb id, or a film in the queues'])
    return Movie(title=wanted.title, year=wanted.year, imdb_id=wanted.imdb_id)


def _searched(movie: Movie, queue: QueueManager, config: Config, credentials: CredentialsManager) -> Search:
    services = services_of(config, credentials)
    downloader = filelist_of(config, credentials, threading.Event(), time.time)
    if rest := services.resting(downloader.name):
        until = clock(rest.until, time.time())
        reason = said_to_a_command(rest.reason, "Try again then.")
        raise MovieSyncError(f"{service_title(downloader.name)} is left alone until {until}: {reason}")
    facts = facts_of(FilmStore(config.folder / "films.json"), movie)
    try:
        found = downloader.search(Case(movie, not queue.has_namesake(movie), facts), keep=False)
    except ServiceError as error:
        advice = advice_after(services.failed(error), time.time())
        raise MovieSyncError(said_to_a_command(str(error), advice)) from error
    if found.queries:
        services.succeeded(downloader.name)
    return found


def advice_after(rest: Rest | None, now: float) -> str:
    """What to do about trouble that passes, and led to this rest."""
    return f"Try again after {clock(rest.until, now)}." if rest else "Try again later."


def as_mapping(movie: Movie, found: Search) -> dict[str, Any]:
    """The search as `--json` prints it. `status` is the film's queue, `reason` why nothing is chosen."""
    chosen = found.choice.chosen
    return {
        "title": movie.title,
        "year": movie.year,
        "imdb_id": movie.imdb_id,
        "status": movie.status if movie.id else None,
        "queries": list(found.queries),
        "unreadable_rows": found.unreadable,
        "chosen": shown(chosen) if chosen else None,
        "reason": None if chosen else reason_of(found),
        "refused": [shown_refusal(refused) for refused in found.choice.refused],
    }


def as_table(movie: Movie, found: Search) -> list[str]:
    """The same for a person: the chosen release first, then the others, each with its reason."""
    rows = [("✓", found.choice.chosen, "chosen")] if found.choice.chosen else []
    rows += [("✗", refused.release, _in_short(refused)) for refused in found.choice.refused]
    if not rows:
        asked = [f"   asked: {query}" for query in found.queries]
        return [f"🔍 {movie.label}: {reason_of(found)}", *_standing(movie), *asked]
    cells = [(mark, *_cells(release), reason) for mark, release, reason in rows]
    widths = [max(len(row[column]) for row in cells) for column in range(5)]
    head = [f"🔍 {movie.label} ({', '.join(found.queries)})", *_standing(movie)]
    table = ["   " + "  ".join(_padded(row, widths)) for row in cells]
    return head + table + unreadable_line(found.unreadable)


def _standing(movie: Movie) -> list[str]:
    if movie.status != COMPLETED:
        return []
    return [f"   It is completed already: {movie.release.name if movie.release else 'it was there before'}"]


def _in_short(refused: Refusal) -> str:
    """The reason, without the chosen release's name, which stands in the first row."""
    return "a better one was chosen" if refused.rule == NOT_THE_BEST else refused.reason


def _cells(release: Release) -> tuple[str, str, str, str]:
    seeders = f"{release.seeders} seeders" + (", freeleech" if release.freeleech else "")
    return release.name, release.category, shown_size(release.size), seeders


def _padded(row: tuple[str, ...], widths: list[int]) -> list[str]:
    return [*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), *row[len(widths) :]]
