"""What a person reads: one line at a time to stdout, never raising, never with a secret.

Any thread may say something. A closed stdout (a pipe that ended, a terminal that went away) silences the
console for good and disturbs nothing else.
"""

import contextlib
import errno
import os
import re
import shutil
import sys
import threading
from collections.abc import Callable
from typing import TextIO

from logs import Redactor

RULE = "=" * 70
ERASE = "\r\x1b[K"
EVERY = 60.0
BAR = 10
_PASSING = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EAGAIN})
"""Write errors of an output that is still there: the text is lost, later ones need not be."""
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class Console:
    """Prints to `stream` (default: stdout as it is at that moment)."""

    def __init__(self, redactor: Redactor, stream: TextIO | None = None) -> None:
        self._redactor = redactor
        self._stream = stream
        self._lock = threading.Lock()
        self._closed = False
        self._status = ""
        self._lasting: dict[str, tuple[object, frozenset[str]]] = {}

    def is_news(self, topic: str, about: object, teller: str) -> bool:
        """Whether a lasting trouble that several threads meet is still to be told: one of them does."""
        with self._lock:
            known, tellers = self._lasting.get(topic, (None, frozenset()))
            self._lasting[topic] = about, tellers | {teller}
            return known != about

    def is_over(self, topic: str, teller: str) -> None:
        """This thread meets the trouble no more; once none does it would be news again."""
        with self._lock:
            about, tellers = self._lasting.pop(topic, (None, frozenset()))
            if tellers - {teller}:
                self._lasting[topic] = about, tellers - {teller}

    @property
    def is_terminal(self) -> bool:
        """Whether a person may be looking on, so that a line may change in place."""
        stream = self._stream or sys.stdout
        return stream is not None and not self._closed and not stream.closed and stream.isatty()

    def say(self, text: str = "") -> None:
        """Print `text` as whole lines, above the line that changes in place."""
        with self._lock:
            self._write(f"{self._clean(text)}\n")

    def show(self, status: str) -> None:
        """Have a last line that changes in place; empty to take it away. For terminals only."""
        with self._lock:
            if self.is_terminal and (status or self._status):
                self._erase()
                self._status = self._clean(status)
                self._write("")

    def _clean(self, text: str) -> str:
        # Control characters are shown as "?": a name from outside must not steer the terminal.
        return _CONTROL.sub("?", self._redactor.clean(text))

    def _erase(self) -> None:
        if self._status:
            self._status = ""
            self._write(ERASE)

    def _write(self, text: str) -> None:
        stream: TextIO | None = self._stream or sys.stdout
        if self._closed or stream is None:  # started with a closed stdout
            return
        if self._status:
            width = max(shutil.get_terminal_size().columns - 2, 1)
            text = f"{ERASE}{text}{self._status[:width]}"
        try:
            stream.write(_encodable(text, stream))
            stream.flush()
        except (OSError, ValueError) as error:
            # EPIPE, EIO after a hangup, or a closed file: nobody is reading any more.
            if not (isinstance(error, OSError) and error.errno in _PASSING):
                self._closed = True
                drop_the_rest(stream)

    def rule(self) -> None:
        """Print a horizontal rule."""
        self.say(RULE)


class Progress:
    """How far a long piece of work is: a bar in place at a terminal, elsewhere a line a minute."""

    def __init__(self, console: Console, now: Callable[[], float]) -> None:
        self._console = console
        self._now = now
        self._told_at: float | None = None

    def tell(self, line: str, share: float) -> None:
        """Tell where the work stands now, of which this share is done; an empty line at its end."""
        now = self._now()
        if self._console.is_terminal or not line:
            self._console.show(line and f"{_bar(share)} {line}")
            self._told_at = None
        elif self._told_at is None:
            self._told_at = now
        elif abs(now - self._told_at) >= EVERY:
            self._told_at = now
            self._console.say(f"   {line}")


def _bar(share: float) -> str:
    return f"[{'#' * int(share * BAR):-<{BAR}}]"


def drop_the_rest(stream: TextIO) -> None:
    """Send what is still buffered nowhere: the interpreter would fail on it at exit, with code 120."""
    if stream is not sys.stdout:
        return
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def _encodable(text: str, stream: TextIO) -> str:
    """The text in what the stream's encoding can express: a C locale must not end the program."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return text.encode(encoding, errors="replace").decode(encoding, errors="replace")
