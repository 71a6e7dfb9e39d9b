"""The one loop that both workers share: step while there is work, otherwise wait for the next thing due.

A worker's thread ends when `stop` is set, or when state cannot be believed any more (`fatal`). A bug in a
step is logged with its traceback and the worker goes on after a pause. Holds no lock while it waits.
"""

import enum
import logging
import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable

from console import Console
from errors import Interrupted, StateError, StateWriteError, service_title
from report import clock
from services import LEDGER, Rest

logger = logging.getLogger(__name__)

IDLE = 60.0
"""Longest wait: for the wall clock, which may jump, and for files that other processes changed."""
SHORTEST_WAIT = 0.05
PAUSE_AFTER_BUG = 60.0


class Worker(ABC):
    """One thread's work. `wake` ends a wait early; it is cleared before a step looks for work."""

    title = "worker"
    icon = "•"

    def __init__(self, name: str, console: Console, stop: threading.Event, now: Callable[[], float]) -> None:
        self.name = name
        self.wake = threading.Event()
        self.fatal: StateError | None = None
        self.troubles: deque[str] = deque(maxlen=100)
        self.bugs = 0
        self.put_aside = False
        self._console = console
        self._stop = stop
        self._now = now
        self._said: dict[str, str] = {}
        self._overdue_wait = SHORTEST_WAIT
        self._thread: threading.Thread | None = None

    @abstractmethod
    def step(self) -> bool:
        """Do one piece of work; True if more may be ready at once."""

    @abstractmethod
    def next_due(self) -> float:
        """Unix time at which there may be work again, nothing new coming up."""

    @abstractmethod
    def recover(self) -> bool:
        """After a bug in `step`: put aside what was in hand, that it blocks nothing; False if nothing was."""

    def start(self, on_fatal: Callable[[], None]) -> None:
        """Run the loop in a thread of its own; `on_fatal` is called when it had to give up."""
        self._thread = threading.Thread(target=run, args=(self, on_fatal), name=self.name, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ask the loop to end after the piece of work in hand."""
        self._stop.set()
        self.wake.set()

    @property
    def stopping(self) -> threading.Event:
        """Set when the program is to end."""
        return self._stop

    def join(self, timeout: float) -> bool:
        """Wait for the thread; True if it ended."""
        if self._thread is not None:
            self._thread.join(timeout)
        return self._thread is None or not self._thread.is_alive()

    def wait_for_work(self) -> None:
        """Wait until something is due, somebody wakes us, or a minute passed."""
        seconds = self.next_due() - self._now()
        if seconds > 0:
            self._overdue_wait = SHORTEST_WAIT
        else:
            # Due, yet the step found nothing to do: ask again soon, but less and less often.
            seconds = self._overdue_wait
            self._overdue_wait = min(2 * seconds, IDLE)
        # `wake` may have been cleared after `stop` had set it, but `stop` sets the flag first.
        if not self._stop.is_set() and self.wake.wait(min(max(seconds, SHORTEST_WAIT), IDLE)):
            self._overdue_wait = SHORTEST_WAIT

    def say_once(self, topic: str, text: str) -> None:
        """Tell the user of a trouble, unless that was the last thing said on this topic."""
        self.troubles.append(text)
        self.warn_once(topic, text)

    def say_state_trouble(self, error: StateWriteError) -> None:
        """Say once, for all workers and files, what keeps state from being written."""
        text = f"{error} Nothing is fetched until then; tried again each minute."
        cause = error.__cause__
        self.troubles.append(text)
        if self._console.is_news("state", getattr(cause, "errno", None) or text, self.name):
            logger.warning("%s", text)
            self._console.say(f"⚠️  {text}")

    def state_works(self) -> None:
        """A step went through: if state trouble comes back it is news, unless another worker still has it."""
        self._console.is_over("state", self.name)

    def warn_once(self, topic: str, text: str) -> None:
        """`say_once` for what is no trouble of this run, and yet wants the user's attention."""
        if self._said.get(topic) != text:
            self._said[topic] = text
            logger.warning("%s", text)
            self._console.say(f"⚠️  {text}")

    def tell_once(self, topic: str, text: str) -> None:
        """`say_once` for what is no trouble."""
        if self._said.get(topic) != text:
            self._said[topic] = text
            logger.info("%s", text)
            self._console.say(f"⏳ {text}")

    def over(self, topic: str) -> None:
        """The trouble on this topic has passed; it would be news again."""
        self._said.pop(topic, None)


class Teller(Worker):
    """A worker that says a trouble once although each report of it holds another time or amount."""

    def __init__(self, name: str, console: Console, stop: threading.Event, now: Callable[[], float]) -> None:
        super().__init__(name, console, stop, now)
        self._news: dict[str, tuple[object, str]] = {}

    def say_news(self, topic: str, text: str, about: object) -> None:
        """`say_once`, where the trouble is the same as long as `about` is."""
        if topic not in self._news or self._news[topic][0] != about:
            self._news[topic] = about, text
        self.say_once(topic, self._news[topic][1])

    def say_service(self, service: str, reason: str, rest: Rest | None, told: str = "") -> None:
        """Tell of trouble with a service, and until when it is left alone the first time it is.

        `told` is said in place of the reason, where more is known of the trouble.
        """
        if rest is None:
            self.say_news(service, reason, reason)
        elif rest.kind == LEDGER:
            self.tell_once(service, reason)
        else:
            until = clock(rest.until, self._now())
            text = f"{(told or reason).rstrip('.')}. {service_title(service)} is left alone until {until}."
            self.say_news(service, text, (reason, "at rest"))

    def over(self, topic: str) -> None:
        super().over(topic)
        self._news.pop(topic, None)


class Pace(enum.Enum):
    """What to do after a step."""

    AT_ONCE = "more may be ready"
    WAIT = "nothing is ready"
    STATE_TROUBLE = "state cannot be written now"
    BUG = "a bug ended the step"
    STOPPED = "we are stopping"


def run(worker: Worker, on_fatal: Callable[[], None]) -> None:
    """The loop of a worker's thread."""
    while not worker.stopping.is_set():
        worker.wake.clear()
        try:
            pace = guarded_step(worker)
            if pace is Pace.WAIT:
                pace = _guarded(worker, lambda: _waited(worker))
        except StateError as error:
            worker.fatal = error
            on_fatal()
            return
        if pace is Pace.STATE_TROUBLE:
            worker.stopping.wait(IDLE)
        elif pace is Pace.BUG:
            worker.stopping.wait(PAUSE_AFTER_BUG)


def run_until_idle(worker: Worker, between: Callable[[], object] = lambda: None) -> None:
    """Step until nothing is ready, for `--once`; waits for nothing. Raises `StateError`.

    `between` is called after each step but the last. A bug costs the film in hand its turn; one that leaves
    nothing in hand to put aside ends the run.
    """
    while not worker.stopping.is_set():
        pace = guarded_step(worker)
        if pace in {Pace.WAIT, Pace.STATE_TROUBLE} or (pace is Pace.BUG and not worker.put_aside):
            return
        between()


def guarded_step(worker: Worker) -> Pace:
    """One step, with what may go wrong in any step turned into a pace. Raises `StateError` alone."""
    pace = _guarded(worker, lambda: _stepped(worker))
    if pace is Pace.BUG:
        worker.put_aside = False
        # State may be unwritable just now, and what broke the step may break this too.
        _guarded(worker, lambda: _recovered(worker))
    return pace


def _guarded(worker: Worker, action: Callable[[], Pace]) -> Pace:
    try:
        return action()
    except Interrupted:
        return Pace.STOPPED
    except StateWriteError as error:
        worker.say_state_trouble(error)
        return Pace.STATE_TROUBLE
    except StateError:
        raise
    except Exception:
        logger.exception("a bug in %s; it goes on without what it had in hand", worker.name)
        worker.bugs += 1
        worker.tell_once("bug", f"A bug in the {worker.title}, see the log; it goes on by itself.")
        return Pace.BUG


def _stepped(worker: Worker) -> Pace:
    more = worker.step()
    worker.state_works()
    return Pace.AT_ONCE if more else Pace.WAIT


def _recovered(worker: Worker) -> Pace:
    worker.put_aside = worker.recover()
    return Pace.BUG


def _waited(worker: Worker) -> Pace:
    worker.wait_for_work()
    return Pace.AT_ONCE
