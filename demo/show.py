"""`python main.py --demo`: the real program, run for half a minute against a world made for it.

Owns the run from the first explanation to the closing table, and leaves nothing behind, whether it ends well,
badly or by Ctrl-C. Called by `main.py` on its main thread, before any worker exists.
"""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from demo import private_qbittorrent
from demo.stage import STORIES, Stage, Story
from demo.world import World

DEADLINE_SECONDS = 60.0
STOP_SECONDS = 15.0
POLL_SECONDS = 0.1
RULE = "=" * 70
_ENDINGS = (signal.SIGTERM, signal.SIGHUP)

INTRODUCTION = """\
{rule}
🎭 Movie Sync demo: no accounts, nothing outside this computer
{rule}
{cast} run on 127.0.0.1, just for this.
{count} titles are on the watchlist. The real program now reads it, finds each film, chooses among
its releases and {does}. One film already lies on disk, one is uploaded
only after its first search failed, one exists nowhere, and one is a series.
Everything lies in a temporary folder that is removed at the end. Ctrl-C stops it.
"""


def run(main_script: Path) -> int:
    """Play the demo with the program at `main_script`.

    Returns 0 if every film met its fate, 1 if one did not (it is named), 130 if it was interrupted.
    """
    with (
        _ended_as_interrupted(),
        tempfile.TemporaryDirectory(prefix="movie-sync-demo-", ignore_cleanup_errors=True) as folder,
    ):
        try:
            return _play(main_script.resolve(), Path(folder))
        except KeyboardInterrupt:
            _say("\n🎭 Demo stopped; everything it started is gone.")
            return 130


def _play(main_script: Path, folder: Path) -> int:
    started = time.monotonic()
    real = private_qbittorrent.available()
    with World(folder, swarm=real, qbittorrent=real) as world:
        stage = Stage(world)
        stage.set_up()
        _introduce(real)
        with _program(main_script, world) as program:
            _watch(stage, program)
            code = _stop(program)
        return _close(stage, code, time.monotonic() - started)


def _introduce(real: bool) -> None:
    _say(
        INTRODUCTION.format(
            rule=RULE,
            count=len(STORIES),
            cast=f"A Letterboxd{', ' if real else ' and '}a FileList tracker"
            + (" and two qBittorrents (yours and a seeder)" if real else ""),
            does="has qBittorrent download it" if real else "saves its .torrent file",
        )
    )
    if not real:
        _say(
            f"(No {private_qbittorrent.PROGRAM} here, so .torrent files are saved instead of downloading.)\n"
        )


@contextlib.contextmanager
def _program(main_script: Path, world: World) -> Iterator[subprocess.Popen[bytes]]:
    # Its own session: Ctrl-C reaches the demo alone, which then stops the program in order.
    program = subprocess.Popen(
        [sys.executable, str(main_script)],
        cwd=main_script.parent,
        env=world.env(MOVIE_SYNC_CHECK_INTERVAL="10", MOVIE_SYNC_MAX_RETRIES="2"),
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield program
    finally:
        _stop(program)


def _watch(stage: Stage, program: subprocess.Popen[bytes]) -> None:
    """Return once all stories have ended, the program has, or the deadline is over."""
    pause = threading.Event()
    deadline = time.monotonic() + DEADLINE_SECONDS
    open_stories = list(STORIES)
    while open_stories and program.poll() is None and time.monotonic() < deadline:
        for story in stage.upload_late_ones():
            _say(f"🎭 Demo: somebody has just uploaded {story.film.label}; its retry will find it.")
        open_stories = [story for story in open_stories if stage.ending(story) is not None]
        pause.wait(POLL_SECONDS)


def _stop(program: subprocess.Popen[bytes]) -> int:
    """End the program as Ctrl-C would and return its exit code, -9 if it had to be killed."""
    if program.poll() is None:
        program.send_signal(signal.SIGINT)
    try:
        return program.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        program.kill()
        return program.wait()


def _close(stage: Stage, code: int, seconds: float) -> int:
    done = "downloaded" if stage.world.qbittorrent else "its .torrent saved"
    endings = {story: stage.ending(story) for story in STORIES}
    _say(f"\n{RULE}\n🎭 How it went ({seconds:.0f} s)\n{RULE}")
    width = max(len(story.film.label) for story in STORIES)
    for story, missing in endings.items():
        _say(_line(story, missing, width, done))
    failed = sum(missing is not None for missing in endings.values())
    if code != 0:
        _say(f"\n❌ The program ended with exit code {code} where 0 was due.")
    if failed:
        _say(f"\n❌ {failed} of {len(STORIES)} films did not end as they should.")
    if failed or code != 0:
        return 1
    _say(f"\n✅ All {len(STORIES)} films ended as they should.")
    return 0


def _line(story: Story, missing: str | None, width: int, done: str) -> str:
    mark = "✅" if missing is None else "❌"
    told = f"{done if story.fate == 'downloaded' else story.fate} ({story.why})"
    return f"{mark} {story.film.label:{width}}  {told if missing is None else f'should be {told}: {missing}'}"


@contextlib.contextmanager
def _ended_as_interrupted() -> Iterator[None]:
    """Let SIGTERM and a closed terminal clean up as Ctrl-C does. Only the main thread may set handlers."""
    on_main = threading.current_thread() is threading.main_thread()
    # An ignored one (nohup) stays ignored.
    ours = [number for number in _ENDINGS if on_main and signal.getsignal(number) != signal.SIG_IGN]
    before = {number: signal.signal(number, _interrupt) for number in ours}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _say(text: str) -> None:
    try:
        print(text, flush=True)
    except BrokenPipeError:
        # The reader left (`| head`): the show goes on unseen, and the interpreter's last flush must not fail.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
