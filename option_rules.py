"""What a value of a setting may be: whole numbers, paths, addresses, lists. One `Rule` for each kind.

Pure: looks at values only, never at files, the environment or the network; any thread may call it.
A rule answers with what is wrong, in words that fit behind the key, and never repeats a value that may
hold a secret. JSON's true is no number here, and an endless or immense number never fits.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import download_window

_TEN_YEARS = 315_360_000
_PETABYTE = 10**15


def quoted(text: str) -> str:
    """`text` in quotes and safe to print whatever it holds."""
    return json.dumps(text, ensure_ascii=False).encode("utf-8", "backslashreplace").decode()


def shown(value: Any) -> str:
    """A short form of any JSON value for a message."""
    if isinstance(value, str):
        return quoted(value if len(value) <= 40 else value[:39] + "…")
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "an object"
    return json.dumps(value)[:40]


def _as_it_is(value: Any) -> Any:
    return value


@dataclass(frozen=True)
class Rule:
    """What a value must be. `fault` gives None or what is wrong; `tidy` makes the loaded form of a right one.

    `is_text` says that an environment variable holds the value as it is, not as JSON.
    """

    wants: str
    fault: Callable[[Any], str | None]
    is_text: bool = False
    tidy: Callable[[Any], Any] = _as_it_is


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _clean(value: Any) -> bool:
    return isinstance(value, str) and value.isprintable() and bool(value.strip())


def whole(low: int, high: int, wants: str = "") -> Rule:
    def fault(value: Any) -> str | None:
        return None if type(value) is int and low <= value <= high else f"is {shown(value)}"

    return Rule(wants or f"a whole number from {low} to {high}", fault)


def number(low: float, high: float) -> Rule:
    def fault(value: Any) -> str | None:
        # A comparison with NaN is false, so that NaN is refused with the rest.
        return None if _is_number(value) and low <= value <= high else f"is {shown(value)}"

    return Rule(f"a number from {low:g} to {high:g}", fault, tidy=float)


def _text(pattern: str, wants: str) -> Rule:
    compiled = re.compile(pattern)

    def fault(value: Any) -> str | None:
        fits = isinstance(value, str) and value.isprintable() and compiled.fullmatch(value)
        return None if fits else f"is {shown(value)}"

    return Rule(wants, fault, is_text=True)


def _expanded(value: str) -> str:
    return str(Path(value).expanduser())


def _path_fault(value: Any) -> str | None:
    if not _clean(value) or value.strip() != value:
        return f"is {shown(value)}"
    try:
        return None if Path(value).expanduser().is_absolute() else f"is {shown(value)}"
    except RuntimeError:  # pathlib's answer for the home of a user who is not there
        return f"is {shown(value)}, and there is no such user"


def _save_path_fault(value: Any) -> str | None:
    windows = _clean(value) and re.match(r"[A-Za-z]:[\\/]|\\\\", value)
    return None if windows else _path_fault(value)


def _save_path(value: str) -> str:
    return _expanded(value) if value.startswith("~") else value


def _source_fault(value: Any) -> str | None:
    return None if value == "web" else _path_fault(value)


def _source(value: str) -> str:
    return value if value == "web" else _expanded(value)


def _url_fault(value: Any) -> str | None:
    if not _clean(value) or re.search(r"\s", value):
        return "is no web address"
    try:
        parts = urlsplit(value)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        return "is no web address"
    if "@" in parts.netloc:
        return "holds a user name or password, and none may stand there"
    return None if usable and not parts.query and not parts.fragment else "is no such web address"


def _host_fault(value: Any) -> str | None:
    if not isinstance(value, str) or not value:
        return f"is {shown(value)}"
    if "/" in value or "@" in value:
        return "is more than a host name"
    name = re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?", value)
    six = re.fullmatch(r"[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*", value)
    return None if name or six else f"is {shown(value)}"


def _window_fault(value: Any) -> str | None:
    if not isinstance(value, str) or not download_window.FORM.fullmatch(value):
        return f"is {shown(value)}"
    begin, end = value.split("-")
    return "begins and ends at the same time" if begin == end else None


def _list_of(item_fault: Callable[[Any], str | None], wants: str, item: Callable[[Any], Any]) -> Rule:
    def fault(value: Any) -> str | None:
        if not isinstance(value, list):
            return f"is {shown(value)}"
        faults = ((place, item_fault(entry)) for place, entry in enumerate(value))
        return next((f"at [{place}] {text}" for place, text in faults if text), None)

    return Rule(wants, fault, tidy=lambda value: [item(entry) for entry in value])


def _word_fault(value: Any) -> str | None:
    return None if _clean(value) else f"is {shown(value)}"


def _category_fault(entry: Any) -> str | None:
    if not isinstance(entry, dict):
        return f"is {shown(entry)}"
    unknown = sorted(set(entry) - {"id", "name", "priority"})
    if unknown:
        return f"has the unknown key {quoted(unknown[0])}"
    number = entry.get("id")
    if type(number) is not int or not 1 <= number <= 10_000:
        return 'has no "id" that is a whole number from 1 to 10000'
    if not _is_number(entry.get("priority")) or not -1e6 <= entry["priority"] <= 1e6:
        return 'has no "priority" that is a number'
    return None if isinstance(entry.get("name", ""), str) else 'has a "name" that is no text'


def _categories_fault(value: Any) -> str | None:
    fault = _list_of(_category_fault, "", _as_it_is).fault(value)
    if fault:
        return fault
    ids = [entry["id"] for entry in value]
    twice = next((number for number in ids if ids.count(number) > 1), None)
    if twice is not None:
        return f"has the id {twice} twice"
    return None if ids else "is an empty list"


def _truth_fault(value: Any) -> str | None:
    return None if isinstance(value, bool) else f"is {shown(value)}"


YES_NO = Rule("true or false", _truth_fault)
SECONDS = whole(1, _TEN_YEARS, f"a whole number of seconds from 1 to {_TEN_YEARS}")
SECONDS_OR_NEVER = whole(0, _TEN_YEARS, f"a whole number of seconds from 0 to {_TEN_YEARS}")
CHECK_SECONDS = whole(
    1, _TEN_YEARS, f"a whole number of seconds from 60 (or from 1 for another letterboxd_url) to {_TEN_YEARS}"
)
LEAST_BYTES = whole(0, _PETABYTE, f"a whole number of bytes from 0 to {_PETABYTE}")
BYTES = whole(1, _PETABYTE, f"a whole number of bytes from 1 to {_PETABYTE}")
DIRECTORY = Rule("a full path, which may begin with ~", _path_fault, is_text=True, tidy=_expanded)
SAVE_PATH = Rule("a full path", _save_path_fault, is_text=True, tidy=_save_path)
SOURCE = Rule('"web" or the full path of a Letterboxd export', _source_fault, is_text=True, tidy=_source)
URL = Rule(
    "an address with http:// or https:// and a host, without user name, query or fragment",
    _url_fault,
    is_text=True,
    tidy=lambda value: value.rstrip("/"),
)
HOST = Rule(
    "a host name or IP address alone, without scheme, port or path (the port goes into qbittorrent.port)",
    _host_fault,
    is_text=True,
)
WINDOW = Rule("two times of day as HH:MM-HH:MM", _window_fault, is_text=True)
WORDS = _list_of(_word_fault, "a list of words", _as_it_is)
DIRECTORIES = _list_of(_path_fault, "a list of full paths, which may begin with ~", _expanded)
CATEGORIES = Rule(
    'a list of categories, each with "id", "priority" and, if you like, "name"', _categories_fault
)
NAME = _text(r"[A-Za-z0-9_-]+", "the name as in letterboxd.com/NAME, of letters, digits, _ and -")
AGENT = _text(r"[!-~]([ -~]*[!-~])?", "one line of plain ASCII text")
# qBittorrent answers 409 to names with an empty part, as in "a//b", and would refuse each film for it.
CATEGORY = _text(r"([^\\/]+(/[^\\/]+)*)?", 'a category name without \\ and empty parts ("" for none)')
# A comma would make two tags of it.
TAG = _text(r"[^,\s]([^,]*[^,\s])?", "a tag without a comma")
