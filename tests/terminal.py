"""The program at a terminal of its own, as a person has it before them."""

import contextlib
import os
import pty
import select
import subprocess
import sys
import time
from types import TracebackType
from typing import Self

from run_program import MAIN

_TAKE_TERMINAL = (
    "import fcntl, os, sys, termios\n"
    "fcntl.ioctl(0, termios.TIOCSCTTY, 0)\n"
    "os.execv(sys.executable, [sys.executable, *sys.argv[1:]])\n"
)
"""Without a controlling terminal, hidden answers could not be asked for."""


class Terminal:
    """A context manager. `shown` is what stands on the screen, typed text included where it is echoed."""

    def __init__(self, env: dict[str, str], *options: str) -> None:
        self.shown = ""
        self._read = 0
        self._screen, inside = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-c", _TAKE_TERMINAL, str(MAIN), *options],
            env=env,
            cwd=env["HOME"],
            stdin=inside,
            stdout=inside,
            stderr=inside,
            start_new_session=True,
        )
        os.close(inside)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self._screen)

    def answer(self, question: str, text: str, end: str = "\n") -> None:
        """Wait until `question` is on the screen, below what was answered before, and type."""
        self.wait_for(question)
        os.write(self._screen, (text + end).encode())

    def wait_for(self, text: str, seconds: float = 20) -> None:
        """Look at the screen until `text` is there, below what was waited for before."""
        deadline = time.monotonic() + seconds
        while (found := self.shown.find(text, self._read)) < 0:
            left = deadline - time.monotonic()
            seen = left > 0 and self._look(left)
            assert seen, f"{text!r} was not shown, but:\n{self.shown}"
        self._read = found + len(text)

    def end(self, seconds: float = 20) -> int:
        """Look at the screen until the program is over; its exit code."""
        deadline = time.monotonic() + seconds
        while self._look(deadline - time.monotonic()):
            assert time.monotonic() < deadline, f"it does not end, but shows:\n{self.shown}"
        return self.process.wait(max(deadline - time.monotonic(), 0.1))

    def interrupt(self, seconds: float = 20) -> int:
        """Press Ctrl-C until the program is over, as a person would; its exit code.

        Python's `input` does not see one that comes between its prompt and its read.
        """
        deadline = time.monotonic() + seconds
        while self.process.poll() is None and time.monotonic() < deadline:
            os.write(self._screen, b"\x03")
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(0.5)
        return self.end(max(deadline - time.monotonic(), 1))

    def _look(self, seconds: float) -> bool:
        """Take in what is new on the screen; False once there will be nothing more."""
        if not select.select([self._screen], [], [], max(seconds, 0))[0]:
            return True
        try:
            data = os.read(self._screen, 65536)
        except OSError:  # EIO: nobody has the other side open any more
            return False
        self.shown += data.decode(errors="replace").replace("\r\n", "\n")
        return bool(data)
