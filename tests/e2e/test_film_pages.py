"""Film pages that fail, and a list that is looked up while its first films are fetched already."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from letterboxd_html import CHALLENGE
from run_program import Run, run_main

from demo.films import made_up
from demo.world import World

pytestmark = pytest.mark.e2e

FILMS = tuple(made_up(8))
FIRST, SECOND = FILMS[:2]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path, films=FILMS) as world:
        yield world


def once(world: World, interval: str = "0") -> Run:
    """A run after all rests are over; what was asked before is forgotten."""
    path = world.home / "services.json"
    if path.exists():
        rests = json.loads(path.read_text())
        path.write_text(json.dumps({name: {**rest, "until": 1} for name, rest in rests.items()}))
    world.letterboxd.forget_requests()
    return run_main(world.env(MOVIE_SYNC_REQUEST_INTERVAL=interval), "--once")


def pages_asked(world: World) -> list[str]:
    return [r.path for r in world.letterboxd.requests if r.path.startswith("/film/")]


def known(world: World) -> set[str]:
    return {str(entry["title"]) for queue in ("pending", "failed") for entry in world.queue(queue)}


@pytest.mark.parametrize("body", [CHALLENGE, "<html><head><title>403 Forbidden</title></head></html>"])
def test_a_page_that_is_always_refused_stops_no_other_film(world: World, body: str) -> None:
    world.letterboxd.fail(f"/film/{FIRST.slug}/", 403, body=body)
    run = once(world)
    assert (run.code, len(pages_asked(world)), known(world)) == (1, 1, set())
    assert run.out.count("refused us") == 1
    assert f"⚠️  The page of {FIRST.label}: The shield in front of Letterboxd refused us" in run.out
    run = once(world)
    assert (run.code, pages_asked(world)[-1]) == (1, f"/film/{FIRST.slug}/")
    assert known(world) == {film.title for film in FILMS}
    run = once(world)
    assert (run.code, pages_asked(world)) == (0, [])


def test_two_neighbours_without_an_answer_stop_no_other_film(world: World) -> None:
    for film in (FIRST, SECOND):
        world.letterboxd.fail(f"/film/{film.slug}/", 500)
    assert once(world).code == 1
    assert len(pages_asked(world)) == 2
    assert once(world).code == 1
    assert known(world) == {film.title for film in FILMS}
    assert once(world).code == 0


def test_a_night_without_any_film_page_costs_no_film_what_its_page_says(world: World) -> None:
    world.letterboxd.fail("/film/", 503)
    once(world)
    world.letterboxd.heal()
    once(world)
    found = [entry["imdb_id"] for queue in ("pending", "failed") for entry in world.queue(queue)]
    assert sorted(found) == sorted(str(film.imdb_id) for film in FILMS)


def test_the_first_film_is_searched_for_before_the_last_page_is_read(world: World) -> None:
    run = once(world, "0.1")
    assert run.code == 0
    assert world.filelist.calls[0].time < world.letterboxd.requests[2].time
    assert len(world.queue("failed")) == len(FILMS)
    assert len(world.filelist.calls) == 2 * len(FILMS)


def test_of_many_films_that_are_left_twenty_are_named(tmp_path: Path) -> None:
    with World(tmp_path, films=tuple(made_up(25))) as world:
        world.filelist.fail("api.php", 503)
        run = once(world)
    left = run.out.split("⏳ Left for a later run:")[1].split("📊")[0]
    assert left.count("•") == 20
    assert "   … and 5 more" in left
