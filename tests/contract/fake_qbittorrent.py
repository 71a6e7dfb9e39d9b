"""A qBittorrent made of a dict and an HTTP server, answering in the style of 4.5 or of 5.3.

Written from what the real ones were seen to answer; the contract tests run against the real one too, so a
lie in here shows. Serves only what a Web API client of ours asks for.
"""

import hashlib
import json
import re
import secrets
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

import bencode2

NEW = "5.3"
OLD = "4.5"
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
        self.torrents: dict[str, dict[str, Any]] = {}
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

    def _torrents_categories(self, _: Request) -> Reply:
        known = {name: {"name": name, "savePath": path} for name, path in self.categories.items()}
        return Reply(200, json.dumps(known).encode(), {"Content-Type": "application/json"})

    def _torrents_createCategory(self, request: Request) -> Reply:
        name = request.form["category"]
        if name in self.categories or "//" in name:
            return text(409, "Conflict")
        self.categories[name] = request.form.get("savePath", "")
        return Reply(200)

    def _torrents_info(self, request: Request) -> Reply:
        hashes = {one.lower() for one in request.form.get("hashes", "").split("|") if one}
        tag = request.form.get("tag")
        rows = [
            row
            for row in self.torrents.values()
            if (not hashes or row["hash"] in hashes) and (tag is None or tag in row["tags"].split(", "))
        ]
        return Reply(200, json.dumps(rows).encode(), {"Content-Type": "application/json"})

    def add(self, data: bytes, form: dict[str, str]) -> str | None:
        """Have a torrent; its id, or None if it is there already. ValueError: not a torrent."""
        row = _row(self.style, data, form)
        if row["hash"] in self.torrents:
            return None
        self.torrents[row["hash"]] = row
        if form.get("category"):
            self.categories.setdefault(form["category"], "")
        return str(row["hash"])

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
        answer = {
            "success_count": len(new),
            "failure_count": 0,
            "pending_count": 0,
            "added_torrent_ids": new,
        }
        return Reply(200, json.dumps(answer).encode(), {"Content-Type": "application/json"})


def _row(style: str, data: bytes, form: dict[str, str]) -> dict[str, Any]:
    try:
        info = bencode2.bdecode(data)[b"info"]
    except (bencode2.BencodeDecodeError, KeyError, TypeError):
        raise ValueError("not a torrent") from None
    encoded = bencode2.bencode(info)
    v1 = hashlib.sha1(encoded).hexdigest() if b"pieces" in info else ""
    v2 = hashlib.sha256(encoded).hexdigest() if info.get(b"meta version") == 2 else ""
    stopped = form.get("stopped" if style == NEW else "paused") == "True"
    name = info[b"name"].decode()
    save_path = form.get("savepath", "/downloads")
    return {
        "hash": v2[:40] or v1,
        "infohash_v1": v1,
        "infohash_v2": v2,
        "name": name,
        "state": ("stoppedDL" if style == NEW else "pausedDL") if stopped else "stalledDL",
        "progress": 0,
        "size": info.get(b"length", 0),
        "amount_left": info.get(b"length", 0),
        "save_path": save_path,
        "content_path": name if style == OLD else f"{save_path}/{name}",
        "category": form.get("category", ""),
        "tags": ", ".join(tag.strip() for tag in form.get("tags", "").split(",")),
        "added_on": 1_700_000_000,
        "completion_on": 0 if style == OLD else -1,
        "dl_limit": int(form.get("dlLimit", -1)),
    }


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
