"""The log: a rotating file in the state folder, and stderr with `--verbose`, with every secret taken out.

Redaction happens in the formatter, over the finished text with its traceback: a secret may come from any
library's message or from a chained cause. Set up once by `main`; any thread may log.
"""

import base64
import json
import logging
import logging.handlers
import os
import re
import sys
import threading
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote, quote_plus

import storage

FORMAT = "%(asctime)s %(levelname)s %(threadName)s %(name)s: %(message)s"
MAX_BYTES = 2 * 2**20
BACKUPS = 3
_HIDDEN = "[hidden]"
_SHAPES = re.compile(
    r"(?i)((?:passkey|password|api_?key|sid(?:_\d+)?|__csrf)(?:=|%3D))[^&\s\"']+"
    r"|(['\"](?:passkey|password|api_?key)['\"]:\s*['\"])[^'\"]+"
    r"|(Authorization['\"]?:\s*['\"]?(?:Basic|Bearer)\s+)[A-Za-z0-9+/=_\-]+"
)


class Redactor:
    """Takes known secrets, in each form they travel in, out of a text; also what merely looks like one."""

    def __init__(self) -> None:
        self._known: re.Pattern[str] | None = None
        self._secrets: set[str] = set()
        self._lock = threading.Lock()

    def learn(self, secrets: Iterable[str], pairs: Iterable[tuple[str, str]] = ()) -> None:
        """Hide these from now on. `pairs` are (user name, secret) as HTTP Basic sends them, encoded."""
        with self._lock:
            for secret in secrets:
                self._secrets |= {secret, quote(secret), quote(secret, safe=""), quote_plus(secret)}
                # As Python and JSON show a text with quotes, backslashes or accents in it.
                self._secrets |= {repr(secret)[1:-1], json.dumps(secret)[1:-1]}
            for pair in pairs:
                self._secrets.add(base64.b64encode(":".join(pair).encode()).decode())
            # A very short secret would blank out half of every text and protect nothing.
            long_first = sorted((s for s in self._secrets if len(s) >= 4), key=len, reverse=True)
            self._known = re.compile("|".join(map(re.escape, long_first))) if long_first else None

    def clean(self, text: str) -> str:
        """The text with every secret replaced."""
        known = self._known
        if known is not None:
            text = known.sub(_HIDDEN, text)
        return _SHAPES.sub(lambda match: f"{match[match.lastindex or 0]}{_HIDDEN}", text)


class RedactingFormatter(logging.Formatter):
    """Formats a record as usual, then cleans the whole of it."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__(FORMAT)
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        return self._redactor.clean(super().format(record))


class _PrivateRotatingFile(logging.handlers.RotatingFileHandler):
    """A rotating file that only its owner can read, and whose full disk does not spoil the console."""

    def _open(self):  # type: ignore[no-untyped-def]  # the base class's stream type is private to typeshed
        descriptor = os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND, storage.FILE_MODE)
        # A file name may hold bytes that are no text: the line about it must not be lost for that.
        return os.fdopen(descriptor, "a", encoding="utf-8", errors="backslashreplace")

    def handleError(self, record: logging.LogRecord) -> None:
        """Logging must never stop the work; a full disk is said by whoever writes state."""


class _Stderr(logging.StreamHandler):  # type: ignore[type-arg]  # generic for the type checker only
    """The log on stderr, which may be a pipe that has ended."""

    def handleError(self, record: logging.LogRecord) -> None:
        """The usual report would print the record once more, with the secrets in it."""


def log_path(folder: Path) -> Path:
    """Where the log of a state folder lies."""
    return folder / "logs" / "movie_sync.log"


def set_up_logging(folder: Path, redactor: Redactor, *, verbose: bool) -> None:
    """Send the program's log to its file, and with `verbose` to stderr. Raises `StateWriteError`."""
    formatter = RedactingFormatter(redactor)
    path = log_path(folder)
    storage.ensure_folder(path.parent)
    try:
        handlers: list[logging.Handler] = [
            _PrivateRotatingFile(path, maxBytes=MAX_BYTES, backupCount=BACKUPS, encoding="utf-8")
        ]
    except OSError as error:
        raise storage.unwritable(path, error) from error
    if verbose:
        handlers.append(_Stderr(sys.stderr))
    root = logging.getLogger()
    for handler in list(root.handlers):
        root.removeHandler(handler)
        handler.close()
    for handler in handlers:
        handler.setFormatter(formatter)
        root.addHandler(handler)
    root.setLevel(logging.DEBUG if verbose else logging.INFO)
    # Their debug lines hold whole URLs and headers; the formatter would clean them, but they are noise.
    for noisy in ("urllib3", "requests", "qbittorrentapi", "charset_normalizer"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
