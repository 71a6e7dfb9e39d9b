"""Following what was handed over until it is on the disk."""

from pathlib import Path

import pytest
from bench import Bench
from support import NOON, Clock, full_disk

from errors import ServiceUnavailable, StateWriteError
from follow_up import hashes_of
from in_flight import running
from movie import Movie
from torrent_file import TorrentFile

GONE = ServiceUnavailable("qbittorrent", "Could not connect to qBittorrent.")


@pytest.fixture
def bench(tmp_path: Path, clock: Clock) -> Bench:
    return Bench(tmp_path, clock)


def hand_over(bench: Bench, title: str = "Alien") -> TorrentFile:
    """The film's torrent, taken by qBittorrent, and the film completed."""
    torrent = bench.offer(title)
    bench.qbittorrent.hand_over(torrent)
    bench.queue.add_to_completed(
        Movie(title=title, year=1999, torrent_hash=torrent.info_hash, owned=True, slug=title)
    )
    bench.follow_up.hurry()
    return torrent


def look_for(bench: Bench, seconds: int) -> list[int]:
    """Look at each second; the seconds at which qBittorrent was asked."""
    asked = []
    for second in range(1, seconds + 1):
        bench.clock.time += 1
        if bench.follow_up.look():
            asked.append(second)
    return asked


def test_a_finished_torrent_is_noted_and_said_once(bench: Bench) -> None:
    torrent = hand_over(bench)
    bench.follow_up.look()
    assert bench.film("Alien").downloaded_at is None
    bench.qbittorrent.complete(torrent)
    look_for(bench, 300)
    downloaded_at = bench.film("Alien").downloaded_at
    assert downloaded_at is not None
    assert NOON < downloaded_at <= NOON + 60
    assert bench.said == ["✅ Download completed: Alien (1999)"]


def test_it_asks_less_and_less_often_and_at_most_once_a_minute(bench: Bench) -> None:
    hand_over(bench)
    bench.follow_up.look()
    assert look_for(bench, 300) == [2, 6, 14, 30, 62, 122, 182, 242]


def test_a_new_hand_over_makes_it_look_soon_again(bench: Bench) -> None:
    hand_over(bench)
    look_for(bench, 200)
    hand_over(bench, "Brazil")
    assert look_for(bench, 10)[0] <= 2


def test_all_running_torrents_are_asked_about_in_one_request(bench: Bench) -> None:
    for number in range(20):
        hand_over(bench, f"Film {number}")
    bench.qbittorrent.asked.clear()
    assert bench.follow_up.look()
    assert bench.qbittorrent.asked == ["ours"]


def test_while_nothing_of_ours_runs_nobody_is_asked(bench: Bench) -> None:
    bench.queue.add_to_completed(Movie(title="Mine", torrent_hash="ab" * 20, owned=False))
    bench.queue.add_to_completed(Movie(title="On disk"))
    assert bench.follow_up.next_due() is None
    assert look_for(bench, 300) == []
    assert bench.qbittorrent.asked == []


def test_after_a_failure_it_waits_before_it_asks_again(bench: Bench) -> None:
    hand_over(bench)
    bench.qbittorrent.trouble = GONE
    with pytest.raises(ServiceUnavailable):
        bench.follow_up.look()
    due = bench.follow_up.next_due()
    assert due is not None
    assert due > bench.clock()
    assert bench.follow_up.look() is False


def test_an_answer_is_noted_as_the_services_success(bench: Bench) -> None:
    hand_over(bench)
    bench.services.failed(GONE)
    bench.follow_up.look()
    assert bench.services.failed(GONE) is None


def test_a_hybrid_torrent_is_known_by_either_of_its_hashes(bench: Bench) -> None:
    torrent = hand_over(bench)
    bench.qbittorrent.statuses.clear()
    bench.qbittorrent.put(torrent, "movie_sync", complete=True, hash="cd" * 20, infohash_v2="CD" * 32)
    [status] = bench.qbittorrent.statuses.values()
    assert hashes_of(status) == {torrent.info_hash, "cd" * 20}
    bench.follow_up.look()
    assert bench.film("Alien").downloaded_at == NOON


@pytest.mark.parametrize("jump", [-86400, -100, 100, 86400])
def test_no_jump_of_the_clock_postpones_a_look_for_more_than_a_minute(bench: Bench, jump: int) -> None:
    hand_over(bench)
    look_for(bench, 70)
    bench.clock.time += jump
    assert look_for(bench, 60)


def test_state_that_cannot_be_written_is_found_out_before_anybody_is_asked(bench: Bench) -> None:
    torrent = hand_over(bench)
    bench.qbittorrent.complete(torrent)
    bench.qbittorrent.asked.clear()
    with full_disk(), pytest.raises(StateWriteError):
        bench.follow_up.look()
    assert bench.qbittorrent.asked == []
    bench.follow_up.look()
    bench.follow_up.doubt_state()
    assert bench.film("Alien").downloaded_at == NOON


def test_only_what_we_added_and_is_neither_there_nor_removed_is_running() -> None:
    ours = Movie(title="Ours", torrent_hash="ab" * 20, owned=True)
    others = [
        Movie(title="Mine", torrent_hash="ab" * 20, owned=False),
        Movie(title="There", torrent_hash="ab" * 20, owned=True, downloaded_at=NOON),
        Movie(title="Removed", torrent_hash="ab" * 20, owned=True, removed_by_user=True),
        Movie(title="No torrent", owned=True),
    ]
    assert running([ours, *others]) == [ours]
