"""The first part of `--repair`: each state file that cannot be believed is copied aside and put right.

Acts; what can be kept is decided by `salvage`. Called by the main thread under the daemon's lock, while other
processes may work beside it: each file is read and replaced under the lock of those who write it. Never
touches configuration or credentials. A file that is fine is not written.
"""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

import salvage
import storage
from call_ledger import LIMIT
from cleanup_journal import Journal, Kept
from errors import StateError
from list_memory import ListMemory, Lists
from movie import FilmFacts, Movie, movie_to_mapping
from places import MARKER
from queue_files import FILE_NAMES, QueueFile, VersionFile, read_films
from services import Rest
from torrent_store import kept_torrent

MOST_NAMED = 20
"""Faults named for one file; the copy has them all."""


class Account:
    """What a repair found and did, said as it happens. `failed` is true once something could not be done."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self.wrongs = 0
        self.deeds = 0
        self.failed = False

    def wrong(self, text: str) -> None:
        """Something was wrong, and has been dealt with."""
        self.wrongs += 1
        self._say(f"⚠️  {text}")

    def detail(self, text: str) -> None:
        """More about what was said last."""
        self._say(f"   • {text}")

    def done(self, text: str) -> None:
        """Something was put right."""
        self.deeds += 1
        self._say(f"✓ {text}")

    def note(self, text: str) -> None:
        """Something worth knowing, which is left as it is."""
        self._say(f"ℹ️  {text}")

    def fail(self, text: str) -> None:
        """Something could not be put right."""
        self.failed = True
        self._say(f"❌ {text}")


@dataclass
class Mended:
    """What the queue files lost: films, with the file they stood in, and entries that tell of no film."""

    films: list[tuple[str, Movie]] = field(default_factory=list)
    unnamed: list[str] = field(default_factory=list)


def mend_files(folder: Path, place: Path, account: Account, now: int) -> Mended:
    """Put right what can be. A file that cannot even be read is a failure, and is left as it is.

    Raises `StateWriteError` when nothing can be written, `StateError` for a folder of a newer program.
    """
    mended = Mended()
    _mend_version(folder, account)
    with storage.file_lock(folder / ".lock"):
        for queue, name in FILE_NAMES.items():
            _mend_queue(folder / name, queue, account, mended)
    for path, kind, mend, lock in _other_files(folder, place, now):
        _mend_json(path, kind, mend, lock, account)
    _mend_history(folder / "history.jsonl", account)
    for path in sorted((folder / "searches").glob("*.json")):
        _drop_unless(_is_object, path, "the account of a search; the next one writes it anew", account)
    for path in sorted((folder / "torrents").glob("*.torrent")):
        _drop_unless(partial(_is_torrent, path), path, "not the torrent that its name says", account)
    return mended


def _mend_version(folder: Path, account: Account) -> None:
    version = VersionFile(folder)
    try:
        version.check()
    except StateError:
        data = _bytes_of(version.path, account)
        if data is None or _is_version(data):
            raise
        aside = storage.move_aside(version.path, data)
        account.wrong(f"{version.path.name} was broken: written anew; a copy is {aside.name}")
        version.declare()


def _is_version(data: bytes) -> bool:
    """Whether the file says a version, which is then one that we do not know."""
    try:
        return type(msgspec.json.decode(data, type=dict[str, Any]).get("state")) is int
    except (ValueError, RecursionError):
        return False


def _mend_queue(path: Path, queue: str, account: Account, mended: Mended) -> None:
    try:
        QueueFile(path, queue).read()
        return
    except StateError:
        data = _bytes_of(path, account)
    if data is None:
        return
    aside = storage.keep_aside(path, data)
    found = salvage.salvage_films(data, queue)
    storage.write_json(path, [movie_to_mapping(movie) for movie in found.kept])
    account.wrong(f"{path.name} {_reason(data, queue)}: {_films(found.kept)} kept; a copy is {aside.name}")
    _say_faults(found.faults, account)
    lost = [fault for fault in found.faults if not fault.kept]
    mended.films += [(path.name, fault.film) for fault in lost if fault.film]
    if not found.kept and not lost:
        mended.unnamed.append(f"Nothing in {path.name} could be read")
    mended.unnamed += [f"{path.name}, entry {fault.where}" for fault in lost if not fault.film]


def _reason(data: bytes, queue: str) -> str:
    try:
        read_films(data, queue)
    except ValueError as reason:
        return str(reason).split("; ", 1)[0]
    return "could not be read before, and can now"


def _films(films: list[Movie]) -> str:
    return f"{len(films)} film{'' if len(films) == 1 else 's'}"


def _say_faults(faults: tuple[salvage.Fault, ...], account: Account) -> None:
    for fault in faults[:MOST_NAMED]:
        account.detail(str(fault))
    if len(faults) > MOST_NAMED:
        account.detail(f"and {len(faults) - MOST_NAMED} more")


# --- the other files

Mend = Callable[[bytes], tuple[Any, str, tuple[salvage.Fault, ...]]]
"""A broken file's new content, what that means, and the entries that were lost."""


def _other_files(folder: Path, place: Path, now: int) -> Iterator[tuple[Path, Any, Mend, Path | None]]:
    yield (
        folder / "services.json",
        dict[str, Rest],
        _entries_of(Rest, "a service that was at rest may be asked once more"),
        folder / ".services.lock",
    )
    calls = folder / "filelist_calls.json"
    yield calls, list[int], lambda data: _calls(data, now), calls.with_suffix(".lock")
    yield (
        folder / "films.json",
        dict[str, FilmFacts],
        _entries_of(FilmFacts, "the pages of other films are read again"),
        None,
    )
    yield (
        folder / "watchlist.json",
        dict[str, ListMemory],
        _entries_of(ListMemory, "the next full reading of the list writes it anew"),
        Lists(folder).lock_path,
    )
    yield folder / "places.json", list[str], lambda data: _places(data, place), None
    yield folder / "library.json", list[str], _filled_places, None
    journal = Journal(folder)
    yield journal.path, Kept, _cleanup, journal.lock_path


def _mend_json(path: Path, kind: Any, mend: Mend, lock: Path | None, account: Account) -> None:
    with storage.file_lock(lock) if lock and path.exists() else contextlib.nullcontext():
        data = _bytes_of(path, account)
        if data is None or _fits(data, kind):
            return
        aside = storage.keep_aside(path, data)
        content, meaning, faults = mend(data)
        storage.write_json(path, content)
    account.wrong(f"{path.name} was broken: {meaning}; a copy is {aside.name}")
    _say_faults(faults, account)


def _entries_of(kind: type[Any], meaning: str) -> Mend:
    def mend(data: bytes) -> tuple[Any, str, tuple[salvage.Fault, ...]]:
        found = salvage.salvage_object(data, kind)
        return found.kept, f"{len(found.kept)} of its entries kept, {meaning}", found.faults

    return mend


def _calls(data: bytes, now: int) -> tuple[list[int], str, tuple[salvage.Fault, ...]]:
    calls = salvage.salvage_calls(data, now, LIMIT)
    return (
        calls,
        "what cannot be read of it counts as asked just now, so FileList may have to wait an hour",
        (),
    )


def _cleanup(data: bytes) -> tuple[Kept, str, tuple[salvage.Fault, ...]]:
    """Half a journal would be half believed: what it told of is left as it is on the disk."""
    meaning = "nothing is cleaned up before you have seen a plan; films in the trash stay there"
    return Kept(), meaning, ()


def _places(data: bytes, place: Path) -> tuple[list[str], str, tuple[salvage.Fault, ...]]:
    places = salvage.salvage_paths(data)
    if str(place) not in places and (place / MARKER).exists():
        places.append(str(place))
    if str(place) in places:
        return places, f"{len(places)} download directories kept", ()
    return places, f"make sure that the disk of {place} is mounted before you start Movie Sync", ()


def _filled_places(data: bytes) -> tuple[list[str], str, tuple[salvage.Fault, ...]]:
    places = salvage.salvage_paths(data)
    return places, f"{len(places)} library directories kept; make sure that their disks are mounted", ()


def _mend_history(path: Path, account: Account) -> None:
    if not path.exists():
        return
    with storage.file_lock(path.with_name(".history.lock")):
        data = _bytes_of(path, account)
        if data is None:
            return
        found = salvage.salvage_lines(data)
        if not found.faults:
            return
        aside = storage.keep_aside(path, data)
        storage.write_bytes(path, b"".join(line + b"\n" for line in found.kept))
    account.wrong(f"{path.name}: {len(found.kept)} lines kept; a copy is {aside.name}")
    _say_faults(found.faults, account)


def _drop_unless(is_right: Callable[[bytes], bool], path: Path, what: str, account: Account) -> None:
    data = _bytes_of(path, account)
    if data is not None and not is_right(data):
        aside = storage.move_aside(path, data)
        account.wrong(f"{path.parent.name}/{path.name} was broken ({what}): moved to {aside.name}")


def _is_torrent(path: Path, _data: bytes) -> bool:
    return kept_torrent(path.parent.parent, path.stem) is not None


def _is_object(data: bytes) -> bool:
    return _fits(data, dict[str, Any])


def _fits(data: bytes, kind: Any) -> bool:
    try:
        msgspec.json.decode(data, type=kind)
    except (ValueError, RecursionError):
        return False
    return True


def _bytes_of(path: Path, account: Account) -> bytes | None:
    """None if there is no such file, or it cannot be read, which is said: its content may be whole."""
    try:
        return storage.read_bytes(path)
    except StateError as error:
        account.fail(str(error))
        return None
