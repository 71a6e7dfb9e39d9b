"""Which release of a search is the wanted film, and which of those is the best one.

Pure: reads release names, applies the rule list, ranks; never asks a tracker, never reads a clock or a file.
Called by the downloaders, from the download thread. Every release that is not chosen keeps a reason a user
can read, nothing is cut before ranking, and the answer does not depend on the order of the rows.
"""

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from download_service import Refusal, Release
from movie import ChosenRelease, Movie
from names import imdb_number, same_imdb
from release_names import (
    NO_FILM,
    POOR_COPY,
    Anchor,
    Fault,
    find_anchor,
    height,
    known_titles,
    may_be_longer,
    quality,
    revision,
    spaced,
)


@dataclass(frozen=True)
class Preferences:
    """What the user accepts and likes. `category_priority` holds category ids, best first; sizes in bytes.

    All `required_words` must stand behind the title, none of `excluded_words` may; case and the sign
    between words ("WEB-DL", "web.dl") do not matter.
    """

    category_priority: tuple[int, ...]
    prefer_freeleech: bool
    minimum_seeders: int
    minimum_size: int | None
    maximum_size: int | None
    required_words: tuple[str, ...]
    excluded_words: tuple[str, ...]

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "Preferences":
        """Read the checked configuration. A smaller `priority` is better; equal ones keep their order."""
        wanted = config.get("download_preferences") or {}
        categories = config.get("category_priority") or ()
        ordered = sorted(categories, key=lambda category: category.get("priority", math.inf))
        return cls(
            category_priority=tuple(dict.fromkeys(category["id"] for category in ordered)),
            prefer_freeleech=wanted.get("prefer_freeleech", True),
            minimum_seeders=wanted.get("minimum_seeders", 1),
            minimum_size=wanted.get("minimum_size"),
            maximum_size=wanted.get("maximum_size"),
            required_words=tuple(wanted.get("required_words") or ()),
            excluded_words=tuple(wanted.get("excluded_words") or ()),
        )


@dataclass(frozen=True)
class Choice:
    """The best release, if any fits, and all others: the fitting ones best first, then the unfit by id."""

    chosen: Release | None
    refused: tuple[Refusal, ...]


@dataclass(frozen=True)
class Case:
    """One release held against one wanted film: what a rule looks at.

    `anchor` is None when the name does not start with the title. `name_proves` is False when another
    wanted film has the same title and year. `runtime` is in minutes.
    """

    release: Release
    movie: Movie
    preferences: Preferences
    name_proves: bool
    anchor: Anchor | None
    runtime: int | None = None

    @property
    def imdb_agrees(self) -> bool:
        return same_imdb(self.release.imdb_id, self.movie.imdb_id)

    @property
    def tags(self) -> str:
        return self.anchor.tags if self.anchor else ""


Rule = Callable[[Case], str | None]


def choose_release(
    releases: Iterable[Release],
    movie: Movie,
    preferences: Preferences,
    *,
    name_proves: bool = True,
    titles: Sequence[str] = (),
    runtime: int | None = None,
) -> Choice:
    """The best of the releases that are surely this film.

    With `name_proves` false (another wanted film has this title and year) only an IMDb id counts as proof.
    `titles` are further ones the film is known by, `runtime` is its length in minutes.
    """
    known = known_titles(movie, titles)
    fitting: list[Case] = []
    unfit: list[Refusal] = []
    for release in releases:
        anchor = find_anchor(release.name, known)
        case = Case(release, movie, preferences, name_proves and not movie.untitled, anchor, runtime)
        objection = first_objection(case)
        if objection is None:
            fitting.append(case)
        else:
            rule, reason = objection
            unfit.append(Refusal(release, reason, rule))
    unfit.sort(key=lambda refused: (refused.release.tracker, _id_order(refused.release), repr(refused)))
    if not fitting:
        return Choice(None, tuple(unfit))
    best, *others = (case.release for case in sorted(fitting, key=rank))
    better = f"a better one was chosen: {best.name}"
    return Choice(best, (*(Refusal(release, better, NOT_THE_BEST) for release in others), *unfit))


def first_objection(case: Case) -> tuple[str, str] | None:
    """The name of the rule that refuses this release, and its reason; None if it fits."""
    return next(((name, reason) for name, rule in RULES.items() if (reason := rule(case)) is not None), None)


def summary(release: Release | ChosenRelease) -> str:
    """The release in a few words for a console line: "1080p BluRay, 12.5 GB"."""
    return f"{quality(release.name) or release.category or 'unknown quality'}, {shown_size(release.size)}"


# Is it the film?


def other_imdb_id(case: Case) -> str | None:
    """A row that names another film is believed."""
    row, wanted = imdb_number(case.release.imdb_id), imdb_number(case.movie.imdb_id)
    if row is None or wanted is None or row == wanted:
        return None
    return "the tracker's IMDb id is another film's"


def other_title(case: Case) -> str | None:
    """The name must start with the title; a part of it before a subtitle counts with the IMDb id only."""
    anchor = case.anchor
    if anchor and (anchor.whole or (case.imdb_agrees and not anchor.extra)):
        return None
    return f"the title does not agree with “{case.movie.title}”"


def series_row(case: Case) -> str | None:
    return "it is a season or an episode of a series" if case.release.series else None


def further_words(case: Case) -> str | None:
    """Between title and year only words about the edition may stand ("Up" is not "Up in the Air").

    With the right IMDb id a longer name is fine for a title that no other film's begins with.
    """
    extra = case.anchor.extra if case.anchor else ()
    if not extra or (case.imdb_agrees and may_be_longer(case.movie.title, extra)):
        return None
    return f"further words follow the title “{case.movie.title}”"


def other_year(case: Case) -> str | None:
    """The year must agree; one year off, or none in the name, needs the IMDb id and the exact title.

    An IMDb id alone is no proof: trackers tag remakes with the id of the original (Radarr #1140, #2517).
    """
    anchor, wanted = case.anchor, case.movie.year
    if anchor is None or (wanted is not None and anchor.year == wanted):
        return None
    sure = case.imdb_agrees and anchor.whole and anchor.exact and not anchor.extra
    if sure and (wanted is None or anchor.year is None or abs(anchor.year - wanted) == 1):
        return None
    if wanted is None:
        return "the film's year is not known, so the IMDb id and the exact title must agree"
    if anchor.year is None:
        return "its name has no year, so the IMDb id and the exact title must agree"
    return f"the year is {anchor.year}, not {wanted}"


def unproven_name(case: Case) -> str | None:
    """Of two wanted films of equal title and year a name proves nothing."""
    if case.name_proves or case.imdb_agrees:
        return None
    if case.movie.untitled:
        return "only an IMDb id proves this film, and the row has none"
    return "another wanted film has this title and year, and no IMDb id tells them apart"


def too_small(case: Case) -> str | None:
    """No encode of what the name claims fits into so few bytes. What no film can have is not judged by it."""
    lines = height(case.tags)
    is_remux = lines >= 1080 and bool(re.search(r" (?:bd ?)?remux ", case.tags))
    floor = next(floor for least, floor in (_REMUX_FLOORS if is_remux else _FLOORS) if lines >= least)
    rate = case.release.size / 1e6 / (case.runtime or ASSUMED_RUNTIME)
    if case.release.size < NO_FILMS_SIZE or rate >= floor:
        return None
    claim = f"{lines}p" if lines else "a film"
    # Rounded down, so that the figure never reads like one that would do.
    shown = f"{math.floor(rate * 10) / 10:g}"
    return f"too small for {'a ' + claim + ' remux' if is_remux else claim}: {shown} MB a minute"


NO_FILMS_SIZE = 64 * 2**20
"""Below it a size says nothing of an encode: it is unknown (0), or of a torrent made to try things out."""
ASSUMED_RUNTIME = 110
"""Minutes of a film of unknown length, as Radarr assumes."""
_FLOORS = ((2160, 4.0), (1080, 2.5), (720, 1.5), (0, 1.0))
_REMUX_FLOORS = ((1080, 8.0),)
"""Lines of the picture, and the least MB a minute. doc/release_choice.md says where from."""


# Does the user want it?


def unwanted_category(case: Case) -> str | None:
    """Decided by the id alone: FileList renames its categories (in 2026 into English)."""
    release = case.release
    if release.category_id is not None and release.category_id in case.preferences.category_priority:
        return None
    return f"category {release.category or release.category_id or 'unknown'} is not in category_priority"


def few_seeders(case: Case) -> str | None:
    seeders, minimum = case.release.seeders, case.preferences.minimum_seeders
    return None if seeders >= minimum else f"it has {seeders} seeders, and minimum_seeders is {minimum}"


def unwanted_size(case: Case) -> str | None:
    """A size of 0 means that the tracker did not say; it passes."""
    size, smallest, largest = case.release.size, case.preferences.minimum_size, case.preferences.maximum_size
    if size and smallest is not None and size < smallest:
        return f"{shown_size(size)} is below minimum_size ({shown_size(smallest)})"
    if size and largest is not None and size > largest:
        return f"{shown_size(size)} is above maximum_size ({shown_size(largest)})"
    return None


def missing_word(case: Case) -> str | None:
    missing = [
        word for word in case.preferences.required_words if spaced(word).strip() and not _says(case, word)
    ]
    return f"the required word “{missing[0]}” is missing" if missing else None


def excluded_word(case: Case) -> str | None:
    found = [word for word in case.preferences.excluded_words if spaced(word).strip() and _says(case, word)]
    return f"the excluded word “{found[0]}” is in its name" if found else None


def _says(case: Case, word: str) -> bool:
    return spaced(word) in case.tags


def _read(fault: Fault) -> Rule:
    return lambda case: fault(case.anchor) if case.anchor else None


def tried_before(case: Case) -> str | None:
    """A release that did not come, or held no film, is not fetched again for the same film."""
    release = case.release
    for one in case.movie.tried:
        by_id = (one.release.tracker, one.release.id) == (release.tracker, release.id)
        if by_id or one.release.name.casefold() == release.name.casefold():
            return f"it was tried before and {one.why}"
    return None


NOT_THE_BEST = "not_the_best"
RULES: Mapping[str, Rule] = {
    "imdb_id": other_imdb_id,
    "title": other_title,
    "series_row": series_row,
    **{name: _read(fault) for name, fault in NO_FILM.items()},
    "further_words": further_words,
    "year": other_year,
    "unproven": unproven_name,
    **{name: _read(fault) for name, fault in POOR_COPY.items()},
    "too_small": too_small,
    "category": unwanted_category,
    "minimum_seeders": few_seeders,
    "size": unwanted_size,
    "required_words": missing_word,
    "excluded_words": excluded_word,
    "tried": tried_before,
}
"""Asked in this order; the first objection is the one a user reads."""


# Which one is best?


def rank(case: Case) -> tuple[Any, ...]:
    """The sort key of a fitting release, best first. The id comes last, so that no two rows tie.

    Seeders count by their power of ten: between 40 and 80 there is no difference that matters.
    """
    release, wanted = case.release, case.preferences
    lines = height(case.tags)
    return (
        wanted.category_priority.index(release.category_id or 0),
        -lines if lines in _RANKED_HEIGHTS else 0,
        -revision(case.tags),
        not (wanted.prefer_freeleech and release.freeleech),
        not release.internal,
        -round(math.log10(release.seeders)) if release.seeders else 1,
        -release.size,
        _id_order(release),
        repr(release),
    )


_RANKED_HEIGHTS = (2160, 1080, 720)


def _id_order(release: Release) -> tuple[int, str]:
    return (len(release.id), release.id)


def shown_size(size: int) -> str:
    """Bytes as people read them; decimal units, as trackers and disks count."""
    if not size:
        return "size unknown"
    for unit, factor, digits in (("GB", 1e9, 1), ("MB", 1e6, 0)):
        if size >= factor:
            return f"{size / factor:.{digits}f} {unit}"
    return f"{size / 1e3:.0f} kB"
