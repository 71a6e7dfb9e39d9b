"""A second, small tracker: other rows, errors and budget. What `doc/another_tracker.md` shows.

`Shelf` is the site, in memory: it answers `search` with lines of `id|kind|bytes|seeders|imdb|name` and
`torrent` with a file. A refusal is a line that begins with "!". `ShelfDownloader` is what Movie Sync asks.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from bench import make_torrent

from call_ledger import CallLedger
from download_service import DownloadResult, Found, MovieDownloader, NoRelease, Release
from errors import AuthError, FilmFault, RateLimited, ServiceUnavailable
from movie import ChosenRelease, FilmFacts, Movie
from release_choice import Preferences, choose_release
from torrent_file import NotATorrent, TorrentFile, read_torrent
from torrent_store import keep_torrent
from web import Answer

KEY = "key-of-the-shelf"
KINDS = {"hd": 4, "sd": 1}
"""The site's own kinds, as the ids that `category_priority` knows."""


class Web(Protocol):
    """What is used of `web.WebClient`."""

    def get(self, path: str, params: Mapping[str, str]) -> Answer:
        """Ask for a path of the site."""


class ShelfDownloader(MovieDownloader):
    """The tracker called Shelf."""

    name = "shelf"

    def __init__(
        self, web: Web, key: str, preferences: Preferences, folder: Path, now: Callable[[], float]
    ) -> None:
        self._web = web
        self._key = key
        self._preferences = preferences
        self._ledger = CallLedger(folder / "shelf_calls.json", 30, now=now, service=self.name)
        self._folder = folder
        self._now = now

    def download_movie(
        self,
        movie: Movie,
        *,
        name_proves: bool = True,
        facts: FilmFacts | None = None,
        offered: Sequence[Release] = (),
    ) -> DownloadResult:
        rows = offered or self._search(movie)
        choice = choose_release(rows, movie, self._preferences, name_proves=name_proves)
        if choice.chosen is None:
            return NoRelease("Nothing on the shelf", choice.refused)
        return Found(self._remembered(choice.chosen), self._fetch(choice.chosen))

    def calls_left(self) -> int:
        return self._ledger.left()

    def _search(self, movie: Movie) -> list[Release]:
        self._ledger.book()
        lines = self._ask("search", words=movie.label).text.splitlines()
        return [self._release(line) for line in lines if line.count("|") == 5]

    def _fetch(self, release: Release) -> TorrentFile:
        try:
            torrent = read_torrent(self._ask("torrent", id=release.id).body)
        except NotATorrent as problem:
            raise FilmFault(f"Shelf's .torrent of {release.name} cannot be used: {problem}") from None
        keep_torrent(self._folder, torrent)
        return torrent

    def _ask(self, path: str, **params: str) -> Answer:
        answer = self._web.get(path, {**params, "key": self._key})
        said, _, what = answer.text.partition(" ")
        if said == "!wait":
            raise RateLimited(self.name, "Rate limit reached: Shelf wants a pause.", self._now() + int(what))
        if said == "!key":
            raise AuthError(self.name, "Invalid credentials: Shelf refused the key.")
        if answer.status != 200:
            raise ServiceUnavailable(self.name, f"Shelf is out of service (status {answer.status}).")
        return answer

    def _release(self, line: str) -> Release:
        number, kind, size, seeders, imdb, name = line.split("|")
        return Release(
            tracker=self.name,
            id=number,
            name=name,
            imdb_id=imdb or None,
            category_id=KINDS.get(kind),
            category=kind,
            size=int(size),
            seeders=int(seeders),
            leechers=0,
            freeleech=False,
            doubleup=False,
            internal=False,
            uploaded_at=None,
        )

    def _remembered(self, release: Release) -> ChosenRelease:
        return ChosenRelease(
            name=release.name,
            tracker=self.name,
            id=release.id,
            size=release.size,
            category=release.category,
            seeders=release.seeders,
            chosen_at=int(self._now()),
        )


@dataclass
class Shelf:
    """The site. `trouble` is what it answers instead, with its status; `asked` are the requests so far."""

    names: list[str] = field(default_factory=list)
    trouble: tuple[int, str] | None = None
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    @property
    def searches(self) -> list[str]:
        """What was searched for."""
        return [params["words"] for path, params in self.asked if path == "search"]

    def get(self, path: str, params: Mapping[str, str]) -> Answer:
        """One answer; whoever lacks the key gets the refusal."""
        self.asked.append((path, dict(params)))
        if self.trouble or params["key"] != KEY:
            status, text = self.trouble or (200, "!key")
            return Answer(status, {}, text.encode(), "")
        if path == "torrent":
            return Answer(200, {}, make_torrent(self.names[int(params["id"])]).data, "")
        rows = [f"{number}|hd|9000000000|12||{name}" for number, name in enumerate(self.names)]
        return Answer(200, {}, "\n".join(["a line without meaning", *rows]).encode(), "")
