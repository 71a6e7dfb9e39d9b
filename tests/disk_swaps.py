"""A film in the download directory, and what may come in its place, for the tests of `disk_files`."""

import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

from disk_files import Seen, Unfit, look_at

CONTENT = b"moving pictures"
FILM = ("Heat (1995)", "heat.mkv")


def a_film(root: Path) -> Path:
    """The download directory, with one film in its folder."""
    film = root.joinpath("films", *FILM)
    film.parent.mkdir(parents=True)
    film.write_bytes(CONTENT)
    os.utime(film, (1_700_000_000, 1_700_000_000))
    return root / "films"


def seen(films: Path, *parts: str) -> Seen:
    found = look_at(films.joinpath(*(parts or FILM)), [films])
    assert isinstance(found, Seen)
    return found


def unfit(path: Path, *roots: Path) -> Unfit:
    found = look_at(path, roots)
    assert isinstance(found, Unfit)
    return found


def put(path: Path, content: bytes = CONTENT) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def put_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        # Its path may have about 100 bytes only.
        place = os.open(path.parent, os.O_RDONLY)
        server.bind(f"/proc/self/fd/{place}/{path.name}")
        os.close(place)


SOMETHING_ELSE: dict[str, Callable[[Path], object]] = {
    "folder": Path.mkdir,
    "fifo": os.mkfifo,
    "socket": put_socket,
    "link to a file": lambda path: path.symlink_to(put(path.with_name("real"))),
    "link to a folder": lambda path: path.symlink_to(path.parent),
    "link to nothing": lambda path: path.symlink_to("nothing"),
    "link to itself": lambda path: path.symlink_to(path.name),
}


def another_file(path: Path) -> None:
    """Of the same size and time: only its inode tells."""
    status = path.stat()
    other = put(path.with_name("other"), CONTENT[::-1])
    os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
    other.replace(path)


def written_to(path: Path) -> None:
    path.write_bytes(CONTENT[::-1])


def grown(path: Path) -> None:
    """With its time put back."""
    status = path.stat()
    path.write_bytes(CONTENT * 2)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def now_something_else(kind: str) -> Callable[[Path], None]:
    def swap(path: Path) -> None:
        path.unlink()
        SOMETHING_ELSE[kind](path)

    return swap


def behind_a_link(path: Path) -> None:
    """The very same file in the very same folder, but by a link."""
    path.rename(path.with_name("real"))
    path.symlink_to("real")


def folder_behind_a_link(path: Path) -> None:
    path.parent.rename(path.parent.with_name("real"))
    path.parent.symlink_to("real")


def folder_is_a_file(path: Path) -> None:
    shutil.rmtree(path.parent)
    path.parent.write_bytes(CONTENT)


def another_folder(path: Path) -> None:
    path.parent.rename(path.parent.with_name("real"))
    put(path)


SWAPS = {
    "another file": another_file,
    "written to": written_to,
    "grown": grown,
    **{kind: now_something_else(kind) for kind in SOMETHING_ELSE},
    "behind a link": behind_a_link,
    "folder behind a link": folder_behind_a_link,
    "folder is a file": folder_is_a_file,
    "another folder": another_folder,
}
