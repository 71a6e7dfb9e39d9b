"""The base of the stand-ins logs, fails and stops as promised; torrents, swarm and world do their part."""

import hashlib
import http.client
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import bencode2
import pytest
import requests
from bs4 import BeautifulSoup

from demo import films
from demo.announce import Announces
from demo.failures import Mode
from demo.films import FILMS, NOSFERATU
from demo.letterboxd import StandInLetterboxd
from demo.torrents import make_release
from demo.world import World


def ask(url: str, **options: Any) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        return session.get(url, **{"timeout": 5, "allow_redirects": False, **options})


@pytest.fixture
def letterboxd() -> Iterator[StandInLetterboxd]:
    with StandInLetterboxd({"Alice": FILMS}) as server:
        yield server
        assert server.errors == []


def eventually(condition: Callable[[], object], seconds: float = 20.0) -> None:
    pause, deadline = threading.Event(), time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come true in time"
        pause.wait(0.05)


def listed(answer: requests.Response) -> list[str]:
    """The slugs in the watchlist's own container, in order."""
    items = BeautifulSoup(answer.content, "lxml").select(".js-watchlist-content [data-item-slug]")
    return [str(item["data-item-slug"]) for item in items]


def test_each_request_is_logged_with_path_query_headers_and_time(letterboxd: StandInLetterboxd) -> None:
    ask(f"{letterboxd.url}/alice/watchlist/?a=1&b=", headers={"User-Agent": "Me/1"})
    (request,) = letterboxd.requests
    assert (request.method, request.path, request.query) == ("GET", "/alice/watchlist/", {"a": "1", "b": ""})
    assert request.headers["user-agent"] == "Me/1"
    assert abs(request.time - time.time()) < 5


def test_a_failure_hits_as_often_as_ordered_and_only_what_it_matches(letterboxd: StandInLetterboxd) -> None:
    failure = letterboxd.fail(r"watchlist", 503, times=2, body="later", headers={"X-A": "b"})
    statuses = [ask(f"{letterboxd.url}/alice/watchlist/").status_code for _ in range(3)]
    assert statuses == [503, 503, 200]
    assert failure.hits == 2
    assert ask(f"{letterboxd.url}/film/nosferatu/").status_code == 200


def test_a_failure_may_be_chosen_by_a_predicate_and_healed(letterboxd: StandInLetterboxd) -> None:
    letterboxd.fail(lambda request: request.method == "GET", 500)
    assert ask(f"{letterboxd.url}/film/nosferatu/").status_code == 500
    letterboxd.heal()
    assert ask(f"{letterboxd.url}/film/nosferatu/").status_code == 200


def test_an_unknown_mode_is_refused_when_it_is_ordered(letterboxd: StandInLetterboxd) -> None:
    with pytest.raises(ValueError, match="explode"):
        letterboxd.fail(".", "explode")  # type: ignore[arg-type]  # the point of the test


@pytest.mark.parametrize("mode", ["hang", "reset", "truncate"])
def test_a_broken_answer_is_an_error_for_the_client(letterboxd: StandInLetterboxd, mode: Mode) -> None:
    letterboxd.fail(".", mode)
    with pytest.raises(requests.RequestException):
        ask(f"{letterboxd.url}/alice/watchlist/", timeout=0.4)


def test_headers_can_drip_without_end(letterboxd: StandInLetterboxd) -> None:
    letterboxd.fail(".", "drip_headers", interval=0.01)
    with socket.create_connection(("127.0.0.1", letterboxd.port), timeout=5) as client:
        client.sendall(b"GET /x/ HTTP/1.1\r\nHost: x\r\n\r\n")
        got = b""
        while len(got) < 60:
            got += client.recv(1)
    assert got.startswith(b"HTTP/1.1 200 OK\r\nX-Endless: aaa")


def test_a_reset_connection_is_reset_not_closed(letterboxd: StandInLetterboxd) -> None:
    letterboxd.fail(".", "reset")
    with socket.create_connection(("127.0.0.1", letterboxd.port), timeout=5) as client:
        client.sendall(b"GET /x/ HTTP/1.1\r\nHost: x\r\n\r\n")
        with pytest.raises(ConnectionResetError):
            client.recv(100)


def test_a_dripping_body_keeps_coming_inside_any_read_timeout(letterboxd: StandInLetterboxd) -> None:
    letterboxd.fail(".", "drip", interval=0.01)
    with ask(f"{letterboxd.url}/alice/watchlist/", stream=True, timeout=2) as answer:
        assert b"".join(part for part, _ in zip(answer.iter_content(1), range(40), strict=False))


def test_a_page_and_a_redirect_replace_the_answer(letterboxd: StandInLetterboxd) -> None:
    letterboxd.fail("page", "page", body="<p>hello</p>")
    letterboxd.fail("away", "redirect", location="http://other.invalid/")
    assert ask(f"{letterboxd.url}/page/").text == "<p>hello</p>"
    away = ask(f"{letterboxd.url}/away/")
    assert (away.status_code, away.headers["Location"]) == (302, "http://other.invalid/")


def test_a_held_request_is_announced_and_answered_truly_on_release(letterboxd: StandInLetterboxd) -> None:
    hold = letterboxd.fail("watchlist", "hold", times=1)
    answers: list[requests.Response] = []
    client = threading.Thread(target=lambda: answers.append(ask(f"{letterboxd.url}/alice/watchlist/")))
    client.start()
    assert hold.arrived.wait(5)
    assert answers == []
    hold.release.set()
    client.join(5)
    assert len(listed(answers[0])) == len(FILMS)


@pytest.mark.parametrize("mode", ["drip", "drip_headers", "hang", "hold"])
def test_stopping_never_waits_for_a_client(mode: Mode) -> None:
    before = time.monotonic()
    with StandInLetterboxd() as server:
        server.fail(".", mode)
        client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
        client.request("GET", "/x/")
        server.wait_for("^/x/")
        server.stop()
        client.close()
    assert time.monotonic() - before < 2


def test_a_stopped_service_refuses_and_comes_back_on_its_port(letterboxd: StandInLetterboxd) -> None:
    letterboxd.stop()
    with pytest.raises(requests.ConnectionError):
        ask(f"{letterboxd.url}/film/nosferatu/")
    letterboxd.start()
    assert ask(f"{letterboxd.url}/film/nosferatu/").status_code == 200


def test_nothing_is_printed(letterboxd: StandInLetterboxd, capfd: pytest.CaptureFixture[str]) -> None:
    letterboxd.fail("reset", "reset")
    ask(f"{letterboxd.url}/alice/watchlist/")
    with pytest.raises(requests.RequestException):
        ask(f"{letterboxd.url}/reset/")
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("folder", [False, True])
def test_a_release_is_a_private_v1_torrent_over_its_content(tmp_path: Path, folder: bool) -> None:
    torrent = make_release("Some.Film.1920", "http://127.0.0.1:1/announce", size=200_000, folder=folder)
    torrent.write_content(tmp_path)
    assert torrent.lies_in(tmp_path)
    meta = bencode2.bdecode(torrent.data)
    info = meta[b"info"]
    assert hashlib.sha1(bencode2.bencode(info)).hexdigest() == torrent.info_hash
    assert info[b"private"] == 1
    content = b"".join((tmp_path / path).read_bytes() for path, _ in torrent.files)
    pieces = [hashlib.sha1(content[at : at + 65536]).digest() for at in range(0, len(content), 65536)]
    assert info[b"pieces"] == b"".join(pieces)
    assert (b"files" in info) is folder


def test_content_that_differs_or_is_missing_does_not_count(tmp_path: Path) -> None:
    torrent = make_release("Some.Film.1920", "http://127.0.0.1:1/announce", size=100)
    assert not torrent.lies_in(tmp_path)
    (tmp_path / "Some.Film.1920.mkv").write_bytes(b"x" * 100)
    assert not torrent.lies_in(tmp_path)


def announce(server: Announces, info_hash: str, port: int, **more: object) -> dict[bytes, Any]:
    query = "&".join(f"{key}={value}" for key, value in {"port": port, "left": 0, **more}.items())
    answer = server.announce(f"info_hash={quote(bytes.fromhex(info_hash))}&{query}")
    return dict(bencode2.bdecode(answer))


def test_peers_learn_of_each_other_until_one_stops() -> None:
    server, info_hash = Announces(), "00ff" * 10
    assert announce(server, info_hash, 1111)[b"peers"] == b""
    seen = announce(server, info_hash, 2222, left=5)
    assert seen[b"peers"] == b"\x7f\x00\x00\x01\x04\x57"
    assert (seen[b"complete"], seen[b"incomplete"]) == (1, 1)
    assert announce(server, info_hash, 2222, left=5, numwant=0)[b"peers"] == b""
    announce(server, info_hash, 1111, event="stopped")
    assert (server.seeds(info_hash), server.peers(info_hash)) == (0, 1)


def test_an_unregistered_torrent_is_refused() -> None:
    server, info_hash = Announces(), "00ff" * 10
    server.unregister(info_hash)
    assert announce(server, info_hash, 1)[b"failure reason"] == b"unregistered torrent"


@pytest.mark.qbittorrent
@pytest.mark.parametrize("folder", [False, True])
def test_a_real_client_downloads_what_the_swarm_seeds(tmp_path: Path, folder: bool) -> None:
    with World(tmp_path, swarm=True, qbittorrent=True) as world:
        torrent = world.offer(NOSFERATU, "Nosferatu.1922.1080p", folder=folder)
        assert world.qbittorrent is not None
        with world.qbittorrent.client() as client:
            client.torrents_add(torrent_files=torrent.data, save_path=str(world.downloads))
        eventually(lambda: torrent.lies_in(world.downloads))
        assert world.filelist.announces.peers(torrent.info_hash) == 2


# The world


def test_the_environment_holds_nothing_of_the_callers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("MOVIE_SYNC_USER_AGENT", "HTTP_PROXY", "https_proxy", "QBITTORRENTAPI_HOST", "SOMETHING"):
        monkeypatch.setenv(name, "from outside")
    with World(tmp_path, films=FILMS) as world:
        env = world.env(MOVIE_SYNC_RETRY_INTERVAL="9", TZ=None)
        assert "from outside" not in env.values()
        assert env["MOVIE_SYNC_RETRY_INTERVAL"] == "9"
        assert "TZ" not in env
        assert env["MOVIE_SYNC_LETTERBOXD_URL"] == world.letterboxd.url
        assert env["MOVIE_SYNC_QBITTORRENT__ENABLED"] == "false"
        assert env["HOME"].startswith(str(tmp_path))


def test_a_queue_file_is_read_by_film(tmp_path: Path) -> None:
    with World(tmp_path) as world:
        assert world.queue("failed") == []
        world.home.mkdir()
        (world.home / "queue_failed.json").write_text('[{"id": "tt0013442", "status": "failed"}]')
        assert world.entry(NOSFERATU) == {"id": "tt0013442", "status": "failed"}
        assert world.entry(films.HAXAN) is None
