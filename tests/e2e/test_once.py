"""`--once` as a process: what one run does, says and leaves behind."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from run_program import run_main

from demo.films import FILMS, LES_VAMPIRES, DemoFilm, made_up
from demo.world import World

pytestmark = pytest.mark.e2e

MOON, INTOLERANCE, CALIGARI, NOSFERATU = FILMS[:4]


def name_of(film: DemoFilm, quality: str = "1080p.BluRay.x264-GRP") -> str:
    title = "".join(c if c.isalnum() else "." for c in film.title)
    return f"{title}.{film.year}.{quality}"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Three films on the list; no qBittorrent, so that found ones are saved as `.torrent` files."""
    with World(tmp_path, films=(MOON, CALIGARI, NOSFERATU)) as world:
        yield world


def test_each_film_gets_its_own_fate_and_the_exit_code_is_zero(world: World) -> None:
    world.offer(MOON, name_of(MOON))
    (world.downloads / "The Cabinet of Dr. Caligari (1920)").mkdir()
    (world.downloads / "The Cabinet of Dr. Caligari (1920)" / "film.mkv").write_bytes(b"video")
    run = run_main(world.env(), "--once")
    assert run.code == 0, run.out + run.err
    assert run.err == ""
    assert "📺 Found 3 movies in watchlist" in run.out
    assert "⊘ Skipped: The Cabinet of Dr. Caligari (1920) - already downloaded" in run.out
    assert f"✓ Added: {MOON.label}" in run.out
    assert "❌ Failed: Nosferatu (1922): No torrents found - retry #1 in 2 seconds" in run.out
    assert {entry["title"] for entry in world.queue("completed")} == {CALIGARI.title, MOON.title}
    assert [entry["title"] for entry in world.queue("failed")] == [NOSFERATU.title]
    assert world.queue("pending") == []


def test_the_torrent_is_saved_where_qbittorrent_is_disabled(world: World) -> None:
    torrent = world.offer(MOON, name_of(MOON))
    run_main(world.env(), "--once")
    saved = list(world.downloads.glob("*.torrent"))
    assert [path.read_bytes() for path in saved] == [torrent.data]
    [entry] = world.queue("completed")
    assert entry["torrent_hash"] == torrent.info_hash
    assert entry["owned"] is False


def test_a_second_run_asks_for_no_film_page_and_fetches_nothing_again(world: World) -> None:
    world.offer(MOON, name_of(MOON))
    run_main(world.env(), "--once")
    world.letterboxd.forget_requests()
    world.filelist.forget_requests()
    run_main(world.env(MOVIE_SYNC_RETRY_INTERVAL="3600"), "--once")
    assert [r.path for r in world.letterboxd.requests] == [f"/{world.username}/watchlist/"]
    assert not world.filelist.asked("download.php")


def test_a_failed_film_is_due_again_after_its_delay_and_then_found(world: World) -> None:
    run_main(world.env(MOVIE_SYNC_RETRY_INTERVAL="1"), "--once")
    assert {entry["retry_count"] for entry in world.queue("failed")} == {0}
    assert len(world.queue("failed")) == 3
    world.offer(MOON, name_of(MOON))
    # The stored due time is moved instead of waiting for it.
    path = world.home / "queue_failed.json"
    entries = json.loads(path.read_text())
    for entry in entries:
        entry["retry_after"] = 0
    path.write_text(json.dumps(entries))
    run_main(world.env(), "--once")
    assert [entry["title"] for entry in world.queue("completed")] == [MOON.title]
    assert {entry["retry_count"] for entry in world.queue("failed")} == {1}


def test_a_series_is_skipped_and_said_once(tmp_path: Path) -> None:
    with World(tmp_path, films=(LES_VAMPIRES,)) as world:
        first = run_main(world.env(), "--once")
        second = run_main(world.env(), "--once")
        assert "a series, not a film" in first.out
        assert "a series" not in second.out
        assert not world.filelist.calls
        assert first.code == second.code == 0


def test_the_passkey_is_in_no_url_but_the_downloads_and_in_no_output(world: World) -> None:
    world.offer(MOON, name_of(MOON))
    world.filelist.fail("download.php", "reset", times=1)
    runs = [run_main(world.env(), "--once", "--verbose") for _ in range(2)]
    secret = world.filelist.passkey
    assert not [r for r in world.filelist.calls if secret in r.target]
    texts = [run.out + run.err for run in runs]
    texts += [path.read_text() for path in (world.home / "logs").iterdir()]
    texts += [path.read_text() for path in world.home.glob("*.json")]
    assert not [text for text in texts if secret in text]


def test_a_list_of_100_films_stays_below_60_mb(tmp_path: Path) -> None:
    """The peak that the kernel counted for the process, all pages and searches included."""
    films = tuple(made_up(100))
    with World(tmp_path, films=films) as world:
        for film in films[:30]:
            world.filelist.add_torrent(film, name_of(film))
        run = run_main(world.env(MOVIE_SYNC_REQUEST_INTERVAL="0"), "--once")
        assert run.code == 0, run.out + run.err
        assert len(world.queue("completed")) == 30
        assert run.peak < 60
