"""State files on a real disk: whole or untouched, never believed when broken, locked between processes."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from support import eventually, full_disk

import storage
from errors import AlreadyRunning, StateError, StateWriteError

ROOT = Path(__file__).parents[1]
BROKEN = ["", "   ", "[1, 2", '{"a": 1}', "null", '["x"]', "\x00" * 40, "[" * 5000, "\ufeff[]"]


@pytest.fixture
def path(folder: Path) -> Path:
    return folder / "numbers.json"


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def copies(path: Path) -> list[Path]:
    return sorted(path.parent.glob(f"{path.name}.corrupt-*"))


def test_the_state_folder_is_the_one_the_user_named(folder: Path) -> None:
    assert storage.state_folder() == folder


def test_without_a_name_it_is_in_the_home(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MOVIE_SYNC_HOME")
    assert storage.state_folder() == Path.home() / ".movie_sync" == folder.parent / ".movie_sync"


def test_a_test_never_sees_the_developers_own_folder() -> None:
    assert "pytest" in str(Path("~/.movie_sync").expanduser())


def test_what_is_written_is_read_again(path: Path) -> None:
    storage.write_json(path, [1, 2])
    assert storage.read_json(path, list[int], []) == [1, 2]


def test_a_file_that_is_not_there_gives_the_default(path: Path) -> None:
    assert storage.read_json(path, list[int], [7]) == [7]
    assert not path.parent.exists()


def test_files_and_folder_are_for_the_owner_alone(path: Path) -> None:
    before = os.umask(0)
    try:
        storage.write_json(path, [])
    finally:
        os.umask(before)
    assert (mode(path), mode(path.parent)) == (0o600, 0o700)


def test_a_folder_that_others_could_enter_is_closed(path: Path) -> None:
    path.parent.mkdir(mode=0o755)
    storage.write_json(path, [])
    assert mode(path.parent) == 0o700


def test_a_file_that_others_could_read_is_closed_at_the_next_write(path: Path) -> None:
    storage.write_json(path, [])
    path.chmod(0o644)
    storage.write_json(path, [1])
    assert mode(path) == 0o600


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(path: Path) -> None:
    storage.write_json(path, [1])
    with full_disk(1000), pytest.raises(StateWriteError, match=r"numbers\.json: cannot be written"):
        storage.write_json(path, list(range(5000)))
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    assert storage.read_json(path, list[int], []) == [1]


def test_a_folder_that_is_a_file_cannot_be_written(folder: Path) -> None:
    folder.write_text("in the way")
    with pytest.raises(StateWriteError, match="check the folder's owner and permissions"):
        storage.write_json(folder / "numbers.json", [])
    assert folder.read_text() == "in the way"


@pytest.mark.parametrize("content", BROKEN)
def test_a_broken_file_is_named_and_left_as_it_is(path: Path, content: str) -> None:
    path.parent.mkdir()
    path.write_text(content)
    with pytest.raises(StateError, match=r"numbers\.json: .*copied to numbers\.json\.corrupt-") as error:
        storage.read_json(path, list[int], [])
    assert not isinstance(error.value, StateWriteError)
    assert path.read_text() == content
    assert [copy.read_text() for copy in copies(path)] == [content]


def test_a_file_that_is_not_utf_8_is_broken(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b'["caf\xe9"]')
    with pytest.raises(StateError):
        storage.read_json(path, list[str], [])


def test_a_broken_file_is_copied_aside_once_for_each_content(path: Path) -> None:
    path.parent.mkdir()
    for content in ("[", "[", "[[", "["):
        path.write_text(content)
        with pytest.raises(StateError):
            storage.read_json(path, list[int], [])
    assert sorted(copy.read_text() for copy in copies(path)) == ["[", "[["]
    assert {mode(copy) for copy in copies(path)} == {0o600}


def test_on_a_full_disk_a_broken_file_is_still_said_to_be_broken(path: Path) -> None:
    path.parent.mkdir(mode=0o700)
    path.write_text("[")
    with full_disk(), pytest.raises(StateError, match="could not be copied aside") as error:
        storage.read_json(path, list[int], [])
    assert not isinstance(error.value, StateWriteError)
    assert path.read_text() == "["


def test_a_folder_in_place_of_the_file_is_no_empty_file(path: Path) -> None:
    path.mkdir(parents=True)
    with pytest.raises(StateError, match="cannot be read"):
        storage.read_json(path, list[int], [])


def test_the_stamp_tells_a_replaced_file_from_the_one_before(path: Path) -> None:
    assert storage.stamp(path) is None
    storage.write_json(path, [1])
    first = storage.stamp(path)
    assert storage.stamp(path) == first
    storage.write_json(path, [2])
    assert storage.stamp(path) not in (None, first)


def test_the_file_lock_lets_one_in_at_a_time(folder: Path) -> None:
    inside = threading.Event()

    def enter() -> None:
        with storage.file_lock(folder / ".lock"):
            inside.set()

    other = threading.Thread(target=enter)
    with storage.file_lock(folder / ".lock"):
        other.start()
        assert not inside.wait(0.1)
    other.join(5)
    assert inside.is_set()


def test_the_file_lock_is_free_again_after_an_error(folder: Path) -> None:
    with pytest.raises(KeyError), storage.file_lock(folder / ".lock"):
        raise KeyError
    with storage.file_lock(folder / ".lock"):
        pass


def test_a_second_daemon_is_told_who_has_the_folder(folder: Path) -> None:
    with (
        storage.daemon_lock(folder / "daemon.lock", "Movie Sync"),
        pytest.raises(AlreadyRunning, match=rf"Movie Sync is already running .*{os.getpid()}") as held,
        storage.daemon_lock(folder / "daemon.lock", "Movie Sync"),
    ):
        pytest.fail("two daemons at once")
    assert held.value.pid == os.getpid()
    assert str(folder) in str(held.value)


def test_the_daemon_lock_holds_the_pid_and_nothing_of_the_pid_before(folder: Path) -> None:
    folder.mkdir(mode=0o700)
    (folder / "daemon.lock").write_text("98765432109\n")
    with storage.daemon_lock(folder / "daemon.lock", "Movie Sync"):
        assert (folder / "daemon.lock").read_text() == f"{os.getpid()}\n"


HOLDER = """
import sys
from pathlib import Path
import storage
with storage.daemon_lock(Path(sys.argv[1]), "Movie Sync"):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_killed_daemon_leaves_its_folder_free(folder: Path) -> None:
    lock = folder / "daemon.lock"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(lock)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    with holder:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(AlreadyRunning) as held, storage.daemon_lock(lock, "Movie Sync"):
            pytest.fail("held by another process")
        assert held.value.pid == holder.pid
        holder.kill()
    with storage.daemon_lock(lock, "Movie Sync"):
        pass


def test_threads_that_write_in_turn_lose_nothing(path: Path) -> None:
    def add(number: int) -> None:
        with storage.file_lock(path.with_name(".lock")):
            storage.write_json(path, [*storage.read_json(path, list[int], []), number])

    threads = [threading.Thread(target=add, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    eventually(lambda: not any(thread.is_alive() for thread in threads))
    assert sorted(json.loads(path.read_text())) == list(range(8))


def test_temporary_files_of_killed_processes_are_swept_and_those_of_living_ones_stay(folder: Path) -> None:
    folder.mkdir()
    dead, alive = folder / ".queue_failed.json.4194399.tmp", folder / f".queue_failed.json.{os.getpid()}.tmp"
    for temp in (dead, alive):
        temp.write_text("half")
    storage.sweep(folder)
    assert (dead.exists(), alive.exists()) == (False, True)
