"""Files of torrents as qBittorrent moves and counts them, for the fakes of it.

A file that lies at the target already is left alone, and so is the one that was to go there.
"""

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from support import delete_files


def move_files(names: Iterable[str], source: Path, target: Path) -> bool:
    """Move what is there; whether no other file was in the way. OSError if `target` takes none of them."""
    names = tuple(names)
    if source == target:
        return True
    free = [name for name in names if not os.path.lexists(target / name)]
    for name in free:
        if (source / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.move(source / name, target / name)
    # The emptied folders of the torrent go, the one that they were in stays.
    delete_files(source, free)
    return len(free) == len(names)


def bytes_there(folder: Path, files: Iterable[tuple[str, int]]) -> int:
    """Those of the files that lie in `folder` with their full size; what is in them is not looked at."""
    return sum(size for name, size in files if _is_there(folder / name, size))


def _is_there(path: Path, size: int) -> bool:
    return path.is_file() and path.stat().st_size == size
