"""From decoded files and environment variables to right entries and a sentence for each wrong one.

Pure: reads no file and no clock, any thread may call it. Entries are kept by key path ("qbittorrent.port")
together with where they came from, so that every message begins with the file or the variable to mend.
A wrong entry never ends the walk: all problems come out at once. Values of unknown keys are never repeated.
"""

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from option_rules import quoted, shown
from options import (
    CREDENTIALS,
    FILELIST_FILE,
    MAIN_FILE,
    OPTIONS,
    PREFIX,
    SECTIONS,
    Option,
    nearest,
    variable_name,
)

LETTERBOXD_HOSTS = ("letterboxd.com", "www.letterboxd.com")
LETTERBOXD_CHECK_INTERVAL = 60
LETTERBOXD_REQUEST_INTERVAL = 1.0
_VARIABLES = {option.variable: option for option in OPTIONS.values()}
_SECTION_VARIABLES = {variable_name(section): section for section in SECTIONS}
_CREDENTIAL_VARIABLES = [name for fields in CREDENTIALS.values() for name in fields.values()]
_OTHER_VARIABLES = [
    "MOVIE_SYNC_HOME",
    *_CREDENTIAL_VARIABLES,
    *(f"{name}_FILE" for name in _CREDENTIAL_VARIABLES),
]
_SECRET_WORDS = ("password", "passkey", "api_key", "secret")


@dataclass(frozen=True)
class Entry:
    """One right value and its origin."""

    value: Any
    where: str  # as a message begins: file and key, or the variable's name


@dataclass
class Found:
    """Entries that are right, by key path, and a sentence for everything that is not."""

    entries: dict[str, Entry] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def take(self, key: str, value: Any, where: str) -> None:
        """Sort one value of a known key in. `where` is its origin."""
        fault = OPTIONS[key].fault(value)
        if fault:
            self.problems.append(f"{where} {fault}")
        else:
            self.entries[key] = Entry(value, where)

    def loaded(self) -> dict[str, Any]:
        """All settings, nested and in their loaded form, defaults where nothing was found."""
        flat = {
            key: self.entries[key].value if key in self.entries else OPTIONS[key].default for key in OPTIONS
        }
        return nested({key: OPTIONS[key].tidy(copy.deepcopy(value)) for key, value in flat.items()})


def read_config(
    main: object, filelist: object, environ: Mapping[str, str], folder: Path = Path()
) -> tuple[dict[str, Any], list[str]]:
    """The settings that two decoded files and an environment add up to, and all problems. Pure.

    A value that is wrong has its default in the result; `folder` only makes the messages exact.
    """
    found = read_entries(main, filelist, folder)
    _walk_environment(environ, found)
    refuse_conflicts(found)
    return found.loaded(), found.problems


def decode(data: bytes, name: str) -> tuple[object, list[str]]:
    """The JSON value in `data`, `{}` if there is none to believe, and what is wrong with it."""
    if not data.strip():
        return {}, [f"{name}: is empty; write {{}} into it, or delete it to have the defaults"]
    twice: list[str] = []

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in pairs:
            twice.extend([key] if key in found else [])
            found[key] = value
        return found

    try:
        content = json.loads(data, object_pairs_hook=unique)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}: {error.msg}"
        return {}, [f"{name}: not JSON ({where}). JSON has no comments, and no comma after a last entry"]
    except (ValueError, RecursionError):
        return {}, [f"{name}: not JSON: write UTF-8 text, numbers of usual length, and little nesting"]
    return content, [f"{name}: {quoted(key)} stands there twice; keep one of them" for key in twice]


def read_entries(main: object, filelist: object, folder: Path) -> Found:
    """The entries of the two decoded files, each looked at alone."""
    found = Found()
    for file, content in ((MAIN_FILE, main), (FILELIST_FILE, filelist)):
        place = str(folder / file)
        if isinstance(content, dict):
            _walk_file(content, file, place, found)
        else:
            found.problems.append(
                f"{place}: holds {shown(content)} instead of one object; write {{ }} around the settings"
            )
    return found


def _walk_file(content: Mapping[str, Any], file: str, place: str, found: Found) -> None:
    for name, value in content.items():
        if SECTIONS.get(name) != file:
            _take_named("", name, value, file, place, found)
        elif isinstance(value, dict):
            _walk_section(name, value, place, found)
        else:
            found.problems.append(
                f"{place}: {quoted(name)} is {shown(value)}; write {_section_example(name)}"
            )


def _walk_section(section: str, content: Mapping[str, Any], place: str, found: Found) -> None:
    for name, value in content.items():
        _take_named(f"{section}.", name, value, SECTIONS[section], place, found)


def _take_named(prefix: str, name: str, value: Any, file: str, place: str, found: Found) -> None:
    key = prefix + name
    where = f"{place}: {quoted(key)}"
    # The dot of a key path is ours: a file nests, so that a name with a dot in it is no known one.
    if "." not in name and key in OPTIONS and OPTIONS[key].file == file:
        found.take(key, value, where)
    else:
        found.problems.append(f"{where} {_unknown(key, file)}")


def _section_example(section: str) -> str:
    option = next(option for key, option in OPTIONS.items() if key.startswith(f"{section}."))
    return f'an object such as {{"{option.key.split(".")[1]}": {json.dumps(option.default)}}}'


def _unknown(key: str, file: str) -> str:
    """What to say of a key that does not belong there: the right file, or the nearest name."""
    home = OPTIONS[key].file if key in OPTIONS else SECTIONS.get(key)
    if home and home != file:
        return f"belongs into {home}; move it there"
    if key == "qbittorrent.username" or key.rsplit(".", 1)[-1].lower() in _SECRET_WORDS:
        return "is no setting: take it out. `python main.py --config` stores credentials encrypted"
    known = nearest(key, [*OPTIONS, *SECTIONS])
    home = OPTIONS[known].file if known in OPTIONS else SECTIONS[known]
    section, _, name = known.rpartition(".")
    path = f'"{name}" inside "{section}"' if section else f'"{name}"'
    elsewhere = "" if home == file else f" of {home}"
    return f"is not a known key; the nearest is {path}{elsewhere}. Correct it or take it out"


def _walk_environment(environ: Mapping[str, str], found: Found) -> None:
    ours = sorted(name for name in environ if name.startswith(PREFIX) and name not in _OTHER_VARIABLES)
    # Objects first: the variable of a single key is the more exact word.
    for name in (name for name in ours if name in _SECTION_VARIABLES):
        _take_object(name, environ[name], found)
    for name in (name for name in ours if name not in _SECTION_VARIABLES):
        option = _VARIABLES.get(name)
        if option is None:
            known = nearest(name, [*_VARIABLES, *_SECTION_VARIABLES, *_OTHER_VARIABLES])
            found.problems.append(
                f"{quoted(name)[1:-1]}: no such variable; the nearest is {known}. Correct it or unset it"
            )
        else:
            _take_variable(option, environ[name], found)


def _take_variable(option: Option, text: str, found: Found) -> None:
    value = option.parse(text)
    if text == "" and option.fault(value):
        found.problems.append(f"{option.variable}: is set but empty; unset it, or write {option.wants()}")
    else:
        found.take(option.key, value, option.variable)


def _take_object(name: str, text: str, found: Found) -> None:
    content, problems = decode(text.encode("utf-8", "replace"), name)
    section = _SECTION_VARIABLES[name]
    if not text.strip():
        found.problems.append(f"{name}: is set but empty; unset it, or write {_section_example(section)}")
    elif problems or not isinstance(content, dict):
        found.problems.extend(problems or [f"{name}: must be {_section_example(section)}"])
    else:
        _walk_section(section, content, name, found)


def fault_of(key: str, value: Any, beside: Mapping[str, Any]) -> str | None:
    """None if `value` may be set where the entries `beside` stand already, else what is wrong with it."""
    fault = OPTIONS[key].fault(value)
    return fault or next((text for _, text in _conflicts({**beside, key: value})), None)


def refuse_conflicts(found: Found) -> None:
    """Take out entries that are right alone but not beside the others, and say so."""
    for key, fault in _conflicts({key: entry.value for key, entry in found.entries.items()}):
        found.problems.append(f"{found.entries.pop(key).where} {fault}")


def _conflicts(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [*_letterboxd_conflicts(values), *_size_conflicts(values), *_trash_conflicts(values)]


def _trash_conflicts(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """A trash that holds a place of films would hide all of them."""
    trash = values.get("trash_directory")
    if not trash:
        return
    films = values.get("download_directory", OPTIONS["download_directory"].default)
    for directory in (films, *values.get("library_directories", ())):
        if Path(directory).expanduser().is_relative_to(Path(trash).expanduser()):
            yield (
                "trash_directory",
                f"is or holds {directory}, where films are kept; write a folder of its own, such as "
                f"{json.dumps(f'{directory}/.trash')}",
            )
            return


def _letterboxd_conflicts(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    address = values.get("letterboxd_url", OPTIONS["letterboxd_url"].default)
    if (urlsplit(address).hostname or "").rstrip(".") not in LETTERBOXD_HOSTS:
        return
    check = values.get("check_interval", LETTERBOXD_CHECK_INTERVAL)
    if check < LETTERBOXD_CHECK_INTERVAL:
        yield (
            "check_interval",
            f"is {check}, too often for Letterboxd; write 60 seconds or more, such as 3600",
        )
    request = values.get("request_interval", LETTERBOXD_REQUEST_INTERVAL)
    if request < LETTERBOXD_REQUEST_INTERVAL:
        yield (
            "request_interval",
            f"is {request}, too fast for Letterboxd; write 1 second or more, such as 3.0",
        )


def _size_conflicts(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    least, most = (values.get(f"download_preferences.{end}imum_size") for end in ("min", "max"))
    if least is not None and most is not None and least > most:
        fault = f"is {most}, below minimum_size ({least}), so that no release fits; write a larger one"
        yield "download_preferences.maximum_size", fault


def nested(flat: Mapping[str, Any]) -> dict[str, Any]:
    """Key paths with dots turned into the nested objects of a file."""
    result: dict[str, Any] = {}
    for key, value in flat.items():
        *sections, name = key.split(".")
        place = result
        for section in sections:
            place = place.setdefault(section, {})
        place[name] = value
    return result
