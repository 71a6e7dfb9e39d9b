"""New uploads for films that nobody searches for now, `--search`, and the calls of the hour, by processes."""

import json
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from run_program import Daemon, run_main
from support import eventually

from demo.films import FILMS, DemoFilm
from demo.world import World
from report import clock

pytestmark = pytest.mark.e2e

FILM, OTHER = FILMS[0], FILMS[3]
NEXT_YEAR = time.gmtime().tm_year + 1
SOON = DemoFilm("Reel of Tomorrow", NEXT_YEAR, (), "tt7654321", "7000", "t0mr", "reel-of-tomorrow")
NAME = "A.Trip.to.the.Moon.1902.1080p.BluRay.x264-GRP"
BETTER = "Nosferatu.1922.2160p.BluRay.x265-GRP"
GOOD = "Nosferatu.1922.1080p.BluRay.x264-GRP"
FILMED = "Nosferatu.1922.HDCAM.x264-GRP"
LATEST, SEARCH = r"^/api\.php\?action=latest", r"^/api\.php\?action=search"
GB = 10**9


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """One film on the list and nothing on the tracker; `.torrent`s are saved."""
    with World(tmp_path, films=(FILM,)) as world:
        yield world


def looking(world: World, **changes: str) -> dict[str, str]:
    """The newest uploads are looked at each second; nothing else happens for an hour."""
    settings = {"LATEST_INTERVAL": "1", "RETRY_INTERVAL": "3600", "CHECK_INTERVAL": "3600", **changes}
    return world.env(**{f"MOVIE_SYNC_{name}": value for name, value in settings.items()})


def fail_all(world: World, retry_count: int = 5) -> None:
    """All films of the list have failed so often, with 5 for good, and a look at the uploads is due."""
    assert run_main(looking(world), "--once").code == 0
    path = world.home / "queue_failed.json"
    retry_after = 0 if retry_count == 5 else int(time.time()) + 3600
    entries = json.loads(path.read_text())
    for entry in entries:
        entry.update(retry_count=retry_count, retry_after=retry_after)
    path.write_text(json.dumps(entries))
    looked_at(world, time.time() - 60)
    world.filelist.forget_requests()


def looked_at(world: World, moment: float) -> None:
    """The newest uploads were looked at then for the last time."""
    (world.home / "latest.json").write_text(json.dumps({"polled_at": int(moment)}))


def calls(world: World) -> list[int]:
    return list(json.loads((world.home / "filelist_calls.json").read_text()))


def retries(world: World) -> dict[str, int]:
    entries = (*world.queue("pending"), *world.queue("failed"))
    return {str(entry["title"]): int(entry.get("retry_count", 0)) for entry in entries}


class TestUploads:
    """What comes to films without their asking."""

    def test_a_film_that_is_not_out_is_taken_the_moment_it_appears(self, world: World) -> None:
        world.letterboxd.set_user(world.username, [SOON])
        with Daemon(looking(world)) as daemon:
            daemon.wait_for(f"Not out yet: {SOON.label}")
            assert world.queue("pending")[0]["not_before"] > time.time() + 3600
            world.filelist.add_torrent(SOON, f"Reel.of.Tomorrow.{NEXT_YEAR}.1080p.WEB.x264-GRP")
            daemon.wait_for(f"✅ Torrent saved: {SOON.label}", 61)
            assert daemon.stop().code == 0
        assert not world.filelist.asked(SEARCH)

    def test_a_restart_neither_hurries_nor_delays_the_next_look(self, world: World) -> None:
        fail_all(world)
        world.filelist.add_torrent(FILM, NAME)
        due = int(time.time()) + 2
        looked_at(world, due - 3600)
        with Daemon(looking(world, LATEST_INTERVAL="3600")) as daemon:
            daemon.wait_for(f"✅ Torrent saved: {FILM.label}")
            assert daemon.stop().code == 0
        [look] = world.filelist.asked(LATEST)
        assert due <= look.time < due + 15
        assert not world.filelist.asked(SEARCH)

    def test_where_uploads_may_have_been_missed_each_wanted_film_is_searched_for(self, world: World) -> None:
        fail_all(world)
        now = time.time()
        looked_at(world, now - 7200)
        world.filelist.add_torrent(FILM, NAME, uploaded_at=now - 3600)
        for number in range(100):
            world.filelist.add_torrent(None, f"Other.{number}.1990", torrent=b"de", uploaded_at=now - 60)
        run = run_main(looking(world, LATEST_INTERVAL="900"), "--once")
        assert f"✅ Torrent saved: {FILM.label}" in run.out
        assert [request.query["action"] for request in world.filelist.calls] == [
            "latest-torrents",
            "search-torrents",
        ]

    def test_an_upload_of_another_film_leaves_a_failed_one_as_it_was(self, world: World) -> None:
        fail_all(world, 2)
        before = world.queue("failed")
        world.filelist.add_torrent(None, "A.Trip.to.the.Moon.2031.1080p.BluRay.x264-GRP")
        run_main(looking(world), "--once")
        assert len(world.filelist.asked(LATEST)) == 1
        assert (world.queue("failed"), world.queue("pending")) == (before, [])

    def test_an_outage_costs_no_film_a_try_and_what_was_found_is_fetched_after_it(self, world: World) -> None:
        world.letterboxd.add(world.username, OTHER)
        fail_all(world, 2)
        world.filelist.add_torrent(FILM, NAME)
        world.filelist.fail("download.php", 503)
        found = run_main(looking(world), "--once")
        assert f"🎬 Downloading: {FILM.label}" in found.out
        world.filelist.fail("api.php", 503)
        for _ in range(3):
            looked_at(world, time.time() - 60)
            assert run_main(looking(world), "--once").code == 1
        assert retries(world) == {FILM.title: 2, OTHER.title: 2}
        world.filelist.heal()
        assert f"✅ Torrent saved: {FILM.label}" in run_main(looking(world), "--once").out
        assert retries(world) == {OTHER.title: 2}

    def test_looks_go_on_after_one_that_failed(self, world: World) -> None:
        fail_all(world)
        failure = world.filelist.fail("api.php", 503, times=1)
        with Daemon(looking(world)):
            assert failure.arrived.wait(10)
            world.filelist.add_torrent(FILM, NAME)
            eventually(lambda: world.queue("completed"), 10)

    def test_an_upload_that_cannot_be_used_is_tried_once(self, world: World) -> None:
        fail_all(world)
        uploaded_at = time.time() - 30
        useless = world.filelist.add_torrent(FILM, NAME, torrent=b"d3:foo3:bare", uploaded_at=uploaded_at)
        with Daemon(looking(world)):
            world.filelist.wait_for(LATEST, 3)
        assert world.filelist.downloads(useless) == 1

    def test_why_of_a_permanent_failure_does_not_say_that_nothing_happens(self, world: World) -> None:
        fail_all(world)
        told = run_main(looking(world), "--why", FILM.label).out
        assert "nothing by itself" not in told
        assert "taken as soon as a fitting torrent is uploaded, and searched for again, at 2" in told


@pytest.mark.qbittorrent
def test_an_upload_for_a_permanently_failed_film_reaches_qbittorrent(tmp_path: Path) -> None:
    with World(tmp_path, films=(FILM,), qbittorrent=True) as world:
        fail_all(world)
        with Daemon(looking(world)) as daemon:
            world.filelist.wait_for(LATEST)
            torrent = world.offer(FILM, NAME)
            daemon.wait_for("✓ Added to qBittorrent", 61)
            eventually(lambda: world.queue("completed"))
            assert daemon.stop().code == 0
        assert world.qbittorrent is not None
        with world.qbittorrent.client() as client:
            [ours] = client.torrents_info()
        assert (ours.hash, ours.category, ours.tags) == (torrent.info_hash, "Movies", "movie_sync")
        [entry] = world.queue("completed")
        assert (entry["title"], entry["owned"]) == (FILM.title, True)
        assert not world.filelist.asked(SEARCH)


def stock(world: World) -> None:
    """Four releases of one film: two that fit, one filmed in a cinema, one that nobody seeds."""
    world.filelist.add_torrent(OTHER, GOOD, size=8 * GB, freeleech=True)
    world.filelist.add_torrent(OTHER, BETTER, 6, size=40 * GB, seeders=3)
    world.filelist.add_torrent(OTHER, FILMED, size=GB)
    world.filelist.add_torrent(OTHER, "Nosferatu.1922.720p.WEB.x264-DEAD", size=2 * GB, seeders=0)


def state(world: World) -> dict[str, bytes]:
    """What the state folder holds but for the calls, the locks and the log."""
    files = (path for path in world.home.rglob("*") if path.is_file() and not path.name.endswith(".lock"))
    kept = {str(path.relative_to(world.home)): path.read_bytes() for path in files}
    return {name: data for name, data in kept.items() if name != "filelist_calls.json" and "logs" not in name}


class TestSearch:
    """`--search`: what would be chosen now, and nothing else."""

    @pytest.fixture
    def world(self, world: World) -> World:
        stock(world)
        return world

    @pytest.mark.parametrize("text", [OTHER.label, OTHER.imdb_id, "https://www.imdb.com/title/tt0013442/"])
    def test_a_film_in_no_queue_is_named_by_title_and_year_or_imdb_id(self, world: World, text: str) -> None:
        run = run_main(world.env(), "--search", text)
        head, *rows = run.out.splitlines()
        assert (run.code, run.err, head.startswith("🔍 ")) == (0, "", True)
        assert rows[0].split() == ["✓", BETTER, "Filme", "4K", "40.0", "GB", "3", "seeders", "chosen"]
        reasons = {row.split()[1]: row for row in rows[1:]}
        assert all(row.split()[0] == "✗" for row in rows[1:])
        assert reasons[GOOD].endswith("freeleech  a better one was chosen")
        assert "it was filmed in a cinema" in reasons[FILMED]
        assert "it has 0 seeders, and minimum_seeders is 1" in reasons["Nosferatu.1922.720p.WEB.x264-DEAD"]
        assert len(calls(world)) == len(world.filelist.calls) == 1

    def test_a_film_in_the_queues_is_named_by_a_part_of_its_title(self, world: World) -> None:
        run_main(looking(world), "--once")
        world.filelist.add_torrent(None, NAME)
        before, booked = state(world), len(calls(world))
        run = run_main(looking(world), "--search", "moon")
        assert run.code == 0
        assert run.out.startswith(f"🔍 {FILM.label} (imdb: {FILM.imdb_id}, name: A Trip to the Moon 1902)\n")
        assert f"✓  {NAME}" in run.out
        assert state(world) == before
        assert len(calls(world)) == booked + 2

    def test_beside_a_running_daemon_it_queues_nothing(self, world: World) -> None:
        with Daemon(looking(world, LATEST_INTERVAL="3600")) as daemon:
            daemon.wait_for("❌ Failed")
            daemon.wait_for("📋 Queue status")
            eventually((world.home / "latest.json").exists)
            before, booked = state(world), len(calls(world))
            run = run_main(looking(world), "--search", OTHER.label)
            assert (run.code, BETTER in run.out) == (0, True)
            assert (state(world), len(calls(world))) == (before, booked + 1)
            assert daemon.stop().code == 0
        assert OTHER.title not in daemon.out
        assert world.entry(OTHER) is None
        assert not world.filelist.asked("download.php")

    def test_nothing_found_is_said_with_what_was_asked(self, world: World) -> None:
        run = run_main(world.env(), "--search", "No Such Film (1990)")
        assert run.code == 0
        assert run.out == "🔍 No Such Film (1990): No torrents found\n   asked: name: No Such Film 1990\n"

    def test_json_names_the_chosen_release_and_each_refusal(self, world: World) -> None:
        run = run_main(world.env(), "--search", OTHER.label, "--json")
        told: dict[str, Any] = json.loads(run.out)
        assert {key: told[key] for key in ("title", "year", "imdb_id", "queries")} == {
            "title": OTHER.title,
            "year": OTHER.year,
            "imdb_id": None,
            "queries": ["name: Nosferatu 1922"],
        }
        assert told["chosen"] == {
            "id": "700002",
            "name": BETTER,
            "category": "Filme 4K",
            "size": 40 * GB,
            "seeders": 3,
            "freeleech": False,
        }
        assert [refused["name"] for refused in told["refused"]][:2] == [GOOD, FILMED]
        assert all(set(refused) >= {*told["chosen"], "reason"} for refused in told["refused"])
        assert [refused["rule"] for refused in told["refused"]][:2] == ["not_the_best", "early_copy"]
        assert (told["status"], told["reason"], told["unreadable_rows"]) == (None, None, 0)

    def test_without_credentials_it_names_them_and_asks_nobody(self, world: World) -> None:
        env = world.env(MOVIE_SYNC_FILELIST_USERNAME=None, MOVIE_SYNC_FILELIST_PASSKEY=None)
        run = run_main(env, "--search", OTHER.label)
        assert run.code == 2
        assert "MOVIE_SYNC_FILELIST_PASSKEY" in run.out
        assert "python main.py --config" in run.out
        assert not world.filelist.calls

    def test_a_text_that_names_no_film_says_what_does(self, world: World) -> None:
        run = run_main(world.env(), "--search", "Nosferatu")
        assert run.code == 2
        assert '"Title (Year)"' in run.out
        assert not world.filelist.calls

    def test_a_filelist_that_rests_is_left_alone(self, world: World) -> None:
        world.filelist.fail("api.php", 429, headers={"Retry-After": "600"})
        refused = run_main(world.env(), "--search", OTHER.label)
        assert (refused.code, len(calls(world))) == (1, 1)
        world.filelist.heal()
        run = run_main(world.env(), "--search", OTHER.label)
        [rest] = json.loads((world.home / "services.json").read_text()).values()
        assert run.code == 1
        until = clock(rest["until"], time.time())
        assert f"FileList.io is left alone until {until}: Rate limit reached" in run.out
        assert len(world.filelist.calls) == len(calls(world)) == 1

    @pytest.mark.parametrize(("status", "advice"), [(503, "Try again later."), (429, "Try again after ")])
    def test_nobody_is_told_that_a_search_goes_on_by_itself(
        self, world: World, status: int, advice: str
    ) -> None:
        world.filelist.fail("api.php", status)
        runs = [run_main(world.env(), "--search", OTHER.label) for _ in range(2)]
        assert [run.code for run in runs] == [1, 1]
        assert advice in runs[0].out
        assert all("Nothing needs to be done" not in run.out for run in runs)
        assert all("Try again" in run.out for run in runs)

    def test_a_film_that_is_completed_is_said_to_be(self, world: World) -> None:
        world.filelist.add_torrent(FILM, NAME)
        run_main(looking(world), "--once")
        run = run_main(world.env(), "--search", FILM.label)
        assert run.out.splitlines()[1] == f"   It is completed already: {NAME}"

    def test_a_title_with_its_year_is_no_part_of_another_films(self, world: World) -> None:
        run_main(world.env(), "--add", "Shut Up (2009)")
        assert run_main(world.env(), "--search", "Up (2009)").out.startswith("🔍 Up (2009)")

    def test_several_films_that_a_text_may_mean_are_listed(self, world: World) -> None:
        for title in ("Another Reel (1990)", "Another Reel (1991)"):
            run_main(world.env(), "--add", title)
        run = run_main(world.env(), "--search", "another reel")
        assert run.code == 1
        assert "Another Reel (1990)" in run.out
        assert "Another Reel (1991)" in run.out

    def test_a_film_with_nothing_to_search_by_is_said_to_be_one(self, world: World) -> None:
        world.home.mkdir()
        (world.home / "queue_pending.json").write_text('[{"title": "Solaris"}]')
        run = run_main(world.env(), "--search", "Solaris")
        assert (run.code, run.out.startswith("🔍 Solaris: Nothing to search by: ")) == (0, True)

    def test_rows_that_cannot_be_read_are_not_taken_for_none(self, world: World) -> None:
        world.filelist.fail("api.php", "page", body='[{"id": 1}]', content_type="application/json")
        run = run_main(world.env(), "--search", OTHER.label)
        assert run.out.startswith(f"🔍 {OTHER.label}: No fitting release: 1 × its row could not be read\n")
        assert (
            json.loads(run_main(world.env(), "--search", OTHER.label, "--json").out)["unreadable_rows"] == 1
        )


def hour(moment: float) -> str:
    return datetime.fromtimestamp(moment).astimezone().strftime("%H:%M")


class TestCallsOfTheHour:
    """The limit is the account's: other programs use it too."""

    def test_a_429_before_our_calls_are_used_up_takes_the_rest_of_them(self, world: World) -> None:
        run_main(world.env(), "--search", OTHER.label)
        world.filelist.fail("api.php", 429, times=1)
        refused = run_main(looking(world), "--once")
        assert (refused.code, retries(world)) == (1, {FILM.title: 0})
        assert len(calls(world)) == 150
        assert "150 of 150" in run_main(world.env(), "--stats").out
        free_at = min(calls(world)) + 3600
        [rest] = json.loads((world.home / "services.json").read_text()).values()
        assert rest["until"] == free_at
        assert f"150 of 150 calls used, next film at {hour(free_at)}" in run_main(world.env(), "--stats").out
        run_main(looking(world), "--retry", "all")
        again = run_main(looking(world), "--once")
        full = (
            "Rate limit reached: all 150 calls of the hour are used up, some of them by other programs; "
            f"next film at {hour(free_at)}."
        )
        assert all(full in run.out for run in (refused, again))
        assert again.code == 1
        assert full in run_main(world.env(), "--search", OTHER.label).out
        assert len(world.filelist.calls) == 2
        assert retries(world) == {FILM.title: 0}

    def test_the_statistics_count_the_calls_of_all_processes(self, world: World) -> None:
        run_main(world.env(), "--search", OTHER.label)
        run_main(world.env(), "--once")
        assert len(world.filelist.calls) == 3
        assert "3 of 150" in run_main(world.env(), "--stats").out

    def test_the_statistics_say_when_the_next_film_comes(self, world: World) -> None:
        run_main(world.env(), "--add", OTHER.label)
        now = int(time.time())
        (world.home / "filelist_calls.json").write_text(json.dumps([now - 1800] * 10 + [now - 60] * 140))
        stats = run_main(world.env(), "--stats").out
        assert f"150 of 150 calls used, next film at {hour(now + 1800)}" in stats

    def test_calls_that_were_used_up_by_us_alone_are_no_trouble(self, world: World) -> None:
        world.home.mkdir()
        now = int(time.time())
        (world.home / "filelist_calls.json").write_text(json.dumps([now - 60] * 150))
        run = run_main(looking(world), "--once")
        told = f"Rate limit reached: 150 of 150 calls used, next film at {hour(now + 3540)}."
        assert (run.code, told in run.out) == (0, True)
        assert not world.filelist.calls
