"""A second tracker beside FileList: asked in turn, with its own name, errors, budget and rests."""

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from bench import DOWN, Bench, as_it_was
from filelist_fake import MATRIX, NOW, FakeFileList, downloader_for, fake_filelist, offer, row
from second_tracker import KEY, Shelf, ShelfDownloader
from support import Clock

from commands import Commands
from config import Config
from console import Console
from errors import SERVICE_TITLES
from logs import Redactor
from queue_files import COMPLETED, FAILED, PENDING
from release_choice import Preferences

ROOT = Path(__file__).parents[1]
LIKES = Preferences((4, 1), True, 1, None, None, (), ())
ALIEN = "Alien.1999.1080p.BluRay.x264-SHELF"
MATRIX_THERE = "The.Matrix.1999.1080p.BluRay.x264-SHELF"


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def bench(tmp_path: Path, clock: Clock) -> Bench:
    return Bench(tmp_path, clock)


@pytest.fixture
def shelf(bench: Bench) -> Shelf:
    """The site, with its downloader behind FileList's."""
    return set_up(bench)


@pytest.fixture
def filelist() -> Iterator[FakeFileList]:
    with fake_filelist() as fake:
        yield fake


def set_up(bench: Bench, key: str = KEY) -> Shelf:
    shelf = Shelf()
    bench.trackers.append(ShelfDownloader(shelf, key, LIKES, bench.folder, bench.clock))
    return shelf


def printed_by_why(bench: Bench, title: str, *, as_json: bool) -> str:
    out = io.StringIO()
    commands = Commands(Config.load(bench.folder, {}), Console(Redactor(), out))
    assert commands.why(title, as_json=as_json) == 0
    return out.getvalue()


# --- in turn


def test_it_is_asked_once_filelist_has_nothing_and_remembered_under_its_own_name(
    bench: Bench, shelf: Shelf
) -> None:
    shelf.names = [ALIEN]
    bench.want("Alien")
    bench.run()
    film = bench.film("Alien")
    assert (bench.tracker.asked, shelf.searches) == (["Alien"], ["Alien (1999)"])
    assert film.release is not None
    assert (film.status, film.release.tracker, film.release.name) == (COMPLETED, "shelf", ALIEN)
    assert list(bench.qbittorrent.statuses) == [film.torrent_hash]
    assert bench.said_of("Found on shelf") == 1


def test_it_is_left_alone_where_filelist_has_the_film(bench: Bench, shelf: Shelf) -> None:
    bench.offer("Alien")
    shelf.names = [ALIEN]
    bench.want("Alien")
    bench.run()
    assert bench.titles(COMPLETED) == ["Alien"]
    assert shelf.asked == []


def test_where_none_has_the_film_it_costs_one_try_and_the_last_one_says_why(
    bench: Bench, shelf: Shelf
) -> None:
    shelf.names = ["Alien.1999.HDCAM.x264-SHELF"]
    bench.want("Alien")
    bench.run()
    film = bench.film("Alien")
    assert (film.status, film.retry_count, film.last_error) == (FAILED, 0, "Nothing on the shelf")
    searched = [event for event in bench.queue.history.events() if event["event"] == "searched"]
    assert [(event["tracker"], event["releases"]) for event in searched] == [("filelist", 0), ("shelf", 1)]


def test_a_chosen_release_waits_for_room_without_another_search(bench: Bench, shelf: Shelf) -> None:
    shelf.names = [ALIEN]
    bench.qbittorrent.trouble = DOWN
    bench.want("Alien")
    movie = bench.claim()
    bench.qbittorrent.trouble = None
    bench.acquisition.attempt(movie)
    bench.qbittorrent.statuses.clear()
    bench.queue.release_claim(movie)
    bench.run()
    assert len(shelf.searches) == 1
    assert len(bench.qbittorrent.statuses) == 1


# --- the real FileList before it


def test_the_real_filelist_is_asked_first_and_its_account_stays_readable(
    bench: Bench, filelist: FakeFileList, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SERVICE_TITLES, "shelf", "Shelf")
    bench.trackers[:] = [downloader_for(filelist, bench.folder)]
    shelf = set_up(bench)
    shelf.names = [MATRIX_THERE]
    bench.queue.add_to_pending(MATRIX)
    bench.run()
    [film] = bench.queue.films(COMPLETED)
    assert film.release is not None
    assert film.release.tracker == "shelf"
    assert [query["type"] for query in filelist.searches] == ["imdb", "name"]
    assert shelf.searches == ["The Matrix (1999)"]
    text = printed_by_why(bench, "The Matrix", as_json=False)
    assert "searched on filelist: No torrents found" in text
    assert f"searched on shelf: chosen {MATRIX_THERE}" in text


def test_why_as_json_names_the_tracker(bench: Bench, shelf: Shelf) -> None:
    shelf.names = [ALIEN]
    bench.want("Alien")
    bench.run()
    life = json.loads(printed_by_why(bench, "Alien", as_json=True))
    assert life["release"]["tracker"] == "shelf"


def test_rows_that_filelist_offered_go_to_filelist_alone(bench: Bench, filelist: FakeFileList) -> None:
    bench.trackers[:] = [downloader_for(filelist, bench.folder)]
    shelf = set_up(bench)
    bench.queue.add_to_pending(MATRIX)
    bench.run()
    offer(filelist, row())
    filelist.replies[""] = filelist.replies["imdb"]  # the newest uploads
    bench.later(1800)
    [film] = bench.queue.films(COMPLETED)
    assert film.release is not None
    assert (film.release.tracker, len(shelf.searches)) == ("filelist", 1)


# --- its own troubles


@pytest.mark.parametrize(
    ("trouble", "kind", "seconds"),
    [
        ((200, "!wait 600"), "rate limited", 600),
        ((200, "!key"), "auth", 24 * 3600),
    ],
)
def test_its_refusal_rests_it_alone_and_costs_no_try(
    bench: Bench, shelf: Shelf, trouble: tuple[int, str], kind: str, seconds: int
) -> None:
    shelf.trouble = trouble
    bench.want("Alien", "Brazil")
    bench.run()
    rest = bench.services.resting("shelf")
    assert rest is not None
    assert (rest.kind, rest.until - NOW) == (kind, seconds)
    assert bench.services.resting("filelist") is None
    assert len(shelf.asked) == 1
    assert all(as_it_was(bench, title) for title in ("Alien", "Brazil"))
    shelf.trouble, shelf.names = None, [ALIEN]
    bench.clock.time += seconds
    bench.run()
    assert bench.titles(COMPLETED) == ["Alien"]


def test_an_outage_rests_it_alone_and_costs_no_try(bench: Bench, shelf: Shelf) -> None:
    shelf.trouble = (503, "")
    bench.want("Alien", "Brazil")
    bench.run()
    assert bench.services.resting("shelf") is not None
    assert bench.services.resting("filelist") is None
    bench.later(6 * 3600)
    assert sorted(bench.titles(PENDING)) == ["Alien", "Brazil"]
    assert [bench.film(title).retry_count for title in ("Alien", "Brazil")] == [0, 0]


def test_its_budget_is_counted_apart_from_filelists(bench: Bench, shelf: Shelf) -> None:
    bench.want(*(f"Film {number}" for number in range(31)))
    bench.run()
    assert len(shelf.searches) == 30
    rest = bench.services.resting("shelf")
    assert rest is not None
    assert rest.reason.startswith("Rate limit reached: 30 of 30 calls used")
    assert bench.services.resting("filelist") is None
    assert len(json.loads((bench.folder / "shelf_calls.json").read_text())) == 30
    assert not (bench.folder / "filelist_calls.json").exists()
    bench.clock.time += 3601
    bench.run()
    assert len(shelf.searches) > 30


def test_a_wrong_key_is_in_no_message(bench: Bench) -> None:
    secret = "another-secret"
    set_up(bench, secret)
    bench.want("Alien")
    bench.run()
    assert bench.said_of("Shelf refused the key") == 1
    assert bench.said_of(secret) == 0


# --- the page about it


def test_the_code_that_the_page_shows_is_what_is_tested_here() -> None:
    code = _bare((ROOT / "tests" / "second_tracker.py").read_text())
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "doc" / "another_tracker.md").read_text(), re.DOTALL)
    assert blocks
    assert [block for block in blocks if _bare(block) not in code] == []


def _bare(code: str) -> str:
    """The lines without indentation: a method is shown by itself."""
    return "\n".join(line.strip() for line in code.splitlines() if line.strip())
