"""The follow-up of a thousand of our torrents among ten thousand: what a look costs, and whom it touches.

`pytest -s` shows the figures. The server is the fake and answers from this process, so that times hold its
work too, unless its answer was made before.
"""

import copy
import hashlib
import sys
import time
import tracemalloc
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fake_qbittorrent import FakeQBittorrent, Reply, Request
from qbittorrent_servers import managed
from support import Clock

from finished import Finished
from follow_up import FollowUp
from movie import ChosenRelease, Movie, TriedRelease
from places import DownloadPlace
from qbittorrent_manager import QBittorrentManager
from queue_files import COMPLETED, PENDING
from queue_manager import QueueManager
from services import Services
from shared_path import SharedPath

OURS, ALL = 1_000, 10_000
SIZE = 8 * 2**30
MINUTE = 60
CONNECTING = {"app/version", "auth/login", "app/webapiVersion"}
LOSER = OURS
"""A torrent of ours that lost against that of the first film."""
AT_MOST_SECONDS, AT_MOST_MIB = 1.0, 16.0
"""Of a look; a fiftieth of the time is usual."""


def hash_of(number: int) -> str:
    return hashlib.sha1(str(number).encode()).hexdigest()


def row(number: int) -> dict[str, Any]:
    """As torrents/info shows it, as long as real ones are; the first are ours."""
    name = f"Reel.Number.{number}.{1920 + number % 100}.1080p.BluRay.x264-GRP.mkv"
    return {
        "hash": hash_of(number),
        "infohash_v1": hash_of(number),
        "infohash_v2": "",
        "name": name,
        "state": "downloading" if number <= LOSER else ("stalledDL", "uploading", "stoppedUP")[number % 3],
        "progress": 0.25,
        "size": SIZE,
        "amount_left": SIZE * 3 // 4,
        "dlspeed": 1_000_000,
        "save_path": "/films",
        "content_path": f"/films/{name}",
        "category": "Movies",
        "tags": "movie_sync" if number <= LOSER else ("", "mine", "movie_sync_old")[number % 3],
        "added_on": 1_700_000_000,
        "completion_on": -1,
        "magnet_uri": "magnet:?xt=urn:btih:" + 1_200 * "m",
    }


def film(number: int) -> Movie:
    release = ChosenRelease(name=f"Reel.Number.{number}", tracker="filelist", id=str(number), size=SIZE)
    tried = (TriedRelease(release=release, hash=hash_of(LOSER), why="stood still", running=True),)
    return Movie(
        title=f"Reel Number {number}",
        year=1920 + number % 100,
        slug=f"reel-number-{number}",
        release=release,
        torrent_hash=hash_of(number),
        owned=True,
        tried=() if number else tried,
    )


@dataclass
class Look:
    """What one look asked, and how long it took."""

    asked: list[Request]
    seconds: float

    @property
    def calls(self) -> list[str]:
        return [request.path for request in self.asked]


class Crowd:
    """A qBittorrent with ten thousand torrents, and a queue with a thousand films that wait for theirs."""

    def __init__(self, root: Path, fake: FakeQBittorrent, client: QBittorrentManager) -> None:
        self.fake = fake
        self.clock = Clock()
        fake.torrents |= {hash_of(number): row(number) for number in range(ALL)}
        fake.kept.files |= {
            hash_of(number): [{"name": row(number)["name"], "size": SIZE}] for number in range(LOSER)
        }
        self.queue = QueueManager(root / "state", max_retries=5, now=self.clock)
        self.queue.add_many_to_pending(map(film, range(OURS)))
        with self.queue._changing():
            for movie in self.queue.films(PENDING):
                self.queue._move(movie, COMPLETED, "handed over")
        place = DownloadPlace(root / "elsewhere", root / "state", we_write=False, elsewhere=True)
        self.follow_up = FollowUp(
            self.queue,
            client,
            Services(root / "state", lambda service: "", self.clock),
            place,
            Finished(client, place, SharedPath("/films", root / "elsewhere")),
            stalled_after=86400,
            say=lambda line: None,
            now=self.clock,
        )

    def look(self) -> Look:
        """The next look, a minute later."""
        self.clock.time += MINUTE
        before = len(self.fake.requests)
        started = time.perf_counter()
        assert self.follow_up.look()
        return Look(self.fake.requests[before:], time.perf_counter() - started)

    def get_on(self) -> None:
        """All of ours get a piece further."""
        for number in range(OURS + 1):
            self.fake.torrents[hash_of(number)]["amount_left"] -= 2**20

    def foreign(self) -> list[dict[str, Any]]:
        return [copy.deepcopy(self.fake.torrents[hash_of(number)]) for number in range(LOSER + 1, ALL)]

    def answer_beforehand(self) -> int:
        """Have the answer about ours ready from now on; its bytes."""
        reply: Reply = self.fake._torrents_info(Request("torrents/info", {"tag": "movie_sync"}, [], {}))
        self.fake.replies["torrents/info"] = reply
        return len(reply.body)


@pytest.fixture
def crowd(tmp_path: Path) -> Iterator[Crowd]:
    with FakeQBittorrent() as fake, managed(fake) as client:
        yield Crowd(tmp_path, fake, client)


def test_a_look_is_one_request_whatever_there_is(crowd: Crowd) -> None:
    first = crowd.look()
    assert [call for call in first.calls if call not in CONNECTING] == ["torrents/info"]
    for _ in range(3):
        crowd.get_on()
        look = crowd.look()
        assert look.calls == ["torrents/info"]
        assert look.asked[0].form == {"tag": "movie_sync"}


def test_only_while_one_stands_still_there_is_a_second_small_one(crowd: Crowd) -> None:
    crowd.fake.torrents[hash_of(7)]["state"] = "stalledDL"
    crowd.look()
    assert crowd.look().calls == ["torrents/info", "transfer/info"]


def test_a_look_that_finds_nothing_new_writes_nothing(crowd: Crowd) -> None:
    crowd.look()
    files = {path: path.stat().st_mtime_ns for path in crowd.queue.folder.rglob("*") if path.is_file()}
    crowd.get_on()
    crowd.look()
    assert files == {
        path: path.stat().st_mtime_ns for path in crowd.queue.folder.rglob("*") if path.is_file()
    }


def test_no_foreign_torrent_is_touched(crowd: Crowd) -> None:
    """Also when some of ours complete and one that lost goes: each change names one torrent of ours."""
    before = crowd.foreign()
    crowd.look()
    for number in range(20):
        crowd.fake.torrents[hash_of(number)] |= {"state": "uploading", "progress": 1, "amount_left": 0}
    look = crowd.look()
    assert crowd.foreign() == before
    assert set(look.calls) == {"torrents/info", "torrents/files", "torrents/delete"}
    asked_of = [request.form for request in look.asked if request.path != "torrents/info"]
    mine = {hash_of(number) for number in range(OURS + 1)}
    assert {form.get("hash") or form.get("hashes") for form in asked_of} <= mine
    assert look.calls.count("torrents/delete") == 1
    assert hash_of(LOSER) not in crowd.fake.torrents
    crowd.look()  # the film that had a loser is noted once that is surely gone
    assert sum(bool(movie.downloaded_at) for movie in crowd.queue.films(COMPLETED)) == 20


def test_a_look_takes_little_time_and_memory(crowd: Crowd) -> None:
    crowd.look()
    crowd.get_on()
    whole = crowd.look().seconds
    size = crowd.answer_beforehand()
    crowd.look()
    alone = crowd.look().seconds
    tracemalloc.start()
    try:
        crowd.look()
        peak = tracemalloc.get_traced_memory()[1] / 2**20
    finally:
        tracemalloc.stop()
    sys.stdout.write(
        f"{OURS:,} of ours among {ALL:,}: {size / 2**20:.1f} MiB a look, {alone:.3f} s ({whole:.3f} s with "
        f"the fake's own work), {peak:.1f} MiB at most\n"
    )
    assert alone < AT_MOST_SECONDS
    assert peak < AT_MOST_MIB
