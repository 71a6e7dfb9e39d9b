"""What the contract suite runs against, each in its turn."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from fake_qbittorrent import FakeQBittorrent
from fake_torrents import NEW, OLD
from generations import Generation, generations, to_run
from qbittorrent_servers import (
    Client,
    FakeServer,
    MemoryServer,
    RealServer,
    Run,
    Server,
    WebServer,
    real_daemon,
)

MEMORY = "memory"
REAL = [pytest.param(one, id=one.label) for one in to_run()]
FAKES = [pytest.param(OLD, id=f"fake-{OLD}"), pytest.param(NEW, id=f"fake-{NEW}")]


def pytest_report_header() -> str:
    there = [one.label if one.program else f"{one.label} (missing)" for one in generations()]
    return f"qBittorrent: {', '.join(there)}"


@pytest.fixture
def films(tmp_path: Path) -> Path:
    folder = tmp_path / "films"
    folder.mkdir()
    return folder


@pytest.fixture(params=[*REAL, *FAKES, MEMORY])
def server(request: pytest.FixtureRequest, tmp_path: Path, films: Path) -> Iterator[Server]:
    """Whatever answers as a qBittorrent does, the fake of the unit tests among it."""
    if request.param == MEMORY:
        yield MemoryServer(films)
    else:
        with _web_server(request.param, tmp_path) as server:
            yield server


@pytest.fixture
def client(server: Server, films: Path) -> Iterator[Client]:
    with server.client(films) as client:
        yield client


@pytest.fixture(params=[*REAL, *FAKES])
def web_server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[WebServer]:
    """One with an address and a login."""
    with _web_server(request.param, tmp_path) as server:
        yield server


@pytest.fixture(params=REAL)
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Run:
    """Runs a real one, with further settings if given."""
    generation: Generation = request.param
    return partial(real_daemon, generation.need(), tmp_path / "qbittorrent")


@contextmanager
def _web_server(kind: Generation | str, root: Path) -> Iterator[WebServer]:
    if isinstance(kind, Generation):
        with real_daemon(kind.need(), root / "qbittorrent") as daemon:
            yield RealServer(daemon)
    else:
        with FakeQBittorrent(kind) as fake:
            yield FakeServer(fake)
