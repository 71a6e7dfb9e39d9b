"""A TCP proxy that lets one request through and keeps its answer back: the moment for a kill."""

import contextlib
import socket
import threading
from types import TracebackType
from typing import Self


class HoldingProxy:
    """Listens on `host`, forwards to the same port of 127.0.0.1. Requests that hold `mark` get no answer.

    The upstream has done its work by then; `done` is set once it answered.
    """

    host = "127.0.0.2"

    def __init__(self, port: int, mark: bytes) -> None:
        self.done = threading.Event()
        self._upstream = port
        self._mark = mark
        # Same port on another loopback address: qBittorrent refuses a Host header with a foreign port.
        self._listener = socket.create_server((self.host, port))
        self._threads: list[threading.Thread] = []
        self._open: list[socket.socket] = [self._listener]

    def __enter__(self) -> Self:
        self._spawn(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for sock in self._open:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()
        for thread in self._threads:
            thread.join()

    def _spawn(self, target: object, *args: object) -> None:
        thread = threading.Thread(target=target, args=args)  # type: ignore[arg-type]  # bound methods of ours
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._upstream))
            self._open += [client, server]
            held = threading.Event()
            self._spawn(self._pump, client, server, held, True)
            self._spawn(self._pump, server, client, held, False)

    def _pump(self, source: socket.socket, target: socket.socket, held: threading.Event, up: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if up and self._mark in data:
                    held.set()
                if not up and held.is_set():
                    self.done.set()
                    continue
                target.sendall(data)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)
