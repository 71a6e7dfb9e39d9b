"""How a stand-in fails: one scheduled `Failure` and the ways it looks on the wire.

Knows sockets and HTTP framing, nothing of any service. A failure is played on the thread of its connection;
whatever waits here ends when the server stops, so that no client can keep a stand-in alive.
"""

import contextlib
import os
import socket
import struct
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Literal

Mode = Literal["drip", "drip_headers", "hang", "reset", "truncate", "page", "redirect", "hold"]
ELSEWHERE_URL = "http://elsewhere.invalid/"


@dataclass(frozen=True)
class Answer:
    """A whole answer. A text body is sent as UTF-8; `headers` win over the standing ones."""

    status: int = 200
    body: str | bytes = b""
    content_type: str = "text/html;charset=UTF-8"
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def content(self) -> bytes:
        """The body as bytes."""
        return self.body.encode() if isinstance(self.body, str) else self.body


class Wire:
    """The connection of one request: writes answers, whole or broken. `spoilt` once it cannot go on."""

    def __init__(
        self, sock: socket.socket, stopping: threading.Event, *, head_only: bool, headers: Mapping[str, str]
    ) -> None:
        self.stopping = stopping
        self.spoilt = False
        self._socket = sock
        self._head_only = head_only
        self._headers = headers

    def send(self, answer: Answer, *, promised: int | None = None) -> None:
        """The answer, with `promised` in place of its real length if given."""
        length = len(answer.content) if promised is None else promised
        self._write(self._head(answer, length) + (b"" if self._head_only else answer.content))
        self.spoilt |= promised is not None

    def drip_body(self, answer: Answer, interval: float) -> None:
        """The answer as the start of a body that promises much and never ends."""
        self.drip(self._head(answer, 10**9) + answer.content, interval)

    def drip(self, start: bytes, interval: float) -> None:
        """`start` at once, then one byte each `interval` until the client leaves or the server stops."""
        alive = self._write(start)
        while alive and not self.stopping.wait(interval):
            alive = self._write(b"a")
        self.spoilt = True

    def wait(self, event: threading.Event | None = None) -> bool:
        """Wait for `event` (for ever without one) or the end of the server; True if it was the event."""
        event = event or threading.Event()
        while not self.stopping.is_set():
            if event.wait(0.05):
                return True
        self.spoilt = True
        return False

    def reset(self) -> None:
        """End the connection with a TCP reset."""
        self.spoilt = True
        with contextlib.suppress(OSError):
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            # Closed here and now: the server's own way would send a polite FIN first.
            os.close(self._socket.detach())

    def _head(self, answer: Answer, length: int) -> bytes:
        headers = {
            "Content-Type": answer.content_type,
            "Content-Length": str(length),
            **self._headers,
            **answer.headers,
        }
        try:
            phrase = HTTPStatus(answer.status).phrase
        except ValueError:
            phrase = "Unknown"
        lines = [
            f"HTTP/1.1 {answer.status} {phrase}",
            *(f"{name}: {value}" for name, value in headers.items()),
        ]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def _write(self, data: bytes) -> bool:
        try:
            self._socket.sendall(data)
        except OSError:
            self.spoilt = True
        return not self.spoilt


class Failure:
    """One order to fail. `arrived` is set by the first request it hits, `hits` counts them.

    Modes: a status code (with `body`, `headers`) · `drip` (an endless body, one byte every `interval`
    seconds) · `drip_headers` (headers that never end) · `hang` (no answer at all) · `reset` · `truncate`
    (half of the real body under its full length) · `page` (200 with `body`) · `redirect` (302 to `location`)
    · `hold` (waits for `release` or `cancel`, then answers truly; breaks off when the server stops).
    """

    def __init__(
        self,
        match: Any,
        mode: int | Mode,
        times: int | None = None,
        *,
        body: str | bytes | None = None,
        headers: Mapping[str, str] | None = None,
        content_type: str = "text/html;charset=UTF-8",
        location: str = ELSEWHERE_URL,
        interval: float = 0.05,
    ) -> None:
        self.match = match
        self.mode = mode
        self.arrived = threading.Event()
        self.release = threading.Event()
        self.hits = 0
        self._left = times
        self._body = body
        self._headers = dict(headers or {})
        self._content_type = content_type
        self._location = location
        self._interval = interval
        if not isinstance(mode, int) and mode not in _PLAYERS:
            raise ValueError(f"unknown failure mode {mode!r}")

    @property
    def left(self) -> bool:
        """Whether another request would be hit."""
        return self._left is None or self._left > 0

    def take(self) -> "Failure":
        """Count one request that is hit; called under the server's lock."""
        self.hits += 1
        if self._left is not None:
            self._left -= 1
        self.arrived.set()
        return self

    def cancel(self) -> None:
        """Hit nothing from now on, and let held requests be answered."""
        self._left = 0
        self.release.set()

    def play(self, wire: Wire, real: Callable[[], Answer], error: Callable[[int], Answer]) -> None:
        """Answer one request this way. `real` makes the true answer, `error` the service's own error."""
        if isinstance(self.mode, int):
            wire.send(self._worded(error(self.mode)))
        else:
            _PLAYERS[self.mode](self, wire, real)

    def _worded(self, answer: Answer) -> Answer:
        if self._body is None:
            return Answer(
                answer.status, answer.body, answer.content_type, {**answer.headers, **self._headers}
            )
        return Answer(answer.status, self._body, self._content_type, self._headers)

    def _drip(self, wire: Wire, real: Callable[[], Answer]) -> None:
        wire.drip_body(Answer(200, "<html><body>", headers=self._headers), self._interval)

    def _drip_headers(self, wire: Wire, real: Callable[[], Answer]) -> None:
        wire.drip(b"HTTP/1.1 200 OK\r\nX-Endless: ", self._interval)

    def _hang(self, wire: Wire, real: Callable[[], Answer]) -> None:
        wire.wait()

    def _reset(self, wire: Wire, real: Callable[[], Answer]) -> None:
        wire.reset()

    def _truncate(self, wire: Wire, real: Callable[[], Answer]) -> None:
        whole = real()
        half = Answer(
            whole.status, whole.content[: len(whole.content) // 2], whole.content_type, whole.headers
        )
        wire.send(half, promised=len(whole.content))

    def _page(self, wire: Wire, real: Callable[[], Answer]) -> None:
        page = self._body if self._body is not None else "<html><body>Another page.</body></html>"
        wire.send(Answer(200, page, self._content_type, self._headers))

    def _redirect(self, wire: Wire, real: Callable[[], Answer]) -> None:
        wire.send(Answer(302, "", headers={"Location": self._location, **self._headers}))

    def _hold(self, wire: Wire, real: Callable[[], Answer]) -> None:
        if wire.wait(self.release):
            wire.send(real())


_PLAYERS: dict[str, Callable[[Failure, Wire, Callable[[], Answer]], None]] = {
    "drip": Failure._drip,
    "drip_headers": Failure._drip_headers,
    "hang": Failure._hang,
    "reset": Failure._reset,
    "truncate": Failure._truncate,
    "page": Failure._page,
    "redirect": Failure._redirect,
    "hold": Failure._hold,
}
