"""What a change of the queue costs beside the bare writing of the same bytes, on the disk itself."""

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from crew import Row

import storage
from movie import Movie
from queue_files import COMPLETED, FAILED, FILE_NAMES, PENDING
from queue_manager import QueueManager

AT_MOST = 2.5
Transition = Callable[[QueueManager, Movie], object]
TRANSITIONS: dict[str, tuple[str, str, Transition]] = {
    "pending → completed": (PENDING, COMPLETED, lambda queue, film: queue.add_to_completed(film)),
    "pending → failed": (
        PENDING,
        FAILED,
        lambda queue, film: queue.add_to_failed(film, "No torrents found", time.time() + 60),
    ),
    "failed → pending": (FAILED, PENDING, lambda queue, film: queue.move_failed_to_pending(film)),
}


def films(count: int) -> list[Movie]:
    """So many films with what a film page tells of each."""
    return [
        Movie(
            title=f"Reel Number {number}",
            year=1900 + number % 100,
            director=f"Director {number % 90}",
            imdb_id=f"tt9{number:06}",
            film_id=f"{900_000 + number}",
            lid=f"z{number:04x}",
            slug=f"reel-number-{number}",
            lists=("demo/watchlist",),
        )
        for number in range(count)
    ]


def filled(folder: Path, count: int) -> QueueManager:
    """Queues of `count` films, half of them pending, the others completed, but for a few failed ones."""
    queue = QueueManager(folder, max_retries=5)
    queue.add_many_to_pending(films(count))
    with queue._changing():
        for number, film in enumerate(queue.films(PENDING)):
            if number % 2:
                queue._move(film, FAILED if number % 100 == 1 else COMPLETED, "as filled")
    return queue


def bare(files: list[Path], scratch: Path) -> float:
    """Seconds to write, fsync and rename what these files hold."""
    contents = [path.read_bytes() for path in files]
    started = time.perf_counter()
    for number, data in enumerate(contents):
        temporary = scratch / f"{number}.tmp"
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.write(descriptor, data)
        os.fsync(descriptor)
        os.close(descriptor)
        temporary.replace(scratch / str(number))
    return time.perf_counter() - started


def ratio(count: int, times: int, where: Path | None = None) -> tuple[float, str]:
    """The worst of the transitions: how many times the bare writing, by the medians of one run."""
    worst, words = 0.0, ""
    with tempfile.TemporaryDirectory(dir=where) as name:
        folder, scratch = Path(name) / "state", Path(name)
        queue = filled(folder, count)
        for title, (source, target, transition) in TRANSITIONS.items():
            ours, theirs = [], []
            for film in queue.films(source)[:times]:
                started = time.perf_counter()
                transition(queue, film)
                ours.append(time.perf_counter() - started)
                theirs.append(bare([folder / FILE_NAMES[name] for name in (target, source)], scratch))
            times_bare = statistics.median(ours) / statistics.median(theirs)
            if times_bare > worst:
                worst = times_bare
                words = (
                    f"{statistics.median(ours) * 1000:.1f} ms against "
                    f"{statistics.median(theirs) * 1000:.1f} ms ({title})"
                )
    return worst, words


def transitions(sizes: tuple[int, ...] = (1_000, 10_000), times: int = 40) -> Row:
    """One transition against the bare writing, at each size."""
    found = {size: ratio(size, times) for size in sizes}
    return Row(
        "one transition in a queue of " + " / ".join(f"{size:,}" for size in sizes) + " films, against bare "
        "write+fsync+rename of the same bytes",
        f"at most {AT_MOST}x",
        "; ".join(f"{size:,}: {times_bare:.2f}x, {words}" for size, (times_bare, words) in found.items()),
        all(times_bare <= AT_MOST for times_bare, _ in found.values()),
    )


def adding(count: int = 10_000) -> Row:
    """Adding many films at once: how often each file is written."""
    written: list[str] = []
    write_bytes = storage.write_bytes

    def counted(path: Path, data: bytes) -> None:
        written.append(path.name)
        write_bytes(path, data)

    with tempfile.TemporaryDirectory() as name:
        queue = QueueManager(Path(name) / "state", max_retries=5)
        storage.write_bytes = counted
        try:
            started = time.perf_counter()
            queue.add_many_to_pending(films(count))
            seconds = time.perf_counter() - started
        finally:
            storage.write_bytes = write_bytes
    times = {file: written.count(file) for file in written}
    return Row(
        f"adding {count:,} films at once",
        "one write a file",
        f"{times}, {seconds:.1f} s",
        set(times.values()) == {1},
    )
