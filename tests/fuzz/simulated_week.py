"""A week of the download worker in minutes: many wanted films, restarts, kills, a second process, an outage.

Real are worker, queues and their files, the FileList client, its ledger, the services' rests; the clock is
moved by hand to where the worker would wake. Whatever happens, the hour's calls are never exceeded.
"""

import logging
import os
import random
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from bench import Bench
from harness import Row
from simulated_filelist import DAY, HOUR, Killed, SimulatedFileList, film
from support import NOON, Clock

from call_ledger import LIMIT, CallLedger
from errors import ServiceError
from filelist_downloader import Case, FileListDownloader
from loop import Pace, guarded_step
from movie import Movie
from queue_files import COMPLETED, FAILED, PENDING
from release_choice import Preferences
from turns import got_no_answer_before
from web import WebClient

LIKES = Preferences((4, 1), True, 1, None, None, (), ())


@dataclass(frozen=True)
class Plan:
    """`outage` begins and ends so many seconds after the start. One film in ten is wanted only later.

    `delay` is the most seconds that may lie between booking a call and its arriving.
    """

    films: int
    seconds: float
    outage: tuple[float, float]
    seed: int = 0
    delay: float = 0.0


@dataclass
class Told:
    """What happened in a simulated week, and what of it must not."""

    violations: list[str] = field(default_factory=list)
    calls: int = 0
    busiest_hour: int = 0
    restarts: int = 0
    kills: int = 0
    searches_beside: int = 0
    slowest_step: float = 0.0
    in_queue: dict[str, int] = field(default_factory=dict)
    held_through_outage: int = 0
    charged_by_outage: int = 0


class Wake(threading.Event):
    """The event a worker waits on; waiting moves the clock."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def wait(self, timeout: float | None = None) -> bool:
        """The clock goes on by `timeout`, unless the event is set."""
        if not self.is_set():
            self._clock.time += timeout or 0.0
        return self.is_set()


class Week:
    """One run of the plan in a folder."""

    def __init__(self, plan: Plan, root: Path) -> None:
        self.plan = plan
        self.root = root
        self.clock = Clock(NOON + 0.37)
        self.dice = random.Random(plan.seed)
        self.told = Told()
        began, ended = (NOON + moment for moment in plan.outage)
        self.site = SimulatedFileList(self.clock, self.dice, plan.films, (began, ended), delay=plan.delay)
        self.site.between = self._perhaps_beside
        self._before_outage: dict[str, Movie] | None = None
        self._outage_judged = False
        self.bench = self._started()
        self.bench.queue.add_many_to_pending([film(n) for n in range(plan.films) if n % 10 != 5])
        self._late = [film(n) for n in range(plan.films) if n % 10 == 5]

    def live(self) -> Told:
        """From the first moment to the last."""
        end = NOON + self.plan.seconds
        while self.clock() < end:
            self._meanwhile()
            try:
                self._one_step()
            except Killed:
                self.told.kills += 1
                self._restart()
        self._judge()
        return self.told

    def _started(self) -> Bench:
        """New objects on the same folder, as after a restart."""
        bench = Bench(self.root, self.clock, qbittorrent=False)
        bench.trackers[:] = [self._downloader()]
        bench.downloads_worker.wake = Wake(self.clock)
        bench.queue.on_queued(bench.downloads_worker.wake.set)
        return bench

    def _downloader(self) -> FileListDownloader:
        folder, web = self.root / "state", cast(WebClient, self.site)
        ledger = CallLedger(folder / "filelist_calls.json", now=self.clock)
        return FileListDownloader(web, "somebody", "f" * 32, LIKES, ledger, folder, self.clock)

    def _restart(self) -> None:
        self._note_bugs()
        self.clock.time += self.dice.choice((0.2, 5, 5, 600))
        self.bench = self._started()

    def _one_step(self) -> None:
        worker = self.bench.downloads_worker
        worker.wake.clear()
        began = time.process_time()
        pace = guarded_step(worker)
        self.told.slowest_step = max(self.told.slowest_step, time.process_time() - began)
        if pace is Pace.WAIT:
            worker.wait_for_work()
        elif pace is not Pace.AT_ONCE:
            self.told.violations.append(f"a step ended with {pace}: {self.bench.said[-1:]}")
            self.clock.time += 60

    def _meanwhile(self) -> None:
        """What happens between two steps: a restart, a film of the list, the second process, the outage."""
        if self.dice.random() < 0.001:
            self.told.restarts += 1
            self._restart()
        if self._late and self.dice.random() < 0.05:
            self.bench.queue.add_to_pending(self._late.pop())
        self._perhaps_beside()
        if self._outage_turns():
            self._judge_outage({movie.id: movie for movie in self._wanted()})

    def _judge_outage(self, films: dict[str, Movie]) -> None:
        """Remember the films as the outage begins; at its end see what it did to them.

        One that got no answer before it, while others did, is charged by the next time that it gets none.
        """
        before, self._before_outage = self._before_outage, films
        if before is None:
            return
        self._outage_judged = True
        changed = [movie for key, movie in before.items() if films[key].retry_count != movie.retry_count]
        charged = [movie for movie in changed if got_no_answer_before(movie)]
        self.told.held_through_outage, self.told.charged_by_outage = len(before), len(charged)
        if len(changed) > len(charged):
            self.told.violations.append(
                f"the outage changed retry_count: {len(changed) - len(charged)} films"
            )

    def _outage_turns(self) -> bool:
        """Whether the outage has begun, or ended, since this was asked last."""
        began, ended = self.site.out_of_order
        if self._before_outage is None:
            return self.clock() >= began
        return self.clock() >= ended and not self._outage_judged

    def _wanted(self) -> list[Movie]:
        return [*self.bench.queue.films(PENDING), *self.bench.queue.films(FAILED)]

    def _perhaps_beside(self) -> None:
        """`--search` of a second process: its own objects on the same folder."""
        if self.dice.random() > 0.02 or self.bench.services.resting("filelist"):
            return
        self.told.searches_beside += 1
        movie = film(self.dice.randrange(self.plan.films))
        worker_asks, self.site.visited = self.site.visited, True
        try:
            self._downloader().search(Case(movie), keep=False)
        except ServiceError as error:
            Bench(self.root, self.clock, qbittorrent=False).services.failed(error)
        except Killed:
            self.told.kills += 1
        finally:
            self.site.visited = worker_asks

    def _note_bugs(self) -> None:
        if self.bench.downloads_worker.bugs:
            self.told.violations.append(f"{self.bench.downloads_worker.bugs} bugs: {self.bench.said[-3:]}")

    def _judge(self) -> None:
        self._note_bugs()
        told, sent = self.told, sorted(self.site.sent)
        told.calls = len(sent)
        told.busiest_hour = busiest(sent, HOUR)
        if told.busiest_hour > LIMIT:
            told.violations.append(f"{told.busiest_hour} calls in an hour")
        told.in_queue = {queue: len(self.bench.queue.films(queue)) for queue in (PENDING, FAILED, COMPLETED)}
        if self._late or sum(told.in_queue.values()) != self.plan.films:
            told.violations.append(
                f"films were lost or doubled: {told.in_queue}, {len(self._late)} not added"
            )
        never = self.plan.films - len(self.site.searched)
        if never:
            told.violations.append(f"{never} films were never searched for")
        if not self._outage_judged:
            told.violations.append("the outage was not lived through")


def busiest(sent: list[float], seconds: float) -> int:
    """The most of these moments that lie within any `seconds`."""
    most = start = 0
    for number, moment in enumerate(sent):
        while moment - sent[start] >= seconds:
            start += 1
        most = max(most, number - start + 1)
    return most


def lived(plan: Plan) -> Told:
    """The plan, lived in a folder of its own, in memory where there is such a place."""
    memory = Path("/dev/shm")
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with tempfile.TemporaryDirectory(
            prefix="week-", dir=memory if os.access(memory, os.W_OK) else None
        ) as folder:
            return Week(plan, Path(folder)).live()
    finally:
        logging.disable(before)


def week(count: int, first_seed: int = 0) -> Row:
    """A week with `count` wanted films, one day of which FileList is out of order."""
    told = lived(Plan(count, 7 * DAY, (4 * DAY, 5 * DAY), first_seed))
    sys.stderr.write(f"  {told}\n")
    return Row(
        "a simulated week of wanted films, with restarts, kills, a second process and a day of outage",
        f"never above {LIMIT} calls in any rolling hour, each film searched for, the outage costs no try",
        count,
        tuple(told.violations),
        told.slowest_step,
    )
