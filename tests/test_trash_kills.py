"""Cleanup killed at each point: it goes on, or comes back, and no film is half gone."""

import os
from collections.abc import Iterator
from functools import partial

import pytest
from cleanup_bench import DAY, HOUR, CleanupBench
from cleanup_films import Ending, Film
from cleanup_fixtures import Benches, benches, came_back, folder_of, trashed

from cleanup_journal import TRASHED
from movie import ChosenRelease, TriedRelease
from queue_files import PENDING

PERIOD = 7 * DAY


@pytest.fixture
def make_bench() -> Iterator[Benches]:
    yield from benches()


def _plain(bench: CleanupBench) -> Film:
    return bench.film(linked=True)


def _compared(bench: CleanupBench) -> Film:
    film = bench.film()
    bench.long_complete(film)
    os.utime(film.path)
    return film


def _deleted(bench: CleanupBench) -> Film:
    bench.configure(trash_period=0)
    return bench.film(linked=True)


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


SETTINGS = {
    "a film with a link": _plain,
    "a film that is compared first": _compared,
    "without a trash": _deleted,
    "a copy": _copy,
    "two releases": _two_releases,
}


def _is_whole_somewhere(bench: CleanupBench, film: Film) -> bool:
    away = [data for path, data in film.files.items() if not path.is_file() or path.read_bytes() != data]
    in_trash = {path.read_bytes() for path in bench.trash_of(film)}
    return in_trash >= set(away)


@pytest.mark.parametrize("name", SETTINGS)
def test_killed_at_any_point_it_goes_all_the_same(make_bench: Benches, name: str) -> None:
    at = 0
    while True:
        bench = make_bench()
        film = SETTINGS[name](bench)
        bench.foreign_file(
            film.path.with_name("mine.docx") if name != "a copy" else bench.films / "mine.docx"
        )
        bench.write_queues()
        was_killed = bench.killed(partial(bench.look, times=2, after=60), at)
        assert name == "without a trash" or _is_whole_somewhere(bench, film), bench.points[-1]
        bench.resume()
        bench.all_torrents.intersection_update({film.hash} if film.torrent else ())
        bench.check(Ending(deleted=(film,)) if name == "without a trash" else Ending(trashed=(film,)))
        if not was_killed:
            break
        at += 1
    assert at > 20


@pytest.mark.parametrize(
    "name", ["a film with a link", "a film that is compared first", "a copy", "two releases"]
)
def test_killed_at_any_point_it_stays_if_it_is_wanted_then(make_bench: Benches, name: str) -> None:
    at = 0
    while True:
        bench = make_bench()
        film = SETTINGS[name](bench)
        bench.write_queues()
        was_killed = bench.killed(partial(bench.look, times=2, after=60), at)
        bench.wanted_again(film)
        bench.resume()
        [movie] = [one for one in bench.queue.everything() if one.title == "Heat"]
        assert _is_whole_somewhere(bench, film), bench.points[-1]
        if movie.status != PENDING:  # it was gone by then, and is a new one now
            assert all(path.read_bytes() == data for path, data in film.files.items()), bench.points[-1]
            assert not any(status.stopped for status in bench.client.statuses.values()), bench.points[-1]
            assert bench.entries() == ()
        if not was_killed:
            break
        at += 1
    assert at > 20


def test_killed_at_any_point_it_comes_back_all_the_same(make_bench: Benches) -> None:
    at = 0
    while True:
        bench = make_bench()
        film = trashed(bench, linked=True)
        was_killed = bench.killed(partial(bench.undo, "heat"), at)
        if was_killed:
            bench.restart()
            if [entry.phase for entry in bench.entries()] == [TRASHED]:
                bench.undo("heat")
            bench.resume()
        film.link = None
        came_back(bench, film)
        if not was_killed:
            break
        at += 1
    assert at > 10


def test_killed_at_any_point_the_trash_is_emptied_all_the_same(
    make_bench: Benches,
) -> None:
    at = 0
    while True:
        bench = make_bench()
        film = trashed(bench)
        bench.foreign_file(folder_of(bench) / "mine.mkv")
        bench.later(PERIOD - DAY, step=DAY)
        was_killed = bench.killed(partial(bench.later, 2 * DAY, step=HOUR), at)
        bench.restart()
        bench.later(2 * DAY, step=HOUR)
        bench.check(Ending(deleted=(film,)))
        if not was_killed:
            break
        at += 7
    assert at > 20
