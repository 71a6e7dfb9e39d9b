"""What needs no server; everything else is in tests/contract, against real and fake ones."""

import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from destination import Destination
from errors import ServiceUnavailable
from qbittorrent_manager import QBittorrentManager

SETTINGS = {
    "host": "127.0.0.1",
    "port": 8080,
    "category": "Movies",
    "use_https": False,
    "verify_certificate": True,
    "tag": "movie_sync",
}


def manager(**settings: object) -> QBittorrentManager:
    return QBittorrentManager(SETTINGS | settings, None, "/films", threading.Event(), seconds=2.0)


def test_importing_it_does_not_load_the_client_library() -> None:
    code = "import sys, qbittorrent_manager; sys.exit('qbittorrentapi' in sys.modules)"
    root = Path(__file__).parent.parent
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0


def test_it_is_a_destination() -> None:
    one = manager()
    destination: Destination = one
    assert destination.hand_over == one.add_torrent


def test_nothing_there_is_said_with_host_port_and_mend() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, not listening: refuses
        port = taken.getsockname()[1]
        with pytest.raises(ServiceUnavailable) as caught:
            manager(port=port).connect()
    assert str(caught.value).startswith(
        f"Could not connect to qBittorrent at 127.0.0.1:{port} (connection refused); is it running"
    )
    assert caught.value.service == "qbittorrent"


def test_an_unknown_host_is_said_as_that() -> None:
    with pytest.raises(ServiceUnavailable, match="the host name was not found"):
        manager(host="no-such-host.invalid").connect()


def test_an_address_of_version_6_is_written_in_brackets() -> None:
    with pytest.raises(ServiceUnavailable, match=r"\[::1\]:9 "):
        manager(host="::1", port=9).connect()


def test_a_host_that_is_no_host_is_an_error_of_ours() -> None:
    with pytest.raises(ServiceUnavailable, match="Could not connect to qBittorrent"):
        manager(host="http://nas/").connect()


def test_closing_what_was_never_open_asks_nobody() -> None:
    manager(host="no-such-host.invalid").close()
