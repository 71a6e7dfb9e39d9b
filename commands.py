"""What a user asks beside the daemon: --stats, --why, what is done to single films or to those of a file.

Called by the main thread of a process of its own; the daemon sees the change in the queue files within a
minute. Each function says what it did in one line and returns the exit code.
"""

import os
import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

import report
import storage
import why
from call_ledger import LIMIT, CallLedger
from config import Config
from console import Console
from credentials_manager import CredentialsManager
from errors import SERVICE_TITLES, UsageError
from filelist_downloader import search_path
from film_store import FilmStore, facts_of
from identity import names_of
from in_flight import running
from list_memory import Lists
from movie import FilmFacts, ListedFilm, Movie
from names import fold
from queue_files import COMPLETED, FAILED, FORGOTTEN, PENDING, REMOVED
from queue_manager import QueueManager
from removal_plan import held_films, rules_of
from services import Rest, services_of
from signals import ask_to_look
from turns import is_not_out
from uploads import UploadRules

EXIT_OK, EXIT_FAILED = 0, 1
MOST_SHOWN = 20
_WITH_YEAR = re.compile(r"\((?:18|19|20)[0-9]{2}\)$")


class Commands:
    """The commands on one state folder. Opening it raises `StateError` for a file that cannot be believed."""

    def __init__(self, config: Config, console: Console) -> None:
        self._folder = config.folder
        self._max_retries = int(config["max_retries"])
        self._searches = UploadRules(
            config["latest_interval"], config["permanent_recheck"], self._max_retries
        )
        self._needed = ("qbittorrent", "filelist") if config["qbittorrent"]["enabled"] else ("filelist",)
        self._rules = rules_of(config)
        self._console = console
        self._queue = QueueManager(self._folder, max_retries=self._max_retries)
        self._films = FilmStore(self._folder / "films.json")
        self._config = config
        self._credentials = CredentialsManager(self._folder)
        self._services = services_of(config, self._credentials)

    def stats(self, *, as_json: bool) -> int:
        """Show the numbers, and which films wait for what."""
        now, rests = time.time(), self._rests()
        lists = Lists(self._folder).all().items()
        held = [movie for name, m in lists for movie in held_films(name, m.held, self._queue.find)]
        numbers, failed = self._queue.get_statistics(), self._queue.films(FAILED)
        limit, calls, under_way = self._max_retries, self._calls(rests, now), self._under_way()
        if as_json:
            told = report.statistics_as_json(numbers, failed, limit, rests, now, calls, held)
            self._say_json({**told, "under_way": under_way})
        else:
            some = report.on_their_way(**under_way) if under_way else " (qBittorrent gives no answer)"
            page = report.statistics_page(numbers, failed, limit, rests, now, calls, held, some)
            self._console.say("\n".join(page))
        return EXIT_OK

    def _under_way(self) -> dict[str, int] | None:
        """How many completed films are still downloading or stalled; None if nobody can say."""
        if not running(self._queue.films(COMPLETED)) or "qbittorrent" not in self._needed:
            return {"downloading": 0, "stalled": 0}
        # Imported here: with nothing under way the statistics need no client.
        from under_way import ask

        known = ask(self._queue.films(COMPLETED), self._config, self._credentials, self._services)
        return {"downloading": known.downloading, "stalled": known.stalled} if known else None

    def _calls(self, rests: Sequence[tuple[str, Rest]], now: float) -> report.Calls:
        ledger = CallLedger(self._folder / "filelist_calls.json")
        waits = [rest.until for service, rest in rests if service in self._needed]
        free_at = ledger.free_at()
        waits += [] if free_at is None else [free_at]
        wanted = [*self._queue.films(PENDING), *self._queue.films(FAILED)]
        due = [at for movie in wanted if (at := why.next_search_at(movie, self._searches)) is not None]
        next_at = max(*waits, min(due)) if waits and due else None
        return report.Calls(ledger.used(), LIMIT, next_at)

    def why(self, text: str, *, as_json: bool) -> int:
        """Show a film's life, also of one that was cleaned up."""
        gone = [] if matching(self._queue, text) else named(self._queue.history.cleaned_up(), text)
        movie = gone[0] if len(gone) == 1 else self._one(text)
        if movie is None:
            return EXIT_FAILED
        now = time.time()
        events = self._queue.history.of(names_of(movie))
        search = storage.read_json(search_path(self._folder, movie), dict[str, Any], {})
        not_out = is_not_out(movie, facts_of(self._films, movie), now)
        step = why.next_step(movie, self._rests(), self._searches, now, not_out=not_out)
        life = why.life_as_json(movie, events, search, step)
        if as_json:
            self._say_json(life)
        else:
            self._console.say("\n".join(why.life_as_text(life, movie, now)))
        return EXIT_OK

    def first(self, text: str) -> int:
        """Make a film the next one to be tried."""
        movie = self._one(text)
        if movie is None:
            return EXIT_FAILED
        if movie.status not in (PENDING, FAILED):
            return self._refuse(f"{movie.label} is {movie.status}: {_way_back(movie)}")
        self._queue.put_first(movie)
        self._tell_daemon()
        return self._done(f"⏫ First in line: {movie.label}")

    def retry(self, text: str) -> int:
        """Make a film, or with "all" every failed one, pending with all its tries before it; ends rests."""
        if text == "all":
            films = self._queue.films(FAILED)
        else:
            movie = self._one(text)
            if movie is None:
                return EXIT_FAILED
            if movie.status == FORGOTTEN:
                return self._refuse(f"{movie.label} is forgotten: {_way_back(movie)}")
            films = [movie]
        self._services.end_rests()
        for movie in self._queue.retry(films):
            self._console.say(f"🔄 Trying again: {movie.label}")
        self._tell_daemon()
        if not films:
            self._console.say("No film has failed; the services' rests are over.")
        return EXIT_OK

    def forget(self, text: str) -> int:
        """Drop a film for good."""
        movie = self._one(text)
        if movie is None:
            return EXIT_FAILED
        if movie.status == FORGOTTEN:
            return self._done(f"{movie.label} is forgotten already.")
        self._queue.forget(movie)
        self._tell_daemon()
        kept = " Its torrent stays in qBittorrent, its files on the disk." if movie.torrent_hash else ""
        return self._done(f"🗑️  Forgotten: {movie.label}; no list brings it back, --add does.{kept}")

    def add(self, text: str) -> int:
        """Want a film by hand. Raises `UsageError` for a text that names none."""
        movie, new = self._queue.remember(self._wanted(text))
        if new:
            self._tell_daemon()
            return self._done(f"✓ Added: {movie.label}")
        return self._done(f"{movie.label} is known already: {movie.status}. {_way_back(movie)}".rstrip())

    def accept_removals(self) -> int:
        """Mark the films as removed whose removal waits for the user; exactly those that were shown."""
        # Imported here: the other commands need no parser.
        from removals import Removals

        say = self._console.say
        removals = Removals(self._folder, self._queue, self._rules, lambda: None, say, say)
        marked = removals.accept()
        if not marked:
            return self._done("No removal waits to be accepted.")
        self._tell_daemon()
        return self._done(f"✓ Marked as removed: {len(marked)} (--retry FILM fetches one again)")

    def import_films(self, text: str) -> int:
        """Want the films of a file by hand. Lines that name none are listed, and keep no other one out."""
        if not text.strip():
            raise UsageError(["--import: name a file, e.g. --import watchlist.csv"])
        # Imported here: the other commands need no parser.
        from import_file import TAKES, NotImportable, read_wishes

        try:
            # The bytes of the command line, for a locale that is not UTF-8.
            wishes = read_wishes(Path(os.fsdecode(text.encode())), self._known)
        except NotImportable as error:
            return self._refuse(str(error))
        kept = self._queue.remember_many(wishes.movies)
        added = {movie.id for movie, new in kept if new}
        known = {movie.id for movie, _ in kept} - added
        if added:
            self._tell_daemon()
        self._list_unreadable([*map(str, wishes.unreadable)], text)
        if not kept:
            return self._refuse(f"{text}: none of its lines names a film. {TAKES}")
        count = "1 film" if len(added) == 1 else f"{len(added)} films"
        self._console.say(f"✓ Imported from {text}: {count} added, {len(known)} known already.")
        return EXIT_FAILED if wishes.unreadable else EXIT_OK

    def _list_unreadable(self, lines: Sequence[str], source: str) -> None:
        if not lines:
            return
        count = "1 line" if len(lines) == 1 else f"{len(lines)} lines"
        self._console.say(f"❌ {count} of {source} cannot be read; correct and import again:")
        for line in lines[:MOST_SHOWN]:
            self._console.say(f"   • {line}")
        if len(lines) > MOST_SHOWN:
            self._console.say(f"   … and {len(lines) - MOST_SHOWN} more")

    def _wanted(self, text: str) -> Movie:
        from import_file import by_imdb_id, by_title, wish

        film = by_imdb_id(text) or by_title(text)
        if film is None:
            raise UsageError(
                [f'--add {text!r}: write "Title (Year)", e.g. "The Matrix (1999)", or an IMDb id']
            )
        return wish(film, self._known)

    def _known(self, film: ListedFilm) -> FilmFacts | None:
        """What is known of a film that is named by an id: from its page, or else by a queue. Asks nobody."""
        if film.imdb_id:
            facts = self._films.by_imdb_id(film.imdb_id)
            # Films can share an IMDb id by mistake, so it vouches for no other id.
            return _named_by(film.imdb_id, facts or self._queue.find(film.imdb_id))
        code = film.lid or film.slug
        facts = self._films.find(film) if code else None
        if facts or code is None or film.year:
            return facts
        known = self._queue.find(f"letterboxd:{code}")
        return _facts_of(known) if known else None

    def _one(self, text: str) -> Movie | None:
        """The only film that `text` names; otherwise says what stands in the way."""
        found = matching(self._queue, text)
        if len(found) == 1:
            return found[0]
        if not found:
            self._refuse(
                f"No film matches {text!r}. Name it by any of its ids, its slug or a part of its title."
            )
            return None
        self._console.say("\n".join(several(text, found)))
        return None

    def _tell_daemon(self) -> None:
        """A running daemon looks at the files within a minute; told so, it does at once."""
        pid = storage.daemon_pid(self._folder / storage.DAEMON_LOCK)
        if pid is not None:
            ask_to_look(pid)

    def _rests(self) -> list[tuple[str, Rest]]:
        return [(name, rest) for name in SERVICE_TITLES if (rest := self._services.resting(name))]

    def _say_json(self, value: dict[str, Any]) -> None:
        # Not by `json`, which does not know the records within.
        self._console.say(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())

    def _done(self, text: str) -> int:
        self._console.say(text)
        return EXIT_OK

    def _refuse(self, text: str) -> int:
        self._console.say(f"❌ {text}")
        return EXIT_FAILED


def _named_by(imdb_id: str, known: FilmFacts | Movie | None) -> FilmFacts | None:
    return FilmFacts(title=known.title, year=known.year, imdb_id=imdb_id) if known else None


def _facts_of(movie: Movie) -> FilmFacts:
    return FilmFacts(
        title=movie.title,
        year=movie.year,
        imdb_id=movie.imdb_id,
        film_id=movie.film_id,
        lid=movie.lid,
        slug=movie.slug,
    )


def _way_back(movie: Movie) -> str:
    return {
        COMPLETED: "--retry fetches it again.",
        REMOVED: "--retry fetches it again.",
        FORGOTTEN: "--add takes it back.",
        FAILED: "--retry tries it again now.",
    }.get(movie.status, "")


def several(text: str, found: Sequence[Movie]) -> list[str]:
    """What is said where `text` names more than one film."""
    lines = [f"❌ {len(found)} films match {text!r}; nothing was done. Name one by its id:"]
    lines += [f"   • {movie.label} [{movie.id}] ({movie.status})" for movie in found[:MOST_SHOWN]]
    return lines + ([f"   … and {len(found) - MOST_SHOWN} more"] if len(found) > MOST_SHOWN else [])


def matching(queue: QueueManager, text: str) -> list[Movie]:
    """The films of all queues that `text` names, by the rule of `named`."""
    return named(queue.everything(), text)


def named(films: Sequence[Movie], text: str) -> list[Movie]:
    """The films that `text` names: by id or slug, else by the whole "Title (Year)", else by part of a title.

    One that ends with a year in brackets is a whole name: "Up (2009)" is no part of "Shut Up (2009)".
    """
    wanted = text.strip()
    ids = {wanted, wanted.lower()}
    by_id = [m for m in films if ids & {*names_of(m), m.slug, m.film_id, m.lid}]
    if by_id or not wanted:
        return by_id
    plain, folded = wanted.casefold(), fold(wanted)
    if whole := [m for m in films if fold(m.label) == folded]:
        return whole
    if _WITH_YEAR.search(wanted):
        # The brackets may belong to the title: "Rerun (1984)".
        return [m for m in films if fold(m.title) == folded]
    return [m for m in films if plain in m.title.casefold() or folded in fold(m.title)]
