"""The daemon as a process: it starts, works, and is stopped at bad moments."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from run_program import MAIN, Daemon, run_main
from support import eventually

from demo.films import FILMS
from demo.world import World

pytestmark = pytest.mark.e2e

FILM, LATER = FILMS[0], FILMS[3]
NAME = "A.Trip.to.the.Moon.1902.1080p.BluRay.x264-GRP"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path, films=(FILM,)) as world:
        yield world


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_signal_prints_the_final_statistics_and_exits_with_zero(
    world: World, number: signal.Signals
) -> None:
    world.filelist.add_torrent(FILM, NAME)
    with Daemon(world.env()) as daemon:
        daemon.wait_for("✅ Torrent saved")
        run = daemon.stop(number)
    assert run.code == 0
    assert run.seconds < 10
    assert "📊 Final Statistics:\n   Pending: 0\n   Failed: 0\n   Completed: 1\n" in run.out
    assert "🎬 Monitor worker stopped" in run.out
    assert run.out.endswith("✓ Shutdown complete\n")


STUCK = [
    ("letterboxd", "watchlist", "drip"),
    ("letterboxd", "watchlist", "drip_headers"),
    ("letterboxd", "film", "hang"),
    ("filelist", "api.php", "drip"),
    ("filelist", "api.php", "hang"),
    ("filelist", "download.php", "drip_headers"),
]


@pytest.mark.parametrize(("server", "path", "mode"), STUCK)
def test_a_stop_in_the_middle_of_an_endless_answer_takes_less_than_ten_seconds(
    world: World, server: str, path: str, mode: str
) -> None:
    world.filelist.add_torrent(FILM, NAME)
    failure = getattr(world, server).fail(path, mode)
    with Daemon(world.env()) as daemon:
        assert failure.arrived.wait(20)
        run = daemon.stop()
    assert (run.code, run.seconds < 10) == (0, True)
    assert "Final Statistics" in run.out
    assert world.queue("failed") == []


def test_a_film_put_on_the_list_while_it_runs_is_fetched(world: World) -> None:
    world.filelist.add_torrent(LATER, "Nosferatu.1922.1080p.BluRay.x264-GRP")
    with Daemon(world.env()) as daemon:
        daemon.wait_for("Queue status")
        world.letterboxd.add(world.username, LATER)
        daemon.wait_for(f"✅ Torrent saved: {LATER.label}")
        assert daemon.stop().code == 0


def test_a_retry_is_made_when_it_is_due(world: World) -> None:
    with Daemon(world.env(MOVIE_SYNC_RETRY_INTERVAL="1")) as daemon:
        daemon.wait_for("No torrents found")
        world.filelist.add_torrent(FILM, NAME)
        daemon.wait_for(f"🔄 Due again: {FILM.label} (retry #1)")
        daemon.wait_for(f"✅ Torrent saved: {FILM.label}")
        assert daemon.stop().code == 0


def test_a_second_daemon_on_the_same_folder_is_refused_and_names_the_first(world: World) -> None:
    with Daemon(world.env()) as daemon:
        daemon.wait_for("Workers started")
        second = run_main(world.env(), "--once")
        assert second.code == 1
        assert f"pid {daemon.process.pid}" in second.out
        assert run_main(world.env(), "--stats").code == 0
        assert daemon.stop().code == 0


def test_a_hangup_without_a_terminal_starts_it_anew_with_the_new_configuration(world: World) -> None:
    world.home.mkdir()
    config = world.home / "config.json"
    config.write_text(json.dumps({"max_retries": 3}))
    with Daemon(world.env()) as daemon:
        daemon.wait_for("Max retries: 3")
        daemon.wait_for("Queue status")
        pid = daemon.process.pid
        config.write_text(json.dumps({"max_retries": "many"}))
        os.kill(pid, signal.SIGHUP)
        daemon.wait_for("Not starting anew")
        config.write_text(json.dumps({"max_retries": 4}))
        os.kill(pid, signal.SIGHUP)
        daemon.wait_for("Max retries: 4")
        daemon.wait_for("Workers started successfully", 20)
        assert daemon.stop().code == 0
    assert not list(world.home.glob("*.corrupt-*"))


def test_a_closed_stdout_does_not_disturb_the_daemon(world: World) -> None:
    """As after `movie-sync | head -1`: the pipe has no reader any more."""
    world.filelist.add_torrent(FILM, NAME)
    reader, writer = os.pipe()
    os.close(reader)
    env = world.env()
    process = subprocess.Popen(
        [sys.executable, MAIN], env=env, stdin=subprocess.DEVNULL, stdout=writer, stderr=writer
    )
    os.close(writer)
    try:
        eventually(lambda: len(world.queue("completed")) == 1, 20)
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.wait()
