"""DownloadWorker, stepped by hand: the good way, and what a "no" of the film, a service or the disk does."""

from pathlib import Path

import pytest
from bench import HUGE, MIB, Bench, as_it_was, make_torrent
from support import NOON, Clock

from download_service import NoRelease
from errors import (
    AuthError,
    Blocked,
    FilmFault,
    RateLimited,
)
from movie import Movie
from queue_files import COMPLETED, FAILED, PENDING
from services import AUTH, BLOCKED, LEDGER, RATE_LIMITED, Services

HOUR, DAY = 3600, 24 * 3600


@pytest.fixture
def bench(tmp_path: Path, clock: Clock) -> Bench:
    return Bench(tmp_path, clock)


# --- the good way


def test_a_pending_film_is_handed_over_and_completed(bench: Bench) -> None:
    bench.want("Alien")
    torrent = bench.offer("Alien")
    bench.run()
    film = bench.film("Alien")
    assert (film.status, film.torrent_hash, film.owned) == (COMPLETED, torrent.info_hash, True)
    assert film.downloaded_at is None
    assert film.release is not None
    assert [line.strip() for line in bench.said] == [
        "🎬 Downloading: Alien (1999)",
        "✓ Found on FileList.io (1080p BluRay, 1 MB)",
        "✓ Added to qBittorrent",
    ]


def test_films_are_taken_in_the_order_of_the_queue(bench: Bench) -> None:
    bench.want("One", "Two", "Three")
    bench.run()
    assert bench.tracker.asked == ["One", "Two", "Three"]


def test_without_qbittorrent_the_torrent_is_saved(tmp_path: Path, clock: Clock) -> None:
    bench = Bench(tmp_path, clock, qbittorrent=False)
    bench.want("Alien")
    torrent = bench.offer("Alien")
    bench.run()
    assert [path.read_bytes() for path in bench.downloads.glob("*.torrent")] == [torrent.data]
    assert "✅ Torrent saved: Alien (1999)" in bench.said
    assert bench.film("Alien").owned is False


def test_a_new_film_wakes_the_worker(bench: Bench) -> None:
    worker = bench.downloads_worker
    bench.run()
    assert not worker.wake.is_set()
    bench.want("Alien")
    assert worker.wake.is_set()


def test_nothing_is_asked_while_nothing_is_wanted(bench: Bench) -> None:
    bench.later(HOUR)
    assert (bench.tracker.asked, bench.qbittorrent.asked, bench.said) == ([], [], [])


# --- nothing yet: costs a try


def test_nothing_found_costs_the_film_one_try(bench: Bench) -> None:
    bench.want("Alien")
    bench.tracker.answers["Alien"] = NoRelease("3 releases, none fits")
    bench.run()
    film = bench.film("Alien")
    assert (film.status, film.retry_count, film.last_error) == (FAILED, 0, "3 releases, none fits")
    assert film.retry_after == NOON + HOUR
    assert bench.said_of("❌ Failed: Alien (1999): 3 releases, none fits - retry #1 in 1 hour") == 1


def test_six_attempts_are_made_at_the_documented_times_and_no_further_one(bench: Bench) -> None:
    bench.want("Alien")
    moments = []
    for _ in range(6):
        bench.run()
        moments.append((bench.clock.time - NOON) / HOUR)
        bench.clock.time = bench.film("Alien").retry_after or bench.clock.time
    bench.later(3 * DAY)
    assert moments == [0, 1, 3, 7, 15, 31]
    assert len(bench.tracker.asked) == 6
    assert bench.queue.get_statistics()["permanent_failures"] == 1
    assert bench.said_of("⛔ Permanent failure: Alien (1999): No torrents found") == 1


def test_a_failed_film_is_queued_again_when_it_is_due_and_said(bench: Bench) -> None:
    bench.want("Alien")
    bench.run()
    bench.offer("Alien")
    bench.later(HOUR - 1)
    assert bench.titles(FAILED) == ["Alien"]
    bench.later(1)
    assert bench.titles(COMPLETED) == ["Alien"]
    assert "🔄 Due again: Alien (1999) (retry #1)" in bench.said


def test_a_failure_of_the_films_own_costs_a_try_and_leaves_the_service_alone(bench: Bench) -> None:
    bench.want("Alien", "Brazil")
    bench.tracker.answers["Alien"] = FilmFault("Its torrent is damaged.")
    bench.offer("Brazil")
    bench.run()
    assert bench.film("Alien").last_error == "Its torrent is damaged."
    assert bench.titles(COMPLETED) == ["Brazil"]
    assert bench.services.resting("filelist") is None


# --- refused


REFUSALS: list[tuple[Exception, str, int]] = [
    (Blocked("filelist", "A shield refused us."), BLOCKED, 60),
    (RateLimited("filelist", "Rate limit reached.", NOON + 500), RATE_LIMITED, 500),
    (AuthError("filelist", "Invalid credentials."), AUTH, DAY),
    (AuthError("filelist", "Locked out.", ban_seconds=HOUR), AUTH, HOUR),
]


@pytest.mark.parametrize(("refusal", "kind", "seconds"), REFUSALS)
def test_a_refusal_rests_the_service_and_costs_no_film_anything(
    bench: Bench, refusal: Exception, kind: str, seconds: int
) -> None:
    bench.want("One", "Two")
    bench.tracker.answers |= {"One": refusal, "Two": refusal}
    bench.run()
    assert bench.tracker.asked == ["One"]
    assert as_it_was(bench, "One")
    rest = bench.services.resting("filelist")
    assert rest is not None
    assert (rest.kind, rest.until) == (kind, NOON + seconds)
    assert bench.said_of(str(refusal)) == 1
    assert bench.downloads_worker.troubles


@pytest.mark.parametrize(("refusal", "kind", "seconds"), REFUSALS)
def test_after_a_refusal_nobody_is_asked_until_the_rest_is_over(
    bench: Bench, refusal: Exception, kind: str, seconds: int
) -> None:
    bench.want("One")
    bench.tracker.answers["One"] = refusal
    bench.run()
    bench.offer("One")
    bench.later(seconds - 1)
    assert bench.tracker.asked == ["One"]
    bench.later(1)
    assert bench.titles(COMPLETED) == ["One"]
    assert bench.said_of(str(refusal)) == 1


def test_refused_credentials_are_said_once_in_a_week_of_probes(bench: Bench) -> None:
    bench.want("Alien")
    bench.tracker.answers["Alien"] = AuthError("filelist", "Invalid credentials.")
    bench.run()
    bench.later(7 * DAY)
    assert len(bench.tracker.asked) == 8
    assert bench.said_of("Invalid credentials.") == 1
    assert as_it_was(bench, "Alien")


def test_a_new_process_keeps_to_the_rest_of_a_refusal(bench: Bench, tmp_path: Path, clock: Clock) -> None:
    bench.want("Alien")
    bench.tracker.answers["Alien"] = AuthError("filelist", "Invalid credentials.")
    bench.run()
    again = Bench(tmp_path, clock)
    again.run()
    assert again.tracker.asked == []
    assert again.said_of("Invalid credentials.") == 1
    assert again.downloads_worker.troubles


def test_new_credentials_end_the_rest_of_the_old_ones(bench: Bench, tmp_path: Path, clock: Clock) -> None:
    bench.want("Alien")
    bench.tracker.answers["Alien"] = AuthError("filelist", "Invalid credentials.")
    bench.run()
    again = Bench(tmp_path, clock)
    again.services = Services(again.folder, lambda service: "others", clock)
    again.offer("Alien")
    again.run()
    assert again.titles(COMPLETED) == ["Alien"]


def test_our_own_full_ledger_is_told_once_and_is_no_trouble(bench: Bench) -> None:
    bench.want("One", "Two")
    full = RateLimited("filelist", "Rate limit reached: 150 of 150.", NOON + 600, own_ledger=True)
    bench.tracker.answers |= {"One": full, "Two": full}
    bench.run()
    bench.later(500)
    rest = bench.services.resting("filelist")
    assert rest is not None
    assert rest.kind == LEDGER
    assert bench.tracker.asked == ["One"]
    assert bench.said_of("Rate limit reached") == 1
    assert not bench.downloads_worker.troubles


def test_a_resting_qbittorrent_is_not_asked_about_running_torrents_either(bench: Bench) -> None:
    bench.want("Alien")
    bench.offer("Alien")
    bench.run()
    bench.qbittorrent.trouble = AuthError("qbittorrent", "Login failed.")
    bench.later(60)
    asked = len(bench.qbittorrent.asked)
    bench.later(HOUR)
    assert len(bench.qbittorrent.asked) == asked
    assert bench.said_of("Login failed.") == 1


# --- no room, no place


def test_a_rest_that_keeps_films_from_being_followed_is_a_trouble_of_every_run(
    bench: Bench, tmp_path: Path, clock: Clock
) -> None:
    bench.want("Alien")
    bench.offer("Alien")
    bench.run()
    bench.qbittorrent.trouble = AuthError("qbittorrent", "Login failed.")
    bench.later(HOUR)
    assert bench.said_of("⚠️  Login failed. qBittorrent is left alone until") == 1
    again = Bench(tmp_path, clock)
    again.run()
    assert again.said_of("⚠️  Login failed. qBittorrent is left alone until") == 1
    assert again.downloads_worker.troubles
    assert again.qbittorrent.asked == []


def test_no_room_for_one_film_lets_the_others_go_on(bench: Bench) -> None:
    bench.want("Epic", "Short")
    bench.offer("Epic", size=HUGE)
    bench.offer("Short")
    bench.run()
    assert bench.titles(COMPLETED) == ["Short"]
    assert as_it_was(bench, "Epic")


def test_a_film_without_room_is_said_once_and_its_choice_kept_without_a_search(bench: Bench) -> None:
    bench.want("Epic")
    bench.offer("Epic", size=HUGE)
    bench.later(2 * HOUR)
    assert bench.said_of("No room on") == 1
    assert bench.said_of("Downloading: Epic") == 1
    assert bench.tracker.asked == ["Epic"]
    assert as_it_was(bench, "Epic")
    assert bench.downloads_worker.troubles


def test_a_missing_place_makes_all_films_wait_and_asks_nobody(bench: Bench) -> None:
    bench.want("One", "Two")
    bench.offer("One")
    bench.offer("Two")
    bench.downloads.rmdir()
    bench.later(10 * HOUR)
    assert (bench.tracker.asked, bench.qbittorrent.asked) == ([], [])
    assert bench.said_of("is missing") == 1
    assert as_it_was(bench, "One")
    bench.downloads.mkdir()
    bench.later(61)
    assert bench.titles(COMPLETED) == ["One", "Two"]


def test_a_place_that_goes_away_again_is_news_again(bench: Bench) -> None:
    bench.want("One")
    bench.downloads.rmdir()
    bench.run()
    bench.downloads.mkdir()
    bench.later(61)
    (bench.downloads / ".movie_sync").unlink()
    bench.want("Two")
    bench.run()
    bench.later(HOUR // 2)
    assert bench.said_of("has lost its marker file") == 1
    (bench.downloads / ".movie_sync").touch()
    bench.later(61)
    (bench.downloads / ".movie_sync").unlink()
    bench.want("Three")
    bench.run()
    assert bench.said_of("has lost its marker file") == 2


# --- outcomes that others have a hand in


def test_a_film_that_left_the_queue_while_its_release_was_sought_is_let_go(
    bench: Bench, tmp_path: Path
) -> None:
    bench.want("Alien")
    bench.offer("Alien")
    other = Bench(tmp_path, bench.clock)
    bench.tracker.during_search = lambda: other.queue.add_to_completed(other.film("Alien"))
    bench.run()
    assert bench.qbittorrent.statuses == {}
    assert bench.film("Alien").torrent_hash is None
    assert bench.titles(COMPLETED) == ["Alien"]


def test_a_torrent_of_the_users_own_is_a_completed_film_that_is_not_ours(bench: Bench) -> None:
    bench.want("Alien")
    bench.qbittorrent.put(make_torrent("Alien.1999.2160p.REMUX", MIB))
    bench.run()
    film = bench.film("Alien")
    assert (film.status, film.owned, film.downloaded_at) == (COMPLETED, False, None)
    assert bench.tracker.asked == []
    assert bench.said_of("⊘ Skipped: Alien (1999) - already in qBittorrent (Alien.1999") == 1


def test_a_film_that_is_not_out_yet_waits_a_day_without_a_search_or_a_try(bench: Bench, clock: Clock) -> None:
    bench.queue.add_to_pending(Movie(title="Next Year", year=2090, film_id="7"))
    bench.run()
    [movie] = bench.queue.films(PENDING)
    assert (movie.not_before, movie.last_failed_at) == (clock() + 86400, None)
    assert bench.tracker.asked == []
    assert bench.said_of("Not out yet: Next Year (2090)") == 1
    clock.time += 86400
    bench.run()
    events = [event["event"] for event in bench.queue.history.of([movie.id])]
    assert events == ["moved", "not out yet"]


def test_a_single_run_tries_no_film_twice_however_soon_it_is_due_again(bench: Bench) -> None:
    bench.want("One")
    bench.tracker.answers["One"] = NoRelease("No torrents found")
    bench.downloads_worker.single_run = True
    bench.run()
    bench.later(10 * 86400)
    bench.run()
    assert bench.tracker.asked == ["One"]
    assert bench.titles(FAILED) == ["One"]


def test_a_film_known_by_its_address_alone_waits_for_its_page_at_no_cost(bench: Bench) -> None:
    bench.queue.add_to_pending({"title": "alien", "slug": "alien", "lists": ["manual"]})
    bench.run(bench.downloads_worker)
    assert bench.tracker.asked == []
    assert bench.queue.films(PENDING)[0].not_before == 0
    assert bench.said_of("alien waits until its Letterboxd page is read") == 1
