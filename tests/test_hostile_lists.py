"""Lists that lie, break, shrink or belong to somebody else: none of it ever removes a film or loses one."""

from collections.abc import Iterator
from pathlib import Path

import hostile_changes as changes
import hostile_pages as pages
import hostile_surroundings as surroundings
import pytest
from hostile_lists import FILMS, TURNS, Case, Letterboxd, Scene, believed, copied
from support import Clock

from reading import Outcome, Reading

CASES = [
    *pages.REFUSALS,
    *pages.PAGES,
    *pages.SECOND_PAGES,
    *changes.SHIFTS,
    *changes.RETOLD,
    *changes.SHRUNK,
    *surroundings.SURROUNDINGS,
    *surroundings.SOURCES,
]


@pytest.fixture(scope="module")
def site() -> Iterator[Letterboxd]:
    with Letterboxd() as site:
        yield site
        assert site.errors == []


@pytest.fixture(scope="module")
def household(site: Letterboxd, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, float]:
    """A state folder whose list is believed, and the time at which it is."""
    root = tmp_path_factory.mktemp("household")
    return root, believed(root, site)


@pytest.fixture
def scene(site: Letterboxd, household: tuple[Path, float], tmp_path: Path) -> Iterator[Scene]:
    base, time = household
    site.restore()
    site.forget_requests()
    yield Scene(copied(base, tmp_path / "household"), site, Clock(time))
    site.restore()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_nothing_is_removed_or_lost_and_all_is_well_afterwards(scene: Scene, case: Case) -> None:
    before = scene.places
    for number in range(TURNS):
        scene.turn(case.trouble, number)
    assert {reading.outcome for reading in scene.readings} == case.outcomes
    assert scene.said(case.said) == case.times
    assert all(scene.said(reading.message) for reading in unproven(scene)[:1])
    assert scene.places == before
    scene.readings.clear()
    scene.recover()
    # A count that was wrong twice is looked into once a day, so that long it may stand.
    assert {reading.outcome for reading in unproven(scene)} <= {Outcome.PARTIAL}
    assert Outcome.COMPLETE in {reading.outcome for reading in scene.readings}
    assert scene.places == before
    check_belief(scene)


def unproven(scene: Scene) -> list[Reading]:
    return [reading for reading in scene.readings if not reading.proven]


def check_belief(scene: Scene) -> None:
    """The list is known as it is, none of its films is about to be removed or thinks of another list."""
    memory = scene.memory()
    assert memory.films == tuple(film.film_id for film in FILMS)
    assert memory.miscount is None
    found = [scene.queue.find(f"letterboxd:{film.film_id}") for film in FILMS]
    ours = [movie for movie in found if movie]
    assert [(movie.title, movie.year) for movie in ours] == [(film.title, film.year) for film in FILMS]
    assert {movie.lists for movie in ours} == {("alice/watchlist",)}
    assert not {movie.id for movie in ours} & {
        *memory.missed,
        *memory.held,
        *(mark.id for mark in memory.marks),
    }
    assert scene.worker.bugs == 0
    assert not scene.site.asked("/by/")
