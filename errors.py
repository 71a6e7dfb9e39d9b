"""The error tree. Each class is named after the reaction it asks for, not after what broke.

    MovieSyncError                the root: its text is a sentence a user can act on
    ├── ConfigError               stop before any thread starts; exit 2; lists every problem at once
    │   └── UsageError            the same for what the command line asks
    ├── StateError                a state file cannot be trusted; stop with exit 1, touch nothing
    │   └── StateWriteError       state cannot be written now (disk full, read-only); ask nobody outside
    ├── AlreadyRunning            another process holds the daemon's lock
    ├── ServiceError              trouble with one outside service; never the film's fault
    │   ├── ServiceUnavailable    no usable answer; two in a row rest the service for minutes
    │   ├── RefusedForNow         it said "not now": rests for what it named, else growing to a day
    │   │   ├── Blocked           by a shield in front of the service (Cloudflare)
    │   │   └── RateLimited       too many calls, by the service's count or by ours
    │   └── AuthError             credentials refused; the service rests until they change
    ├── PlaceUnavailable          a directory is missing, not writable, or its disk is not mounted; films wait
    ├── NoSpace                   not enough room for this release; the film waits
    │   └── DiskFull              nor for any other: nothing is searched for
    ├── FilmGone                  the film a command named was changed meanwhile; exit 1
    ├── FilmFault                 this film's own failure: costs it one try
    └── Interrupted               we are stopping: nothing may be concluded from what was under way

"Nothing found" is not here: it is a result (`download_service.NoRelease`).
"""

from collections.abc import Sequence

SERVICE_TITLES = {"letterboxd": "Letterboxd", "filelist": "FileList.io", "qbittorrent": "qBittorrent"}


def service_title(name: str) -> str:
    """How a service is called towards a person."""
    return SERVICE_TITLES.get(name, name)


class MovieSyncError(Exception):
    """Root of all expected errors. `str()` is one sentence: what, where, and how to mend it."""


class ConfigError(MovieSyncError):
    """The configuration cannot be used. `problems` names each one: file, key and what to write."""

    heading = "The configuration cannot be used:"

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(f"  - {problem}" for problem in self.problems))


class UsageError(ConfigError):
    """What was asked for on the command line cannot be done as it stands; exit 2 as well."""

    heading = "This cannot be done:"


class StateError(MovieSyncError):
    """A state file exists but cannot be believed; it was copied aside and nothing was changed."""


class StateWriteError(StateError):
    """State could not be written. While this lasts nothing outside may be asked to act."""


class AlreadyRunning(MovieSyncError):
    """Another Movie Sync holds the lock of this state folder. `pid` is its process, if known."""

    def __init__(self, message: str, pid: int | None) -> None:
        self.pid = pid
        super().__init__(message)


class ServiceError(MovieSyncError):
    """Trouble with an outside service. `service` is "letterboxd", "filelist" or "qbittorrent"."""

    def __init__(self, service: str, message: str) -> None:
        self.service = service
        super().__init__(message)


class ServiceUnavailable(ServiceError):
    """DNS, refused connection, timeout, 5xx, or an answer that is no answer."""


class RefusedForNow(ServiceError):
    """The service answered, and said not now. `retry_at` is unix seconds, or None when it did not say."""

    def __init__(self, service: str, message: str, retry_at: float | None = None) -> None:
        self.retry_at = retry_at
        super().__init__(service, message)


class Blocked(RefusedForNow):
    """A shield in front of the service refused us. We do not evade it."""


class RateLimited(RefusedForNow):
    """Too many calls. `own_ledger` is True when our own count stopped us before the service did."""

    def __init__(
        self, service: str, message: str, retry_at: float | None = None, *, own_ledger: bool = False
    ) -> None:
        self.own_ledger = own_ledger
        super().__init__(service, message, retry_at)


class AuthError(ServiceError):
    """Credentials refused. `ban_seconds` is set when the service locked us out for a known time."""

    def __init__(self, service: str, message: str, *, ban_seconds: int | None = None) -> None:
        self.ban_seconds = ban_seconds
        super().__init__(service, message)


class PlaceUnavailable(MovieSyncError):
    """A directory we need is not there, or not the one it was. Films wait; none of them failed."""


class NoSpace(MovieSyncError):
    """Free space is below what this release needs. The film waits."""


class DiskFull(NoSpace):
    """So little is free that no film would fit. All films wait."""


class FilmGone(MovieSyncError):
    """Another process dropped the film between finding it and changing it."""


class FilmFault(MovieSyncError):
    """The failure is this film's own (its page is gone, its torrent is refused): it costs one try."""


class Interrupted(MovieSyncError):
    """The program is stopping and cut a request short. Not a failure of anything."""
