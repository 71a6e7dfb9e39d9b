"""The rows of the stand-in FileList: what a torrent on it is, and how the API shows and finds it.

Pure values and functions; times come in as unix seconds. The API gives a category by name, dates in
Bucharest local time without a zone, flags as 0 and 1, and an IMDb id that may be empty, null or absent.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any, Literal

Language = Literal["ro", "en"]

CATEGORIES: dict[int, tuple[str, str]] = {
    1: ("Filme SD", "Movies SD"),
    2: ("Filme DVD", "Movies DVD"),
    3: ("Filme DVD-RO", "Movies DVD-RO"),
    4: ("Filme HD", "Movies HD"),
    6: ("Filme 4K", "Movies 4K"),
    15: ("Desene", "Cartoons"),
    16: ("Docs", "Docs"),
    19: ("Filme HD-RO", "Movies HD-RO"),
    20: ("Filme Blu-Ray", "Movies Blu-Ray"),
    21: ("Seriale HD", "TV-Series HD"),
    23: ("Seriale SD", "TV-Series SD"),
    24: ("Anime", "Anime"),
    25: ("Filme 3D", "Movies 3D"),
    26: ("Filme 4K Blu-Ray", "Movies 4K Blu-Ray"),
    27: ("Seriale 4K", "TV-Series 4K"),
    28: ("RO Dubbed", "RO Dubbed"),
}
"""Category id to its Romanian and its English name."""


class Missing(Enum):
    """`MISSING` leaves a key out of a row altogether, which is not the same as null."""

    MISSING = "missing"


MISSING = Missing.MISSING
Imdb = str | None | Missing


@dataclass(frozen=True)
class Row:
    """One torrent on the tracker. `uploaded_at` is unix seconds, `size` bytes, `category` an id.

    `doubleup=None` and `imdb=MISSING` leave their key out; `tv` is (season, episode) of a series.
    """

    id: int
    name: str
    category: int
    imdb: Imdb
    size: int
    uploaded_at: float
    seeders: int = 12
    leechers: int = 1
    files: int = 1
    freeleech: bool = False
    internal: bool = False
    doubleup: bool | None = False
    moderated: bool = True
    small_description: str = "Drama"
    tv: tuple[int | None, int | None] | None = None

    def shown(self, download_link: str, language: Language) -> dict[str, Any]:
        """The row as the API gives it, types and all."""
        row: dict[str, Any] = {
            "id": self.id,
            "name": self.name,
            "imdb": self.imdb,
            "freeleech": int(self.freeleech),
            "doubleup": None if self.doubleup is None else int(self.doubleup),
            "upload_date": bucharest(self.uploaded_at).strftime("%Y-%m-%d %H:%M:%S"),
            "download_link": download_link,
            "size": self.size,
            "internal": int(self.internal),
            "moderated": int(self.moderated),
            "category": CATEGORIES[self.category][0 if language == "ro" else 1],
            "seeders": self.seeders,
            "leechers": self.leechers,
            "times_completed": 17,
            "comments": 0,
            "files": self.files,
            "small_description": self.small_description,
        }
        if self.doubleup is None:
            del row["doubleup"]
        if self.imdb is MISSING:
            del row["imdb"]
        if self.tv is not None:
            row["tv"] = {"season": self.tv[0], "episode": self.tv[1]}
        return row


def bucharest(unix: float) -> datetime:
    """Local time in Bucharest: UTC+2, +3 from the last Sunday of March to that of October, 01:00 UTC."""
    moment = datetime.fromtimestamp(unix, UTC)
    summer = _last_sunday(moment.year, 3) <= moment < _last_sunday(moment.year, 10)
    return moment + timedelta(hours=3 if summer else 2)


def _last_sunday(year: int, month: int) -> datetime:
    last = datetime(year, month, 31, 1, tzinfo=UTC)
    return last - timedelta(days=(last.weekday() + 1) % 7)


def imdb_number(text: object) -> int | None:
    """The number of `tt0013442`, `tt13442` or `0013442`; `None` for anything else."""
    found = re.fullmatch(r"(?:tt)?(\d{1,10})", text.strip()) if isinstance(text, str) else None
    return int(found[1]) if found else None


def words(text: str) -> tuple[str, ...]:
    """The words of a name or query in lower case; everything else but letters and digits separates them."""
    return tuple(re.findall(r"[^\W_]+", text.lower()))


def matches_filters(row: Row, query: Mapping[str, str]) -> bool:
    """Whether the row passes the filters of a request: categories, flags, season and episode."""
    categories = query.get("category")
    flags = all(
        name not in query or int(getattr(row, name) or 0) == int(query[name] or 0)
        for name in ("moderated", "internal", "freeleech", "doubleup")
    )
    season, episode = row.tv or (None, None)
    return (
        (categories is None or str(row.category) in categories.split(","))
        and flags
        and ("season" not in query or str(season) == query["season"])
        and ("episode" not in query or str(episode) == query["episode"])
    )


def loosely(query: str, rows: list[Row]) -> list[Row]:
    """Name search: rows with all words first, then every row that shares one longer word. No colons."""
    if ":" in query:
        return []
    wanted = words(query)
    whole = [row for row in rows if wanted and set(wanted) <= set(words(row.name))]
    telling = {word for word in wanted if len(word) > 3 and not word.isdigit()}
    return whole + [row for row in rows if row not in whole and telling & set(words(row.name))]
