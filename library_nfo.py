"""What an `.nfo` beside a film says: its ids at IMDb and TMDb, or that it is about a series.

Reads a bounded part of ordinary files, never writes. Any bytes give an `Nfo`: XML as Kodi, Jellyfin, Emby and
tinyMediaManager write it, the link alone that Kodi accepts, both, or the art of a scene group. Only signs in
ASCII matter, so no encoding has to be known.
"""

import logging
import os
import re
import stat
from collections.abc import Iterable
from dataclasses import dataclass

from names import imdb_ids, imdb_number

logger = logging.getLogger(__name__)

LARGEST = 1 << 20
"""Bytes of an `.nfo` beyond which it is something else, and not read."""
_READ = 1 << 18

_SERIES = re.compile(r"<(?:tvshow|episodedetails|season)\b", re.IGNORECASE)
_XML = re.compile(r"<(?:movie|video)\b", re.IGNORECASE)
# What stands there of other things than the film: its people and its collection have ids too.
_OTHERS = re.compile(
    r"<(actor|set|director|credits|producer|writer|studio)\b[^>]*>.{0,4000}?</\1\s*>",
    re.IGNORECASE | re.DOTALL,
)
_IMDB_FIELD = re.compile(
    r"<(?:uniqueid\b[^>]*\btype\s*=\s*[\"']?imdb\b[^>]*|imdb_?(?:id)?|id)\s*>\s*((?:tt)\d{5,10})\s*<",
    re.IGNORECASE,
)
_TMDB_FIELD = re.compile(
    r"<(?:uniqueid\b[^>]*\btype\s*=\s*[\"']?tmdb\b[^>]*|(?:the)?(?:tm|movie)db_?(?:id)?)\s*>\s*(\d{1,9})\s*<",
    re.IGNORECASE,
)
_OLD_IMDB_LINK = re.compile(r"imdb\.[a-z]{2,3}/title\?(\d{5,10})", re.IGNORECASE)
_TMDB_LINK = re.compile(r"(?:themoviedb|tmdb)\.org/movie/(\d{1,9})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Nfo:
    """The ids in an `.nfo`; `series` if it is about a series or an episode."""

    ids: tuple[str, ...] = ()
    tmdb_ids: tuple[str, ...] = ()
    series: bool = False

    def __bool__(self) -> bool:
        return bool(self.ids or self.tmdb_ids or self.series)


def read_nfo(path: str) -> Nfo:
    """What the file says; nothing if it cannot be read, is large, or is no ordinary file."""
    try:
        # A pipe of that name must not make us wait for a writer.
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as file:
            about = os.fstat(handle)
            if not stat.S_ISREG(about.st_mode) or about.st_size > LARGEST:
                return Nfo()
            return parse_nfo(file.read(_READ))
    except OSError as error:
        logger.debug("nfo=%s not read: %s", path, error.strerror)
        return Nfo()


def parse_nfo(data: bytes) -> Nfo:
    """What these bytes say. Several different ids of one kind are a doubt, and count as none."""
    # Without its zeros UTF-16 reads like Latin-1, as far as ASCII goes.
    text = data.replace(b"\0", b"").decode("latin-1")
    if _SERIES.search(text):
        return Nfo(series=True)
    if _XML.search(text):
        text = _OTHERS.sub(" ", text)
    ids = _one(_IMDB_FIELD.findall(text)) or _one((*imdb_ids(text), *_OLD_IMDB_LINK.findall(text)))
    tmdb_ids = _one(_TMDB_FIELD.findall(text)) or _one(_TMDB_LINK.findall(text))
    return Nfo(tuple(f"tt{number:07d}" for number in ids), tuple(map(str, tmdb_ids)))


def _one(found: Iterable[str]) -> tuple[int, ...]:
    numbers = {number for one in found if (number := imdb_number(one)) is not None}
    return tuple(numbers) if len(numbers) == 1 else ()
