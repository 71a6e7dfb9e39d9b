"""How films go into the trash step by step, and back out of it."""

import shutil
from collections.abc import Iterator

import msgspec
import pytest
from cleanup_bench import DAY, HOUR, CleanupBench
from cleanup_films import Ending, Film, content
from cleanup_fixtures import anything_in_trash, benches, came_back, folder_of, trashed

from cleanup_journal import BACK, GOING, TRASHED
from movie import ChosenRelease, TriedRelease
from queue_files import COMPLETED
from torrent_store import forget_torrent, kept_torrent

PERIOD = 7 * DAY


@pytest.fixture
def bench() -> Iterator[CleanupBench]:
    for make in benches():
        yield make()


# --- the steps


def test_the_account_is_written_then_the_step_noted_and_only_then_anything_is_done(
    bench: CleanupBench,
) -> None:
    film, seen = bench.film(), []

    def look() -> None:
        [entry] = bench.entries()
        told = [event["proof"]["what"] for event in bench.history() if event["event"] == "cleanup"]
        seen.append((entry.phase, entry.tries, told, film.path.exists()))

    bench.at("before stop_torrent", look)
    bench.go()
    assert seen == [(GOING, 1, ["into the trash"], True)]


def test_what_lies_in_the_trash_is_known_by_what_it_is(bench: CleanupBench) -> None:
    film = trashed(bench)
    [entry] = bench.entries()
    assert (entry.phase, entry.hash, entry.film["title"]) == (TRASHED, film.hash, "Heat")
    assert sorted(name for name, *_ in entry.resting) == sorted(name for name, _ in entry.files)
    assert kept_torrent(bench.folder, film.hash) is not None


def test_a_torrent_that_the_user_had_stopped_stays_stopped_when_its_film_is_wanted(
    bench: CleanupBench,
) -> None:
    film = bench.film(status={"state": "stoppedUP"})
    bench.at("before remove", lambda: bench.wanted_again(film))
    bench.go()
    bench.check(Ending(stopped=(film,)))


def test_a_link_that_went_is_made_again_when_its_film_is_wanted(bench: CleanupBench) -> None:
    film = bench.film(linked=True)
    bench.at("after unlink", lambda: bench.wanted_again(film))
    bench.write_queues()
    bench.killed(bench.look, None)
    bench.resume()
    film.link = None
    bench.check(Ending())
    [movie] = bench.queue.films(COMPLETED)
    assert (movie.link_due, movie.linked) == (True, None)


# --- back out of it


def _copy(bench: CleanupBench) -> Film:
    bench.configure(cleanup_unowned=True)
    film = bench.film(torrent_hash=None, owned=None)
    del bench.client.statuses[film.hash]
    bench.all_torrents.clear()
    film.torrent = None
    return film


def _two_releases(bench: CleanupBench) -> Film:
    film, other = bench.film(), bench.film("Heat Again")
    bench.known.remove(other)
    release = ChosenRelease(name="x", tracker="filelist", id="7")
    bench.change(film, tried=(TriedRelease(release=release, hash=other.hash, why="slow", running=True),))
    film.files |= other.files
    return film


def test_a_film_comes_back_by_its_name(bench: CleanupBench) -> None:
    film = trashed(bench)
    assert bench.undo("heat") == 0
    came_back(bench, film)
    assert bench.said_of("Brought back: Heat (1995)") == 1
    assert not anything_in_trash(bench)


def test_its_files_are_compared_before_it_goes_on(bench: CleanupBench) -> None:
    film = trashed(bench)
    [main] = folder_of(bench).rglob("*.mkv")
    data = film.files.pop(film.path)
    main.write_bytes(content("damaged", len(data)))
    bench.undo("heat")
    assert "is stopped" in bench.said[-2]
    film.queue = COMPLETED
    bench.foreign[bench.films / film.torrent.name / main.name] = content("damaged", len(data))  # type: ignore[union-attr]
    bench.check(Ending(stopped=(film,)))


def test_its_link_is_made_again(bench: CleanupBench) -> None:
    film = trashed(bench, linked=True)
    bench.undo("heat")
    film.link = None
    came_back(bench, film)
    assert bench.queue.films(COMPLETED)[0].link_due


def test_a_film_that_came_back_is_left_alone_from_then_on(bench: CleanupBench) -> None:
    film = trashed(bench)
    bench.undo("heat")
    bench.later(3 * PERIOD, step=DAY)
    came_back(bench, film)


def test_a_copy_comes_back(bench: CleanupBench) -> None:
    film = _copy(bench)
    bench.go()
    assert bench.undo("heat") == 0
    film.queue = COMPLETED
    bench.check(Ending())


def test_both_releases_come_back(bench: CleanupBench) -> None:
    film = _two_releases(bench)
    bench.go()
    assert bench.undo("heat") == 0
    film.queue = COMPLETED
    bench.check(Ending())


def refused(bench: CleanupBench, *films: Film, text: str = "heat", deleted: tuple[Film, ...] = ()) -> str:
    """Why it is not brought back; it still lies in the trash then."""
    assert bench.undo(text) == 1
    bench.check(Ending(trashed=films, deleted=deleted))
    return bench.said[-1]


def test_one_in_whose_way_something_lies_stays_in_the_trash(bench: CleanupBench) -> None:
    film = trashed(bench)
    bench.foreign_file(film.path)
    assert "is in its way" in refused(bench, film)


def test_one_in_whose_way_a_link_lies_stays_in_the_trash(bench: CleanupBench) -> None:
    film = trashed(bench)
    bench.foreign_link(film.path, bench.outside / "nowhere")
    assert "cannot be brought back" in refused(bench, film)


def test_one_whose_torrent_is_back_stays_in_the_trash(bench: CleanupBench) -> None:
    film = trashed(bench)
    assert film.torrent is not None
    bench.put(film.torrent, dict.fromkeys(bench.client.pieces[film.hash], b""), folder=bench.outside)
    assert bench.undo("heat") == 1
    assert "its torrent is in qBittorrent again" in bench.said[-1]
    assert len(bench.trash_of(film)) == 2


def test_one_whose_torrent_is_not_kept_any_more_stays_in_the_trash(bench: CleanupBench) -> None:
    film = trashed(bench)
    forget_torrent(bench.folder, film.hash)
    assert "its .torrent is not kept any more" in refused(bench, film)


def test_one_that_was_fetched_again_stays_in_the_trash(bench: CleanupBench) -> None:
    film = trashed(bench)
    again = bench.film(title="Heat Again", queue=COMPLETED)
    bench.known.remove(again)
    bench.known.append(again)
    again.movie = msgspec.structs.replace(again.movie, title="Heat", slug="heat-1995", id=film.movie.id)
    bench.known.remove(film)
    bench.write_queues()
    bench.restart()
    assert bench.undo("heat") == 1
    assert "it was fetched again meanwhile" in bench.said[-1]
    assert len(bench.trash_of(film)) == 2


def test_of_several_that_may_be_meant_none_comes_back(bench: CleanupBench) -> None:
    films = (bench.film("Heat", 1995), bench.film("Heat", 1986))
    bench.go()
    text = refused(bench, *films)
    assert "Heat (1986)" in text
    assert "Heat (1995)" in text
    assert bench.undo("heat-1986") == 0
    films[1].queue = COMPLETED
    bench.check(Ending(trashed=(films[0],)))


def test_one_that_is_not_there_does_not_come_back(bench: CleanupBench) -> None:
    film = trashed(bench)
    assert "In it: Heat (1995)" in refused(bench, film, text="alien")


def test_nothing_comes_back_from_an_empty_trash(bench: CleanupBench) -> None:
    bench.write_queues()
    assert "It is empty" in refused(bench)


def test_one_that_was_deleted_from_the_trash_by_hand_does_not_come_back(bench: CleanupBench) -> None:
    film = trashed(bench)
    shutil.rmtree(folder_of(bench))
    assert bench.undo("heat") == 1
    assert "is not there any more as it was" in bench.said[-1]
    assert bench.client.statuses == {}
    assert film.movie.title not in {movie.title for movie in bench.queue.everything()}


def test_none_comes_back_while_the_disk_of_the_trash_is_away(bench: CleanupBench) -> None:
    bench.configure(trash_directory=str(bench.root / "trash"))
    film = trashed(bench)
    away = (bench.root / "trash").rename(bench.root / "away")
    (bench.root / "trash").mkdir()
    assert bench.undo("heat") == 1
    (bench.root / "trash").rmdir()
    away.rename(bench.root / "trash")
    bench.check(Ending(trashed=(film,)))


def test_a_move_back_that_fails_is_tried_again_later(bench: CleanupBench) -> None:
    film = trashed(bench)
    bench.client.fail_to_move = True
    assert bench.undo("heat") == 1
    assert [entry.phase for entry in bench.entries()] == [BACK]
    bench.client.fail_to_move = False
    bench.clock.time += HOUR
    bench.resume()
    came_back(bench, film)
