"""Guards around every test: the developer's own Movie Sync, environment and processes stay out of it."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from support import Clock, eventually, need_qbittorrent

FOREIGN = ("MOVIE_SYNC_", "QBITTORRENTAPI_")
PROXIES = {"http_proxy", "https_proxy", "ftp_proxy", "all_proxy", "no_proxy"}


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("qbittorrent"):
        need_qbittorrent()


@pytest.fixture(autouse=True)
def folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The state folder of this test, not there yet. The developer's home and settings do not count."""
    home = tmp_path_factory.mktemp("home")
    for name in list(os.environ):
        if name.startswith(FOREIGN) or name.lower() in PROXIES:
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("MOVIE_SYNC_HOME", str(home / "state"))
    return home / "state"


def ours(thread: threading.Thread) -> bool:
    """Not the stand-in servers' threads, which end with the connection that a client left open."""
    return "process_request_thread" not in thread.name


@pytest.fixture(autouse=True)
def _no_thread_outlives_its_test() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    eventually(
        lambda: not [thread for thread in threading.enumerate() if thread not in before and ours(thread)]
    )


@pytest.fixture
def clock() -> Clock:
    return Clock()
