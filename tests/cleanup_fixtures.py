"""A bench in memory, and films that lie in the trash, for the tests of `trash` and `emptying`."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from cleanup_bench import CleanupBench
from cleanup_films import Ending, Film

from movie import MANUAL_LIST
from queue_files import COMPLETED


class Benches:
    """As many benches as a test wants; in memory where there is such a place, for the thousands of writes."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._count = 0

    def __call__(self) -> CleanupBench:
        self._count += 1
        return CleanupBench(self._root / str(self._count))


def benches() -> Iterator[Benches]:
    """For a fixture."""
    memory = Path("/dev/shm")
    root = Path(tempfile.mkdtemp(prefix="cleanup-", dir=memory if os.access(memory, os.W_OK) else None))
    yield Benches(root)
    shutil.rmtree(root)


def trashed(bench: CleanupBench, *, linked: bool = False) -> Film:
    """A film that lies in the trash."""
    film = bench.film(linked=linked)
    bench.go()
    bench.check(Ending(trashed=(film,)))
    return film


def folder_of(bench: CleanupBench) -> Path:
    """Where in the trash the only film lies."""
    [entry] = bench.entries()
    assert entry.local is not None
    return Path(entry.local)


def came_back(bench: CleanupBench, film: Film) -> None:
    """It is where it was, and the user's wish."""
    film.queue = COMPLETED
    bench.check(Ending())
    [movie] = bench.queue.films(COMPLETED)
    assert movie.lists == (MANUAL_LIST,)
    assert (movie.torrent_hash, movie.owned) == (film.hash, True)


def anything_in_trash(bench: CleanupBench) -> bool:
    trash = bench.films / ".movie_sync_trash"
    return trash.is_dir() and any(trash.iterdir())
