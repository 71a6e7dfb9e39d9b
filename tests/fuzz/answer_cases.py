"""FileList's answers after accidents: each gives rows or one named error, soon, and never the passkey."""

import functools
import json
import random
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
from harness import Outcome, Row, row_of, spread
from page_mutants import damaged

from errors import FilmFault, ServiceError
from filelist_answers import Rows, read_rows, refusal
from filelist_downloader import Search, account_of, remembered
from movie import Movie
from release_choice import Choice, Preferences, choose_release
from web import Answer

SLOWEST = 1.0
"""Seconds of processor time that one answer may take."""
NOW = 1_800_000_000
PASSKEY = "0123456789abcdef0123456789abcdef"
FILM = Movie(title="The Matrix", year=1999, id="tt0133093", imdb_id="tt0133093")
LIKES = (
    Preferences((4, 1, 6), True, 1, None, None, (), ()),
    Preferences((), False, 0, 10**9, 2 * 10**10, ("1080p",), ("HDTV",)),
)
NAMES = (
    "The.Matrix.1999.1080p.BluRay.x264-GRP",
    "The.Matrix.1999.2160p.UHD.BluRay.x265-GRP",
    "The.Matrix.1999.PROPER.720p.WEB-DL.H264-OTHER",
    "The.Matrix.Reloaded.2003.1080p.BluRay.x264-GRP",
    "The.Matrix.Trilogy.1999-2003.1080p.BluRay-GRP",
    "The.Matrix.1999.HDCAM.RoSubbed-GRP",
    "Matricea.1999.DVDRip.XviD",
)
CATEGORIES = ("Filme HD", "Movies HD", "Filme SD", "Filme 4K", "Seriale HD", 4, "4", "Filme HD-RO")
ODD: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 1.5, 1e308, float("nan"), float("inf"), 2**63, -(2**63), 10**400, "", " "),
    *("0", "-1", "1e9", "٣", "²", "9" * 18, "9" * 5000, "tt0133093", "tt", "tt0000000", "133093", "null"),
    *([], {}, [[]], {"season": 1}, {"season": None, "episode": ""}, [0] * 1000, "\0", "\ud800", "\u202e"),
    *("a" * 50_000, "The.Matrix." * 3000, "1999." * 5000, "(" * 3000, "2026-13-45", "0001-01-01 00:00:00"),
    *("9999-12-31 23:59:59", "2026-03-29 03:30:00", "1999\n1080p", "<b>", PASSKEY, f"no {PASSKEY} here"),
)
HEADERS: tuple[dict[str, str], ...] = (
    *(
        {},
        {},
        {"retry-after": "120"},
        {"retry-after": "9" * 400},
        {"retry-after": "-5"},
        {"retry-after": "²"},
    ),
    *({"retry-after": "Wed, 21 Oct 9999 07:28:00 GMT"}, {"retry-after": "Mon, 99 Foo 0000 99:99:99"}),
    *({"cf-mitigated": "challenge"}, {"server": "cloudflare"}, {"content-type": "text/html"}),
)
SAYINGS = (
    *("Rate limit reached", "Invalid passkey/username!", "Service unavailable at the moment!", "Nope"),
    *("Too many failed authentications. Try again in one hour!", "Invalid search/filter", "", "\ud800\0"),
    *(f"Who is {PASSKEY}?", f"{PASSKEY}" * 40, "x" * 190 + PASSKEY),
)


@dataclass(frozen=True)
class Case:
    """A changed answer. `kept` are the rows in it that nothing happened to; None if that cannot be said."""

    answer: Answer
    kept: tuple[dict[str, Any], ...] | None


def changed_answer(seed: int) -> Case:
    """The answer of this seed: rows with broken ones among them, an error in some form, or broken bytes."""
    dice = random.Random(seed)
    way = dice.random()
    if way < 0.45:
        return _broken_rows(dice)
    body = _error(dice) if way < 0.65 else damaged(_text(_rows(dice)), _text(_rows(dice)), dice)
    status = dice.choice(
        (200, 200, 200, 201, 204, 301, 400, 401, 403, 404, 418, 429, 500, 503, 520, 599, 999)
    )
    return Case(Answer(status, dice.choice(HEADERS), body, "http://filelist.test/"), None)


def _broken_rows(dice: random.Random) -> Case:
    rows: list[Any] = list(_rows(dice))
    broken = set(dice.sample(range(len(rows)), dice.randrange(len(rows) + 1)))
    kept = tuple(row for number, row in enumerate(rows) if number not in broken)
    changed = [_spoilt(row, dice) if number in broken else row for number, row in enumerate(rows)]
    return Case(Answer(200, {}, _text(changed), "http://filelist.test/"), kept)


def _rows(dice: random.Random) -> list[dict[str, Any]]:
    return [
        {
            "id": dice.choice((1000 + number, str(1000 + number))),
            "name": dice.choice(NAMES),
            "imdb": dice.choice(("tt0133093", "133093", None, "", "tt0234215")),
            "freeleech": dice.choice((0, 1, "1", True)),
            "internal": dice.choice((0, 1)),
            "upload_date": "2026-01-15 12:00:00",
            "download_link": f"https:\\/\\/flro.org\\/download.php?id={number}&passkey={PASSKEY}",
            "size": dice.choice((9 * 2**30, "9663676416", 0)),
            "category": dice.choice(CATEGORIES),
            "seeders": dice.choice((20, "3", 0)),
            "leechers": 1,
        }
        for number in range(dice.choice((1, 2, 5, 30)))
    ]


def _spoilt(row: dict[str, Any], dice: random.Random) -> Any:
    """The row after an accident; at times it is no object any more."""
    if dice.random() < 0.15:
        return dice.choice(ODD)
    changed = dict(row)
    for _ in range(dice.choice((1, 1, 2, 5))):
        key = dice.choice([*row, "tv", "doubleup", "error"])
        if dice.random() < 0.2:
            changed.pop(key, None)
        else:
            changed[key] = dice.choice(ODD)
    return changed


def _error(dice: random.Random) -> bytes:
    said = dice.choice(SAYINGS)
    form = dice.randrange(6)
    if form < 3:
        code = dice.choice((said, said, 429, 403, 503, 10**400, None, [said], True))
        return _text({"error": code, "message": dice.choice((said, None, 5, {"deep": [said]}))})
    page = f"<html><title>{dice.choice(('Just a moment', said, ''))}</title><body>{said}</body></html>"
    shown = (_text(said), page.encode("utf-8", "replace"), damaged(_text({"error": said}), _text([]), dice))
    return shown[form - 3]


def _text(value: Any) -> bytes:
    return json.dumps(value).encode()


def one_answer(seed: int) -> Outcome:
    """Read the answer of this seed, choose among its rows, and say what is wrong with that."""
    case = changed_answer(seed)
    started = time.process_time()
    try:
        wrong = list(_wrong(case, random.Random(seed)))
    except Exception as error:  # noqa: BLE001 - that there is none is what is measured
        wrong = [repr(error)[:300]]
    seconds = time.process_time() - started
    if seconds > SLOWEST:
        wrong.append(f"{seconds:.1f} s")
    return Outcome(seconds, f"seed {seed}: {'; '.join(wrong)}" if wrong else None)


def _wrong(case: Case, dice: random.Random) -> Iterator[str]:
    if fault := refusal(case.answer, NOW, PASSKEY):
        yield from _told((str(fault), repr(fault.args)), "an error")
    try:
        rows = read_rows(case.answer, NOW, PASSKEY)
    except (ServiceError, FilmFault) as error:
        yield from _told((str(error),), "an error")
        if not str(error).endswith((".", "file", ")")):
            yield f"no sentence: {error}"
        if case.kept is not None:
            yield f"whole rows were lost: {error}"
        return
    yield from _told(rows.broken, "the reason of a row")
    for kept in case.kept or ():
        [alone] = read_rows(Answer(200, {}, _text([kept]), ""), NOW, PASSKEY).releases
        if alone not in rows.releases:
            yield f"a whole row was lost: {kept['id']}"
    for likes in LIKES:
        yield from _wrong_choice(rows, likes, dice)


def _wrong_choice(rows: Rows, likes: Preferences, dice: random.Random) -> Iterator[str]:
    choice = choose_release(rows.releases, FILM, likes)
    if choose_release(dice.sample(rows.releases, len(rows.releases)), FILM, likes) != choice:
        yield "another order, another choice"
    looked_at = [
        *([choice.chosen] if choice.chosen else []),
        *(refused.release for refused in choice.refused),
    ]
    if sorted(map(repr, looked_at)) != sorted(map(repr, rows.releases)):
        yield "a release was neither chosen nor refused"
    search = Search(("imdb: tt0133093",), rows.releases, len(rows.broken), choice)
    yield from _told(_said(choice), "a refusal")
    msgspec.json.encode(account_of(FILM, search, NOW))
    if choice.chosen:
        msgspec.json.encode(remembered(choice.chosen, NOW))


def _said(choice: Choice) -> Iterator[str]:
    """The reasons, without what a row says of itself: its category and the chosen one's name."""
    for refused in choice.refused:
        own = {refused.release.category, choice.chosen.name if choice.chosen else ""} - {""}
        yield functools.reduce(lambda reason, word: reason.replace(word, "…"), own, refused.reason)


def _told(messages: Iterable[str], what: str) -> Iterator[str]:
    if any(PASSKEY in message for message in messages):
        yield f"the passkey is in {what}"


def answers(count: int, first_seed: int = 0) -> Row:
    """`count` changed answers."""
    return row_of(
        "mutated API answers",
        f"rows or one named error, below {SLOWEST:g} s, no whole row lost, the passkey in no message",
        spread(one_answer, range(first_seed, first_seed + count)),
    )
