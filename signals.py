"""Signals for the main thread: handlers that only set plain flags, and a wait that they end at once.

`Event.set()` in a handler can deadlock against the main thread's own wait on that event; a flag and the
interpreter's wakeup descriptor cannot. A second stop signal leaves the process on the spot: everything that
counts is on disk at any moment anyway.
"""

import os
import select
import signal
import socket
import sys
from types import FrameType

EXIT_FORCED = 130
LOOK = signal.SIGURG
"""Ignored by whoever does not handle it, so that it can harm no process that took over a pid."""
OURS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, LOOK)


def hold_back() -> None:
    """Keep our signals waiting until the program that takes this one's place is ready for them."""
    signal.pthread_sigmask(signal.SIG_BLOCK, OURS)


def ask_to_look(pid: int) -> None:
    """Tell a running Movie Sync that its state files were changed."""
    try:
        os.kill(pid, LOOK)
    except (ProcessLookupError, PermissionError):
        pass  # it looks by itself within a minute, or ended meanwhile


class Signals:
    """Install once, in the main thread. SIGINT and SIGTERM ask to stop; so does SIGHUP at a terminal.

    Without a terminal SIGHUP asks to start anew with the configuration as it is then. `LOOK` asks to look at
    the state files again: another process changed them.
    """

    def __init__(self) -> None:
        self.stop_requested = False
        self.restart_requested = False
        self.look_requested = False
        self._at_terminal = sys.stdin is not None and sys.stdin.isatty()
        self._reader, self._writer = socket.socketpair()
        for end in (self._reader, self._writer):
            end.setblocking(False)
        signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        for number in OURS:
            signal.signal(number, self._handle)
        # A process that starts itself anew blocks them until it can handle them again.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, OURS)

    def wait(self, seconds: float) -> None:
        """Wait until a signal comes, `wake` is called, or the time is over."""
        select.select([self._reader], [], [], max(seconds, 0))
        try:
            while self._reader.recv(4096):
                pass
        except BlockingIOError:
            pass  # drained

    def wake(self) -> None:
        """End the wait from another thread."""
        try:
            self._writer.send(b"\0")
        except BlockingIOError:
            pass  # a full buffer wakes as well

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        if number == LOOK:
            self.look_requested = True
        elif number == signal.SIGHUP and not self._at_terminal:
            self.restart_requested = True
        elif self.stop_requested and number != signal.SIGHUP:
            os._exit(EXIT_FORCED)
        else:
            # A terminal that goes away sends SIGHUP twice, by the kernel and by the shell: both are one stop.
            self.stop_requested = True
