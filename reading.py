"""What one reading of a watchlist proves, and the sentence that says so.

Owns the outcomes, the count of a reading over its pages, and every message about it. Pure: no request, no
file, no clock. A list counts as read only when as many different films were seen as each of its pages
promised; nothing else may ever say that a film is missing. What a first page tells about the others is
`shortcut`'s to say.
"""

import math
import re
from dataclasses import dataclass, field
from enum import Enum

from errors import Blocked, RateLimited, ServiceError
from film_store import FilmIndex, film_key
from letterboxd_pages import PageChanged, WatchlistPage
from list_memory import ListMemory
from movie import ListedFilm
from shortcut import PAGE_SIZE, Claim, is_lasting

_DAILY = "All pages are read again once a day, as long as the number stays wrong."
MOST_PAGES = 500  # for a list that does not say how long it is
_PAGE_PATH = re.compile(r"/([\w-]+)/watchlist/(?:page/([0-9]{1,5})/?)?", re.ASCII)


class Outcome(Enum):
    """How a reading ended. Only the first four prove what is on the list, only the first two what is not."""

    COMPLETE = "complete"
    EMPTY = "empty"
    ADDITIONS = "additions"
    UNCHANGED = "unchanged"
    PARTIAL = "partial"
    PRIVATE = "private"
    NO_SUCH_USER = "no such user"
    BLOCKED = "blocked"
    RATE_LIMITED = "rate limited"
    UNAVAILABLE = "unavailable"
    PAGE_CHANGED = "page changed"


@dataclass(frozen=True)
class Reading:
    """What one reading found. `films` are those of all pages that were right, whatever happened after them.

    `owner` and `path` name the list; `message` is a sentence for the user; `error` is set when the service
    is to rest; `read_at` is unix seconds; `before` is what was remembered of the list; `stale` says that the
    source is older than what is known already, so that it cannot tell of films that left; `missing` is how
    many of the promised films were not seen after all pages; `seen` is how many different films are known to
    be on the list.
    """

    outcome: Outcome
    owner: str
    path: str
    films: tuple[ListedFilm, ...]
    promised: int | None
    message: str
    error: ServiceError | None
    read_at: int
    before: ListMemory = field(default_factory=ListMemory)
    stale: bool = False
    missing: int = 0
    seen: int = 0

    @property
    def list_name(self) -> str:
        """The list's name in `watchlist.json` and in each film's `lists`."""
        return list_name(self.owner, self.path)

    @property
    def proven(self) -> bool:
        """Whether it is certain what is on the list."""
        return self.full or self.outcome in {Outcome.ADDITIONS, Outcome.UNCHANGED}

    @property
    def full(self) -> bool:
        """Whether every film of the list was seen, so that a missing one is really missing."""
        return self.outcome in {Outcome.COMPLETE, Outcome.EMPTY}

    @property
    def length(self) -> int:
        """How many films the list has, as far as this reading can tell."""
        if self.proven and self.promised is not None:
            return self.promised
        return max(self.seen, len(self.films))


def list_name(owner: str, path: str) -> str:
    """What a list is called in our files; an export, which names no owner, goes by its path alone."""
    return f"{owner}/{path}" if owner else path


class Ended(Exception):
    """A reading is over before its last page; carries what the `Reading` will say."""

    def __init__(self, outcome: Outcome, message: str, error: ServiceError | None = None) -> None:
        super().__init__(message)
        self.outcome = outcome
        self.message = message
        self.error = error


class Tally:
    """One pass over the pages of a list."""

    def __init__(self) -> None:
        self.pages: list[int] = []
        self.unreadable = 0
        self.lost_page = False
        self.ending: Ended | None = None
        self.seen_before: tuple[ListedFilm, ...] = ()
        self.claim: Claim | None = None
        self.steady = False
        self._promises: list[int | None] = []
        self._index: FilmIndex[ListedFilm] = FilmIndex()
        self._repeated = False
        self._page_size = PAGE_SIZE

    @property
    def films(self) -> tuple[ListedFilm, ...]:
        """Each film once, those of an earlier pass included: they are wanted, and prove nothing."""
        union: FilmIndex[ListedFilm] = FilmIndex()
        for film in (*self._index.films, *self.seen_before):
            union.add(film)
        return tuple(union.films)

    @property
    def count(self) -> int:
        """Different films of this pass."""
        return len(self._index.films)

    @property
    def repeated(self) -> bool:
        """Whether a film stood there twice."""
        return self._repeated

    @property
    def miscounted(self) -> bool:
        """Every page was seen, nothing moved meanwhile, and yet the number is another than promised."""
        whole = self.ending is None and self.claim is None and not self.complete and not self.lost_page
        return whole and (self.steady or not self.moved)

    @property
    def seen(self) -> int:
        """Different films of the list that are known from this pass and what it proved."""
        return len(self.claim.films) if self.claim else self.count

    @property
    def promised(self) -> int | None:
        return self._promises[-1] if self._promises else None

    @property
    def complete(self) -> bool:
        """As many different films as each of the pages promised."""
        return self.ending is None and self.claim is None and set(self._promises) == {self.count}

    @property
    def moved(self) -> bool:
        """The list changed between two of its pages, so that another pass may succeed."""
        repeated = self._repeated and len(self.pages) > 1
        shifted = self.ending is None and (repeated or len(set(self._promises)) > 1)
        return (shifted or self.lost_page) and not self.complete

    def follows(self, first: "Tally") -> None:
        """This is the second pass over a list that seemed to move; where it shows the same, it did not."""
        if not self.complete:
            self.seen_before = first.films
        shown = [film_key(film) for film in self._index.films]
        self.steady = shown == [film_key(film) for film in first.films] and self._promises == first._promises

    def take(self, number: int, page: WatchlistPage, owner: str) -> int | None:
        """Add page `number` of `owner`'s list and return the number of the next. Raises `PageChanged`."""
        _check_owner(page, owner)
        _check_films(page, self.count)
        self._promises.append(page.promised)
        self.pages.append(number)
        for film in page.films:
            self._repeated |= not self._index.add(film)
        self.unreadable += page.unreadable
        if number == 1 and page.films:
            self._page_size = min(PAGE_SIZE, len(page.films) + page.unreadable)
        following = _next_number(page, owner)
        return following if self._may_follow(following, page.promised) else None

    def _may_follow(self, following: int | None, promised: int | None) -> bool:
        """Never in a circle, nor to more pages than the promised films fill, and one for a list that grew."""
        most = MOST_PAGES if promised is None else math.ceil(promised / self._page_size) + 1
        return following is not None and following > self.pages[-1] and len(self.pages) < most


def _check_owner(page: WatchlistPage, owner: str) -> None:
    if page.owner is None:
        raise PageChanged("does not say whose watchlist it is")
    if page.owner.lower() != owner:
        hint = "if the account was renamed, set `username`"
        raise PageChanged(f"is the watchlist of {page.owner[:40]}, not of {owner} ({hint})")


def _check_films(page: WatchlistPage, before: int) -> None:
    """A page without films is believed only where it promises none, or the list got shorter meanwhile."""
    if page.films:
        return
    if page.promised is None:
        raise PageChanged("shows no film that can be read, and does not say how many there are")
    if page.unreadable or page.promised > before:
        raise PageChanged(f"promises {films_text(page.promised)} and shows none that can be read")


def _next_number(page: WatchlistPage, owner: str) -> int | None:
    if page.next_path is None:
        return None
    match = _PAGE_PATH.fullmatch(page.next_path)
    if not match or match[1].lower() != owner:
        raise PageChanged(f"names {page.next_path[:80]!r} as its next page")
    return int(match[2] or 1)


def judge(tally: Tally, user: str, before: ListMemory) -> tuple[Outcome, str]:
    """How a pass that reached its last page, or had no need to, went; `before` is what was remembered."""
    if tally.claim is not None and tally.claim.proven:
        return _judge_claim(tally.claim, user)
    seen, promised = tally.seen, tally.promised
    if tally.complete and not seen:
        return (
            Outcome.EMPTY,
            f"The watchlist of {user} is empty; films put on it are found at the next check.",
        )
    if tally.complete:
        return Outcome.COMPLETE, f"The watchlist of {user} was read in full: {films_text(seen)}."
    unread = f" Places that could not be understood: {tally.unreadable}." if tally.unreadable else ""
    return Outcome.PARTIAL, (
        f"The watchlist of {user} was read in part: {_part_text(seen, promised)}.{unread} These are wanted, "
        f"and nothing is concluded about others. {_again_text(tally, before)}"
    )


def _part_text(seen: int, promised: int | None) -> str:
    if promised is None:
        return f"{films_text(seen)} of an unknown number"
    if seen > promised:
        return f"it shows {films_text(seen)}, more than the {promised} it promises"
    return f"{seen} of {films_text(promised)}"


def _again_text(tally: Tally, before: ListMemory) -> str:
    """When all pages of a list that was read in part are read again."""
    if tally.claim is not None:
        return _DAILY
    several = len(tally.pages) > 1 and tally.miscounted
    if not several or tally.promised is None:
        return "It is read again at the next check."
    if is_lasting(before, tally.promised - tally.seen):
        return _DAILY
    return "All pages are read again at the next check, then once a day if the number stays wrong."


def _judge_claim(claim: Claim, user: str) -> tuple[Outcome, str]:
    length = films_text(len(claim.films))
    if not claim.newcomers:
        return Outcome.UNCHANGED, f"The watchlist of {user} is unchanged: {length}."
    return Outcome.ADDITIONS, f"The watchlist of {user} grew by {films_text(claim.newcomers)}: {length} now."


def ended_by(error: ServiceError) -> Ended:
    """The end of a reading by trouble with the service."""
    if isinstance(error, Blocked):
        hint = " A mistyped `username` can be answered like this too."
        return Ended(Outcome.BLOCKED, f"{error}{hint}", error)
    if isinstance(error, RateLimited):
        return Ended(Outcome.RATE_LIMITED, str(error), error)
    hint = "It is asked again by itself; if this stays, check the network and `letterboxd_url`."
    return Ended(Outcome.UNAVAILABLE, f"Letterboxd is unavailable: {str(error).rstrip('.')}. {hint}", error)


def blocked_text(status: int) -> str:
    return (
        f"The shield in front of Letterboxd refused us (HTTP {status}); Movie Sync does not evade it and "
        "asks again later. What works without it is your own export (on Letterboxd: Settings, Data): set "
        "`watchlist_source` to that file."
    )


def rate_limited_text(status: int) -> str:
    return (
        f"Rate limit reached: Letterboxd asks for fewer requests (HTTP {status}). Movie Sync rests and goes "
        "on by itself; if this comes back, set a longer `request_interval` or `check_interval`."
    )


def unavailable_text(status: int) -> str:
    return f"Letterboxd's server gave no page (HTTP {status})."


def sign_in_text(user: str) -> str:
    return f"Letterboxd asks for a login. {private_text(user)}"


def moved_text(user: str, other: str) -> str:
    return (
        f"Letterboxd leads from the watchlist of {user} to that of {other}, so nothing is concluded. If the "
        f"account was renamed, set `username` to {other} in config.json."
    )


def private_text(user: str) -> str:
    return (
        f"The watchlist of {user} is private: make it public in the settings of your Letterboxd account, or "
        "set `watchlist_source` to your own export (on Letterboxd: Settings, Data)."
    )


def no_such_user_text(user: str) -> str:
    return f"Letterboxd has no member {user!r}: check `username` in config.json, or `--username`."


def films_text(count: int) -> str:
    return f"{count} film" if count == 1 else f"{count} films"


def pages_text(count: int) -> str:
    return f"{count} page" if count == 1 else f"{count} pages"
