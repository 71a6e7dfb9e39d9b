"""A qBittorrent made of a dict and an HTTP server, answering in the style of 4.5 or of 5.3.

Written from what the real ones were seen to answer; the contract tests run against the real ones too, so a
lie in here shows. Serves only what a Web API client of ours asks for; what it has is `fake_torrents`.
"""

import json
import re
import secrets
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from fake_torrents import NEW, OLD, FakeTorrents

VERSIONS = {OLD: ("v4.5.2", "2.8.19"), NEW: ("v5.3.0", "2.16.2")}


@dataclass
class Request:
    """What came in: `path` below /api/v2/, the form, uploaded files, headers in lower case."""

    path: str
    form: dict[str, str]
    files: list[bytes]
    headers: dict[str, str]


@dataclass
class Reply:
    """An answer; `delay` seconds pass before it, `drip` seconds after each byte of its body."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0
    drip: float = 0


def text(status: int, body: str) -> Reply:
    return Reply(status, body.encode(), {"Content-Type": "text/plain"})


def in_json(answer: object) -> Reply:
    return Reply(200, json.dumps(answer).encode(), {"Content-Type": "application/json"})


class FakeQBittorrent:
    """A context manager; `replies` maps a path to a fixed Reply that wins over the real behaviour.

    `before` is called with each request before it is answered; the answers of `lost` paths are never sent.
    """

    def __init__(
        self,
        style: str = NEW,
        *,
        api_key: str | None = None,
        max_failures: int = 5,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.style = style
        self.host = "127.0.0.1"
        self.username = "admin"
        self.password = "loopback-only"
        self.api_key = api_key
        self.max_failures = max_failures
        self.failures = 0
        self.sessions: set[str] = set()
        self.kept = FakeTorrents(style)
        self.torrents = self.kept.rows
        self.online = True
        self.free = 2**40
        self.launched = 1_700_000_000
        self._looked: set[str] = set()
        self.categories: dict[str, str] = {}
        self.requests: list[Request] = []
        self.replies: dict[str, Reply] = {}
        self.before: Callable[[Request], object] = lambda request: None
        self.lost: set[str] = set()
        self.closing = threading.Event()
        self._server = _Server(self, tls)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    def __enter__(self) -> "FakeQBittorrent":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def count(self, path: str) -> int:
        """How often `path` was asked for."""
        return sum(request.path == path for request in self.requests)

    def answer(self, request: Request) -> Reply:
        self.requests.append(request)
        self.before(request)
        if request.path in self.replies:
            return self.replies[request.path]
        handler = getattr(self, "_" + re.sub(r"\W", "_", request.path), None)
        if handler is None:
            return text(404, "Not Found")
        if request.path != "auth/login" and not self._is_let_in(request):
            return text(403, "Forbidden")
        reply: Reply = handler(request)
        return reply

    def _is_let_in(self, request: Request) -> bool:
        if self.api_key and request.headers.get("authorization") == f"Bearer {self.api_key}":
            return True
        return any(session in request.headers.get("cookie", "") for session in self.sessions)

    def _auth_login(self, request: Request) -> Reply:
        if self.failures >= self.max_failures:
            banned = "Your IP address has been banned after too many failed authentication attempts."
            return text(403, banned)
        if (request.form.get("username"), request.form.get("password")) != (self.username, self.password):
            self.failures += 1
            return text(401, "Unauthorized") if self.style == NEW else text(200, "Fails.")
        session = secrets.token_hex(16)
        self.sessions.add(session)
        name = f"QBT_SID_{self.port}" if self.style == NEW else "SID"
        reply = Reply(204) if self.style == NEW else text(200, "Ok.")
        reply.headers["Set-Cookie"] = f"{name}={session}; HttpOnly; path=/"
        return reply

    def _auth_logout(self, request: Request) -> Reply:
        self.sessions = {one for one in self.sessions if one not in request.headers.get("cookie", "")}
        return Reply(204 if self.style == NEW else 200)

    def _app_version(self, _: Request) -> Reply:
        return text(200, VERSIONS[self.style][0])

    def _app_webapiVersion(self, _: Request) -> Reply:
        return text(200, VERSIONS[self.style][1])

    def _app_processInfo(self, _: Request) -> Reply:
        return in_json({"launch_time": self.launched}) if self.style == NEW else text(404, "Not Found")

    def _torrents_categories(self, _: Request) -> Reply:
        return in_json({name: {"name": name, "savePath": path} for name, path in self.categories.items()})

    def _torrents_createCategory(self, request: Request) -> Reply:
        name = request.form["category"]
        if name in self.categories or "//" in name:
            return text(409, "Conflict")
        self.categories[name] = request.form.get("savePath", "")
        return Reply(200)

    def _torrents_info(self, request: Request) -> Reply:
        hashes = {one.lower() for one in request.form.get("hashes", "").split("|") if one}
        tag = request.form.get("tag")
        return in_json(
            [
                row
                for row in self.torrents.values()
                if (not hashes or row["hash"] in hashes) and (tag is None or tag in row["tags"].split(", "))
            ]
        )

    def _torrents_files(self, request: Request) -> Reply:
        files = self.kept.files.get(request.form.get("hash", "").lower())
        return text(404, "Not Found") if files is None else in_json(files)

    def _torrents_delete(self, request: Request) -> Reply:
        with_files = request.form["deleteFiles"].lower() == "true"
        hashes = request.form["hashes"].lower().split("|")
        for one in list(self.torrents) if hashes == ["all"] else hashes:
            self.kept.delete(one, with_files=with_files)
        return Reply(200)

    def _torrents_stop(self, request: Request) -> Reply:
        return self._for_each(request, NEW, self.kept.stop)

    def _torrents_start(self, request: Request) -> Reply:
        return self._for_each(request, NEW, self.kept.start)

    def _torrents_pause(self, request: Request) -> Reply:
        return self._for_each(request, OLD, self.kept.stop)

    def _torrents_resume(self, request: Request) -> Reply:
        return self._for_each(request, OLD, self.kept.start)

    def _torrents_recheck(self, request: Request) -> Reply:
        return self._for_each(request, self.style, self.kept.recheck)

    def _torrents_setLocation(self, request: Request) -> Reply:
        folder = request.form.get("location", "").strip()
        if not folder:
            return text(400, "Save path cannot be empty")
        try:
            Path(folder).mkdir(parents=True, exist_ok=True)
        except OSError:
            return text(409, "Cannot make save path")
        return self._for_each(request, self.style, lambda key: self.kept.move(key, folder))

    def _for_each(self, request: Request, style: str, do: Callable[[str], None]) -> Reply:
        """What changes torrents; unknown ones are passed over. Its name belongs to one style."""
        if style != self.style:
            return text(404, "Not Found")
        for key in request.form["hashes"].lower().split("|"):
            do(key)
        return Reply(200)

    def _transfer_info(self, _: Request) -> Reply:
        return in_json({"connection_status": "connected" if self.online else "disconnected"})

    def _sync_maindata(self, request: Request) -> Reply:
        """4.5 starts to look when a session asks for the first time, and tells what it knows: nothing yet."""
        session = request.headers.get("cookie", "")
        free = self.free if self.style == NEW or session in self._looked else 0
        self._looked.add(session)
        return in_json({"rid": 1, "full_update": True, "server_state": {"free_space_on_disk": free}})

    def add(self, data: bytes, form: dict[str, str]) -> str | None:
        """Have a torrent; its id, or None if it is there already. ValueError: not a torrent."""
        added = self.kept.add(data, form)
        if added and form.get("category"):
            self.categories.setdefault(form["category"], "")
        return added

    def restart(self) -> None:
        """Stop and start again: all sessions are gone, and it looks whether its files are there."""
        self.sessions.clear()
        self.launched += 1
        self.kept.look_for_files()

    def _torrents_add(self, request: Request) -> Reply:
        try:
            added = [self.add(data, request.form) for data in request.files]
        except ValueError:
            return text(415, "Error: not a valid torrent file")
        new = [one for one in added if one]
        if self.style == OLD:
            return text(200, "Ok." if new else "Fails.")
        if not new:
            return text(409, "Conflict")
        counts = {"success_count": len(new), "failure_count": 0, "pending_count": 0}
        return in_json(counts | {"added_torrent_ids": new})


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, owner: FakeQBittorrent, tls: ssl.SSLContext | None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.owner = owner
        self._tls = tls

    def get_request(self) -> tuple[Any, Any]:
        connection, address = super().get_request()
        if self._tls:
            # The handshake is left to the thread that serves it: a client may refuse the certificate.
            connection = self._tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        return connection, address

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that hang up are part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def _serve(self) -> None:
        path, _, query = self.path.partition("?")
        headers = {name.lower(): value for name, value in self.headers.items()}
        length = int(headers.get("content-length", 0))
        body = self.rfile.read(length)
        if len(body) < length:
            # The client ended in the middle of it: nothing was asked.
            self.close_connection = True
            return
        form, files = _read_form(headers, body)
        form |= dict(parse_qsl(query))
        request = Request(path.removeprefix("/api/v2/"), form, files, headers)
        reply = self.server.owner.answer(request)
        if request.path in self.server.owner.lost:
            self.close_connection = True
            return
        self.server.owner.closing.wait(reply.delay)
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        for piece in [reply.body] if not reply.drip else (bytes([byte]) for byte in reply.body):
            self.wfile.write(piece)
            self.server.owner.closing.wait(reply.drip)

    def log_message(self, *_: object) -> None:
        """Tests say what they need to themselves."""


def _read_form(headers: dict[str, str], body: bytes) -> tuple[dict[str, str], list[bytes]]:
    boundary = re.search(r"boundary=([^;]+)", headers.get("content-type", ""))
    if not boundary:
        return dict(parse_qsl(body.decode(), keep_blank_values=True)), []
    form: dict[str, str] = {}
    files: list[bytes] = []
    for part in body.split(b"--" + boundary[1].encode())[1:-1]:
        head, _, content = part.removeprefix(b"\r\n").removesuffix(b"\r\n").partition(b"\r\n\r\n")
        name = re.search(rb'name="([^"]*)"', head)
        if b"filename=" in head:
            files.append(content)
        elif name:
            form[name[1].decode()] = content.decode()
    return form, files
