"""One bounded HTTP GET: a total deadline, a size cap, one origin, and an end when the program stops.

Owns what `requests` leaves open: its timeout restarts with every byte, so a server that drips its answer
holds a thread for ever; it follows redirects to any host; its errors print the full URL, secrets included.
Each client is used by one thread at a time. Statuses are left to the callers, who know what they mean.
"""

import contextlib
import http.client
import io
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter

from errors import Interrupted, ServiceUnavailable, service_title

CONNECT_TIMEOUT = 5.0
STOP_POLL = 0.25
MAX_REDIRECTS = 3
_CHUNK = 65536
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


class _TooLargeError(OSError):
    def __init__(self, max_bytes: int) -> None:
        size = f"{max_bytes >> 20} MiB" if max_bytes >= 2**20 else f"{max_bytes} bytes"
        super().__init__(f"its answer has more than {size}")


@dataclass(frozen=True)
class _Limits:
    deadline: float  # time.monotonic() at which the whole exchange must be over
    max_bytes: int
    stop: threading.Event


_current = threading.local()


@contextlib.contextmanager
def request_limits(seconds: float, max_bytes: int, stop: threading.Event) -> Iterator[None]:
    """Bound every answer read by this thread inside the block, for sessions with a `BoundedAdapter`.

    `seconds` counts for the block as a whole, over retries of a library too; it runs on the monotonic clock.
    """
    _current.limits = _Limits(time.monotonic() + seconds, max_bytes, stop)
    try:
        yield
    finally:
        _current.limits = None


class _BoundedReader(io.RawIOBase):
    """Reads a socket in short slices, so that deadline, cap and stop are looked at between any two bytes."""

    def __init__(self, sock: socket.socket, limits: _Limits) -> None:
        self._sock = sock
        # Holding the file object keeps the socket's own reference count right: http.client closes the
        # connection early and relies on this to keep the descriptor until the body has been read.
        self._file = sock.makefile("rb", buffering=0)
        self._limits = limits
        self._left = limits.max_bytes

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while True:
            remaining = self._limits.deadline - time.monotonic()
            if remaining <= 0 or self._limits.stop.is_set():
                raise TimeoutError("deadline of the whole request passed")
            self._sock.settimeout(min(remaining, STOP_POLL))
            try:
                count = self._sock.recv_into(buffer)
            except TimeoutError:
                continue
            self._left -= count
            if self._left < 0:
                raise _TooLargeError(self._limits.max_bytes)
            return count

    def close(self) -> None:
        self._file.close()
        super().close()


class _BoundedResponse(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        limits: _Limits | None = getattr(_current, "limits", None)
        if limits is not None:
            self.fp.close()
            self.fp = io.BufferedReader(_BoundedReader(sock, limits))


class _HTTPConnection(urllib3.connection.HTTPConnection):
    response_class = _BoundedResponse

    def _new_conn(self) -> socket.socket:
        limits: _Limits | None = getattr(_current, "limits", None)
        if limits is not None and self.timeout is not None:
            self.timeout = min(self.timeout, max(limits.deadline - time.monotonic(), STOP_POLL))
        return super()._new_conn()


class _HTTPSConnection(_HTTPConnection, urllib3.connection.HTTPSConnection):
    pass


class _HTTPPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _HTTPConnection


class _HTTPSPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _HTTPSConnection


_POOLS = {"http": _HTTPPool, "https": _HTTPSPool}


class BoundedAdapter(HTTPAdapter):
    """A `requests` adapter whose answers obey the `request_limits` of the calling thread."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = _POOLS
        return manager


class _NoNetrc(requests.auth.AuthBase):
    """Without any `auth`, requests would send what ~/.netrc holds for the host."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


@dataclass(frozen=True)
class Answer:
    """A complete answer: `body` was read to its promised end."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str

    @property
    def text(self) -> str:
        """The body as UTF-8; broken bytes are replaced, never an error."""
        return self.body.decode("utf-8", errors="replace")


class WebClient:
    """GET from one origin.

    Raises `ServiceUnavailable` when no complete answer came, `Interrupted` when the program is stopping.
    Messages name service and host, never a path or query: those may hold a passkey.
    """

    def __init__(
        self,
        service: str,
        base_url: str,
        user_agent: str,
        stop: threading.Event,
        *,
        seconds: float = 30.0,
        max_bytes: int = 16 * 2**20,
    ) -> None:
        self.service = service
        self.base_url = base_url.rstrip("/")
        self._origin = _origin(self.base_url)
        self._stop = stop
        self._seconds = seconds
        self._max_bytes = max_bytes
        self._session = requests.Session()
        self._session.headers["User-Agent"] = user_agent
        self._session.mount("http://", BoundedAdapter())
        self._session.mount("https://", BoundedAdapter())

    def get(
        self,
        path: str = "",
        params: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        may_follow: Callable[[str], bool] = lambda path: True,
    ) -> Answer:
        """Ask for `base_url` + `path` (or a full URL of the same origin). Any status is an answer.

        So is a redirect within the origin to a path that one `may_follow` says no to.
        """
        url = urljoin(self.base_url + "/", path) if path else self.base_url
        if self._stop.is_set():
            raise Interrupted("stopped before a request")
        try:
            with request_limits(self._seconds, self._max_bytes, self._stop):
                return self._follow(url, params, auth, may_follow)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            if self._stop.is_set():
                raise Interrupted("stopped while waiting for an answer") from None
            # `from None`: the cause's text holds the whole URL and would reach the log with a traceback.
            raise ServiceUnavailable(self.service, self._describe(error)) from None

    def _follow(
        self,
        url: str,
        params: Mapping[str, str] | None,
        auth: tuple[str, str] | None,
        may_follow: Callable[[str], bool],
    ) -> Answer:
        for _ in range(MAX_REDIRECTS + 1):
            if _origin(url) != self._origin:
                raise ServiceUnavailable(
                    self.service,
                    f"{service_title(self.service)} at {self._origin} sends us to another host, "
                    f"{_origin(url)}, which Movie Sync does not follow. Check the configured address.",
                )
            answer = self._once(url, params, auth)
            location = answer.headers.get("location")
            if answer.status not in {301, 302, 303, 307, 308} or not location:
                return answer
            url, params = urljoin(url, location), None
            if _origin(url) == self._origin and not may_follow(urlsplit(url).path):
                return answer
        raise ServiceUnavailable(
            self.service, f"{service_title(self.service)} at {self._origin} redirects in a circle."
        )

    def _once(self, url: str, params: Mapping[str, str] | None, auth: tuple[str, str] | None) -> Answer:
        # The session is closed after each request, so that none travels on a kept connection that the server
        # is closing just then: nobody could tell whether it arrived, and to repeat it is to ask twice.
        with (
            self._session as session,
            session.get(
                url,
                params=params,
                auth=requests.auth.HTTPBasicAuth(*(part.encode() for part in auth)) if auth else _NoNetrc(),
                stream=True,
                allow_redirects=False,
                timeout=(CONNECT_TIMEOUT, self._seconds),
            ) as response,
        ):
            body = bytearray()
            for chunk in response.iter_content(_CHUNK):
                body += chunk
                if len(body) > self._max_bytes:
                    raise _TooLargeError(self._max_bytes)
            headers = {name.lower(): value for name, value in response.headers.items()}
            return Answer(response.status_code, headers, bytes(body), url)

    def _describe(self, error: Exception) -> str:
        reason = reason_of(error, self._seconds)
        return f"No usable answer from {service_title(self.service)} at {self._origin} ({reason})."


def reason_of(error: BaseException, seconds: float) -> str:
    """A short cause for a connection error, made from its type alone: its text may hold secrets."""
    chain = list(_causes(error))
    for cause in chain:
        if isinstance(cause, _TooLargeError):
            return str(cause)
    for kinds, text in (
        # Before the others, as why a proxy failed says nothing about the service.
        ((requests.exceptions.ProxyError, urllib3.exceptions.ProxyError), "the proxy could not be used"),
        ((socket.gaierror, urllib3.exceptions.NameResolutionError), "the host name was not found"),
        ((ConnectionRefusedError,), "connection refused"),
        ((ssl.SSLCertVerificationError,), "its TLS certificate was not accepted"),
        (
            (requests.exceptions.SSLError, urllib3.exceptions.SSLError, ssl.SSLError),
            "no TLS connection could be made; is it https at all?",
        ),
        (
            (requests.exceptions.ConnectTimeout, urllib3.exceptions.ConnectTimeoutError),
            "connecting timed out",
        ),
        (
            (TimeoutError, requests.exceptions.Timeout, urllib3.exceptions.TimeoutError),
            f"no complete answer within {seconds:g} s",
        ),
        ((ConnectionResetError, urllib3.exceptions.ProtocolError), "the connection broke off"),
        ((urllib3.exceptions.DecodeError,), "its answer could not be unpacked"),
        ((ValueError,), "the address cannot be used"),
    ):
        if any(isinstance(cause, kinds) for cause in chain):
            return text
    return "the connection failed"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what it wraps: requests keeps it in `args`, urllib3 in `reason`."""
    seen: set[int] = set()
    queue: list[object] = [error]
    while queue:
        item = queue.pop(0)
        if isinstance(item, BaseException) and id(item) not in seen:
            seen.add(id(item))
            yield item
            queue += [item.__cause__, item.__context__, getattr(item, "reason", None), *item.args]


def _origin(url: str) -> str:
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2].lower()
    return f"{parts.scheme}://{host.removesuffix(_DEFAULT_PORTS.get(parts.scheme, ':'))}"


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """When a `Retry-After` header (seconds or an HTTP date, RFC 9110 §10.2.3) allows the next try; unix."""
    value = headers.get("retry-after", "").strip()
    if value.isdecimal():
        return now + int(value[:9])
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
