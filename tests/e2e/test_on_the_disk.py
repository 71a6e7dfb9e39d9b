"""From handed over to really there, as a process beside a real qBittorrent and a real swarm."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from run_program import Daemon, run_main
from support import eventually

from demo.films import NOSFERATU, DemoFilm
from demo.torrents import DemoTorrent, make_release
from demo.world import World

pytestmark = [pytest.mark.e2e, pytest.mark.qbittorrent]

BEST = "Nosferatu.1922.2160p.UHD.BluRay.x265-GRP"
SECOND = "Nosferatu.1922.1080p.BluRay.x264-GRP"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path, films=(NOSFERATU,), swarm=True, qbittorrent=True) as world:
        yield world


def rows(world: World) -> dict[str, Any]:
    """What qBittorrent has, by hash."""
    assert world.qbittorrent is not None
    with world.qbittorrent.client() as client:
        return {str(row["hash"]): dict(row) for row in client.torrents_info()}


def dead(world: World, film: DemoFilm, name: str, **details: Any) -> DemoTorrent:
    """A release on the tracker that nobody seeds."""
    torrent = world.make(name)
    world.filelist.add_torrent(film, name, 6, torrent, **details)
    return torrent


def entry(world: World, film: DemoFilm = NOSFERATU) -> dict[str, Any]:
    found = world.entry(film)
    assert found is not None
    return found


def test_a_dead_swarm_gives_way_to_the_next_best_release(world: World) -> None:
    first = dead(world, NOSFERATU, BEST)
    second = world.offer(NOSFERATU, SECOND)
    with Daemon(world.env(MOVIE_SYNC_STALLED_AFTER="3")) as daemon:
        daemon.wait_for("✅ Download completed: Nosferatu (1922)", 60)
        eventually(lambda: set(rows(world)) == {second.info_hash}, 10)
        assert daemon.stop().code == 0
    assert second.lies_in(world.downloads)
    assert not (world.downloads / f"{BEST}.mkv").exists()
    film = entry(world)
    assert (film["status"], film["torrent_hash"]) == ("completed", second.info_hash)
    assert not film.get("retry_count")
    assert film["downloaded_at"]
    assert [one["hash"] for one in film["tried"]] == [first.info_hash]
    assert world.queue("pending") == world.queue("failed") == []
    assert f"{SECOND} is fetched beside it" in daemon.out
    why = run_main(world.env(), "--why", "Nosferatu").out
    assert f"{BEST}" in why
    assert "stood still" in why
    run_main(world.env(), "--repair")
    assert set(rows(world)) == {second.info_hash}


def test_a_torrent_that_the_user_removes_stays_away_until_retry(world: World) -> None:
    torrent = dead(world, NOSFERATU, BEST)
    with Daemon(world.env()) as daemon:
        daemon.wait_for("Added to qBittorrent", 30)
        eventually(lambda: torrent.info_hash in rows(world), 10)
        assert world.qbittorrent is not None
        with world.qbittorrent.client() as client:
            client.torrents_delete(delete_files=True, torrent_hashes=torrent.info_hash)
        daemon.wait_for("its torrent was removed from qBittorrent", 70)
        asked = len(world.filelist.calls)
        assert entry(world)["removed_by_user"] is True
        assert run_main(world.env(), "--retry", "Nosferatu").code == 0
        eventually(lambda: torrent.info_hash in rows(world), 20)
        assert len(world.filelist.calls) == asked
        assert daemon.stop().code == 0
    assert entry(world)["status"] == "completed"


def test_files_that_are_no_film_are_no_film(world: World) -> None:
    fake = make_release(BEST, world.filelist.announce_url, extension=".exe")
    world.seed(fake)
    world.filelist.add_torrent(NOSFERATU, BEST, 6, fake)
    second = world.offer(NOSFERATU, SECOND)
    with Daemon(world.env()) as daemon:
        daemon.wait_for("✅ Download completed: Nosferatu (1922)", 60)
        assert daemon.stop().code == 0
    assert "is no film" in daemon.out
    assert entry(world)["torrent_hash"] == second.info_hash
    assert second.lies_in(world.downloads)


def test_a_disk_that_is_gone_is_a_fault_of_the_place(world: World) -> None:
    torrent = world.offer(NOSFERATU, SECOND)
    marker = world.downloads / ".movie_sync"
    with Daemon(world.env()) as daemon:
        daemon.wait_for("Added to qBittorrent", 30)
        marker.unlink()
        daemon.wait_for("has lost its marker file", 70)
        assert daemon.stop().code == 0
    eventually(lambda: rows(world)[torrent.info_hash]["progress"] == 1, 20)
    assert entry(world)["downloaded_at"] is None
    marker.touch()
    assert run_main(world.env(), "--once").code == 0
    assert entry(world)["downloaded_at"]


def test_statistics_tell_what_is_under_way(world: World) -> None:
    dead(world, NOSFERATU, BEST)
    run_main(world.env(), "--once")
    eventually(lambda: all(row["state"] == "stalledDL" for row in rows(world).values()), 20)
    assert "(1 stalled)" in run_main(world.env(), "--stats").out


def test_progress_is_told_with_verbose_alone(world: World) -> None:
    torrent = dead(world, NOSFERATU, BEST)
    run_main(world.env(), "--once")
    before = (world.home / "queue_completed.json").read_bytes()
    run = run_main(world.env(), "--once", "--verbose")
    assert f"0.0% of {torrent.size} bytes" in run.err
    assert "bytes a second" not in run_main(world.env(), "--once").err
    after = (world.home / "queue_completed.json").read_bytes()
    assert b"stalledDL" not in after
    assert len(before) <= len(after) + 8
