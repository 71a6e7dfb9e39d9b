"""Points at which a process may die, or the world change: questions, writes of state, acts on the disk."""

import os
import threading
from collections.abc import Callable
from typing import Any

from memory_qbittorrent import MemoryQBittorrent

import disk_files
import storage


class Killed(BaseException):
    """The process dies here."""


class Wire:
    """The way to a qBittorrent, on which something may happen before and after each question."""

    def __init__(self, client: MemoryQBittorrent, happen: Callable[[str], None]) -> None:
        self._client = client
        self._happen = happen

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._client, name)

        def ask(*args: Any, **options: Any) -> Any:
            self._happen(f"before {name}")
            answer = real(*args, **options)
            self._happen(f"after {name}")
            return answer

        return ask


class Waiting(threading.Event):
    """The stop of the program: whoever waits for it makes time pass."""

    def __init__(self, passes: Callable[[float], None]) -> None:
        super().__init__()
        self._passes = passes

    def wait(self, timeout: float | None = None) -> bool:
        if not self.is_set():
            self._passes(timeout or 0.0)
        return self.is_set()


class Points:
    """Writes of state, and acts on the disk, are told: `happen` may raise `Killed` there."""

    def __init__(self, happen: Callable[[str], None]) -> None:
        self._happen = happen
        self._real: list[tuple[Any, str, Any]] = []

    def __enter__(self) -> None:
        self._wrap(storage, "write_bytes", "write")
        self._wrap(storage, "remove", "forget")
        self._real.append((disk_files, "os", os))
        setattr(disk_files, "os", _Watched(self._happen))  # noqa: B010 - it exports none

    def __exit__(self, *_: object) -> None:
        for module, name, real in reversed(self._real):
            setattr(module, name, real)
        self._real.clear()

    def _wrap(self, module: Any, name: str, moment: str) -> None:
        real = getattr(module, name)
        self._real.append((module, name, real))

        def watched(*args: Any) -> Any:
            self._happen(f"before {moment}")
            answer = real(*args)
            self._happen(f"after {moment}")
            return answer

        setattr(module, name, watched)


class _Watched:
    """The calls of the system by which `disk_files` changes something."""

    def __init__(self, happen: Callable[[str], None]) -> None:
        self._happen = happen

    def __getattr__(self, name: str) -> Any:
        real = getattr(os, name)
        if name not in {"unlink", "link", "rename", "rmdir", "mkdir"}:
            return real

        def act(*args: Any, **options: Any) -> Any:
            self._happen(f"before {name}")
            answer = real(*args, **options)
            self._happen(f"after {name}")
            return answer

        return act
