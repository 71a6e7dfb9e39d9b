"""Lists as they change, read by the program as a process: requests it costs, films that come and go."""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from run_program import Daemon, Run, run_main

from demo.films import FILMS, DemoFilm, made_up
from demo.world import World

pytestmark = pytest.mark.e2e

LONG = tuple(made_up(60))
LATER, LATEST = made_up(2, first=61)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A list of three pages; a library that has all its films, so that nothing is searched for."""
    with World(tmp_path, films=LONG) as world:
        for film in (*LONG, LATER, LATEST):
            (world.downloads / f"{film.label}.mkv").write_bytes(b"video")
        yield world


def once(world: World, *options: str, **env: str) -> Run:
    """One run, and the paths it asked Letterboxd for are the only ones remembered."""
    world.letterboxd.forget_requests()
    return run_main(world.env(MOVIE_SYNC_REQUEST_INTERVAL="0.01", **env), "--once", *options)


def asked(world: World) -> list[str]:
    return [request.path for request in world.letterboxd.requests]


def page(number: int) -> str:
    return "/demo/watchlist/" if number == 1 else f"/demo/watchlist/page/{number}/"


def titles(world: World, queue: str) -> list[str]:
    return [str(entry["title"]) for entry in world.queue(queue)]


def read_until_due(world: World, **env: str) -> Run:
    """The reading that notices a missing film, and the one that may believe it, a check_interval later."""
    once(world, **env)
    rewind(world, 2)
    return once(world, **env)


def rewind(world: World, seconds: int) -> None:
    """What the program noted about missing films happened that much earlier."""
    removed = world.home / "queue_removed.json"
    if removed.exists():
        films = json.loads(removed.read_text())
        removed.write_text(
            json.dumps([{**film, "removed_at": film["removed_at"] - seconds} for film in films])
        )
    path = world.home / "watchlist.json"
    lists = json.loads(path.read_text())
    for memory in lists.values():
        for missed in memory.get("missed", {}).values():
            missed["since"] -= seconds
        memory["read_at"] -= seconds
    path.write_text(json.dumps(lists))


def test_an_unchanged_list_costs_one_request_and_a_new_film_two(world: World) -> None:
    once(world)
    assert asked(world)[:3] == [page(1), page(2), page(3)]
    assert len(asked(world)) == 3 + len(LONG)
    run = once(world)
    assert asked(world) == [page(1)]
    assert "📺 Found 60 movies in watchlist" in run.out
    world.letterboxd.add("demo", LATER)
    run = once(world)
    assert asked(world) == [page(1), f"/film/{LATER.slug}/"]
    assert "📺 Found 61 movies in watchlist\n🆕 1 new movies detected" in run.out
    once(world)
    assert asked(world) == [page(1)]


def test_a_film_that_leaves_is_marked_by_the_second_full_reading_and_comes_back(world: World) -> None:
    once(world)
    world.letterboxd.remove("demo", LONG[40])
    run = once(world)
    assert asked(world) == [page(1), page(2), page(3)]
    assert "Marked for removal" not in run.out
    rewind(world, 2)
    run = once(world)
    assert asked(world)[:3] == [page(1), page(2), page(3)]
    assert f"   📤 Marked for removal: {LONG[40].label} (removed from watchlist)" in run.out
    assert "0 failed, 59 completed, 1 removed" in run.out
    [removed] = world.queue("removed")
    assert (removed["title"], removed["removed_from"], removed["missing_for"]) == (
        LONG[40].title,
        "completed",
        0,
    )
    rewind(world, 100)
    once(world)
    assert asked(world) == [page(1)]
    assert world.queue("removed")[0]["missing_for"] >= 100
    world.letterboxd.add("demo", LONG[40])
    once(world)
    assert world.queue("removed") == []
    assert LONG[40].title in titles(world, "completed")


def test_a_film_that_was_watched_is_told_apart_by_the_diary(world: World) -> None:
    once(world)
    assert "/demo/rss/" not in asked(world)
    world.letterboxd.watch("demo", LONG[3], "2026-11-19")
    run = read_until_due(world)
    assert f"Marked for removal: {LONG[3].label} (watched on 2026-11-19)" in run.out
    assert asked(world).count("/demo/rss/") == 1
    assert world.queue("removed")[0]["watched_on"] == "2026-11-19"
    why = run_main(world.env(), "--why", LONG[3].label)
    assert "completed → removed: watched on 2026-11-19, left demo/watchlist" in why.out


def test_too_many_are_held_until_the_user_accepts_exactly_them(world: World) -> None:
    once(world)
    gone = LONG[10:17]
    world.letterboxd.remove("demo", *gone)
    run = read_until_due(world)
    assert run.code == 0
    assert "7 films left the list demo/watchlist, but `removal_limit` allows 6 of 60 films" in run.out
    assert all(f"   • {film.label}\n" in run.out for film in gone)
    assert world.queue("removed") == []
    stats = run_main(world.env(), "--stats")
    assert "--accept-removals" in stats.out
    assert gone[0].label in stats.out
    world.letterboxd.forget_requests()
    run = run_main(world.env(), "--accept-removals")
    assert (run.code, asked(world)) == (0, [])
    assert sorted(titles(world, "removed")) == sorted(film.title for film in gone)
    again = run_main(world.env(), "--accept-removals")
    assert "No removal waits to be accepted." in again.out


def test_removals_are_accepted_before_a_single_run_too(world: World) -> None:
    once(world)
    world.letterboxd.remove("demo", *LONG[:9])
    read_until_due(world)
    run = once(world, "--accept-removals")
    assert run.out.count("📤 Marked for removal") == 9
    assert "51 completed, 9 removed" in run.out


@pytest.mark.parametrize("options", [("--stats",), ("--add", "Heat (1995)"), ("--repair",)])
def test_accepting_goes_with_nothing_but_a_single_run(world: World, options: tuple[str, ...]) -> None:
    run = run_main(world.env(), "--accept-removals", *options)
    assert run.code == 2
    assert "--accept-removals goes alone or with --once" in run.err


def test_a_list_that_shrinks_by_more_than_half_loses_nothing(world: World) -> None:
    once(world)
    world.letterboxd.remove("demo", *LONG[:31])
    run = read_until_due(world, MOVIE_SYNC_REMOVAL_LIMIT="1")
    assert "only 29 of 60 films are left on it: nothing is marked as removed" in run.out
    assert world.queue("removed") == []


def test_another_members_list_takes_nothing_away(world: World) -> None:
    once(world)
    world.letterboxd.set_user("other", FILMS[:2])
    for _ in range(3):
        once(world, MOVIE_SYNC_USERNAME="other")
        rewind(world, 2)
    assert world.queue("removed") == []
    assert set(world.queue("completed")[0]["lists"]) == {"demo/watchlist"}


def test_a_wrong_count_is_said_once_and_read_in_full_once_a_day(world: World) -> None:
    world.letterboxd.promise("demo", 61)
    run = once(world)
    assert run.code == 1
    assert "was read in part: 60 of 61 films" in run.out
    once(world)
    assert asked(world) == [page(1), page(2), page(3)]
    once(world)
    assert asked(world) == [page(1)]
    world.letterboxd.promise("demo", 62)
    world.letterboxd.add("demo", LATER)
    run = once(world)
    assert asked(world) == [page(1), f"/film/{LATER.slug}/"]
    assert LATER.title in titles(world, "completed")


def test_a_list_in_its_owners_own_order_is_always_read_in_full(world: World) -> None:
    once(world)
    moved = [*LONG[:35], LATER, *LONG[35:]]
    world.letterboxd.set_user("demo", moved)
    once(world)
    assert asked(world)[:3] == [page(1), page(2), page(3)]
    once(world)
    assert asked(world) == [page(1), page(2), page(3)]


def test_an_interrupted_lookup_goes_on_without_asking_for_a_page_twice(world: World) -> None:
    with Daemon(world.env(MOVIE_SYNC_CHECK_INTERVAL="3600")) as daemon:
        daemon.wait_for("Skipped: Reel Number 20 ")
        assert daemon.stop().code == 0
    read = [path for path in asked(world) if path.startswith("/film/")]
    assert 20 <= len(read) < len(LONG)
    once(world)
    assert len(world.queue("completed")) == len(LONG)
    assert not set(read) & set(asked(world))


def test_a_film_without_an_imdb_id_is_looked_at_again_after_a_week(world: World) -> None:
    bare = DemoFilm("Hope", 2026, (), None, "7000", "h0pe", "hope")
    world.letterboxd.set_user("demo", [bare])
    once(world)
    world.letterboxd.know(DemoFilm("Hope", 2026, (), "tt7654321", "7000", "h0pe", "hope"))
    once(world)
    assert asked(world) == [page(1)]
    path = world.home / "films.json"
    films = json.loads(path.read_text())
    films["7000"]["fetched_at"] -= 8 * 24 * 3600
    path.write_text(json.dumps(films))
    once(world)
    assert asked(world) == [page(1), "/film/hope/"]
    assert world.entry(DemoFilm("Hope", 2026, (), "tt7654321", "7000", "h0pe", "hope")) is not None
    assert [entry["id"] for entry in (*world.queue("failed"), *world.queue("pending"))] == ["tt7654321"]


def test_an_export_older_than_the_last_web_reading_removes_nothing(world: World, tmp_path: Path) -> None:
    export = tmp_path / "watchlist.csv"
    header = "Date,Name,Year,Letterboxd URI\n"
    rows = [f"2024-01-01,{film.title},{film.year},https://boxd.it/{film.lid}\n" for film in LONG]
    export.write_text(header + "".join(rows))
    once(world)
    once(world, MOVIE_SYNC_WATCHLIST_SOURCE=str(export))
    once(world)
    once(world, MOVIE_SYNC_WATCHLIST_SOURCE=str(export))
    export.write_text(header + "".join(rows[1:]))
    os.utime(export, (time.time() - 9999,) * 2)
    for _ in range(3):
        run = once(world, MOVIE_SYNC_WATCHLIST_SOURCE=str(export))
        rewind(world, 2)
    assert "It is older than what was read before, so it removes nothing" in run.out
    assert world.queue("removed") == []
    os.utime(export, (time.time() + 60,) * 2)
    read_until_due(world, MOVIE_SYNC_WATCHLIST_SOURCE=str(export))
    assert titles(world, "removed") == [LONG[0].title]
