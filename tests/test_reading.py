"""What is said of a list that was read in part: how much of it, and when it is read again."""

import pytest

from letterboxd_pages import WatchlistPage
from list_memory import ListMemory, Miscount
from movie import ListedFilm
from reading import Outcome, Tally, judge
from shortcut import Claim

DAILY = "All pages are read again once a day, as long as the number stays wrong."
THEN_DAILY = "All pages are read again at the next check, then once a day if the number stays wrong."
NEXT = "It is read again at the next check."


def films(count: int) -> tuple[ListedFilm, ...]:
    return tuple(ListedFilm(f"Film {n}", film_id=str(n)) for n in range(1, count + 1))


def tally(count: int, promised: int | None) -> Tally:
    """All pages of a list that shows so many films, 28 a page, and promises so many."""
    tally, shown = Tally(), films(count)
    for number in range(1, -(-count // 28) + 1):
        part = shown[28 * number - 28 : 28 * number]
        following = f"/alice/watchlist/page/{number + 1}/" if 28 * number < count else None
        tally.take(number, WatchlistPage("alice", promised, part, following, 0), "alice")
    return tally


def said(tally: Tally, before: ListMemory | None = None) -> str:
    outcome, message = judge(tally, "alice", before or ListMemory())
    assert outcome is Outcome.PARTIAL
    return message


def wrong_before(count: int, promised: int) -> ListMemory:
    keys = tuple(film.film_id or "" for film in films(count))
    return ListMemory(miscount=Miscount(films=keys, promised=promised, read_at=1))


@pytest.mark.parametrize(
    ("count", "promised", "part"),
    [
        (60, 62, "was read in part: 60 of 62 films."),
        (4, 3, "was read in part: it shows 4 films, more than the 3 it promises."),
        (1, None, "was read in part: 1 film of an unknown number."),
    ],
)
def test_how_much_of_the_list_was_seen(count: int, promised: int | None, part: str) -> None:
    assert part in said(tally(count, promised))


def test_a_wrong_count_is_looked_into_at_the_next_check_and_then_once_a_day() -> None:
    assert said(tally(60, 62)).endswith(THEN_DAILY)


def test_a_count_that_was_as_wrong_before_costs_all_pages_once_a_day() -> None:
    assert said(tally(60, 62), wrong_before(59, 61)).endswith(DAILY)


def test_a_count_that_was_wrong_otherwise_before_is_new() -> None:
    assert said(tally(60, 62), wrong_before(60, 61)).endswith(THEN_DAILY)


@pytest.mark.parametrize(("count", "promised"), [(4, 5), (60, None)])
def test_a_list_of_one_page_or_without_a_number_is_read_in_full_each_time(
    count: int, promised: int | None
) -> None:
    assert said(tally(count, promised), wrong_before(3, 4)).endswith(NEXT)


def test_page_1_of_a_list_whose_count_is_known_to_be_wrong_tells_of_all_its_films() -> None:
    read = tally(28, 62)
    read.claim = Claim(0, tuple(map(str, range(60))), 62, proven=False)
    assert "60 of 62 films" in said(read)
    assert said(read).endswith(DAILY)
