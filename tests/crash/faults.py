"""Every touch of the disk and the network, counted, written down, and made to fail or to be the last one.

Lives inside the program under test and is put over the standard library before the program starts; knows no
module of the program, so that a new transition is covered without being listed here. A point is one call:
`before` it nothing of it has happened, `half` of a write or a request went through. Thread-safe as far as a
single run needs it: the main thread only waits there.
"""

import builtins
import errno
import io
import itertools
import os
import pickle
import signal
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
WRITING_CALLS = frozenset({"open", "write", "fsync", "rename", "truncate", "mkdir"})
"""Kinds of points at which a disk may say that it is full or broken."""
_REAL: dict[str, Any] = {name: getattr(os, name) for name in ("open", "write", "pwrite", "close", "stat")}
_REAL |= {name: getattr(os, name) for name in ("fsync", "replace", "rename", "unlink", "mkdir", "ftruncate")}
_REAL |= {name: getattr(os, name) for name in ("link", "rmdir")}
_real_open = io.open
_Answers = tuple[Callable[..., Any], Callable[..., Any]]


@dataclass(frozen=True)
class Plan:
    """What happens at which point. `at` counts from 0; None: only write down.

    `how`: "before" and "half" kill the process there; the name of an error number makes the call fail, with
    `lasting` all writing calls from there on too, as long as the file `while_there` exists, if one is named.
    Each point is appended to `record`, with `data` what it wrote too.
    """

    at: int | None = None
    how: str = "before"
    lasting: bool = False
    while_there: str | None = None
    record: str | None = None
    data: bool = False


class Faults:
    """Counts points and carries out the plan."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._count = itertools.count()
        self._paths: dict[int, str] = {}
        self._answers_due: set[int] = set()
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        self._record = _REAL["open"](plan.record, flags, 0o600) if plan.record else None

    def point(self, kind: str, what: str, half: Callable[[], object] = lambda: None) -> int:
        """One call is about to happen; raises or kills where the plan says so. The number of the point."""
        number = next(self._count)
        failing = self._fails(number, kind, what)
        self._write_down((number, kind, what, failing, threading.current_thread().name))
        if number == self._plan.at and self._plan.how in {"before", "half"}:
            if self._plan.how == "half":
                half()
            os.kill(os.getpid(), signal.SIGKILL)
        if failing:
            code = getattr(errno, self._plan.how)
            raise OSError(code, os.strerror(code), what)
        return number

    def done(self, *operation: object) -> None:
        """What the call at the last point changed, for those who rebuild the disk from it."""
        if self._plan.data:
            self._write_down(operation)

    def _fails(self, number: int, kind: str, what: str) -> bool:
        plan = self._plan
        if plan.how == "ENOSPC" and (kind == "truncate" or (kind == "open" and _exists(what))):
            return False  # neither takes any room
        if plan.at is None or plan.how in {"before", "half"} or kind not in WRITING_CALLS:
            return False
        if plan.while_there is not None and not _exists(plan.while_there):
            return False
        return number == plan.at or (plan.lasting and number > plan.at)

    def _write_down(self, entry: tuple[object, ...]) -> None:
        if self._record is not None:
            _REAL["write"](self._record, pickle.dumps(entry))

    def path_of(self, descriptor: int) -> str:
        """The path a descriptor was opened under."""
        return self._paths.get(descriptor, "?")

    def opened(self, descriptor: int, path: object) -> None:
        """Remember what a descriptor stands for."""
        self._paths[descriptor] = str(Path(os.fsdecode(path)).absolute())  # type: ignore[arg-type]


def _exists(path: Any) -> bool:
    try:
        _REAL["stat"](path)
    except FileNotFoundError:
        return False
    return True


def entries(record: Path) -> list[tuple[Any, ...]]:
    """What was written down, in order."""
    found = []
    if record.exists():
        with record.open("rb") as file:
            while True:
                try:
                    found.append(pickle.load(file))
                except EOFError:
                    return found
    return found


def install(plan: Plan) -> None:
    """Put the watch over the standard library of this process, for good."""
    faults = Faults(plan)
    _watch_descriptors(faults)
    _watch_names(faults)
    _watch_files(faults)
    _watch_sockets(faults)


def _watch_descriptors(faults: Faults) -> None:
    def open_(path: Any, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        if not flags & WRITES:
            descriptor: int = _REAL["open"](path, flags, mode, dir_fd=dir_fd)
            faults.opened(descriptor, path)
            return descriptor
        faults.point("open", os.fsdecode(path))
        descriptor = _REAL["open"](path, flags, mode, dir_fd=dir_fd)
        faults.opened(descriptor, path)
        faults.done("open", faults.path_of(descriptor), bool(flags & os.O_TRUNC))
        return descriptor

    def write(descriptor: int, data: Any) -> int:
        return _written(faults, descriptor, data, None, lambda part: int(_REAL["write"](descriptor, part)))

    def pwrite(descriptor: int, data: Any, offset: int) -> int:
        return _written(
            faults, descriptor, data, offset, lambda part: int(_REAL["pwrite"](descriptor, part, offset))
        )

    def fsync(descriptor: int) -> None:
        faults.point("fsync", faults.path_of(descriptor))
        _REAL["fsync"](descriptor)
        faults.done("fsync", faults.path_of(descriptor))

    def ftruncate(descriptor: int, length: int) -> None:
        faults.point("truncate", faults.path_of(descriptor))
        _REAL["ftruncate"](descriptor, length)
        faults.done("truncate", faults.path_of(descriptor), length)

    for name, function in {"open": open_, "write": write, "pwrite": pwrite, "fsync": fsync}.items():
        setattr(os, name, function)
    os.ftruncate = ftruncate


def _written(
    faults: Faults, descriptor: int, data: Any, offset: int | None, act: Callable[[bytes], int]
) -> int:
    whole = bytes(data)
    path = faults.path_of(descriptor)
    if path == "?":  # a pipe or the terminal: nothing that outlives the process
        return act(whole)

    def half() -> None:
        part = whole[: len(whole) // 2]
        act(part)
        faults.done("write", path, offset, part)

    faults.point("write", path, half)
    count = act(whole)
    faults.done("write", path, offset, whole[:count])
    return count


def _watch_names(faults: Faults) -> None:
    def renaming(real: Callable[..., None]) -> Callable[..., None]:
        def rename(source: Any, target: Any, **more: Any) -> None:
            faults.point("rename", os.fsdecode(target))
            real(source, target, **more)
            faults.done("rename", *(str(Path(os.fsdecode(one)).absolute()) for one in (source, target)))

        return rename

    def unlink(path: Any, **more: Any) -> None:
        faults.point("unlink", os.fsdecode(path))
        _REAL["unlink"](path, **more)
        faults.done("unlink", str(Path(os.fsdecode(path)).absolute()))

    def mkdir(path: Any, mode: int = 0o777, **more: Any) -> None:
        if _exists(path):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), path)
        faults.point("mkdir", os.fsdecode(path))
        _REAL["mkdir"](path, mode, **more)
        faults.done("mkdir", str(Path(os.fsdecode(path)).absolute()))

    # These two are made outside of the state folder, the one that is rebuilt from what is `done`.
    def rmdir(path: Any, **more: Any) -> None:
        faults.point("rmdir", os.fsdecode(path))
        _REAL["rmdir"](path, **more)

    def link(source: Any, target: Any, **more: Any) -> None:
        faults.point("link", os.fsdecode(target))
        _REAL["link"](source, target, **more)

    os.replace, os.rename = renaming(_REAL["replace"]), renaming(_REAL["rename"])
    os.unlink = os.remove = unlink
    os.mkdir, os.rmdir = mkdir, rmdir
    os.link = link  # type: ignore[assignment]


def _watch_files(faults: Faults) -> None:
    class Raw(io.FileIO):
        """A file whose writes, which C code would make unseen, are points."""

        def write(self, data: Any) -> int:
            return _written(faults, self.fileno(), data, None, lambda part: int(super(Raw, self).write(part)))

    def open_(file: Any, mode: str = "r", buffering: int = -1, *more: Any, **named: Any) -> Any:
        if not set(mode) & set("wax+"):
            return _real_open(file, mode, buffering, *more, **named)
        if not isinstance(file, int):
            faults.point("open", os.fsdecode(file))
        raw = Raw(
            file,
            mode.replace("t", "").replace("b", ""),
            named.pop("closefd", True),
            named.pop("opener", None),
        )
        if not isinstance(file, int):
            faults.opened(raw.fileno(), file)
            faults.done("open", faults.path_of(raw.fileno()), "w" in mode)
        if buffering == 0:
            return raw
        buffered = io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)
        return buffered if "b" in mode else io.TextIOWrapper(buffered, *more, **named)

    io.open = builtins.open = open_


def _watch_sockets(faults: Faults) -> None:
    waiting: set[int] = set()
    real_sendall, real_send, real_recv_into = (
        getattr(socket.socket, name) for name in ("sendall", "send", "recv_into")
    )

    def outside(sock: socket.socket) -> bool:
        return sock.family == socket.AF_INET

    def sending(real: Callable[..., Any]) -> Callable[..., Any]:
        def send(sock: socket.socket, data: Any, *more: Any) -> Any:
            if not outside(sock):
                return real(sock, data, *more)
            whole = bytes(data)
            faults.point("send", _request(sock, whole), lambda: real(sock, whole[: len(whole) // 2]))
            waiting.add(id(sock))
            return real(sock, data, *more)

        return send

    def recv_into(sock: socket.socket, *more: Any) -> int:
        count = int(real_recv_into(sock, *more))
        if count and id(sock) in waiting:
            # Whatever was asked has been done by now, and nobody here knows of it yet.
            waiting.discard(id(sock))
            faults.point("answer", _port(sock))
        return count

    socket.socket.sendall = sending(real_sendall)  # type: ignore[method-assign]
    socket.socket.send = sending(real_send)  # type: ignore[method-assign]
    socket.socket.recv_into = recv_into  # type: ignore[assignment,method-assign]


def _port(sock: socket.socket) -> str:
    return f":{sock.getpeername()[1]}"


def _request(sock: socket.socket, data: bytes) -> str:
    """Port and path, without the query, or the port alone for a body."""
    head = data.split(b"\r\n", 1)[0].split(b" ")
    path = head[1].split(b"?")[0].decode("latin-1") if len(head) == 3 and b"HTTP/" in head[2] else ""
    return f"{_port(sock)}{path}"
