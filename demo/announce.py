"""A BitTorrent tracker (BEP 3, compact peers of BEP 23) for loopback peers, without any HTTP of its own.

Owns who is in which swarm. Called from the threads of a server, waited on by tests; one lock guards all.
"""

import socket
import threading
from collections.abc import Mapping
from urllib.parse import parse_qs

import bencode2

PEER_HOST = "127.0.0.1"
INTERVAL = 60


class Announces:
    """The swarms, by info hash in hex. A torrent that was unregistered is refused."""

    def __init__(self) -> None:
        self._swarms: dict[str, dict[int, bool]] = {}
        self._unregistered: set[str] = set()
        self._changed = threading.Condition()

    def announce(self, raw_query: str) -> bytes:
        """Answer one announce; a bad one gets a `failure reason`, as trackers do."""
        query = {key: values[0] for key, values in parse_qs(raw_query, encoding="latin-1").items()}
        try:
            info_hash = query["info_hash"].encode("latin-1").hex()
            port = int(query["port"])
        except (KeyError, ValueError):
            return bencode2.bencode({"failure reason": "missing info_hash or port"})
        with self._changed:
            if info_hash in self._unregistered:
                return bencode2.bencode({"failure reason": "unregistered torrent"})
            return bencode2.bencode(self._exchange(info_hash, port, query))

    def _exchange(self, info_hash: str, port: int, query: Mapping[str, str]) -> dict[str, object]:
        swarm = self._swarms.setdefault(info_hash, {})
        if query.get("event") == "stopped":
            swarm.pop(port, None)
        else:
            swarm[port] = query.get("left") == "0"
        self._changed.notify_all()
        wanted = int(query.get("numwant") or 50) if port in swarm else 0
        others = [other for other in swarm if other != port][:wanted]
        return {
            "interval": INTERVAL,
            "complete": sum(swarm.values()),
            "incomplete": len(swarm) - sum(swarm.values()),
            "peers": b"".join(socket.inet_aton(PEER_HOST) + other.to_bytes(2, "big") for other in others),
        }

    def seeds(self, info_hash: str) -> int:
        """How many peers have all of it."""
        with self._changed:
            return sum(self._swarms.get(info_hash, {}).values())

    def peers(self, info_hash: str) -> int:
        """How many peers there are, seeds included."""
        with self._changed:
            return len(self._swarms.get(info_hash, {}))

    def wait_for_seed(self, info_hash: str, seconds: float = 15.0) -> None:
        """Wait until somebody announced itself with all of it. TimeoutError else."""
        with self._changed:
            if not self._changed.wait_for(lambda: any(self._swarms.get(info_hash, {}).values()), seconds):
                raise TimeoutError(f"nobody seeds {info_hash} after {seconds:g} s")

    def unregister(self, info_hash: str) -> None:
        """Refuse this torrent from now on, as after its removal from the site."""
        with self._changed:
            self._unregistered.add(info_hash)
