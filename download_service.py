"""What a tracker offers, what it has to be able to do, and what comes of asking it for a film.

Owns `Release`, `MovieDownloader` (the base class of every tracker) and its two results. Holds nothing of
any one tracker, touches no queue, does not talk to qBittorrent. Called by DownloadWorker, film by film.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from movie import ChosenRelease, FilmFacts, Movie
from torrent_file import TorrentFile


@dataclass(frozen=True)
class Release:
    """One row of a tracker's answer. `size` in bytes, 0 when unknown; `uploaded_at` unix seconds."""

    tracker: str
    id: str
    name: str
    imdb_id: str | None
    category_id: int | None
    category: str
    size: int
    seeders: int
    leechers: int
    freeleech: bool
    doubleup: bool
    internal: bool
    uploaded_at: int | None
    series: bool = False


@dataclass(frozen=True)
class Refusal:
    """A release that was not chosen, and why, as a part of a sentence; `rule` names the rule that says so."""

    release: Release
    reason: str
    rule: str = ""


@dataclass(frozen=True)
class Found:
    """A release was chosen, and its .torrent is in hand, proven and kept on disk."""

    release: ChosenRelease
    torrent: TorrentFile


@dataclass(frozen=True)
class NoRelease:
    """The tracker answered and has nothing for us yet. This "no" is the film's own: it costs one try.

    `reason` is one line for the queue file; `refused` names each release that was looked at.
    """

    reason: str
    refused: tuple[Refusal, ...] = ()


DownloadResult = Found | NoRelease


class MovieDownloader(ABC):
    """One tracker.

    Duties of a subclass:

    - It searches, chooses by `release_choice`, fetches the .torrent and proves it by `torrent_file`. It never
      hands a link to anybody: links hold secrets, and what lies behind them may be a page.
    - It never reads or changes a queue and never waits: when and whether to ask again is the worker's matter.
    - Nothing found is `NoRelease`. Everything else is raised, as the class whose reaction fits:
      `ServiceUnavailable` (no usable answer), `RateLimited` and `Blocked` (not now), `AuthError`
      (credentials refused), `FilmFault` (wrong with this film alone), `StateError` (our own files).
    - No message, log line or traceback of its own holds a credential.

    It is used by one thread at a time.
    """

    name: str
    """The name of the service in `services.json`, in messages and in `ChosenRelease.tracker`."""

    @abstractmethod
    def download_movie(
        self,
        movie: Movie,
        *,
        name_proves: bool = True,
        facts: FilmFacts | None = None,
        offered: Sequence[Release] = (),
    ) -> DownloadResult:
        """Find the best release of `movie` and fetch its .torrent. Raises as described above.

        `name_proves` is False when another film in the queues has this title and year: only ids count then.
        `facts` is what the film's page says. Among `offered` rows, where there are any, it chooses without
        asking for others.
        """

    def latest(self) -> tuple[Release, ...]:
        """The newest rows, in one call; none where a tracker has no such list."""
        return ()

    def fits(
        self,
        movie: Movie,
        rows: Sequence[Release],
        *,
        name_proves: bool = True,
        facts: FilmFacts | None = None,
    ) -> bool:
        """Whether one of these rows would be chosen for the film. Asks nobody."""
        return False

    def calls_left(self) -> int:
        """How many calls may be made now, where they are counted."""
        return 10**6
