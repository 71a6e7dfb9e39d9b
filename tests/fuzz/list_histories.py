"""Random histories of a simulated list, read by the real monitor, worker, removal rules and queue.

What happens is drawn from a seed as a list of steps, so that a history which breaks a rule can be repeated,
cut short and printed. `list_oracle` knows the rules.
"""

import contextlib
import io
import logging
import os
import random
import shutil
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import msgspec
from harness import Outcome as CaseOutcome
from harness import Row, row_of, spread
from list_oracle import BrokenRule, Oracle
from simulated_list import EDITS, OWNER, SimulatedList, a_list
from support import NOON, Clock

import storage
from console import Console
from film_store import film_key
from identity import listed
from letterboxd_pages import PageChanged
from library import Library
from list_memory import Lists
from logs import Redactor
from monitor import LetterboxdWatchlistMonitor
from monitor_worker import MonitorWorker
from movie import FilmFacts, ListedFilm
from new_films import NewFilms, with_facts
from places import DownloadPlace
from queue_files import PENDING
from queue_manager import QueueManager
from reading import Ended, Outcome, Reading, Tally
from removal_plan import RemovalRules
from removals import Removals
from services import Services

HOUR, DAY = 3600, 24 * 3600
LIST = f"{OWNER}/watchlist"
LIMIT = 0.1
TARGET = "no wrong removal, and no wrong claim that the next full reading does not mend"
MOST_TRIES = 150
QUIET = ("heal", "check", "day off", "check", "check", "day off", "check", "check")
"""How each history ends: long enough for all that is owed to be done."""


@dataclass(frozen=True)
class Step:
    """One thing that happens; `number` decides what is left open."""

    kind: str
    number: int


@dataclass(frozen=True)
class History:
    """A whole history: all of it follows from these."""

    seed: int
    interval: int
    steps: tuple[Step, ...]

    def __str__(self) -> str:
        steps = ", ".join(f"{step.kind} {step.number}" for step in self.steps)
        return f"seed {self.seed}, a check each {self.interval} s: {steps}"


CALM = ("add", "add", "add", "namesake", "remove", "remove", "re-add", "bump", "rename", "re-id", "merge")
OWN_ORDER = (*CALM, "insert", "move", "swap", "swap")
ROUGH = (
    *OWN_ORDER,
    "remove many",
    "shrink",
    "clear",
    "refill",
    "wrong count",
    "hide",
    "heal",
    "fail",
    "fail",
)
BESIDES = ("restart", "kill", "accept", "hand over", "try", "jump", "day off")


def draw(seed: int) -> History:
    """The history of this seed."""
    rng = random.Random(seed)
    edits = rng.choice((CALM, OWN_ORDER, ROUGH, ROUGH))
    steps = []
    for _ in range(rng.randint(4, 12)):
        for _ in range(rng.choice((0, 0, 0, 1, 1, 2, 4))):
            kind = rng.choice(edits)
            during = kind != "fail" and rng.random() < 0.1
            steps.append(Step(f"during {kind}" if during else kind, rng.randrange(10**6)))
        if rng.random() < 0.15:
            steps.append(Step(rng.choice(BESIDES), rng.randrange(10**6)))
        steps.append(Step("check", rng.randrange(10**6)))
    interval = rng.choice((HOUR, 2 * HOUR, 3 * HOUR, 4 * HOUR, 6 * HOUR, 12 * HOUR, DAY))
    return History(seed, interval, tuple(steps))


class SimulatedMonitor(LetterboxdWatchlistMonitor):
    """The real monitor with a simulated list in place of Letterboxd."""

    def __init__(self, sim: SimulatedList, folder: Path, interval: int, clock: Clock) -> None:
        super().__init__(
            OWNER,
            cast(Any, None),
            folder,
            request_interval=0,
            check_interval=interval,
            stop=threading.Event(),
            now=clock,
        )
        self._sim = sim
        self.last: Reading | None = None

    def read_watchlist(self, is_known: Callable[[str], bool] = lambda key: True) -> Reading:
        self._sim.pages_served = 0
        self.last = super().read_watchlist(is_known)
        return self.last

    def _read_page(self, page: int, tally: Tally) -> int | None:
        shown = self._sim.page(page)
        tally.lost_page = shown is None
        if shown is None:
            return None
        try:
            return tally.take(page, shown, self._owner)
        except PageChanged as change:
            raise Ended(Outcome.PAGE_CHANGED, change.reason) from change

    def _fetch_facts(self, film: ListedFilm) -> FilmFacts:
        facts = self._sim.facts_of(film)
        return msgspec.structs.replace(
            facts, fetched_at=int(self._now()), listed=(film.slug, film.title, film.year)
        )

    def watched(self) -> tuple[()]:
        return ()


class Process:
    """One run of the program on the state folder."""

    def __init__(self, sim: SimulatedList, folder: Path, interval: int, clock: Clock) -> None:
        console = Console(Redactor(), io.StringIO())
        rules = RemovalRules(interval, LIMIT)
        self.queue = QueueManager(folder, max_retries=5, now=clock)
        self.monitor = SimulatedMonitor(sim, folder, interval, clock)
        place = DownloadPlace(folder / "nowhere", folder, we_write=False, elsewhere=True)
        self.new_films = NewFilms(
            self.monitor, self.queue, Library([], clock), place, console.say, lambda line, share: None, clock
        )
        self.worker = MonitorWorker(
            watchlist=self.monitor,
            new_films=self.new_films,
            queue=self.queue,
            services=Services(folder, lambda service: "", clock),
            console=console,
            rules=rules,
            stop=threading.Event(),
            now=clock,
        )
        self.removals = Removals(folder, self.queue, rules, lambda: None, console.say, lambda text: None)

    def check(self) -> Reading | None:
        """Let the worker do all that is due; its reading, if there was one."""
        self.monitor.last = None
        # Held for all of it, for speed: no other process is there.
        with self.queue._store.locked():
            while self.worker.step():
                pass
        return self.monitor.last


class World:
    """A history as it unfolds: the list, the clock, the program and the oracle."""

    def __init__(self, history: History, folder: Path) -> None:
        self.interval = history.interval
        self.folder = folder
        self.clock = Clock(NOON)
        self.real = 0.0
        self.sim = a_list(random.Random(history.seed))
        self._seed_state()
        self.process = self._start()
        self.oracle = Oracle(self.sim, history.interval, LIMIT)

    def _start(self) -> Process:
        return Process(self.sim, self.folder, self.interval, self.clock)

    def _seed_state(self) -> None:
        """The films of the list are known already, as after a first run."""
        known = [self.sim.facts_of(film.listed()) for film in self.sim.films]
        facts = [msgspec.structs.replace(fact, fetched_at=NOON) for fact in known]
        storage.write_json(self.folder / "films.json", {film_key(fact): fact for fact in facts})
        films = [with_facts(listed(film.listed(), LIST), film.facts()) for film in self.sim.films]
        QueueManager(self.folder, max_retries=5, now=self.clock).add_many_to_pending(films)

    def pass_time(self, seconds: float) -> None:
        self.clock.time += seconds
        self.real += seconds

    def take(self, step: Step) -> None:
        """Have one thing happen."""
        if step.kind in EDITS:
            self.sim.edit(step.kind, step.number)
        elif step.kind.startswith("during "):
            edits = self.sim.during.setdefault(1 + step.number % 3, [])
            edits.append((step.kind.removeprefix("during "), step.number))
        else:
            getattr(self, f"_{step.kind.replace(' ', '_')}")(random.Random(step.number))

    # --- what may happen besides edits

    def _check(self, rng: random.Random) -> None:
        self.pass_time(self.interval + rng.randint(0, 20))
        self.oracle.before(self.process.queue)
        reading = self.process.check()
        known = Lists(self.folder).get(LIST).films
        self.oracle.checked(self.process.queue, reading, known, self.real)
        self.sim.failing_page = 0
        self.sim.during.clear()

    def _kill(self, rng: random.Random) -> None:
        """The program is killed between a reading and what follows from it."""
        self.pass_time(self.interval + rng.randint(0, 20))
        reading = self.process.monitor.read_watchlist(self.process.new_films.is_known)
        self.oracle.read(reading, self.real)
        self.sim.failing_page = 0
        self.sim.during.clear()
        self.process = self._start()

    def _restart(self, rng: random.Random) -> None:
        self.process = self._start()

    def _day_off(self, rng: random.Random) -> None:
        self.pass_time(DAY + HOUR)

    def _jump(self, rng: random.Random) -> None:
        seconds = rng.choice((-400 * DAY, -DAY, -2 * HOUR, 2 * HOUR, DAY, 400 * DAY))
        self.clock.time += seconds
        self.oracle.clock_jumped(seconds)

    def _accept(self, rng: random.Random) -> None:
        self.oracle.before(self.process.queue)
        held = Lists(self.folder).get(LIST).held
        marked = self._start().removals.accept()
        self.oracle.accepted(held, marked, self.process.queue, self.real)

    def _hand_over(self, rng: random.Random) -> None:
        if films := self.process.queue.films(PENDING):
            self.process.queue.add_to_completed(rng.choice(films))

    def _try(self, rng: random.Random) -> None:
        if films := self.process.queue.films(PENDING):
            self.process.queue.add_to_failed(rng.choice(films), "No torrents found", self.clock() + HOUR)


def live(history: History) -> Counter[str]:
    """Let a history happen; how often what was seen. Raises `BrokenRule`."""
    folder = Path(tempfile.mkdtemp(prefix="lists-", dir=_in_memory()))
    try:
        with _silence():
            world = World(history, folder)
            for step in (Step("check", 0), *history.steps, *(Step(kind, 0) for kind in QUIET)):
                world.take(step)
            world.oracle.all_noticed(world.process.queue, Lists(folder).get(LIST).held)
            return world.oracle.seen
    except Exception as error:
        error.add_note(f"in the history of {history}")
        raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _in_memory() -> Path | None:
    memory = Path("/dev/shm")
    return memory if os.access(memory, os.W_OK) else None


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """No warnings of the program, which are many here and all expected."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)


def broken_by(history: History) -> BrokenRule | None:
    """The rule that the history breaks."""
    try:
        live(history)
    except BrokenRule as broken:
        return broken
    return None


def shortest(history: History, rule: str) -> History:
    """The history without steps that it does not take to break the rule, as far as a while allows."""
    tries, size = iter(range(MOST_TRIES)), max(len(history.steps) // 2, 1)
    while size:
        at = 0
        while at < len(history.steps) and next(tries, None) is not None:
            steps = (*history.steps[:at], *history.steps[at + size :])
            broken = broken_by(fewer := replace(history, steps=steps))
            if broken is not None and broken.rule == rule:
                history = fewer
            else:
                at += size
        size //= 2
    return history


def one_history(seed: int) -> CaseOutcome:
    """The history of a seed; in case it breaks a rule, what is left of it when cut short."""
    started, history = time.process_time(), draw(seed)
    broken = broken_by(history)
    seconds = time.process_time() - started
    if broken is None:
        return CaseOutcome(seconds)
    short = shortest(history, broken.rule)
    return CaseOutcome(seconds, f"{broken_by(short)}\n    {short}")


def histories(count: int, first: int) -> Row:
    """The row of so many histories."""
    outcomes = spread(one_history, range(first, first + count))
    return row_of("histories of a watchlist", TARGET, outcomes)
