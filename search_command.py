"""`--search`: what would be chosen for a film now, and why, as a table. Queues nothing, keeps only the calls.

Called by the main thread of a process of its own, beside a running daemon. It uses the same budget of calls,
and leaves a service that rests alone.
"""

import json
import threading
import time
from typing import Any

from commands import matching
from config import Config
from console import Console
from credentials_manager import CredentialsManager
from download_service import Release
from errors import ServiceError, UsageError, service_title
from filelist_downloader import Case, Search, shown
from film_store import FilmStore, facts_of
from import_file import by_imdb_id, by_title
from movie import Movie
from program import filelist_of
from queue_manager import QueueManager
from release_choice import shown_size
from report import clock
from services import Services

EXIT_OK, EXIT_FAILED = 0, 1


def search(
    text: str, config: Config, credentials: CredentialsManager, console: Console, *, as_json: bool
) -> int:
    """Search for one film. Raises `UsageError`, `ConfigError` and `ServiceError`."""
    queue = QueueManager(config.folder, max_retries=int(config["max_retries"]))
    movie = _meant(text, queue)
    services = Services(config.folder, credentials.fingerprint)
    downloader = filelist_of(config, credentials, threading.Event(), time.time)
    if rest := services.resting(downloader.name):
        until = clock(rest.until, time.time())
        console.say(f"❌ {service_title(downloader.name)} is left alone until {until}: {rest.reason}")
        return EXIT_FAILED
    facts = facts_of(FilmStore(config.folder / "films.json"), movie)
    try:
        found = downloader.search(Case(movie, not queue.has_namesake(movie), facts), keep=False)
    except ServiceError as error:
        services.failed(error)
        raise
    services.succeeded(downloader.name)
    if as_json:
        console.say(json.dumps(as_mapping(movie, found), ensure_ascii=False, indent=2))
    else:
        console.say("\n".join(as_table(movie, found)))
    return EXIT_OK


def _meant(text: str, queue: QueueManager) -> Movie:
    """The film in the queues that the text names, if it is one alone; else what the text says of it."""
    known = matching(queue, text)
    if len(known) == 1:
        return known[0]
    wanted = by_imdb_id(text) or by_title(text)
    if wanted is None:
        raise UsageError([f'--search {text!r}: write "Title (Year)", an IMDb id, or a film in the queues'])
    imdb_id = wanted.imdb_id
    return Movie(title=wanted.title or str(imdb_id), year=wanted.year, imdb_id=imdb_id)


def as_mapping(movie: Movie, found: Search) -> dict[str, Any]:
    """The search as `--json` prints it."""
    chosen = found.choice.chosen
    return {
        "title": movie.title,
        "year": movie.year,
        "imdb_id": movie.imdb_id,
        "queries": list(found.queries),
        "chosen": shown(chosen) if chosen else None,
        "refused": [{**shown(refused.release), "reason": refused.reason} for refused in found.choice.refused],
    }


def as_table(movie: Movie, found: Search) -> list[str]:
    """The same for a person: the chosen release first, then the others, each with its reason."""
    rows = [("✓", found.choice.chosen, "chosen")] if found.choice.chosen else []
    rows += [("✗", refused.release, refused.reason) for refused in found.choice.refused]
    if not rows:
        return [f"🔍 {movie.label}: No torrents found", *(f"   asked: {query}" for query in found.queries)]
    cells = [(mark, *_cells(release), reason) for mark, release, reason in rows]
    widths = [max(len(row[column]) for row in cells) for column in range(5)]
    head = [f"🔍 {movie.label} ({', '.join(found.queries)})"]
    return head + ["   " + "  ".join(_padded(row, widths)) for row in cells]


def _cells(release: Release) -> tuple[str, str, str, str]:
    seeders = f"{release.seeders} seeders" + (", freeleech" if release.freeleech else "")
    return release.name, release.category, shown_size(release.size), seeders


def _padded(row: tuple[str, ...], widths: list[int]) -> list[str]:
    return [*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), *row[len(widths) :]]
