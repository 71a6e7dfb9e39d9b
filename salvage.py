"""What can still be read of a broken state file: bytes in, whatever is whole and right out, each loss named.

Pure. A file may be cut off anywhere, hold zeros, be of another type or encoding, or miss a comma: an entry
that is whole and right is kept, one with a wrong key is kept without it, and of every other one as much is
told as its remains say. Never guesses a value.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import msgspec

from movie import Movie, movie_from
from queue_files import read_entry

T = TypeVar("T")

_DECODER = json.JSONDecoder()
_STRING = r'"(?:[^"\\\x00-\x1f]|\\.)*"'
_OBJECT = re.compile(r"\{")
_LOOK_BACK = 200
_NAMED_OBJECT = re.compile(rf"({_STRING})\s*:\s*(?=\{{)")
_PATH = re.compile(r'"/(?:[^"\\\x00-\x1f]|\\.)*"')
_NOTHING = re.compile(r"[\s,\[\]\x00\ufeff]*")
_TELLING = ("title", "year", "id", "imdb_id", "film_id", "lid", "slug")
_TOLD = {key: re.compile(rf'"{key}"\s*:\s*({_STRING}|[0-9]{{1,15}}\b)') for key in _TELLING}
_TOLD["year"] = re.compile(r'"year"\s*:\s*([0-9]{4})\b')
_ENCODINGS = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"\xef\xbb\xbf", "utf-8-sig"))
_UNREADABLE = (ValueError, RecursionError, msgspec.MsgspecError)


@dataclass(frozen=True)
class Fault:
    """What is wrong with one entry. `where` is its index or key; `film` what can be told of a film, if one.

    `kept` is true where only a part of the entry was left out.
    """

    where: int | str
    reason: str
    film: Movie | None = None
    kept: bool = False

    def __str__(self) -> str:
        label = f" ({_label(self.film)})" if self.film else ""
        return f"entry {self.where}{label}: {self.reason}"


@dataclass(frozen=True)
class Salvage(Generic[T]):
    """`kept` is what the file may hold from now on."""

    kept: T
    faults: tuple[Fault, ...] = ()


def salvage_films(data: bytes, status: str) -> Salvage[list[Movie]]:
    """The films of a broken queue file."""
    films, faults = [], []
    for index, entry in enumerate(_entries(data)):
        try:
            films.append(read_entry(entry, status))
        except _UNREADABLE as error:
            film, reason = _mended(entry, status, error)
            if film is not None:
                films.append(film)
            faults.append(Fault(index, reason, film or remains(_as_text(entry)), kept=film is not None))
    return Salvage(films, tuple(faults))


def salvage_object(data: bytes, kind: type[T]) -> Salvage[dict[str, T]]:
    """The values of a broken JSON object that are right."""
    kept, faults = {}, []
    for key, value in _pairs(data):
        try:
            kept[key] = msgspec.convert(value, kind)
        except _UNREADABLE as error:
            faults.append(Fault(key, str(error)))
    return Salvage(kept, tuple(faults))


def salvage_calls(data: bytes, now: int, limit: int) -> list[int]:
    """Booked calls, never fewer than there may have been: what cannot be read counts as made now.

    Of a list that is cut off nobody knows how long it was: all calls count as used.
    """
    try:
        calls = msgspec.json.decode(data)
    except _UNREADABLE:
        calls = None
    if not isinstance(calls, list):
        return [now] * limit
    return [call if type(call) is int else now for call in calls]


def salvage_paths(data: bytes) -> list[str]:
    """The absolute paths of a broken list of directories."""
    found = (_string(match[0]) for match in _PATH.finditer(_text_of(data)))
    return list(dict.fromkeys(path for path in found if path))


def salvage_lines(data: bytes) -> Salvage[list[bytes]]:
    """The lines of `history.jsonl` that are events; faults by line number, from 1."""
    kept, faults = [], []
    for number, line in enumerate(data.split(b"\n"), 1):
        try:
            if line.strip():
                msgspec.json.decode(line, type=dict[str, Any])
                kept.append(line)
        except _UNREADABLE as error:
            film = remains(line.decode("utf-8", "replace"))
            faults.append(Fault(number, f"is no event ({error})", film))
    return Salvage(kept, tuple(faults))


def remains(text: str) -> Movie | None:
    """What the remains of an entry tell of its film, if they tell its title or an id."""
    found = {key: match[1] for key, told in _TOLD.items() if (match := told.search(text))}
    told: dict[str, Any] = {key: value for key in found if (value := _string(found[key]))}
    if not (told.keys() - {"year"}):
        return None
    if "year" in told:
        told["year"] = int(told["year"])
    told.setdefault("title", told.get("id") or told.get("imdb_id") or told.get("slug") or "?")
    try:
        return movie_from(told)
    except _UNREADABLE:
        return None


def _label(film: Movie) -> str:
    return ", ".join(dict.fromkeys(name for name in (film.label, film.id, film.imdb_id) if name))


# --- entries


@dataclass(frozen=True)
class _Remains:
    """Text where an entry should be."""

    text: str


def _entries(data: bytes) -> Iterator[Any]:
    """The entries of a list of films, in order; `_Remains` for what is not whole."""
    try:
        whole = msgspec.json.decode(data)
    except _UNREADABLE:
        yield from _entries_of_broken(data)
        return
    yield from _listed(whole)


def _listed(whole: Any) -> list[Any]:
    """The entries of something that should have been a list: one film, or films under names."""
    if isinstance(whole, list):
        return whole
    if not isinstance(whole, dict):
        return [whole]
    if "title" in whole:
        return [whole]
    nested = [entry for value in whole.values() for entry in (value if isinstance(value, list) else [value])]
    return nested or [whole]


def _entries_of_broken(data: bytes) -> Iterator[Any]:
    text = _text_of(data)
    at = 0
    for start, end in _whole_films(text):
        yield from _gap(text[at:start])
        yield _decoded(text[start:end])
        at = end
    yield from _gap(text[at:])


def _gap(text: str) -> Iterator[_Remains]:
    if not _NOTHING.fullmatch(text):
        yield _Remains(text)


def _whole_films(text: str) -> Iterator[tuple[int, int]]:
    """Where the objects stand that are whole and have a title, apart from those inside another one."""
    at = 0
    while (found := _OBJECT.search(text, at)) is not None:
        start = found.start()
        end = None if _is_value(text, start) else _end_of_film(text, start)
        if end is not None:
            yield start, end
        at = end or start + 1


def _is_value(text: str, start: int) -> bool:
    """Whether an object is the value of a key, and so a part of an entry."""
    return text[max(start - _LOOK_BACK, 0) : start].rstrip().endswith(":")


def _end_of_film(text: str, start: int) -> int | None:
    try:
        entry, end = _DECODER.raw_decode(text, start)
    except _UNREADABLE:
        return None
    return end if "title" in entry else None


def _decoded(text: str) -> Any:
    """A whole entry as the queue files are read; what was in another encoding is none."""
    try:
        return _Remains(text) if "\ufffd" in text else msgspec.json.decode(text)
    except _UNREADABLE:
        return _Remains(text)


def _mended(entry: Any, status: str, error: Exception) -> tuple[Movie | None, str]:
    """The film without the keys that cannot be read, and what to say about it."""
    if isinstance(entry, _Remains):
        return None, "is not whole"
    if not isinstance(entry, Mapping):
        return None, str(error)
    wrong = [key for key in entry if key != "title" and not _reads({"title": "?", key: entry[key]})]
    try:
        film = read_entry({key: entry[key] for key in entry if key not in wrong}, status)
    except _UNREADABLE:
        return None, str(error)
    return film, f"{error}; kept without {', '.join(f'`{key}`' for key in wrong)}"


def _reads(entry: Mapping[str, Any]) -> bool:
    try:
        movie_from(entry)
    except _UNREADABLE:
        return False
    return True


def _as_text(entry: Any) -> str:
    return entry.text if isinstance(entry, _Remains) else msgspec.json.encode(entry).decode()


# --- pairs


def _pairs(data: bytes) -> Iterator[tuple[str, Any]]:
    """Keys and values of an object; of a broken one those whose value is a whole object."""
    try:
        whole = msgspec.json.decode(data)
    except _UNREADABLE:
        yield from _pairs_of_broken(_text_of(data))
        return
    if isinstance(whole, dict):
        yield from whole.items()


def _pairs_of_broken(text: str) -> Iterator[tuple[str, Any]]:
    at = 0
    while (found := _NAMED_OBJECT.search(text, at)) is not None:
        at = found.end()
        try:
            _, end = _DECODER.raw_decode(text, at)
            value = _decoded(text[at:end])
        except _UNREADABLE:
            continue
        if not isinstance(value, _Remains):
            yield _string(found[1]), value
            at = end


def _text_of(data: bytes) -> str:
    """The text of a file; bytes that are none stand in it as U+FFFD."""
    encoding = next((name for mark, name in _ENCODINGS if data.startswith(mark)), "utf-8")
    return data.decode(encoding, "replace")


def _string(text: str) -> str:
    try:
        return str(_DECODER.decode(text))
    except ValueError:
        return ""
