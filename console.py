"""What a person reads: one line at a time to stdout, never raising, never with a secret.

Any thread may say something. A closed stdout (a pipe that ended, a terminal that went away) silences the
console for good and disturbs nothing else.
"""

import contextlib
import errno
import os
import re
import sys
import threading
from typing import TextIO

from logs import Redactor

RULE = "=" * 70
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

    def say(self, text: str = "") -> None:
        """Print `text` as whole lines."""
        if self._closed:
            return
        stream: TextIO | None = self._stream or sys.stdout
        if stream is None:  # started with a closed stdout
            return
        with self._lock:
            try:
                stream.write(_printable(self._redactor.clean(text) + "\n", stream))
                stream.flush()
            except (OSError, ValueError) as error:
                # EPIPE, EIO after a hangup, or a closed file: nobody is reading any more.
                if not (isinstance(error, OSError) and error.errno in _PASSING):
                    self._closed = True
                    drop_the_rest(stream)

    def rule(self) -> None:
        """Print a horizontal rule."""
        self.say(RULE)


def drop_the_rest(stream: TextIO) -> None:
    """Send what is still buffered nowhere: the interpreter would fail on it at exit, with code 120."""
    if stream is not sys.stdout:
        return
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def _printable(text: str, stream: TextIO) -> str:
    """The text in what the stream's encoding can express: a C locale must not end the program.

    Control characters are shown as "?": a name from outside must not steer the terminal.
    """
    text = _CONTROL.sub("?", text)
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return text.encode(encoding, errors="replace").decode(encoding, errors="replace")
