"""Which films count as removed: the decision alone."""

import dataclasses
from typing import Any

import pytest
from msgspec.structs import replace

import removal_plan
from list_memory import ListMemory, Mark, Missed
from movie import ListedFilm, Movie
from reading import Outcome, Reading
from removal_plan import (
    RemovalPlan,
    RemovalRules,
    held_films,
    missing_from,
    rules_of,
    seen_again,
)

HOUR, DAY = 3600, 24 * 3600
NOW = 1_800_000_000
MINE = "me/watchlist"
RULES = RemovalRules(interval=HOUR, limit=0.1)


def film(number: int, **changes: Any) -> Movie:
    known = Movie(
        title=f"Film {number}",
        id=f"tt{number:07}",
        year=1990,
        imdb_id=f"tt{number:07}",
        film_id=str(number),
        slug=f"film-{number}",
        lists=(MINE,),
    )
    return replace(known, **changes)


def films(count: int) -> list[Movie]:
    return [film(number) for number in range(1, count + 1)]


def reading(length: int, before: int = 0, at: float = NOW, outcome: Outcome | None = None) -> Reading:
    """A reading that shows so many films, of a list that had `before`; those missing are the first ones."""
    listed = tuple(ListedFilm(f"Film {n}", 1990, str(n)) for n in range(before + 1, before + 1 + length))
    was = ListMemory(films=tuple(str(n) for n in range(1, before + 1)), read_at=int(at) - HOUR)
    how = outcome or (Outcome.COMPLETE if length else Outcome.EMPTY)
    return Reading(how, "me", "watchlist", listed, length, "", None, int(at), was)


def shown_without(missing: int, of: int, at: float = NOW) -> Reading:
    """A reading of a list of `of` films less the missing ones, like the one before it."""
    keys = tuple(f"other{number}" for number in range(of - missing))
    return dataclasses.replace(
        reading(of - missing, at=at), before=ListMemory(films=keys, read_at=NOW - HOUR)
    )


def plan_removals(
    missing: list[Movie], memory: ListMemory, one: Reading, rules: RemovalRules, all_read: bool = True
) -> RemovalPlan:
    """The plan, where nothing but their ids is known of the films that the reading before showed."""
    before = [Movie(title="", film_id=key) for key in one.before.films]
    return removal_plan.plan_removals(missing, memory, one, rules, before=before, all_read=all_read)


def missed(movies: list[Movie], of: int, since: int = NOW - HOUR) -> ListMemory:
    return ListMemory(missed={movie.id: Missed(since, of) for movie in movies}, length=of - len(movies))


def confirmed(count: int, of: int, **memory: Any) -> RemovalPlan:
    """What is planned when so many films of a list are missed for the second time."""
    gone = films(count)
    return plan_removals(gone, replace(missed(gone, of), **memory), shown_without(count, of), RULES)


# --- two readings, an interval apart


def test_a_film_that_is_missed_once_is_only_noted() -> None:
    plan = plan_removals(films(1), ListMemory(), reading(19, before=20), RULES)
    assert (plan.marked, plan.held, plan.unlisted) == ((), (), ())
    assert plan.memory.missed == {"tt0000001": Missed(NOW, 20)}


@pytest.mark.parametrize(("apart", "marked"), [(HOUR - 1, 0), (HOUR, 1), (30 * DAY, 1)])
def test_the_second_reading_counts_if_it_is_an_interval_later(apart: int, marked: int) -> None:
    gone = films(1)
    plan = plan_removals(gone, missed(gone, 20, NOW - apart), shown_without(1, 20), RULES)
    assert len(plan.marked) == marked
    assert bool(plan.memory.missed) != bool(marked)


def test_each_film_has_its_own_two_readings() -> None:
    gone = films(2)
    plan = plan_removals(gone, missed(gone[:1], 20), shown_without(2, 20), RULES)
    assert plan.marked == (gone[0],)
    assert list(plan.memory.missed) == [gone[1].id]


def test_a_film_that_is_there_again_is_not_noted_any_more() -> None:
    gone = films(2)
    plan = plan_removals(gone[:1], missed(gone, 20, NOW - 60), shown_without(1, 20), RULES)
    assert list(plan.memory.missed) == [gone[0].id]


def test_a_note_under_an_earlier_id_counts() -> None:
    gone = film(1, aliases=("letterboxd:1",))
    memory = ListMemory(missed={"letterboxd:1": Missed(NOW - HOUR, 20)})
    assert plan_removals([gone], memory, shown_without(1, 20), RULES).marked == (gone,)


def test_a_note_from_a_clock_that_was_ahead_starts_anew_and_keeps_the_length() -> None:
    gone = films(3)
    plan = plan_removals(gone, missed(gone, 5, NOW + DAY), shown_without(3, 5), RULES)
    assert plan.marked == ()
    assert plan.memory.missed[gone[0].id] == Missed(NOW, 5)


def test_a_film_that_the_last_proven_reading_showed_was_not_missing_whatever_was_noted_before() -> None:
    gone = films(1)
    plan = plan_removals(gone, missed(gone, 20, NOW - DAY), reading(19, before=20), RULES)
    assert plan.marked == ()
    assert plan.memory.missed == {gone[0].id: Missed(NOW, 20)}


def test_while_a_page_is_unread_what_is_missing_is_noted_and_what_is_held_stays_so() -> None:
    gone = films(5)
    memory = replace(missed(gone[:4], 30, NOW - DAY), held=tuple(movie.id for movie in gone[:4]))
    plan = plan_removals(gone, memory, shown_without(5, 30), RULES, all_read=False)
    assert (plan.marked, plan.held, plan.unlisted) == ((), (), ())
    assert plan.memory.held == memory.held
    assert list(plan.memory.missed) == [movie.id for movie in gone]


def test_a_film_that_the_last_reading_showed_under_another_name_was_not_missing_then() -> None:
    gone, twin = film(1), film(2, imdb_id="tt0000001")
    plan = removal_plan.plan_removals(
        [gone, twin], missed([gone], 20), shown_without(2, 20), RULES, before=[twin]
    )
    assert plan.marked == ()
    assert {note.since for note in plan.memory.missed.values()} == {NOW}


# --- how many at once


@pytest.mark.parametrize(
    ("count", "of", "marked"),
    [
        (3, 10, True),
        (3, 30, True),
        (4, 30, False),
        (4, 40, True),
        (10, 100, True),
        (11, 100, False),
        (11, 109, False),
        (11, 110, True),
    ],
)
def test_at_most_three_or_the_share_of_the_list_as_it_was_before(count: int, of: int, marked: bool) -> None:
    plan = confirmed(count, of)
    assert (len(plan.marked), len(plan.held)) == ((count, 0) if marked else (0, count))


def test_a_share_that_falls_short_by_rounding_is_meant_as_written() -> None:
    gone = films(29)
    rules = RemovalRules(HOUR, 0.29)
    assert len(plan_removals(gone, missed(gone, 100), shown_without(29, 100), rules).marked) == 29


def test_a_share_of_nothing_still_allows_three() -> None:
    gone = films(3)
    plan = plan_removals(gone, missed(gone, 100), shown_without(3, 100), RemovalRules(HOUR, 0.0))
    assert len(plan.marked) == 3


def test_above_the_limit_none_is_marked_and_all_wait_for_the_user() -> None:
    plan = confirmed(4, 30)
    assert plan.memory.held == tuple(movie.id for movie in films(4))
    assert plan.memory.missed.keys() == set(plan.memory.held)
    assert plan.reason == "`removal_limit` allows 3 of 30 films within 24 hours"


def test_those_marked_within_a_day_count_towards_the_limit() -> None:
    marks = tuple(Mark(f"tt9{number}", NOW - DAY + 1, 30) for number in range(2))
    assert not confirmed(2, 28, marks=marks).marked
    assert confirmed(2, 28, marks=marks).reason.endswith(
        "films within 24 hours, and 2 left within the last 24 hours"
    )
    assert confirmed(1, 28, marks=marks).marked


def test_those_marked_longer_ago_do_not_and_are_not_kept() -> None:
    marks = tuple(Mark(f"tt9{number}", NOW - DAY, 30) for number in range(3))
    plan = confirmed(3, 28, marks=marks)
    assert [mark.id for mark in plan.memory.marks] == [movie.id for movie in plan.marked]


def test_each_mark_is_remembered_with_the_length_of_the_list_before() -> None:
    assert confirmed(1, 28).memory.marks == (Mark("tt0000001", NOW, 28),)


def test_the_share_is_that_of_the_list_before_the_first_of_them_left() -> None:
    marks = tuple(Mark(f"tt9{number}", NOW - HOUR, 100) for number in range(5))
    assert len(confirmed(5, 95, marks=marks).marked) == 5


@pytest.mark.parametrize("later", [1, 3])
def test_one_that_left_when_the_list_had_grown_lets_no_more_go_of_those_that_were_held(later: int) -> None:
    gone = films(4 + later)
    early = missed(gone[later:], 38, NOW - DAY)
    memory = replace(early, missed={**missed(gone[:later], 80).missed, **early.missed})
    plan = plan_removals(gone, memory, shown_without(len(gone), 80), RULES)
    assert (plan.marked, set(plan.memory.held)) == ((), {movie.id for movie in gone})
    assert plan.reason == "`removal_limit` allows 3 of 38 films within 24 hours"


def test_of_those_that_left_at_once_the_shorter_list_counts_and_its_mark_comes_first() -> None:
    gone = films(3)
    memory = ListMemory(missed={movie.id: Missed(NOW - HOUR, 80 - n) for n, movie in enumerate(gone)})
    plan = plan_removals(gone, memory, shown_without(3, 80), RULES)
    assert [mark.of for mark in plan.memory.marks] == [78, 79, 80]


def test_what_was_marked_before_the_list_grew_counts_with_the_length_of_then() -> None:
    marks = (Mark("tt91", NOW - HOUR, 28),)
    assert confirmed(2, 80, marks=marks).marked
    assert confirmed(3, 80, marks=marks).reason.startswith("`removal_limit` allows 3 of 28 films")


def test_a_mark_does_not_hand_on_the_length_that_an_earlier_one_knew() -> None:
    marks = (Mark("tt91", NOW - HOUR, 100),)
    assert confirmed(1, 60, marks=marks).memory.marks == (*marks, Mark("tt0000001", NOW, 60))


def test_a_mark_of_a_clock_that_was_ahead_counts_for_a_day_from_now_and_not_for_years() -> None:
    ahead = (Mark("tt91", NOW + 400 * DAY, 28), Mark("tt92", NOW + DAY, 28))
    plan = confirmed(2, 28, marks=ahead)
    assert not plan.marked
    assert [mark.at for mark in plan.memory.marks] == [NOW, NOW]
    later = plan_removals(films(2), plan.memory, shown_without(2, 28, NOW + DAY), RULES)
    assert len(later.marked) == 2


# --- what is left


def test_a_list_that_is_empty_now_removes_nothing() -> None:
    plan = confirmed(1, 1)
    assert (plan.marked, plan.reason) == ((), "the list is empty now")
    assert plan.memory.held == ("tt0000001",)


@pytest.mark.parametrize(("count", "of", "marked"), [(3, 5, False), (2, 5, True), (2, 4, True), (3, 6, True)])
def test_less_than_half_of_the_list_removes_nothing(count: int, of: int, marked: bool) -> None:
    plan = confirmed(count, of)
    assert bool(plan.marked) == marked
    assert marked or plan.reason == f"only {of - count} of {of} films are left on it"


def test_a_reading_that_lost_more_than_half_removes_not_even_what_left_a_shorter_list_before() -> None:
    gone = films(1)
    others = tuple(f"other{number}" for number in range(93))
    one = dataclasses.replace(reading(46), before=ListMemory(films=others, read_at=NOW - HOUR))
    plan = plan_removals(gone, missed(gone, 90), one, RULES)
    assert (plan.marked, plan.held) == ((), tuple(gone))
    assert plan.reason == "only 46 of 93 films are left on it"


def test_half_is_meant_of_the_list_before_all_that_left_within_a_day() -> None:
    marks = (Mark("tt91", NOW - HOUR, 6), Mark("tt92", NOW - HOUR, 6))
    assert confirmed(1, 4, marks=marks).marked
    assert not confirmed(2, 4, marks=marks[:1]).marked


def test_films_that_left_at_a_reading_of_which_nothing_came_belong_to_the_length_before_it() -> None:
    memory = ListMemory(length=5)
    plan = plan_removals(films(3), memory, shown_without(3, 5), RULES)
    assert {note.of for note in plan.memory.missed.values()} == {5}


def test_a_film_that_left_before_many_came_at_a_reading_that_was_lost_left_the_shorter_list() -> None:
    plan = plan_removals(films(1), ListMemory(length=29), shown_without(1, 59), RULES)
    assert plan.memory.missed == {"tt0000001": Missed(NOW, 29)}


def test_of_a_list_that_was_empty_only_what_was_not_missed_before_counts() -> None:
    gone = films(4)
    memory = replace(missed(gone[:2], 40), length=0)
    plan = plan_removals(gone, memory, reading(38), RULES)
    assert {note.of for note in plan.memory.missed.values()} == {40}


def test_of_a_list_that_is_read_for_the_first_time_the_length_is_what_is_there_and_what_is_missing() -> None:
    plan = plan_removals(films(3), ListMemory(), reading(2), RULES)
    assert {note.of for note in plan.memory.missed.values()} == {5}


def test_the_length_is_remembered_for_the_next_time() -> None:
    assert plan_removals([], ListMemory(), reading(7), RULES).memory.length == 7


# --- other lists


@pytest.mark.parametrize("other", ["you/watchlist", "manual"])
def test_a_film_that_something_else_wants_only_leaves_this_list(other: str) -> None:
    gone = film(1, lists=(MINE, other))
    plan = plan_removals([gone], missed([gone], 20), shown_without(1, 20), RULES)
    assert (plan.marked, plan.held, plan.unlisted) == ((), (), (gone,))
    assert plan.memory.missed == {}


def test_leaving_one_list_of_several_is_not_limited() -> None:
    gone = [replace(movie, lists=(MINE, "manual")) for movie in films(15)]
    plan = plan_removals(gone, missed(gone, 15), reading(0), RULES)
    assert len(plan.unlisted) == 15
    assert plan.memory.marks == ()


# --- what counts as being on the list


@pytest.mark.parametrize(
    "on_list",
    [
        pytest.param(Movie(title="Other", film_id="1"), id="film id"),
        pytest.param(Movie(title="Other", film_id="77", slug="film-1"), id="slug, under another id"),
        pytest.param(Movie(title="Other", film_id="77", imdb_id="tt0000001"), id="IMDb id, under another id"),
        pytest.param(Movie(title="FILM 1!", year=1990, film_id="77"), id="title and year, under another id"),
        pytest.param(Movie(title="Film 1", film_id="77"), id="title, without a year"),
        pytest.param(Movie(title="Autre", original_title="Film 1", year=1990), id="original title"),
        pytest.param(Movie(title="Other", aliases=("tt0000001",)), id="an earlier id"),
    ],
)
def test_a_film_is_there_under_whatever_name(on_list: Movie) -> None:
    assert missing_from(films(1), [on_list]) == []


@pytest.mark.parametrize(
    "on_list",
    [
        pytest.param(Movie(title="Other", year=1990, film_id="2", slug="film-2"), id="another film"),
        pytest.param(Movie(title="Film 1", year=2024, film_id="2", slug="film-2"), id="a remake"),
    ],
)
def test_another_film_does_not_stand_for_it(on_list: Movie) -> None:
    assert missing_from(films(1), [on_list]) == films(1)


def test_a_film_without_a_year_is_there_if_its_title_is() -> None:
    assert missing_from([film(1, year=None)], [Movie(title="Film 1", year=2024, film_id="2")]) == []


# --- in between


def test_a_film_that_any_reading_shows_is_neither_missed_nor_held_any_more() -> None:
    gone = films(3)
    memory = replace(missed(gone, 30), held=(gone[0].id, gone[1].id))
    after = seen_again(memory, gone[1:], reading(1, outcome=Outcome.PARTIAL))
    assert list(after.missed) == [gone[1].id, gone[2].id]
    assert after.held == (gone[1].id,)
    assert after.length == memory.length


def test_what_page_1_proves_tells_the_length() -> None:
    assert seen_again(ListMemory(length=3), [], reading(8, outcome=Outcome.ADDITIONS)).length == 8


def test_held_films_are_those_that_nothing_else_wants_by_now() -> None:
    found = {
        "a": film(1, status="pending"),
        "b": film(2, status="removed"),
        "c": film(3, status="completed", lists=(MINE, "manual")),
        "d": film(4, status="completed"),
        "e": film(5, status="forgotten"),
    }
    assert [movie.id for movie in held_films(MINE, "abcdef", found.get)] == ["tt0000001", "tt0000004"]


def test_the_rules_are_as_configured() -> None:
    assert rules_of({"check_interval": 900, "removal_limit": 0.2}) == RemovalRules(900.0, 0.2)
