"""SIGKILL around a hand-over to a real qBittorrent, then a second start: nothing lost, nothing twice."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from holding_proxy import HoldingProxy
from run_program import Daemon, run_main

from demo.films import FILMS
from demo.world import World

pytestmark = [pytest.mark.e2e, pytest.mark.qbittorrent]

FIRST, SECOND = FILMS[0], FILMS[3]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Two films with two releases each, of which the second becomes the better one after the kill."""
    with World(tmp_path, films=(FIRST, SECOND), qbittorrent=True) as world:
        for film in (FIRST, SECOND):
            for group, seeders in (("ONE", 50), ("TWO", 5)):
                name = f"{film.title.replace(' ', '.')}.{film.year}.1080p.BluRay.x264-{group}"
                world.filelist.add_torrent(film, name, seeders=seeders)
        yield world


def swap_seeders(world: World) -> None:
    """The tracker moves on: a new search would choose other releases."""
    for row_id, seeders in ((700001, 5), (700002, 50000), (700003, 5), (700004, 50000)):
        world.filelist.change_torrent(row_id, seeders=seeders)


def assert_each_film_once(world: World) -> None:
    assert world.qbittorrent is not None
    with world.qbittorrent.client() as client:
        names = [torrent.name for torrent in client.torrents_info()]
    assert len(names) == len(set(names)) == 2, names
    assert len({name.split(".1")[0] for name in names}) == 2, names
    assert sorted(e["title"] for e in world.queue("completed")) == sorted([FIRST.title, SECOND.title])
    assert {e["owned"] for e in world.queue("completed")} == {True}
    assert world.queue("pending") == world.queue("failed") == []


def kill_while_the_answer_is_kept_back(world: World) -> None:
    """qBittorrent has the torrent; our program dies before it can know."""
    assert world.qbittorrent is not None
    env = world.env(MOVIE_SYNC_QBITTORRENT__HOST=HoldingProxy.host)
    with HoldingProxy(world.qbittorrent.port, b"/api/v2/torrents/add") as proxy, Daemon(env) as daemon:
        assert proxy.done.wait(20)
        daemon.process.send_signal(signal.SIGKILL)
        daemon.process.wait()


def test_a_kill_after_qbittorrent_took_the_torrent_and_before_we_heard_of_it(world: World) -> None:
    kill_while_the_answer_is_kept_back(world)
    assert len(world.queue("completed")) == 0
    swap_seeders(world)
    run = run_main(world.env(), "--once")
    assert run.code == 0, run.out
    assert_each_film_once(world)


@pytest.mark.parametrize("path", ["api.php", r"download\.php"])
def test_a_kill_while_the_tracker_is_asked(world: World, path: str) -> None:
    held = world.filelist.fail(path, "hold", times=1)
    with Daemon(world.env()) as daemon:
        assert held.arrived.wait(20)
        daemon.process.send_signal(signal.SIGKILL)
        daemon.process.wait()
    held.cancel()
    swap_seeders(world)
    run = run_main(world.env(), "--once")
    assert run.code == 0, run.out
    assert_each_film_once(world)
    assert len(world.filelist.asked("download.php")) <= 3


def test_a_kill_and_a_restart_of_qbittorrent_together(world: World) -> None:
    kill_while_the_answer_is_kept_back(world)
    assert world.qbittorrent is not None
    world.qbittorrent.restart()
    swap_seeders(world)
    run = run_main(world.env(), "--once")
    assert run.code == 0, run.out
    assert_each_film_once(world)
