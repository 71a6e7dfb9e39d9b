"""Queues under crashes, full disks, broken files and wrong clocks: each film stays in exactly one place."""

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from queue_entries import DAY, DONE, FILMS, HOUR, MATRIX, RELOADED, claim, entries, left_as, places, write
from support import NOON, Clock, full_disk

import storage
from errors import StateError, StateWriteError
from queue_files import COMPLETED, FAILED, FORGOTTEN, PENDING
from queue_manager import QueueManager


class Killed(BaseException):
    """The process ended here."""


@pytest.fixture
def queue(folder: Path, clock: Clock) -> QueueManager:
    return QueueManager(folder, max_retries=5, now=clock)


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files written from here on, the version once a folder left out."""
    names: list[str] = []
    write_bytes = storage.write_bytes

    def note(path: Path, data: bytes) -> None:
        names.extend({path.name} - {"version.json"})
        write_bytes(path, data)

    monkeypatch.setattr(storage, "write_bytes", note)
    return names


# -- crashes -----------------------------------------------------------------------------------------------

STEPS: list[tuple[str, Callable[[QueueManager], object], str, str]] = [
    ("fail", lambda queue: queue.add_to_failed(claim(queue), "no", NOON), PENDING, FAILED),
    ("complete", lambda queue: queue.add_to_completed(claim(queue)), PENDING, COMPLETED),
    ("retry", lambda queue: queue.move_failed_to_pending(RELOADED), FAILED, PENDING),
    ("reset", lambda queue: queue.reset_failed_movie("tt0234215"), FAILED, PENDING),
    ("forget", lambda queue: queue.cleanup_old_completed(0), COMPLETED, FORGOTTEN),
    ("return", lambda queue: queue.learn([{"id": "tt7", "title": "Removed"}]), "removed", PENDING),
]


@pytest.mark.parametrize("survived", [0, 1, 2])
@pytest.mark.parametrize(("step", "source", "target"), [s[1:] for s in STEPS], ids=[s[0] for s in STEPS])
def test_a_kill_between_two_writes_of_a_move_neither_loses_nor_doubles_the_film(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    step: Callable[[QueueManager], object],
    source: str,
    target: str,
    survived: int,
) -> None:
    before = {"Pending": PENDING, "Failed": FAILED, "Completed": COMPLETED, "Removed": "removed"}
    write(folder, PENDING, {**MATRIX, "title": "Pending", "revision": 1})
    write(folder, FAILED, {**RELOADED, "title": "Failed", "revision": 2})
    write(folder, COMPLETED, {**DONE, "id": "tt5", "title": "Completed", "completed_at": 5, "revision": 3})
    write(folder, "removed", {"id": "tt7", "title": "Removed", "revision": 4})
    queue = QueueManager(folder, max_retries=5)
    write_bytes, left = storage.write_bytes, [None] * survived

    def until_killed(path: Path, data: bytes) -> None:
        if not left:
            raise Killed
        left.pop()
        write_bytes(path, data)

    with monkeypatch.context() as patch:
        patch.setattr(storage, "write_bytes", until_killed)
        if survived < 2:
            with pytest.raises(Killed):
                step(queue)
        else:
            step(queue)
    after = places(QueueManager(folder))
    assert after.keys() == before.keys()
    moved = {(before[title], after[title]) for title in before if after[title] != before[title]}
    assert moved == ({(source, target)} if survived else set())
    assert places(queue) == after


def test_what_a_crash_left_in_two_files_is_said_and_put_right_at_the_next_change(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write(folder, PENDING, {**MATRIX, "revision": 3})
    write(folder, COMPLETED, {**DONE, "revision": 4})
    queue = QueueManager(folder)
    assert places(queue) == {"The Matrix": COMPLETED}
    assert "The Matrix (1999) stood in completed and in pending; kept in completed" in caplog.text
    queue.add_to_failed({"title": "Alien"}, "no", 0)
    assert entries(folder, PENDING) == []


def test_a_change_after_a_crash_gets_a_newer_revision(folder: Path) -> None:
    write(folder, FAILED, {**RELOADED, "revision": 41})
    queue = QueueManager(folder)
    queue.add_to_pending(MATRIX)
    assert entries(folder, PENDING)[0]["revision"] == 42
    assert queue.revision == 42


# -- one write for many changes ----------------------------------------------------------------------------


def test_many_new_films_are_one_write(queue: QueueManager, written: list[str]) -> None:
    assert len(queue.add_many_to_pending(FILMS)) == 30
    assert written == ["queue_pending.json"]


def test_many_retries_are_one_write_a_file_the_new_one_first(queue: QueueManager, written: list[str]) -> None:
    for film in FILMS:
        queue.add_to_failed(film, "no", NOON)
    written.clear()
    queue.move_many_failed_to_pending(FILMS)
    assert written == ["queue_pending.json", "queue_failed.json"]


def test_what_changes_nothing_writes_nothing(queue: QueueManager, written: list[str]) -> None:
    queue.add_many_to_pending(FILMS)
    written.clear()
    queue.add_many_to_pending(FILMS)
    queue.learn(FILMS)
    queue.release_claim(claim(queue))
    queue.move_many_failed_to_pending(FILMS)
    assert (queue.reset_failed_movie("tt1"), queue.cleanup_old_completed()) == (False, 0)
    assert written == []


# -- disks that take nothing -------------------------------------------------------------------------------


def test_on_a_full_disk_nothing_changes_in_memory_or_on_disk(queue: QueueManager, folder: Path) -> None:
    queue.add_to_pending(MATRIX)
    movie = claim(queue)
    with full_disk():
        for change in (
            lambda: queue.add_to_completed(movie),
            lambda: queue.add_to_failed(movie, "no", NOON),
            lambda: queue.add_to_pending({"title": "Alien"}),
            lambda: queue.note(movie, PENDING, not_before=NOON + 9),
        ):
            with pytest.raises(StateWriteError, match=r"queue_\w+\.json: cannot be written"):
                change()
            assert places(queue) == places(QueueManager(folder)) == {"The Matrix": PENDING}
    assert claim(queue) == movie
    queue.add_to_completed(movie)
    assert places(queue) == {"The Matrix": COMPLETED}


def test_a_disk_that_fills_up_between_two_files_leaves_memory_and_disk_equal(
    queue: QueueManager, folder: Path
) -> None:
    queue.add_many_to_pending(FILMS)
    room = (folder / "queue_pending.json").stat().st_size // 2
    with full_disk(room), pytest.raises(StateWriteError, match="queue_pending"):
        queue.add_to_completed(claim(queue))
    assert places(queue) == places(QueueManager(folder))
    assert len(places(queue)) == 30


def test_a_folder_that_became_a_file_stops_every_use(queue: QueueManager, folder: Path) -> None:
    queue.add_to_pending(MATRIX)
    folder.rename(folder.with_name("elsewhere"))
    folder.write_text("")
    with pytest.raises(StateError):
        queue.add_to_completed(MATRIX)
    with pytest.raises(StateError):
        queue.get_statistics()
    folder.unlink()
    folder.with_name("elsewhere").rename(folder)
    assert places(queue) == {"The Matrix": PENDING}


def test_on_a_full_disk_the_queues_can_still_be_looked_at(folder: Path, clock: Clock) -> None:
    write(folder, FAILED, {**RELOADED, "retry_after": NOON + 30 * DAY})
    QueueManager(folder).get_statistics()
    write(folder, FAILED, {**RELOADED, "retry_after": NOON + 30 * DAY})
    with full_disk():
        queue = QueueManager(folder, max_retries=5, now=clock)
        assert queue.get_statistics()["failed"] == 1
    assert queue.films(FAILED)[0].retry_after == NOON + DAY


# -- broken files ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["queue_pending.json", "queue_removed.json", "forgotten.json"])
def test_no_queue_opens_beside_a_broken_file(folder: Path, name: str) -> None:
    folder.mkdir(mode=0o700)
    left_as(folder / name, '[{"title": "Alien"')
    for _ in range(2):
        with pytest.raises(StateError, match=name.replace(".", r"\.")):
            QueueManager(folder)
    assert (folder / name).read_text() == '[{"title": "Alien"'
    assert len(list(folder.glob("*.corrupt-*"))) == 1


def test_a_file_broken_while_we_run_stops_every_use_until_it_is_mended(
    queue: QueueManager, folder: Path
) -> None:
    queue.add_to_pending(MATRIX)
    good = (folder / "queue_pending.json").read_text()
    left_as(folder / "queue_pending.json", good[:40])
    for use in (
        lambda: queue.add_to_pending({"title": "Alien"}),
        queue.get_statistics,
        queue.get_next_pending,
        lambda: queue.add_to_completed(MATRIX),
    ):
        with pytest.raises(StateError):
            use()
    assert (folder / "queue_pending.json").read_text() == good[:40]
    (folder / "queue_pending.json").write_text(good)
    assert places(queue) == {"The Matrix": PENDING}


# -- edits in place ----------------------------------------------------------------------------------------


def editing(path: Path, *contents: bytes | None, pause: float = 0.25) -> threading.Thread:
    """An editor that leaves the file as each of `contents`, None for a moment without one, then stops."""

    def edit() -> None:
        for content in contents:
            path.unlink(missing_ok=True) if content is None else path.write_bytes(content)
            threading.Event().wait(pause)

    editor = threading.Thread(target=edit)
    editor.start()
    return editor


@pytest.mark.parametrize("halfway", [b"", b'[\n  {"title": "Ali', b'[{"title": "Alien", "year": "', None])
def test_a_file_that_an_editor_is_not_done_with_is_waited_for(
    queue: QueueManager, folder: Path, halfway: bytes | None
) -> None:
    queue.add_to_pending(MATRIX)
    path = folder / "queue_pending.json"
    done = json.dumps([{**MATRIX, "year": 2000}, {"title": "Alien"}]).encode()
    path.unlink() if halfway is None else path.write_bytes(halfway)
    editor = editing(path, halfway, done)
    assert places(queue) == {"The Matrix": PENDING, "Alien": PENDING}
    editor.join()
    assert list(folder.glob("*.corrupt-*")) == []


def test_a_change_made_meanwhile_does_not_overwrite_the_edit(queue: QueueManager, folder: Path) -> None:
    queue.add_to_pending(MATRIX)
    path = folder / "queue_pending.json"
    path.write_bytes(b"[")
    editor = editing(path, b"[{", json.dumps([MATRIX, {"title": "Alien"}]).encode())
    queue.add_to_completed(MATRIX)
    editor.join()
    assert places(queue) == {"The Matrix": COMPLETED, "Alien": PENDING}


def test_a_file_that_stays_broken_is_believed_to_be_after_about_a_second(
    queue: QueueManager, folder: Path
) -> None:
    queue.add_to_pending(MATRIX)
    (folder / "queue_pending.json").write_text("[")
    started = time.monotonic()
    with pytest.raises(StateError, match="queue_pending"):
        queue.get_statistics()
    assert 0.9 < time.monotonic() - started < 2.5


def test_a_file_that_was_broken_long_ago_is_not_waited_for(queue: QueueManager, folder: Path) -> None:
    left_as(folder / "queue_pending.json", "[")
    started = time.monotonic()
    with pytest.raises(StateError):
        queue.get_statistics()
    assert time.monotonic() - started < 0.5


def test_a_file_the_user_deleted_is_an_empty_queue_in_the_end(queue: QueueManager, folder: Path) -> None:
    queue.add_to_pending(MATRIX)
    (folder / "queue_pending.json").unlink()
    assert places(queue) == {}


# -- the form of the folder --------------------------------------------------------------------------------


def test_the_first_write_says_which_form_the_folder_has(queue: QueueManager, folder: Path) -> None:
    queue.get_statistics()
    assert not (folder / "version.json").exists()
    queue.add_to_pending(MATRIX)
    assert json.loads((folder / "version.json").read_text()) == {"state": 1}


def test_a_folder_that_does_not_say_its_form_has_the_first_one(folder: Path) -> None:
    write(folder, PENDING, MATRIX)
    (folder / "version.json").unlink()
    assert places(QueueManager(folder)) == {"The Matrix": PENDING}


def test_a_folder_of_a_newer_program_is_refused_by_every_use(queue: QueueManager, folder: Path) -> None:
    queue.add_to_pending(MATRIX)
    before = (folder / "queue_pending.json").read_bytes()
    (folder / "version.json").write_text('{"state": 7, "more": true}')
    for use in (
        lambda: QueueManager(folder),
        queue.get_statistics,
        lambda: queue.add_to_pending({"title": "Alien"}),
    ):
        with pytest.raises(StateError, match=r"version\.json.*version is 7.*knows 1.*Upgrade Movie Sync"):
            use()
    assert (folder / "queue_pending.json").read_bytes() == before


@pytest.mark.parametrize("content", ["", "2", '{"state": "1"}', '{"state": 0}'])
def test_a_version_that_cannot_be_right_is_not_believed(folder: Path, content: str) -> None:
    write(folder, PENDING, MATRIX)
    (folder / "version.json").write_text(content)
    with pytest.raises(StateError, match=r"version\.json"):
        QueueManager(folder)


# -- clocks ------------------------------------------------------------------------------------------------


def test_a_stored_wait_beyond_a_day_is_cut_in_its_file(folder: Path, clock: Clock) -> None:
    write(folder, FAILED, {**RELOADED, "retry_after": NOON + 400 * DAY, "note": 1})
    write(folder, PENDING, {**MATRIX, "not_before": 10**15})
    QueueManager(folder, now=clock)
    assert entries(folder, FAILED)[0]["retry_after"] == NOON + DAY
    assert entries(folder, FAILED)[0]["note"] == 1
    assert entries(folder, PENDING)[0]["not_before"] == NOON + DAY


def test_a_clock_set_back_while_we_run_holds_no_film_longer_than_a_day(
    queue: QueueManager, folder: Path, clock: Clock
) -> None:
    clock.time += 1000 * DAY
    queue.add_to_failed(RELOADED, "no", clock() + HOUR)
    queue.add_to_pending({**MATRIX, "not_before": int(clock()) + HOUR})
    clock.time = NOON
    assert (queue.get_movies_ready_for_retry(), queue.get_next_pending()) == ([], None)
    assert entries(folder, FAILED)[0]["retry_after"] == NOON + DAY
    clock.time += DAY
    assert len(queue.get_movies_ready_for_retry()) == 1
    assert claim(queue).title == "The Matrix"
