"""The program before a state file that is not as it was written: it says so, or it loses nothing by it."""

import json
import random
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from crew import Bench, Row, spread
from laboratory import DAY, Violation
from mutants import mutated
from programs import Ended

from config import Config
from credentials_manager import Credentials, CredentialsManager
from errors import Blocked
from queue_files import FILE_NAMES
from queue_manager import QueueManager
from services import Services

LATEST = 6.0
"""The day of the story on which the files are opened: everything that waited is due."""
HANG = 20.0
NO_JSON = ("credentials.enc", ".key")
SETTINGS = ("config.json", "filelist_config.json")
KEPT_FOR_PEOPLE = ("history.jsonl",)
NAMES = ("id", "film_id", "imdb_id", "lid", "slug", "title")
_template: list[Path] = []


def template(bench: Bench) -> Path:
    """A state folder in which every file has something to say, made once for each laboratory."""
    if not _template or not _template[0].exists():
        _template[:] = [bench.lab.root / "template"]
        _make_template(bench, _template[0])
    return _template[0]


def _make_template(bench: Bench, folder: Path) -> None:
    def now() -> float:
        return time.time() + LATEST * DAY

    world = bench.lab.world
    shutil.copytree(world.home, folder)
    queue = QueueManager(folder, max_retries=5, now=now)
    queue.add_to_pending({"title": "Metropolis", "year": 1927, "imdb_id": "tt0017136", "mine": {"a": [1]}})
    queue.forget(queue.remember({"title": "Charade", "year": 1963, "slug": "charade"})[0])
    removed = {"title": "Gone (for now)", "year": 1950, "film_id": "9", "removed_at": 1, "revision": 3}
    (folder / FILE_NAMES["removed"]).write_text(json.dumps([removed], indent=2))
    filelist = world.filelist
    credentials = CredentialsManager(folder, {})
    credentials.save("filelist", Credentials(filelist.username, filelist.passkey))
    services = Services(folder, credentials.fingerprint, lambda: now() - DAY)
    services.failed(Blocked("letterboxd", "The shield refused us.", None))
    services.failed(Blocked("filelist", "The shield refused us.", None))
    Config.save(
        folder,
        {
            "max_retries": 5,
            "backoff_multiplier": 2.0,
            "retry_interval": 3600,
            "category_priority": [{"id": 4, "name": "Filme HD", "priority": 1}],
            "download_preferences.minimum_seeders": 1,
            "qbittorrent.category": "Movies",
            "qbittorrent.port": 8080,
        },
    )


def subjects(folder: Path) -> list[str]:
    """The files of the template that are mutated, with those in folders of their own."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.stat().st_size]
    leave_out = {"daemon.lock", "movie_sync.log"}
    return [str(path.relative_to(folder)) for path in files if path.name not in leave_out]


def broken_file(bench: Bench, seed: int) -> str | None:
    """Open a folder with one mutated file, twice: `--stats`, then `--once`. What was wrong with that."""
    dice = random.Random(seed)
    source = template(bench)
    names = subjects(source)
    top = [name for name in names if "/" not in name]
    name = dice.choice(top if dice.random() < 0.95 else names)
    data = mutated(
        (source / name).read_bytes(), dice, text=name not in NO_JSON and not name.endswith("torrent")
    )
    try:
        with _prepared(bench, source, name, data):
            _open(bench, name, data)
    except Violation as violation:
        return f"seed {seed}, {name}: {violation} ({data[:60]!r}…)"
    return None


class _prepared:
    """The state folder of the laboratory is a copy of the template with one file changed."""

    def __init__(self, bench: Bench, source: Path, name: str, data: bytes) -> None:
        home = bench.lab.world.home
        shutil.rmtree(home, ignore_errors=True)
        shutil.copytree(source, home)
        (home / name).write_bytes(data)
        bench.lab.day = LATEST
        for stand_in in (bench.lab.world.letterboxd, bench.lab.world.filelist):
            stand_in.forget_requests()

    def __enter__(self) -> None:
        """Prepared already."""

    def __exit__(self, *_: object) -> None:
        """The next one begins by clearing up."""


def _open(bench: Bench, name: str, data: bytes) -> None:
    home = bench.lab.world.home
    before = films_in(home)
    for options in (("--stats",), ("--once",)):
        ended = bench.lab.programs.run(_env(bench), *options, timeout=HANG)
        _check_end(home, name, data, ended)
        if options == ("--stats",) and ended.code == 0:
            _check_numbers(home, ended.out)
        refused = ended.code == 2 or f"{name}.corrupt-" in ended.out
        if refused and (home / name).read_bytes() != data:
            raise Violation("the file was changed although it was refused")
        if not refused:
            if before is None and name in FILE_NAMES.values():
                raise Violation(f"{options[0]} took a file that is no JSON list")
            _check_films(home, before or [])


def _env(bench: Bench) -> dict[str, str]:
    secrets = ("MOVIE_SYNC_FILELIST_USERNAME", "MOVIE_SYNC_FILELIST_PASSKEY", "MOVIE_SYNC_RETRY_INTERVAL")
    return {key: value for key, value in bench.lab.env.items() if key not in secrets} | {
        "CRASH_CLOCK": str(LATEST * DAY)
    }


def _check_end(home: Path, name: str, data: bytes, ended: Ended) -> None:
    """A clean end, and words about it unless all was well."""
    log = home / "logs" / "movie_sync.log"
    if ended.late:
        raise Violation("it hangs")
    if ended.code not in {0, 1, 2}:
        raise Violation(f"exit code {ended.code}: {ended.complaint[-300:]} {_last_traceback(log)}")
    if "Traceback" in ended.out or "Traceback" in log.read_text("utf-8", errors="replace"):
        raise Violation(f"a traceback: {_last_traceback(log)}")
    if ended.code == 2 and Path(name).name not in ended.out:
        raise Violation(f"exit code 2 without the name of the file: {ended.complaint[:300]}")
    if ended.code == 1 and not re.search("^(❌|⚠️)", ended.out, re.MULTILINE):
        raise Violation(f"exit code 1 without a word: {ended.complaint[:300]}")
    if f"{name}.corrupt-" in ended.out:
        _check_copy(home / name, data, ended)


def _check_copy(path: Path, data: bytes, ended: Ended) -> None:
    """One copy of the content was kept, and the run stopped."""
    copies = list(path.parent.glob(f"{path.name}.corrupt-*"))
    if [copy.read_bytes() for copy in copies] != [data]:
        raise Violation(f"{len(copies)} copies of the file were kept")
    if ended.code != 1:
        raise Violation(f"exit code {ended.code} before a broken file")


def _check_numbers(home: Path, out: str) -> None:
    """Each entry is counted; one that stood in two places is counted once, and the log says so."""
    counted = sum(
        map(int, re.findall(r"^\S+ (?:Pending|Failed|Completed|Permanent): +(\d+)$", out, re.MULTILINE))
    )
    there = sum(len(json.loads(path.read_bytes())) for path in home.glob("queue_[pfc]*.json"))
    log = (home / "logs" / "movie_sync.log").read_text("utf-8", errors="replace")
    said = log.count(" stood in ")
    if not there - said <= counted <= there:
        raise Violation(f"{counted} of {there} entries were counted, {said} were said to be doubles")


def _last_traceback(log: Path) -> str:
    text = log.read_text("utf-8", errors="replace") if log.exists() else ""
    return " / ".join(text[text.rfind("Traceback") :].splitlines()[-4:])[-500:]


def films_in(home: Path) -> list[dict[str, Any]] | None:
    """All entries of all queue files as any JSON parser reads them; None if one of them is no list."""
    found = []
    for file in FILE_NAMES.values():
        path = home / file
        try:
            entries = json.loads(path.read_bytes()) if path.exists() else []
        except (ValueError, RecursionError):
            return None
        if not isinstance(entries, list):
            return None
        found += entries
    return [entry for entry in found if isinstance(entry, dict)]


def _check_films(home: Path, before: list[dict[str, Any]]) -> None:
    """Each film that stood in a file still stands in one, under any of its names."""
    after = films_in(home)
    if after is None:
        raise Violation("a queue file cannot be read any more")
    known = {name for entry in after for name in _names(entry)}
    lost = [entry.get("title") for entry in before if not known & set(_names(entry))]
    if lost:
        raise Violation(f"films are gone: {lost}")


def _names(entry: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for key in NAMES:
        if entry.get(key):
            yield key, str(entry[key])


def broken_files(count: int, first_seed: int = 0) -> Row:
    """`count` mutated files."""
    seeds = range(first_seed, first_seed + count)
    failures = tuple(failure for failure in spread("none", broken_file, seeds) if failure)
    return Row(
        "mutated state files (cut, bits flipped, wrong types, huge numbers, deep nesting)",
        f"{count:,} inputs: no traceback, no hang, nothing dropped silently",
        f"{count:,} inputs, each opened by `--stats` and `--once`: {len(failures)} violations",
        not failures,
        failures=failures,
    )
