"""Torrents of ours that qBittorrent does not list any more: removed, disowned, lost, or not loaded yet."""

from pathlib import Path

import pytest
from bench import TAG, Bench
from support import Clock

from absence import AFTER_RESTART, STEADY
from errors import FilmFault
from movie import Movie
from queue_files import COMPLETED, PENDING
from queue_manager import QueueManager
from torrent_file import TorrentFile


@pytest.fixture
def bench(tmp_path: Path, clock: Clock) -> Bench:
    return Bench(tmp_path, clock)


def fetch(bench: Bench, title: str = "Alien") -> TorrentFile:
    """The film was handed over just now."""
    bench.want(title)
    torrent = bench.offer(title)
    bench.run()
    assert title in bench.titles(COMPLETED)
    return torrent


def remove(bench: Bench, torrent: TorrentFile) -> None:
    del bench.qbittorrent.statuses[torrent.info_hash]


def killed(bench: Bench) -> Bench:
    """The program was killed and started again."""
    again = Bench(bench.folder.parent, bench.clock)
    again.client = bench.client
    return again


def pass_by(bench: Bench, seconds: float) -> None:
    """Time passes; the worker wakes when it wants to."""
    end = bench.clock.time + seconds
    while bench.clock.time < end:
        bench.clock.time = min(max(bench.downloads_worker.next_due(), bench.clock.time + 0.5), end)
        bench.run()


def test_a_torrent_that_the_user_removed_is_left_alone(bench: Bench) -> None:
    torrent = fetch(bench)
    pass_by(bench, 60)
    remove(bench, torrent)
    pass_by(bench, 61 + STEADY)
    film = bench.film("Alien")
    assert (film.status, film.removed_by_user, film.downloaded_at) == (COMPLETED, True, None)
    assert bench.said_of("its torrent was removed from qBittorrent") == 1
    pass_by(bench, 86400)
    assert bench.tracker.asked == ["Alien"]
    assert bench.qbittorrent.statuses == {}


def test_so_is_one_that_was_removed_before_the_first_look(bench: Bench) -> None:
    remove(bench, fetch(bench))
    pass_by(bench, 10)
    assert bench.film("Alien").removed_by_user


def test_retry_hands_the_kept_torrent_over_without_a_search(bench: Bench) -> None:
    torrent = fetch(bench)
    remove(bench, torrent)
    pass_by(bench, 10)
    bench.queue.retry([bench.film("Alien")])
    pass_by(bench, 10)
    assert bench.tracker.asked == ["Alien"]
    assert set(bench.qbittorrent.statuses) == {torrent.info_hash}
    film = bench.film("Alien")
    assert (film.status, film.removed_by_user, film.torrent_hash) == (COMPLETED, False, torrent.info_hash)


def test_while_qbittorrent_loads_its_torrents_nothing_is_concluded(bench: Bench) -> None:
    torrent = fetch(bench)
    pass_by(bench, 30)
    kept = bench.qbittorrent.statuses.pop(torrent.info_hash)
    bench.qbittorrent.restart()
    pass_by(bench, AFTER_RESTART - 2)
    bench.qbittorrent.statuses[torrent.info_hash] = kept
    pass_by(bench, 120)
    assert not bench.film("Alien").removed_by_user
    assert bench.said_of("removed") == 0


def test_one_that_comes_back_after_all_is_followed_again(bench: Bench) -> None:
    torrent = fetch(bench)
    pass_by(bench, 30)
    kept = bench.qbittorrent.statuses.pop(torrent.info_hash)
    pass_by(bench, 120)
    assert bench.film("Alien").removed_by_user
    bench.qbittorrent.statuses[torrent.info_hash] = kept
    pass_by(bench, 120)
    bench.qbittorrent.complete(torrent)
    pass_by(bench, 120)
    film = bench.film("Alien")
    assert (film.removed_by_user, film.downloaded_at is None) == (False, False)


def test_a_torrent_that_a_killed_qbittorrent_forgot_is_handed_over_again(bench: Bench) -> None:
    torrent = fetch(bench)
    remove(bench, torrent)
    bench.qbittorrent.restart()
    pass_by(bench, 2 * AFTER_RESTART)
    assert set(bench.qbittorrent.statuses) == {torrent.info_hash}
    film = bench.film("Alien")
    assert (film.status, film.removed_by_user) == (COMPLETED, False)
    assert bench.tracker.asked == ["Alien"]


def test_so_is_one_of_which_a_killed_program_knows_no_more_than_its_record(bench: Bench) -> None:
    torrent = fetch(bench)
    remove(bench, torrent)
    bench.qbittorrent.restart()
    again = killed(bench)
    pass_by(again, 2 * AFTER_RESTART)
    assert set(again.qbittorrent.statuses) == {torrent.info_hash}
    assert not again.film("Alien").removed_by_user
    pass_by(again, 60)
    assert not again.film("Alien").unseen
    assert again.tracker.asked == []


def test_once_it_was_seen_only_a_user_removes_it_whoever_was_killed(bench: Bench) -> None:
    torrent = fetch(bench)
    pass_by(bench, 10)
    remove(bench, torrent)
    bench.qbittorrent.restart()
    again = killed(bench)
    pass_by(again, 2 * AFTER_RESTART)
    assert again.film("Alien").removed_by_user
    assert again.qbittorrent.statuses == {}


def test_one_that_is_removed_after_it_was_handed_over_again_stays_away(bench: Bench) -> None:
    torrent = fetch(bench)
    remove(bench, torrent)
    again = killed(bench)
    while not again.qbittorrent.statuses:
        pass_by(again, 2)
    remove(again, torrent)
    pass_by(again, 2 * AFTER_RESTART)
    assert again.film("Alien").removed_by_user
    assert again.qbittorrent.statuses == {}


def test_one_that_is_not_taken_a_second_time_is_let_go(bench: Bench) -> None:
    remove(bench, fetch(bench))
    bench.qbittorrent.restart()
    bench.qbittorrent.refuse = FilmFault("qBittorrent refused the .torrent")
    pass_by(bench, 2 * AFTER_RESTART)
    assert bench.film("Alien").removed_by_user


def test_one_whose_tag_was_taken_off_is_the_users_from_then_on(bench: Bench) -> None:
    torrent = fetch(bench)
    bench.qbittorrent.become(torrent, tags=frozenset({"mine"}))
    pass_by(bench, 120)
    film = bench.film("Alien")
    assert (film.status, film.owned, film.removed_by_user) == (COMPLETED, False, False)
    bench.qbittorrent.asked.clear()
    pass_by(bench, 600)
    assert bench.qbittorrent.asked == []


def test_a_thousand_without_our_tag_cost_one_request_more(bench: Bench) -> None:
    films = [Movie(title=f"Film {n}", year=1999, torrent_hash=f"{n:040x}", owned=True) for n in range(1000)]
    queue = QueueManager(bench.folder, now=bench.clock)
    for film in films[:50]:
        queue.add_to_completed(film)
    pass_by(bench, 120)
    assert bench.qbittorrent.asked.count("torrents") == 1
    assert bench.qbittorrent.asked.count("find") == 0
    assert all(film.removed_by_user for film in bench.queue.films(COMPLETED))


def test_what_is_not_ours_is_not_followed(bench: Bench) -> None:
    torrent = bench.offer("Alien")
    bench.qbittorrent.put(torrent, "mine")
    bench.want("Alien")
    bench.run()
    assert bench.film("Alien").owned is False
    remove(bench, torrent)
    pass_by(bench, 600)
    assert not bench.film("Alien").removed_by_user
    assert bench.titles(PENDING) == []
    assert TAG not in {tag for one in bench.qbittorrent.torrents() for tag in one.tags}
