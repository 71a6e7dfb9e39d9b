"""Any order of changes, restarts and crashes, beside a model: each film in exactly one queue, none lost."""

import tempfile
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("hypothesis")

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, multiple, rule
from support import Clock

import storage
from movie import Movie
from queue_files import COMPLETED, FAILED, FORGOTTEN, PENDING, QUEUES, VersionFile
from queue_manager import QueueManager

RETRIES = 2
DAY = 24 * 3600
NUMBERS = st.integers(0, 6)
KNOWN = st.frozensets(st.sampled_from(["imdb_id", "slug", "note"]))


class Killed(BaseException):
    """The process ended here."""


def film(number: int, known: frozenset[str]) -> dict[str, Any]:
    """Film `number` as a mention shows it: its film id, besides what is known by then."""
    besides = {"imdb_id": f"tt{number:07}", "slug": f"film-{number}", "note": number}
    return {"title": f"Film {number}", "film_id": str(number)} | {key: besides[key] for key in known}


class Queues(RuleBasedStateMachine):
    """`model` says in which queue each film stands; two managers share the folder as two processes do."""

    claimed = Bundle("claimed")

    @initialize()
    def open(self) -> None:
        self.temporary = tempfile.TemporaryDirectory()
        self.folder = Path(self.temporary.name)
        VersionFile(self.folder).declare()
        self.clock = Clock()
        self.model: dict[str, str] = {}
        self.retries: dict[str, int] = {}
        self.managers = [self.fresh(), self.fresh()]

    def fresh(self) -> QueueManager:
        return QueueManager(self.folder, max_retries=RETRIES, now=self.clock)

    def teardown(self) -> None:
        self.temporary.cleanup()

    @rule(who=st.integers(0, 1))
    def restart(self, who: int) -> None:
        self.managers[who] = self.fresh()

    @rule(seconds=st.integers(-3 * DAY, 3 * DAY))
    def move_the_clock(self, seconds: int) -> None:
        self.clock.time += seconds

    @rule(who=st.integers(0, 1), numbers=st.lists(NUMBERS), known=KNOWN)
    def add(self, who: int, numbers: list[int], known: frozenset[str]) -> None:
        added = self.managers[who].add_many_to_pending([film(number, known) for number in numbers])
        new = list(dict.fromkeys(f"Film {n}" for n in numbers if f"Film {n}" not in self.model))
        assert [movie.title for movie in added] == new
        self.model |= dict.fromkeys(new, PENDING)

    @rule(target=claimed, who=st.integers(0, 1))
    def claim(self, who: int) -> Any:
        movie = self.managers[who].get_next_pending()
        if movie is None:
            return multiple()
        assert self.model[movie.title] == PENDING
        return who, movie

    @rule(claim=consumes(claimed))
    def give_back(self, claim: tuple[int, Movie]) -> None:
        self.managers[claim[0]].release_claim(claim[1])

    @rule(claim=consumes(claimed))
    def hand_over(self, claim: tuple[int, Movie]) -> None:
        self.managers[claim[0]].add_to_completed(claim[1])
        self.model[claim[1].title] = COMPLETED

    @rule(claim=consumes(claimed), wait=st.integers(0, 2 * DAY))
    def fail(self, claim: tuple[int, Movie], wait: int) -> None:
        who, movie = claim
        self.managers[who].add_to_failed(movie, "no", self.clock() + wait)
        place = self.place(movie.title)
        if self.model[movie.title] == PENDING:
            # Another process's change makes a failure yield; then the film stays where it was.
            assert place in (PENDING, FAILED)
            self.model[movie.title] = place
        assert self.model[movie.title] == place

    @rule(who=st.integers(0, 1))
    def retry(self, who: int) -> None:
        queue = self.managers[who]
        due = queue.get_movies_ready_for_retry()
        assert all(movie.retry_count < RETRIES and movie.retry_after <= self.clock() for movie in due)
        for movie in queue.move_many_failed_to_pending(due):
            self.model[movie.title] = PENDING

    @rule(who=st.integers(0, 1), number=NUMBERS)
    def reset(self, who: int, number: int) -> None:
        done = self.managers[who].reset_failed_movie(f"letterboxd:{number}")
        assert done == (self.model.get(f"Film {number}") == FAILED)
        if done:
            self.model[f"Film {number}"] = PENDING

    @rule(who=st.integers(0, 1), days=st.integers(0, 3))
    def drop_old(self, who: int, days: int) -> None:
        before = self.managers[who].films(COMPLETED)
        count = self.managers[who].cleanup_old_completed(days)
        kept = self.managers[who].films(COMPLETED)
        assert len(before) - len(kept) == count
        for movie in before:
            if movie not in kept:
                self.model[movie.title] = FORGOTTEN

    @rule(who=st.integers(0, 1), survived=st.integers(0, 1), number=NUMBERS)
    def killed_in_a_move(self, who: int, survived: int, number: int) -> None:
        title, write_bytes, left = f"Film {number}", storage.write_bytes, [None] * survived

        def until_killed(path: Path, data: bytes) -> None:
            if not left:
                raise Killed
            left.pop()
            write_bytes(path, data)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(storage, "write_bytes", until_killed)
            try:
                self.managers[who].add_to_completed(film(number, frozenset()))
            except Killed:
                pass
        self.managers[who] = self.fresh()
        if survived:
            self.model[title] = COMPLETED

    @invariant()
    def each_film_is_in_exactly_one_queue(self) -> None:
        for queue in self.managers:
            found = [(movie.title, name) for name in QUEUES for movie in queue.films(name)]
            assert sorted(found) == sorted(self.model.items())

    @invariant()
    def statistics_add_up(self) -> None:
        for queue in self.managers:
            numbers = queue.get_statistics()
            assert sum(numbers.values()) == sum(name != FORGOTTEN for name in self.model.values())

    @invariant()
    def no_wait_is_longer_than_a_day(self) -> None:
        for movie in self.managers[0].films(FAILED):
            assert movie.retry_after <= self.clock() + DAY
            assert movie.retry_count <= RETRIES or movie.retry_after == 0

    def place(self, title: str) -> str | None:
        found = [name for name in QUEUES for movie in self.managers[0].films(name) if movie.title == title]
        return found[0] if found else None


TestQueues = Queues.TestCase
TestQueues.settings = settings(max_examples=30, stateful_step_count=30, deadline=None)
