"""What the tests of several rooms share: a clock set by hand, honest waiting, a disk that is full."""

import contextlib
import os
import resource
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from demo import private_qbittorrent

NOON = 1_800_000_000


class Clock:
    """A clock that stands still until somebody moves it. Calling it gives unix seconds."""

    def __init__(self, time: float = NOON) -> None:
        self.time = float(time)

    def __call__(self) -> float:
        return self.time


def eventually(check: Callable[[], object], seconds: float = 5.0) -> None:
    """Poll until `check` gives something true; fail once `seconds` have passed."""
    pause, step = threading.Event(), 0.01
    for _ in range(int(seconds / step)):
        if check():
            return
        pause.wait(step)
    assert check(), f"not within {seconds} seconds: {check}"


@contextlib.contextmanager
def full_disk(size: int = 0) -> Iterator[None]:
    """No file grows beyond `size` bytes, as on a full disk (modes would not stop root)."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def delete_files(folder: Path, names: Iterable[str]) -> None:
    """What a torrent has in `folder`: these files, and the folders that they leave empty."""
    for name in names:
        path = folder / name
        path.unlink(missing_ok=True)
        for above in path.relative_to(folder).parents[:-1]:
            if (folder / above).is_dir() and not any((folder / above).iterdir()):
                (folder / above).rmdir()


def need_qbittorrent() -> None:
    """Skip the test where there is no qbittorrent-nox; in CI, where nothing may be skipped, fail it."""
    if private_qbittorrent.available():
        return
    reason = "qbittorrent-nox is not installed; `make test` installs Debian's package where it may"
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(reason)
    pytest.skip(reason)
