"""Whether a release still fits beside what runs."""

from pathlib import Path

import pytest
from bench import HUGE, MIB, TAG, Bench, make_torrent
from support import Clock

from errors import NoSpace
from movie import Movie
from queue_files import COMPLETED, PENDING
from room import LEAST, Room, still_to_write

GIB = 2**30


@pytest.fixture
def bench(tmp_path: Path, clock: Clock) -> Bench:
    """qBittorrent is on another machine, so that a test says how much is free."""
    bench = Bench(tmp_path, clock, elsewhere=True)
    bench.downloads.rmdir()
    bench.qbittorrent.free = 100 * GIB
    return bench


def room(bench: Bench) -> Room:
    return Room(bench.place, bench.qbittorrent, bench.clock)


@pytest.mark.parametrize(
    ("state", "left", "needs"),
    [
        ("downloading", 5 * GIB, 5 * GIB),
        ("queuedDL", 8 * GIB, 8 * GIB),
        ("stalledDL", 5 * GIB, 5 * GIB),
        ("stalledDL", 8 * GIB, 0),
        ("metaDL", 8 * GIB, 0),
        ("pausedDL", 5 * GIB, 0),
        ("stoppedDL", 5 * GIB, 0),
        ("error", 5 * GIB, 0),
        ("missingFiles", 8 * GIB, 0),
    ],
)
def test_what_a_torrent_will_yet_write(bench: Bench, state: str, left: int, needs: int) -> None:
    bench.qbittorrent.put(make_torrent("Film", MIB), TAG, size=8 * GIB, state=state, amount_left=left)
    assert still_to_write(bench.qbittorrent.torrents()) == needs


def test_a_complete_torrent_writes_nothing_more(bench: Bench) -> None:
    bench.qbittorrent.put(make_torrent("Film"), TAG, complete=True)
    assert still_to_write(bench.qbittorrent.torrents()) == 0


def test_a_release_must_fit_beside_what_runs_whoever_added_that(bench: Bench) -> None:
    bench.qbittorrent.put(make_torrent("Theirs"), "mine", size=70 * GIB, amount_left=60 * GIB)
    room(bench).require(40 * GIB)
    with pytest.raises(
        NoSpace, match=r"43\.0 GB needed, 107\.4 GB free, of which running torrents still need 64\.4"
    ):
        room(bench).require(40 * GIB + 10**7)


def test_where_nobody_knows_what_is_free_everything_fits(bench: Bench) -> None:
    bench.qbittorrent.free = None
    room(bench).require(HUGE)
    room(bench).require_some()


def test_torrents_on_another_disk_take_nothing_from_this_one(tmp_path: Path, clock: Clock) -> None:
    bench = Bench(tmp_path, clock)
    bench.qbittorrent.put(make_torrent("There"), "mine", amount_left=HUGE, size=2 * HUGE, save_path="/proc")
    room(bench).require(MIB)
    here = str(bench.downloads)
    bench.qbittorrent.put(make_torrent("Here"), "mine", amount_left=HUGE, size=2 * HUGE, save_path=here)
    with pytest.raises(NoSpace):
        room(bench).require(MIB)


# --- films that wait for room


def test_nothing_is_searched_for_while_hardly_anything_is_free(bench: Bench) -> None:
    bench.qbittorrent.free = LEAST - 1
    bench.want("Alien", "Brazil")
    bench.offer("Alien")
    bench.later(600)
    assert bench.tracker.asked == []
    assert bench.said_of("Nothing is searched for below 1.1 GB") == 1
    bench.qbittorrent.free = LEAST
    bench.later(120)
    assert bench.tracker.asked == ["Alien", "Brazil"]


def test_a_film_without_room_keeps_its_choice_for_more_than_a_day_and_others_go_on(bench: Bench) -> None:
    bench.want("Alien", "Brazil")
    bench.offer("Alien", size=200 * GIB)
    bench.offer("Brazil", size=GIB)
    bench.later(30 * 3600)
    assert bench.titles(COMPLETED) == ["Brazil"]
    assert bench.tracker.asked == ["Alien", "Brazil"]
    assert (bench.film("Alien").status, bench.film("Alien").retry_count) == (PENDING, 0)
    assert bench.said_of("214.7 GB needed") == 1
    bench.qbittorrent.free = 300 * GIB
    bench.later(120)
    assert bench.titles(COMPLETED) == ["Brazil", "Alien"]
    assert bench.tracker.asked == ["Alien", "Brazil"]


def test_films_that_wait_for_room_cost_two_requests_a_look_however_many_they_are(bench: Bench) -> None:
    titles = [f"Film {number}" for number in range(30)]
    bench.want(*titles)
    for title in titles:
        bench.offer(title, size=200 * GIB)
    bench.later(300)
    bench.qbittorrent.asked.clear()
    bench.later(600)
    assert len(bench.qbittorrent.asked) <= 10 * 4


def test_a_torrent_that_was_just_added_counts_before_it_has_a_byte(bench: Bench) -> None:
    bench.want("Alien", "Brazil")
    bench.offer("Alien", size=60 * GIB)
    bench.offer("Brazil", size=60 * GIB)
    bench.later(300)
    assert bench.titles(COMPLETED) == ["Alien"]
    assert bench.titles(PENDING) == ["Brazil"]


def test_a_disk_that_fills_up_while_it_runs_fails_no_film(bench: Bench) -> None:
    bench.want("Alien")
    torrent = bench.offer("Alien")
    bench.run()
    bench.qbittorrent.become(torrent, state="error")
    bench.later(3600)
    film = bench.film("Alien")
    assert (film.status, film.retry_count, film.downloaded_at) == (COMPLETED, 0, None)
    assert bench.said_of("qBittorrent reports “error” for Alien") == 1
    bench.qbittorrent.become(torrent, state="downloading")
    bench.later(120)
    bench.qbittorrent.complete(torrent)
    bench.later(120)
    assert isinstance(bench.film("Alien"), Movie)
    assert bench.film("Alien").downloaded_at is not None
