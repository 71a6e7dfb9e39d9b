"""What FileList answers: rows as `Release` values, refusals as errors of ours.

Pure: bytes and a status in, values or errors out; asks nobody, writes nothing, may be called from any thread.
The API is loose about types (a number may come as text, a flag as a boolean, an error under status 200 with
a web page's content type), so every field is read in each form that was seen. Invariant: one broken row
never costs the others, and no message made here holds the passkey or any part of a page.
"""

import functools
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from download_service import Release
from errors import AuthError, Blocked, FilmFault, RateLimited, ServiceError, ServiceUnavailable
from services import BY_ITSELF
from web import Answer, retry_after

SERVICE = "filelist"
BAN_SECONDS = 3600
"""How long FileList locks an account out after too many wrong logins, by its own words."""

_Refusal = ServiceError | FilmFault
_Kind = Callable[[Answer, float], _Refusal]

_MAX_INTEGER = 2**63 - 1  # what our JSON files can hold


@dataclass(frozen=True)
class Rows:
    """The rows of one answer: those that could be read, and why each of the others could not."""

    releases: tuple[Release, ...]
    broken: tuple[str, ...] = ()


def read_rows(answer: Answer, now: float, passkey: str) -> Rows:
    """The releases of an API answer; a 404 counts as none. Raises what `refusal` finds."""
    error = refusal(answer, now, passkey)
    if error is not None:
        raise error
    if answer.status == 404:
        return Rows(())
    rows = parsed(answer)
    if isinstance(rows, _NotJson):
        raise _unavailable(
            f"FileList sent a page where its API's answer was due (status {answer.status}); if this lasts, "
            "check `api_url` in filelist_config.json"
        )
    if not isinstance(rows, list) or answer.status >= 300:
        raise _unavailable(f"FileList answered with no list of releases (status {answer.status})")
    releases: list[Release] = []
    broken: list[str] = []
    for row in rows:
        try:
            releases.append(release_from(row))
        except ValueError as problem:
            broken.append(str(problem))
    return Rows(tuple(releases), tuple(broken))


# Refusals


def refusal(answer: Answer, now: float, passkey: str) -> _Refusal | None:
    """The one place where a status and a body become an error; None when neither is one.

    The words of an error object weigh more than the status it came under: errors were seen under 200.
    """
    value = parsed(answer)
    said, status = _error_object(value, answer.status)
    said = _plain_words(answer) if said is None and isinstance(value, _NotJson | str) else said
    if status == 429 or answer.status == 429:
        return _limited(answer, now)
    if said is not None:
        kind = _kind_of_words(said) or _kind_of_status(status)
        return kind(answer, now) if kind else _unknown(said, status, passkey)
    if isinstance(value, _NotJson) and _is_challenge(answer):
        return Blocked(
            SERVICE,
            "FileList's shield (Cloudflare) wants proof of a person, so this computer is not let in for now. "
            f"{BY_ITSELF} If this lasts, open the site in a browser from the same network.",
            retry_after(answer.headers, now),
        )
    # A 400 without FileList's own words may come from anything in between: not held against the film.
    kind = _kind_of_status(status) if status != 400 else None
    return kind(answer, now) if kind else None


def _plain_words(answer: Answer) -> str | None:
    """The API's own words where they came as bare text or as a small page; None for any other page."""
    text = " ".join(re.sub(r"<[^>]*>", " ", answer.text[:_LONGEST_WORDS]).split())
    known = len(answer.body) <= _LONGEST_WORDS and any(words in text.casefold() for words in _OWN_WORDS)
    return text if known else None


class _NotJson:
    """Stands for a body that is no JSON; `null` is a value of its own."""


def parsed(answer: Answer) -> Any:
    """The body as JSON, whatever its content type says; a `_NotJson` if it is none."""
    try:
        return json.loads(answer.text.lstrip("\ufeff"))
    except (ValueError, RecursionError):
        return _NotJson()


def _error_object(value: Any, status: int) -> tuple[str | None, int]:
    """The words of `{"error": …}` and the status it stands for; some wrappers put the status into `error`."""
    if not isinstance(value, dict) or "error" not in value:
        return None, status
    code = value["error"]
    if type(code) is int and 400 <= code <= 599:
        status = code
    words = [part for part in (code, value.get("message")) if isinstance(part, str)]
    return " ".join(words), status


def _kind_of_words(said: str) -> _Kind | None:
    return next((kind for words, kind in _WORDS if words in said.casefold()), None)


def _kind_of_status(status: int) -> _Kind | None:
    return _down if status >= 500 else _STATUSES.get(status)


def _limited(answer: Answer, now: float) -> ServiceError:
    return RateLimited(
        SERVICE,
        "Rate limit reached: FileList counts 150 calls an hour for each account, those of your other "
        f"programs included. {BY_ITSELF}",
        retry_after(answer.headers, now),
    )


_MEND = (
    "It needs your passkey, not your password (https://filelist.io/usercp.php?action=passkey); "
    "set it with `python main.py --config`."
)


def _refused(_answer: Answer, _now: float) -> ServiceError:
    return AuthError(SERVICE, f"Invalid credentials: FileList refused the user name or passkey. {_MEND}")


def _banned(_answer: Answer, _now: float) -> ServiceError:
    return AuthError(
        SERVICE,
        "Invalid credentials: after too many wrong logins FileList has locked the account for an hour. "
        f"{_MEND}",
        ban_seconds=BAN_SECONDS,
    )


def _down(_answer: Answer, _now: float) -> ServiceError:
    return _unavailable("FileList is out of service at the moment")


def _bad_query(_answer: Answer, _now: float) -> FilmFault:
    return FilmFault(
        "FileList calls the search for this film invalid: look at its title, year and IMDb id in the "
        "queue file"
    )


# Longer words first: the ban's text also speaks of authentication.
_WORDS: tuple[tuple[str, _Kind], ...] = (
    ("too many failed auth", _banned),
    ("rate limit", _limited),
    ("passkey", _refused),
    ("service unavailable", _down),
    ("invalid search", _bad_query),
)


_OWN_WORDS = (
    "too many failed authentications",
    "rate limit reached",
    "invalid passkey/username",
    "username and passkey cannot be empty",
    "service unavailable at the moment",
    "invalid search/filter",
)
_LONGEST_WORDS = 1000
"""Bytes. A page of the site may well speak of passkeys; the API's refusals are a sentence."""


_STATUSES: dict[int, _Kind] = {400: _bad_query, 401: _refused, 403: _refused}


def _unknown(said: str, status: int, passkey: str) -> ServiceUnavailable | None:
    if status == 404:
        return None
    hidden = said.replace(passkey, "***") if passkey else said
    return _unavailable(f'FileList answered with an error: "{_tidy(hidden)[:200]}" (status {status})')


def _unavailable(what: str) -> ServiceUnavailable:
    return ServiceUnavailable(SERVICE, f"{what}. {BY_ITSELF}")


def _is_challenge(answer: Answer) -> bool:
    """`Server: cloudflare` is on every answer, so only the challenge itself counts."""
    if answer.headers.get("cf-mitigated", "").casefold() == "challenge":
        return True
    page = answer.text.casefold()
    return any(mark in page for mark in _CHALLENGE_MARKS)


_CHALLENGE_MARKS = (
    "<title>just a moment",
    "<title>attention required! | cloudflare",
    "enable javascript and cookies to continue",
    "checking your browser before accessing",
    "cf-chl-",
)


# Rows


def release_from(row: object) -> Release:
    """One row of an answer. Raises `ValueError` naming the field that cannot be read, and why."""
    if not isinstance(row, dict):
        raise ValueError("a row that is no object")
    category = row.get("category")
    name = _text("name", row.get("name"))
    return Release(
        tracker=SERVICE,
        id=_row_id(row.get("id")),
        name=name,
        imdb_id=_imdb(row.get("imdb")),
        category_id=category_id(category) or likely_category(name),
        category=_tidy(str(category)) if isinstance(category, str | int) else "",
        size=_count("size", row.get("size")),
        seeders=_count("seeders", row.get("seeders")),
        leechers=_count("leechers", row.get("leechers")),
        freeleech=_flag(row.get("freeleech")),
        doubleup=_flag(row.get("doubleup")),
        internal=_flag(row.get("internal")),
        uploaded_at=_uploaded_at(row.get("upload_date")),
        series=_is_series(row.get("tv")),
    )


def _tidy(text: str) -> str:
    """One line that files, logs and terminals can hold: no control characters, no half characters."""
    return "".join(sign if sign.isprintable() else " " for sign in text).strip()


def _text(field: str, value: object) -> str:
    text = _tidy(value) if isinstance(value, str) else ""
    if not text:
        raise ValueError(f"`{field}` is missing")
    return text


def _row_id(value: object) -> str:
    text = str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,40}", text):
        raise ValueError("`id` is missing or unusable")
    return text


def _count(field: str, value: object) -> int:
    """A number of zero or more, also as text or as a float without a fraction; a missing one counts as 0."""
    if value is None or value == "":
        return 0
    if isinstance(value, str) and re.fullmatch(r"\s*[0-9]{1,19}\s*", value):
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if type(value) is not int or not 0 <= value <= _MAX_INTEGER:
        raise ValueError(f"`{field}` is no number of zero or more")
    return value


def _flag(value: object) -> bool:
    """A flag only ever ranks a release, so one that cannot be read is no reason to lose the row."""
    return str(value).strip().casefold() in {"1", "true"}


def _imdb(value: object) -> str | None:
    """The id as "tt" and at least seven digits. FileList pads it badly: only the number counts."""
    digits = re.fullmatch(r"(?:tt)?0*([0-9]{1,10})", str(value).strip().casefold())
    return f"tt{int(digits[1]):07d}" if digits and int(digits[1]) else None


def _uploaded_at(value: object) -> int | None:
    """Unix seconds of "2020-04-18 12:00:00", which is Romanian local time; None if it cannot be told."""
    zone = _bucharest()
    if zone is None or not isinstance(value, str):
        return None
    try:
        return int(datetime.fromisoformat(value.strip()).replace(tzinfo=zone).timestamp())
    except (ValueError, OverflowError):
        return None


@functools.cache
def _bucharest() -> ZoneInfo | None:
    try:
        return ZoneInfo("Europe/Bucharest")
    except ZoneInfoNotFoundError:  # a machine without time zone data: the date only informs
        return None


def category_id(value: object) -> int | None:
    """The category's number from its number or its name, Romanian or English; None if nobody knows it.

    Rows carry the name, and the site has changed its names before.
    """
    if type(value) is int:
        return value
    if not isinstance(value, str):
        return None
    text = value.strip()
    return int(text) if re.fullmatch("[0-9]{1,4}", text) else _CATEGORY_IDS.get(_category_key(text))


def likely_category(name: str) -> int:
    """4K, HD or SD by the release's name, for a row whose category nobody knows.

    The site renamed all of its categories at once in 2026; a third set of names must not end all downloads.
    """
    for pattern, category in ((r"2160p|\b4k\b|\buhd\b", 6), (r"1080[pi]|720p", 4)):
        if re.search(pattern, name, re.IGNORECASE):
            return category
    return 1


def _is_series(tv: object) -> bool:
    """Whether the row's `tv` names a season or an episode; rows of films have none, or empty ones."""
    return isinstance(tv, dict) and any(tv.get(key) not in (None, "", 0) for key in ("season", "episode"))


def _category_key(name: str) -> str:
    return "".join(sign for sign in name.casefold() if sign.isalnum())


_CATEGORIES = {
    1: ("Filme SD", "Movies SD"),
    2: ("Filme DVD", "Movies DVD"),
    3: ("Filme DVD-RO", "Movies DVD-RO"),
    4: ("Filme HD", "Movies HD"),
    5: ("FLAC",),
    6: ("Filme 4K", "Movies 4K"),
    7: ("XXX",),
    8: ("Programe", "Apps", "Applications"),
    9: ("Jocuri PC", "Games PC"),
    10: ("Jocuri Console", "Games Console"),
    11: ("Audio", "Music"),
    12: ("Videoclip", "Music Video", "Music Videos"),
    13: ("Sport", "Sports"),
    14: ("TV",),
    15: ("Desene", "Cartoons", "Animation"),
    16: ("Docs", "Documentaries"),
    17: ("Linux",),
    18: ("Diverse", "Various", "Misc"),
    19: ("Filme HD-RO", "Movies HD-RO"),
    20: ("Filme Blu-Ray", "Movies Blu-Ray"),
    21: ("Seriale HD", "TV-Series HD"),
    22: ("Mobile",),
    23: ("Seriale SD", "TV-Series SD"),
    24: ("Anime",),
    25: ("Filme 3D", "Movies 3D"),
    26: ("Filme 4K Blu-Ray", "Movies 4K Blu-Ray"),
    27: ("Seriale 4K", "TV-Series 4K"),
    28: ("RO Dubbed",),
    29: ("Books",),
    30: ("Courses",),
    31: ("K-Drama",),
}
_CATEGORY_IDS = {_category_key(name): number for number, names in _CATEGORIES.items() for name in names}
