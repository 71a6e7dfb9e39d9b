"""Library directories on the disk, and a reader without root's rights, for the tests of the library."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from library import film_entries, find_entry
from movie import Movie

NOBODY = 65534


def put(root: Path, *names: str) -> Path:
    """Create files below `root`; a name that ends with a slash is an empty folder."""
    for name in names:
        path = root / name
        if name.endswith("/"):
            path.mkdir(parents=True, exist_ok=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"film")
    return root


def names_in(root: Path) -> set[str]:
    return {entry.name for entry in film_entries(root)}


def has(root: Path, movie: Movie, *, name_proves: bool = True) -> bool:
    return find_entry(movie, film_entries(root), name_proves=name_proves) is not None


@contextmanager
def as_nobody() -> Iterator[None]:
    """Without root's right to read everything, where the tests run as root."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
