"""A household whose watchlist was believed for a day, and a Letterboxd that turns on it.

Everything inside is real: worker, monitor, queues, rests, files. Outside is the demo's Letterboxd on
loopback, and the clock is moved by hand. `Scene` is one such household; functions below it make trouble.
"""

import contextlib
import io
import os
import shutil
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

from support import Clock, full_disk

from console import Console
from demo.failures import Answer
from demo.films import DemoFilm
from demo.letterboxd import StandInLetterboxd
from demo.letterboxd_markup import Generation, ListPage, watchlist_page
from demo.server import Request
from export_file import ExportWatchlist
from library import Library
from list_memory import ListMemory, Lists
from logs import Redactor
from loop import Pace, guarded_step
from monitor import LetterboxdWatchlistMonitor, Outcome, Reading
from new_films import NewFilms, WatchlistSource
from places import DownloadPlace
from queue_files import COMPLETED, FAILED, PENDING, REMOVED
from queue_manager import QueueManager
from removal_plan import RemovalRules
from services import Services
from web import WebClient
from workers import MonitorWorker

HOUR = 3600
DAY = 24 * HOUR
INTERVAL = 12 * HOUR
TURNS = 4
"""Readings while it lasts: two days, in which each daily full reading and each second one falls due."""
AFTERWARDS = 2
"""Readings after it: a day, so that a full one is among them."""
PAGE_SIZE = 28
LIST = r"^/alice/watchlist/"
FIRST = r"^/alice/watchlist/$"
SECOND = r"^/alice/watchlist/page/2/$"


def film(number: int, **changes: Any) -> DemoFilm:
    """One of the films that nobody ever made; those beyond the 40th are on no list at first."""
    title, year = f"The Hostile Film No. {number}", 1950 + number % 70
    plain = DemoFilm(
        title,
        year,
        ("A. Smithee",),
        f"tt10{number:05}",
        f"{70_000 + number}",
        f"Hf{number}",
        f"hostile-{number}",
    )
    return replace(plain, **changes)


ODD: dict[int, dict[str, Any]] = {
    4: {"title": "1917", "year": 2019},
    5: {"title": "What’s Up, Doc? (Again)", "year": 1972},
    6: {"title": "Untitled Smithee Project", "year": None},
    33: {"imdb_id": "tt1000007"},  # as 7: one film that Letterboxd has twice, to be merged some day
}
FILMS = tuple(film(number, **ODD.get(number, {})) for number in range(40))


def without(*numbers: int) -> list[DemoFilm]:
    return [film for number, film in enumerate(FILMS) if number not in numbers]


def renamed(film: DemoFilm) -> DemoFilm:
    return replace(film, title=f"{film.title}: Redux", year=2026, slug=f"{film.slug}-redux")


STRANGERS = tuple(film(number) for number in range(100, 130))
FORTY = ("Found 40 movies", TURNS)
"""What is said at each reading that proves the list to be as it was."""


class Letterboxd(StandInLetterboxd):
    """The demo's, where something may happen just before a request is answered."""

    meanwhile: Callable[[Request], object] | None = None

    def answer(self, request: Request) -> Answer:
        if self.meanwhile is not None:
            self.meanwhile(request)
        return super().answer(request)

    def restore(self) -> None:
        """alice's list is as it was believed; nothing fails."""
        self.heal()
        self.meanwhile = None
        self.generation = "4"
        self.set_user("alice", FILMS)


class NotedMonitor(LetterboxdWatchlistMonitor):
    """The real one; what it read is noted."""

    readings: list[Reading]

    def read_watchlist(self, is_known: Callable[[str], bool] = lambda key: True) -> Reading:
        self.readings.append(super().read_watchlist(is_known))
        return self.readings[-1]


class NotedExport(ExportWatchlist):
    """The real one; what it read is noted."""

    readings: list[Reading]

    def read_watchlist(self, is_known: Callable[[str], bool] = lambda key: True) -> Reading:
        self.readings.append(super().read_watchlist(is_known))
        return self.readings[-1]


class Scene:
    """One household: its state folder, its clock, and the program as it runs now."""

    def __init__(self, root: Path, site: Letterboxd, clock: Clock) -> None:
        self.root = root
        self.site = site
        self.clock = clock
        self.folder = root / "state"
        self.export = root / "watchlist.csv"
        self.readings: list[Reading] = []
        self.printed = io.StringIO()
        self.started_otherwise = False
        self.disk: int | None = None
        (root / "downloads").mkdir(exist_ok=True)
        self.start()

    def start(
        self,
        name: str = "alice",
        *,
        source: Path | None = None,
        seconds: float = 30.0,
        max_bytes: int = 16 * 2**20,
    ) -> None:
        """A new run of the program on the same state folder, configured like this."""
        stop = threading.Event()
        self.started_otherwise = bool(name != "alice" or source or seconds < 30 or max_bytes < 2**20)
        self.queue = QueueManager(self.folder, max_retries=5, now=self.clock)
        console = Console(Redactor(), self.printed)
        place = DownloadPlace(self.root / "downloads", self.folder, we_write=False, elsewhere=False)
        watchlist = self._source(
            name,
            source,
            WebClient("letterboxd", self.site.url, "test", stop, seconds=seconds, max_bytes=max_bytes),
            stop,
        )
        self.worker = MonitorWorker(
            watchlist=watchlist,
            new_films=NewFilms(
                watchlist,
                self.queue,
                Library([self.root / "downloads"], self.clock),
                place,
                console.say,
                lambda line, share: None,
                self.clock,
            ),
            queue=self.queue,
            services=Services(self.folder, lambda service: "credentials", self.clock),
            console=console,
            rules=RemovalRules(interval=INTERVAL, limit=0.1),
            stop=stop,
            now=self.clock,
        )

    def _source(
        self, name: str, source: Path | None, web: WebClient, stop: threading.Event
    ) -> WatchlistSource:
        if source is not None:
            export = NotedExport(source, self.folder, self.clock)
            export.readings = self.readings
            return export
        monitor = NotedMonitor(
            name,
            web,
            self.folder,
            request_interval=0,
            check_interval=INTERVAL,
            stop=stop,
            now=self.clock,
        )
        monitor.readings = self.readings
        return monitor

    def run(self) -> None:
        """Let the worker do all it has to do just now."""
        for _ in range(200):
            if guarded_step(self.worker) in {Pace.WAIT, Pace.STATE_TROUBLE}:
                return
        raise AssertionError("the worker does not come to rest")

    def turn(self, trouble: "Trouble", number: int) -> None:
        """An interval later: make trouble for the next reading, and let it be read."""
        self.clock.time += INTERVAL
        self.site.heal()
        trouble(self, number)
        with full_disk(self.disk) if self.disk is not None else contextlib.nullcontext():
            self.run()

    def recover(self) -> None:
        """All is as it was before, for a day."""
        self.site.restore()
        self.disk = None
        if self.started_otherwise:
            self.start()
        for _ in range(AFTERWARDS):
            self.clock.time += INTERVAL
            self.run()

    @property
    def places(self) -> dict[str, str]:
        """In which queue each film of the believed list stands, by its film id."""
        queues = (PENDING, FAILED, COMPLETED, REMOVED, "forgotten")
        standing = chain.from_iterable(((m.film_id, q) for m in self.queue.films(q)) for q in queues)
        ours = {film.film_id for film in FILMS}
        return {film_id: queue for film_id, queue in standing if film_id in ours}

    def memory(self, name: str = "alice/watchlist") -> ListMemory:
        return Lists(self.folder).get(name)

    def said(self, text: str) -> int:
        """In how many lines it was said."""
        return sum(text in line for line in self.printed.getvalue().splitlines())


Trouble = Callable[[Scene, int], object]
"""Makes it for the reading of this number, from 0; what failed before is healed, a changed list is kept."""


def believed(root: Path, site: Letterboxd) -> float:
    """Make a state folder whose list was read in full twice within a day; returns the time by then."""
    site.restore()
    scene = Scene(root, site, Clock())
    scene.run()
    films = sorted(scene.queue.films(PENDING), key=lambda movie: movie.film_id or "")
    for number, movie in enumerate(films):
        if number % 4 == 1:
            scene.queue.add_to_failed(movie, "No torrents found", scene.clock() + 365 * 24 * HOUR)
        elif number % 4 == 2:
            scene.queue.add_to_completed(movie)
    for _ in range(AFTERWARDS):
        scene.clock.time += INTERVAL
        scene.run()
    outcomes = [reading.outcome for reading in scene.readings]
    assert outcomes == [Outcome.COMPLETE, Outcome.UNCHANGED, Outcome.COMPLETE]
    assert sorted(set(scene.places.values())) == [COMPLETED, FAILED, PENDING]
    assert len(scene.places) == len(FILMS)
    return scene.clock.time


def copied(base: Path, root: Path) -> Path:
    return Path(shutil.copytree(base, root))


# --- pages


def page(
    number: int = 1,
    films: Sequence[DemoFilm] = FILMS,
    *,
    owner: str = "alice",
    promised: int | None = None,
    generation: Generation = "4",
    pages: int | None = None,
) -> str:
    """A page of a watchlist as Letterboxd makes it."""
    shown = films[PAGE_SIZE * (number - 1) : PAGE_SIZE * number]
    pages = max(1, -(-len(films) // PAGE_SIZE)) if pages is None else pages
    promised = len(films) if promised is None else promised
    return watchlist_page(ListPage(owner, shown, number, pages, promised, generation))


def cut(html: str, mark: str, after: int = 0) -> str:
    """The page up to `after` characters behind a mark."""
    assert mark in html
    return html[: html.index(mark) + after]


def changed(html: str, old: str, new: str, times: int = -1) -> str:
    assert old in html
    return html.replace(old, new, times)


def in_new_markup(html: str, places: Iterable[int]) -> str:
    """The page with the films at these places, from 1, in attributes that nobody knows."""
    start = '<li class="griditem">'
    parts = html.split(start)
    for place in places:
        parts[place] = changed(parts[place], "data-", "data-v5-")
    return start.join(parts)


# --- trouble


def failing(match: str, mode: Any, **options: Any) -> Trouble:
    """Requests that match fail, as `StandIn.fail` has it."""
    return lambda scene, number: scene.site.fail(match, mode, **options)


def showing(first: str, second: str | None = None) -> Trouble:
    """These pages in place of the true ones."""

    def show(scene: Scene, number: int) -> None:
        scene.site.fail(FIRST, "page", body=first)
        if second is not None:
            scene.site.fail(SECOND, "page", body=second)

    return show


def second_page(html: str) -> Trouble:
    return failing(SECOND, "page", body=html)


def promising(count: object) -> Trouble:
    """Both pages state another number of films."""
    pages = (changed(page(number), '"40"', f'"{count}"') for number in (1, 2))
    first, second = (changed(html, "40&nbsp;films", f"{count}&nbsp;films") for html in pages)
    return showing(first, second)


def listing(films: Iterable[DemoFilm]) -> Trouble:
    """alice's list has these films."""
    shown = tuple(films)
    return lambda scene, number: scene.site.set_user("alice", shown)


def in_turn(*troubles: Trouble) -> Trouble:
    """One after the other, a reading each, and all over again."""
    return lambda scene, number: troubles[number % len(troubles)](scene, number)


def together(*troubles: Trouble) -> Trouble:
    return lambda scene, number: [trouble(scene, number) for trouble in troubles]


def fine(scene: Scene, number: int) -> None:
    """Nothing is wrong with this reading."""
    scene.site.set_user("alice", FILMS)


def started(name: str = "alice", **options: Any) -> Trouble:
    """The program was started anew with this configuration before the first of the readings."""
    return lambda scene, number: scene.start(name, **options) if number == 0 else None


def exported(films: Iterable[DemoFilm], *, age: float = 0, broken: str = "") -> Trouble:
    """The export holds these films, written `age` seconds ago, and is the configured source."""
    rows = [f'2026-01-01,"{film.title}",{film.year or ""},https://boxd.it/{film.lid}' for film in films]
    text = "\n".join(("Date,Name,Year,Letterboxd URI", *rows, *([broken] if broken else []))) + "\n"

    def export(scene: Scene, number: int) -> None:
        scene.export.write_text(text)
        written = scene.clock() - age
        os.utime(scene.export, (written, written))
        if not number:
            scene.start(source=scene.export)

    return export


@dataclass(frozen=True)
class Case:
    """Hostility: what is done, how readings end by it (each at least once), what is said of it, how often."""

    name: str
    trouble: Trouble
    outcomes: frozenset[Outcome]
    said: str
    times: int = 1


def case(
    name: str, trouble: Trouble, outcomes: Outcome | Iterable[Outcome], said: str, times: int = 1
) -> Case:
    """A `Case` whose readings end in one way or in several."""
    ends = frozenset({outcomes} if isinstance(outcomes, Outcome) else outcomes)
    return Case(name, trouble, ends, said, times)
