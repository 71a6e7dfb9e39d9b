"""The commands about single films as processes of their own, beside a daemon that notices them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from run_program import Daemon, run_main
from support import eventually

from demo.films import FILMS
from demo.world import World

pytestmark = pytest.mark.e2e

FILM, OTHER, THIRD = FILMS[0], FILMS[2], FILMS[3]
NAME = "Nosferatu.1922.1080p.BluRay.x264-GRP"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path, films=(FILM,)) as world:
        world.letterboxd.know(OTHER, THIRD)
        yield world


def slow(world: World, **changes: str) -> dict[str, str]:
    """A daemon that does nothing by itself for an hour after its first look."""
    return world.env(MOVIE_SYNC_RETRY_INTERVAL="3600", MOVIE_SYNC_CHECK_INTERVAL="3600", **changes)


def test_a_film_added_by_hand_is_fetched_by_the_running_daemon_within_a_minute(world: World) -> None:
    world.filelist.add_torrent(THIRD, NAME)
    with Daemon(slow(world)) as daemon:
        daemon.wait_for("No torrents found")
        added = run_main(slow(world), "--add", THIRD.label)
        assert (added.code, added.out) == (0, f"✓ Added: {THIRD.label}\n")
        daemon.wait_for(f"✅ Torrent saved: {THIRD.label}", 70)
        assert daemon.stop().code == 0
    assert [entry["lists"] for entry in world.queue("completed")] == [["manual"]]


def test_a_retry_beside_the_daemon_is_made_within_a_minute(world: World) -> None:
    with Daemon(slow(world)) as daemon:
        daemon.wait_for("No torrents found")
        world.filelist.add_torrent(FILM, "A.Trip.to.the.Moon.1902.1080p.BluRay.x264-GRP")
        assert run_main(slow(world), "--retry", "all").code == 0
        daemon.wait_for(f"✅ Torrent saved: {FILM.label}", 70)
        assert daemon.stop().code == 0


def test_films_imported_from_a_file_are_fetched_by_the_running_daemon(world: World, tmp_path: Path) -> None:
    world.filelist.add_torrent(THIRD, NAME)
    wishes = tmp_path / "wishes.txt"
    wishes.write_text(f"# to watch\n- {THIRD.label}\n- {FILM.label}\nno film\n")
    with Daemon(slow(world)) as daemon:
        daemon.wait_for("No torrents found")
        imported = run_main(slow(world), "--import", str(wishes))
        assert imported.code == 1
        assert "line 4: 'no film'" in imported.out
        assert "1 film added, 1 known already" in imported.out
        daemon.wait_for(f"✅ Torrent saved: {THIRD.label}", 70)
        assert daemon.stop().code == 0
    assert [entry["lists"] for entry in world.queue("completed")] == [["manual"]]
    assert "manual" in world.queue("failed")[0]["lists"]


def test_a_film_added_by_its_imdb_id_gets_its_title_from_its_page(world: World) -> None:
    assert THIRD.imdb_id is not None
    world.filelist.add_torrent(THIRD, NAME)
    run_main(world.env(), "--add", THIRD.imdb_id)
    run = run_main(world.env(), "--once")
    assert f"✅ Torrent saved: {THIRD.label}" in run.out
    [entry] = [entry for entry in world.queue("completed") if entry["imdb_id"] == THIRD.imdb_id]
    assert (entry["title"], entry["film_id"]) == (THIRD.title, THIRD.film_id)


def test_a_film_forgotten_while_it_is_searched_is_not_handed_over(world: World) -> None:
    world.filelist.add_torrent(FILM, "A.Trip.to.the.Moon.1902.1080p.BluRay.x264-GRP")
    held = world.filelist.fail("api.php", "hold", times=1)
    with Daemon(slow(world)) as daemon:
        assert held.arrived.wait(20)
        assert run_main(slow(world), "--forget", FILM.title).code == 0
        held.release.set()
        eventually(lambda: world.filelist.asked("download.php"), 10)
        assert daemon.stop().code == 0
    assert not list(world.downloads.glob("*.torrent"))
    assert world.queue("pending") == world.queue("completed") == world.queue("failed") == []


def test_a_failure_that_meets_a_retry_yields_to_it(world: World) -> None:
    held = world.filelist.fail("api.php", "hold", times=1)
    with Daemon(slow(world)) as daemon:
        assert held.arrived.wait(20)
        assert run_main(slow(world), "--retry", FILM.title).code == 0
        world.filelist.add_torrent(FILM, "A.Trip.to.the.Moon.1902.1080p.BluRay.x264-GRP")
        held.release.set()
        daemon.wait_for(f"✅ Torrent saved: {FILM.label}", 70)
        assert daemon.stop().code == 0


def test_first_is_taken_before_all_others(world: World) -> None:
    world.letterboxd.add(world.username, OTHER, THIRD)
    world.filelist.fail("api.php", 503)
    run_main(world.env(), "--once")
    world.filelist.heal()
    assert run_main(world.env(), "--first", FILM.title).code == 0
    run = run_main(world.env(), "--once")
    tried = [line for line in run.out.splitlines() if line.startswith("🎬 Downloading")]
    assert tried[0] == f"🎬 Downloading: {FILM.label}"


def test_why_of_a_failed_film_names_each_release_and_the_reason_against_it(world: World) -> None:
    world.filelist.add_torrent(FILM, "A.Trip.to.the.Moon.1902.HDCAM.x264-GRP")
    world.filelist.add_torrent(FILM, "A.Trip.to.the.Moon.1902.1080p.BluRay.x264-DEAD", seeders=0)
    run_main(slow(world), "--once")
    why = run_main(slow(world), "--why", "moon")
    assert why.code == 0
    assert "A.Trip.to.the.Moon.1902.HDCAM.x264-GRP (Filme HD" in why.out
    assert "minimum_seeders" in why.out
    assert "What happens next: retry #1, at" in why.out
