"""A stand-in FileList: its API with login, limits and lockout, `.torrent` downloads, and an announce.

Owns the torrents on it and what each caller has used up; rows and their search are in `filelist_rows`, the
swarms in `announce`. Everything can be called from any thread. `clock` (unix seconds) is a parameter, so that
an hour passes in a test without waiting.
"""

import base64
import binascii
import itertools
import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from demo.announce import Announces
from demo.failures import Answer
from demo.filelist_rows import Language, Row, imdb_number, loosely, matches_filters, words
from demo.films import DemoFilm
from demo.server import Request, StandIn
from demo.torrents import DemoTorrent, make_release

USERNAME = "demo"
PASSKEY = "0123456789abcdef0123456789abcdef"
CALLS_PER_HOUR = 150
WRONG_LOGINS = 5
HOUR = 3600

NO_LOGIN = "Username and passkey cannot be empty."
WRONG_LOGIN = "Invalid passkey/username!"
LOCKED_OUT = "Too many failed authentications. Try again in one hour!"
BAD_SEARCH = "Invalid search/filter"
TOO_MANY = "Rate limit reached"
UNAVAILABLE = "Service unavailable at the moment!"
ERRORS = {400: BAD_SEARCH, 401: NO_LOGIN, 403: WRONG_LOGIN, 429: TOO_MANY, 503: UNAVAILABLE}

_LOGIN_PAGE = (
    "<!DOCTYPE html><html><head><title>FileList :: Login</title></head>"
    '<body><form method="post" action="takelogin.php"></form></body></html>'
)


class _Refused(Exception):
    """The API says no: a status and its words."""

    def __init__(self, status: int, text: str) -> None:
        self.status = status
        self.text = text
        super().__init__(text)


class StandInFileList(StandIn):
    """Serves `/api.php`, `/download.php` and `/announce`.

    May be changed while it runs: `language` of the category names; `link_host`, which puts download links on
    another host; `errors_as_200`, which sends API errors as 200 and text/html; `limit` calls an hour; and
    `wrong_logins`, after which the account is locked out for an hour, also with the right passkey.
    """

    server_name = "nginx"

    def __init__(
        self,
        *,
        username: str = USERNAME,
        passkey: str = PASSKEY,
        clock: Callable[[], float] = time.time,
        limit: int = CALLS_PER_HOUR,
        wrong_logins: int = WRONG_LOGINS,
        language: Language = "ro",
        port: int = 0,
    ) -> None:
        super().__init__(port=port)
        self.username = username
        self.passkey = passkey
        self.limit = limit
        self.wrong_logins = wrong_logins
        self.language: Language = language
        self.link_host: str | None = None
        self.errors_as_200 = False
        self.announces = Announces()
        self._clock = clock
        self._lock = threading.RLock()
        self._ids = itertools.count(700001)
        self._torrents: dict[int, tuple[Row, bytes]] = {}
        self._calls: list[float] = []
        self._failed_logins = 0
        self._locked_until = 0.0

    @property
    def api_url(self) -> str:
        """What a client is configured with."""
        return f"{self.url}/api.php"

    @property
    def announce_url(self) -> str:
        """The announce of torrents made for this tracker; like the real one it holds the passkey."""
        return f"{self.url}/announce?passkey={self.passkey}"

    @property
    def calls(self) -> tuple[Request, ...]:
        """The API requests so far, refused ones included."""
        return self.asked(r"^/api\.php")

    def add_torrent(
        self,
        film: DemoFilm | None,
        name: str,
        category: int = 4,
        torrent: DemoTorrent | bytes | None = None,
        **details: Any,
    ) -> int:
        """Put a release on the tracker and return its id; `details` are further fields of `Row`.

        Without a `torrent` it gets a small one of its own, that nobody seeds. Bytes are served as they are.
        The IMDb id is the film's and the size the torrent's unless `details` say otherwise.
        """
        if torrent is None:
            torrent = make_release(name, self.announce_url, size=50_000)
        data = torrent if isinstance(torrent, bytes) else torrent.data
        with self._lock:
            known: dict[str, Any] = {
                "imdb": film.imdb_id if film else "",
                "size": 2**20 if isinstance(torrent, bytes) else torrent.size,
                "files": 1 if isinstance(torrent, bytes) else len(torrent.files),
                "uploaded_at": self._clock(),
            }
            row = Row(id=next(self._ids), name=name, category=category, **{**known, **details})
            self._torrents[row.id] = (row, data)
            return row.id

    def change_torrent(self, row_id: int, **details: Any) -> None:
        """Change fields of a row, such as its seeders."""
        with self._lock:
            row, data = self._torrents[row_id]
            self._torrents[row_id] = (replace(row, **details), data)

    def remove_torrent(self, row_id: int) -> None:
        """Take it off the site."""
        with self._lock:
            del self._torrents[row_id]

    def downloads(self, row_id: int) -> int:
        """How often the `.torrent` of this row was asked for, with whatever result."""
        return len(self.asked(rf"^/download\.php\?(.*&)?id={row_id}(&|$)"))

    def download_link(self, row_id: int) -> str:
        """The link a row carries, on `link_host` if that is set."""
        return f"{self.link_host or self.url}/download.php?id={row_id}&passkey={self.passkey}"

    def error_answer(self, status: int) -> Answer:
        """The API's own words for this status, as an object where a list is expected."""
        return _json({"error": ERRORS.get(status, UNAVAILABLE)}, status)

    def answer(self, request: Request) -> Answer:
        """The API, a `.torrent`, an announce, or 404."""
        if request.path == "/api.php":
            return self._api(request)
        if request.path == "/download.php":
            return self._download(request)
        if request.path == "/announce":
            return Answer(200, self.announces.announce(urlsplit(request.target).query), "text/plain")
        return Answer(404, _LOGIN_PAGE)

    def _api(self, request: Request) -> Answer:
        with self._lock:
            try:
                self._log_in(request)
                self._count_call()
                rows = self._found(request)
            except _Refused as refused:
                if self.errors_as_200:
                    return replace(_json({"error": refused.text}), content_type="text/html; charset=UTF-8")
                return _json({"error": refused.text}, refused.status)
            return _json([row.shown(self.download_link(row.id), self.language) for row in rows])

    def _log_in(self, request: Request) -> None:
        username, passkey = _login(request)
        if self._clock() < self._locked_until:
            raise _Refused(403, LOCKED_OUT)
        if not username or not passkey:
            raise _Refused(401, NO_LOGIN)
        if (username, passkey) == (self.username, self.passkey):
            self._failed_logins = 0
            return
        self._failed_logins += 1
        if self._failed_logins > self.wrong_logins:
            self._failed_logins = 0
            self._locked_until = self._clock() + HOUR
            raise _Refused(403, LOCKED_OUT)
        raise _Refused(403, WRONG_LOGIN)

    def _count_call(self) -> None:
        now = self._clock()
        self._calls = [call for call in self._calls if call > now - HOUR]
        if len(self._calls) >= self.limit:
            raise _Refused(429, TOO_MANY)
        self._calls.append(now)

    def _found(self, request: Request) -> Sequence[Row]:
        query = request.query
        if query.get("category") == "" or query.get("output", "json") != "json":
            raise _Refused(400, BAD_SEARCH)
        actions = {"search-torrents": self._search, "latest-torrents": self._latest}
        action = actions.get(query.get("action", ""))
        if action is None:
            raise _Refused(400, BAD_SEARCH)
        rows = sorted((row for row, _ in self._torrents.values()), key=lambda row: -row.uploaded_at)
        try:
            return action([row for row in rows if matches_filters(row, query)], query)
        except ValueError:
            raise _Refused(400, BAD_SEARCH) from None

    def _search(self, rows: list[Row], query: Mapping[str, str]) -> Sequence[Row]:
        text = query.get("query", "").strip()
        if query.get("type") == "name" and text:
            return loosely(text, rows)
        number = imdb_number(text)
        if query.get("type") != "imdb" or number is None:
            raise _Refused(400, BAD_SEARCH)
        named = set(words(query.get("name", "")))
        return [row for row in rows if imdb_number(row.imdb) == number and named <= set(words(row.name))]

    def _latest(self, rows: list[Row], query: Mapping[str, str]) -> Sequence[Row]:
        limit = int(query.get("limit", "100"))
        if not 1 <= limit <= 100:
            raise _Refused(400, BAD_SEARCH)
        if "imdb" in query:
            rows = [row for row in rows if imdb_number(row.imdb) == imdb_number(query["imdb"])]
        return rows[:limit]

    def _download(self, request: Request) -> Answer:
        with self._lock:
            found = self._torrents.get(int(request.query.get("id", "").strip() or 0))
            # A spent freeleech token answers 404; a key that is not accepted gets a page to log in.
            if request.query.get("passkey") != self.passkey or self._clock() < self._locked_until:
                return Answer(200, _LOGIN_PAGE)
            if found is None or "usetoken" in request.query:
                return Answer(404, "<html><body>404 Not Found</body></html>")
            row, data = found
        disposition = f'attachment; filename="{row.name.encode("ascii", "ignore").decode()}.torrent"'
        return Answer(200, data, "application/x-bittorrent", {"Content-Disposition": disposition})


def _login(request: Request) -> tuple[str, str]:
    """Name and passkey of the Basic header, else of the query."""
    kind, _, encoded = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic":
        return request.query.get("username", ""), request.query.get("passkey", "")
    try:
        username, _, passkey = base64.b64decode(encoded).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return username, passkey


def _json(value: object, status: int = 200) -> Answer:
    # PHP escapes slashes, and so every link arrives as https:\/\/...
    text = json.dumps(value, separators=(",", ":")).replace("/", "\\/")
    return Answer(status, text, "application/json")
