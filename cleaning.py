"""A cleanup from its plan to its end: the daemon's, by itself, and the user's, by `--cleanup --yes`.

Called by DownloadWorker, step by step, or by the main thread of a command; both hold the lock of cleanup
while they change anything. What `cleanup` decides, `trash` does; here is the order of things, and what is
said.
"""

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator, Sequence

from msgspec.structs import replace

import storage
from cleanup import Action, CleanupRules, Plan, What, is_candidate, plan_cleanup
from cleanup_facts import CleanupFacts
from cleanup_journal import UNDER_WAY, Entry, Journal
from cleanup_text import plan_text, removed_text, trash_text, under_way_text
from emptying import Emptying
from errors import AlreadyRunning, Interrupted
from queue_manager import QueueManager
from trash import Trash

logger = logging.getLogger(__name__)

PATIENCE = 6.0
"""Seconds for which the daemon waits for qBittorrent within one step; then it does other things first."""
COMMAND_PATIENCE = 600.0
LONGEST_POLL = 10.0
MOST_TIMES = 3
"""How often a film is begun with in one go: it may have to be compared first, or not be to be moved."""
HOURLY = 3600.0
WAITS = (
    "These films left the list before cleanup was switched on, so nothing is done yet. `python main.py "
    "--cleanup --yes` does this once; from then on it goes by itself."
)


class Cleaning:
    """Plans and cleans. `enabled`: by itself too, without being asked."""

    def __init__(
        self,
        queue: QueueManager,
        facts: CleanupFacts,
        trash: Trash,
        emptying: Emptying,
        journal: Journal,
        rules: CleanupRules,
        say: Callable[[str], None],
        stop: threading.Event,
        now: Callable[[], float],
        *,
        enabled: bool,
    ) -> None:
        self._queue = queue
        self._facts = facts
        self.trash = trash
        self._emptying = emptying
        self._journal = journal
        self._rules = rules
        self._say = say
        self._stop = stop
        self._now = now
        self._enabled = enabled
        self._told: dict[str, str] = {}
        self._seen: tuple[object, ...] | None = None
        self._again = 0.0

    # --- the daemon

    def next_due(self) -> float | None:
        """When there may be something to clean; None if nothing comes by itself."""
        return self._again or None

    def look(self) -> None:
        """Clean what is due. Raises `ServiceError`, `PlaceUnavailable`, `StateError`."""
        now, signs = self._now(), self._facts.signs()
        waits = now < self._again <= now + HOURLY or not self._again
        if waits and signs == self._seen:
            return
        with contextlib.suppress(AlreadyRunning), self.locked():
            self._again, self._seen = 0.0, None
            if self._enabled and self._is_armed():
                self._work(PATIENCE, asked=False)
                self._emptying.look()
                self._expect(self._emptying.next_due())
            else:
                self._note_disabled()
                self._expect(self._settle(PATIENCE))
        # Taken anew: what was just done is no news.
        self._seen = self._facts.signs()

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes from cleaning. Raises `AlreadyRunning`."""
        with storage.daemon_lock(self._journal.lock_path, "A cleanup", "Try again in a moment."):
            yield

    def _is_armed(self) -> bool:
        """Whether cleanup may act by itself.

        Films whose grace was over before it was switched on wait for the user: they may be a year's.
        """
        if self._journal.read().armed:
            return True
        plan = self.plan()
        harmless = (What.LEAVE, What.FORGET)
        late = (one for one in plan.actions if is_candidate(one.movie, self._rules))
        if all(action.what in harmless for action in late):
            self._journal.change(lambda kept: replace(kept, armed=True))
            return True
        text = "\n".join([*plan_text(plan, self._now()), WAITS])
        self._tell_once("", text)
        return False

    def _note_disabled(self) -> None:
        """Cleanup is off: once it is on again, what waits then is shown first."""
        if not self._enabled and self._journal.read().armed:
            self._journal.change(lambda kept: replace(kept, armed=False))

    # --- the command

    def plan(self) -> Plan:
        """What would be done now. Changes nothing. Raises `ServiceError`, `PlaceUnavailable`."""
        recent = self._journal.recent(self._now())
        return plan_cleanup(self._facts.cases(recent), self._rules, recent, self._now())

    def show(self) -> bool:
        """Print the plan, what is under way, and the trash; whether there is something to do."""
        plan = self.plan()
        lines = plan_text(plan, self._now())
        lines += under_way_text(self._under_way())
        self._say("\n".join([*lines, *trash_text(self._emptying.trashed(), self._rules.trash_period)]))
        return bool(plan.going or plan.closed)

    def _under_way(self) -> list[Entry]:
        return [entry for entry in self._journal.read().entries if entry.phase in UNDER_WAY]

    def clean(self) -> bool:
        """Do the plan, with all that needs the user's word. False if qBittorrent is still at it."""
        plan = self._work(COMMAND_PATIENCE, asked=True)
        self._emptying.look()
        self._journal.change(lambda kept: replace(kept, armed=self._enabled))
        for line in plan_text(plan, self._now()) if plan.actions else ["No removed film waits for cleanup."]:
            self._say(line)
        return self.trash.go_on() is None

    # --- both

    def _work(self, patience: float, *, asked: bool) -> Plan:
        """Plan and do, until nothing is left to do or qBittorrent takes too long; the last plan."""
        times: dict[str, int] = {}
        self._journal.set_clock(self._now())
        while True:
            again = self._settle(patience)
            plan = self.plan()
            busy = {entry.film["id"] for entry in self._under_way()}
            todo = [
                action
                for action in (*plan.going, *plan.closed)
                # What cannot go into the trash after all goes by another word than this one.
                if (not action.asks or (asked and action.movie.id not in times))
                and action.movie.id not in busy
                and times.get(action.movie.id, 0) < MOST_TIMES
            ]
            if not todo:
                self._tell(plan)
                self._expect(again, *(action.again_at for action in plan.actions))
                return plan
            self._announce(todo)
            for action in todo:
                times[action.movie.id] = times.get(action.movie.id, 0) + 1
                self._begin(action)

    def _announce(self, todo: Sequence[Action]) -> None:
        count = sum(action.what in (What.TRASH, What.DELETE) for action in todo)
        if count:
            self._say(f"🧹 Processing {count} movie(s) for cleanup...")

    def _begin(self, action: Action) -> None:
        if self._stop.is_set():
            raise Interrupted("stopped during a cleanup")
        movie = action.movie
        if action.what is What.CHECK:
            self._say(f"   🔎 {movie.label}: {action.why}")
        elif action.what is not What.FORGET:
            self._say(f"   🗑️  Cleaning up: {movie.label}")
            self._say(removed_text(movie))
        self.trash.begin(action)
        self._settle(PATIENCE)

    def _settle(self, patience: float) -> float | None:
        """Go on with what is begun until all of it is done or `patience` is over; when to look again."""
        waited = 0.0
        while (again := self.trash.go_on()) is not None and waited < patience:
            wait = max(again - self._now(), 0.1)
            if wait > LONGEST_POLL:
                break  # something stands in the way, and qBittorrent will not change that
            if self._stop.wait(wait):
                raise Interrupted("stopped during a cleanup; it goes on at the next start")
            waited += wait
        return again

    def _tell(self, plan: Plan) -> None:
        """What is left alone, and why, once."""
        for action in plan.actions:
            if action.what is What.LEAVE or action.asks:
                text = f"   ⊘ {action.movie.label} is left alone: {action.why}"
                self._tell_once(action.movie.id, text)
        if plan.limit:
            self._tell_once("limit", f"⚠️  Cleanup stops for now: {plan.limit}.")

    def _tell_once(self, topic: str, text: str) -> None:
        if self._told.get(topic) != text:
            self._told[topic] = text
            logger.info("cleanup: %s", text)
            self._say(text)

    def _expect(self, *moments: float | None) -> None:
        for moment in moments:
            if moment is not None:
                self._again = min(self._again or moment, moment)
