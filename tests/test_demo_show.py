"""The demo tells the truth: it succeeds with the real program and names what a broken one leaves undone."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo import private_qbittorrent, show
from demo.stage import FATES, STORIES, Stage
from demo.world import World

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def without_qbittorrent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))


def program(folder: Path, text: str) -> Path:
    script = folder / "program.py"
    script.write_text(text, "utf-8")
    return script


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with World(tmp_path / "world") as world:
        stage = Stage(world)
        stage.set_up()
        yield stage


@pytest.mark.usefixtures("without_qbittorrent")
def test_a_program_that_ends_early_fails_the_demo_and_every_film_is_named(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    script = program(tmp_path, "print('hello from the program'); raise SystemExit(2)")
    assert show.run(script) == 1
    said = capfd.readouterr().out
    assert "hello from the program" in said
    assert f"No {private_qbittorrent.PROGRAM} here" in said
    assert "exit code 2" in said
    assert all(story.film.label in said for story in STORIES)
    assert "Charade (1963)" in said
    assert "in no queue" in said


@pytest.mark.usefixtures("without_qbittorrent")
def test_a_program_that_does_nothing_is_stopped_at_the_deadline(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(show, "DEADLINE_SECONDS", 0.5)
    script = program(tmp_path, "import signal; signal.signal(2, lambda *_: exit(0)); signal.pause()")
    assert show.run(script) == 1
    assert "films did not end as they should" in capfd.readouterr().out


def test_every_story_has_a_fate_that_can_be_judged() -> None:
    assert {story.fate for story in STORIES} == set(FATES)


def test_no_story_has_ended_before_the_program_ran(stage: Stage) -> None:
    assert [story.film.label for story in STORIES if stage.ending(story) is None] == []


def test_a_late_film_is_uploaded_once_its_first_search_failed(stage: Stage) -> None:
    (late,) = [story for story in STORIES if story.fate == "found later"]
    assert stage.upload_late_ones() == []
    stage.world.home.mkdir()
    failed = f'[{{"id": "{late.film.imdb_id}", "status": "failed"}}]'
    (stage.world.home / "queue_failed.json").write_text(failed)
    assert stage.upload_late_ones() == [late]
    assert stage.upload_late_ones() == []


@pytest.mark.e2e
def test_the_demo_runs_the_real_program_to_a_good_end(tmp_path: Path) -> None:
    demo = demo_process(tmp_path)
    said, _ = demo.communicate(timeout=100)
    assert demo.returncode == 0, said
    assert f"All {len(STORIES)} films ended as they should" in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.e2e
def test_a_reader_that_leaves_does_not_break_the_demo(tmp_path: Path) -> None:
    demo = demo_process(tmp_path)
    assert demo.stdout is not None
    demo.stdout.readline()
    demo.stdout.close()
    assert demo.wait(100) == 0


@pytest.mark.e2e
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_demo_leaves_nothing_behind(tmp_path: Path, how: signal.Signals) -> None:
    demo = demo_process(tmp_path)
    assert demo.stdout is not None
    for line in demo.stdout:
        if "Checking Letterboxd" in line:
            break
    demo.send_signal(how)
    said, _ = demo.communicate(timeout=30)
    assert demo.returncode == 130, said
    assert list(tmp_path.iterdir()) == []
    assert nobody_runs_with(str(tmp_path))


def demo_process(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(ROOT / "main.py"), "--demo"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        env={**os.environ, "TMPDIR": str(folder), "MOVIE_SYNC_HOME": str(folder / "none")},
    )


def nobody_runs_with(text: str, seconds: float = 5.0) -> bool:
    """Whether all processes with `text` in their command line have ended, given a moment."""
    pause, deadline = threading.Event(), time.monotonic() + seconds
    while any(text in line for line in command_lines()):
        if time.monotonic() > deadline:
            return False
        pause.wait(0.05)
    return True


def command_lines() -> Iterator[str]:
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            yield file.read_bytes().decode(errors="replace")
        except OSError:
            pass  # it ended in between
