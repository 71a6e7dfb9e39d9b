"""What has lain in the trash for long enough goes for good, and nothing else."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from cleanup_bench import DAY, HOUR, CleanupBench
from cleanup_films import Ending, content
from cleanup_fixtures import anything_in_trash, benches, folder_of, trashed

from cleanup_journal import TRASHED
from torrent_store import forget_torrent, kept_torrent

PERIOD = 7 * DAY


@pytest.fixture
def bench() -> Iterator[CleanupBench]:
    for make in benches():
        yield make()


def test_after_its_time_it_is_deleted(bench: CleanupBench) -> None:
    film = trashed(bench)
    bench.later(PERIOD - 2 * HOUR)
    bench.check(Ending(trashed=(film,)))
    bench.later(4 * HOUR)
    bench.check(Ending(deleted=(film,)))
    assert not anything_in_trash(bench)
    assert kept_torrent(bench.folder, film.hash) is None
    assert [event["event"] for event in bench.history()][-1] == "deleted from the trash"


def test_a_clock_that_jumps_deletes_nothing(bench: CleanupBench) -> None:
    film = trashed(bench)
    for jump in (400 * DAY, -800 * DAY, 400 * DAY, 5 * DAY):
        bench.clock.time += jump
        bench.resume()
    bench.check(Ending(trashed=(film,)))


def test_a_computer_that_was_off_counts_a_day(bench: CleanupBench) -> None:
    film = trashed(bench)
    for _ in range(6):
        bench.clock.time += 30 * DAY
        bench.restart()
        bench.look()
    bench.check(Ending(trashed=(film,)))
    bench.clock.time += 30 * DAY
    bench.restart()
    bench.look()
    bench.check(Ending(deleted=(film,)))


def test_while_cleanup_is_off_only_the_user_empties_the_trash(bench: CleanupBench) -> None:
    film = trashed(bench)
    bench.configure(enable_removal_cleanup=False)
    bench.later(2 * PERIOD, step=DAY)
    bench.check(Ending(trashed=(film,)))
    for _ in range(8):
        bench.clock.time += DAY
        bench.yes()
    bench.check(Ending(deleted=(film,)))


def test_what_else_lies_in_its_folder_stays(bench: CleanupBench) -> None:
    film = trashed(bench)
    folder = folder_of(bench)
    bench.foreign_file(folder / "mine.mkv")
    bench.foreign_file(next(folder.rglob("*.mkv")).with_name("more.srt"))
    bench.foreign_link(folder / "door", bench.library)
    bench.later(PERIOD + DAY, step=DAY)
    bench.check(Ending(deleted=(film,)))
    assert bench.said_of("as it was not put there") == 1


@pytest.mark.parametrize("same_size", [True, False])
def test_what_was_put_in_its_place_stays(bench: CleanupBench, same_size: bool) -> None:
    film = trashed(bench)
    [main] = folder_of(bench).rglob("*.mkv")
    size = main.stat().st_size if same_size else 5
    main.unlink()
    bench.foreign_file(main, content("mine", size))
    os.utime(main, (1, 1))
    bench.later(PERIOD + DAY, step=DAY)
    bench.check(Ending(deleted=(film,)))


def test_nothing_is_deleted_through_a_link_in_the_trash(bench: CleanupBench) -> None:
    film = trashed(bench)
    folder = folder_of(bench)
    real = folder.rename(bench.outside / "real")
    bench.foreign |= {path: path.read_bytes() for path in real.rglob("*") if path.is_file()}
    bench.foreign_link(folder, real)
    film.files = {}
    bench.later(PERIOD + DAY, step=DAY)
    bench.check(Ending(trashed=(film,)))


def test_what_a_torrent_has_in_the_trash_stays(bench: CleanupBench) -> None:
    film = trashed(bench)
    pieces = bench.client.pieces[film.hash]
    bench.users_torrent(pieces, folder=folder_of(bench), name="seeded")
    bench.later(PERIOD + DAY, step=DAY)
    bench.check(Ending(trashed=(film,)))
    assert bench.said_of("has its files there") >= 1


def test_a_film_that_is_wanted_and_cannot_come_back_is_not_deleted(bench: CleanupBench) -> None:
    film = bench.film()

    def want() -> None:
        bench.wanted_again(film)
        forget_torrent(bench.folder, film.hash)

    bench.at("after remove", want)
    bench.go()
    bench.later(PERIOD + DAY, step=DAY)
    assert len(bench.trash_of(film)) == 2
    assert bench.said_of("could not be brought back") >= 1


def test_a_trash_that_was_emptied_by_hand_is_done_with(bench: CleanupBench) -> None:
    film = trashed(bench)
    shutil.rmtree(bench.films / ".movie_sync_trash")
    bench.later(PERIOD + DAY, step=DAY)
    bench.check(Ending(deleted=(film,)))
    assert bench.entries() == ()


def test_a_trash_whose_disk_is_away_is_waited_for(bench: CleanupBench) -> None:
    bench.configure(trash_directory=str(bench.root / "trash"))
    film = trashed(bench)
    away = (bench.root / "trash").rename(bench.root / "away")
    (bench.root / "trash").mkdir()
    bench.later(PERIOD + DAY, step=DAY)
    assert bench.said_of("is empty: is its disk mounted?") >= 1
    (bench.root / "trash").rmdir()
    away.rename(bench.root / "trash")
    bench.check(Ending(trashed=(film,)))
    bench.later(DAY)
    bench.check(Ending(deleted=(film,)))


def test_what_only_qbittorrent_sees_is_deleted_by_it(bench: CleanupBench) -> None:
    bench.configure(download_directory=str(bench.root / "far"), qbittorrent={"save_path": str(bench.films)})
    film = trashed(bench)
    assert bench.entries()[0].local is None
    bench.later(PERIOD + DAY, step=DAY)
    bench.check(Ending(deleted=(film,)))


def test_what_only_qbittorrent_sees_stays_if_its_torrent_is_the_users_now(bench: CleanupBench) -> None:
    bench.configure(download_directory=str(bench.root / "far"), qbittorrent={"save_path": str(bench.films)})
    film = trashed(bench)
    assert film.torrent is not None
    folder = Path(bench.entries()[0].trash)
    bench.put(film.torrent, bench.client.pieces[film.hash], folder=folder)
    bench.later(PERIOD + DAY, step=DAY)
    assert len(bench.trash_of(film)) == 2
    assert film.hash in bench.client.statuses


def test_the_same_torrent_may_lie_in_the_trash_twice(bench: CleanupBench) -> None:
    film = trashed(bench)
    assert film.torrent is not None
    bench.put(film.torrent, bench.client.pieces[film.hash], "movie_sync")
    bench.lay(film.files)
    bench.clock.time += HOUR
    bench.read_list()
    bench.go()
    assert [entry.phase for entry in bench.entries()] == [TRASHED, TRASHED]
    assert len(bench.trash_of(film)) == 4
    bench.later(PERIOD + DAY, step=DAY)
    assert bench.trash_of(film) == []
    assert bench.entries() == ()
