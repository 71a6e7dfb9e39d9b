"""The configuration: defaults, the two files, the environment, in this order; every problem at once.

`read_config` decides and is pure; `Config.load` reads the files and raises. What may be written stands in
`options.py` alone. Nothing is read at import time. Main loads it before any thread starts; a loaded Config
is afterwards only read, by every thread. The files are written by `Config.save` only, and only what the
user set: defaults stay out of them. No message repeats a value that may hold a secret.
"""

import os
from collections.abc import Iterator, Mapping, MutableMapping
from pathlib import Path
from typing import Any

import storage
from config_entries import Found, decode, fault_of, nested, read_config, read_entries, refuse_conflicts
from errors import ConfigError
from options import FILELIST_FILE, MAIN_FILE, OPTIONS, SECTIONS

__all__ = ["Config", "read_config", "right_entries"]

FILES = (MAIN_FILE, FILELIST_FILE)


class Config(MutableMapping[str, Any]):
    """The loaded settings as a mapping: `config["check_interval"]`, `config["qbittorrent"]["port"]`.

    Without arguments the defaults alone; `values` are laid over them, unchecked and as they are.
    """

    def __init__(self, values: Mapping[str, Any] | None = None, folder: Path | None = None) -> None:
        self.folder = folder or storage.state_folder()
        self._values = Found().loaded()
        for name, value in (values or {}).items():
            self._values[name] = {**self._values[name], **value} if name in SECTIONS else value

    @classmethod
    def load(cls, folder: Path | None = None, environ: Mapping[str, str] | None = None) -> "Config":
        """Read `folder` (default: the state folder) and `environ` (default: the process's).

        Raises `ConfigError` naming each problem: file or variable, key path, what to write.
        """
        place = folder or storage.state_folder()
        main, filelist, problems = _read_files(place)
        values, more = read_config(main, filelist, os.environ if environ is None else environ, place)
        if problems or more:
            raise ConfigError([*problems, *more])
        return cls(values, place)

    def override(self, username: str | None = None, interval: int | str | None = None) -> None:
        """Take `--username` and `--interval` (None: not given). Raises `ConfigError`, changing nothing."""
        if isinstance(interval, str):
            interval = OPTIONS["check_interval"].parse(interval)
        given = (("--username", "username", username), ("--interval", "check_interval", interval))
        changes = {key: value for _, key, value in given if value is not None}
        beside = {"letterboxd_url": self["letterboxd_url"]}
        problems = [
            f"{flag} {fault}"
            for flag, key, value in given
            if value is not None and (fault := fault_of(key, value, beside))
        ]
        if problems:
            raise ConfigError(problems)
        self.update(changes)

    def missing_for_run(self) -> list[str]:
        """What a run needs and nobody set, as problems; empty if it can start."""
        if self["username"] is not None or self["watchlist_source"] != "web":
            return []
        return [
            "username: your Letterboxd user name is not set. Run `python main.py --config`, or write "
            f'"username": "your-name" into {self.folder / MAIN_FILE}, or set MOVIE_SYNC_USERNAME'
        ]

    @staticmethod
    def save(folder: Path, changes: Mapping[str, Any]) -> list[str]:
        """Write `changes` (key path to value) into the files of `folder`, keeping what they hold besides.

        Entries that are wrong are left out; the file that held them is kept as `NAME.corrupt-<hash>`, and
        a sentence about each such file is returned. Raises `ConfigError` for a wrong change, `StateError`.
        """
        entries, problems = right_entries(folder)
        faults = []
        for key, value in changes.items():
            fault = fault_of(key, value, entries)
            faults += [f'"{key}" {fault}'] if fault else []
            entries[key] = value
        if faults:
            raise ConfigError(faults)
        notes = []
        for file in FILES:
            # Each problem begins with the path of the file it stands in.
            wrong = any(problem.startswith(f"{folder / file}: ") for problem in problems)
            notes += [_keep_copy(folder / file)] if wrong else []
            if wrong or any(OPTIONS[key].file == file for key in changes):
                share = {key: value for key, value in entries.items() if OPTIONS[key].file == file}
                storage.write_json(folder / file, nested(share))
        return notes

    def __getitem__(self, key: str) -> Any:
        return self._values[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._values[key] = value

    def __delitem__(self, key: str) -> None:
        del self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"Config({self._values!r})"


def right_entries(folder: Path) -> tuple[dict[str, Any], list[str]]:
    """What the files of `folder` set, by key path and as it stands there; a sentence for each wrong entry.

    Wrong ones are not among the first. Raises `StateError` for a file that cannot be read at all.
    """
    for file in FILES:
        storage.read_bytes(folder / file)
    main, filelist, problems = _read_files(folder)
    found = read_entries(main, filelist, folder)
    refuse_conflicts(found)
    return {key: entry.value for key, entry in found.entries.items()}, problems + found.problems


def _keep_copy(path: Path) -> str:
    storage.broken(path, storage.read_bytes(path) or b"", "kept for its copy")
    return f"{path}: wrong entries were left out; a copy of the whole file stays as {path.name}.corrupt-…"


def _read_files(folder: Path) -> tuple[object, object, list[str]]:
    main, main_problems = _read_file(folder / MAIN_FILE)
    filelist, filelist_problems = _read_file(folder / FILELIST_FILE)
    return main, filelist, main_problems + filelist_problems


def _read_file(path: Path) -> tuple[object, list[str]]:
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        # A link to a file on a disk that is not mounted is not "no file": defaults would be a surprise.
        return {}, [f"{path}: cannot be read ({error.strerror}): mend the link"] if path.is_symlink() else []
    except OSError as error:
        return {}, [f"{path}: cannot be read ({error.strerror}): mend its owner, permissions or kind"]
    return decode(data, str(path))
