"""Films that leave a list: marked, held, unlisted, accepted; with MonitorWorker stepped by hand."""

from pathlib import Path

import pytest
from bench import Bench
from leaving_films import (
    HOUR,
    MINE,
    TITLES,
    accept,
    check,
    leave,
    memory,
    removed,
    restarted,
    show,
    with_list,
    without,
)
from msgspec.structs import replace
from support import NOON, Clock

from diary_feed import Watched
from list_memory import Lists
from movie import FilmFacts, Movie
from queue_files import PENDING, REMOVED
from reading import Outcome


@pytest.fixture
def bench(tmp_path: Path, clock: Clock) -> Bench:
    return with_list(Bench(tmp_path, clock))


# --- marked


def test_a_film_is_marked_when_two_full_readings_miss_it(bench: Bench) -> None:
    show(bench, *without("Film 7"))
    check(bench)
    assert bench.titles(REMOVED) == []
    check(bench)
    assert bench.titles(REMOVED) == ["Film 7"]
    assert bench.said_of("📤 Marked for removal: Film 7 (1999) (removed from watchlist)") == 1


def test_a_mark_tells_when_and_where_from(bench: Bench) -> None:
    leave(bench, "Film 7")
    movie = removed(bench)
    assert (movie.removed_at, movie.removed_from, movie.missing_for) == (NOON + 2 * HOUR, PENDING, 0)
    assert memory(bench).missed == {}


@pytest.mark.parametrize(
    "outcome",
    [
        Outcome.PARTIAL,
        Outcome.PRIVATE,
        Outcome.NO_SUCH_USER,
        Outcome.BLOCKED,
        Outcome.UNAVAILABLE,
        Outcome.PAGE_CHANGED,
        Outcome.UNCHANGED,
        Outcome.ADDITIONS,
    ],
)
def test_no_other_reading_ever_marks_a_film(bench: Bench, outcome: Outcome) -> None:
    show(bench, *without("Film 7"))
    for _ in range(5):
        check(bench, outcome)
    assert memory(bench).missed == {}
    check(bench)
    check(bench, outcome)
    assert bench.titles(REMOVED) == []


@pytest.mark.parametrize(
    "outcome", [Outcome.COMPLETE, Outcome.PARTIAL, Outcome.UNAVAILABLE, Outcome.ADDITIONS]
)
def test_a_film_that_any_reading_showed_in_between_is_missed_anew(bench: Bench, outcome: Outcome) -> None:
    show(bench, *without("Film 7"))
    check(bench)
    show(bench, *TITLES)
    check(bench, outcome)
    show(bench, *without("Film 7"))
    check(bench)
    assert bench.titles(REMOVED) == []
    check(bench)
    assert bench.titles(REMOVED) == ["Film 7"]


def test_a_restart_reads_at_once_and_that_is_no_second_reading(bench: Bench) -> None:
    show(bench, *without("Film 7"))
    check(bench)
    again = restarted(bench)
    check(again, after=60)
    assert (again.watchlist.readings, again.titles(REMOVED)) == (1, [])
    check(again)
    assert again.titles(REMOVED) == ["Film 7"]


def test_nothing_is_concluded_while_a_new_film_may_be_the_one_that_is_missed(bench: Bench) -> None:
    show(bench, *without("Film 7"))
    check(bench)
    show(bench, "Film 30", *without("Film 7"))
    check(bench)
    assert bench.titles(REMOVED) == []
    check(bench)
    assert bench.titles(REMOVED) == ["Film 7"]


def test_a_film_that_was_merged_into_a_new_one_of_its_imdb_id_is_there(bench: Bench) -> None:
    for title in ("Film 30", "Film 31"):
        bench.watchlist.pages[title] = FilmFacts(title=title, year=1999, imdb_id="tt0000030")
    show(bench, "Film 30", *TITLES)
    check(bench)
    show(bench, "Film 31", *TITLES)
    for _ in range(4):
        check(bench)
    assert bench.titles(REMOVED) == []


# --- other lists, and those that are not configured any more


@pytest.mark.parametrize("other", ["manual", "you/watchlist"])
def test_a_film_that_something_else_wants_stays(bench: Bench, other: str) -> None:
    show(bench, *without("Film 7"))
    check(bench)
    bench.queue.learn([Movie(title="Film 7", year=1999, film_id="97", lists=(other,))])
    check(bench)
    assert bench.film("Film 7").lists == (other,)
    assert bench.titles(REMOVED) == []


def test_a_film_on_the_list_loses_lists_that_are_not_configured_any_more(bench: Bench) -> None:
    bench.queue.learn([Movie(title="Film 7", year=1999, film_id="97", lists=("old/watchlist", "manual"))])
    check(bench, Outcome.PARTIAL)
    assert bench.film("Film 7").lists == (MINE, "old/watchlist", "manual")
    check(bench)
    assert bench.film("Film 7").lists == (MINE, "manual")


def test_a_film_that_only_an_old_list_wanted_stays_for_ever(bench: Bench) -> None:
    bench.queue.add_to_pending(Movie(title="Brazil", year=1985, lists=("old/watchlist",)))
    for _ in range(4):
        check(bench)
    assert bench.film("Brazil").lists == ("old/watchlist",)


def test_a_film_added_by_hand_is_no_film_of_the_list(bench: Bench) -> None:
    bench.queue.remember(Movie(title="Brazil", year=1985, lists=("manual",)))
    for _ in range(4):
        check(bench)
    assert bench.film("Brazil").status == PENDING


# --- too many


def test_too_many_at_once_are_held_and_told(bench: Bench) -> None:
    leave(bench, *TITLES[:4])
    assert bench.titles(REMOVED) == []
    assert len(memory(bench).held) == 4
    assert bench.said_of("4 films left the list me/watchlist, but `removal_limit` allows 3 of 10 films") == 1
    assert bench.said_of("--accept-removals") == 1
    assert bench.said_of("   • Film 1 (1999)") == 1
    assert not bench.monitor_worker.troubles


def test_what_is_held_is_told_once_however_long_it_waits(bench: Bench) -> None:
    leave(bench, *TITLES[:4])
    for _ in range(30):
        check(bench)
    assert bench.said_of("left the list me/watchlist") == 1
    assert bench.titles(REMOVED) == []


def test_three_a_day_may_go_and_the_next_ones_a_day_later(bench: Bench) -> None:
    leave(bench, *TITLES[:3])
    leave(bench, *TITLES[:5])
    assert len(bench.queue.films(REMOVED)) == 3
    assert bench.said_of("and 3 left within the last 24 hours") == 1
    for _ in range(24):
        check(bench)
    assert len(bench.queue.films(REMOVED)) == 5
    assert memory(bench).held == ()


@pytest.mark.parametrize("left", [0, 4])
def test_an_emptied_or_halved_list_removes_nothing(bench: Bench, left: int) -> None:
    show(bench, *TITLES[:left])
    for _ in range(30):
        check(bench)
    assert bench.titles(REMOVED) == []
    assert len(memory(bench).held) == 10 - left


def test_films_that_are_back_are_not_held_any_more(bench: Bench) -> None:
    leave(bench, *TITLES[:4])
    show(bench, *TITLES)
    check(bench)
    assert (memory(bench).held, memory(bench).missed) == ((), {})


def test_the_same_films_are_told_again_when_they_leave_a_second_time(bench: Bench) -> None:
    leave(bench, *TITLES[:4])
    show(bench, *TITLES)
    check(bench)
    leave(bench, *TITLES[:4])
    assert bench.said_of("4 films left the list me/watchlist") == 2


def test_a_film_that_another_list_took_up_just_now_is_not_marked(bench: Bench) -> None:
    seen = bench.film("Film 7")
    bench.queue.learn([Movie(title="Film 7", year=1999, film_id="97", lists=("manual",))])
    assert bench.queue.mark_removed([seen], MINE) == []
    assert bench.film("Film 7").status == PENDING


# --- accepted by the user


def test_exactly_the_held_films_are_accepted(bench: Bench) -> None:
    leave(bench, *TITLES[:4])
    show(bench, *TITLES[5:])
    check(bench)
    assert accept(bench) == list(TITLES[:4])
    assert bench.titles(REMOVED) == list(TITLES[:4])
    assert bench.film("Film 5").status == PENDING


def test_without_anything_held_nothing_is_accepted(bench: Bench) -> None:
    show(bench, *without("Film 7"))
    check(bench)
    assert accept(bench) == []
    assert bench.titles(REMOVED) == []


def test_what_was_accepted_is_not_accepted_twice(bench: Bench) -> None:
    leave(bench, *TITLES[:4])
    assert len(accept(bench)) == 4
    assert accept(bench) == []
    check(bench)
    assert len(bench.queue.films(REMOVED)) == 4


@pytest.mark.parametrize("outcome", [Outcome.COMPLETE, Outcome.PARTIAL, Outcome.ADDITIONS])
def test_a_film_that_came_back_meanwhile_is_not_accepted(bench: Bench, outcome: Outcome) -> None:
    leave(bench, *TITLES[:5])
    show(bench, *TITLES[4:])
    check(bench, outcome)
    assert accept(bench) == list(TITLES[:4])


def test_a_film_that_another_list_wants_meanwhile_is_not_accepted(bench: Bench) -> None:
    leave(bench, *TITLES[:4])
    bench.queue.remember(Movie(title="Film 1", year=1999, film_id="91", lists=("manual",)))
    assert accept(bench) == list(TITLES[1:4])
    check(bench)
    check(bench)
    assert bench.film("Film 1").lists == ("manual",)


def test_a_held_film_that_came_back_as_another_entry_of_its_imdb_id_is_not_accepted(bench: Bench) -> None:
    for title in ("Film 30", "Film 31"):
        bench.watchlist.pages[title] = FilmFacts(title=title, year=1999, imdb_id="tt0000030")
    show(bench, "Film 30", *TITLES)
    check(bench)
    leave(bench, *TITLES[:4])
    show(bench, "Film 31", *TITLES[4:])
    check(bench)
    assert len(memory(bench).held) == 5
    assert accept(bench) == list(TITLES[:4])


def test_films_of_every_list_are_accepted(bench: Bench) -> None:
    leave(bench, *TITLES[:4])
    bench.queue.add_to_pending(Movie(title="Brazil", year=1985, lists=("you/watchlist",)))
    known = bench.film("Brazil").id
    Lists(bench.folder).change("you/watchlist", lambda memory: replace(memory, held=(known,)))
    assert accept(bench) == [*TITLES[:4], "Brazil"]


def test_the_user_may_accept_while_the_diary_is_asked(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    leave(bench, *TITLES[:4])
    show(bench, *TITLES[1:])
    accepted = []

    def asked() -> tuple[Watched, ...]:
        accepted.extend(accept(bench))
        return ()

    monkeypatch.setattr(bench.watchlist, "watched", asked)
    check(bench)
    assert accepted == ["Film 1"]
    assert bench.titles(REMOVED) == ["Film 1"]
    assert bench.film("Film 2").status == PENDING
