"""A small FileList on loopback for the tests: speaks as the real one was seen to, failures included."""

import contextlib
import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import bencode2

from call_ledger import CallLedger
from filelist_downloader import FileListDownloader
from movie import Movie
from release_choice import Preferences
from web import WebClient

NOW = 1_800_000_000
USER, PASSKEY = "somebody", "0123456789abcdef0123456789abcdef"
MATRIX = Movie(title="The Matrix", year=1999, id="tt0133093", imdb_id="tt0133093")
NAME = "The.Matrix.1999.1080p.BluRay.x264-GRP"
GIB = 2**30


def row(number: int | str = 1, **changes: Any) -> dict[str, Any]:
    return {
        "id": number,
        "name": NAME,
        "imdb": "tt0133093",
        "freeleech": 0,
        "internal": 0,
        "upload_date": "2026-01-15 12:00:00",
        "download_link": f"https://flro.org/download.php?id={number}&passkey={PASSKEY}",
        "size": 9 * GIB,
        "category": "Filme HD",
        "seeders": 20,
        "leechers": 1,
    } | changes


def torrent(name: str = NAME) -> bytes:
    info = {b"length": 9 * GIB, b"name": name.encode(), b"piece length": 2**24, b"pieces": b"x" * 20 * 576}
    announce = f"http://tracker.test/{PASSKEY}/announce".encode()
    return bencode2.bencode({b"announce": announce, b"info": {**info, b"private": 1}})


def hash_of(data: bytes) -> str:
    return hashlib.sha1(bencode2.bencode(bencode2.bdecode(data)[b"info"])).hexdigest()


@dataclass
class Reply:
    body: object = b""
    status: int = 200
    kind: str = "application/json"
    promised: int | None = None  # Content-Length when it lies
    drip: threading.Event | None = None  # a byte now and then, until it is set

    @property
    def raw(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


@dataclass
class FakeFileList:
    """Answers by `type` of search, and `download` or `download <id>`; notes each request as it arrived."""

    url: str = ""
    replies: dict[str, Reply] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str], str | None]] = field(default_factory=list)
    on_request: Callable[[], None] = lambda: None

    @property
    def searches(self) -> list[dict[str, str]]:
        return [query for path, query, _ in self.asked if path.endswith("api.php")]

    def reply_to(self, address: str, authorization: str | None) -> Reply:
        parts = urlsplit(address)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        self.asked.append((parts.path, query, authorization))
        self.on_request()
        what = "download" if parts.path == "/sub/download.php" else query.get("type", "")
        one = f"{what} {query.get('id')}"
        return self.replies.get(one) or self.replies.get(what, Reply([]))


@contextlib.contextmanager
def fake_filelist() -> Iterator[FakeFileList]:
    """A running one; gone, with its thread, at the end of the block."""
    fake = FakeFileList()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            reply = fake.reply_to(self.path, self.headers["Authorization"])
            self.send_response(reply.status)
            self.send_header("Content-Type", reply.kind)
            self.send_header("Content-Length", str(10**6 if reply.drip else reply.promised or len(reply.raw)))
            self.end_headers()
            while reply.drip and not reply.drip.wait(0.05):
                self.wfile.write(b" ")
            self.wfile.write(reply.raw)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        fake.url = f"http://127.0.0.1:{server.server_port}/sub/api.php"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield fake
        server.shutdown()
        thread.join()


def downloader_for(
    filelist: FakeFileList, folder: Path, limit: int = 150, seconds: float = 5.0
) -> FileListDownloader:
    return FileListDownloader(
        WebClient("filelist", filelist.url, "MovieSync/test", threading.Event(), seconds=seconds),
        f" {USER}\n",
        f"{PASSKEY} ",
        Preferences((4, 1), True, 1, None, None, (), ()),
        CallLedger(folder / "filelist_calls.json", limit, now=lambda: NOW),
        folder,
        lambda: NOW,
    )


def offer(filelist: FakeFileList, *rows: dict[str, Any], data: bytes | None = None) -> None:
    filelist.replies["imdb"] = Reply(list(rows))
    filelist.replies["download"] = Reply(torrent() if data is None else data, kind="application/x-bittorrent")
