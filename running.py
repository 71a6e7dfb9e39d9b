"""A run from its banner to its last line: workers started, watched over, stopped; or once through.

Called by the main thread, which waits here for signals. A stop takes at most `JOIN_SECONDS`, even if a
request hangs: the workers' threads are daemonic, and everything that counts is on disk at any moment.
"""

import logging
import os
import sys
import threading
import time
from collections.abc import Sequence

import report
from config import Config
from console import Console
from credentials_manager import CredentialsManager
from errors import ConfigError, StateError
from logs import log_path
from loop import Worker, guarded_step, run_until_idle
from program import Program
from queue_files import PENDING
from signals import Signals, hold_back
from workers import DownloadWorker, MonitorWorker

STATUS_EVERY = 300.0
JOIN_SECONDS = 8.0
MOST_SHOWN = 20

logger = logging.getLogger(__name__)


def run(
    config: Config, credentials: CredentialsManager, console: Console, signals: Signals, *, once: bool
) -> int:
    """The daemon, or with `once` a single run of it. Returns the exit code."""
    console.say("\n".join(report.banner(config)))
    console.say("📋 Initializing queue manager...")
    program = Program(config.folder, config, credentials, console, threading.Event())
    console.say(report.loaded_line(program.queue.get_statistics()))
    console.say("⚙️  Initializing FileList downloader...")
    console.say("🎬 Creating monitor worker...")
    console.say("⬇️  Creating download worker...")
    monitor, downloads = program.make_workers()
    if once:
        return _run_once(monitor, downloads, signals, program)
    _start([monitor, downloads], signals, config, console)
    _watch_over([monitor, downloads], signals, program)
    return _shut_down([monitor, downloads], signals, program)


def _start(workers: Sequence[Worker], signals: Signals, config: Config, console: Console) -> None:
    console.say("\n🚀 Starting workers...")
    console.say(f"🎬 Monitor worker started (checking every {config['check_interval']}s)")
    console.say(f"⬇️  Download worker started (retry interval: {config['retry_interval']}s)")
    console.say("✅ Workers started successfully\n")
    console.rule()
    # Started behind their own lines, which would else stand among what they say themselves.
    for worker in workers:
        worker.start(signals.wake)


def _watch_over(workers: Sequence[Worker], signals: Signals, program: Program) -> None:
    """Wait for the end; meanwhile a status line every five minutes, if something happened."""
    seen = program.queue.revision
    while not signals.stop_requested and not any(worker.fatal for worker in workers):
        started = time.monotonic()
        while not signals.stop_requested and time.monotonic() - started < STATUS_EVERY:
            signals.wait(STATUS_EVERY - (time.monotonic() - started))
            if signals.look_requested:
                signals.look_requested = False
                for worker in workers:
                    worker.wake.set()
            if signals.restart_requested and _may_restart(signals, program):
                return
            if any(worker.fatal for worker in workers):
                return
        if not signals.stop_requested:
            seen = _say_status(program, seen)


def _say_status(program: Program, seen: int) -> int:
    try:
        revision = program.queue.revision
        if revision != seen:
            program.console.say(report.status_line(program.queue.get_statistics()))
    except StateError as error:
        # The workers meet the same error and decide what it means.
        logger.warning("no status line: %s", error)
        return seen
    return revision


def _may_restart(signals: Signals, program: Program) -> bool:
    """Whether the configuration as it is now can be started with; a bad one is said and ignored."""
    try:
        config = Config.load(program.folder)
        problems = config.missing_for_run()
        if problems and program.config["username"] is None:
            raise ConfigError(problems)
    except ConfigError as error:
        program.console.say(f"⚠️  Not starting anew, the configuration cannot be used:\n{error}")
        signals.restart_requested = False
        return False
    return True


def _shut_down(workers: Sequence[Worker], signals: Signals, program: Program) -> int:
    console = program.console
    fatal = next((worker.fatal for worker in workers if worker.fatal), None)
    restart = signals.restart_requested and not signals.stop_requested and fatal is None
    # From here on a stop signal is the second one, also after a restart was asked for.
    signals.stop_requested = True
    console.say("\n🛑 Shutdown signal received..." if fatal is None else f"\n❌ {fatal}")
    deadline = time.monotonic() + JOIN_SECONDS
    for worker in workers:
        console.say(f"🛑 Stopping {worker.title}...")
        worker.stop()
    late = [worker for worker in workers if not worker.join(max(deadline - time.monotonic(), 0))]
    console.show("")
    for worker in workers:
        console.say(
            f"{worker.icon} {worker.title.capitalize()} "
            + ("left in a request" if worker in late else "stopped")
        )
        if worker in late:
            logger.warning("%s did not stop in time; whatever it waits for is dropped", worker.name)
    if not late:
        program.close()
    _say_final(program)
    if restart:
        console.say("🔄 Starting anew")
        logging.shutdown()
        hold_back()
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
    console.say("\n✓ Shutdown complete")
    return _leave(1 if fatal else 0, bool(late))


def _say_final(program: Program) -> bool:
    """The last numbers; whether they could be had."""
    try:
        program.console.say("\n".join(report.final_statistics(program.queue.get_statistics())))
    except StateError as error:
        program.console.say(f"❌ {error}")
        return False
    return True


def _leave(code: int, late: bool) -> int:
    """End now even if a thread is stuck inside a library: it holds nothing that counts."""
    if late:
        logging.shutdown()
        os._exit(code)
    return code


class _SingleRun(threading.Thread):
    """The workers' steps, one after the other, beside the main thread that waits for signals.

    A new film has its attempt as soon as its own page is read, not after the last of a thousand pages.
    """

    def __init__(self, monitor: Worker, downloads: Worker, signals: Signals) -> None:
        super().__init__(name="SingleRun", daemon=True)
        self.error: StateError | None = None
        self._monitor = monitor
        self._downloads = downloads
        self._signals = signals

    def run(self) -> None:
        try:
            run_until_idle(self._monitor, self._attempt_one)
            run_until_idle(self._downloads)
        except StateError as error:
            self.error = error
        finally:
            self._signals.wake()

    def _attempt_one(self) -> None:
        """One step for each time that films became pending, so that no film gets a second one here."""
        if self._downloads.wake.is_set() and not self._downloads.stopping.is_set():
            self._downloads.wake.clear()
            guarded_step(self._downloads)


def _run_once(monitor: MonitorWorker, downloads: DownloadWorker, signals: Signals, program: Program) -> int:
    workers: list[Worker] = [monitor, downloads]
    monitor.single_run = downloads.single_run = True
    single = _SingleRun(monitor, downloads, signals)
    single.start()
    while single.is_alive() and not signals.stop_requested:
        signals.wait(60)
        # The thread wakes us as its last act; give it the moment it needs to end.
        if not signals.stop_requested:
            single.join(0.2)
    interrupted = single.is_alive()
    if interrupted:
        program.console.say("\n🛑 Shutdown signal received...")
        for worker in workers:
            worker.stop()
        single.join(JOIN_SECONDS)
    program.console.show("")
    if not single.is_alive():
        program.close()
    if single.error is not None:
        raise single.error
    _say_left(program)
    told = _say_final(program)
    code = 0 if interrupted else _once_code(workers, program)
    return _leave(code or (0 if told else 1), single.is_alive())


def _once_code(workers: Sequence[Worker], program: Program) -> int:
    if any(worker.bugs for worker in workers):
        program.console.say(f"❌ Movie Sync hit a bug. The details are in {log_path(program.folder)}")
        return 3
    return 1 if any(worker.troubles for worker in workers) else 0


def _say_left(program: Program) -> None:
    left = [*program.queue.films(PENDING), *program.films_to_look_up()]
    if left:
        program.console.say("\n⏳ Left for a later run:")
        for movie in left[:MOST_SHOWN]:
            program.console.say(f"   • {movie.label}")
        if len(left) > MOST_SHOWN:
            program.console.say(f"   … and {len(left) - MOST_SHOWN} more")
