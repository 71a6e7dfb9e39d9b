"""`watchlist.json`: what is remembered of each list, by its name.

Owns that file: the last proven reading of a list as ordered film keys, a count that keeps coming out wrong,
and the films that were missing lately. Decides nothing. Any thread and process may change an entry; each
change reads the file anew under a lock of its own and is on disk when it returns.
"""

from collections.abc import Callable
from pathlib import Path

import msgspec

import storage

EXPORT = "export:"
"""How names of lists begin that are read from a file."""


class Miscount(msgspec.Struct, frozen=True, kw_only=True):
    """A full reading that came to another number than the list promised, `times` times the same way."""

    films: tuple[str, ...]
    promised: int
    read_at: int
    times: int = 1

    @property
    def difference(self) -> int:
        """Films promised and not seen (or seen and not promised, below 0)."""
        return self.promised - len(self.films)


class Missed(msgspec.Struct, frozen=True):
    """A film that full readings miss: since when (unix seconds), and how many films the list had before."""

    since: int
    of: int


class Mark(msgspec.Struct, frozen=True):
    """A film that was marked as removed at `at` (unix seconds), from a list that had `of` films before."""

    id: str
    at: int
    of: int


class ListMemory(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One list. Films are named by `film_store.film_key`, those missing by the id of their record.

    `read_at` is the last proven reading, `full_at` the last that saw all pages, `out_of_order_at` when one
    last showed that new films do not simply come on top. `length` is how long it was when it was last looked
    at for removals; `held` are those that wait to be accepted; `diary_due` says that the diary could not be
    asked why films left. `apart` names, by the key of a film, others of its name that were on the list
    together with it.
    """

    films: tuple[str, ...] = ()
    read_at: int = 0
    proof: str = ""
    full_at: int = 0
    out_of_order_at: int = 0
    miscount: Miscount | None = None
    length: int = 0
    missed: dict[str, Missed] = {}
    marks: tuple[Mark, ...] = ()
    held: tuple[str, ...] = ()
    written_at: int = 0
    diary_due: bool = False
    apart: dict[str, tuple[str, ...]] = {}


class Lists:
    """The remembered lists of one state folder. Every method may raise `StateError`."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "watchlist.json"
        self.lock_path = folder / ".watchlist.lock"

    def all(self) -> dict[str, ListMemory]:
        """Every list by its name."""
        return storage.read_json(self._path, dict[str, ListMemory], {})

    def get(self, name: str) -> ListMemory:
        """One list, blank if it was never read."""
        return self.all().get(name) or ListMemory()

    def change(self, name: str, change: Callable[[ListMemory], ListMemory]) -> ListMemory:
        """Replace what is remembered of one list. Raises `StateWriteError`."""
        with storage.file_lock(self.lock_path):
            lists = self.all()
            before = lists.get(name) or ListMemory()
            after = change(before)
            if after != before:
                storage.write_json(self._path, {**lists, name: after})
        return after

    def web_read_at(self) -> int:
        """When a list was last read on the web and proven; 0 if never."""
        return max((m.read_at for name, m in self.all().items() if not name.startswith(EXPORT)), default=0)
