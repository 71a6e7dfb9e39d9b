"""What page 1 proves about the rest of a list, and when it proves nothing."""

import pytest

import shortcut
from list_memory import ListMemory, Miscount, Missed
from shortcut import DAY, Claim

HOUR = 3600
NOW = 1_800_000_000.0
LIST = tuple(f"f{number}" for number in range(60))
MEMORY = ListMemory(films=LIST, read_at=int(NOW), full_at=int(NOW))
WRONG = Miscount(films=LIST, promised=62, read_at=int(NOW), times=2)


def fresh(count: int) -> tuple[str, ...]:
    return tuple(f"new{number}" for number in range(count))


def claim(
    page: tuple[str, ...], promised: int | None, memory: ListMemory = MEMORY, now: float = NOW
) -> Claim | None:
    return shortcut.claim(memory, page, promised, now, HOUR)


# --- what page 1 tells


def test_the_same_number_and_the_same_page_prove_an_unchanged_list() -> None:
    assert claim(LIST[:28], 60) == Claim(0, LIST, 60, proven=True)


@pytest.mark.parametrize("more", [1, 2, 27])
def test_unknown_films_on_top_of_the_old_head_prove_additions(more: int) -> None:
    page = (*fresh(more), *LIST)[:28]
    assert claim(page, 60 + more) == Claim(more, (*fresh(more), *LIST), 60 + more, proven=True)


@pytest.mark.parametrize(
    ("page", "promised"),
    [
        pytest.param(fresh(28), 88, id="a whole page of new ones: what is behind it is not seen"),
        pytest.param(LIST[:28], 61, id="one more, and none on top"),
        pytest.param((*fresh(1), *LIST[:27]), 60, id="one came and another left"),
        pytest.param((*fresh(2), *LIST[:26]), 61, id="two came and one left"),
        pytest.param(LIST[:28], 59, id="one left further down"),
        pytest.param(LIST[1:29], 59, id="the first one left"),
        pytest.param((LIST[1], LIST[0], *LIST[2:28]), 60, id="two changed places"),
        pytest.param((LIST[40], *LIST[:27]), 60, id="an old one was put back on top"),
        pytest.param((LIST[40], *LIST[:27]), 61, id="an old one on top is no newcomer"),
        pytest.param((*fresh(1), *fresh(1), *LIST[:26]), 62, id="one stands there twice"),
        pytest.param(LIST[:28], None, id="no number"),
        pytest.param(LIST[:28], 0, id="none promised"),
        pytest.param((), 60, id="no film on the page"),
    ],
)
def test_anything_else_needs_a_full_reading(page: tuple[str, ...], promised: int | None) -> None:
    assert claim(page, promised) is None


def test_a_list_that_was_never_read_needs_a_full_reading() -> None:
    assert claim(LIST[:28], 60, ListMemory()) is None


def test_a_page_that_shows_more_than_was_known_proves_nothing() -> None:
    short = ListMemory(films=LIST[:20], read_at=int(NOW), full_at=int(NOW))
    assert claim(LIST[:28], 20, short) is None


# --- a full reading at least each day


@pytest.mark.parametrize("interval", [60, HOUR, 5 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 3 * DAY])
def test_with_a_check_each_interval_no_two_full_readings_are_more_than_a_day_apart(interval: int) -> None:
    since_full = 0
    for _ in range(3 * DAY // interval):
        since_full += interval
        assert since_full <= max(1.02 * DAY, interval)
        if shortcut.claim(MEMORY, LIST[:28], 60, NOW + since_full, interval) is None:
            since_full = 0


def test_checks_each_twelve_hours_are_not_all_full_ones_for_being_some_seconds_late() -> None:
    assert shortcut.claim(MEMORY, LIST[:28], 60, NOW + 12 * HOUR + 300, 12 * HOUR) is not None


def test_after_a_day_a_full_reading_is_due() -> None:
    assert claim(LIST[:28], 60, now=NOW + DAY) is None


def test_a_clock_that_was_set_back_makes_a_full_reading_due() -> None:
    assert claim(LIST[:28], 60, now=NOW - 1) is None


# --- when it is not asked


def test_a_possible_removal_makes_the_next_reading_a_full_one() -> None:
    memory = ListMemory(films=LIST, full_at=int(NOW), missed={"tt1": Missed(int(NOW), 61)})
    assert claim(LIST[:28], 60, memory) is None


def test_removals_that_wait_for_the_user_do_not() -> None:
    memory = ListMemory(films=LIST, full_at=int(NOW), missed={"tt1": Missed(int(NOW), 61)}, held=("tt1",))
    assert claim(LIST[:28], 60, memory) is not None


@pytest.mark.parametrize(("age", "trusted"), [(0, False), (29 * DAY, False), (31 * DAY, True), (-DAY, False)])
def test_a_list_that_was_out_of_order_is_read_in_full_for_a_month(age: int, trusted: bool) -> None:
    memory = ListMemory(films=LIST, full_at=int(NOW), out_of_order_at=int(NOW) - age)
    assert (claim(LIST[:28], 60, memory) is not None) == trusted


# --- the order of a list


@pytest.mark.parametrize(
    "after",
    [
        pytest.param("abcdefgh", id="as it was"),
        pytest.param("xyabcdefgh", id="newcomers on top"),
        pytest.param("acdfh", id="some left"),
        pytest.param("xacdfh", id="both"),
        pytest.param("fabcdegh", id="one put back"),
        pytest.param("xfyabcdegh", id="one put back among newcomers"),
        pytest.param("hgfedcba", id="all put back, one after another"),
        pytest.param("xyz", id="all others"),
        pytest.param("", id="none left"),
    ],
)
def test_newcomers_on_top_and_the_others_as_they_were_keep_the_order(after: str) -> None:
    assert shortcut.keeps_order("abcdefgh", after)


@pytest.mark.parametrize(
    "after",
    [
        pytest.param("abxcdefgh", id="a newcomer in between"),
        pytest.param("abcdefghx", id="a newcomer at the end"),
        pytest.param("bcdefgha", id="the first one at the end"),
        pytest.param("abcgdefh", id="one moved up"),
    ],
)
def test_a_list_in_its_owners_order_is_found_out(after: str) -> None:
    assert not shortcut.keeps_order("abcdefgh", after)


@pytest.mark.parametrize("place", range(len(LIST)))
def test_a_film_that_is_put_back_never_looks_like_an_owners_order(place: int) -> None:
    after = (LIST[place], *LIST[:place], *LIST[place + 1 :])
    assert shortcut.keeps_order(LIST, after)
    assert shortcut.keeps_order(LIST, ("new", *after))


# --- what is remembered


def test_a_full_reading_is_remembered_with_its_proof() -> None:
    memory = shortcut.proven_in_full(ListMemory(), LIST, NOW, "60 of 60")
    assert memory == ListMemory(films=LIST, read_at=int(NOW), full_at=int(NOW), proof="60 of 60")


def test_a_full_reading_that_refutes_the_premise_ends_the_shortcut() -> None:
    memory = shortcut.proven_in_full(MEMORY, (*LIST[:30], "new", *LIST[30:]), NOW + HOUR, "")
    assert memory.out_of_order_at == int(NOW) + HOUR


def test_a_full_reading_that_confirms_the_premise_does_not_forget_an_earlier_refutation() -> None:
    memory = ListMemory(films=LIST, out_of_order_at=int(NOW))
    assert shortcut.proven_in_full(memory, LIST, NOW + DAY, "").out_of_order_at == int(NOW)


def test_what_page_1_proved_moves_the_reading_and_not_the_full_one() -> None:
    found = claim((*fresh(1), *LIST[:27]), 61, now=NOW + HOUR)
    assert found is not None
    memory = shortcut.proven_by(MEMORY, found, NOW + HOUR, "by page 1")
    assert (memory.films, memory.read_at, memory.full_at) == (
        ("new0", *LIST),
        int(NOW) + HOUR,
        int(NOW),
    )


# --- a count that stays wrong


def test_the_same_wrong_count_is_counted() -> None:
    memory = shortcut.miscounted(MEMORY, LIST, 62, NOW)
    memory = shortcut.miscounted(memory, (*fresh(1), *LIST), 63, NOW + HOUR)
    assert memory.miscount == Miscount(films=("new0", *LIST), promised=63, read_at=int(NOW) + HOUR, times=2)
    assert (memory.films, memory.read_at) == (MEMORY.films, MEMORY.read_at)


def test_another_wrong_count_is_a_new_one() -> None:
    memory = shortcut.miscounted(shortcut.miscounted(MEMORY, LIST, 62, NOW), LIST, 61, NOW)
    assert memory.miscount is not None
    assert memory.miscount.times == 1


def test_a_wrong_count_is_first_looked_at_once_more() -> None:
    assert claim(LIST[:28], 62, shortcut.miscounted(MEMORY, LIST, 62, NOW)) is None


def test_a_wrong_count_that_stays_costs_one_full_reading_a_day() -> None:
    memory = ListMemory(miscount=WRONG)
    assert claim(LIST[:28], 62, memory, NOW + 22 * HOUR) == Claim(0, LIST, 62, proven=False)
    assert claim(LIST[:28], 62, memory, NOW + DAY) is None


def test_films_on_top_of_a_wrong_count_prove_nothing_either() -> None:
    found = claim((*fresh(2), *LIST[:26]), 64, ListMemory(miscount=WRONG))
    assert found == Claim(2, (*fresh(2), *LIST), 64, proven=False)
    after = shortcut.still_miscounted(ListMemory(miscount=WRONG), found)
    assert after.miscount == Miscount(films=(*fresh(2), *LIST), promised=64, read_at=int(NOW), times=2)


def test_a_wrong_count_that_comes_out_otherwise_is_read_in_full() -> None:
    assert claim(LIST[:28], 60, ListMemory(miscount=WRONG)) is None


def test_a_right_count_ends_a_wrong_one() -> None:
    memory = shortcut.proven_in_full(ListMemory(miscount=WRONG), LIST, NOW, "")
    assert memory.miscount is None
