"""A finished film and a link directory, for the tests of `film_links`."""

import os
import threading
from collections.abc import Callable
from pathlib import Path

from film_links import link_film

CONTENT = b"moving pictures" * 50
STEM = "Heat (1995)"
FILE = f"{STEM}/{STEM}.mkv"
WHOLE: dict[str, bytes | None] = {STEM: None, FILE: CONTENT}
"""What the directory holds when all went well."""


class Shelf:
    """`video` is a finished film, `directory` the link directory beside its folder."""

    def __init__(self, root: Path) -> None:
        self.video = root / "films" / "Heat.1995.1080p" / "heat.MKV"
        self.video.parent.mkdir(parents=True)
        self.video.write_bytes(CONTENT)
        self.directory = root / "library"
        self.directory.mkdir()

    def link(
        self, source: Path | None = None, *, title: str = "Heat", stop: threading.Event | None = None
    ) -> Path:
        return link_film(source or self.video, self.directory, title, 1995, stop or threading.Event())

    def holds(self) -> dict[str, bytes | None]:
        return everything_in(self.directory)


def everything_in(directory: Path) -> dict[str, bytes | None]:
    """All that lies below a directory: the content of files, None for anything else."""
    found = sorted(directory.rglob("*"))
    return {str(path.relative_to(directory)): path.read_bytes() if path.is_file() else None for path in found}


def raising(number: int) -> Callable[..., None]:
    """A call of the system that fails."""

    def fail(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    return fail
