"""The documentation's example films, and queue files as a user writes and reads them."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from support import NOON

from movie import ChosenRelease, Movie
from queue_files import QUEUES
from queue_manager import QueueManager

HOUR, DAY = 3600, 24 * 3600
MATRIX = {
    "id": "tt0133093",
    "title": "The Matrix",
    "year": 1999,
    "director": "The Wachowskis",
    "imdb_id": "tt0133093",
    "status": "pending",
    "queued_at": 1729267890,
}
RELOADED = {
    "id": "tt0234215",
    "title": "The Matrix Reloaded",
    "year": 2003,
    "status": "failed",
    "retry_count": 2,
    "last_error": "No torrents found",
    "last_failed_at": 1729267900,
    "retry_after": 1729271500,
}
DONE = {"id": "tt0133093", "title": "The Matrix", "year": 1999, "status": "completed", "completed_at": NOON}
RELEASE = ChosenRelease(name="The.Matrix.1999", tracker="FileList", id="7")
FILMS = [{"title": f"Film {number}", "imdb_id": f"tt{number:07}"} for number in range(30)]


def entries(folder: Path, queue: str) -> list[dict[str, Any]]:
    return list(json.loads((folder / f"queue_{queue}.json").read_text()))


def write(folder: Path, queue: str, *films: Mapping[str, Any]) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    (folder / f"queue_{queue}.json").write_text(json.dumps(films))
    (folder / "version.json").write_text('{"state": 1}')


def left_as(path: Path, content: str | bytes) -> None:
    """A file somebody left like this: nobody seems to be writing it any more."""
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    os.utime(path, (NOON - DAY, NOON - DAY - len(content)))


def claim(queue: QueueManager) -> Movie:
    movie = queue.get_next_pending()
    assert movie is not None
    return movie


def places(queue: QueueManager) -> dict[str, str]:
    """Each film's queue; fails if a film is in two."""
    found = [(movie.title, name) for name in QUEUES for movie in queue.films(name)]
    assert len(dict(found)) == len(found)
    return dict(found)
