"""Whose turn it is, and when no answer counts against a film."""

import pytest
from msgspec.structs import replace
from support import NOON

from movie import ChosenRelease, Movie
from queue_files import COMPLETED, FAILED
from turns import (
    answered_at,
    got_no_answer_before,
    is_not_out,
    next_again,
    others_got_through,
    without_outcome,
)

RELEASE = ChosenRelease(name="Film.1999", tracker="filelist", id="7")
BAD = Movie(title="Bad", id="bad", unreachable_at=NOON, unreachable_revision=10)
FOUND = Movie(title="Found", id="found", status=COMPLETED, release=RELEASE, completed_at=NOON + 1)
REFUSED = Movie(title="Refused", id="refused", status=FAILED, last_failed_at=NOON + 1)


def test_a_film_without_an_answer_or_tried_by_this_process_comes_behind() -> None:
    tried, changed, new = (Movie(title=title, id=title, revision=5) for title in ("a", "b", "c"))
    assert without_outcome([BAD, tried, changed, new], {"a": 5, "b": 4}) == [BAD, tried]


def test_of_those_behind_the_one_tried_longest_ago_is_next() -> None:
    films = [Movie(title=title, id=title, revision=n) for title, n in (("a", 7), ("b", 3), ("c", 5))]
    assert next_again(films, (), NOON) == films[1]
    assert next_again(films, {"b"}, NOON) == films[2]


@pytest.mark.parametrize("films", [[], [replace(BAD, not_before=NOON + 1)]])
def test_nobody_is_next_where_nobody_is_due(films: list[Movie]) -> None:
    assert next_again(films, (), NOON) is None


@pytest.mark.parametrize("other", [FOUND, REFUSED])
def test_an_answer_about_another_film_counts_if_it_came_later(other: Movie) -> None:
    assert others_got_through(BAD, [other])
    assert not others_got_through(replace(BAD, unreachable_at=NOON + 2), [other])


@pytest.mark.parametrize(("revision", "counts"), [(9, False), (11, True)])
def test_within_one_second_the_order_of_writing_decides(revision: int, counts: bool) -> None:
    other = replace(FOUND, completed_at=NOON, revision=revision)
    assert others_got_through(BAD, [other]) is counts
    seen_later = replace(other, completed_revision=revision, revision=99)
    assert others_got_through(BAD, [seen_later]) is counts


@pytest.mark.parametrize(
    "other",
    [
        replace(BAD, status=FAILED, last_failed_at=NOON + 1),
        replace(REFUSED, unreachable_at=NOON + 1),
        replace(FOUND, release=None),
        replace(REFUSED, last_failed_at=None),
    ],
)
def test_what_was_no_answer_of_a_tracker_about_another_film_never_counts(other: Movie) -> None:
    assert not others_got_through(BAD, [other])


def test_the_moment_of_an_answer_is_that_of_its_outcome() -> None:
    assert answered_at(FOUND) == answered_at(REFUSED) == NOON + 1


@pytest.mark.parametrize(
    ("unreachable_at", "last_failed_at", "before"),
    [(None, None, False), (NOON, None, True), (NOON, NOON - 1, True), (NOON, NOON, False)],
)
def test_a_failure_of_its_own_closes_what_was_before(
    unreachable_at: int | None, last_failed_at: int | None, before: bool
) -> None:
    movie = Movie(title="Film", unreachable_at=unreachable_at, last_failed_at=last_failed_at)
    assert got_no_answer_before(movie) is before


@pytest.mark.parametrize(
    ("movie", "not_out"),
    [
        (Movie(title="Heat", year=1995, film_id="1"), False),
        (Movie(title="Next Year", year=2028, film_id="1"), True),
        (Movie(title="Untitled", film_id="1"), True),
        (Movie(title="Typed in by hand", imdb_id="tt0000001"), False),
    ],
)
def test_a_film_of_a_list_without_a_year_or_with_a_later_one_is_not_out(movie: Movie, not_out: bool) -> None:
    assert is_not_out(movie, None, NOON) is not_out
