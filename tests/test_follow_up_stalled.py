"""Releases that do not come: another one beside them, the first complete one wins."""

from pathlib import Path
from typing import Any

import pytest
from bench import DAY, GONE, MIB, TAG, Bench, make_torrent
from support import Clock

from download_service import Found, NoRelease
from errors import FilmFault
from movie import ChosenRelease, Movie, TriedRelease
from queue_files import COMPLETED
from torrent_file import TorrentFile
from torrent_store import keep_torrent

HOUR = 3600


@pytest.fixture
def bench(tmp_path: Path, clock: Clock) -> Bench:
    return Bench(tmp_path, clock)


def release(bench: Bench, number: int, size: int = 8 * MIB) -> TorrentFile:
    """The tracker's best for Alien from now on."""
    name = f"Alien.1999.{number}080p.BluRay.x264-GRP"
    torrent = make_torrent(name, size)
    chosen = ChosenRelease(
        name=name, tracker="filelist", id=str(number), size=size, chosen_at=int(bench.clock())
    )
    bench.tracker.answers["Alien"] = Found(chosen, torrent)
    keep_torrent(bench.folder, torrent)
    return torrent


def fetch(bench: Bench) -> TorrentFile:
    """Alien was handed over; nothing comes of its torrent."""
    bench.want("Alien")
    torrent = release(bench, 1)
    bench.run()
    stall(bench, torrent)
    return torrent


def stall(bench: Bench, torrent: TorrentFile, **changes: Any) -> None:
    bench.qbittorrent.become(torrent, **{"state": "stalledDL", **changes})


def alien(bench: Bench) -> Movie:
    return bench.film("Alien")


def there(bench: Bench) -> set[str]:
    return set(bench.qbittorrent.statuses)


# --- when a release has stalled


def test_after_a_day_of_standing_still_the_next_best_is_fetched_beside(bench: Bench) -> None:
    first = fetch(bench)
    second = release(bench, 2)
    bench.later(DAY - 120)
    assert there(bench) == {first.info_hash}
    bench.later(240)
    assert there(bench) == {first.info_hash, second.info_hash}
    film = alien(bench)
    assert (film.status, film.torrent_hash, film.retry_count) == (COMPLETED, second.info_hash, 0)
    assert [(one.hash, one.running) for one in film.tried] == [(first.info_hash, True)]
    assert bench.said_of("🔁 Alien (1999): its release stood still for 24 hours; Alien.1999.2080p") == 1


@pytest.mark.parametrize(
    "state", ["downloading", "queuedDL", "stoppedDL", "checkingDL", "error", "missingFiles"]
)
def test_only_standing_still_counts(bench: Bench, state: str) -> None:
    first = fetch(bench)
    stall(bench, first, state=state)
    release(bench, 2)
    bench.later(DAY + 2 * HOUR)
    assert there(bench) == {first.info_hash}


def test_one_that_gets_a_byte_now_and_then_is_left_alone(bench: Bench) -> None:
    first = fetch(bench)
    release(bench, 2)
    for number in range(2):
        bench.later(DAY - HOUR)
        stall(bench, first, amount_left=first.size - 16384 * (number + 1))
    assert there(bench) == {first.info_hash}


def test_while_qbittorrent_is_offline_nothing_stalls(bench: Bench) -> None:
    first = fetch(bench)
    release(bench, 2)
    bench.qbittorrent.online = False
    bench.later(DAY + 2 * HOUR)
    assert there(bench) == {first.info_hash}
    bench.qbittorrent.online = True
    bench.later(DAY - HOUR)
    assert there(bench) == {first.info_hash}


def test_time_in_which_nobody_looked_counts_for_an_hour_at_most(bench: Bench) -> None:
    first = fetch(bench)
    release(bench, 2)
    bench.later(120)
    for _ in range(20):
        bench.clock.time += 5 * DAY
        bench.run()
    assert there(bench) == {first.info_hash}


def test_a_qbittorrent_that_does_not_answer_stalls_nothing(bench: Bench) -> None:
    first = fetch(bench)
    release(bench, 2)
    bench.later(300)
    bench.qbittorrent.trouble = GONE
    bench.later(2 * DAY)
    bench.qbittorrent.trouble = None
    bench.later(HOUR)
    assert there(bench) == {first.info_hash}


# --- which one wins


def test_the_first_complete_one_wins_and_the_other_goes_with_its_data(bench: Bench) -> None:
    first = fetch(bench)
    second = release(bench, 2)
    bench.later(DAY + 120)
    bench.qbittorrent.complete(second)
    bench.later(120)
    assert there(bench) == {second.info_hash}
    assert bench.qbittorrent.removed == [(first.info_hash, True)]
    film = alien(bench)
    assert (film.torrent_hash, film.downloaded_at is None) == (second.info_hash, False)
    assert not any(one.running for one in film.tried)
    assert bench.said_of("✅ Download completed: Alien (1999)") == 1


def test_a_qbittorrent_killed_while_it_takes_the_other_out_is_asked_once_more(bench: Bench) -> None:
    first = fetch(bench)
    second = release(bench, 2)
    bench.later(DAY + 120)
    bench.qbittorrent.complete(second)
    forgotten = bench.qbittorrent.statuses[first.info_hash]
    bench.later(60)
    assert there(bench) == {second.info_hash}
    assert alien(bench).downloaded_at is None
    bench.qbittorrent.statuses[first.info_hash] = forgotten
    bench.qbittorrent.restart()
    bench.later(60)
    assert there(bench) == {second.info_hash}
    assert alien(bench).downloaded_at is not None


def test_a_film_that_is_there_needs_no_other_release(bench: Bench) -> None:
    fetch(bench)
    second = release(bench, 2)
    bench.later(DAY + 60)
    while second.info_hash not in there(bench):
        bench.later(60)
    bench.qbittorrent.complete(second)
    release(bench, 3)
    bench.qbittorrent.trouble = GONE
    bench.clock.time += 600
    bench.run()
    bench.qbittorrent.trouble = None
    bench.later(600)
    assert there(bench) == {second.info_hash}
    assert len(bench.tracker.asked) == 2


def test_the_old_one_may_still_win(bench: Bench) -> None:
    first = fetch(bench)
    second = release(bench, 2)
    bench.later(DAY + 120)
    bench.qbittorrent.complete(first)
    bench.later(120)
    assert there(bench) == {first.info_hash}
    film = alien(bench)
    assert film.torrent_hash == first.info_hash
    assert film.release is not None
    assert film.release.name == "Alien.1999.1080p.BluRay.x264-GRP"
    assert bench.qbittorrent.removed == [(second.info_hash, True)]


def test_two_complete_ones_both_stay(bench: Bench) -> None:
    first = fetch(bench)
    second = release(bench, 2)
    bench.later(DAY + 120)
    bench.qbittorrent.complete(first)
    bench.qbittorrent.complete(second)
    bench.later(120)
    assert there(bench) == {first.info_hash, second.info_hash}
    assert bench.qbittorrent.removed == []


def test_a_loser_whose_tag_was_taken_off_stays(bench: Bench) -> None:
    first = fetch(bench)
    second = release(bench, 2)
    bench.later(DAY + 120)
    stall(bench, first, tags=frozenset({"mine"}))
    bench.qbittorrent.complete(second)
    bench.later(120)
    assert there(bench) == {first.info_hash, second.info_hash}


@pytest.mark.parametrize(
    "path",
    ["/films/Alien.1999.1080p.BluRay.x264-GRP.mkv", "/films", "/FILMS/alien.1999.1080p.BluRay.x264-GRP.mkv"],
)
def test_data_that_another_torrent_has_a_part_in_stay(bench: Bench, path: str) -> None:
    first = fetch(bench)
    second = release(bench, 2)
    bench.qbittorrent.put(make_torrent("cross-seed"), "mine", content_path=path)
    bench.later(DAY + 120)
    bench.qbittorrent.complete(second)
    bench.later(120)
    assert bench.qbittorrent.removed == [(first.info_hash, False)]


def test_a_crash_before_the_end_is_written_ends_the_same_way(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = fetch(bench)
    second = release(bench, 2)
    bench.later(DAY + 120)
    bench.qbittorrent.complete(second)
    with monkeypatch.context() as killed:
        killed.setattr(
            type(bench.queue), "note", lambda *args, **kwargs: (_ for _ in ()).throw(KeyboardInterrupt)
        )
        bench.later(60)
        with pytest.raises(KeyboardInterrupt):
            bench.later(60)
    assert there(bench) == {second.info_hash}
    again = Bench(bench.folder.parent, bench.clock)
    again.client = bench.client
    again.later(120)
    assert again.film("Alien").downloaded_at is not None
    assert there(again) == {second.info_hash}
    assert bench.qbittorrent.removed == [(first.info_hash, True)]


# --- no other release, or too many


def test_without_another_release_no_try_is_spent_and_it_is_searched_again_a_day_later(bench: Bench) -> None:
    fetch(bench)
    bench.tracker.answers["Alien"] = NoRelease("No torrents found")
    bench.later(DAY + 120)
    assert bench.tracker.asked == ["Alien", "Alien"]
    film = alien(bench)
    assert (film.status, film.retry_count, film.last_error) == (COMPLETED, 0, None)
    second = release(bench, 2)
    bench.later(DAY - 240)
    assert len(bench.tracker.asked) == 2
    bench.later(480)
    assert second.info_hash in there(bench)


def test_one_replacement_is_in_flight_and_three_releases_are_tried_at_most(bench: Bench) -> None:
    first = fetch(bench)
    second = release(bench, 2)
    bench.later(DAY + 120)
    stall(bench, second, amount_left=4 * MIB)
    third = release(bench, 3)
    bench.later(DAY + 240)
    assert there(bench) == {second.info_hash, third.info_hash}
    assert bench.qbittorrent.removed == [(first.info_hash, True)]
    stall(bench, third)
    release(bench, 4)
    bench.later(2 * DAY)
    assert there(bench) == {second.info_hash, third.info_hash}
    assert len(bench.tracker.asked) == 3
    assert bench.said_of("3 releases were tried") == 1
    bench.qbittorrent.complete(third)
    bench.later(120)
    assert there(bench) == {third.info_hash}
    assert alien(bench).downloaded_at is not None


def test_trouble_with_the_tracker_leaves_it_for_later(bench: Bench) -> None:
    first = fetch(bench)
    bench.tracker.answers["Alien"] = FilmFault("the .torrent is broken")
    bench.later(DAY + 600)
    assert len(bench.tracker.asked) == 2
    assert alien(bench).retry_count == 0
    assert there(bench) == {first.info_hash}


def test_a_replacement_that_is_the_users_own_stays_his(bench: Bench) -> None:
    first = fetch(bench)
    second = release(bench, 2)
    bench.qbittorrent.put(second, "mine")
    bench.later(DAY + 120)
    film = alien(bench)
    assert (film.torrent_hash, film.owned) == (first.info_hash, True)
    third = release(bench, 3)
    bench.later(DAY + 120)
    assert alien(bench).torrent_hash == third.info_hash
    assert bench.qbittorrent.statuses[second.info_hash].tags == {"mine"}


def test_a_replacement_that_qbittorrent_refuses_is_not_tried_again(bench: Bench) -> None:
    first = fetch(bench)
    second = release(bench, 2)
    bench.qbittorrent.refuse = FilmFault("qBittorrent refused the .torrent")
    bench.later(DAY + 120)
    bench.qbittorrent.refuse = None
    film = alien(bench)
    assert (film.status, film.torrent_hash, film.retry_count) == (COMPLETED, first.info_hash, 0)
    assert [(one.hash, one.running) for one in film.tried] == [(second.info_hash, False)]
    assert bench.said_of("Alien.1999.2080p.BluRay.x264-GRP was refused by qBittorrent") == 1


def test_however_short_the_patience_one_replacement_is_in_flight(tmp_path: Path, clock: Clock) -> None:
    bench = Bench(tmp_path, clock)
    bench.stalled_after = 5
    first = fetch(bench)
    second = release(bench, 2)
    bench.tracker.during_search = lambda: release(bench, 3) if second.info_hash in there(bench) else None
    bench.later(130)
    assert there(bench) == {first.info_hash, second.info_hash}


def test_one_that_would_write_into_the_same_files_is_not_fetched(bench: Bench) -> None:
    first = fetch(bench)
    second = release(bench, 1, size=9 * MIB)
    assert second.info_hash != first.info_hash
    bench.later(DAY + 120)
    assert there(bench) == {first.info_hash}


def test_a_replacement_without_room_waits(tmp_path: Path, clock: Clock) -> None:
    bench = Bench(tmp_path, clock, elsewhere=True)
    bench.downloads.rmdir()
    first = fetch(bench)
    second = release(bench, 2, size=2 * 2**40)
    bench.later(DAY + 600)
    assert there(bench) == {first.info_hash}
    assert alien(bench).retry_count == 0
    assert bench.tracker.asked == ["Alien", "Alien"]
    assert bench.said_of("No room where qBittorrent saves") == 1
    assert bench.said_of("..") == 0
    bench.qbittorrent.free = 3 * 2**40
    bench.later(120)
    assert there(bench) == {first.info_hash, second.info_hash}
    assert bench.tracker.asked == ["Alien", "Alien"]


def test_one_that_is_there_already_needs_no_room(tmp_path: Path, clock: Clock) -> None:
    bench = Bench(tmp_path, clock, elsewhere=True)
    bench.downloads.rmdir()
    fetch(bench)
    second = release(bench, 2, size=2 * 2**40)
    bench.qbittorrent.put(second, TAG)
    bench.later(DAY + 120)
    assert alien(bench).torrent_hash == second.info_hash


@pytest.mark.parametrize("taken", [True, False])
def test_a_kill_while_a_replacement_is_handed_over_leaves_nothing_unknown(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, taken: bool
) -> None:
    first = fetch(bench)
    second = release(bench, 2)
    with monkeypatch.context() as killing:
        killing.setattr(bench.qbittorrent, "hand_over", lambda torrent: killed_while(bench, torrent, taken))
        with pytest.raises(KeyboardInterrupt):
            bench.later(DAY + 240)
    again = started_again(bench)
    again.later(300)
    assert there(again) == {first.info_hash, second.info_hash}
    film = alien(again)
    assert (film.torrent_hash, film.removed_by_user, film.unseen) == (second.info_hash, False, False)
    assert [(one.hash, one.running) for one in film.tried] == [(first.info_hash, True)]
    again.qbittorrent.complete(first)
    again.later(180)
    assert there(again) == {first.info_hash}


def killed_while(bench: Bench, torrent: TorrentFile, taken: bool) -> None:
    if taken:
        bench.qbittorrent.put(torrent, TAG)
    raise KeyboardInterrupt


def started_again(bench: Bench) -> Bench:
    again = Bench(bench.folder.parent, bench.clock)
    again.client = bench.client
    return again


# --- when the user asks for others


def retry(bench: Bench) -> None:
    bench.queue.retry([alien(bench)])
    bench.run()


def exhausted(bench: Bench) -> tuple[TorrentFile, TorrentFile]:
    """Three releases were tried; the last two are in qBittorrent."""
    fetch(bench)
    second = release(bench, 2)
    bench.later(DAY + 120)
    stall(bench, second, amount_left=4 * MIB)
    third = release(bench, 3)
    bench.later(DAY + 240)
    stall(bench, third)
    bench.later(2 * DAY)
    assert bench.said_of("3 releases were tried") == 1
    return second, third


def test_retry_fetches_another_one_beside_those_that_stand_still(bench: Bench) -> None:
    first = fetch(bench)
    second = release(bench, 2)
    bench.later(60)
    retry(bench)
    film = alien(bench)
    assert (film.status, film.torrent_hash) == (COMPLETED, second.info_hash)
    assert [(one.hash, one.running) for one in film.tried] == [(first.info_hash, True)]
    assert there(bench) == {first.info_hash, second.info_hash}
    bench.qbittorrent.complete(second)
    bench.later(180)
    assert there(bench) == {second.info_hash}


def test_retry_allows_three_more_and_chooses_none_again(bench: Bench) -> None:
    second, _ = exhausted(bench)
    fourth = release(bench, 4)
    retry(bench)
    assert fourth.info_hash in there(bench)
    bench.later(120)
    assert there(bench) == {second.info_hash, fourth.info_hash}
    stall(bench, fourth)
    fifth = release(bench, 5)
    bench.later(DAY + 240)
    assert fifth.info_hash in there(bench)
    stall(bench, fifth)
    sixth = release(bench, 6)
    bench.later(DAY + 240)
    assert sixth.info_hash in there(bench)
    stall(bench, sixth)
    release(bench, 7)
    asked = len(bench.tracker.asked)
    bench.later(2 * DAY)
    assert len(bench.tracker.asked) == asked
    assert bench.said_of("3 releases were tried") == 2
    names = [one.release.name for one in alien(bench).tried]
    assert names == [f"Alien.1999.{number}080p.BluRay.x264-GRP" for number in range(1, 6)]


def test_one_that_was_taken_out_a_moment_ago_is_not_there(bench: Bench) -> None:
    first = fetch(bench)
    second = release(bench, 2)
    bench.later(60)
    film = alien(bench)
    gone = TriedRelease(release=ChosenRelease(name="", tracker="", id=""), hash=second.info_hash, why="")
    bench.queue.note(film, COMPLETED, tried=(gone,))
    bench.qbittorrent.put(second, TAG)
    third = release(bench, 3)
    retry(bench)
    assert first.info_hash in there(bench)
    assert alien(bench).torrent_hash == third.info_hash


def test_while_retry_finds_nothing_those_that_run_are_followed(bench: Bench) -> None:
    first = fetch(bench)
    bench.tracker.answers["Alien"] = NoRelease("No torrents found")
    bench.later(60)
    retry(bench)
    assert alien(bench).status == "failed"
    bench.qbittorrent.complete(first)
    bench.later(180)
    film = alien(bench)
    assert (film.status, film.torrent_hash, film.tried) == (COMPLETED, first.info_hash, ())
    assert film.downloaded_at is not None


def test_the_files_of_one_that_stands_still_are_not_the_film(bench: Bench) -> None:
    first = fetch(bench)
    (bench.downloads / first.name).write_bytes(b"begun")
    second = release(bench, 2)
    bench.later(60)
    retry(bench)
    assert alien(bench).torrent_hash == second.info_hash


def test_retry_hands_nothing_over_that_would_write_into_the_same_files(bench: Bench) -> None:
    first = fetch(bench)
    release(bench, 1, size=9 * MIB)
    bench.later(60)
    retry(bench)
    assert there(bench) == {first.info_hash}
    assert alien(bench).status == "failed"


def test_a_fault_of_one_of_two_is_said_once(bench: Bench) -> None:
    first = fetch(bench)
    release(bench, 2)
    bench.later(DAY + 120)
    stall(bench, first, state="error")
    bench.later(600)
    assert bench.said_of("qBittorrent reports “error”") == 1


# --- one of the two is taken out by the user


def test_a_removed_replacement_leaves_the_old_one(bench: Bench) -> None:
    first = fetch(bench)
    second = release(bench, 2)
    bench.later(DAY + 300)
    del bench.qbittorrent.statuses[second.info_hash]
    bench.later(300)
    film = alien(bench)
    assert (film.torrent_hash, film.removed_by_user) == (first.info_hash, False)
    bench.qbittorrent.complete(first)
    bench.later(300)
    assert alien(bench).downloaded_at is not None


def test_a_removed_old_one_leaves_the_replacement(bench: Bench) -> None:
    first = fetch(bench)
    second = release(bench, 2)
    bench.later(DAY + 300)
    del bench.qbittorrent.statuses[first.info_hash]
    bench.later(300)
    film = alien(bench)
    assert (film.torrent_hash, film.removed_by_user) == (second.info_hash, False)
    assert TAG in bench.qbittorrent.statuses[second.info_hash].tags
