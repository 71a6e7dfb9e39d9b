"""Finished films in `link_directory`, with the follow-up and files on a real disk."""

import threading
from pathlib import Path

import pytest
from bench import Bench
from memory_qbittorrent import MemoryQBittorrent
from support import Clock

from errors import ServiceUnavailable
from finished import Finished
from follow_up import FollowUp
from linking import Linking
from shared_path import SharedPath


@pytest.fixture
def links(tmp_path: Path) -> Path:
    folder = tmp_path / "links"
    folder.mkdir()
    return folder


@pytest.fixture
def bench(tmp_path: Path, clock: Clock, links: Path) -> Bench:
    bench = Bench(tmp_path, clock)
    bench.client = MemoryQBittorrent(bench.downloads)
    finished = Finished(bench.client, bench.place, SharedPath(str(bench.downloads), bench.downloads))
    bench.follow_up = FollowUp(
        bench.queue,
        bench.client,
        bench.services,
        bench.place,
        finished,
        0,
        bench.console.say,
        clock,
        links=True,
    )
    bench.linking = Linking(
        bench.queue, bench.client, finished, links, bench.console.say, threading.Event(), clock
    )
    return bench


def fetch(bench: Bench) -> Path:
    """Alien is complete, and its file lies there; where."""
    bench.want("Alien")
    torrent = bench.offer("Alien", size=4096)
    bench.run()
    video = bench.downloads / torrent.files[0][0]
    video.write_bytes(b"film" * 1024)
    bench.qbittorrent.complete(torrent)
    bench.later(120)
    assert bench.film("Alien").downloaded_at is not None
    return video


def test_a_finished_film_lies_there_once_more_and_takes_no_room(bench: Bench, links: Path) -> None:
    video = fetch(bench)
    link = links / "Alien (1999)" / "Alien (1999).mkv"
    assert link.samefile(video)
    film = bench.film("Alien")
    assert (film.linked, film.link_due) == (str(link), False)
    assert bench.said_of(f"🔗 Linked: {link}") == 1


def test_a_directory_that_is_missing_is_said_once_and_made_up_for(bench: Bench, links: Path) -> None:
    links.rmdir()
    fetch(bench)
    bench.later(600)
    assert bench.film("Alien").link_due
    assert bench.said_of("Alien (1999) is not linked yet") == 1
    links.mkdir()
    bench.later(120)
    assert (links / "Alien (1999)" / "Alien (1999).mkv").is_file()


def test_another_file_of_that_name_is_left_and_said(bench: Bench, links: Path) -> None:
    (links / "Alien (1999)").mkdir()
    mine = links / "Alien (1999)" / "Alien (1999).mkv"
    mine.write_bytes(b"mine")
    fetch(bench)
    bench.later(600)
    assert mine.read_bytes() == b"mine"
    assert bench.said_of("is not linked:") == 1
    assert not bench.film("Alien").link_due


def test_a_qbittorrent_that_is_away_delays_it(bench: Bench, links: Path) -> None:
    links.rmdir()
    fetch(bench)
    links.mkdir()
    bench.qbittorrent.trouble = ServiceUnavailable("qbittorrent", "Could not connect to qBittorrent.")
    bench.later(600)
    assert bench.film("Alien").link_due
    bench.qbittorrent.trouble = None
    bench.later(600)
    assert (links / "Alien (1999)" / "Alien (1999).mkv").is_file()


def test_without_a_link_directory_nothing_is_noted(tmp_path: Path, clock: Clock) -> None:
    bench = Bench(tmp_path, clock)
    bench.want("Alien")
    torrent = bench.offer("Alien")
    bench.run()
    bench.qbittorrent.complete(torrent)
    bench.later(120)
    assert not bench.film("Alien").link_due
