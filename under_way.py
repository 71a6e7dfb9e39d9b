"""What qBittorrent is doing for us right now, asked for `--stats`: nothing of it is kept.

Called by the main thread of a process of its own, beside a running daemon. One request, a short wait, and
none at all while qBittorrent rests or nothing of ours runs.
"""

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from config import Config
from credentials_manager import CredentialsManager
from errors import AuthError, ServiceError
from follow_up import hashes_of
from in_flight import in_flight, running
from movie import Movie
from program import client_of
from qbittorrent_manager import TorrentStatus
from room import NOT_RUNNING
from services import Services
from stalls import STALLED

SECONDS = 5.0
"""How long a user who looks at the statistics waits for qBittorrent."""


@dataclass(frozen=True)
class UnderWay:
    """Films one of whose torrents gets on, and films of which all that run stand still."""

    downloading: int
    stalled: int


def ask(
    completed: Sequence[Movie], config: Config, credentials: CredentialsManager, services: Services
) -> UnderWay | None:
    """How many films are on their way; None if qBittorrent cannot be asked."""
    films = running(completed)
    if not films:
        return UnderWay(0, 0)
    if services.resting("qbittorrent"):
        return None
    client = client_of(config, credentials, threading.Event(), seconds=SECONDS)
    if client is None:
        return UnderWay(0, 0)
    try:
        return counted(films, client.ours())
    except AuthError as error:
        services.failed(error)  # or each look would be one more wrong login
        return None
    except ServiceError:
        return None
    finally:
        client.close()


def counted(films: Iterable[Movie], torrents: Iterable[TorrentStatus]) -> UnderWay:
    """Each film once, by its torrents; what is complete, gone, stopped or in error is not on its way."""
    by_hash = {one: torrent for torrent in torrents for one in hashes_of(torrent)}
    states = [_states(movie, by_hash) for movie in films]
    known = [states_of_film for states_of_film in states if states_of_film]
    stalled = sum(states_of_film <= STALLED for states_of_film in known)
    return UnderWay(len(known) - stalled, stalled)


def _states(movie: Movie, by_hash: Mapping[str, TorrentStatus]) -> set[str]:
    mine = (by_hash[one] for one in in_flight(movie) if one in by_hash)
    return {torrent.state for torrent in mine if not torrent.complete} - NOT_RUNNING
