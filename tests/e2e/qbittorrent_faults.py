"""A proxy before a real qBittorrent that keeps a list of all requests and does harm at a chosen one.

What the harm is stands in `FAULTS`, where it is done in a `Harm`. Requests are named by their call and, where
it has one, by its filter ("torrents/info hashes"), so that a new call needs no change here.
"""

import contextlib
import http.client
import socket
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from support import Clock

from demo.private_qbittorrent import PrivateQBittorrent

LOGIN = "auth/login"
FILTERS = {"hashes", "tag", "category", "filter"}
LONGEST_HOLD = 30.0
DRIP = 0.02
"""Seconds between two bytes: the shortest answer takes longer than a client of these tests waits."""
BANNED = b"Your IP address has been banned after too many failed authentication attempts."


@dataclass(frozen=True)
class Harm:
    """What is to happen, and when: at the `number`-th (from 1) `call`, and at all of the `times` from there.

    Further ones meet whatever call comes.
    """

    fault: str
    call: str
    number: int
    times: int = 1

    def __str__(self) -> str:
        times = f", {self.times} times" if self.times > 1 else ""
        return f"{self.fault} at {self.call} #{self.number}{times}"


@dataclass(frozen=True)
class Call:
    """A request as it came in: when by the clock of the program under test, and what was done to it."""

    name: str
    at: float
    fault: str = ""


class Exchange:
    """One request in the hands of a fault, which may pass it on, answer it, or let the connection end."""

    def __init__(self, handler: "_Handler", body: bytes) -> None:
        self._owner = handler.server.owner
        self._handler = handler
        self._body = body

    def forward(self) -> bytes:
        """Have the daemon do it; its answer as it goes over the wire, nothing if it does not run."""
        daemon, request = self._owner.daemon, self._handler
        self._owner.before(request.path, self._body)
        upstream = http.client.HTTPConnection(daemon.host, daemon.port)
        try:
            upstream.request(request.command, request.path, self._body, dict(request.headers.items()))
            answer = upstream.getresponse()
            return written(answer.status, answer.read(), answer.getheaders())
        except (OSError, http.client.HTTPException):
            return b""
        finally:
            upstream.close()

    def send(self, answer: bytes) -> None:
        """Let the client have it, if it still listens."""
        with contextlib.suppress(OSError):
            self._handler.wfile.write(answer)

    def hold(self) -> None:
        """Keep silent until the client goes away."""
        with contextlib.suppress(OSError):
            self._handler.connection.settimeout(LONGEST_HOLD)
            self._handler.connection.recv(1)

    def drip(self, answer: bytes) -> None:
        """Send byte by byte until the client goes away."""
        pause = threading.Event()
        with contextlib.suppress(OSError):
            for byte in answer:
                self._handler.connection.sendall(bytes([byte]))
                pause.wait(DRIP)

    def restart(self, *, kill: bool = False) -> None:
        """Stop the daemon, as a user would or as a power cut does, and start it again."""
        with self._owner.restarting:
            if kill:
                self._owner.daemon.kill()
            self._owner.daemon.restart()


def written(status: int, body: bytes, headers: list[tuple[str, str]] | None = None) -> bytes:
    """An answer as it goes over the wire."""
    own = {"content-length", "connection", "transfer-encoding"}
    kept = [f"{name}: {value}\r\n" for name, value in headers or [] if name.lower() not in own]
    head = f"HTTP/1.1 {status} {http.client.responses[status]}\r\n{''.join(kept)}"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def _restart_after(exchange: Exchange) -> None:
    answer = exchange.forward()
    exchange.restart()
    exchange.send(answer)


def _kill_after(exchange: Exchange) -> None:
    answer = exchange.forward()
    exchange.restart(kill=True)
    exchange.send(answer)


def _torn(exchange: Exchange) -> None:
    answer = exchange.forward()
    exchange.send(answer[: -max(len(answer.partition(b"\r\n\r\n")[2]) // 2, 1)])


def _hang(exchange: Exchange) -> None:
    exchange.forward()
    exchange.hold()


def _instead(status: int, body: bytes = b"") -> Callable[[Exchange], object]:
    return lambda exchange: exchange.send(written(status, body))


def _afterwards(status: int) -> Callable[[Exchange], object]:
    def answer(exchange: Exchange) -> None:
        exchange.forward()
        exchange.send(written(status, b""))

    return answer


FAULTS: dict[str, Callable[[Exchange], object]] = {
    "cut before": lambda exchange: None,
    "cut after": lambda exchange: exchange.forward(),
    "torn answer": _torn,
    "hang": _hang,
    "drip": lambda exchange: exchange.drip(exchange.forward()),
    "500": _instead(500),
    "500 after": _afterwards(500),
    "403": _instead(403, BANNED),
    "409": _instead(409),
    "409 after": _afterwards(409),
    "restart": lambda exchange: exchange.restart(),
    "restart after": _restart_after,
    "kill after": _kill_after,
}
"""By name. "After": qBittorrent has done what was asked for. The connection ends with each of them."""

LOGIN_FAULTS: dict[str, Callable[[Exchange], object]] = {
    "wrong, by 4.5 and 5.1": _instead(200, b"Fails."),
    "wrong, by 5.3": _instead(401, b"Unauthorized"),
}
"""Those that only a login knows."""


class FaultingProxy:
    """A context manager that listens beside `daemon`, at the same port of another loopback address.

    (qBittorrent refuses requests that name a foreign port.) `before` is told path and body of each request
    that is passed on. Threads of its own restart the daemon; nobody else may while it is not `at_rest`.
    """

    host = "127.0.0.2"

    def __init__(self, daemon: PrivateQBittorrent, clock: Clock) -> None:
        self.daemon = daemon
        self.port = daemon.port
        self.clock = clock
        self.harm: Harm | None = None
        self.calls: list[Call] = []
        self.before: Callable[[str, bytes], object] = lambda path, body: None
        self.restarting = threading.Lock()
        self.errors: list[BaseException] = []
        self._busy = 0
        self._left = 0
        self._lock = threading.Lock()
        self._server = _Server((self.host, self.port), _Handler)
        self._server.owner = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.hang_up()
        self._server.server_close()

    def begin(self, harm: Harm | None) -> None:
        """Forget what was asked so far; from now on do this harm."""
        self.calls.clear()
        self.harm = harm
        self._left = harm.times if harm else 0

    @property
    def at_rest(self) -> bool:
        """Whether no request is under way."""
        return not self._busy

    def count(self, name: str) -> int:
        """How often a call was made."""
        return sum(call.name == name for call in self.calls)

    def serve(self, exchange: Exchange, name: str) -> bool:
        """Do with a request what is due; whether its connection may live on."""
        fault = self._noted(name)
        try:
            if not fault:
                answer = exchange.forward()
                exchange.send(answer)
                return bool(answer)
            (FAULTS | LOGIN_FAULTS)[fault](exchange)
            return False
        finally:
            with self._lock:
                self._busy -= 1

    def _noted(self, name: str) -> str:
        """The fault that this request is to meet, "" for none."""
        with self._lock:
            self._busy += 1
            fault = self._due(name)
            self.calls.append(Call(name, self.clock(), fault))
            return fault

    def _due(self, name: str) -> str:
        harm = self.harm
        if harm is None or not self._left:
            return ""
        begun = self._left < harm.times
        if not begun and (name, self.count(name) + 1) != (harm.call, harm.number):
            return ""
        self._left -= 1
        return harm.fault


def name_of(path: str, body: bytes) -> str:
    """What a request asks for, and by which filter."""
    address = urlsplit(path)
    form = dict(parse_qsl(address.query))
    if len(body) < 4096 and not body.startswith(b"--"):
        form |= dict(parse_qsl(body.decode("ascii", "replace")))
    chosen = sorted(FILTERS & form.keys())
    return " ".join([address.path.removeprefix("/api/v2/"), *chosen])


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    owner: FaultingProxy

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._open: set[socket.socket] = set()

    def get_request(self) -> tuple[Any, Any]:
        connection, address = super().get_request()
        self._open.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """End all connections, so that no thread waits for its client."""
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that hang up are part of the tests."""
        error = sys.exception()
        if error is not None and not isinstance(error, OSError):
            self.owner.errors.append(error)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        name = name_of(self.path, body)
        if not self.server.owner.serve(Exchange(self, body), name):
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        """The list of calls says it all."""
