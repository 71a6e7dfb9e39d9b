"""The base of every stand-in: a loopback web server that logs what was asked and fails on order.

Owns request log, answering and stopping; what to answer is the business of the subclasses, how a failure
looks on the wire that of `failures.py`. One daemon thread per connection calls `answer`, so subclasses guard
their state. Nothing is ever printed; an exception in `answer` is a 500 and is kept in `errors`.
"""

import contextlib
import re
import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, unquote, urlsplit

from demo.failures import Answer, Failure, Mode, Wire

HOST = "127.0.0.1"
STOP_SECONDS = 3.0


@dataclass(frozen=True)
class Request:
    """One request as it arrived.

    `target` is path and query as sent; `path` is decoded; `query` keeps the last value of a repeated name,
    read as latin-1 so that binary values survive; header names are lower-case; `time` is unix seconds.
    """

    method: str
    target: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""
    time: float = field(default_factory=time.time)


Match = str | Callable[[Request], bool]


class StandIn:
    """A web server on 127.0.0.1, a context manager. Subclasses implement `answer`.

    `port` 0 takes a free one, which is kept over `stop` and `start`, so a service can go away and come back.
    """

    server_name = "stand-in"

    def __init__(self, *, port: int = 0) -> None:
        self.port = port
        self.errors: list[Exception] = []
        self._requests: list[Request] = []
        self._changed = threading.Condition()
        self._failures: list[Failure] = []
        self._server: _Server | None = None

    def answer(self, request: Request) -> Answer:
        """What this service says to `request`. Called on the connection's own thread."""
        raise NotImplementedError

    def error_answer(self, status: int) -> Answer:
        """How this service words an error `status` when a failure does not bring its own body."""
        return Answer(status, f"<html><head><title>{status}</title></head><body>{status}</body></html>")

    def standing_headers(self) -> Mapping[str, str]:
        """Headers of every answer, also of scheduled failures."""
        return {}

    @property
    def url(self) -> str:
        """`http://127.0.0.1:<port>` without a slash at the end."""
        return f"http://{HOST}:{self.port}"

    @property
    def requests(self) -> tuple[Request, ...]:
        """Everything that was asked so far, in order of arrival, failed on order or not."""
        with self._changed:
            return tuple(self._requests)

    def asked(self, match: Match) -> tuple[Request, ...]:
        """The requests so far that `match`, a regex on path and query or a predicate."""
        return tuple(request for request in self.requests if _matches(match, request))

    def wait_for(self, match: Match, count: int = 1, seconds: float = 10.0) -> tuple[Request, ...]:
        """Wait until `count` requests that `match` have arrived, and return those. TimeoutError else."""

        def enough() -> bool:
            return sum(_matches(match, request) for request in self._requests) >= count

        with self._changed:
            if not self._changed.wait_for(enough, seconds):
                raise TimeoutError(f"{self.server_name}: {count} request(s) like {match!r} did not come")
        return self.asked(match)

    def forget_requests(self) -> None:
        """Empty the log, so that a test counts only what comes from here on."""
        with self._changed:
            self._requests.clear()

    def fail(self, match: Match, mode: int | Mode, times: int | None = None, **options: Any) -> Failure:
        """Let requests that `match` fail in this way, the next `times` or until cancelled.

        `mode` is a status code or a name of `failures.Mode`; `options` are the fields of `Failure`: `body`,
        `headers`, `content_type`, `location`, `interval`. Of several that match, the newest counts.
        """
        failure = Failure(match, mode, times, **options)
        with self._changed:
            self._failures.insert(0, failure)
        return failure

    def heal(self) -> None:
        """Cancel all failures and let go of held requests."""
        with self._changed:
            failures, self._failures = self._failures, []
        for failure in failures:
            failure.cancel()

    def start(self) -> Self:
        """Listen and serve; again on the same port after `stop`."""
        self._server = _Server((HOST, self.port), self)
        self.port = self._server.server_port
        threading.Thread(
            target=self._server.serve_forever, args=(0.05,), daemon=True, name=self.server_name
        ).start()
        return self

    def stop(self) -> None:
        """Close the port and every connection. Never waits for a client; a stopped one is left alone."""
        server, self._server = self._server, None
        if server is not None:
            server.end()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.heal()
        self.stop()

    def note(self, request: Request) -> Failure | None:
        """Log an arrived request and take the failure that is due for it, if any."""
        with self._changed:
            self._requests.append(request)
            self._changed.notify_all()
            due = [failure for failure in self._failures if failure.left and _matches(failure.match, request)]
            return due[0].take() if due else None

    def answer_safely(self, request: Request) -> Answer:
        """`answer`, with a bug of the stand-in turned into a 500 that `errors` remembers."""
        try:
            return self.answer(request)
        except Exception as error:  # noqa: BLE001 - kept for the test that looks at it
            self.errors.append(error)
            return Answer(500, f"the stand-in itself failed: {error!r}", "text/plain")


def _matches(match: Match, request: Request) -> bool:
    if isinstance(match, str):
        return re.search(match, request.target) is not None
    return match(request)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], stand_in: StandIn) -> None:
        self.stand_in = stand_in
        self.stopping = threading.Event()
        self._open: set[socket.socket] = set()
        self._closed = threading.Condition()
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        # HTTPServer looks up the host's full name here, which takes seconds on some machines.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = HOST, int(self.socket.getsockname()[1])

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        with self._closed:
            self._open.add(request)
        try:
            if self.stopping.is_set():
                self.shutdown_request(request)
            else:
                super().process_request_thread(request, client_address)
        finally:
            with self._closed:
                self._open.discard(request)
                self._closed.notify_all()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is everyday; nothing here may reach stderr."""

    def end(self) -> None:
        self.stopping.set()
        self.shutdown()
        self.server_close()
        with self._closed:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            self._closed.wait_for(lambda: not self._open, STOP_SECONDS)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        """Log, fail if that was ordered, answer otherwise. The other methods do the same."""
        stand_in = self.server.stand_in
        request = self._read()
        failure = stand_in.note(request)
        wire = Wire(
            self.connection,
            self.server.stopping,
            head_only=self.command == "HEAD",
            headers={"Server": stand_in.server_name, **stand_in.standing_headers()},
        )
        if failure is None:
            wire.send(stand_in.answer_safely(request))
        else:
            failure.play(wire, lambda: stand_in.answer_safely(request), stand_in.error_answer)
        self.close_connection = self.close_connection or wire.spoilt

    do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

    def _read(self) -> Request:
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        return Request(
            method=self.command,
            target=self.path,
            path=unquote(parts.path),
            query=dict(parse_qsl(parts.query, keep_blank_values=True, encoding="latin-1")),
            headers=headers,
            body=self.rfile.read(int(headers.get("content-length", 0))),
        )

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are in `StandIn.requests`; stderr stays clean."""
