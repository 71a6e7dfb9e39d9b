"""A film that left its list, on the brink of its cleanup: one world that is set back as often as needed.

The story up to there is told once, by the program itself; folders and torrents are put back for each case.
Around it lie a user's torrent, other films, and strangers' files in the link's folder and in the trash.
"""

import contextlib
import functools
import json
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any, Self

from cleanup_clients import CleanupClient
from faults import Plan, entries
from laboratory import DAY, Violation
from programs import Ended, Programs

from demo import films
from demo.films import DemoFilm, made_up
from demo.world import World

FILM, COPY = films.NOSFERATU, films.DETOUR
OTHERS = tuple(made_up(8))
NAME = "Nosferatu.1922.1080p.BluRay.x264-GRP"
TAG, TRASH = "movie_sync", ".movie_sync_trash"
FOLDERS = ("state", "downloads", "links")
REMOVED, GONE = "removed", "in the trash"
YES, ONCE = ("--cleanup", "--yes"), ("--once",)
UNDO = ("--undo", FILM.title)
NOTHING: Mapping[str, str] = MappingProxyType({})
BY_ITSELF = {"MOVIE_SYNC_ENABLE_REMOVAL_CLEANUP": "true"}
COPIES_TOO = {"MOVIE_SYNC_CLEANUP_UNOWNED": "true"}
NO_TRASH = {"MOVIE_SYNC_TRASH_PERIOD": "0"}


@dataclass(frozen=True)
class Scenario:
    """A run of the program that is to be disturbed: from where, how, and how it has to end."""

    name: str
    options: tuple[str, ...]
    end: str
    begins: str = REMOVED
    env: Mapping[str, str] = field(default_factory=dict)
    touched: bool = False
    days: float = 0
    film: DemoFilm = FILM
    wanted_again: bool = False


SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario("trash", YES, GONE),
        Scenario("checked", YES, GONE, touched=True),
        Scenario("delete", YES, "deleted", env=NO_TRASH),
        Scenario("by itself", ONCE, GONE, env=BY_ITSELF),
        Scenario("undo", UNDO, "back", begins=GONE),
        Scenario("wanted again", YES, "wanted", wanted_again=True),
        Scenario("copy", YES, GONE, env=COPIES_TOO, film=COPY),
        Scenario("copy deleted", YES, "deleted", env={**COPIES_TOO, **NO_TRASH}, film=COPY),
        Scenario("emptied", YES, "deleted", GONE, {"MOVIE_SYNC_TRASH_PERIOD": "60"}, days=1),
    )
}
"""By name. The program runs on the state `begins`, `days` after it."""


class CleanupLaboratory:
    """A context manager; `begin` sets the world back to where a scenario begins."""

    def __init__(self, root: Path, client: CleanupClient) -> None:
        self.root = root
        self.client = client
        self.world = World(root, films=(FILM, COPY, *OTHERS))
        self.links = root / "links"
        self.day = 0.0
        self._foreign: dict[str, bytes] = {}
        self._users_row: dict[str, Any] = {}
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            stack.enter_context(self.world)
            stack.enter_context(self.client)
            self.programs = stack.enter_context(Programs(self.root))
            self._stack = stack.pop_all()
        self.torrent = self.world.make(NAME, size=300_000, folder=True)
        self.users = self.world.make("Holiday.2020.1080p", size=50_000)
        self.world.filelist.add_torrent(FILM, NAME, 4, self.torrent)
        self._tell_story()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    # --- the story up to the cleanup

    def _tell_story(self) -> None:
        self._put_foreign_files()
        self.undisturbed(ONCE)
        self.torrent.write_content(self.world.downloads)
        self._fill_client()
        self.day = 0.2
        self.undisturbed(ONCE)
        self.world.letterboxd.remove("demo", FILM, COPY)
        for self.day in (1.3, 2.4, 3.5):
            self.undisturbed(ONCE, {"MOVIE_SYNC_REMOVAL_GRACE_PERIOD": "604800", **BY_ITSELF})
        if len(self.world.queue("removed")) != 2:
            raise Violation(f"the story went otherwise: {self.programs.said}")
        self._keep(REMOVED)
        self.undisturbed(YES)
        self._keep(GONE)

    def _put_foreign_files(self) -> None:
        downloads = self.world.downloads
        self.users.write_content(downloads)
        for film in (*OTHERS, COPY):
            (downloads / film.label).mkdir()
            (downloads / film.label / f"{film.label}.mkv").write_bytes(b"video of " + film.label.encode())
        for stranger in (self.links / FILM.label / "poster.jpg", downloads / TRASH / "mine" / "holiday.mkv"):
            stranger.parent.mkdir(parents=True)
            stranger.write_bytes(b"not yours")

    def _fill_client(self, *, touched: bool = False) -> None:
        self.client.empty()
        self.client.have(self.users, self.world.downloads)
        if self.torrent.lies_in(self.world.downloads):
            self.client.have(self.torrent, self.world.downloads, TAG, touched=touched)

    def _keep(self, name: str) -> None:
        target = self.root / "kept" / name
        target.mkdir(parents=True)
        _copy([self.root / folder for folder in FOLDERS], target)

    def begin(self, scenario: Scenario) -> None:
        """The world before the run that is to be disturbed."""
        self.client.empty()  # before its files are gone
        for folder in FOLDERS:
            shutil.rmtree(self.root / folder, ignore_errors=True)
        kept = self.root / "kept" / scenario.begins
        _copy([kept / folder for folder in FOLDERS], self.root)
        self._fill_client(touched=scenario.touched)
        self.world.letterboxd.set_user("demo", OTHERS)
        self.day = 3.5 + scenario.days
        if scenario.days:
            self.undisturbed(ONCE, scenario.env)
        self._foreign = self._foreign_files(scenario.film)
        self._users_row = self._users_torrent()

    # --- runs

    def run(
        self, options: Sequence[str], env: Mapping[str, str] = NOTHING, plan: Plan | None = None
    ) -> Ended:
        """The program on this world, with these changes to its environment."""
        settings = self.world.env(
            MOVIE_SYNC_REQUEST_INTERVAL="0",
            MOVIE_SYNC_CHECK_INTERVAL="3600",
            MOVIE_SYNC_RETRY_INTERVAL="3600",
            MOVIE_SYNC_REMOVAL_GRACE_PERIOD="1",
            MOVIE_SYNC_QBITTORRENT__MINIMUM_SEED_TIME="0",
            MOVIE_SYNC_LINK_DIRECTORY=str(self.links),
        )
        settings |= {**self.client.settings, "CRASH_CLOCK": str(self.day * DAY), "CRASH_SOON": "0.4"}
        return self.programs.run({**settings, **env}, *options, plan=plan)

    def undisturbed(self, options: Sequence[str], env: Mapping[str, str] = NOTHING) -> Ended:
        """Raise `Violation` unless it ends well."""
        ended = self.run(options, env)
        if ended.code != 0 or ended.late:
            raise Violation(f"{options} ended with {ended.code}: {ended.complaint}")
        return ended

    def points(self, scenario: Scenario) -> tuple[tuple[Any, ...], ...]:
        """Every touch of disk and network by the undisturbed run."""
        self.begin(scenario)
        record = self.root / "points"
        ended = self.run(scenario.options, scenario.env, Plan(record=str(record)))
        if ended.code != 0:
            raise Violation(f"watched, {scenario.name} ended with {ended.code}: {ended.complaint}")
        if not scenario.wanted_again:
            self.check(scenario)
        points = tuple(entries(record))
        record.unlink()
        return points

    def go_on(self, scenario: Scenario) -> None:
        """What a user does after a run that was disturbed: the same again."""
        if scenario.wanted_again:
            self.world.letterboxd.add("demo", FILM)
            for _ in range(2):
                self.undisturbed(ONCE)
            return
        ended = self.run(scenario.options, scenario.env)
        done = scenario.end == "back" and "No film in the trash matches" in ended.out
        if ended.late or ended.code not in ({0, 1} if done else {0}):
            raise Violation(f"{scenario.options} ended with {ended.code} the second time: {ended.out}")

    # --- what must be true at the end

    def check(self, scenario: Scenario) -> None:
        """Raise `Violation` unless the film is wholly where the scenario leaves it."""
        self._check_files_are_whole()
        film, end = scenario.film, scenario.end
        if end == "wanted":
            end = self._end_of_wanted()
        if wrong := self._wrong(film, ENDS[end]):
            raise Violation(f"{film.label} is not {end!r}: {wrong}; said: {self.programs.said[-600:]}")
        self._check_strangers(film)

    def check_whole(self, scenario: Scenario) -> None:
        """Raise `Violation` unless all files of the film lie in one place, whoever knows of them."""
        self._check_files_are_whole()
        found = self._where(scenario.film)
        places = (found["at its place"], found["in the trash"])
        if places not in {(True, 0), (False, 1)} and (places, scenario.end) != ((False, 0), "deleted"):
            raise Violation(f"{scenario.film.label} is not whole: {found}")
        self._check_strangers(scenario.film)

    def _check_strangers(self, film: DemoFilm) -> None:
        if (now := self._foreign_files(film)) != self._foreign:
            changed = {name for name, _ in now.items() ^ self._foreign.items()}
            raise Violation(f"foreign files changed: {sorted(changed)}")
        if self._users_torrent() != self._users_row:
            raise Violation(f"the user's torrent changed: {self._users_torrent()}")

    def _wrong(self, film: DemoFilm, end: Mapping[str, object]) -> dict[str, object]:
        """What is otherwise than it should be, once qBittorrent had the time to show it."""
        deadline, pause = time.monotonic() + self.client.late, threading.Event()
        while True:
            found = self._where(film)
            wrong = {key: found[key] for key in found.keys() & end.keys() if found[key] != end[key]}
            if not wrong or time.monotonic() >= deadline:
                return wrong
            pause.wait(0.1)

    def check_return(self, film: DemoFilm) -> None:
        """Raise `Violation` unless a film in the trash can be brought back, and stays."""
        self.undisturbed(("--undo", film.title))
        back = Scenario("back", UNDO, "back", film=film)
        self.check(back)
        for _ in range(2):
            self.day += 1.1
            self.undisturbed(ONCE, BY_ITSELF)
        self.check(back)
        if film is FILM and not self._link.exists():
            raise Violation("its link was not made again")

    def _end_of_wanted(self) -> str:
        """It is there, or it was gone before it was wanted again, and is fetched anew."""
        entry = self.world.entry(FILM) or {}
        gone = [one for one in self._entries() if one["phase"] == "trashed"]
        return "fetched anew" if gone and entry.get("status") == "completed" else "wanted"

    def _where(self, film: DemoFilm) -> dict[str, object]:
        """Everything that tells where a film is."""
        entry = self.world.entry(film)
        journal = [one for one in self._entries() if one["film"]["title"] == film.title]
        found: dict[str, object] = {
            "record": entry and (entry["status"], entry["lists"]),
            "journal": [one["phase"] for one in journal],
            "at its place": self._lies_in(film, self.world.downloads),
            "in the trash": len(self._in_trash(film)),
        }
        if film is not FILM:
            return found
        row = self.client.rows().get(self.torrent.info_hash)
        kept = self.world.home / "torrents" / f"{self.torrent.info_hash}.torrent"
        torrent = row and (
            Path(row["save_path"]) == self.world.downloads and TAG in row["tags"],
            row["progress"] == 1,
            not row["state"].startswith(("paused", "stopped")),
        )
        return found | {"torrent": torrent, "kept torrent": kept.exists(), "link": self._link.exists()}

    def _lies_in(self, film: DemoFilm, folder: Path) -> bool | str:
        """Whether the film's files are there, whole; "in part" if only some are."""
        files = [
            (folder / name).is_file() and (folder / name).read_bytes() == content
            for name, content in self._content(film)
        ]
        return all(files) if len({*files}) == 1 else "in part"

    def _content(self, film: DemoFilm) -> Sequence[tuple[str, bytes]]:
        if film is FILM:
            return self.torrent.files
        return ((f"{film.label}/{film.label}.mkv", b"video of " + film.label.encode()),)

    def has_trash(self, film: DemoFilm) -> bool:
        """Whether anything of it is in the trash."""
        return bool(self._in_trash(film))

    def _in_trash(self, film: DemoFilm) -> list[Path]:
        folders = [path for path in (self.world.downloads / TRASH).iterdir() if path.name != "mine"]
        return [folder for folder in folders if self._lies_in(film, folder) is not False]

    @functools.cached_property
    def _link(self) -> Path:
        return self.links / FILM.label / f"{FILM.label}.mkv"

    def _entries(self) -> list[dict[str, Any]]:
        path = self.world.home / "cleanup.json"
        return json.loads(path.read_bytes()).get("entries", []) if path.exists() else []

    def _foreign_files(self, film: DemoFilm) -> dict[str, bytes]:
        """All files that are not this film's, wherever they lie; those of the torrent may always go."""
        own = {name for one in (FILM, film) for name, _ in self._content(one)}
        found = {}
        for path in [*self.world.downloads.rglob("*"), *self.links.rglob("*")]:
            if path.is_file() and path != self._link and not any(map(str(path).endswith, own)):
                found[str(path.relative_to(self.root))] = path.read_bytes()
        return found

    def _users_torrent(self) -> dict[str, Any]:
        row = self.client.rows().get(self.users.info_hash, {})
        return {key: row.get(key) for key in ("name", "tags", "save_path", "category", "progress")}

    def _check_files_are_whole(self) -> None:
        for path in self.world.home.rglob("*"):
            if path.suffix == ".json":
                json.loads(path.read_bytes())
            if ".corrupt-" in path.name:
                raise Violation(f"{path.name}: a file was found to be broken")


_GONE = {"record": None, "at its place": False, "torrent": None, "link": False}
_THERE = {"at its place": True, "torrent": (True, True, True), "kept torrent": True, "journal": []}
ENDS: dict[str, dict[str, object]] = {
    GONE: {**_GONE, "journal": ["trashed"], "in the trash": 1, "kept torrent": True},
    "deleted": {**_GONE, "journal": [], "in the trash": 0, "kept torrent": False},
    "back": {**_THERE, "record": ("completed", ["manual"]), "in the trash": 0},
    "wanted": {**_THERE, "record": ("completed", ["demo/watchlist"]), "in the trash": 0, "link": True},
    "fetched anew": {
        "record": ("completed", ["demo/watchlist"]),
        "journal": ["trashed"],
        "at its place": False,
        "in the trash": 1,
        "torrent": (True, False, True),
        "kept torrent": True,
    },
}
"""What `_where` finds of a film at each end."""


def _copy(folders: Sequence[Path], target: Path) -> None:
    """With modes, times, and names of one file as names of one file."""
    subprocess.run(["cp", "-a", *folders, target], check=True)


@contextlib.contextmanager
def opened(root: Path, client: CleanupClient) -> Iterator[CleanupLaboratory]:
    """A laboratory in a folder that goes with it."""
    try:
        with CleanupLaboratory(root, client) as laboratory:
            yield laboratory
    finally:
        shutil.rmtree(root, ignore_errors=True)
