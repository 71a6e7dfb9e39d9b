"""A real qBittorrent of our own: private profile, free ports, known password, loopback only.

Used by the demo and by tests that want the truth instead of a fake. Profile, ports and torrents stay
through stop, kill and restart, so a test can take the daemon away in the middle of something. It never
touches a qBittorrent the user runs. One thread drives an instance.
"""

import base64
import contextlib
import hashlib
import http.client
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import qbittorrentapi

HOST = "127.0.0.1"
PROGRAM = "qbittorrent-nox"
START_SECONDS = 20.0
STOP_SECONDS = 15.0
PORTS = range(15_000, 32_000)
_POLL = 0.02


def available() -> bool:
    """Whether qbittorrent-nox is installed here."""
    return shutil.which(PROGRAM) is not None


class PrivateQBittorrent:
    """A context manager around one qbittorrent-nox; entering starts it, leaving stops it.

    `settings` are further lines of its configuration file, "Section/Key" to value, e.g.
    `{"Preferences/WebUI\\\\MaxAuthenticationFailCount": "2"}`; they win over ours. `program` is the command
    that runs it, in place of the installed one.
    """

    def __init__(
        self,
        root: Path,
        *,
        username: str = "admin",
        password: str = "loopback-only",
        settings: Mapping[str, str] | None = None,
        web_port: int | None = None,
        program: Sequence[str] = (PROGRAM,),
    ) -> None:
        self.root = root
        self.username = username
        self.password = password
        self.host = HOST
        self.port = web_port or _free_port()
        self.url = f"http://{HOST}:{self.port}"
        self.save_path = root / "downloads"
        self.log_path = root / "qbittorrent.log"
        self.process: subprocess.Popen[bytes] | None = None
        self._torrent_port = _free_port()
        self._settings = dict(settings or {})
        self._command = [*program, f"--profile={root / 'profile'}"]

    def __enter__(self) -> "PrivateQBittorrent":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start the daemon, wait until its Web API answers; RuntimeError with its output if it dies."""
        if self.process is not None:
            raise RuntimeError("this qBittorrent runs already")
        self._write_config()
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self._environment(),
            )
        try:
            _wait_until(self._answers, START_SECONDS, "the Web API of qBittorrent")
        except BaseException:
            self.kill()
            raise

    def stop(self) -> None:
        """End it as a user would (SIGTERM), by force if it does not go. A stopped one is left alone."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a power cut would (SIGKILL)."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        """Stop and start again: same profile, port and torrents, all sessions gone."""
        self.stop()
        self.start()

    def client(self) -> "qbittorrentapi.Client":
        """A logged-in client of its own for looking at the daemon from outside; log it out when done."""
        import qbittorrentapi

        client = qbittorrentapi.Client(
            host=self.url,
            username=self.username,
            password=self.password,
            FORCE_SCHEME_FROM_HOST=True,
            HTTPADAPTER_ARGS={"max_retries": 0},
            REQUESTS_ARGS={"timeout": (3, 10), "proxies": {"http": None, "https": None}},
        )
        client.auth_log_in()
        return client

    def _end(self, how: signal.Signals) -> None:
        process, self.process = self.process, None
        if process is None:
            return
        process.send_signal(how)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _answers(self) -> bool:
        if self.process is None or self.process.poll() is not None:
            said = self.log_path.read_text("utf-8", errors="replace")[-2000:]
            raise RuntimeError(f"{PROGRAM} did not stay alive: {said or 'it said nothing'}")
        connection = http.client.HTTPConnection(HOST, self.port, timeout=2)
        try:
            connection.request("GET", "/api/v2/app/version")
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            return False
        else:
            return answer.status in {200, 403}
        finally:
            connection.close()

    def _environment(self) -> dict[str, str]:
        # Without a home of its own it would look into the user's folders before it reads the profile.
        home = self.root / "home"
        home.mkdir(parents=True, exist_ok=True)
        proxies = re.compile(r".*_proxy|xdg_.*", re.IGNORECASE)
        kept = {name: value for name, value in os.environ.items() if not proxies.fullmatch(name)}
        return {**kept, "HOME": str(home)}

    def _write_config(self) -> None:
        path = self.root / "profile" / "qBittorrent" / "config" / "qBittorrent.conf"
        if path.exists():
            return  # a restart keeps what the running daemon wrote
        self.save_path.mkdir(parents=True, exist_ok=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        sections: dict[str, dict[str, str]] = {}
        for name, value in {**self._defaults(), **self._settings}.items():
            section, _, key = name.partition("/")
            sections.setdefault(section, {})[key] = value
        lines = [
            line
            for section, entries in sections.items()
            for line in (f"[{section}]", *(f"{key}={value}" for key, value in entries.items()), "")
        ]
        path.write_text("\n".join(lines), "utf-8")

    def _defaults(self) -> dict[str, str]:
        return {
            "LegalNotice/Accepted": "true",
            "BitTorrent/Session\\Interface": "lo",
            "BitTorrent/Session\\InterfaceName": "lo",
            "BitTorrent/Session\\InterfaceAddress": HOST,
            "BitTorrent/Session\\Port": str(self._torrent_port),
            "BitTorrent/Session\\DefaultSavePath": str(self.save_path),
            "BitTorrent/Session\\DHTEnabled": "false",
            "BitTorrent/Session\\LSDEnabled": "false",
            "BitTorrent/Session\\PeXEnabled": "false",
            "BitTorrent/Session\\BTProtocol": "TCP",
            "BitTorrent/Session\\QueueingSystemEnabled": "false",
            "BitTorrent/Session\\RefreshInterval": "250",
            "Network/PortForwardingEnabled": "false",
            "Preferences/Connection\\ResolvePeerCountries": "false",
            "Preferences/WebUI\\Address": HOST,
            "Preferences/WebUI\\Port": str(self.port),
            "Preferences/WebUI\\UseUPnP": "false",
            "Preferences/WebUI\\Username": self.username,
            "Preferences/WebUI\\Password_PBKDF2": f'"@ByteArray({_password_hash(self.password)})"',
        }


def _free_port() -> int:
    """One that nobody uses, below those that the system gives away: it is to stay free until it is used."""
    while True:
        port = secrets.choice(PORTS)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind((HOST, port))
            return port


def _password_hash(password: str) -> str:
    salt = os.urandom(16)
    key = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, 100_000)
    return f"{base64.b64encode(salt).decode()}:{base64.b64encode(key).decode()}"


def _wait_until(condition: Callable[[], bool], seconds: float, what: str) -> None:
    pause = threading.Event()
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not answer within {seconds:g} s")
        pause.wait(_POLL)
