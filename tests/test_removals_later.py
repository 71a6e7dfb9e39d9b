"""Films that left a list: their way back, their absence, the day they were watched, kills in between."""

from collections.abc import Callable
from pathlib import Path

import pytest
from bench import Bench
from leaving_films import (
    DAY,
    HOUR,
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
from support import Clock

from diary_feed import Watched
from errors import Blocked, RateLimited, ServiceError, ServiceUnavailable
from list_memory import ListMemory
from movie import Movie
from queue_files import COMPLETED, FAILED, REMOVED
from queue_manager import QueueManager
from reading import Outcome


class Killed(BaseException):
    """The process ends here."""


@pytest.fixture
def bench(tmp_path: Path, clock: Clock) -> Bench:
    return with_list(Bench(tmp_path, clock))


# --- back on the list


def put_away(bench: Bench) -> Movie:
    bench.queue.add_to_completed(bench.film("Film 7"))
    return bench.film("Film 7")


def fail(bench: Bench) -> Movie:
    for _ in range(3):
        bench.queue.add_to_failed(bench.film("Film 7"), "No torrents found", bench.clock() + DAY)
    return bench.film("Film 7")


@pytest.mark.parametrize("become", [lambda bench: bench.film("Film 7"), put_away, fail])
@pytest.mark.parametrize("outcome", [Outcome.COMPLETE, Outcome.PARTIAL, Outcome.ADDITIONS])
def test_a_film_that_comes_back_is_where_and_what_it_was(
    bench: Bench, become: Callable[[Bench], Movie], outcome: Outcome
) -> None:
    before = become(bench)
    leave(bench, "Film 7")
    check(bench)
    assert removed(bench).missing_for == HOUR
    show(bench, *TITLES)
    check(bench, outcome)
    assert bench.titles(REMOVED) == []
    now = bench.film("Film 7")
    assert replace(now, revision=0, updated_at=0) == replace(before, revision=0, updated_at=0)


# --- a hand-over that is under way


def test_a_finished_hand_over_wins_over_the_mark(bench: Bench) -> None:
    claimed = bench.queue.get_next_pending()
    assert claimed is not None
    leave(bench, claimed.title)
    bench.queue.add_to_completed(replace(claimed, torrent_hash="a" * 40, owned=True))
    movie = bench.film(claimed.title)
    assert (movie.status, movie.removed_at, movie.removed_from) == (COMPLETED, None, None)
    check(bench)
    check(bench)
    assert removed(bench).removed_from == COMPLETED


def test_a_failure_of_a_film_that_was_marked_meanwhile_is_dropped(bench: Bench) -> None:
    claimed = bench.queue.get_next_pending()
    assert claimed is not None
    leave(bench, claimed.title)
    bench.queue.add_to_failed(claimed, "No torrents found", bench.clock() + HOUR)
    assert removed(bench).last_error is None
    assert bench.titles(FAILED) == []


def test_a_film_that_is_marked_during_its_search_is_not_handed_over(bench: Bench) -> None:
    bench.offer("Film 1")
    bench.tracker.during_search = lambda: leave(bench, "Film 1")
    bench.place.check()
    assert bench.downloads_worker.step()
    assert bench.titles(REMOVED) == ["Film 1"]
    assert bench.qbittorrent.statuses == {}


# --- grace is observed time


def test_grace_starts_with_the_mark(bench: Bench) -> None:
    leave(bench, "Film 7")
    assert removed(bench).missing_for == 0


@pytest.mark.parametrize("outcome", [Outcome.COMPLETE, Outcome.UNCHANGED, Outcome.ADDITIONS])
def test_each_later_proven_reading_adds_the_time_since_the_one_before(bench: Bench, outcome: Outcome) -> None:
    leave(bench, "Film 7")
    check(bench, outcome)
    check(bench, outcome, after=2 * HOUR)
    assert removed(bench).missing_for == 3 * HOUR


@pytest.mark.parametrize("outcome", [Outcome.PARTIAL, Outcome.PRIVATE, Outcome.UNAVAILABLE])
def test_what_proves_nothing_adds_nothing_and_the_next_proof_makes_up_for_it(
    bench: Bench, outcome: Outcome
) -> None:
    leave(bench, "Film 7")
    check(bench, outcome)
    assert removed(bench).missing_for == 0
    check(bench)
    assert removed(bench).missing_for == 2 * HOUR


def test_a_long_pause_counts_for_a_day(bench: Bench) -> None:
    leave(bench, "Film 7")
    check(bench, after=30 * DAY)
    assert removed(bench).missing_for == DAY


def test_clocks_that_jump_end_no_grace(bench: Bench) -> None:
    leave(bench, "Film 7")
    check(bench, after=400 * DAY)
    check(bench, after=-400 * DAY)
    assert removed(bench).missing_for == DAY
    check(bench)
    assert removed(bench).missing_for == DAY + HOUR


def test_an_accepted_film_is_not_missed_for_longer_than_it_is_marked(bench: Bench) -> None:
    leave(bench, *TITLES[:4])
    bench.clock.time += HOUR - 60
    accept(bench)
    check(bench, after=60)
    assert {movie.missing_for for movie in bench.queue.films(REMOVED)} == {60}
    check(bench)
    assert {movie.missing_for for movie in bench.queue.films(REMOVED)} == {HOUR + 60}


def test_a_list_of_which_nothing_is_remembered_adds_nothing(bench: Bench) -> None:
    leave(bench, "Film 7")
    check(bench)
    (bench.folder / "watchlist.json").unlink()
    bench.watchlist.before = ListMemory()
    check(bench)
    assert removed(bench).missing_for == HOUR
    check(bench)
    assert removed(bench).missing_for == 2 * HOUR


def test_films_of_a_list_that_is_not_read_any_more_do_not_age(bench: Bench) -> None:
    leave(bench, "Film 7")
    bench.queue.add_to_pending(Movie(title="Brazil", year=1985, lists=("old/watchlist",)))
    bench.queue.mark_removed([bench.film("Brazil")], "old/watchlist")
    check(bench)
    assert {m.title: m.missing_for for m in bench.queue.films(REMOVED)} == {"Film 7": HOUR, "Brazil": 0}


# --- watched


def seen(title: str, on: str = "2027-01-14") -> Watched:
    return Watched(title, 1999, title.lower().replace(" ", "-"), None, on)


def test_a_film_that_left_for_being_watched_is_told_apart(bench: Bench) -> None:
    bench.watchlist.diary = (seen("Film 7"), seen("Film 7", "2020-01-01"), seen("Film 8"))
    leave(bench, "Film 7", "Film 6")
    assert {m.title: m.watched_on for m in bench.queue.films(REMOVED)} == {
        "Film 7": "2027-01-14",
        "Film 6": None,
    }
    assert bench.said_of("Marked for removal: Film 7 (1999) (watched on 2027-01-14)") == 1


def test_the_diary_is_asked_only_when_a_film_is_marked(bench: Bench) -> None:
    show(bench, *without("Film 7"))
    check(bench)
    assert bench.watchlist.diary_asked == 0
    for _ in range(5):
        check(bench)
    assert bench.watchlist.diary_asked == 1


@pytest.mark.parametrize("titles", [TITLES[:4], TITLES])
def test_for_films_that_are_held_the_diary_is_not_asked(bench: Bench, titles: tuple[str, ...]) -> None:
    leave(bench, *titles)
    assert bench.watchlist.diary_asked == 0


@pytest.mark.parametrize("outcome", [Outcome.COMPLETE, Outcome.UNCHANGED])
def test_a_diary_that_did_not_answer_is_asked_at_the_next_reading(bench: Bench, outcome: Outcome) -> None:
    bench.watchlist.diary = ServiceUnavailable("letterboxd", "Letterboxd gave no page (HTTP 503).")
    leave(bench, "Film 7")
    assert (removed(bench).watched_on, memory(bench).diary_due) == (None, True)
    bench.watchlist.diary = (seen("Film 7"),)
    check(bench, outcome)
    assert (removed(bench).watched_on, memory(bench).diary_due) == ("2027-01-14", False)
    check(bench, outcome)
    assert bench.watchlist.diary_asked == 2


def test_a_diary_that_the_shield_refuses_is_not_asked_again(bench: Bench) -> None:
    bench.watchlist.diary = Blocked("letterboxd", "The shield refused us.")
    leave(bench, "Film 7")
    bench.watchlist.diary = (seen("Film 7"),)
    check(bench)
    assert bench.watchlist.diary_asked == 1
    assert bench.titles(REMOVED) == ["Film 7"]


@pytest.mark.parametrize(
    ("error", "rests"),
    [
        (ServiceUnavailable("letterboxd", "Letterboxd gave no page."), False),
        (Blocked("letterboxd", "The shield refused us."), True),
        (RateLimited("letterboxd", "Rate limit reached."), True),
    ],
)
def test_trouble_with_the_diary_is_said_in_one_line(bench: Bench, error: ServiceError, rests: bool) -> None:
    bench.watchlist.diary = error
    leave(bench, "Film 7")
    told = f"⚠️  The diary, which tells why films left the list: {error}"
    assert bench.said_of(told + (" Letterboxd is left alone until" if rests else "")) == 1
    assert bench.said_of(str(error)) == 1
    assert bench.monitor_worker.troubles


def test_of_accepted_films_the_diary_is_asked_at_the_next_reading(bench: Bench) -> None:
    leave(bench, *TITLES[:4])
    accept(bench)
    bench.watchlist.diary = (seen("Film 2"),)
    check(bench)
    assert [m.title for m in bench.queue.films(REMOVED) if m.watched_on] == ["Film 2"]


def test_the_day_is_kept_when_the_diary_does_not_tell_it_any_more(bench: Bench) -> None:
    bench.watchlist.diary = (seen("Film 7"),)
    leave(bench, "Film 7")
    bench.watchlist.diary = ()
    leave(bench, "Film 7", "Film 8")
    assert {m.title: m.watched_on for m in bench.queue.films(REMOVED)} == {
        "Film 7": "2027-01-14",
        "Film 8": None,
    }


# --- killed in between


def kill(monkeypatch: pytest.MonkeyPatch, bench: Bench, method: str) -> None:
    def end(*args: object) -> None:
        raise Killed

    monkeypatch.setattr(bench.queue, method, end)


def test_a_kill_before_the_mark_costs_two_readings_and_nothing_else(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    show(bench, *without("Film 7"))
    check(bench)
    kill(monkeypatch, bench, "mark_removed")
    with pytest.raises(Killed):
        check(bench)
    again = restarted(bench)
    check(again)
    assert again.titles(REMOVED) == []
    check(again)
    assert again.titles(REMOVED) == ["Film 7"]


def test_a_kill_while_removals_are_accepted_leaves_them_held_anew(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave(bench, *TITLES[:4])
    monkeypatch.setattr(QueueManager, "mark_removed", lambda *args: (_ for _ in ()).throw(Killed()))
    with pytest.raises(Killed):
        accept(bench)
    monkeypatch.undo()
    check(bench)
    check(bench)
    assert len(memory(bench).held) == 4
    assert len(accept(bench)) == 4


def test_a_kill_before_the_absence_is_counted_costs_some_of_it_and_gives_none(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave(bench, "Film 7")
    kill(monkeypatch, bench, "add_missing")
    with pytest.raises(Killed):
        check(bench)
    again = restarted(bench)
    check(again)
    assert removed(again).missing_for == HOUR


def test_a_list_that_lost_most_of_its_films_at_a_reading_that_was_lost_has_lost_them_all_the_same(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave(bench, *TITLES[5:])
    assert len(accept(bench)) == 5
    show(bench, *TITLES[:2])
    kill(monkeypatch, bench, "learn")
    with pytest.raises(Killed):
        check(bench)
    again = restarted(bench)
    check(again)
    check(again)
    assert again.titles(REMOVED) == list(TITLES[5:])
    assert again.said_of("but only 2 of 5 films are left on it") == 1
