"""One world and one story for all crash tests, and what must be true of the end of it, however it went.

The world (Letterboxd, FileList, qBittorrent) lives in the harness and survives whatever happens to the
program. The story is told in steps, each a run of the program with time and changes outside before it.
"""

import contextlib
import json
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from faults import Plan, entries
from programs import Ended, Programs
from torrent_clients import Client

from demo import films
from demo.films import DemoFilm
from demo.torrents import DemoTorrent
from demo.world import QUEUES, World

PLAIN, ON_DISK, LATE, TWO = films.TRIP_TO_THE_MOON, films.DETOUR, films.CALIGARI, films.NOSFERATU
NEVER, LISTED_LATER, IN_CLIENT = films.LONDON_AFTER_MIDNIGHT, films.SHERLOCK_JR, films.THE_GENERAL
BY_HAND = films.ELSEWHERE[1]
SERIES = films.LES_VAMPIRES
AT_FIRST = (PLAIN, ON_DISK, LATE, TWO, NEVER, IN_CLIENT, SERIES)
WANTED = (*(film for film in AT_FIRST if film is not SERIES), LISTED_LATER, BY_HAND)
DAY = 24 * 3600
T = TypeVar("T")
CLOCKWORK = {
    *("revision", "completed_revision", "updated_at", "queued_at", "completed_at", "last_failed_at"),
    *("downloaded_at", "retry_after", "not_before", "unreachable_at", "unreachable_revision"),
}
"""Keys whose values tell when something happened, or how often something was written."""


def release_of(film: DemoFilm, group: str = "ONE") -> str:
    """A release name of a film."""
    title = "".join(c for c in film.title if c.isalnum() or c in " -").replace(" ", ".")
    return f"{title}.{film.year}.1080p.BluRay.x264-{group}"


class Violation(AssertionError):
    """A film was lost or doubled, or a file cannot be read."""


@dataclass(frozen=True)
class Step:
    """A run of the program; `before` is what has changed outside since the last one."""

    options: tuple[str, ...]
    before: Callable[["Laboratory"], None] = lambda lab: None
    days: float = 0


STORY = (
    Step(("--once",)),
    Step(("--add", f"{BY_HAND.title} ({BY_HAND.year})"), lambda lab: lab.tick()),
    Step(("--once",), lambda lab: lab.next_day(), 1.1),
    Step(("--once",), lambda lab: lab.all_complete(), 2.2),
)
"""Failed → pending → completed takes two of them, a download that is complete the last one."""


class Laboratory:
    """World, program and story. A context manager; `fresh` begins the story anew."""

    def __init__(self, root: Path, client: Client) -> None:
        self.root = root
        self.client = client
        self.world = World(root)
        self.day = 0.0
        self.by_hand = 0
        self._rows: dict[str, int] = {}
        self._releases: dict[str, DemoTorrent] = {}
        self._turn = 0
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            stack.enter_context(self.world)
            stack.enter_context(self.client)
            self.programs = stack.enter_context(Programs(self.root))
            self._stack = stack.pop_all()
        self.world.filelist.limit = 10**9
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def fresh(self) -> None:
        """The state of the world before the first start of the program."""
        world = self.world
        for folder in (world.home, world.downloads):
            shutil.rmtree(folder, ignore_errors=True)
        there = world.downloads / ON_DISK.label
        there.mkdir(parents=True)
        (there / "film.mkv").write_bytes(b"video")
        self.client.forget(self._release(IN_CLIENT, "USER").data)
        for row in self._rows.values():
            world.filelist.remove_torrent(row)
        self._rows.clear()
        for film, group, seeders in ((PLAIN, "ONE", 9), (TWO, "ONE", 50), (TWO, "TWO", 5)):
            self._offer(film, group, seeders)
        world.letterboxd.set_user(world.username, AT_FIRST)
        for stand_in in (world.letterboxd, world.filelist):
            stand_in.forget_requests()
        self.day, self._turn, self.by_hand = 0, 0, 0

    def _release(self, film: DemoFilm, group: str) -> DemoTorrent:
        name = release_of(film, group)
        if name not in self._releases:
            self._releases[name] = self.world.make(name, size=50_000)
        return self._releases[name]

    def _offer(self, film: DemoFilm, group: str = "ONE", seeders: int = 9) -> None:
        torrent = self._release(film, group)
        self._rows[torrent.name] = self.world.filelist.add_torrent(
            film, release_of(film, group), 4, torrent, seeders=seeders
        )

    def tick(self) -> None:
        """The tracker moves on: from now on the other one of the two releases is the better one."""
        self._turn += 1
        for number, group in enumerate(("ONE", "TWO")):
            row = self._rows[self._release(TWO, group).name]
            self.world.filelist.change_torrent(row, seeders=50 if (number + self._turn) % 2 == 0 else 5)

    def next_day(self) -> None:
        """What was not to be had is offered now, and the list has a film more."""
        self.tick()
        for film in (LATE, LISTED_LATER, BY_HAND):
            self._offer(film)
        self.world.letterboxd.add(self.world.username, LISTED_LATER)

    def all_complete(self) -> None:
        self.tick()
        self.client.complete()

    @property
    def env(self) -> dict[str, str]:
        """The program's environment at this point of the story."""
        return {
            **self.world.env(
                MOVIE_SYNC_REQUEST_INTERVAL="0",
                MOVIE_SYNC_RETRY_INTERVAL="3600",
                **self.client.settings,
            ),
            "CRASH_CLOCK": str(self.day * DAY),
        }

    def begin(self, step: Step) -> None:
        """Let time pass and the world change, up to the start of the program."""
        self.day = max(self.day, step.days)
        step.before(self)

    def run(self, step: Step, plan: Plan | None = None, kill_after: float | None = None) -> Ended:
        return self.programs.run(self.env, *step.options, plan=plan, kill_after=kill_after)

    def whole(self, step: Step) -> Ended:
        """A run of a step that nothing disturbs. The user follows a message that asks for a hand."""
        ended = self.run(step)
        if "has lost its marker file" in ended.out:
            self.by_hand += 1
            (self.world.downloads / ".movie_sync").touch()
            ended = self.run(step)
        if ended.code != 0 or ended.late:
            raise Violation(f"{step.options} ended with {ended.code}: {ended.complaint}")
        return ended

    def finish(self, steps: Iterable[Step]) -> None:
        """The first of the steps again, as after a crash in it, then the others."""
        for number, step in enumerate(steps):
            if number:
                self.begin(step)
            else:
                self.tick()
            self.whole(step)

    # --- what must be true at the end

    def check(self, expected: dict[str, Any] | None = None, *, by_hand_allowed: bool = False) -> None:
        """Raise `Violation` unless each film stands in one queue and was handed over once at most."""
        entries = self._readable_entries()
        for film in WANTED:
            places = [queue for queue, entry in entries if entry["title"] == film.title]
            if len(places) != 1:
                raise Violation(f"{film.title} stands in {places or 'no queue'}")
        if len(entries) != len(WANTED):
            raise Violation(f"{len(entries)} entries for {len(WANTED)} films")
        self._check_torrents()
        if self.by_hand and not by_hand_allowed:
            raise Violation("a user had to put the marker of the download directory back")
        if expected is not None and (end := self.end_state()) != expected:
            raise Violation(f"another end than undisturbed: {differences(expected, end)}")

    def _readable_entries(self) -> list[tuple[str, dict[str, Any]]]:
        for path in self.world.home.rglob("*"):
            if path.suffix == ".json":
                json.loads(path.read_bytes())
            if ".corrupt-" in path.name:
                raise Violation(f"{path.name}: a file was found to be broken")
            if path.suffix == ".tmp" and not Path(f"/proc/{path.suffixes[-2][1:]}").exists():
                raise Violation(f"{path.name}: a temporary file was left behind")
        # A line that was torn when nothing was left to tell is cut off by the next one that is written.
        whole, _, _ = (self.world.home / "history.jsonl").read_bytes().rpartition(b"\n")
        for line in whole.splitlines():
            json.loads(line)
        return [(queue, entry) for queue in QUEUES for entry in self.world.queue(queue)]

    def _check_torrents(self) -> None:
        names = self.client.names()
        for film in WANTED:
            stem = release_of(film, "")
            mine = [name for name in names if name.startswith(stem)]
            there = film not in (NEVER, ON_DISK) and (film is not IN_CLIENT or self.client.has_users_torrents)
            if len(mine) != there:
                raise Violation(f"{film.title} was handed over {len(mine)} times: {mine}")

    def end_state(self) -> dict[str, Any]:
        """Where each film ended and what is known of it, less times and the choice between equals."""
        end = {}
        for queue in QUEUES:
            for entry in self.world.queue(queue):
                kept = {key: value for key, value in entry.items() if key not in CLOCKWORK}
                if entry["title"] == TWO.title:
                    kept |= {key: bool(kept.get(key)) for key in ("torrent_hash", "release")}
                elif kept.get("release"):
                    kept["release"] = kept["release"]["name"]
                kept["downloaded"] = entry.get("downloaded_at") is not None
                end[f"{entry['title']} in {queue}"] = kept
        return end


def differences(expected: dict[str, Any], found: dict[str, Any]) -> str:
    """What is different, film by film and key by key."""
    parts = []
    for name in sorted(expected.keys() | found.keys()):
        one, other = expected.get(name, {}), found.get(name, {})
        keys = [key for key in sorted(one.keys() | other.keys()) if one.get(key) != other.get(key)]
        parts += [f"{name}.{key}: {one.get(key)!r} became {other.get(key)!r}" for key in keys[:4]]
    return "; ".join(parts)


@dataclass(frozen=True)
class Normal:
    """The story undisturbed: its end, and for each step its seconds and the points it passed."""

    end: dict[str, Any]
    seconds: tuple[float, ...]
    points: tuple[tuple[tuple[Any, ...], ...], ...]


def undisturbed(lab: Laboratory) -> Normal:
    """Tell the story twice without a crash: once for its length, once to find the points."""
    seconds = _told(lab, lambda number, step: lab.whole(step).seconds)
    points = _told(lab, lambda number, step: _points(lab, number, step))
    lab.check()
    return Normal(lab.end_state(), tuple(seconds), tuple(points))


def _told(lab: Laboratory, run: Callable[[int, Step], T]) -> list[T]:
    lab.fresh()
    results = []
    for number, step in enumerate(STORY):
        lab.begin(step)
        results.append(run(number, step))
    return results


def _points(lab: Laboratory, number: int, step: Step) -> tuple[tuple[Any, ...], ...]:
    record = lab.root / f"points-{number}"
    ended = lab.run(step, Plan(record=str(record)))
    if ended.code != 0:
        raise Violation(f"watched, {step.options} ended with {ended.code}: {ended.complaint}")
    points = tuple(entries(record))
    record.unlink()
    return points
