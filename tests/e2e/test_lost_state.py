"""`--repair` as a process, with a real qBittorrent: what was lost comes back, nothing is fetched twice."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from run_program import Daemon, run_main
from support import eventually

from demo.films import HAXAN, INTOLERANCE, NOSFERATU, TRIP_TO_THE_MOON, DemoFilm
from demo.torrents import DemoTorrent
from demo.world import World

pytestmark = [pytest.mark.e2e, pytest.mark.qbittorrent]

RELEASES = {
    TRIP_TO_THE_MOON: "A.Trip.to.the.Moon.1902.1080p.BluRay.x264-GRP",
    NOSFERATU: "Nosferatu.1922.1080p.BluRay.x264-GRP",
    HAXAN: "Haxan.1922.1080p.BluRay.x264-GRP",
    INTOLERANCE: "Intolerance.Loves.Struggle.Throughout.the.Ages.1916.1080p.BluRay.x264-GRP",
}
"""The last two have names from which the title of the list cannot be told letter by letter."""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path, films=tuple(RELEASES), swarm=True, qbittorrent=True) as world:
        yield world


@pytest.fixture
def torrents(world: World) -> dict[DemoFilm, DemoTorrent]:
    """Every film on disk, handed over by an earlier run; the tracker's log starts afterwards."""
    made = {film: world.offer(film, name, folder=film is HAXAN) for film, name in RELEASES.items()}
    assert run_main(world.env(), "--once").code == 0
    eventually(lambda: all(torrent.lies_in(world.downloads) for torrent in made.values()), 30)
    eventually(lambda: all(row["progress"] == 1 for row in rows(world)), 30)
    # The follow-up of the next run notes that they are complete.
    assert run_main(world.env(), "--once").code == 0
    assert all(entry["downloaded_at"] for entry in world.queue("completed"))
    world.filelist.forget_requests()
    return made


def rows(world: World) -> list[dict[str, Any]]:
    """What qBittorrent has."""
    assert world.qbittorrent is not None
    with world.qbittorrent.client() as client:
        return [dict(row) for row in client.torrents_info()]


def hashes(world: World) -> set[str]:
    return {row["hash"] for row in rows(world)}


def fetched(world: World) -> list[str]:
    """What FileList was asked for: searches and `.torrent`s, but not announces of qBittorrent."""
    return [request.path for request in world.filelist.asked(r"^/(api|download)\.php")]


def reinstall_qbittorrent(world: World) -> None:
    """A fresh profile: its torrents are gone, the films stay on the disk."""
    assert world.qbittorrent is not None
    world.qbittorrent.stop()
    shutil.rmtree(world.qbittorrent.root / "profile")
    world.qbittorrent.start()
    assert rows(world) == []


@pytest.mark.parametrize("on_disk", [True, False])
def test_a_lost_state_folder_comes_back_without_one_duplicate_grab(
    world: World, torrents: dict[DemoFilm, DemoTorrent], on_disk: bool
) -> None:
    """Also where the directory does not show the films, so that qBittorrent's torrents alone prove them."""
    before = hashes(world)
    shutil.rmtree(world.home)
    if not on_disk:
        for path in list(world.downloads.iterdir()):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    repair = run_main(world.env(), "--repair")
    assert repair.code == 0, repair.out + repair.err
    assert len(world.queue("completed")) == len(RELEASES)
    assert {entry["torrent_hash"] for entry in world.queue("completed")} == before
    run = run_main(world.env(), "--once")
    assert run.code == 0, run.out
    assert fetched(world) == []
    assert hashes(world) == before
    assert world.queue("pending") == world.queue("failed") == []
    for film in RELEASES:
        entry = world.entry(film)
        assert entry is not None
        assert entry["status"] == "completed", film
    again = run_main(world.env(), "--repair")
    assert again.code == 0, again.out
    # The stand-ins of titles that are spelt in another way have ended in their films.
    assert len(world.queue("completed")) == len(RELEASES)
    assert {(entry["torrent_hash"], entry["owned"]) for entry in world.queue("completed")} == {
        (one, True) for one in before
    }
    assert "Nothing to repair" in run_main(world.env(), "--repair").out


def test_a_reinstalled_qbittorrent_gets_its_torrents_back_and_downloads_nothing(
    world: World, torrents: dict[DemoFilm, DemoTorrent]
) -> None:
    before = hashes(world)
    reinstall_qbittorrent(world)
    repair = run_main(world.env(), "--repair")
    assert repair.code == 0, repair.out + repair.err
    assert repair.out.count("its files are there") == len(RELEASES)
    assert hashes(world) == before
    eventually(lambda: all(row["state"] in {"stalledUP", "uploading"} for row in rows(world)), 20)
    assert {row["downloaded"] for row in rows(world)} == {0}
    assert {row["tags"] for row in rows(world)} == {"movie_sync"}
    assert run_main(world.env(), "--once").code == 0
    assert "Nothing to repair" in run_main(world.env(), "--repair").out
    assert fetched(world) == []


def test_an_unfinished_film_goes_on_in_a_reinstalled_qbittorrent_and_a_deleted_one_is_left_alone(
    world: World, torrents: dict[DemoFilm, DemoTorrent]
) -> None:
    completed = world.home / "queue_completed.json"
    entries = json.loads(completed.read_text())
    for entry in entries:
        if entry["title"] == NOSFERATU.title:
            entry["downloaded_at"] = None
    completed.write_text(json.dumps(entries))
    for film in (NOSFERATU, TRIP_TO_THE_MOON):
        for path in world.downloads.glob(f"{RELEASES[film]}*"):
            path.unlink()
    reinstall_qbittorrent(world)
    run = run_main(world.env(), "--repair")
    assert run.code == 0, run.out
    assert "finished, and its files are gone; left alone" in run.out
    assert len(rows(world)) == len(RELEASES) - 1
    eventually(lambda: torrents[NOSFERATU].lies_in(world.downloads), 30)
    assert not torrents[TRIP_TO_THE_MOON].lies_in(world.downloads)
    assert fetched(world) == []


@pytest.fixture
def running(tmp_path: Path) -> Iterator[World]:
    """Films that were handed over and that nobody seeds."""
    with World(tmp_path, films=tuple(RELEASES), qbittorrent=True) as world:
        for film, name in RELEASES.items():
            world.offer(film, name)
        assert run_main(world.env(), "--once").code == 0
        world.filelist.forget_requests()
        yield world


def test_broken_files_are_named_and_the_films_in_them_come_back(running: World) -> None:
    broken = ("queue_completed.json", "services.json", "films.json")
    for name in broken:
        path = running.home / name
        path.write_bytes(path.read_bytes()[:-30] if path.exists() else b"{")
    assert run_main(running.env(), "--once").code == 1
    run = run_main(running.env(), "--repair")
    assert (run.code, run.err) == (0, ""), run.out
    assert [name for name in broken if name not in run.out] == []
    assert len(running.queue("completed")) == len(RELEASES)
    assert run_main(running.env(), "--once").code == 0
    assert fetched(running) == []


def test_a_stopped_qbittorrent_and_broken_credentials_are_named(running: World) -> None:
    assert running.qbittorrent is not None
    (running.home / "queue_completed.json").unlink()
    running.qbittorrent.stop()
    run = run_main(running.env(), "--repair")
    assert run.code == 1
    assert "Could not connect to qBittorrent" in run.out
    assert len(running.queue("completed")) == len(RELEASES)
    (running.home / "credentials.enc").write_text("?")
    run = run_main(running.env(), "--repair")
    assert run.code == 1
    assert "credentials.enc" in run.out
    assert (running.home / "credentials.enc").read_text() == "?"


def test_a_running_daemon_keeps_the_repair_out(running: World) -> None:
    with Daemon(running.env()) as daemon:
        daemon.wait_for("Workers started")
        run = run_main(running.env(), "--repair")
        assert run.code == 1
        assert "already running" in run.out
        assert daemon.stop().code == 0
