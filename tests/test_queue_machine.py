"""Any order of changes, edits, restarts and crashes, beside a model: each film in one queue, none lost."""

import json
import os
import tempfile
from collections.abc import Callable
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
from queue_files import COMPLETED, FAILED, FILE_NAMES, FORGOTTEN, PENDING, QUEUES, REMOVED, VersionFile
from queue_manager import QueueManager

RETRIES = 2
DAY = 24 * 3600
NUMBERS = st.integers(0, 6)
KNOWN = st.frozensets(st.sampled_from(["imdb_id", "slug", "note"]))


CHANGES: dict[str, Callable[[QueueManager, dict[str, Any], float], object]] = {
    "complete": lambda queue, wanted, now: queue.add_to_completed(wanted),
    "fail": lambda queue, wanted, now: queue.add_to_failed(wanted, "no", now + 60),
    "remember": lambda queue, wanted, now: queue.remember(wanted),
    "forget": lambda queue, wanted, now: [queue.forget(found) for found in [queue.find(wanted)] if found],
    "retry": lambda queue, wanted, now: queue.retry(filter(None, [queue.find(wanted)])),
    "note": lambda queue, wanted, now: queue.note(Movie(**wanted), PENDING, not_before=int(now) + 5),
}


class Killed(BaseException):
    """The process ended here."""


def film(number: int, known: frozenset[str]) -> dict[str, Any]:
    """Film `number` as a mention shows it: its film id, besides what is known by then."""
    besides = {"imdb_id": f"tt{number:07}", "slug": f"film-{number}", "note": number}
    return {"title": f"Film {number}", "film_id": str(number)} | {key: besides[key] for key in known}


def taken(files: dict[str, list[dict[str, Any]]], title: str) -> dict[str, Any]:
    """The newest entry of a film, taken out of every file that holds one."""
    found = []
    for queue in QUEUES:
        found += [entry for entry in files[queue] if entry["title"] == title]
        files[queue] = [entry for entry in files[queue] if entry["title"] != title]
    return max(found, key=lambda entry: entry.get("revision", 0))


def moved(files: dict[str, list[dict[str, Any]]], title: str, changes: dict[str, Any], *into: str) -> None:
    """Put the entry of a film, changed, at the end of these queues alone."""
    entry = {**taken(files, title), **changes}
    for queue in into:
        files[queue].append(entry)


class Queues(RuleBasedStateMachine):
    """`model` says in which queue each film stands; two managers share the folder as two processes do."""

    claimed = Bundle("claimed")
    steps = 0
    """Steps of all machines so far, each followed by a look at the invariants."""

    @initialize()
    def open(self) -> None:
        memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        self.temporary = tempfile.TemporaryDirectory(dir=memory)
        self.folder = Path(self.temporary.name)
        VersionFile(self.folder).declare()
        self.clock = Clock()
        self.model: dict[str, str] = {}
        self.marked: set[str] = set()
        self.pairs = 0
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
        back = self.what_comes_back(numbers)
        added = self.managers[who].add_many_to_pending([film(number, known) for number in numbers])
        new = list(dict.fromkeys(f"Film {n}" for n in numbers if f"Film {n}" not in self.model))
        assert [movie.title for movie in added] == new
        self.model |= dict.fromkeys(new, PENDING) | back

    @rule(who=st.integers(0, 1), numbers=st.lists(NUMBERS), known=KNOWN)
    def learn(self, who: int, numbers: list[int], known: frozenset[str]) -> None:
        back = self.what_comes_back(numbers)
        unknown = self.managers[who].learn([film(number, known) for number in numbers])
        assert {movie.title for movie in unknown} == {
            f"Film {n}" for n in numbers if f"Film {n}" not in self.model
        }
        self.model |= back

    def what_comes_back(self, numbers: list[int]) -> dict[str, str]:
        """Where films of the removed queue go when a list shows them again."""
        removed = {movie.title: movie for movie in self.managers[0].films(REMOVED)}
        titles = {f"Film {number}" for number in numbers} & removed.keys()
        return {title: COMPLETED if removed[title].completed_at else PENDING for title in titles}

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
        before = self.model.get(movie.title)
        if before in (None, PENDING) and place is not None:
            # Another process's change makes a failure yield; then the film stays where it was.
            assert place in (PENDING, FAILED)
            self.model[movie.title] = place
        assert self.model.get(movie.title) == place

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

    @rule(who=st.integers(0, 1), number=NUMBERS)
    def forget(self, who: int, number: int) -> None:
        if record := self.managers[who].find(film(number, frozenset())):
            self.managers[who].forget(record)
            self.model[record.title] = FORGOTTEN

    @rule(who=st.integers(0, 1), number=NUMBERS)
    def remember(self, who: int, number: int) -> None:
        title = f"Film {number}"
        _, newly = self.managers[who].remember(film(number, frozenset()))
        assert newly == (self.model.get(title) in (None, FORGOTTEN, REMOVED))
        if newly:
            self.model[title] = PENDING

    @rule(who=st.integers(0, 1), number=NUMBERS)
    def put_first(self, who: int, number: int) -> None:
        if record := self.managers[who].find(film(number, frozenset())):
            self.managers[who].put_first(record)
            self.model[record.title] = PENDING
            assert self.managers[1 - who].films(PENDING)[0].title == record.title

    @rule(who=st.integers(0, 1), done=st.booleans())
    def two_records_turn_out_to_be_one_film(self, who: int, done: bool) -> None:
        queue = self.managers[who]
        self.pairs += 1
        title, imdb_id, film_id = f"Pair {self.pairs}", f"tt9{self.pairs:06}", str(1000 + self.pairs)
        queue.add_to_pending({"title": title, "imdb_id": imdb_id, "year": 1950})
        queue.add_to_pending({"title": title, "film_id": film_id, "year": 1950})
        assert [movie.title for movie in queue.films(PENDING)].count(title) == 2
        if done:
            queue.add_to_completed({"title": title, "film_id": film_id, "year": 1950})
        queue.learn([{"title": title, "film_id": film_id, "imdb_id": imdb_id, "year": 1950}])
        self.model[title] = COMPLETED if done else PENDING

    # --- what a user does to the files

    def by_hand(self, change: Callable[[dict[str, list[dict[str, Any]]]], object]) -> None:
        """Edit the files as an editor does: read, change, save what changed in place."""
        paths = {queue: self.folder / FILE_NAMES[queue] for queue in QUEUES}
        texts = {queue: path.read_text() if path.exists() else "[]" for queue, path in paths.items()}
        files = {queue: json.loads(text) for queue, text in texts.items()}
        change(files)
        for queue, entries in files.items():
            if entries != json.loads(texts[queue]):
                paths[queue].write_text(json.dumps(entries))

    @rule(number=NUMBERS, into=st.sampled_from(QUEUES))
    def move_by_hand(self, number: int, into: str) -> None:
        title = f"Film {number}"
        if title in self.model:
            self.by_hand(lambda files: moved(files, title, {"removed_at": 1}, into))
            self.model[title] = into

    @rule(number=NUMBERS, into=st.sampled_from(QUEUES))
    def copy_by_hand(self, number: int, into: str) -> None:
        title = f"Film {number}"
        if title in self.model:
            source = self.model[title]
            self.by_hand(lambda files: moved(files, title, {}, *{source, into}))
            self.model[title] = min(source, into, key=QUEUES.index)

    @rule(number=NUMBERS)
    def mark_by_hand(self, number: int) -> None:
        title = f"Film {number}"
        if title in self.model:
            changes = {"retry_count": 0, "retry_after": 0, "not_before": 0, "mine": number}
            queue = self.model[title]
            self.by_hand(lambda files: moved(files, title, changes, queue))
            self.marked.add(title)

    @rule(number=NUMBERS)
    def delete_by_hand(self, number: int) -> None:
        title = f"Film {number}"
        if title in self.model:
            self.by_hand(lambda files: taken(files, title))
            del self.model[title]
            self.marked.discard(title)

    @rule(number=NUMBERS)
    def add_by_hand(self, number: int) -> None:
        title = f"Film {number}"
        if title not in self.model:
            self.by_hand(lambda files: files[PENDING].append({"title": title, "film_id": number}))
            self.model[title] = PENDING

    # --- crashes

    @rule(
        who=st.integers(0, 1),
        survived=st.integers(0, 3),
        number=NUMBERS,
        what=st.sampled_from(sorted(CHANGES)),
    )
    def killed_in_a_change(self, who: int, survived: int, number: int, what: str) -> None:
        title, write_bytes, left = f"Film {number}", storage.write_bytes, [None] * survived

        def until_killed(path: Path, data: bytes) -> None:
            if not left:
                raise Killed
            left.pop()
            write_bytes(path, data)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(storage, "write_bytes", until_killed)
            try:
                CHANGES[what](self.managers[who], film(number, frozenset()), self.clock())
            except Killed:
                pass
        self.managers[who] = self.fresh()
        place = self.place(title)
        assert place is not None or title not in self.model
        if place is not None:
            self.model[title] = place

    @invariant()
    def each_film_is_in_exactly_one_queue(self) -> None:
        Queues.steps += 1
        for queue in self.managers:
            found = [(movie.title, name) for name in QUEUES for movie in queue.films(name)]
            assert sorted(found) == sorted(self.model.items())

    @invariant()
    def statistics_add_up(self) -> None:
        for queue in self.managers:
            numbers = queue.get_statistics()
            assert sum(numbers.values()) == sum(
                name not in (FORGOTTEN, REMOVED) for name in self.model.values()
            )

    @invariant()
    def what_a_user_wrote_stays(self) -> None:
        for title in self.marked:
            number = int(title.split()[1])
            record = self.managers[0].find({"title": title, "film_id": str(number)})
            assert record is not None
            assert record["mine"] == number

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
