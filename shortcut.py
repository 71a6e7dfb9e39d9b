"""What the first page of a list proves about the others. Pure.

Letterboxd shows a list newest first, and each page says how many films there are in all. As long as new
films come on top and the others keep their order, the promised number and the first page together tell
whether anything changed. A full reading that refutes the premise ends its use; one is due each day anyway.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from list_memory import ListMemory, Miscount

PAGE_SIZE = 28
DAY = 24 * 3600
FULL_EVERY = DAY
SLACK = 0.02
"""Share of an interval by which the day may be overrun, else checks each 12 hours would all be full ones."""
DISTRUST = 30 * DAY
"""How long a list that was found out of order is always read in full."""
ENOUGH_TIMES = 2


@dataclass(frozen=True)
class Claim:
    """What the first page tells: `newcomers` films on top of those known, now `films` in order."""

    newcomers: int
    films: tuple[str, ...]
    promised: int
    proven: bool


def claim(
    memory: ListMemory, page: Sequence[str], promised: int | None, now: float, interval: float
) -> Claim | None:
    """What page 1 tells of a list of several pages; None where only a full reading can tell.

    Nothing that rests on a wrong count is proven, but it spares asking for all pages again until tomorrow.
    """
    wrong = memory.miscount
    if wrong is not None:
        if wrong.times < ENOUGH_TIMES or _day_is_over(wrong.read_at, now, interval):
            return None
        return _compared(wrong.films, wrong.promised, page, promised, proven=False)
    if _distrusted(memory, now) or _possible_removals(memory) or _day_is_over(memory.full_at, now, interval):
        return None
    return _compared(memory.films, len(memory.films), page, promised, proven=True)


def _compared(
    known: Sequence[str], promised_then: int, page: Sequence[str], promised: int | None, *, proven: bool
) -> Claim | None:
    if promised is None or len(set(page)) != len(page):
        return None
    more = promised - promised_then
    if not 0 <= more < min(len(page), PAGE_SIZE):
        return None
    rest = len(page) - more
    if tuple(page[more:]) != tuple(known[:rest]) or set(page[:more]) & set(known):
        return None
    return Claim(more, (*page[:more], *known), promised, proven)


def _day_is_over(since: int, now: float, interval: float) -> bool:
    """Whether a full reading is due, at the latest one check before its day is over, or the clock jumped."""
    return not 0 <= now - since <= FULL_EVERY - (1 - SLACK) * interval


def _distrusted(memory: ListMemory, now: float) -> bool:
    return bool(memory.out_of_order_at) and abs(now - memory.out_of_order_at) < DISTRUST


def _possible_removals(memory: ListMemory) -> bool:
    """Whether films are missing that the next full reading may confirm."""
    return not memory.missed.keys() <= set(memory.held)


def keeps_order(before: Sequence[str], after: Sequence[str]) -> bool:
    """Whether newcomers came on top and the others kept their order. One that was put back is on top too.

    So the known films below the last that moved must explain the list as well as any other reading of it.
    """
    places = {film: place for place, film in enumerate(before)}
    known = [places[film] for film in after if film in places]
    settled, below = 0, len(before)
    for film in reversed(after):
        if (place := places.get(film, below)) >= below:
            break
        settled, below = settled + 1, place
    return settled == _longest_rising(known)


def _longest_rising(numbers: Sequence[int]) -> int:
    """Length of the longest rising subsequence (patience sorting)."""
    ends: list[int] = []
    for number in numbers:
        at = bisect_left(ends, number)
        ends[at : at + 1] = [number]
    return len(ends)


def proven_in_full(memory: ListMemory, films: Sequence[str], now: float, proof: str) -> ListMemory:
    """The memory after a full reading whose count was right."""
    ordered = keeps_order(memory.films, films)
    return replace(
        memory,
        films=tuple(films),
        read_at=int(now),
        proof=proof,
        full_at=int(now),
        out_of_order_at=memory.out_of_order_at if ordered else int(now),
        miscount=None,
    )


def proven_by(memory: ListMemory, claimed: Claim, now: float, proof: str) -> ListMemory:
    """The memory after a reading of page 1 that told all."""
    return replace(memory, films=claimed.films, read_at=int(now), proof=proof)


def miscounted(memory: ListMemory, films: Sequence[str], promised: int, now: float) -> ListMemory:
    """The memory after a full reading whose count was wrong."""
    found = Miscount(films=tuple(films), promised=promised, read_at=int(now))
    if memory.miscount is not None and is_lasting(memory, found.difference):
        found = replace(found, times=memory.miscount.times + 1)
    return replace(memory, miscount=found)


def is_lasting(before: ListMemory, difference: int | None) -> bool:
    """Whether a count that is wrong by so much was found before: then all pages are read once a day."""
    return before.miscount is not None and before.miscount.difference == difference


def still_miscounted(memory: ListMemory, claimed: Claim) -> ListMemory:
    """The memory after a reading of page 1 alone, where the count is known to be wrong."""
    assert memory.miscount is not None
    return replace(memory, miscount=replace(memory.miscount, films=claimed.films, promised=claimed.promised))
