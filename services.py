"""How each outside service is doing: until when it rests, and why. Kept over restarts where that matters.

Any thread may call it. A refusal (shield, rate limit, credentials) is written to `services.json`, so that
neither cron nor systemd can make a login loop; mere unreachability is remembered in this process only.
Says nothing about films: what a rest means for a film is the workers' business.
"""

import logging
import math
import threading
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
from msgspec.structs import replace

import storage
from config import Config
from credentials_manager import CredentialsManager
from errors import AuthError, Blocked, RateLimited, RefusedForNow, ServiceError, StateWriteError

logger = logging.getLogger(__name__)

UNREACHABLE, BLOCKED, RATE_LIMITED, AUTH, LEDGER = "unreachable", "blocked", "rate limited", "auth", "ledger"

DAY = 24 * 3600
HOUR = 3600
FIRST_REST = 60
LONGEST_UNREACHABLE = 15 * 60
LONGEST_UNREACHABLE_HERE = 2 * 60
"""qBittorrent is usually on this machine and back as soon as it is started."""
BY_ITSELF = "Nothing needs to be done: films wait and go on by themselves."
"""Stands in the reason of a trouble that passes. It is no word for a command that repeats nothing."""


class Rest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why a service is left alone. Times are unix seconds.

    `step` is the length of the last self-chosen rest, from which the next one grows; `named` means that the
    service (or our own ledger) said how long, which a user's `--retry` does not overrule.
    """

    kind: str
    reason: str
    since: int
    until: int
    step: int = 0
    named: bool = False
    fingerprint: str | None = None


def said_to_a_command(reason: str, advice: str) -> str:
    """The reason of a trouble with `advice` in place of the promise that it is asked again."""
    return reason.replace(BY_ITSELF, advice)


def rest_after_refusal(previous: Rest | None, error: ServiceError, now: float, fingerprint: str) -> Rest:
    """The rest that a refusal asks for: the time it names, else growing from a minute to a day."""
    rest = Rest(kind=AUTH, reason=str(error), since=int(now), until=int(now) + DAY)
    if isinstance(error, AuthError):
        return replace(rest, until=int(now) + (error.ban_seconds or DAY), fingerprint=fingerprint)
    rest = replace(rest, kind=BLOCKED if isinstance(error, Blocked) else RATE_LIMITED)
    grown = previous.step if previous else 0
    named = error.retry_at if isinstance(error, RefusedForNow) else None
    if named is not None:
        return replace(rest, until=math.ceil(min(max(named, now + 1), now + DAY)), step=grown, named=True)
    step = min(2 * grown, DAY) if grown else FIRST_REST
    return replace(rest, until=int(now) + step, step=step)


def rest_after_success(previous: Rest, now: float) -> Rest | None:
    """A success ends a rest, but the length that rests had grown to only shrinks by half each time."""
    step = previous.step // 2
    if step < FIRST_REST:
        return None
    return replace(previous, since=int(now), until=int(now), step=step, reason="answers again", named=False)


def rest_by_clock(rest: Rest, now: float) -> Rest:
    """A rest as the clock of `now` has it: one that begins in the future begins now; none exceeds a day."""
    since = min(rest.since, int(now))
    until = min(rest.until - (rest.since - since), int(now) + DAY)
    return rest if until == rest.until else replace(rest, since=since, until=until)


def unreachable_rest(service: str, failures: int) -> int:
    """Seconds to leave an unreachable service alone: none after one failure, then 1, 2, 4 … minutes."""
    if failures < 2:
        return 0
    longest = LONGEST_UNREACHABLE_HERE if service == "qbittorrent" else LONGEST_UNREACHABLE
    return min(FIRST_REST << min(failures - 2, 10), longest)


class Services:
    """The rests of all services of one state folder.

    `fingerprint(service)` identifies what a service may refuse: the credentials, and whom they are sent to.
    """

    def __init__(
        self,
        folder: Path,
        fingerprint: Callable[[str], str],
        now: Callable[[], float] = time.time,
    ) -> None:
        self._path = folder / "services.json"
        self._fingerprint = fingerprint
        self._now = now
        self._lock = threading.Lock()
        self._failures: dict[str, int] = {}
        self._unreachable: dict[str, Rest] = {}
        self._kept: dict[str, Rest] = {}
        self._stamp: storage.FileStamp | str = "never read"
        self._read()

    def resting(self, service: str) -> Rest | None:
        """The rest that is in force now, or None when the service may be asked."""
        now = self._now()
        with self._lock:
            self._read()
            self._heed_clock(service, now)
            for rest in (self._kept.get(service), self._unreachable.get(service)):
                if rest is not None and now < rest.until and not self._outlived(service, rest):
                    return rest
        return None

    def in_doubt(self, service: str) -> bool:
        """Whether the last request to the service got no answer, though it does not rest yet."""
        with self._lock:
            return self._failures.get(service, 0) > 0

    def failed(self, error: ServiceError) -> Rest | None:
        """Take note of trouble. Returns the rest that it led to, if any."""
        now, service = self._now(), error.service
        with self._lock:
            if isinstance(error, RateLimited) and error.own_ledger:
                # The ledger's own file remembers; it is no refusal by the service.
                until = int(error.retry_at or now + FIRST_REST) + 1
                return self._rest_here(service, LEDGER, str(error), until)
            if isinstance(error, AuthError | RefusedForNow):
                fingerprint = self._fingerprint(service) if isinstance(error, AuthError) else ""
                self._read()
                rest = rest_after_refusal(self._kept.get(service), error, now, fingerprint)
                self._keep(service, rest)
                return rest
            self._failures[service] = self._failures.get(service, 0) + 1
            seconds = unreachable_rest(service, self._failures[service])
            return self._rest_here(service, UNREACHABLE, str(error), int(now) + seconds) if seconds else None

    def succeeded(self, service: str) -> None:
        """The service answered as it should."""
        with self._lock:
            self._failures.pop(service, None)
            self._unreachable.pop(service, None)
            self._read()
            previous = self._kept.get(service)
            if previous is not None:
                self._keep(service, rest_after_success(previous, self._now()))

    def _heed_clock(self, service: str, now: float) -> None:
        """Shorten what only a clock that was wrong can have made so long."""
        here, kept = self._unreachable.get(service), self._kept.get(service)
        if here is not None:
            self._unreachable[service] = rest_by_clock(here, now)
        if kept is None or (right := rest_by_clock(kept, now)) == kept:
            return
        try:
            self._keep(service, right)
        except StateWriteError as error:
            # Looking has to work on a full disk too; memory has it right.
            logger.warning("%s", error)

    def end_rests(self) -> None:
        """The user asks to try again: every rest is over but those whose length the service named."""
        with self._lock:
            self._failures.clear()
            self._unreachable = {name: rest for name, rest in self._unreachable.items() if rest.named}
            self._read()
            now = int(self._now())
            for service, rest in list(self._kept.items()):
                if not rest.named and rest.until > now:
                    self._keep(service, None)

    def _rest_here(self, service: str, kind: str, reason: str, until: int) -> Rest:
        rest = Rest(kind=kind, reason=reason, since=int(self._now()), until=until, named=kind == LEDGER)
        self._unreachable[service] = rest
        return rest

    def _outlived(self, service: str, rest: Rest) -> bool:
        """New credentials, or another address, end a refusal of the old ones."""
        return rest.kind == AUTH and rest.fingerprint != self._fingerprint(service)

    def _read(self) -> None:
        stamp = storage.stamp(self._path)
        if stamp != self._stamp:
            self._kept = storage.read_json(self._path, dict[str, Rest], {})
            self._stamp = stamp

    def _keep(self, service: str, rest: Rest | None) -> None:
        with storage.file_lock(self._path.with_name(".services.lock")):
            self._read()
            others = {name: kept for name, kept in self._kept.items() if name != service}
            self._kept = {**others, service: rest} if rest else others
            storage.write_json(self._path, self._kept)
            self._stamp = storage.stamp(self._path)


def services_of(
    config: Config, credentials: CredentialsManager, now: Callable[[], float] = time.time
) -> Services:
    """The services as configured."""
    return Services(config.folder, fingerprint_of(config, credentials), now)


def fingerprint_of(config: Config, credentials: CredentialsManager) -> Callable[[str], str]:
    """What tells a service's credentials at its address from any others, for `Services`."""
    there = config["qbittorrent"]
    scheme = "https" if there["use_https"] else "http"
    addresses = {
        "filelist": config["api_url"],
        "qbittorrent": f"{scheme}://{there['host']}:{there['port']}",
    }
    return lambda service: f"{credentials.fingerprint(service)} {addresses[service]}"
