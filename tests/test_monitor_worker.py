"""MonitorWorker, stepped by hand: readings, what they say, and new films one by one."""

from dataclasses import replace
from pathlib import Path

import pytest
from bench import Bench
from support import NOON, Clock, full_disk

from errors import Blocked, RateLimited, ServiceUnavailable
from movie import FilmFacts, ListedFilm
from queue_files import COMPLETED, PENDING
from reading import Outcome
from services import BLOCKED

HOUR, DAY = 3600, 24 * 3600
SHIELD = Blocked("letterboxd", "The shield refused us.")
DOWN = ServiceUnavailable("letterboxd", "Letterboxd gave no page.")


@pytest.fixture
def bench(tmp_path: Path, clock: Clock) -> Bench:
    return Bench(tmp_path, clock)


def films(*titles: str) -> list[ListedFilm]:
    return [ListedFilm(title, 1999, film_id=str(hash(title)), slug=title.lower()) for title in titles]


def run(bench: Bench) -> None:
    bench.run(bench.monitor_worker)


def later(bench: Bench, seconds: float) -> None:
    """Let time pass in the steps in which the worker wakes."""
    end = bench.clock.time + seconds
    while bench.clock.time < end:
        bench.clock.time = min(bench.clock.time + 60, end)
        run(bench)


# --- readings


def test_the_films_of_a_reading_become_pending_in_the_order_of_the_list(bench: Bench) -> None:
    bench.watchlist.films = films("Alien", "Brazil")
    run(bench)
    assert bench.titles(PENDING) == ["Alien", "Brazil"]
    assert bench.queue.films(PENDING)[0].lists == ("me/watchlist",)
    assert bench.said == [
        "🔍 Checking Letterboxd watchlist...",
        "📺 Found 2 movies in watchlist",
        "🆕 2 new movies detected",
        "   ✓ Added: Alien (1999)",
        "   ✓ Added: Brazil (1999)",
        "📋 Queue status: 2 pending, 0 failed, 0 completed",
    ]


def test_the_list_is_read_again_after_the_interval_and_not_before(bench: Bench) -> None:
    run(bench)
    later(bench, HOUR - 1)
    assert bench.watchlist.readings == 1
    later(bench, 1)
    assert bench.watchlist.readings == 2


def test_a_film_is_looked_up_once_however_often_the_list_shows_it(bench: Bench) -> None:
    bench.watchlist.films = films("Alien")
    run(bench)
    later(bench, 5 * HOUR)
    assert bench.watchlist.read == ["Alien"]


def test_each_new_film_is_a_step_of_its_own_so_that_the_first_can_be_fetched_meanwhile(bench: Bench) -> None:
    bench.watchlist.films = films("Alien", "Brazil")
    worker = bench.monitor_worker
    assert worker.step()
    assert worker.step()
    assert bench.titles(PENDING) == ["Alien"]


@pytest.mark.parametrize("outcome", [Outcome.PARTIAL, Outcome.UNAVAILABLE, Outcome.BLOCKED])
def test_films_of_a_reading_that_proves_nothing_are_wanted_all_the_same(
    bench: Bench, outcome: Outcome
) -> None:
    bench.watchlist.films = films("Alien")
    bench.watchlist.reading = bench.watchlist.a_reading(outcome, "Read in part.")
    run(bench)
    assert bench.titles(PENDING) == ["Alien"]


def test_a_reading_without_films_and_proof_says_only_what_went_wrong(bench: Bench) -> None:
    bench.watchlist.reading = bench.watchlist.a_reading(Outcome.PRIVATE, "The watchlist is private.")
    run(bench)
    assert bench.said == ["🔍 Checking Letterboxd watchlist...", "⚠️  The watchlist is private."]
    assert bench.monitor_worker.troubles


def test_trouble_with_the_list_is_said_once_and_again_after_it_was_over(bench: Bench) -> None:
    private = bench.watchlist.a_reading(Outcome.PRIVATE, "The watchlist is private.")
    bench.watchlist.reading = private
    run(bench)
    later(bench, 5 * HOUR)
    assert bench.said_of("private") == 1
    bench.watchlist.reading = None
    later(bench, HOUR)
    bench.watchlist.reading = private
    later(bench, HOUR)
    assert bench.said_of("private") == 2


def test_a_film_that_was_pending_twice_in_a_list_is_queued_once(bench: Bench) -> None:
    bench.watchlist.films = [*films("Alien"), *films("Alien")]
    run(bench)
    assert bench.titles(PENDING) == ["Alien"]


def test_a_film_that_left_the_queues_by_a_crash_is_wanted_at_the_next_reading(bench: Bench) -> None:
    bench.watchlist.films = films("Alien")
    run(bench)
    (bench.folder / "queue_pending.json").unlink()
    later(bench, HOUR)
    assert bench.titles(PENDING) == ["Alien"]


def test_one_film_is_no_movies(bench: Bench) -> None:
    bench.watchlist.films = films("Alien")
    run(bench)
    assert bench.said[1:3] == ["📺 Found 1 movies in watchlist", "🆕 1 new movies detected"]


def test_a_list_read_in_part_is_as_long_as_is_known_of_it(bench: Bench) -> None:
    bench.watchlist.films = films("Alien")
    bench.watchlist.reading = replace(bench.watchlist.a_reading(Outcome.PARTIAL, "Read in part."), seen=60)
    run(bench)
    assert bench.said_of("📺 Found 60 movies in watchlist") == 1


@pytest.mark.parametrize("outcome", [Outcome.UNCHANGED, Outcome.ADDITIONS, Outcome.PARTIAL])
def test_films_that_page_1_proves_to_be_there_get_their_list_back(bench: Bench, outcome: Outcome) -> None:
    bench.watchlist.films = films("Alien", "Brazil")
    run(bench)
    bench.queue.unlist([bench.film("Brazil")], "me/watchlist")
    bench.watchlist.films = films("Alien")
    bench.watchlist.reading = bench.watchlist.a_reading(outcome, "Read in part.")
    later(bench, HOUR)
    proven = outcome is not Outcome.PARTIAL
    assert bench.film("Brazil").lists == (("me/watchlist",) if proven else ())
    assert bench.film("Brazil").title == "Brazil"


# --- refused and unreachable


def test_a_shield_rests_the_service_and_is_said_once(bench: Bench) -> None:
    bench.watchlist.reading = bench.watchlist.a_reading(Outcome.BLOCKED, str(SHIELD), SHIELD)
    run(bench)
    rest = bench.services.resting("letterboxd")
    assert rest is not None
    assert (rest.kind, rest.until) == (BLOCKED, NOON + 60)
    later(bench, 12 * HOUR)
    assert bench.said_of("The shield refused us.") <= 2
    assert bench.watchlist.readings <= 12


def test_a_new_process_keeps_to_the_rest_and_says_so(bench: Bench, tmp_path: Path, clock: Clock) -> None:
    refusal = RateLimited("letterboxd", "Rate limit reached.", NOON + HOUR)
    bench.watchlist.reading = bench.watchlist.a_reading(Outcome.RATE_LIMITED, str(refusal), refusal)
    run(bench)
    again = Bench(tmp_path, clock)
    run(again)
    assert again.watchlist.readings == 0
    assert again.said_of("Rate limit reached. Letterboxd is left alone until") == 1
    assert again.monitor_worker.troubles


def test_an_unreachable_list_is_asked_again_within_minutes_and_said_once(bench: Bench) -> None:
    reading = bench.watchlist.a_reading(Outcome.UNAVAILABLE, "Letterboxd is unavailable.", DOWN)
    bench.watchlist.reading = reading
    run(bench)
    later(bench, 60)
    assert bench.watchlist.readings == 2
    later(bench, 12 * HOUR)
    assert bench.said_of("Letterboxd is unavailable.") == 1
    assert bench.said_of("is left alone until") == 1
    bench.watchlist.reading = None
    bench.watchlist.films = films("Alien")
    later(bench, 15 * 60)
    assert bench.titles(PENDING) == ["Alien"]


def test_an_export_is_read_whatever_letterboxd_says(bench: Bench) -> None:
    bench.services.failed(SHIELD)
    bench.watchlist.online = False
    bench.watchlist.films = films("Alien")
    run(bench)
    assert bench.titles(PENDING) == ["Alien"]
    assert bench.services.resting("letterboxd") is not None


def test_a_page_that_was_refused_is_read_when_the_rest_is_over(bench: Bench) -> None:
    bench.watchlist.films = films("Alien", "Brazil")
    bench.watchlist.trouble["Alien"] = [SHIELD]
    run(bench)
    assert bench.titles(PENDING) == []
    later(bench, 60)
    assert bench.titles(PENDING) == ["Brazil", "Alien"]
    assert bench.watchlist.readings == 1
    assert bench.said_of("The shield refused us") == 1
    assert (
        bench.said_of("⚠️  The page of Alien (1999): The shield refused us. Letterboxd is left alone until")
        == 1
    )


def test_a_page_that_is_always_refused_stops_neither_the_other_films_nor_the_list(bench: Bench) -> None:
    bench.watchlist.films = films("Alien", "Brazil", "Metropolis")
    bench.watchlist.trouble["Alien"] = [SHIELD] * 100
    run(bench)
    assert (bench.titles(PENDING), bench.watchlist.read) == ([], ["Alien"])
    later(bench, 60)
    assert bench.titles(PENDING) == ["Brazil", "Metropolis", "Alien"]
    later(bench, 2 * HOUR)
    assert (bench.watchlist.readings, bench.watchlist.read.count("Alien")) == (3, 2)


def test_where_all_pages_are_refused_the_list_is_read_all_the_same(bench: Bench) -> None:
    bench.watchlist.films = films(*(f"Film {number}" for number in range(20)))
    bench.watchlist.trouble = {film.title: [SHIELD] * 100 for film in bench.watchlist.films}
    run(bench)
    later(bench, 6 * HOUR)
    assert bench.watchlist.readings >= 4
    # The rests grow, whatever the list says in between.
    assert len(bench.watchlist.read) <= 20


def test_a_look_that_is_due_does_not_wait_for_the_last_page(bench: Bench) -> None:
    bench.watchlist.films = films("Alien", "Brazil")
    worker = bench.monitor_worker
    worker.step()
    worker.step()
    bench.clock.time += HOUR
    bench.watchlist.films = films("Metropolis", "Alien", "Brazil")
    worker.step()
    assert bench.watchlist.readings == 2
    assert bench.said_of("🆕 1 new movies detected") == 1
    run(bench)
    assert bench.titles(PENDING) == ["Alien", "Metropolis", "Brazil"]


def test_a_look_at_page_1_drops_no_film_that_is_still_to_be_looked_up(bench: Bench) -> None:
    bench.watchlist.films = films("Alien", "Brazil")
    bench.monitor_worker.step()
    bench.clock.time += HOUR
    bench.watchlist.films = films("Alien")
    bench.watchlist.reading = bench.watchlist.a_reading(Outcome.UNCHANGED)
    run(bench)
    assert bench.titles(PENDING) == ["Alien", "Brazil"]


def test_a_page_without_an_answer_lets_the_next_film_go_before(bench: Bench) -> None:
    bench.watchlist.films = films("Alien", "Brazil")
    bench.watchlist.trouble["Alien"] = [DOWN]
    run(bench)
    assert bench.titles(PENDING) == ["Brazil", "Alien"]
    assert bench.said_of(f"⚠️  The page of Alien (1999): {DOWN}") == 1


def test_a_refusal_of_the_list_and_the_rest_that_follows_are_one_line(bench: Bench) -> None:
    bench.watchlist.reading = bench.watchlist.a_reading(Outcome.BLOCKED, f"{SHIELD} Use your export.", SHIELD)
    run(bench)
    assert bench.said_of("refused us") == 1
    assert bench.said_of("refused us. Use your export. Letterboxd is left alone until") == 1
    assert bench.monitor_worker.troubles


# --- bugs, state, clocks


def test_a_bug_in_a_film_page_leaves_it_to_the_next_reading_and_the_others_go_on(bench: Bench) -> None:
    bench.watchlist.films = films("Odd", "Alien")
    bench.watchlist.trouble["Odd"] = [ZeroDivisionError("a slip")]
    run(bench)
    assert bench.titles(PENDING) == ["Alien"]
    assert bench.monitor_worker.bugs == 1
    later(bench, HOUR)
    assert bench.titles(PENDING) == ["Alien", "Odd"]


def test_a_bug_in_the_reading_waits_an_interval_before_the_next(bench: Bench) -> None:
    bench.watchlist.reading = ZeroDivisionError("a slip")
    run(bench)
    later(bench, HOUR - 1)
    assert bench.watchlist.readings == 1
    later(bench, 1)
    assert bench.watchlist.readings == 2


def test_a_full_disk_loses_no_new_film(bench: Bench) -> None:
    bench.place.check()
    bench.watchlist.films = films("Alien", "Brazil")
    with full_disk():
        run(bench)
        later(bench, 10 * 60)
    assert bench.said_of("cannot be written") == 1
    later(bench, 60)
    assert bench.titles(PENDING) == ["Alien", "Brazil"]


def test_a_list_that_could_not_be_taken_in_is_read_again_soon(bench: Bench) -> None:
    bench.watchlist.films = films("Alien")
    run(bench)
    bench.watchlist.films = [ListedFilm("Alien³", 1999, film_id=str(hash("Alien")), slug="alien-3")]
    with full_disk():
        later(bench, HOUR)
    later(bench, 60)
    assert bench.queue.films(PENDING)[0].slug == "alien-3"


def test_a_bug_after_a_full_disk_is_not_taken_for_one_of_a_film(bench: Bench) -> None:
    bench.watchlist.films = films("Alien")
    with full_disk():
        run(bench)
    bench.watchlist.trouble["Alien"] = []
    run(bench)
    bench.watchlist.reading = ZeroDivisionError("a slip")
    later(bench, 2 * HOUR)
    assert bench.watchlist.readings == 3


@pytest.mark.parametrize("jump", [-365 * DAY, -2 * HOUR, 2 * HOUR, 365 * DAY])
def test_no_jump_of_the_clock_postpones_the_next_reading_beyond_an_interval(bench: Bench, jump: int) -> None:
    run(bench)
    bench.clock.time += jump
    later(bench, HOUR)
    assert 2 <= bench.watchlist.readings <= 3


def test_what_is_due_next_lies_ahead_in_every_state(bench: Bench) -> None:
    worker = bench.monitor_worker
    run(bench)
    assert worker.next_due() == NOON + HOUR
    bench.watchlist.films = films("Alien")
    bench.watchlist.trouble["Alien"] = [RateLimited("letterboxd", "Rate limit reached.", NOON + HOUR + 120)]
    later(bench, HOUR)
    assert worker.next_due() == NOON + HOUR + 120
    later(bench, 120)
    assert bench.titles(PENDING) == ["Alien"]
    assert worker.next_due() > bench.clock()


def test_a_completed_film_that_is_still_listed_is_left_alone(bench: Bench) -> None:
    bench.watchlist.films = films("Alien")
    run(bench)
    bench.queue.add_to_completed(bench.film("Alien"))
    later(bench, HOUR)
    assert bench.titles(COMPLETED) == ["Alien"]
    assert bench.watchlist.read == ["Alien"]


def test_a_film_added_by_its_address_is_looked_up_at_the_next_wake(bench: Bench) -> None:
    run(bench)
    bench.queue.add_to_pending({"title": "alien", "slug": "alien", "lists": ["manual"]})
    bench.watchlist.pages["alien"] = FilmFacts(title="Alien", year=1979, imdb_id="tt0078748", slug="alien")
    bench.watchlist.again = {"alien"}
    later(bench, 60)
    assert bench.watchlist.readings == 1
    assert bench.queue.films(PENDING)[0].label == "Alien (1979)"
