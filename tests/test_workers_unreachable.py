"""DownloadWorker while a service gives no answer: no film pays for an outage, and none starves."""

from pathlib import Path

import pytest
from bench import DOWN, GONE, Bench, as_it_was
from support import NOON, Clock

from errors import (
    RateLimited,
)
from queue_files import COMPLETED, FAILED, PENDING
from services import UNREACHABLE

HOUR = 3600


@pytest.fixture
def bench(tmp_path: Path, clock: Clock) -> Bench:
    return Bench(tmp_path, clock)


def test_an_outage_costs_no_film_a_try_however_long_it_lasts(bench: Bench) -> None:
    bench.want("One", "Two", "Three")
    bench.tracker.answers |= dict.fromkeys(("One", "Two", "Three"), DOWN)
    bench.later(10 * HOUR)
    assert all(as_it_was(bench, title) for title in ("One", "Two", "Three"))
    for title in ("One", "Two", "Three"):
        bench.offer(title)
    bench.later(HOUR)
    assert sorted(bench.titles(COMPLETED)) == ["One", "Three", "Two"]


def test_an_outage_asks_less_and_less_often_down_to_four_times_an_hour(bench: Bench) -> None:
    bench.want("Alien")
    bench.tracker.answers["Alien"] = DOWN
    bench.later(HOUR)
    first_hour = len(bench.tracker.asked)
    bench.later(10 * HOUR)
    assert first_hour <= 8
    assert len(bench.tracker.asked) - first_hour <= 40


def test_an_outage_is_said_once_and_again_when_it_comes_back(bench: Bench) -> None:
    bench.want("Alien")
    bench.tracker.answers["Alien"] = DOWN
    bench.later(10 * HOUR)
    assert bench.said_of("FileList.io did not answer.") == 2
    assert bench.said_of("FileList.io is left alone until") == 1
    assert bench.said_of("Downloading: Alien") == 1
    bench.offer("Alien")
    bench.later(HOUR)
    bench.want("Brazil")
    bench.tracker.answers["Brazil"] = DOWN
    bench.run()
    assert bench.said_of("FileList.io did not answer.") == 3


def test_one_failure_lets_the_next_film_try_at_once_and_two_rest_the_service(bench: Bench) -> None:
    bench.want("One", "Two", "Three")
    bench.tracker.answers |= dict.fromkeys(("One", "Two", "Three"), DOWN)
    bench.run()
    assert bench.tracker.asked == ["One", "Two"]
    rest = bench.services.resting("filelist")
    assert rest is not None
    assert (rest.kind, rest.until) == (UNREACHABLE, NOON + 60)


def test_a_success_in_between_keeps_the_service_from_resting(bench: Bench) -> None:
    bench.want("One", "Two", "Three")
    bench.tracker.answers |= {"One": DOWN, "Three": DOWN}
    bench.run()
    assert bench.tracker.asked == ["One", "Two", "Three"]
    assert bench.services.resting("filelist") is None


def test_two_films_that_never_get_an_answer_starve_no_other(bench: Bench) -> None:
    """Each attempt on them rests the service, and they stand first in the queue."""
    bench.want("Bad", "Worse", "One", "Two", "Three")
    bench.tracker.answers |= {"Bad": DOWN, "Worse": DOWN}
    for title in ("One", "Two", "Three"):
        bench.offer(title)
    bench.later(3 * 60)
    assert bench.titles(COMPLETED) == ["One", "Two", "Three"]


def test_they_starve_no_other_over_single_runs_either(tmp_path: Path, clock: Clock) -> None:
    bench = Bench(tmp_path, clock)
    bench.want("Bad", "Worse", "One")
    for title in ("Bad", "Worse", "One"):
        bench.tracker.answers[title] = DOWN
    for _ in range(4):
        bench.run()
        clock.time += 600
        again = Bench(tmp_path, clock)
        again.tracker.answers = {**bench.tracker.answers}
        bench = again
    bench.offer("One")
    for _ in range(3):
        bench.run()
        clock.time += 600
        again = Bench(tmp_path, clock)
        again.tracker.answers = {**bench.tracker.answers}
        bench = again
    assert bench.titles(COMPLETED) == ["One"]


def test_in_an_outage_films_take_turns(bench: Bench) -> None:
    bench.want("One", "Two", "Three")
    bench.tracker.answers |= dict.fromkeys(("One", "Two", "Three"), DOWN)
    bench.later(2 * HOUR)
    turns = bench.tracker.asked[:9]
    assert turns == ["One", "Two", "Three"] * 3


def test_a_film_that_never_gets_an_answer_pays_once_others_got_one(bench: Bench) -> None:
    bench.want("Bad", "Good")
    bench.tracker.answers["Bad"] = DOWN
    bench.offer("Good")
    bench.run()
    assert as_it_was(bench, "Bad")
    bench.later(120)
    film = bench.film("Bad")
    assert (film.status, film.retry_count, film.last_error) == (FAILED, 0, str(DOWN))


def test_what_others_got_before_its_first_failure_does_not_count_against_a_film(bench: Bench) -> None:
    bench.want("Good", "Bad")
    bench.tracker.answers["Bad"] = DOWN
    bench.offer("Good")
    bench.later(HOUR)
    assert as_it_was(bench, "Bad")


def test_a_no_for_another_film_is_an_answer_too(bench: Bench) -> None:
    bench.want("Bad", "Unknown")
    bench.tracker.answers["Bad"] = DOWN
    bench.later(120)
    assert sorted(bench.titles(FAILED)) == ["Bad", "Unknown"]


def test_a_film_that_paid_for_no_answer_makes_no_other_pay(tmp_path: Path, clock: Clock) -> None:
    """Else one answer, and an outage after it, would cost each film a try after the other."""
    bench = Bench(tmp_path, clock, qbittorrent=False)
    bench.want("One", "Good", "Two")
    bench.tracker.answers |= {"One": DOWN, "Two": DOWN}
    bench.offer("Good")
    bench.run()
    bench.later(120)
    assert bench.film("One").status == FAILED
    bench.later(20 * HOUR)
    assert as_it_was(bench, "Two")
    assert bench.film("One").retry_count == 0


def test_that_a_film_got_no_answer_is_remembered_over_runs(tmp_path: Path, clock: Clock) -> None:
    first = Bench(tmp_path, clock)
    first.want("Bad", "Good")
    first.tracker.answers["Bad"] = DOWN
    first.offer("Good")
    first.run()
    clock.time += HOUR
    second = Bench(tmp_path, clock)
    second.tracker.answers["Bad"] = DOWN
    second.run()
    assert second.titles(FAILED) == ["Bad"]


def test_a_film_the_user_changed_has_its_turn_like_a_new_one(bench: Bench) -> None:
    bench.want("One", "Two", "Three")
    bench.tracker.answers |= dict.fromkeys(
        ("One", "Two", "Three"), RateLimited("filelist", "later", NOON + 9)
    )
    bench.run()
    assert bench.tracker.asked == ["One"]
    bench.clock.time += 10
    bench.queue.note(bench.film("One"), PENDING, director="Somebody")
    bench.run()
    assert bench.tracker.asked == ["One", "One"]


def test_an_unreachable_qbittorrent_is_named_and_no_tracker_is_asked(bench: Bench) -> None:
    bench.want("One", "Two", "Three")
    bench.qbittorrent.trouble = GONE
    bench.later(10 * HOUR)
    assert bench.tracker.asked == []
    assert all(as_it_was(bench, title) for title in ("One", "Two", "Three"))
    assert bench.said_of("Could not connect to qBittorrent") == 2


def test_a_qbittorrent_that_came_back_is_found_within_two_minutes(bench: Bench) -> None:
    bench.want("Alien")
    bench.offer("Alien")
    bench.qbittorrent.trouble = GONE
    bench.later(10 * HOUR)
    bench.qbittorrent.trouble = None
    bench.later(120)
    assert bench.titles(COMPLETED) == ["Alien"]


def test_a_failing_qbittorrent_makes_no_film_pay(bench: Bench) -> None:
    bench.want("One", "Two")
    bench.offer("One")
    bench.offer("Two")
    bench.qbittorrent.refuse = GONE
    bench.run()
    bench.qbittorrent.refuse = None
    bench.clock.time += 61
    bench.downloads_worker.step()
    bench.qbittorrent.refuse = GONE
    bench.later(2 * HOUR)
    assert bench.titles(FAILED) == []
    assert len(bench.titles(COMPLETED)) == 1
